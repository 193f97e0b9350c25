"""The two-term LCU of a layer: one qubit turned by Ry, its AND with the control, and Ry undone."""

from collections.abc import Iterator
from contextlib import contextmanager

from qualtran import Bloq
from qualtran.bloqs.mcmt import And
from qualtran.symbolics import SymbolicInt

from bloqs.core.rotation import ry
from bloqs.core.wires import Wires

Keys = list[tuple[str, int]]


@contextmanager
def lcu_select(wires: Wires, ctrl: Keys, lcu: Keys, angle: float | None) -> Iterator[Keys]:
    """Within: the qubit that selects the second term. Its Ry needs no control: off, it is undone at once.

    Parameters:
        wires: of the layer.
        ctrl: its control, or empty.
        lcu: the LCU qubit.
        angle: `2 acos(sqrt(p))` for the weight p of the first term; None by shape.
    """
    wires.call(ry(angle), q=lcu)
    if ctrl:
        yield [wires.both(ctrl[0], lcu[0], "select")]
        wires.undo_both(ctrl[0], lcu[0], "select")
    else:
        yield lcu
    wires.call(ry(None if angle is None else -angle), q=lcu)


def lcu_counts(angle: float | None, is_controlled: bool) -> dict[Bloq, SymbolicInt]:
    """As `lcu_select`."""
    turns: dict[Bloq, SymbolicInt] = (
        {ry(None): 2} if angle is None else {ry(angle): 1, ry(-angle): 1}
    )
    if is_controlled:
        turns.update({And(): 1, And().adjoint(): 1})
    return turns
