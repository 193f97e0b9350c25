"""How bloq examples are compared: callees equal once book-keeping and the values of controls are dropped."""

from qualtran.resource_counting.generalizers import (
    generalize_cvs,
    ignore_alloc_free,
    ignore_split_join,
)

COUNTS_UP_TO_BOOKKEEPING = (ignore_split_join, ignore_alloc_free, generalize_cvs)
"""Generalizers for `@bloq_example`: book-keeping costs nothing; And on 0 or 1 costs the same."""
