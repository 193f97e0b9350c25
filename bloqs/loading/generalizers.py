"""What is left out of account when a formula is compared with its decomposition, callee by callee."""

from __future__ import annotations

from qualtran import Bloq
from qualtran.bloqs.basic_gates import Ry

from bloqs.core.bookkeeping import COUNTS_UP_TO_BOOKKEEPING
from bloqs.core.rotation import GenericRotation, clifford_or_t


def generic_if_rotation(bloq: Bloq) -> Bloq:
    """Rotations about Y are all one kind, but for Cliffords and T."""
    if isinstance(bloq, Ry) and clifford_or_t(bloq) is None:
        return GenericRotation("Ry")
    return bloq


LOADING_GENERALIZERS = [*COUNTS_UP_TO_BOOKKEEPING, generic_if_rotation]
