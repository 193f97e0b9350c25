"""The output layers' encodings: weights times the squared vector, and the residual-linear-pooling block."""

import math
from functools import cached_property

import attrs
import numpy as np
from qualtran import Bloq, BloqBuilder, DecomposeTypeError, Soquet, bloq_example
from qualtran.bloqs.basic_gates import CNOT, TwoBitCSwap, XGate
from qualtran.resource_counting import BloqCountDictT, SympySymbolAllocator
from qualtran.symbolics import SymbolicFloat, SymbolicInt, is_symbolic

from bloqs.checks import instance
from bloqs.core.bookkeeping import COUNTS_UP_TO_BOOKKEEPING
from bloqs.core.checks import checked, positive
from bloqs.core.control import WorkspaceOf, max_workspace, workspace_of
from bloqs.core.encoding import FloatArray, MappedVector, VectorEncoding
from bloqs.core.flags import AllZeroFlag
from bloqs.core.lcu import Keys, lcu_counts, lcu_select
from bloqs.core.scale import Bounds, ScaledError, to_bounds
from bloqs.core.wires import Wires
from bloqs.loading import ColumnOracle, LoadedVector


def square_error(peak: float, e: float, e_columns: float) -> float:
    """Bound of `||W~(x o x) - W(psi o psi)||_2` for `||W||_2 <= 1`, by the errors of x and of W~.

    It is `(2 peak + e) e` for the square and `e_columns (1+e)^2` for the columns, whose weights `x_j^2` sum
    to at most `(1+e)^2`.

    Args:
        peak: bound of `max |psi_j|`.
        e: bound of `||x - psi||_2`.
        e_columns: bound of the 2-norm error of each column of W~.

    Returns:
        The bound, proved.

    Example:
        >>> round(square_error(peak=1.0, e=1e-3, e_columns=0.0), 6), round(square_error(0.1, 1e-3, 0.0), 6)
        (0.002001, 0.000201)
    """
    return (2 * peak + e) * e + e_columns * (1 + e) ** 2


class _FirstCopyFlag:
    """The flag "first copy of the ancillas is dirty", by which the second copy may use the same qubits.

    The two calls of `U_psi` act in different roles, so the lemma of the QSVT does not help: a component
    whose ancillas were dirty after the first call could come back clean after the second.
    """

    def __init__(self, ancilla_bitsize: SymbolicInt, is_controlled: bool):
        self.present = ancilla_bitsize != 0
        self.bloq: Bloq = AllZeroFlag(ancilla_bitsize, is_controlled)
        self.flip: Bloq = CNOT() if is_controlled else XGate()

    def add(self, wires: Wires, ctrl: Keys, shared: Keys, flag: Keys) -> None:
        """`flag ^= [shared != 0]`, under the control."""
        if not self.present:
            return
        wires.call(self.bloq, ctrl=ctrl, x=shared, target=flag)
        if ctrl:
            wires.call(self.flip, ctrl=ctrl, target=flag)
        else:
            wires.call(self.flip, q=flag)

    def counts(self) -> dict[Bloq, SymbolicInt]:
        """As `add`."""
        return {self.bloq: 1, self.flip: 1} if self.present else {}

    @property
    def workspace(self) -> SymbolicInt:
        """Of the ladder."""
        return workspace_of(self.bloq) if self.present else 0


class _OutputLayer(MappedVector):
    """What both output layers share: registers, the flag, bounds. `columns` loads `W_out`."""

    columns: ColumnOracle
    peak: float
    _num_flags: int

    @property
    def system_bitsize(self) -> SymbolicInt:
        """`n` of the vector."""
        return self.vector.system_bitsize

    @property
    def ancilla_bitsize(self) -> SymbolicInt:
        """Flags, the index register r, the vector's ancillas."""
        return self._num_flags + self.system_bitsize + self.vector.ancilla_bitsize

    @property
    def component(self) -> str:
        """Row of the cost report."""
        return "output LCU"

    @property
    def loaded_part(self) -> tuple[str, str, Bloq]:
        """The column oracle."""
        return "O", "column oracle", self.columns

    @property
    def _flag(self) -> _FirstCopyFlag:
        return _FirstCopyFlag(self.vector.ancilla_bitsize, self.is_controlled)

    def _check(self) -> None:
        instance(self.vector, "vector", VectorEncoding, "a VectorEncoding")
        instance(self.columns, "columns", ColumnOracle, "a ColumnOracle")
        positive(self.peak, "peak")
        positive(self.norm, "norm")
        n, m = self.vector.system_bitsize, self.columns.index_bitsize
        if not is_symbolic(n, m) and n != m:
            raise ValueError(f"the vector has {n} qubits, the output weights act on {m}")

    def _squared(self, vector: FloatArray) -> FloatArray:
        """`W(x o x)`."""
        return self.columns.apply_target(vector * vector)

    def _image_block(self, x: FloatArray) -> FloatArray:
        return self.columns.apply_block(x * x)

    def _split(self, wires: Wires) -> dict[str, Keys]:
        """Ancilla qubits by role, in register order."""
        n, ancilla = self.system_bitsize, wires.reg("ancilla")
        flags = self._num_flags
        return {
            "flags": ancilla[:flags],
            "index": ancilla[flags : flags + n],
            "shared": ancilla[flags + n :],
        }


@attrs.frozen(field_transformer=checked, cache_hash=True)
class SquaredMatrixVectorProduct(_OutputLayer):
    r"""`W(psi o psi)/||W(psi o psi)||` for a dense W given by its columns.

    $$ \frac{W(\psi \circ \psi)}{\|W(\psi \circ \psi)\|_2} $$

    `U_psi` prepares `sum_j psi_j |j>` on the index register r, the column oracle loads `W|j>/beta` into the
    system, and `U_psi^dagger` on r, projected on 0, multiplies by `<0|U_psi^dagger|j> = psi_j/alpha_psi`.
    Two calls of `U_psi` and one of the columns; no QSVT and no Frobenius norm.

    Registers:
        ctrl: only when `is_controlled`.
        system: `QAny(n)`.
        ancilla: `QAny(2 + n + a)`: flag of the first copy, flag of the column norm, r, ancillas of `U_psi`
            (shared by both copies).
    Parameters:
        vector: encoding of psi.
        columns: `ColumnOracle` of W, `||W||_2 <= 1`.
        peak: bound of `max |psi_j|` in the error bound, default 1 (proved).
        norm: lower bound of `||W(psi o psi)||`, needed by shape.
        is_controlled: with a `ctrl` qubit.
        norm_bounds: as a layer of a network, `(lo, hi)` of that norm over its images.
    Encodes: (alpha_psi^2 beta/norm, 2 + n + a, [(2 peak + e) e + e_W (1+e)^2]/norm). Bound.

    References:
        Rattew et al. (ICLR 2026), Theorem 1. Deviation: column oracle
        instead of entry oracle, one flag instead of 2a + d + 3 ancillas.

    Example:
        >>> product = SquaredMatrixVectorProduct(LoadedVector([0.6, -0.8]), ColumnOracle(0.5 * np.eye(2)))
        >>> (product.block() * product.alpha).round(3), product.target().round(3)
        (array([0.49 , 0.872]), array([0.49 , 0.872]))
    """

    vector: VectorEncoding
    columns: ColumnOracle
    peak: float = attrs.field(default=1.0, kw_only=True)
    norm: float | None = attrs.field(default=None, kw_only=True)
    is_controlled: bool = attrs.field(default=False, kw_only=True)
    norm_bounds: Bounds | None = attrs.field(default=None, converter=to_bounds, kw_only=True)
    _num_flags = 2

    def __attrs_post_init__(self) -> None:
        self._check()

    def apply_target(self, vector: FloatArray) -> FloatArray:
        """`W(x o x)` for any x, not normalised: what the exact layer does to a vector."""
        return self._squared(vector)

    @property
    def sensitivity(self) -> float:
        """`2 peak/||W(psi o psi)||`: the vector's error enters `epsilon` times it, first order."""
        return 2 * self.peak / self.image_norm

    @property
    def scale(self) -> SymbolicFloat:
        """`beta/sigma^2`, sigma the reference amplitude of the vector."""
        return self.columns.beta / self.vector.reference_amplitude**2

    @property
    def image_error(self) -> ScaledError:
        """`(2 peak + e) e + e_W (1+e)^2`, at the square of the vector's r."""
        known = self.vector.scaled_error
        error = square_error(self.peak, known.error, float(self.columns.epsilon))
        return ScaledError(error, known.low**2, known.high**2)

    def block(self) -> FloatArray:
        """`(W/beta)(x o x)` for the vector's block x."""
        return self._image_block(self.vector.block())

    @property
    def _calls(self) -> tuple[Bloq, Bloq, Bloq]:
        if self.is_controlled:
            vector = self.vector.controlled()
            return vector, self.columns.controlled(), vector.adjoint()
        return self.vector, self.columns, self.vector.adjoint()

    def workspace_given(self, workspace_of: WorkspaceOf) -> SymbolicInt:
        """Of the calls."""
        return max_workspace(*(workspace_of(call) for call in self._calls), self._flag.workspace)

    def build_composite_bloq(self, bb: BloqBuilder, **soqs: Soquet) -> dict[str, Soquet]:
        """`U_psi` on r, flag, columns, `U_psi^dagger` on r."""
        if is_symbolic(self.system_bitsize, self.ancilla_bitsize):
            raise DecomposeTypeError(f"symbolic {self}")
        wires = Wires(bb, soqs)
        ctrl, system, part = wires.reg("ctrl"), wires.reg("system"), self._split(wires)
        forward, columns, backward = self._calls
        wires.call(forward, ctrl=ctrl, system=part["index"], ancilla=part["shared"])
        self._flag.add(wires, ctrl, part["shared"], part["flags"][:1])
        wires.call(columns, ctrl=ctrl, index=part["index"], system=system, flag=part["flags"][1:])
        wires.call(backward, ctrl=ctrl, system=part["index"], ancilla=part["shared"])
        return wires.join_signature(self.signature)

    def build_call_graph(self, ssa: SympySymbolAllocator) -> BloqCountDictT:
        """Two calls of `U_psi`, one of the columns, the flag."""
        return {**dict.fromkeys(self._calls, 1), **self._flag.counts()}


@attrs.frozen(field_transformer=checked, cache_hash=True)
class ResidualLinearPooling(_OutputLayer):
    r"""`g/||g||` with `g = tau psi + (1 - tau) W(psi o psi)`, not yet amplified.

    $$ \frac{g}{\|g\|_2}, \qquad g = \tau\psi + (1 - \tau)\, W(\psi \circ \psi). $$

    `U_psi` on the system, then with an LCU qubit `p |skip> + (1-p)|square>`: on the square branch the
    system is swapped into the index register r, the column oracle loads `W|j>/beta` into the system and
    `U_psi^dagger` acts on r (see `SquaredMatrixVectorProduct`). The branches carry `psi/alpha_psi` and
    `W(psi o psi)/(beta alpha_psi^2)`, so with `p = tau alpha_psi/c`,
    `c = tau alpha_psi + (1-tau) beta alpha_psi^2`, the block is `g/c`. Where the amplitude of psi is known in
    a band only, `sigma r`, `alpha_psi` stands for `1/sigma`, and `tau r psi + (1-tau) r^2 W(psi o psi)` is
    near `r g` and near `r^2 g`.

    `U_psi^dagger` must be controlled: on the skip branch r is 0 and `<0|U_psi^dagger|0>` is not 1.

    Registers:
        ctrl: only when `is_controlled`.
        system: `QAny(n)`; measure the leading `log2 G` qubits for the class.
        ancilla: `QAny(3 + n + a)`: LCU qubit, flag of the first copy, flag of the column norm, r, ancillas of
            `U_psi` (shared).
    Parameters:
        vector: encoding of psi.
        columns: `ColumnOracle` of W, `||W||_2 <= 1`.
        skip_weight: tau, in [0, 1].
        peak: bound of `max |psi_j|` in the error bound, default 1 (proved).
        norm: lower bound of `||g||`; needed by shape, else computed from the data.
        is_controlled: with a `ctrl` qubit.
        norm_bounds: as a layer of a network, `(lo, hi)` of `||g||` over its images.
    Encodes: (c/||g||, 3 + n + a, epsilon), or with `norm_bounds` one over the length of the block instead of
        c/||g||. With e the error of psi's direction, `sq = (2 peak + e) e + e_W (1+e)^2` and b a bound of
        `||W(psi o psi)||` the error of g is the smaller of
        `tau e + (1-tau)(r sq + |r-1| b)` and `tau (e/r + |1/r-1|) + (1-tau) sq` at the worst r. Bound.

    References:
        Rattew et al. (ICLR 2026), Corollary 1. Deviation: see
        `SquaredMatrixVectorProduct`; tau is a parameter (0.51 in the paper).

    Example:
        >>> columns = ColumnOracle(0.5 * np.eye(2))
        >>> pooling = ResidualLinearPooling(LoadedVector([0.6, -0.8]), columns, skip_weight=0.2)
        >>> pooling.apply_target(np.array([0.6, -0.8])).round(3)  # 0.2 x + 0.8 W (x o x)
        array([0.264, 0.096])
    """

    noun = "output"
    title = "Residual-linear-pooling block"
    is_final = True

    vector: VectorEncoding
    columns: ColumnOracle
    skip_weight: float = attrs.field(default=0.51, kw_only=True)
    peak: float = attrs.field(default=1.0, kw_only=True)
    norm: float | None = attrs.field(default=None, kw_only=True)
    is_controlled: bool = attrs.field(default=False, kw_only=True)
    norm_bounds: Bounds | None = attrs.field(default=None, converter=to_bounds, kw_only=True)
    _num_flags = 3

    def __attrs_post_init__(self) -> None:
        self._check()
        if not 0 <= self.skip_weight <= 1:
            raise ValueError(f"skip_weight is tau in [0, 1], got {self.skip_weight}")

    @cached_property
    def scale(self) -> SymbolicFloat:
        """`c = tau/sigma + (1-tau) beta/sigma^2`, the block is `g/c`."""
        tau, alpha = self.skip_weight, 1 / self.vector.reference_amplitude
        return tau * alpha + (1 - tau) * self.columns.beta * alpha**2

    def apply_target(self, vector: FloatArray) -> FloatArray:
        """`tau x + (1 - tau) W(x o x)` for any x, not normalised: what the exact layer does to a vector."""
        tau = self.skip_weight
        result: FloatArray = tau * vector + (1 - tau) * self._squared(vector)
        return result

    @property
    def sensitivity(self) -> float:
        """`(tau + 2 (1 - tau) peak)/||g||`: the vector's error enters `epsilon` times it, first order."""
        tau = self.skip_weight
        return (tau + 2 * (1 - tau) * self.peak) / self.image_norm

    @cached_property
    def image_error(self) -> ScaledError:
        """Of g before it is normalised, at r or at r^2, whichever error is smaller; see the class."""
        tau, known = self.skip_weight, self.vector.scaled_error
        e, low, high = known.error, known.low, known.high
        square = square_error(self.peak, e, float(self.columns.epsilon))
        image = min(1.0, self.peak)
        if self.norm_bounds is not None and tau < 1:
            image = min(image, (self.norm_bounds[1] + tau) / (1 - tau))
        linear = tau * e + (1 - tau) * (high * square + known.deviation * image)
        squared = tau * (e / low + known.inverse_deviation) + (1 - tau) * square
        if linear <= squared:
            return ScaledError(linear, low, high)
        return ScaledError(squared, low**2, high**2)

    def block(self) -> FloatArray:
        """`p x + (1-p)(W/beta)(x o x)` for the vector's block x."""
        x, p = self.vector.block(), self._skip_probability
        result: FloatArray = p * x + (1 - p) * self._image_block(x)
        return result

    @property
    def _skip_probability(self) -> float:
        return self.skip_weight / float(self.vector.reference_amplitude) / float(self.scale)

    @property
    def _lcu_angle(self) -> float | None:
        return 2 * math.acos(math.sqrt(self._skip_probability)) if self.has_data else None

    @property
    def _calls(self) -> tuple[Bloq, Bloq, Bloq]:
        """`U_psi`, the controlled columns, the controlled `U_psi^dagger`."""
        forward: Bloq = self.vector.controlled() if self.is_controlled else self.vector
        return forward, self.columns.controlled(), self.vector.controlled().adjoint()

    def workspace_given(self, workspace_of: WorkspaceOf) -> SymbolicInt:
        """Of the calls; the AND of control and LCU qubit lives around two of them."""
        forward, columns, backward = self._calls
        extra = 1 if self.is_controlled else 0
        inner = max_workspace(workspace_of(columns), workspace_of(backward)) + extra
        return max_workspace(workspace_of(forward), inner, self._flag.workspace)

    def build_composite_bloq(self, bb: BloqBuilder, **soqs: Soquet) -> dict[str, Soquet]:
        """`U_psi`, flag, Ry; controlled swap, columns, `U_psi^dagger`; Ry undone."""
        if is_symbolic(self.system_bitsize, self.ancilla_bitsize):
            raise DecomposeTypeError(f"symbolic {self}")
        wires = Wires(bb, soqs)
        ctrl, system, part = wires.reg("ctrl"), wires.reg("system"), self._split(wires)
        lcu, first, column_flag = ([key] for key in part["flags"])
        forward, columns, backward = self._calls
        wires.call(forward, ctrl=ctrl, system=system, ancilla=part["shared"])
        self._flag.add(wires, ctrl, part["shared"], first)
        with lcu_select(wires, ctrl, lcu, self._lcu_angle) as select:
            for x, y in zip(system, part["index"], strict=True):
                wires.call(TwoBitCSwap(), ctrl=select, x=[x], y=[y])
            wires.call(columns, ctrl=select, index=part["index"], system=system, flag=column_flag)
            wires.call(backward, ctrl=select, system=part["index"], ancilla=part["shared"])
        return wires.join_signature(self.signature)

    def build_call_graph(self, ssa: SympySymbolAllocator) -> BloqCountDictT:
        """Two calls of `U_psi`, one of the columns, n controlled swaps, the flag, two rotations."""
        calls: dict[Bloq, SymbolicInt] = dict.fromkeys(self._calls, 1)
        calls[TwoBitCSwap()] = self.system_bitsize
        return {**calls, **self._flag.counts(), **lcu_counts(self._lcu_angle, self.is_controlled)}


@bloq_example(generalizer=COUNTS_UP_TO_BOOKKEEPING)
def _squared_product() -> SquaredMatrixVectorProduct:
    columns = ColumnOracle(np.array([[0.6, 0.1], [-0.3, 0.5]]))
    squared_product = SquaredMatrixVectorProduct(LoadedVector([0.6, -0.8]), columns)
    return squared_product


@bloq_example(generalizer=COUNTS_UP_TO_BOOKKEEPING)
def _pooling() -> ResidualLinearPooling:
    columns = ColumnOracle(np.array([[0.6, 0.1], [-0.3, 0.5]]))
    pooling = ResidualLinearPooling(LoadedVector([0.6, -0.8]), columns, skip_weight=0.3)
    return pooling


@bloq_example(generalizer=COUNTS_UP_TO_BOOKKEEPING)
def _pooling_shape() -> ResidualLinearPooling:
    columns = ColumnOracle(None, bitsize=3)
    pooling_shape = ResidualLinearPooling(LoadedVector(None, bitsize=3), columns, norm=0.1)
    return pooling_shape
