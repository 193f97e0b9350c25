"""The steps of the convolution's circuit: their parts, their order, their counts."""

from collections import Counter
from functools import cached_property

import attrs
import numpy as np
from qualtran import Bloq
from qualtran.bloqs.basic_gates import Ry, TwoBitCSwap, TwoBitSwap, ZGate
from qualtran.bloqs.mcmt import And
from qualtran.symbolics import SymbolicInt

from bloqs.convolution.shift import CoordinateShift, PaddingFlag, compute_and, uncompute_and
from bloqs.convolution.signs import TapSign
from bloqs.convolution.tree import RotationTree
from bloqs.core.control import WorkspaceOf, max_workspace
from bloqs.core.wires import Wires

Key = tuple[str, int]
Slices = dict[str, list[Key]]
AXES = ("row", "column")


@attrs.frozen
class ConvolutionCircuit:
    """Parts of the circuit of `Conv2DBlockEncoding`, whose docstring numbers the steps.

    Parameters:
        channel_bitsize: `log2 C`.
        axis_bitsize: `m`.
        kernel_size: `D`.
        tap_bitsize: `b`.
        tap_trees: step (1), never controlled: none for `D = 1`, two (rows, columns) for `D = 3`, else one.
        output_tree: step (2); None for one channel.
        channel_tree: what step (6) undoes; None for one channel.
        sides: in place of these trees, the two of the balanced factorisation: one before the shift and the
            swap, and one that is undone after them, on row tap, column tap and output; empty otherwise.
        shift: what step (3) undoes, on each axis; None for `D = 1`.
        signs: of one channel's taps relative to the centre tap; None where all are equal.
        is_flipped: whether one channel's centre tap is negative.
        padding: flags a pixel in the padding; None when there is none.
        num_padding_flags: 0, 1 (before the shift) or 2 (and after).
        runs_backwards: from (6) to (1), each step inverted.
        is_controlled: with a `ctrl` qubit.

    Example:
        >>> from bloqs.convolution import Conv2DBlockEncoding
        >>> kernel = np.random.default_rng(0).normal(size=(2, 2, 3, 3))
        >>> circuit = Conv2DBlockEncoding(kernel, 4).circuit
        >>> len(circuit.tap_trees), circuit.output_tree.num_levels, circuit.has_prepared_signs
        (2, 1, True)
        >>> circuit.counts()[TwoBitSwap()]  # step (5), one channel qubit
        1
    """

    channel_bitsize: SymbolicInt
    axis_bitsize: SymbolicInt
    kernel_size: SymbolicInt
    tap_bitsize: SymbolicInt
    tap_trees: tuple[RotationTree, ...]
    output_tree: RotationTree | None
    channel_tree: RotationTree | None
    sides: tuple[RotationTree, ...]
    shift: CoordinateShift | None
    signs: TapSign | None
    is_flipped: bool
    padding: PaddingFlag | None
    num_padding_flags: SymbolicInt
    runs_backwards: bool
    is_controlled: bool

    @property
    def has_prepared_signs(self) -> bool:
        """Whether the tap register holds `(z, s)` of `D = 3`, from which the codes are computed."""
        return bool(self.kernel_size == 3) and not self.sides

    @property
    def _num_code_ands(self) -> SymbolicInt:
        """And gates from the tap register to the codes, which a control blanks."""
        if self.has_prepared_signs:
            return 5 if self.is_controlled else 2
        return 2 * self.tap_bitsize if self.is_controlled else 0

    def workspace_given(self, workspace_of: WorkspaceOf) -> SymbolicInt:
        """The largest of the steps' temporaries; the codes are held through steps (2) and (3)."""
        trees = self.tap_trees
        outer = [workspace_of(tree) for tree in (*self.sides, *trees[:1])]
        outer += [1 + workspace_of(tree) for tree in trees[1:]]
        if self.padding is not None:
            outer.append(workspace_of(self.padding))
        if self.channel_tree is not None:
            outer.append(workspace_of(self.channel_tree))
        inner = [
            workspace_of(part)
            for part in (self.output_tree, self.shift, self.signs)
            if part is not None
        ]
        return max_workspace(*outer, self._num_code_ands + max_workspace(*inner))

    def counts(self) -> dict[Bloq, SymbolicInt]:
        """Callees of the circuit."""
        counts: Counter[Bloq] = Counter()
        for tree in self.tap_trees:
            counts[tree] += 1
            counts[tree.adjoint()] += 1
        if self.output_tree is not None and self.channel_tree is not None:
            counts[self._output_step(self.output_tree)] += 1
            counts[self._channel_step(self.channel_tree)] += 1
        if self.sides:
            right, left = self.sides
            counts[right] += 1
            counts[left.adjoint()] += 1
        counts[TwoBitCSwap() if self.is_controlled else TwoBitSwap()] += self.channel_bitsize
        if self.shift is not None:
            counts[self.shift.adjoint()] += 2
        if self.padding is not None:
            counts[self.padding] += self.num_padding_flags
        if self.signs is not None:
            counts[self.signs] += 1
        if self.is_flipped:
            counts[ZGate() if self.is_controlled else Ry(2 * np.pi)] += 1
        counts[And()] += self._num_code_ands
        counts[And().adjoint()] += self._num_code_ands
        return {bloq: count for bloq, count in counts.items() if count != 0}

    def add(self, wires: Wires) -> None:
        """Steps (1) to (6), or, backwards, their inverses from (6) to (1); concrete sizes."""
        _Steps(self, wires).run()

    def _output_step(self, tree: RotationTree) -> Bloq:
        """Step (2) or its inverse."""
        return tree.adjoint() if self.runs_backwards else tree

    def _channel_step(self, tree: RotationTree) -> Bloq:
        """Step (6) or its inverse."""
        return tree if self.runs_backwards else tree.adjoint()


@attrs.frozen(slots=False)
class _Steps:
    """The circuit on given wires."""

    parts: ConvolutionCircuit
    wires: Wires

    @cached_property
    def control(self) -> list[Key]:
        """The control, if there is one."""
        return self.wires.reg("ctrl")

    @cached_property
    def system(self) -> Slices:
        """Slices of the system register."""
        c, m = self.parts.channel_bitsize, self.parts.axis_bitsize
        keys = self.wires.reg("system")
        return {"channel": keys[:c], "row": keys[c : c + m], "column": keys[c + m :]}

    @cached_property
    def ancilla(self) -> Slices:
        """Slices of the ancilla register."""
        parts = self.parts
        b = parts.tap_bitsize
        widths = {"output": parts.channel_bitsize, "row": b, "column": b}
        widths |= {"overflow": 2 * min(b, 1), "padding": parts.num_padding_flags}
        keys = iter(self.wires.reg("ancilla"))
        return {name: [next(keys) for _ in range(width)] for name, width in widths.items()}

    def run(self) -> None:
        """All steps."""
        if self.parts.sides:
            self.apply_sides()
        elif self.parts.runs_backwards:
            self.project_channel()
            self.swap()
            self.apply_taps()
        else:
            self.apply_taps()
            self.swap()
            self.project_channel()

    def apply_sides(self) -> None:
        """The balanced factorisation: a controlled tree on either side."""
        right, left = self.parts.sides
        system = self.ancilla["row"] + self.ancilla["column"] + self.ancilla["output"]
        self.flag_padding(0)
        self.wires.call(right, ctrl=self.control, index=self.system["channel"], system=system)
        if self.parts.shift is not None:
            self.compute_codes()
            self.shift_axes(self.parts.shift.adjoint())
            self.uncompute_codes()
        self.swap()
        index = self.system["channel"]
        self.wires.call(left.adjoint(), ctrl=self.control, index=index, system=system)
        self.flag_padding(1)

    def swap(self) -> None:
        """Step (5)."""
        for x, y in zip(self.ancilla["output"], self.system["channel"], strict=True):
            if self.control:
                self.wires.call(TwoBitCSwap(), ctrl=self.control, x=[x], y=[y])
            else:
                self.wires.call(TwoBitSwap(), x=[x], y=[y])

    def project_channel(self) -> None:
        """Step (6)."""
        if self.parts.channel_tree is not None:
            step = self.parts._channel_step(self.parts.channel_tree)
            self.wires.call(step, ctrl=self.control, system=self.ancilla["output"])

    def apply_taps(self) -> None:
        """Steps (1) to (4): the same in both directions, except that (2) is inverted."""
        parts, wires = self.parts, self.wires
        self.flag_padding(0)
        self.prepare_taps()
        self.compute_codes()
        if parts.output_tree is not None:
            index = self.system["channel"] + self.codes["row"] + self.codes["column"]
            step = parts._output_step(parts.output_tree)
            wires.call(step, ctrl=self.control, index=index, system=self.ancilla["output"])
        if parts.shift is not None:
            self.shift_axes(parts.shift.adjoint())
        if parts.signs is not None:
            wires.call(parts.signs, row=self.codes["row"], column=self.codes["column"])
        if parts.is_flipped:
            if self.control:
                wires.call(ZGate(), q=self.control)
            else:
                wires.call(Ry(2 * np.pi), q=[self.system["column"][-1]])
        self.uncompute_codes()
        self.unprepare_taps()
        self.flag_padding(1)

    def compute_codes(self) -> None:
        """From the tap register to the codes."""
        for left, right, name in self.code_ands:
            compute_and(self.wires, left, right, name)

    def uncompute_codes(self) -> None:
        """Undo `compute_codes`."""
        for left, right, name in reversed(self.code_ands):
            uncompute_and(self.wires, left, right, name)

    def shift_axes(self, shift: Bloq) -> None:
        """Step (3). For `D = 3` a code is (lo, hi), where an offset has its sign bit first."""
        for axis, overflow in zip(AXES, self.ancilla["overflow"], strict=True):
            code = self.codes[axis]
            self.wires.call(
                shift,
                offset=code[::-1] if self.parts.kernel_size == 3 else code,
                coordinate=self.system[axis],
                overflow=[overflow],
            )

    def flag_padding(self, which: int) -> None:
        """Flags a pixel in the padding, before (0) or after (1) the shift."""
        if self.parts.padding is not None and which < self.parts.num_padding_flags:
            self.wires.call(
                self.parts.padding,
                ctrl=self.control,
                row=self.system["row"],
                column=self.system["column"],
                target=[self.ancilla["padding"][which]],
            )

    def prepare_taps(self) -> None:
        """Step (1). For `D = 3` the row's `hi`, which selects the columns, is computed and stays."""
        ancilla, channel = self.ancilla, self.system["channel"]
        if len(self.parts.tap_trees) == 1:
            system = ancilla["row"] + ancilla["column"]
            self.wires.call(self.parts.tap_trees[0], index=channel, system=system)
        elif self.parts.tap_trees:
            rows, columns = self.parts.tap_trees
            z, s = ancilla["row"]
            self.wires.call(rows, index=channel, flag=[z], system=[s])
            index = [*channel, z, compute_and(self.wires, z, s, "row_hi")]
            z, s = ancilla["column"]
            self.wires.call(columns, index=index, flag=[z], system=[s])

    def unprepare_taps(self) -> None:
        """Step (4)."""
        ancilla, channel = self.ancilla, self.system["channel"]
        if len(self.parts.tap_trees) == 1:
            system = ancilla["row"] + ancilla["column"]
            self.wires.call(self.parts.tap_trees[0].adjoint(), index=channel, system=system)
        elif self.parts.tap_trees:
            rows, columns = self.parts.tap_trees
            z, s = ancilla["column"]
            index = [*channel, ancilla["row"][0], ("row_hi", 0)]
            self.wires.call(columns.adjoint(), index=index, flag=[z], system=[s])
            z, s = ancilla["row"]
            uncompute_and(self.wires, z, s, "row_hi")
            self.wires.call(rows.adjoint(), index=channel, flag=[z], system=[s])

    @cached_property
    def code_ands(self) -> list[tuple[Key, Key, str]]:
        """And gates (left, right, name) from the tap register to the codes."""
        if self.parts.has_prepared_signs:
            (row_z, _), (column_z, column_s) = self.ancilla["row"], self.ancilla["column"]
            if not self.control:
                return [(column_z, column_s, "column_hi")]
            return [
                (self.control[0], row_z, "row_code0"),
                (self.control[0], ("row_hi", 0), "row_code1"),
                (self.control[0], column_z, "column_code0"),
                (("column_code0", 0), column_s, "column_code1"),
            ]
        if not self.control:
            return []
        return [
            (self.control[0], key, f"{axis}_code{j}")
            for axis in AXES
            for j, key in enumerate(self.ancilla[axis])
        ]

    @cached_property
    def codes(self) -> Slices:
        """Codes of the taps, most significant bit first; all 0 when a control is off."""
        if self.control:
            bits = range(self.parts.tap_bitsize)
            return {axis: [(f"{axis}_code{j}", 0) for j in bits] for axis in AXES}
        if self.parts.has_prepared_signs:
            return {axis: [self.ancilla[axis][0], (f"{axis}_hi", 0)] for axis in AXES}
        return {axis: self.ancilla[axis] for axis in AXES}
