"""The circuit of a convolution from its sizes, its loader, and, by data, its kernel."""

from __future__ import annotations

import attrs
import numpy as np
import sympy
from qualtran.symbolics import SymbolicInt, is_symbolic, smax

from bloqs.convolution.circuit import ConvolutionCircuit
from bloqs.convolution.data import KernelData
from bloqs.convolution.factors import channel_tables, output_tables, tap_tables, vector_tables
from bloqs.convolution.shift import CoordinateShift, PaddingFlag
from bloqs.convolution.signs import TapSign
from bloqs.convolution.sizes import ConvolutionSizes
from bloqs.convolution.taps import TapCode
from bloqs.convolution.tree import RotationTree
from bloqs.core.control import workspace_of
from bloqs.core.encoding import FloatArray
from bloqs.loading.loader import LOADERS, Loader


@attrs.frozen
class ConvolutionParts:
    """What determines the circuit of `Conv2DBlockEncoding` apart from the entries of the kernel.

    Parameters:
        sizes: of the registers; may be symbolic.
        loading: the loader of the rotation angles.
        angle_bits: bits of a tabulated angle; None for the default.
        balanced: whether, for two channels or more, the factorisation is the balanced one.
        is_controlled: with a `ctrl` qubit.

    Example:
        >>> parts = ConvolutionParts(ConvolutionSizes(4, 3, 8), "rotations", None, False, False)
        >>> from bloqs.core.control import workspace_of
        >>> parts.circuit().workspace_given(workspace_of), parts.circuit().output_tree.num_levels
        (5, 2)
    """

    sizes: ConvolutionSizes
    loading: str
    angle_bits: SymbolicInt | None
    balanced: bool
    is_controlled: bool

    @property
    def bits(self) -> SymbolicInt:
        """Bits of a tabulated angle, 0 where angles are not tabulated."""
        return self.loader.bits(self.angle_bits)

    @property
    def loader(self) -> Loader:
        """The loader of that name."""
        return LOADERS.find(self.loading)

    @property
    def is_symbolic(self) -> bool:
        """Whether a size or the number of bits is a symbol."""
        return self.sizes.is_symbolic or is_symbolic(self.bits)

    @property
    def has_sides(self) -> bool:
        """Whether the balanced factorisation is in use: one channel has none."""
        return bool(self.balanced and self.sizes.channel_bitsize != 0)

    def special_cases(self) -> list[tuple[sympy.Basic, ConvolutionParts]]:
        """As `ConvolutionSizes.special_cases`."""
        return [
            (condition, attrs.evolve(self, sizes=sizes))
            for condition, sizes in self.sizes.special_cases()
        ]

    @property
    def closed_workspace(self) -> SymbolicInt:
        """The clean qubits of the circuit by shape, with a `Piecewise` of the special cases."""
        cases = [(case.closed_workspace, condition) for condition, case in self.special_cases()]
        general = self.circuit().workspace_given(workspace_of)
        return sympy.Piecewise(*cases, (general, True)) if cases else general

    def circuit(
        self, data: KernelData | None = None, *, runs_backwards: bool = False
    ) -> ConvolutionCircuit:
        """The parts of the circuit.

        Args:
            data: the kernel, of these sizes; None by shape, where every angle is a generic rotation.
            runs_backwards: from the last step to the first, each inverted (the transposed kernel).

        Returns:
            The circuit of `Conv2DBlockEncoding`, step by step.
        """
        sizes = self.sizes
        tap_trees: tuple[RotationTree, ...] = ()
        sides: tuple[RotationTree, ...] = ()
        output_tree, channel_tree = None, None
        if self.has_sides:
            sides = self._sides(data)
        else:
            tap_trees = self._tap_trees(data)
            if sizes.channel_bitsize != 0:
                output_tree, channel_tree = self._channel_trees(data)
        is_flipped, signs = self._signs(data)
        flags = sizes.num_padding_flags
        return ConvolutionCircuit(
            channel_bitsize=sizes.channel_bitsize,
            axis_bitsize=sizes.axis_bitsize,
            kernel_size=sizes.taps,
            tap_bitsize=sizes.tap_bitsize,
            tap_trees=tap_trees,
            output_tree=output_tree,
            channel_tree=channel_tree,
            sides=sides,
            shift=None
            if sizes.taps == 1
            else CoordinateShift(sizes.axis_bitsize, sizes.tap_bitsize),
            signs=signs,
            is_flipped=is_flipped,
            padding=None if flags == 0 else PaddingFlag(sizes.image_size, self.is_controlled),
            num_padding_flags=flags,
            runs_backwards=runs_backwards,
            is_controlled=self.is_controlled,
        )

    def _tree(
        self,
        tables: list[FloatArray] | None,
        index_bitsize: SymbolicInt,
        num_levels: SymbolicInt,
        *,
        has_flag: bool = False,
        is_controlled: bool = False,
    ) -> RotationTree:
        """A tree through the loader; `tables` None by shape."""
        angles = None if tables is None else np.concatenate(tables)
        return RotationTree(
            angles,
            index_bitsize,
            num_levels,
            self.loading,
            self.angle_bits,
            has_flag=has_flag,
            is_controlled=is_controlled,
        )

    def _tap_trees(self, data: KernelData | None) -> tuple[RotationTree, ...]:
        """Step (1): the taps."""
        c, taps = self.sizes.channel_bitsize, self.sizes.taps
        tables = None if data is None else tap_tables(data.factors, TapCode(taps))
        if taps == 1:
            return ()
        if taps != 3:
            return (self._tree(tables, c, smax(1, 2 * self.sizes.tap_bitsize)),)
        rows, columns = (None, None) if tables is None else (tables[:2], tables[2:])
        return (
            self._tree(rows, c, 1, has_flag=True),
            self._tree(columns, c + 2, 1, has_flag=True),
        )

    def _channel_trees(self, data: KernelData | None) -> tuple[RotationTree, RotationTree]:
        """Step (2), the outputs, and what step (6) undoes, the channels."""
        c, controlled = self.sizes.channel_bitsize, self.is_controlled
        outputs, channel = None, None
        if data is not None:
            outputs = output_tables(data.factors, TapCode(self.sizes.taps))
            channel = channel_tables(data.factors)
        index, levels = c + 2 * self.sizes.tap_bitsize, smax(1, c)
        return (
            self._tree(outputs, index, levels, is_controlled=controlled),
            self._tree(channel, 0, levels, is_controlled=controlled),
        )

    def _sides(self, data: KernelData | None) -> tuple[RotationTree, ...]:
        """The two trees of the balanced factorisation."""
        c, controlled = self.sizes.channel_bitsize, self.is_controlled
        tables: list[list[FloatArray] | None] = [None, None]
        if data is not None:
            code, sides = TapCode(self.sizes.taps), data.sides
            assert sides is not None
            tables = [
                vector_tables(sides.right, code, sides.used_inputs),
                vector_tables(sides.left, code, sides.used_outputs),
            ]
        levels = smax(1, 2 * self.sizes.tap_bitsize + c)
        return tuple(self._tree(table, c, levels, is_controlled=controlled) for table in tables)

    def _signs(self, data: KernelData | None) -> tuple[bool, TapSign | None]:
        """For one channel: whether the centre tap is negative, and the signs of the others relative to it."""
        if self.sizes.channel_bitsize != 0:
            return False, None
        if data is None:
            return True, None if self.sizes.taps == 1 else TapSign(self.sizes.taps)
        return data.signs
