"""What is left out of account when a formula is compared with its decomposition, callee by callee."""

from __future__ import annotations

from qualtran import Bloq
from qualtran.bloqs.basic_gates import Ry

from bloqs.core.bookkeeping import COUNTS_UP_TO_BOOKKEEPING
from bloqs.core.cliffords import clifford_or_t
from bloqs.core.rotation import GenericRotation


def generic_if_rotation(bloq: Bloq) -> Bloq:
    """A generalizer: rotations about Y that are no Clifford and no T become one kind.

    By data every angle is another bloq, by shape all are `GenericRotation`; so the two can be compared.

    Args:
        bloq: any bloq of a call graph.

    Returns:
        `GenericRotation("Ry")` for a rotation by an angle that is no multiple of `pi/4`, else the bloq.

    Example:
        >>> import math
        >>> generic_if_rotation(Ry(0.3)), generic_if_rotation(Ry(math.pi))
        (GenericRotation(axis='Ry'), Ry(angle=3.141592653589793, eps=1e-11))
    """
    if isinstance(bloq, Ry) and clifford_or_t(bloq) is None:
        return GenericRotation("Ry")
    return bloq


LOADING_GENERALIZERS = [*COUNTS_UP_TO_BOOKKEEPING, generic_if_rotation]
