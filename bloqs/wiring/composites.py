"""The parts of a bloq, also where Qualtran has none: of a composite and of wrappers around one."""

from __future__ import annotations

import numpy as np
from qualtran import (
    Adjoint,
    Bloq,
    BloqBuilder,
    CompositeBloq,
    Controlled,
    CtrlSpec,
    DecomposeNotImplementedError,
    DecomposeTypeError,
    SoquetT,
)
from qualtran.bloqs.mcmt import And


def composite_of(bloq: Bloq) -> CompositeBloq:
    """What a bloq decomposes into; a composite is its own decomposition.

    Qualtran 0.7.0 refuses to decompose a composite, hence `Adjoint` of one and the control of that, too. A
    bare `Adjoint(T)` or `Controlled(CNOT)` has no decomposition there either, although T states what undoes
    it and CNOT its control: what the wrapped bloq states is then the only part. A controlled And, without
    which few bloqs of arithmetic can be controlled, is the And of three bits: its target stays zero where the
    control is off.

    Args:
        bloq: any.

    Returns:
        Its parts.

    Raises:
        DecomposeNotImplementedError, DecomposeTypeError: it has no decomposition, or a size is a symbol.

    Example:
        >>> from qualtran.bloqs.basic_gates import CNOT, Hadamard, TGate
        >>> flipped = Adjoint(Hadamard().as_composite_bloq())
        >>> for bloq in (flipped.controlled(), Adjoint(TGate()), Controlled(CNOT(), CtrlSpec())):
        ...     print(*composite_of(bloq).bloq_counts())
        CHadamard
        T†
        Toffoli
    """
    if isinstance(bloq, CompositeBloq):
        return bloq
    if isinstance(bloq, Adjoint) and _is_around_a_composite(bloq.subbloq):
        return composite_of(bloq.subbloq).adjoint()
    if isinstance(bloq, Controlled) and _is_around_a_composite(bloq.subbloq):
        return Controlled(composite_of(bloq.subbloq), bloq.ctrl_spec).decompose_bloq()
    try:
        return bloq.decompose_bloq()
    except (DecomposeTypeError, DecomposeNotImplementedError):
        restated = _restated(bloq)
        if restated is None:
            raise
        return restated


def _restated(bloq: Bloq) -> CompositeBloq | None:
    """One part, as the wrapped bloq states its adjoint or its control; None where that is the wrapper."""
    if type(bloq) is Adjoint:
        part = bloq.subbloq.adjoint()
        if type(part) is Adjoint:
            return None if part == bloq else composite_of(part)
        return part.as_composite_bloq()
    if type(bloq) is not Controlled:
        return None
    try:
        return _controlled(bloq)
    except Exception:
        return None  # what it states of its control fails, too


def _controlled(bloq: Controlled) -> CompositeBloq | None:
    bare, spec, names = bloq.subbloq, bloq.ctrl_spec, list(bloq.ctrl_reg_names)
    if type(bare) is Controlled:
        # Both controls at once, which Qualtran merges by an And.
        names += bare.ctrl_reg_names
        spec = CtrlSpec((*spec.qdtypes, *bare.ctrl_spec.qdtypes), (*spec.cvs, *bare.ctrl_spec.cvs))
        bare = bare.subbloq
    elif type(bare) is Adjoint:
        bare = bare.subbloq.adjoint()
    part, add = bare.get_ctrl_system(spec)
    bb, soqs = BloqBuilder.from_signature(bloq.signature)
    if part == bloq:
        return bb.finalize(**_and_of_three(bb, bloq, soqs)) if isinstance(bare, And) else None
    controls, outs = add(bb, ctrl_soqs=[soqs.pop(name) for name in names], in_soqs=soqs)
    rights = [register.name for register in bare.signature.rights()]
    return bb.finalize(
        **dict(zip(names, controls, strict=True)), **dict(zip(rights, outs, strict=True))
    )


def _and_of_three(
    bb: BloqBuilder, bloq: Controlled, soqs: dict[str, SoquetT]
) -> dict[str, SoquetT]:
    """The control and the first bit go into one bit, which meets the second and is given back."""
    # Other values of the control, and several bits of it, are an And in front (`ControlledViaAnd`).
    (name,), pair = bloq.ctrl_reg_names, bloq.subbloq
    first, second = np.asarray(soqs["ctrl"])
    on, last, found = And(1, pair.cv1), And(1, pair.cv2), {}
    (control, first), met = bb.add(on, ctrl=[soqs[name], first])
    if pair.uncompute:
        met, second = bb.add(last.adjoint(), ctrl=[met, second], target=soqs["target"])
    else:
        (met, second), found["target"] = bb.add(last, ctrl=[met, second])
    control, first = bb.add(on.adjoint(), ctrl=[control, first], target=met)
    return {**found, name: control, "ctrl": np.array([first, second])}


def _is_around_a_composite(bloq: Bloq) -> bool:
    while isinstance(bloq, Adjoint | Controlled):
        bloq = bloq.subbloq
    return isinstance(bloq, CompositeBloq)
