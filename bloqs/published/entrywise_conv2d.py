"""B17: the convolution as a linear combination over all entries of its kernel."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property

import attrs
import numpy as np
import sympy
from qualtran import Bloq, BloqBuilder, DecomposeTypeError, Soquet, bloq_example
from qualtran.bloqs.basic_gates import CNOT, Toffoli, XGate, ZGate
from qualtran.resource_counting import BloqCountDictT, SympySymbolAllocator
from qualtran.symbolics import SymbolicFloat, SymbolicInt, is_symbolic

from bloqs.convolution.data import shape_alpha_bound
from bloqs.convolution.kernel_or_shape import KernelOrShape
from bloqs.convolution.kernels import NestedKernel, nested_kernel
from bloqs.convolution.sizes import axis_bits_of
from bloqs.core.block_encoding import RealBlockEncoding
from bloqs.core.checks import checked, count
from bloqs.core.control import DATA, WorkspaceOf, max_workspace
from bloqs.core.encoding import FloatArray, controlled_if
from bloqs.core.flags import AllZeroFlag, compute_ladder, ladder_counts, uncompute_ladder
from bloqs.core.wires import Key, Wires
from bloqs.loading.fields import abridged
from bloqs.loading.generalizers import LOADING_GENERALIZERS
from bloqs.loading.loader import Loader, loader_name
from bloqs.loading.vector import LoadedVector
from bloqs.published.lemma import Lemma
from bloqs.published.one_sided_shift import OneSidedShift, ShiftPower


def _integer(value: SymbolicInt) -> SymbolicInt:
    """Converter of a size: numpy's integers become Python's."""
    return count(value, "image_size")


@attrs.frozen(field_transformer=checked, cache_hash=True)
class EntrywiseConv2D(KernelOrShape, RealBlockEncoding):
    r"""The zero-padded stride-1 convolution by LCU over the entries of its kernel, as the paper writes it.

    $$ \mathrm{Conv} = \sum_{o,i,a,b} K[o,i,a,b]\; |o\rangle\langle i| \otimes Q^{h-a} \otimes Q^{h-b},
       \qquad h = \lfloor D/2 \rfloor, $$

    with Q the one-sided shift and `Q**(-s)` its transpose. PREPARE loads `sign(K) sqrt(|K|/alpha)` on an
    index (o, i, a, b), SELECT applies the term, PREPARE of `sqrt(|K|/alpha)` is undone. `alpha = sum |K|`.

    SELECT factorises, and it is built so, in the paper's favour: `|o><i|` is two rounds of CNOTs and a flag
    for all pairs at once, and a power of Q is selected by the tap of its axis, `D - 1` controlled powers an
    axis instead of one pair of powers for each of the `C**2 D**2` entries, which the stated depth allows for.

    Registers:
        ctrl: only when `is_controlled`; everything is then controlled.
        system: `QAny(log2 C + 2 m)`: channel, row, column; as in `Conv2DBlockEncoding`.
        ancilla: output channel and input channel (`log2 C` each), row tap and column tap (`ceil(log2 D)`
            each), the channel flag (none for one channel), then the ancillas of the row's and of the column's
            shifts, `2 h` each.

    Parameters:
        kernel: float64 `(C_out, C_in, D, D)`; None by shape (`from_shape`).
        image_size: `M`, a power of two, `2**m`. By shape `m` may be symbolic.
        loading: a registered loader or its name, for PREPARE.
        angle_bits: bits of a tabulated angle; None for the loader's default.
        shape_channels, shape_kernel_size, shape_alpha: by shape only, see `from_shape`.
        is_controlled: with a `ctrl` qubit.
    Encodes: `(sum |K|, 2 log2 C + 2 ceil(log2 D) + 1 + 4 h, epsilon)`; epsilon is 0 for "rotations", else
        `2 alpha` times the error of PREPARE. L5 states `3 + 8 D + 2 log(C D)` ancillas after amplification.
    Cost: two loads of `C**2 D**2` entries; `2 (1 + ... + h)` controlled one-sided shifts each way, or fewer.

    Raises:
        ValueError: kernel not of shape `(C_out, C_in, D, D)`, not finite, or zero wherever it meets a pixel;
            an image size that is no power of two; one channel of one pixel.

    References:
        Rattew et al. (ICLR 2026), appendix B.17 and Lemma 5.

    Example:
        >>> kernel = np.zeros((1, 1, 3, 3)); kernel[0, 0, 1] = [0.25, -0.5, 0.25]
        >>> conv = EntrywiseConv2D(kernel, 8)
        >>> conv.alpha, conv.system_bitsize, conv.ancilla_bitsize, conv.epsilon
        (1.0, 6, 8, 0.0)
    """

    lemma = Lemma(
        label="B17",
        title="convolution by LCU over kernel entries",
        encodes="(sum |K|, 8D + 2 log(CD), 0) of Conv",
        complexity="depth O(m^2 C^3 D^4 log C log D)",
        ours="bloqs.convolution.Conv2DBlockEncoding",
    )
    component = "convolution"

    kernel: NestedKernel | None = attrs.field(
        default=None, converter=nested_kernel, repr=abridged, metadata=DATA
    )
    image_size: SymbolicInt = attrs.field(default=0, converter=_integer)
    loading: str = attrs.field(default="rotations", converter=loader_name)
    angle_bits: SymbolicInt | None = None
    shape_channels: SymbolicInt = attrs.field(default=0, kw_only=True)
    shape_kernel_size: SymbolicInt = attrs.field(default=0, kw_only=True)
    shape_alpha: SymbolicFloat | None = attrs.field(default=None, kw_only=True)
    is_controlled: bool = attrs.field(default=False, kw_only=True)

    def __attrs_post_init__(self) -> None:
        size = self.image_size
        if not is_symbolic(size) and (size < 1 or size & (size - 1)):
            raise ValueError(
                f"image_size must be a power of two, found {size}: the published shifts act on a whole "
                "register; bloqs.convolution.Conv2DBlockEncoding takes any size"
            )
        self.check_kernel_or_shape()

    @classmethod
    def from_shape(
        cls,
        channels: SymbolicInt,
        kernel_size: SymbolicInt,
        image_size: SymbolicInt,
        *,
        loading: str | Loader = "rotations",
        angle_bits: SymbolicInt | None = None,
        alpha: SymbolicFloat | None = None,
    ) -> "EntrywiseConv2D":
        """The encoding of an unknown kernel, for costs: every angle a generic rotation, an upper bound.

        Args:
            channels: `C`; may be symbolic, then taken to be at least 3.
            kernel_size: `D`; may be symbolic, then taken to be at least 3 and less than `2 M`.
            image_size: `M`; may be symbolic, of the form `2**m`, with m taken to be at least 3.
            loading: as in the class.
            angle_bits: as in the class; may be symbolic.
            alpha: subnormalisation; None for `C` times `shape_alpha_bound`, which holds for every kernel with
                `||Conv||_2 <= 1`: `sum |K| <= sqrt(C) sum_i s_i <= C sqrt(sum_i s_i**2)`.

        Returns:
            The bloq, without data.

        Raises:
            ValueError: a size out of range.
        """
        if is_symbolic(image_size):
            axis_bits_of(image_size)  # which refuses another form
        if alpha is None:
            alpha = channels * shape_alpha_bound(channels, kernel_size, image_size)
        return cls(
            None,
            image_size,
            loading,
            angle_bits,
            shape_channels=channels,
            shape_kernel_size=kernel_size,
            shape_alpha=alpha,
        )

    # --- sizes -----------------------------------------------------------------------------------

    @property
    def system_bitsize(self) -> SymbolicInt:
        """`log2 C + 2 m`."""
        return self.sizes.system_bitsize

    @property
    def index_bitsize(self) -> SymbolicInt:
        """`2 log2 C + 2 ceil(log2 D)`."""
        return 2 * self.sizes.channel_bitsize + 2 * self.sizes.tap_bitsize

    @property
    def _flag_bitsize(self) -> SymbolicInt:
        c = self.sizes.channel_bitsize
        return 1 if is_symbolic(c) else min(c, 1)

    @property
    def reach(self) -> SymbolicInt:
        """`h = floor(D/2)`, the largest power of a shift; 0 for a single tap."""
        return self.sizes.taps // 2

    @property
    def ancilla_bitsize(self) -> SymbolicInt:
        """The index, the channel flag and the shifts' ancillas."""
        return self.index_bitsize + self._flag_bitsize + 4 * self.reach

    @property
    def alpha(self) -> SymbolicFloat:
        """`sum |K|` over the taps that meet a pixel."""
        if self.kernel is None:
            return self.shape_alpha  # type: ignore[return-value]
        return float(np.abs(self.data.core).sum())

    @property
    def epsilon(self) -> SymbolicFloat:
        """0 for exact angles; else each PREPARE's error, times alpha."""
        if self.index_bitsize == 0:
            return 0.0
        signed, plain = self.prepares
        return self.alpha * (signed.epsilon + plain.epsilon)

    # --- what is encoded -------------------------------------------------------------------------

    @cached_property
    def prepares(self) -> tuple[LoadedVector, LoadedVector]:
        """PREPARE with the signs, and PREPARE without, which is undone."""
        if self.kernel is None:
            plain = LoadedVector(None, self.loading, self.angle_bits, bitsize=self.index_bitsize)
            return plain, plain
        table = self._index_table
        roots = np.sqrt(np.abs(table))
        signed = LoadedVector(np.sign(table) * roots, self.loading, self.angle_bits)
        return signed, LoadedVector(roots, self.loading, self.angle_bits)

    @property
    def _index_table(self) -> FloatArray:
        """The kernel over all values of the index, zero where a tap does not exist."""
        core, taps = self.data.core, 2**self.sizes.tap_bitsize
        return np.pad(core, [(0, 0), (0, 0), *2 * [(0, taps - core.shape[-1])]])

    def target(self) -> FloatArray:
        """The matrix of the convolution, float64 `(2**n, 2**n)`."""
        return self.data.matrix()

    def apply_target(self, vectors: FloatArray) -> FloatArray:
        """The convolution, matrix-free."""
        return self.data.convolve(self.data.core, np.asarray(vectors))

    @cached_property
    def _block_core(self) -> FloatArray:
        """The kernel of the block: entry by entry the product of what the two PREPAREs load."""
        if self.index_bitsize == 0:
            return np.sign(self.data.core)
        signed, plain = self.prepares
        product = (signed.block() * plain.block()).reshape(self._index_table.shape)
        taps = self.sizes.taps
        return product[..., :taps, :taps]

    def apply_block(self, vectors: FloatArray) -> FloatArray:
        """The convolution by the entries that are loaded, over alpha."""
        return self.data.convolve(self._block_core, np.asarray(vectors))

    # --- the circuit -----------------------------------------------------------------------------

    @property
    def _offsets(self) -> dict[int, int]:
        """Power of Q for each tap that has one."""
        taps = int(self.sizes.taps)
        return {a: taps // 2 - a for a in range(taps) if a != taps // 2}

    @property
    def _num_tap_controls(self) -> SymbolicInt:
        return self.sizes.tap_bitsize + int(self.is_controlled)

    @property
    def _channel_flag(self) -> Bloq:
        return AllZeroFlag(self.sizes.channel_bitsize, self.is_controlled)

    def workspace_given(self, workspace_of: WorkspaceOf) -> SymbolicInt:
        """The largest of PREPARE's, the channel flag's, and a tap's ladder with the shift below it."""
        sizes: list[SymbolicInt] = []
        if self.index_bitsize != 0:
            for prepare in self.prepares:
                sizes.append(workspace_of(controlled_if(prepare, self.is_controlled)))
        if self.sizes.channel_bitsize != 0:
            sizes.append(workspace_of(self._channel_flag))
        if self.sizes.tap_bitsize != 0:
            shift = OneSidedShift(self.sizes.axis_bitsize, is_controlled=True)
            sizes.append(self._num_tap_controls - 1 + workspace_of(shift))
        return max_workspace(*sizes)

    def build_composite_bloq(self, bb: BloqBuilder, **soqs: Soquet) -> dict[str, Soquet]:
        """PREPARE, SELECT, PREPARE undone."""
        if self.sizes.is_symbolic or is_symbolic(self.image_size):
            raise DecomposeTypeError(f"symbolic {self}")
        wires = Wires(bb, soqs)
        ctrl, system, ancilla = wires.reg("ctrl"), wires.reg("system"), wires.reg("ancilla")
        c, m, b = self.sizes.channel_bitsize, self.sizes.axis_bitsize, self.sizes.tap_bitsize
        index, rest = ancilla[: 2 * c + 2 * b], ancilla[2 * c + 2 * b :]
        if not index:
            self._number(wires, ctrl, system)
            return wires.join_signature(self.signature)
        signed, plain = self.prepares
        wires.call(controlled_if(signed, self.is_controlled), ctrl=ctrl, system=index)
        if c:
            self._select_channels(wires, ctrl, index, system[:c], rest[:1])
        shifts = rest[self._flag_bitsize :]
        for axis in range(2):
            tap = index[2 * c + axis * b :][:b]
            coordinate = system[c + axis * m :][:m]
            lent = shifts[axis * 2 * self.reach :][: 2 * self.reach]
            self._select_shifts(wires, ctrl, tap, coordinate, lent)
        undo = controlled_if(plain, self.is_controlled).adjoint()
        wires.call(undo, ctrl=ctrl, system=index)
        return wires.join_signature(self.signature)

    def _number(self, wires: Wires, ctrl: list[Key], system: list[Key]) -> None:
        """A kernel of one entry is its sign."""
        if self.kernel is None or self.data.core[0, 0, 0, 0] > 0:
            return
        for gate in (ZGate(),) if ctrl else (ZGate(), XGate(), ZGate(), XGate()):
            wires.call(gate, q=ctrl or system[:1])

    def _select_channels(
        self, wires: Wires, ctrl: list[Key], index: list[Key], channel: list[Key], flag: list[Key]
    ) -> None:
        """`|o><i|` for every pair: XOR i into the channel, flag what is not zero, XOR o."""

        def xor(source: list[Key]) -> None:
            for one, target in zip(source, channel, strict=True):
                if ctrl:
                    wires.call(Toffoli(), ctrl=[*ctrl, one], target=[target])
                else:
                    wires.call(CNOT(), ctrl=[one], target=[target])

        xor(index[len(channel) :][: len(channel)])
        if ctrl:
            wires.call(CNOT(), ctrl=ctrl, target=flag)
        else:
            wires.call(XGate(), q=flag)
        wires.call(self._channel_flag, ctrl=ctrl, x=channel, target=flag)
        xor(index[: len(channel)])

    def _select_shifts(
        self, wires: Wires, ctrl: list[Key], tap: list[Key], coordinate: list[Key], lent: list[Key]
    ) -> None:
        """For each tap of an axis its power of the shift."""
        for value, power in self._offsets.items():
            with self._on(wires, ctrl, tap, value) as select:
                shift = ShiftPower(len(coordinate), power, is_controlled=True)
                ancilla = lent[: 2 * abs(power)]
                wires.call(shift, ctrl=[select], system=coordinate, ancilla=ancilla)

    @contextmanager
    def _on(self, wires: Wires, ctrl: list[Key], tap: list[Key], value: int) -> Iterator[Key]:
        """Within it: a qubit that is 1 where the tap has a value and the control is on."""
        bits = [value >> (len(tap) - 1 - k) & 1 for k in range(len(tap))]
        ones = [*ctrl, *(key for key, bit in zip(tap, bits, strict=True) if bit)]
        zeros = [key for key, bit in zip(tap, bits, strict=True) if not bit]
        if len(ones) + len(zeros) > 1:
            yield compute_ladder(wires, ones, zeros)
            uncompute_ladder(wires, ones, zeros)
            return
        # Two taps: tap 0 shifts by one, tap 1 is the centre.
        wires.call(XGate(), q=zeros)
        yield zeros[0]
        wires.call(XGate(), q=zeros)

    def build_call_graph(self, ssa: SympySymbolAllocator) -> BloqCountDictT:
        """As the decomposition."""
        counts: Counter[Bloq] = Counter()
        if self.index_bitsize == 0:
            if self.kernel is not None and self.data.core[0, 0, 0, 0] < 0:
                counts.update({ZGate(): 1} if self.is_controlled else {ZGate(): 2, XGate(): 2})
            return counts
        signed, plain = self.prepares
        counts[controlled_if(signed, self.is_controlled)] += 1
        counts[controlled_if(plain, self.is_controlled).adjoint()] += 1
        c = self.sizes.channel_bitsize
        if c != 0:
            counts[self._channel_flag] += 1
            counts[CNOT() if self.is_controlled else XGate()] += 1
            counts[Toffoli() if self.is_controlled else CNOT()] += 2 * c
        if self.sizes.tap_bitsize != 0:
            self._count_shifts(counts)
        return {bloq: count for bloq, count in counts.items() if count != 0}

    def _count_shifts(self, counts: Counter[Bloq]) -> None:
        """The powers of both axes and the ladders of their taps."""
        m, taps = self.sizes.axis_bitsize, self.sizes.taps
        if is_symbolic(taps):
            down = OneSidedShift(m, is_controlled=True)
            up = taps - 1 - self.reach
            counts[down] += self.reach * (self.reach + 1)
            counts[down.adjoint()] += up * (up + 1)
        else:
            for power in self._offsets.values():
                counts[ShiftPower(m, power, is_controlled=True)] += 2
        for bloq, number in ladder_counts(self._num_tap_controls).items():
            counts[bloq] += 2 * (taps - 1) * number
        if self._num_tap_controls == 1:
            counts[XGate()] += 4


@bloq_example(generalizer=LOADING_GENERALIZERS)
def _entrywise_conv2d() -> EntrywiseConv2D:
    entrywise_conv2d = EntrywiseConv2D([[[[0.25, -0.5], [0.1, 0.3]]]], image_size=2)
    return entrywise_conv2d


@bloq_example(generalizer=LOADING_GENERALIZERS)
def _entrywise_conv2d_pointwise() -> EntrywiseConv2D:
    kernel = np.array([[0.5, -0.4], [0.3, 0.2]]).reshape(2, 2, 1, 1)
    entrywise_conv2d_pointwise = EntrywiseConv2D(kernel, image_size=2)
    return entrywise_conv2d_pointwise


@bloq_example(generalizer=LOADING_GENERALIZERS)
def _entrywise_conv2d_channels() -> EntrywiseConv2D:
    kernel = np.arange(-6.0, 10.0).reshape(2, 2, 2, 2)
    entrywise_conv2d_channels = EntrywiseConv2D(kernel, 2, "qrom", 6, is_controlled=True)
    return entrywise_conv2d_channels


@bloq_example(generalizer=LOADING_GENERALIZERS)
def _entrywise_conv2d_shape() -> EntrywiseConv2D:
    entrywise_conv2d_shape = EntrywiseConv2D.from_shape(4, 3, 8, loading="select-swap")
    return entrywise_conv2d_shape


@bloq_example
def _entrywise_conv2d_symbolic() -> EntrywiseConv2D:
    channels, kernel_size, axis_bits = sympy.symbols("C D m")
    entrywise_conv2d_symbolic = EntrywiseConv2D.from_shape(channels, kernel_size, 2**axis_bits)
    return entrywise_conv2d_symbolic
