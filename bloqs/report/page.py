"""Pages that stand alone: one file, nothing loaded from elsewhere."""

from __future__ import annotations

from functools import cache
from importlib.metadata import version
from typing import Any

import jinja2

from bloqs import __version__


@cache
def _environment(package: str) -> jinja2.Environment:
    """Where a package's page templates are rendered: text is escaped, a missing name is an error."""
    return jinja2.Environment(
        loader=jinja2.PackageLoader(package, "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def render_page(package: str, template: str, **content: Any) -> str:
    """A page as text.

    Args:
        package: whose folder `templates` holds the template.
        template: name of its file.
        content: what the template names. Text is escaped; tables and `markupsafe.Markup` are not. The
            versions of this library and of Qualtran are there already, `version` and `qualtran_version`.

    Returns:
        HTML that needs no other file.

    Raises:
        jinja2.UndefinedError: the template names what is not given.

    Example:
        >>> content = {"title": "N < 8", "verdict": "PASS", "tables": [], "pictures": []}
        >>> page = render_page("bloqs.scaling", "scaling.html.j2", **content)
        >>> "N &lt; 8" in page, "http" in page
        (True, False)
    """
    page = _environment(package).get_template(template)
    return page.render(version=__version__, qualtran_version=version("qualtran"), **content)
