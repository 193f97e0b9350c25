"""Bloqs under adjoint and controlled wrappers, and queries of a hardware memory among them."""

from collections.abc import Callable

from qualtran import Adjoint, Bloq, Controlled
from qualtran.bloqs.mcmt import ControlledViaAnd


def unwrap(bloq: Bloq) -> Bloq:
    """The bloq under any nesting of adjoint and controlled wrappers.

    Args:
        bloq: any bloq.

    Returns:
        The innermost bloq; the bloq itself where it has no wrapper.

    Example:
        >>> from qualtran.bloqs.basic_gates import Ry
        >>> unwrap(Ry(0.1).controlled())
        Ry(angle=0.1, eps=1e-11)
    """
    while isinstance(bloq, (Adjoint, Controlled, ControlledViaAnd)):
        bloq = bloq.subbloq
    return bloq


def is_query(bloq: Bloq) -> bool:
    """Whether a bloq is a query of a hardware memory: whether it has an attribute `qram_table_size`.

    Args:
        bloq: any bloq, wrapped or not.

    Returns:
        True for a query, its adjoint and its controlled version.

    Example:
        >>> from bloqs.loading import QRAMQuery
        >>> is_query(QRAMQuery(None, 5, 8).controlled())
        True
    """
    return getattr(unwrap(bloq), "qram_table_size", None) is not None


def rewrap(bloq: Bloq, replace: Callable[[Bloq], Bloq | None]) -> Bloq | None:
    """Another bloq under the same wrappers.

    Args:
        bloq: any bloq, wrapped or not.
        replace: what stands in place of the innermost bloq; None for nothing.

    Returns:
        The replacement under the wrappers of the bloq; None where there is none.

    Example:
        >>> from qualtran.bloqs.basic_gates import Hadamard, TGate
        >>> rewrap(Adjoint(Hadamard()), lambda bloq: TGate())
        TGate(is_adjoint=True)
    """
    if isinstance(bloq, Adjoint):
        inner = rewrap(bloq.subbloq, replace)
        return None if inner is None else inner.adjoint()
    if isinstance(bloq, (Controlled, ControlledViaAnd)):
        inner = rewrap(bloq.subbloq, replace)
        return None if inner is None else inner.controlled(bloq.ctrl_spec)
    return replace(bloq)
