"""The document is what the code gives."""

from __future__ import annotations

import pytest

from bloqs.formulas.document import PATH, document


@pytest.mark.slow
def test_formulas_in_the_docs_are_those_of_the_code() -> None:
    assert PATH.read_text(encoding="utf-8") == document(), (
        "docs/formulas.md is not what the bloqs give: run `python -m bloqs.formulas` and "
        "look at the difference; a changed cost needs a line in the changelog"
    )
