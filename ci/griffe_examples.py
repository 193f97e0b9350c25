"""The docs site: `Example:` of a docstring is what griffe calls `Examples:`, code and not a quotation."""

import re
import textwrap
from typing import Any

import griffe

HEAD = re.compile(r"^Example:$", re.M)
BARE = re.compile(r"(?:^|\n\n)(>>> .*)\Z", re.S)


class Examples(griffe.Extension):
    """Renames the section, and makes one of examples that stand at the end without a head."""

    def on_object(self, *, obj: griffe.Object, **kwargs: Any) -> None:
        """Called for every module, class, function and attribute.

        Args:
            obj: whose docstring is changed.
            kwargs: not used.
        """
        if obj.docstring is None:
            return
        text = HEAD.sub("Examples:", obj.docstring.value)
        bare = BARE.search(text)
        if bare is not None:
            code = textwrap.indent(bare[1], "    ")
            text = f"{text[: bare.start()]}\n\nExamples:\n{code}"
        obj.docstring.value = text
