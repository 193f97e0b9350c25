"""The parts of a bloq, also where Qualtran has none: of a composite and of wrappers around one."""

from __future__ import annotations

from qualtran import Adjoint, Bloq, CompositeBloq, Controlled


def composite_of(bloq: Bloq) -> CompositeBloq:
    """What a bloq decomposes into; a composite is its own decomposition.

    Qualtran 0.7.0 refuses to decompose a composite, hence `Adjoint` of one and the control of that, too.

    Args:
        bloq: any.

    Returns:
        Its parts.

    Raises:
        DecomposeTypeError: it has no decomposition, or a size is a symbol.

    Example:
        >>> from qualtran.bloqs.basic_gates import Hadamard
        >>> flipped = Adjoint(Hadamard().as_composite_bloq())
        >>> [str(part) for part in composite_of(flipped.controlled()).bloq_counts()]
        ['CHadamard']
    """
    if isinstance(bloq, CompositeBloq):
        return bloq
    if isinstance(bloq, Adjoint) and _is_around_a_composite(bloq.subbloq):
        return composite_of(bloq.subbloq).adjoint()
    if isinstance(bloq, Controlled) and _is_around_a_composite(bloq.subbloq):
        return Controlled(composite_of(bloq.subbloq), bloq.ctrl_spec).decompose_bloq()
    return bloq.decompose_bloq()


def _is_around_a_composite(bloq: Bloq) -> bool:
    while isinstance(bloq, Adjoint | Controlled):
        bloq = bloq.subbloq
    return isinstance(bloq, CompositeBloq)
