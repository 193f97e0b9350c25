"""The docs site: files of the checkout that no page of the site is are named, and not linked."""

import re
from typing import Any

OUTSIDE = re.compile(r"\[([^\]]*)\]\(\.\./[^)]*\)")


def on_page_markdown(markdown: str, **kwargs: Any) -> str:
    """Called for every page.

    Args:
        markdown: of the page.
        kwargs: not used.

    Returns:
        The same without links that lead out of docs/.
    """
    return OUTSIDE.sub(r"\1", markdown)
