"""The two-term LCU under the name that it had first; it lives in `bloqs.core.lcu`."""

from bloqs.core.lcu import Keys, lcu_counts, lcu_select

__all__ = ["Keys", "lcu_counts", "lcu_select"]
