"""What is left out of account when a formula is compared with its decomposition, callee by callee."""

from __future__ import annotations

from qualtran import Bloq
from qualtran.bloqs.basic_gates import Ry
from qualtran.resource_counting.classify_bloqs import bloq_is_rotation

from bloqs.core.bookkeeping import COUNTS_UP_TO_BOOKKEEPING
from bloqs.core.rotation import GenericRotation


def generic_if_rotation(bloq: Bloq) -> Bloq:
    """Rotations about Y that Qualtran counts as a rotation are all one kind."""
    if isinstance(bloq, Ry) and bloq_is_rotation(bloq):
        return GenericRotation("Ry")
    return bloq


LOADING_GENERALIZERS = [*COUNTS_UP_TO_BOOKKEEPING, generic_if_rotation]
