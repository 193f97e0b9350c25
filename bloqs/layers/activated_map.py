"""An activated rectangular map, `f(W psi)`, alone (a stem) or beside pooled channels (down-sampling)."""

import math
from functools import cached_property

import attrs
import numpy as np
from qualtran import Bloq, BloqBuilder, DecomposeTypeError, Soquet, bloq_example
from qualtran.resource_counting import BloqCountDictT, SympySymbolAllocator
from qualtran.symbolics import SymbolicFloat, SymbolicInt, is_symbolic

from bloqs.activation import Activation
from bloqs.activation.quotient import diagonal_transform, layer_quotient, transform_bitsize
from bloqs.checks import instance
from bloqs.convolution import Conv2DBlockEncoding, WindowMean
from bloqs.core.block_encoding import RealBlockEncoding
from bloqs.core.bookkeeping import COUNTS_UP_TO_BOOKKEEPING
from bloqs.core.checks import checked
from bloqs.core.control import WorkspaceOf, max_workspace
from bloqs.core.encoding import FloatArray, MappedVector, VectorEncoding
from bloqs.core.lcu import lcu_counts, lcu_select
from bloqs.core.scale import Bounds, ScaledError, to_bounds
from bloqs.core.wires import Wires
from bloqs.layers.reshaped import Reshaping
from bloqs.layers.reshaped_product import ReshapedProduct, check_reshaping
from bloqs.layers.residual_block import check_layer_bounds
from bloqs.loading import LoadedVector
from bloqs.qsvt.mixed import MixedQSVT
from bloqs.qsvt.phases import TOLERANCE
from bloqs.qsvt.polynomials import ActivationQuotient
from bloqs.qsvt.qsvt import QSVT

SKIP_NORM = 0.5
"""Norm of the mean over windows of four pixels."""


@attrs.frozen(field_transformer=checked, cache_hash=True)
class ActivatedMap(MappedVector):
    r"""`f(W psi)` or `S psi + f(W psi)`, normalised, for a rectangular W; not yet amplified.

    $$ \frac{S\psi + f(W\psi)}{\|S\psi + f(W\psi)\|_2}, \qquad \text{or without } S\psi. $$

    Without skip `U_psi`, W, then D, the QSVT of the amplitude diagonal of `W U_psi` by
    `Q(x) ~ f(kappa x)/(gamma x)`, `kappa = alpha_W/sigma`, sigma the reference amplitude of `U_psi`
    (`1/alpha_psi` where that is known): the block is `f(W psi)/gamma`. With skip it is an LCU of that and of
    `S psi`, S the mean over windows of 2 x 2 pixels, followed by zero channels. S is two Hadamard gates and
    costs no subnormalisation but its norm, 1/2: with the weight `w = s/(s + gamma)`, `s = 1/(2 sigma)`, the
    block is `(S psi + f(W psi))/(s + gamma)`. The Hadamard gates run on both branches, and are undone where W
    follows. Where the amplitude is `r sigma`, r in a band, the block is
    `r (S psi + f(r W psi)/r)/(s + gamma)`.

    W acts on the wide register of `bloqs.layers.reshaped`, and so does S; qubits that the image lacks are
    ancillas, which D flags with those of W and `U_psi`, whose main copies it shares (see `ResidualBlock`).
    `U_psi` is called `degree + 1` times.

    Registers:
        ctrl: only when `is_controlled`.
        system: `QAny(n')`: channel, row, column of the image.
        ancilla: LCU qubit of the skip, where there is one; LCU qubit of the parities, where f is not odd;
            sign qubit; a copy m of the system; freed qubits; ancillas of W, of `U_psi`.
    Parameters:
        vector: encoding of psi.
        convolution: block encoding of W on the wide register, `||W||_2 <= 1` once the freed qubits are
            projected.
        axis_bits: `m`, of rows and of columns of psi; may be symbolic.
        channel_bits: of the image's channels; may be symbolic.
        is_halved: whether W keeps only even rows and columns.
        has_skip: whether S is there; only with `is_halved`.
        activation: name of f.
        gain: gain of f.
        gap: of f, where it has one: every entry of `W psi` must be 0 or at least that.
        degree: of Q, even, or where f is not odd 0 or odd; may be symbolic by shape.
        amplitude_bound: bound of `max |W psi|`, default 1 (proved).
        norm: lower bound of the norm of the image; needed by shape, else computed from the data.
        is_controlled: with a `ctrl` qubit.
        norm_bounds: as a layer of a network, `(lo, hi)` of that norm over its images.
        argument_bound: bound of `||W psi||_2`, default 1 (proved).
    Encodes: (alpha, ., epsilon), `alpha = (s + gamma)/norm` (s = 0 without skip), or one over the length of
        the block with `norm_bounds`. As `ResidualBlock`, with e/2 (without skip nothing) in place of e:
        `||d|| <= e/2 + L a + B max|F(r u) - F(u)| + gamma delta (B + a)/kappa`. Bound.

    References:
        [Deep Residual Learning](https://arxiv.org/abs/1512.03385), He et al. (2015): blocks that change the
        shape. Encoded as Rattew et al. (ICLR 2026), Lemma 6, with the deviations of `ResidualBlock`.

    Example:
        >>> kernel = 0.5 * np.ones((2, 1, 1, 1))
        >>> stem = ActivatedMap(
        ...     LoadedVector([0.6, -0.8]), Conv2DBlockEncoding(kernel, 1), axis_bits=0, channel_bits=1,
        ...     is_halved=False, activation="gelu", gain=1.0, degree=3,
        ... )
        >>> error = np.linalg.norm(stem.block() * stem.alpha - stem.target())
        >>> error <= stem.epsilon < 0.02
        True
    """

    noun = "map"
    title = "Activated map"
    component = "block LCU"

    vector: VectorEncoding
    convolution: Bloq
    axis_bits: SymbolicInt = attrs.field(kw_only=True)
    channel_bits: SymbolicInt = attrs.field(kw_only=True)
    is_halved: bool = attrs.field(kw_only=True)
    has_skip: bool = attrs.field(default=False, kw_only=True)
    norm_bounds: Bounds | None = attrs.field(default=None, converter=to_bounds, kw_only=True)
    argument_bound: float | None = attrs.field(default=None, kw_only=True)
    activation: str = attrs.field(default="erf", kw_only=True)
    gain: float = attrs.field(default=0.8, kw_only=True)
    gap: float | None = attrs.field(default=None, kw_only=True)
    degree: SymbolicInt = attrs.field(default=4, kw_only=True)
    amplitude_bound: float | None = attrs.field(default=None, kw_only=True)
    norm: float | None = attrs.field(default=None, kw_only=True)
    is_controlled: bool = attrs.field(default=False, kw_only=True)

    def __attrs_post_init__(self) -> None:
        check_layer_bounds(self)
        instance(self.convolution, "convolution", RealBlockEncoding, "a RealBlockEncoding")  # type: ignore[type-abstract]
        check_reshaping(self.vector, self.convolution, self.axis_bits, self.channel_bits)
        if self.has_skip and not self.is_halved:
            raise ValueError(
                "has_skip needs a map of stride 2, whose channels are pooled; set is_halved"
            )

    # --- its parts -------------------------------------------------------------------------------

    @property
    def _weights(self) -> RealBlockEncoding:
        assert isinstance(self.convolution, RealBlockEncoding)
        return self.convolution

    @property
    def _function(self) -> Activation:
        return Activation(self.activation, gain=self.gain, gap=self.gap)

    @property
    def reshaping(self) -> Reshaping:
        """The sizes of the rectangular map."""
        return Reshaping(self.wide_bitsize, self.axis_bits, self.channel_bits, self.is_halved)

    @property
    def wide_bitsize(self) -> SymbolicInt:
        """Qubits that W acts on."""
        return self._weights.system_bitsize

    @property
    def system_bitsize(self) -> SymbolicInt:
        """Of the image."""
        return self.reshaping.image_bitsize

    @property
    def _transform_bitsize(self) -> int:
        return transform_bitsize(self._function, self.degree)

    @property
    def ancilla_bitsize(self) -> SymbolicInt:
        """LCU and sign qubits, m, freed qubits, the ancillas of W and of the vector."""
        own = int(self.has_skip) + self._transform_bitsize + self.system_bitsize
        return own + self.argument.ancilla_bitsize

    @cached_property
    def argument(self) -> ReshapedProduct:
        """Encoding of `W psi`, whose amplitudes D acts on."""
        sizes = {name: getattr(self, name) for name in ("axis_bits", "channel_bits", "is_halved")}
        return ReshapedProduct(self._weights, self.vector, **sizes)

    @property
    def _skip(self) -> WindowMean:
        return WindowMean(self.wide_bitsize, axis_bits=self.axis_bits)

    # --- what is encoded -------------------------------------------------------------------------

    @property
    def kappa(self) -> SymbolicFloat:
        """`alpha_W/sigma`, sigma the reference amplitude of the vector."""
        return self._weights.alpha / self.vector.reference_amplitude

    @property
    def argument_error(self) -> float:
        """Bound of the 2-norm error of the encoded `W psi`."""
        e, e_w = self.vector.scaled_error.error, float(self._weights.epsilon)
        return (1 + e_w) * e + e_w

    @property
    def _bounds(self) -> Bounds:
        """A and B, of the largest entry and of the norm of `W psi`."""
        norm = min(1.0, self.argument_bound or 1.0)
        return min(norm, self.amplitude_bound or 1.0), norm

    @cached_property
    def quotient(self) -> ActivationQuotient:
        """The certified polynomial, for every argument; of degree 0 for those of the exact W psi."""
        known, error, largest = self.vector.scaled_error, self.argument_error, self._bounds[0]
        band = (0.0, 1.0, 1.0) if self.degree == 0 else (error, known.low, known.high)
        return layer_quotient(self._function, self.kappa, self.degree, largest, *band)

    @property
    def gamma(self) -> float:
        """Subnormalisation of the activated branch."""
        return self.quotient.gamma

    @property
    def skip_scale(self) -> float:
        """`s`, that of the skip; 0 without."""
        return SKIP_NORM / float(self.vector.reference_amplitude) if self.has_skip else 0.0

    @property
    def skip_amplitude(self) -> float:
        """`w`, the weight of the skip branch."""
        return self.skip_scale / self.scale

    @property
    def scale(self) -> float:
        """`s + gamma`."""
        return self.skip_scale + self.gamma

    @property
    def lipschitz(self) -> float:
        """By which an error of the argument grows; outside a gap the polynomial's largest slope counts."""
        stated = self._function.lipschitz
        return stated if self.gap is None else max(stated, self.gamma / float(self.kappa))

    @property
    def sensitivity(self) -> float:
        """`(1/2 + L (1 + e_W))/norm`, without skip `L (1 + e_W)/norm`."""
        slope = self.lipschitz * (1 + float(self._weights.epsilon))
        return ((SKIP_NORM if self.has_skip else 0.0) + slope) / self.image_norm

    @cached_property
    def image_error(self) -> ScaledError:
        """Of the image before it is normalised, at the vector's own r; see the class."""
        known, quotient, function = self.vector.scaled_error, self.quotient, self._function
        (largest, norm), a = self._bounds, self.argument_error
        per_argument = self.gamma / float(self.kappa)
        if self.degree == 0:
            # A constant multiplies what it is given, at any scale.
            slope = abs(float(quotient.polynomial(0.0))) * per_argument
            of_map = slope * a + per_argument * quotient.delta * norm
        else:
            of_scale = norm * function.quotient_change(largest, known.low, known.high)
            of_map = self.lipschitz * a + of_scale + per_argument * quotient.delta * (norm + a)
        of_skip = SKIP_NORM * known.error if self.has_skip else 0.0
        phases = per_argument * TOLERANCE * (norm + a)
        return ScaledError(of_skip + of_map + phases, known.low, known.high)

    def apply_target(self, vector: FloatArray) -> FloatArray:
        """`S x + f(W x)` or `f(W x)` for any x, not normalised."""
        wide = self.reshaping.widened(vector)
        result = self._function(self.reshaping.narrowed(self._weights.apply_target(wide)))
        if self.has_skip:
            result = result + self.reshaping.narrowed(self._skip.apply_target(wide))
        return result

    def block(self) -> FloatArray:
        """`w H x + (1-w) Q(y) y` with x the vector's block and `y = (W/alpha_W) x`, both narrowed."""
        wide = self.reshaping.widened(self.vector.block())
        y = self.reshaping.narrowed(self._weights.apply_block(wide))
        result: FloatArray = self.quotient.polynomial(y) * y
        if self.has_skip:
            w = self.skip_amplitude
            result = w * self.reshaping.narrowed(self._skip.apply_block(wide)) + (1 - w) * result
        return result

    @property
    def loaded_part(self) -> tuple[str, str, Bloq]:
        """The convolution."""
        return "W", "convolution", self.convolution

    # --- the circuit -----------------------------------------------------------------------------

    @cached_property
    def transform(self) -> QSVT | MixedQSVT:
        """D, uncontrolled."""
        return diagonal_transform(
            self.argument, self._function, self.degree, self.quotient if self.has_data else None
        )

    @property
    def _lcu_angle(self) -> float | None:
        return 2 * math.acos(math.sqrt(self.skip_amplitude)) if self.has_data else None

    @property
    def _calls(self) -> list[Bloq]:
        """`U_psi`, [S, S undone,] W, D."""
        vector: Bloq = self.vector.controlled() if self.is_controlled else self.vector
        if not self.has_skip:
            parts: list[Bloq] = [self._weights, self.transform]
            return [vector, *(part.controlled() if self.is_controlled else part for part in parts)]
        mean: Bloq = self._skip.controlled() if self.is_controlled else self._skip
        inner = [self._skip.controlled(), self._weights.controlled(), self.transform.controlled()]
        return [vector, mean, *inner]

    def workspace_given(self, workspace_of: WorkspaceOf) -> SymbolicInt:
        """Of the calls; the AND of control and LCU qubit lives around those of the second term."""
        first = 2 if self.has_skip else 1
        outer = max_workspace(*(workspace_of(call) for call in self._calls[:first]))
        inner = max_workspace(*(workspace_of(call) for call in self._calls[first:]))
        extra = 1 if self.has_skip and self.is_controlled else 0
        return max_workspace(outer, inner + extra)

    def build_composite_bloq(self, bb: BloqBuilder, **soqs: Soquet) -> dict[str, Soquet]:
        """`U_psi`; then W and D, or Ry; S; S undone, W and D controlled; Ry undone."""
        if is_symbolic(self.system_bitsize, self.ancilla_bitsize, self.degree):
            raise DecomposeTypeError(f"symbolic {self}")
        wires = Wires(bb, soqs)
        ctrl, system, ancilla = wires.reg("ctrl"), wires.reg("system"), wires.reg("ancilla")
        lcu, step = ancilla[: int(self.has_skip)], ancilla[int(self.has_skip) :]
        rest = step[self._transform_bitsize + int(self.system_bitsize) :]
        freed, a_w = int(self.reshaping.freed_bitsize), int(self._weights.ancilla_bitsize)
        wide = self.reshaping.wide_wires(system, rest[:freed])
        weights, shared = rest[freed : freed + a_w], rest[freed + a_w :]
        inputs = wide[len(wide) - int(self.vector.system_bitsize) :]
        vector, *calls = self._calls
        wires.call(vector, ctrl=ctrl, system=inputs, ancilla=shared)
        if not self.has_skip:
            convolution, transform = calls
            wires.call(convolution, ctrl=ctrl, system=wide, ancilla=weights)
            wires.call(transform, ctrl=ctrl, system=system, ancilla=step)
            return wires.join_signature(self.signature)
        mean, undo, convolution, transform = calls
        with lcu_select(wires, ctrl, lcu, self._lcu_angle) as select:
            wires.call(mean, ctrl=ctrl, system=wide)
            wires.call(undo, ctrl=select, system=wide)
            wires.call(convolution, ctrl=select, system=wide, ancilla=weights)
            wires.call(transform, ctrl=select, system=system, ancilla=step)
        return wires.join_signature(self.signature)

    def build_call_graph(self, ssa: SympySymbolAllocator) -> BloqCountDictT:
        """As the decomposition."""
        counts: dict[Bloq, SymbolicInt] = {}
        for call in self._calls:
            counts[call] = counts.get(call, 0) + 1
        if self.has_skip:
            counts.update(lcu_counts(self._lcu_angle, self.is_controlled))
        return counts


@bloq_example(generalizer=COUNTS_UP_TO_BOOKKEEPING)
def _activated_map() -> ActivatedMap:
    convolution = Conv2DBlockEncoding(np.array([[[[0.3]]], [[[-0.2]]]]), 2)
    activated_map = ActivatedMap(
        LoadedVector([0.5, -0.1, 0.7, 0.5]),
        convolution,
        axis_bits=1,
        channel_bits=1,
        is_halved=True,
        degree=2,
    )
    return activated_map


@bloq_example(generalizer=COUNTS_UP_TO_BOOKKEEPING)
def _activated_map_skip() -> ActivatedMap:
    convolution = Conv2DBlockEncoding(np.array([[[[0.3]]], [[[-0.2]]]]), 2)
    activated_map_skip = ActivatedMap(
        LoadedVector([0.5, -0.1, 0.7, 0.5]),
        convolution,
        axis_bits=1,
        channel_bits=1,
        is_halved=True,
        has_skip=True,
        activation="silu",
        gain=1.0,
        degree=1,
    )
    return activated_map_skip


@bloq_example(generalizer=COUNTS_UP_TO_BOOKKEEPING)
def _activated_map_shape() -> ActivatedMap:
    convolution = Conv2DBlockEncoding.from_shape(channels=4, kernel_size=3, axis_bits=2, alpha=2.0)
    activated_map_shape = ActivatedMap(
        LoadedVector(None, bitsize=5),
        convolution,
        axis_bits=2,
        channel_bits=2,
        is_halved=True,
        has_skip=True,
        activation="gelu",
        gain=1.0,
        degree=3,
        norm=0.3,
    )
    return activated_map_shape
