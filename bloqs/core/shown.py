"""What a notebook shows for every bloq of ours."""

from __future__ import annotations

import inspect
import re
from typing import Any

from qualtran import Bloq


def documented(cls: Any) -> tuple[str, str]:
    """The first sentence of a class's documentation, and its first equation, or that of its nearest base.

    Args:
        cls: the class, or a function.

    Returns:
        Both; the equation in `$$`, empty where there is none.

    Example:
        >>> from bloqs.published import CyclicShift
        >>> documented(CyclicShift)[1].startswith("$$")
        True
    """
    text = inspect.getdoc(cls) or ""
    found = re.search(r"\$\$.*?\$\$", text, re.S)
    if found is None:
        for base in inspect.getmro(cls)[1:] if inspect.isclass(cls) else ():
            found = re.search(r"\$\$.*?\$\$", base.__doc__ or "", re.S)
            if found or base is Bloq:
                break
    equation = " ".join(found.group().split()) if found else ""
    return text.split("\n\n")[0].replace("\n", " ").replace("`", ""), equation


class ShownBloq:
    """Base that shows a bloq in a notebook as a card: name, equation, alpha, epsilon, registers, cost.

    Example:
        >>> from bloqs.core.rotation import GenericRotation
        >>> "generic rotation" in GenericRotation("Ry")._repr_html_().lower()
        True
    """

    __slots__ = ()

    def _repr_html_(self) -> str:
        from bloqs.show.cards import bloq_card

        return bloq_card(self)
