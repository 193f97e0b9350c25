"""Rotation models: the cost of an arbitrary rotation at a given accuracy, with a name and a source."""

from __future__ import annotations

import abc
import math
from typing import Any, Literal

import attrs
import sympy
from qualtran.resource_counting import GateCounts
from qualtran.surface_code import (
    BeverlandEtAlRotationCost,
    ConstantWithOverheadRotationCost,
    RotationCostModel,
    RotationLogarithmicModel,
)

from bloqs.core.counts import T_OFFSET, T_PER_BIT
from bloqs.registry import Registry

Norm = Literal["operator", "diamond"]
"""In which norm a model states the error of a rotation; see `RotationModel`."""

MIN_GRADIENT_BITS = 3
"""Below three qubits the phase gradient holds no T state, and a rotation by it is a Clifford."""


@attrs.frozen(kw_only=True)
class RotationModel(abc.ABC):
    """T and Toffoli of a rotation by an arbitrary angle, as a function of its error `e`.

    A model is asked by *bits*, `log2(1/e)`, which may be a sympy expression. `n` rotations that share a
    budget `epsilon` have `e = epsilon/n` each: in either norm the error of a product is at most the sum of
    the errors of its factors, whatever these are, so that `n e <= epsilon` needs no independence. A network
    leaves another `epsilon` to channels than to unitaries (`is_channel`).

    The norm of `e`: *operator* is `min over phases ||U - V||`, *diamond* is `||U - V||_diamond` of the
    channels, without a factor of one half. For two unitaries a diamond error `e` is an operator error
    `e/2` to first order; a mixture has no operator error at all. A summed operator error `s` moves the
    distribution of a measured outcome by at most `s` in total variation, a summed diamond error by `s/2`:
    spending the same `epsilon` in diamond norm is on the safe side for samples.

    One of your own is a `SynthesisModel` with other numbers, or a subclass with `gates`, `formula` and
    `to_qualtran`; a model that holds a catalyst states `catalyst` and `workspace_qubits` too. Register an
    instance, `ROTATION_MODELS.register(...)`, or pass it, `Conventions(rotation_model=...)`.

    Parameters:
        name: by which it is found.
        source: paper, arXiv number, and the figure that is used.
        norm: of the error, "operator" or "diamond".
        figure: whether the cost is proved or fitted, and to what.
        is_channel: whether a rotation is a channel (it measures, or is drawn at random) and no unitary. Its
            adjoint is then not its inverse, its errors count once a call and cannot interfere: a budget takes
            half the sum of their diamond distances as a probability of failure.

    Raises:
        ValueError: a channel whose error is not in diamond norm.

    Example:
        >>> @attrs.frozen(kw_only=True)
        ... class TwoPerBit(RotationModel):
        ...     def gates(self, bits):
        ...         return GateCounts(t=2 * sympy.ceiling(bits))
        ...
        ...     @property
        ...     def formula(self):
        ...         return "2 ceil(log2(1/e)) T"
        ...
        ...     def to_qualtran(self, error):
        ...         return RotationLogarithmicModel(2.0, 0.0, "Clifford+T")
        >>> model = TwoPerBit(name="two-per-bit", source="made up", norm="operator", figure="made up")
        >>> model.t_per_rotation(1e-3)
        20
    """

    name: str
    source: str
    norm: Norm
    figure: str
    is_channel: bool = attrs.field(default=False)

    @is_channel.validator
    def _check_norm(self, attribute: Any, value: bool) -> None:
        if value and self.norm != "diamond":
            raise ValueError(
                f"a channel has no error in {self.norm} norm: state norm='diamond', or is_channel=False"
            )

    @abc.abstractmethod
    def gates(self, bits: Any) -> GateCounts:
        """T and Toffoli of one rotation.

        Args:
            bits: `log2(1/e)` with `e` the error of the rotation; a float, or a sympy expression.

        Returns:
            The counts; sympy expressions when `bits` is one.
        """

    @property
    @abc.abstractmethod
    def formula(self) -> str:
        """The cost as text, `e` the error of the rotation."""

    @abc.abstractmethod
    def to_qualtran(self, error: float) -> RotationCostModel:
        """The model of Qualtran with the same cost of one rotation at `error`."""

    def catalyst(self, bits: Any, epsilon: float) -> GateCounts:
        """Gates that are spent once, however many rotations there are; none unless a model says so.

        Args:
            bits: `log2(1/e)` of each rotation.
            epsilon: the budget of all rotations.

        Returns:
            T and Toffoli.
        """
        return GateCounts()

    def workspace_qubits(self, bits: Any) -> Any:
        """Qubits beside the rotated one that are held while a rotation of these bits runs."""
        return 0

    def t_depth(self, bits: Any, t_depth_per_toffoli: int = 1) -> Any:
        """Layers of T gates in one rotation: its gates one after another.

        Args:
            bits: `log2(1/e)`.
            t_depth_per_toffoli: layers of a Toffoli.

        Returns:
            The depth; a sympy expression when `bits` is one.
        """
        counts = self.gates(bits)
        return counts.t + t_depth_per_toffoli * counts.toffoli

    def t_per_rotation(self, error: Any, t_per_toffoli: int = 4) -> Any:
        """T of one rotation whose error is at most `error`, Toffolis converted; no catalyst.

        Args:
            error: in (0, 1), or a sympy expression.
            t_per_toffoli: T of a Toffoli.

        Returns:
            The T count; a sympy expression when `error` is one.

        Raises:
            ValueError: a number outside (0, 1).

        Example:
            >>> rotation_model("mixed-fallback").t_per_rotation(1e-6)
            16
            >>> rotation_model("ross-selinger").t_per_rotation(sympy.Symbol("e"))
            ceiling(3.0*log(1/e)/log(2))
        """
        counts = self.gates(_bits_of(error))
        return counts.t + t_per_toffoli * counts.toffoli


def _bits_of(error: Any) -> Any:
    if isinstance(error, sympy.Basic) and error.free_symbols:
        return sympy.log(1 / error, 2)
    number = float(error)
    if not 0 < number < 1:
        raise ValueError(
            f"the error of a rotation must lie in (0, 1), got {error}: raise the number of bits, or the "
            "synthesis budget"
        )
    return -math.log2(number)


@attrs.frozen(kw_only=True)
class SynthesisModel(RotationModel):
    """Approximation of a rotation by a Clifford+T circuit: `ceil(slope log2(1/e) + offset)` T.

    Parameters:
        name: by which it is found.
        source: paper, arXiv number, and the figure that is used.
        norm: of the error, "operator" or "diamond".
        figure: whether the cost is proved or fitted, and to what.
        is_channel: whether a rotation is a channel.
        slope: T for each bit of accuracy, >= 0.
        offset: T besides.
        ancillas: qubits that the protocol measures.

    Raises:
        ValueError: slope or offset is not finite, or slope is negative.

    Example:
        >>> SynthesisModel(
        ...     name="mine", source="measured", norm="operator", figure="a fit", slope=3.1, offset=2.0
        ... ).t_per_rotation(1e-3)
        33
    """

    slope: float
    offset: float
    ancillas: int = 0

    def __attrs_post_init__(self) -> None:
        if not (self.slope >= 0 and math.isfinite(self.slope)):
            raise ValueError(
                f"slope must be finite and >= 0, got {self.slope}: T for each bit of accuracy"
            )
        if not math.isfinite(self.offset):
            raise ValueError(f"offset must be finite, got {self.offset}")

    def gates(self, bits: Any) -> GateCounts:
        """T only; none below zero, where a fit is beyond its range."""
        if isinstance(bits, sympy.Basic):
            return GateCounts(t=sympy.ceiling(self.slope * bits + self.offset))
        return GateCounts(t=max(0, math.ceil(self.slope * bits + self.offset)))

    @property
    def formula(self) -> str:
        """As a formula."""
        sign = "-" if self.offset < 0 else "+"
        tail = f" {sign} {abs(self.offset):g}" if self.offset else ""
        return f"ceil({self.slope:g} log2(1/e){tail}) T"

    def workspace_qubits(self, bits: Any) -> int:
        """The ancillas that are measured."""
        return self.ancillas

    def to_qualtran(self, error: float) -> RotationLogarithmicModel:
        """The logarithmic model, the same at every error."""
        return RotationLogarithmicModel(self.slope, self.offset, "Clifford+T")


@attrs.frozen(kw_only=True)
class PhaseGradientModel(RotationModel):
    r"""Addition of a `b`-bit angle into a phase gradient state: `b - 2` Toffolis, no T.

    The angle is rounded to a multiple of `4 pi/2**b`, an operator error of at most `pi/2**b` a rotation. The
    state is a catalyst: one copy, prepared once, serves every rotation, and its error counts *once*, not
    once a rotation. Half of the budget goes to the rounding, `pi/2**b <= e/2`, half to the preparation of the
    state (a T and `b - 3` rotations, synthesised by `catalyst_model`), so that

    $$ b = \lceil \log_2(1/e) + 1 + \log_2 \pi \rceil. $$

    The angle is known: it is loaded by Cliffords (X, or CNOT from a table that is there already). Angle,
    state and carries are `3b - 2` qubits that the qubits of an algorithm do not count.

    Parameters:
        catalyst_model: how the rotations of the state's preparation are synthesised.

    >>> model = rotation_model("phase-gradient")
    >>> model.gates(20).toffoli, model.catalyst(20, 1e-3).t
    (21, 541)
    """

    catalyst_model: RotationModel

    def gradient_bits(self, bits: Any) -> Any:
        """Width `b` of the phase gradient state."""
        if isinstance(bits, sympy.Basic):
            width = sympy.ceiling(bits + 1 + math.log2(math.pi))
            return sympy.Max(MIN_GRADIENT_BITS, width)
        return max(MIN_GRADIENT_BITS, math.ceil(bits + 1 + math.log2(math.pi)))

    def gates(self, bits: Any) -> GateCounts:
        """`b - 2` Toffolis; the adder's other half is measured."""
        return GateCounts(toffoli=self.gradient_bits(bits) - 2)

    def catalyst(self, bits: Any, epsilon: float) -> GateCounts:
        """The gates that prepare the state: Z, S, T, and `b - 3` rotations that share `epsilon/2`.

        Args:
            bits: `log2(1/e)` of each rotation.
            epsilon: the budget of all rotations.

        Returns:
            T and Toffoli.
        """
        rotations = self.gradient_bits(bits) - MIN_GRADIENT_BITS
        if isinstance(rotations, sympy.Basic):
            each = self.catalyst_model.gates(sympy.log(2 * sympy.Max(1, rotations) / epsilon, 2))
        elif rotations == 0:
            return GateCounts(t=1)
        else:
            each = self.catalyst_model.gates(math.log2(2 * rotations / epsilon))
        return GateCounts(t=1) + rotations * each

    @property
    def formula(self) -> str:
        """As a formula."""
        return "b - 2 Toffoli, b = ceil(log2(1/e) + 1 + log2(pi)) bits"

    def workspace_qubits(self, bits: Any) -> Any:
        """Angle, state and carries."""
        return 3 * self.gradient_bits(bits) - 2

    def to_qualtran(self, error: float) -> ConstantWithOverheadRotationCost:
        """At the width that `error` asks for; its overhead prepares `b` rotations, where `b - 3` do."""
        return ConstantWithOverheadRotationCost(
            bitsize=self.gradient_bits(_bits_of(error)),
            overhead_rotation_cost=self.catalyst_model.to_qualtran(error),
        )


_KLIUCHNIKOV = "Kliuchnikov, Lauter, Minko, Paetznick and Petit (2023), arXiv:2203.10064, Table 1"
_MEAN = "fit of the mean T-count over angles, Clifford+T"

REPEAT_UNTIL_SUCCESS = SynthesisModel(
    name="repeat-until-success",
    source="Bocharov, Roetteler and Svore (2014), arXiv:1404.5320",
    norm="operator",
    figure="fit of the expected T-count, as Qualtran's TComplexity.rotation_cost; a factor sqrt 2 "
    "between the distance of the fit and the operator norm would be 0.6 T",
    slope=T_PER_BIT,
    offset=T_OFFSET,
    ancillas=1,
)

ROSS_SELINGER = SynthesisModel(
    name="ross-selinger",
    source="Ross and Selinger (2016), arXiv:1403.2975, abstract: 3 log2(1/e) + O(log log(1/e))",
    norm="operator",
    figure="leading term of the typical T-count; the O(log log) has no stated constant and is left out, "
    "'diagonal' is a fit of the same circuits",
    slope=3.0,
    offset=0.0,
)

DIAGONAL = SynthesisModel(
    name="diagonal",
    source=f"{_KLIUCHNIKOV}, diagonal: 3.02 log2(1/e) + 1.77",
    norm="diamond",
    figure=_MEAN,
    slope=3.02,
    offset=1.77,
)

FALLBACK = SynthesisModel(
    name="fallback",
    source=f"{_KLIUCHNIKOV}, fallback: 1.03 log2(1/e) + 5.75",
    norm="diamond",
    is_channel=True,
    figure=_MEAN,
    slope=1.03,
    offset=5.75,
    ancillas=1,
)

MIXED_DIAGONAL = SynthesisModel(
    name="mixed-diagonal",
    source=f"{_KLIUCHNIKOV}, mixed diagonal: 1.52 log2(1/e) - 0.01",
    norm="diamond",
    is_channel=True,
    figure=_MEAN,
    slope=1.52,
    offset=-0.01,
)

MIXED_FALLBACK = SynthesisModel(
    name="mixed-fallback",
    source=f"{_KLIUCHNIKOV}, mixed fallback: 0.53 log2(1/e) + 4.86",
    norm="diamond",
    is_channel=True,
    figure=_MEAN,
    slope=0.53,
    offset=4.86,
    ancillas=1,
)

BEVERLAND = SynthesisModel(
    name="beverland",
    source="Beverland et al. (2022), arXiv:2211.07629, Eq. (D2): 0.53 log2(1/e) + 5.3, as in Qualtran",
    norm="diamond",
    is_channel=True,
    figure="mixed fallback, rounded up by that paper",
    slope=BeverlandEtAlRotationCost.slope,
    offset=BeverlandEtAlRotationCost.overhead,
    ancillas=1,
)

PHASE_GRADIENT = PhaseGradientModel(
    name="phase-gradient",
    source="Gidney (2018), arXiv:1709.06648; Sanders et al. (2020), arXiv:2007.07391, App. A",
    norm="operator",
    figure="exact count of the adder; the catalyst is prepared once",
    catalyst_model=REPEAT_UNTIL_SUCCESS,
)

ROTATION_MODELS: Registry[RotationModel] = Registry("rotation model", RotationModel)  # type: ignore[type-abstract]
"""Rotation models by name; a `SynthesisModel` or another `RotationModel` of your own is registered here."""

for _model in (
    REPEAT_UNTIL_SUCCESS,
    ROSS_SELINGER,
    DIAGONAL,
    FALLBACK,
    MIXED_DIAGONAL,
    MIXED_FALLBACK,
    BEVERLAND,
    PHASE_GRADIENT,
):
    ROTATION_MODELS.register(_model)


def rotation_model(model: str | RotationModel) -> RotationModel:
    """The model of a name; a model as it stands.

    Args:
        model: a name of `ROTATION_MODELS`, or a model, registered or not.

    Returns:
        The model.

    Raises:
        ValueError: unknown name; the message lists the known ones.

    Example:
        >>> rotation_model("mixed-diagonal").norm
        'diamond'
    """
    return model if isinstance(model, RotationModel) else ROTATION_MODELS.find(model)
