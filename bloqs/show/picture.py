"""A picture that a notebook shows, and that can be saved."""

from __future__ import annotations

import os
from pathlib import Path

import attrs

from bloqs.files import write_text

NAMESPACE = "http://www.w3.org/2000/svg"


@attrs.frozen
class Picture:
    """A drawing, and the page element that a notebook shows for it.

    Parameters:
        title: what it shows.
        svg: the element `<svg>`, complete in itself: no script, no font, nothing from elsewhere.
        html: what a notebook shows; the drawing itself when empty.

    Example:
        >>> Picture("Nothing", "<svg></svg>")
        Picture('Nothing', 11 bytes of SVG)
    """

    title: str
    svg: str
    html: str = ""

    def _repr_html_(self) -> str:
        return self.html or f"<figure>{self.svg}</figure>"

    def __repr__(self) -> str:
        return f"Picture({self.title!r}, {len(self.svg):,} bytes of SVG)"

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write the drawing as an SVG file.

        Args:
            path: of the file.

        Returns:
            The path.

        Raises:
            ValueError: it cannot be written.
        """
        # In a page the namespace is implied; in a file it has to be said.
        return write_text(path, self.svg.replace("<svg", f'<svg xmlns="{NAMESPACE}"', 1) + "\n")
