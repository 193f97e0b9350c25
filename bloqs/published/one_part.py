"""Bloqs that are another bloq of ours on the same registers, with other words for what it encodes."""

from __future__ import annotations

import abc

from qualtran import Bloq, BloqBuilder, Soquet
from qualtran.resource_counting import BloqCountDictT, SympySymbolAllocator
from qualtran.symbolics import SymbolicInt

from bloqs.core.control import WorkspaceOf


class OnePart(abc.ABC):
    """Circuit, workspace and calls of a bloq that consists of one other.

    A class names it before the base class of its encoding, and says which bloq by `_call`.

    Example:
        >>> from bloqs.published import KPTreeState
        >>> list(KPTreeState([0.6, 0.8]).bloq_counts().values())
        [1]
    """

    @property
    @abc.abstractmethod
    def _call(self) -> Bloq:
        """The bloq, controlled where this one is."""

    def workspace_given(self, workspace_of: WorkspaceOf) -> SymbolicInt:
        """Of the one part."""
        return workspace_of(self._call)

    def build_composite_bloq(self, bb: BloqBuilder, **soqs: Soquet) -> dict[str, Soquet]:
        """The one part."""
        return dict(bb.add_d(self._call, **soqs))

    def build_call_graph(self, ssa: SympySymbolAllocator) -> BloqCountDictT:
        """The one part."""
        return {self._call: 1}
