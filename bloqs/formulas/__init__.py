"""Costs as formulas to be read, and the document that lists them: `python -m bloqs.formulas` writes it."""

from bloqs.formulas.readable import readable
from bloqs.formulas.select_swap import lookup_bound, select_swap_bound

__all__ = ["lookup_bound", "readable", "select_swap_bound"]
