"""The one place where Toffolis and rotations are converted to T, under a convention with a name."""

from __future__ import annotations

import math
from typing import Any

import attrs
import sympy
from qualtran.resource_counting import GateCounts

from bloqs.checks import instance, number
from bloqs.core.checks import checked
from bloqs.core.counts import Count, as_count, toffoli_like
from bloqs.costs.rotations import (
    REPEAT_UNTIL_SUCCESS,
    ROTATION_MODELS,
    RotationModel,
    rotation_model,
)

CostError = ValueError
"""What refused costs raise; its subclasses say more."""


def as_real(value: Any, what: str) -> float:
    """A parameter as a float.

    Args:
        value: an integer, a float or any other number that Python can turn into a float.
        what: its name, for the error message.

    Returns:
        The float.

    Raises:
        ValueError: text, None, a complex or a symbolic number.

    Example:
        >>> as_real(1, "physical_error")
        1.0
    """
    return number(value, what)


DEFAULT_SYNTHESIS_EPSILON = 1e-3
"""Where neither the conventions nor the bloq say how accurate its rotations are to be."""


@attrs.frozen(field_transformer=checked, kw_only=True)
class Conventions:
    r"""How a total T-count is made from native counts.

    $$ T = t + c\,(\mathrm{Toffoli} + \mathrm{And} + \mathrm{CSwap})
         + n\,T_{rot}(\epsilon_{syn}/n) + T_{once} $$

    with `n` the number of rotations, `c` = `t_per_toffoli`, `T_rot` and `T_once` those of the rotation model.
    The rotations share `synthesis_epsilon` equally, `e = epsilon_syn/n` each, as their errors add at worst.
    Without rotations the last two terms are absent; `T_once` prepares a catalyst, where a model has one.

    The defaults: four T a Toffoli, as every And here is undone by measurement or counted twice
    (Gidney 2018); a rotation by repeat-until-success circuits, whose *expected* T-count is the stated fit
    `ceil(1.149 log2(1/e) + 9.2)` (Bocharov et al. 2014; Qualtran's `TComplexity.rotation_cost`).

    Parameters:
        rotation_model: how rotations become T; a name of `ROTATION_MODELS`, or a `RotationModel`.
        t_per_toffoli: T gates a Toffoli, an And or a controlled swap. int >= 1.
        synthesis_epsilon: `epsilon_syn`, bound of the summed synthesis errors, in (0, 1), in the norm of the
            rotation model. None for what the costed bloq's own budget leaves for it (`estimate`), and
            `DEFAULT_SYNTHESIS_EPSILON` where nothing says.
        t_depth_per_toffoli: layers that a Toffoli, And or CSwap takes. In the schedules it is on its own
            wires meanwhile and takes a |CCZ> state that a factory has ready; its four T side by side in one
            layer would need four qubits for an And, which has three, and five for the others.

    Raises:
        ValueError: a parameter is out of its range, or the rotation model is unknown.

    References:
        [Efficient synthesis of universal repeat-until-success circuits](https://arxiv.org/abs/1404.5320).
        Bocharov, Roetteler and Svore (2014). Fit of the expected T-count.

        [Halving the cost of quantum addition](https://arxiv.org/abs/1709.06648). Gidney (2018). Four T an
        And, none to undo it.

        [Low-overhead constructions for the fault-tolerant Toffoli gate](https://arxiv.org/abs/1212.5069).
        Jones (2013). Four T gates in one layer.

    >>> Conventions(synthesis_epsilon=1e-6).t_per_rotation(100)
    40
    >>> Conventions(rotation_model="mixed-fallback").name
    'toffoli-4T/mixed-fallback'
    """

    rotation_model: RotationModel = attrs.field(
        default=REPEAT_UNTIL_SUCCESS, converter=rotation_model
    )
    t_per_toffoli: int = 4
    synthesis_epsilon: float | None = None
    t_depth_per_toffoli: int = 1

    def __attrs_post_init__(self) -> None:
        if self.t_per_toffoli < 1:
            raise ValueError(f"t_per_toffoli must be 1 or more, got {self.t_per_toffoli}")
        if self.t_depth_per_toffoli < 1:
            raise ValueError(
                f"t_depth_per_toffoli must be 1 or more, got {self.t_depth_per_toffoli}"
            )
        if self.synthesis_epsilon is not None and not 0 < self.synthesis_epsilon < 1:
            raise ValueError(
                f"synthesis_epsilon must lie in (0, 1), got {self.synthesis_epsilon}: "
                "it bounds the summed error of all synthesised rotations"
            )

    @property
    def total_error(self) -> float:
        """`epsilon_syn` as a number."""
        if self.synthesis_epsilon is None:
            return DEFAULT_SYNTHESIS_EPSILON
        return self.synthesis_epsilon

    @property
    def name(self) -> str:
        """Printed beside every total; made of what counts, so that it cannot name another convention."""
        return f"toffoli-{self.t_per_toffoli}T/{self.rotation_model.name}"

    def bits_per_rotation(self, num_rotations: Count) -> Any:
        """`log2(n/epsilon_syn)`, the bits of accuracy of each of `n >= 1` rotations; a float, or symbolic."""
        n = as_count(num_rotations, "number of rotations")
        if isinstance(n, sympy.Basic):
            # Max keeps the logarithm finite where a substitution makes n zero; what it costs is times n.
            # Without `evaluate` sympy would first look for which of them is larger, term by term.
            largest = sympy.Max(1, n, evaluate=False)
            return sympy.log(largest / self.total_error) / sympy.log(2)
        return math.log2(n) - math.log2(self.total_error)

    def t_per_rotation(self, num_rotations: Count) -> Count:
        """T gates of one of `num_rotations` rotations, Toffolis converted; 0 when there are none.

        Args:
            num_rotations: all rotations that share `synthesis_epsilon`; a symbol is taken to be zero or more.

        Returns:
            The T count; a sympy expression for a symbol.
        """
        counts = self.gates_per_rotation(num_rotations)
        return counts.t + self.t_per_toffoli * counts.toffoli

    def gates_per_rotation(self, num_rotations: Count) -> GateCounts:
        """T and Toffoli of one of `num_rotations` rotations, nothing converted."""
        if _is_zero(num_rotations):
            return GateCounts()
        return self.rotation_model.gates(self.bits_per_rotation(num_rotations))

    def catalyst_gates(self, num_rotations: Count) -> GateCounts:
        """T and Toffoli that are spent once for all `num_rotations` rotations; none when there are none."""
        if _is_zero(num_rotations):
            return GateCounts()
        counts = self.rotation_model.catalyst(
            self.bits_per_rotation(num_rotations), self.total_error
        )
        if isinstance(num_rotations, sympy.Basic) and num_rotations.free_symbols:
            return sympy.Min(1, num_rotations, evaluate=False) * counts
        return counts

    def catalyst_t(self, num_rotations: Count) -> Count:
        """T of `catalyst_gates`, Toffolis converted."""
        counts = self.catalyst_gates(num_rotations)
        return counts.t + self.t_per_toffoli * counts.toffoli

    def t_depth_per_rotation(self, num_rotations: Count) -> Count:
        """Layers of T gates in one of `num_rotations` rotations; 0 when there are none."""
        if _is_zero(num_rotations):
            return 0
        return self.rotation_model.t_depth(
            self.bits_per_rotation(num_rotations), self.t_depth_per_toffoli
        )

    def workspace_qubits(self, num_rotations: Count) -> Count:
        """Qubits that the rotation model needs beside those of the algorithm; 0 without rotations."""
        if _is_zero(num_rotations):
            return 0
        return self.rotation_model.workspace_qubits(self.bits_per_rotation(num_rotations))

    def describe(self, num_rotations: Count | None = None) -> dict[str, str]:
        """The convention as lines of an assumptions block.

        Args:
            num_rotations: when given, the error and the cost of each rotation are told in numbers.

        Returns:
            name -> words.

        Example:
            >>> Conventions().describe(936)["rotation synthesis error"]
            'eps_syn = 0.001 for 936 rotations together: e = 1.07e-06 each, in operator norm, 32 T each; ...'
        """
        model = self.rotation_model
        share = f"eps_syn = {self.total_error:g}"
        if num_rotations is None or isinstance(num_rotations, sympy.Basic):
            share += f", shared equally: e = eps_syn/n_rot each, in {model.norm} norm"
        elif num_rotations == 0:
            share += ", not spent: no rotations"
        else:
            once, workspace = self.catalyst_t(num_rotations), self.workspace_qubits(num_rotations)
            share += (
                f" for {num_rotations:,} rotations together: "
                f"e = {self.total_error / num_rotations:.3g} each, in {model.norm} norm, "
                f"{self.t_per_rotation(num_rotations):,} T each"
                + (f", {once:,} T once for the catalyst" if once else "")
                + (f"; workspace of {workspace} beside the logical qubits" if workspace else "")
            )
        if model.is_channel:
            share += "; a channel: one error a call, counted as failures are"
        return {
            "conventions": self.name,
            "Toffoli convention": f"{self.t_per_toffoli} T for each Toffoli, And and CSwap; "
            "And-adjoint by measurement, no T",
            "rotation model": f"{model.name}: {model.formula} at error e; {model.figure}; {model.source}",
            "rotation synthesis error": share,
        }

    def to_dict(self) -> dict[str, Any]:
        """Ready for JSON."""
        return {"name": self.name, **attrs.asdict(self)}


def _is_zero(num_rotations: Count) -> bool:
    n = as_count(num_rotations, "number of rotations")
    return isinstance(n, int) and n == 0


DEFAULT_CONVENTIONS = Conventions()
"""Four T a Toffoli, rotations by repeat-until-success circuits."""

MIXED_FALLBACK_CONVENTIONS = Conventions(rotation_model="mixed-fallback")
"""About half the T of the default for each rotation; its accuracy is that of a channel (a mixture)."""

CONVENTIONS = {
    conventions.name: conventions
    for conventions in (Conventions(rotation_model=model) for model in ROTATION_MODELS.values())
}
"""Conventions by name, one for each rotation model of the library. Another is a `Conventions` of your own,
passed as `conventions=`."""


def t_count(gate_counts: GateCounts, conventions: Conventions = DEFAULT_CONVENTIONS) -> Count:
    r"""Total T of native gate counts under a convention; see `Conventions` for the formula.

    Args:
        gate_counts: native counts, of integers or of sympy expressions.
        conventions: how Toffolis and rotations are converted.

    Returns:
        An `int`, or a sympy expression when a count is symbolic.

    Raises:
        ValueError: a count is negative or not an integer.

    >>> t_count(GateCounts(t=5, toffoli=2, and_bloq=3, rotation=10))
    275
    >>> t_count(GateCounts(and_bloq=sympy.Symbol("n") - 1))
    4*n - 4
    """
    instance(gate_counts, "gate_counts", GateCounts, "a qualtran.resource_counting.GateCounts")
    instance(conventions, "conventions", Conventions, "a bloqs.costs.Conventions")
    rotations = as_count(gate_counts.rotation, "number of rotations")
    total = (
        as_count(gate_counts.t, "T count")
        + conventions.t_per_toffoli * toffoli_like(gate_counts)
        + rotations * conventions.t_per_rotation(rotations)
        + conventions.catalyst_t(rotations)
    )
    return as_count(total, "T count")


def with_rotations_as_t(
    gate_counts: GateCounts, conventions: Conventions = DEFAULT_CONVENTIONS
) -> GateCounts:
    """The same counts with every rotation converted to T and Toffoli, catalyst included, and none left.

    For models that convert rotations at a rate of their own, such as Qualtran's surface-code models (11 T).
    The total T under `conventions` stays what it was.

    Args:
        gate_counts: native counts, of integers or of sympy expressions.
        conventions: how rotations are converted.

    Returns:
        Counts whose `rotation` is 0.

    Example:
        >>> with_rotations_as_t(GateCounts(t=1, rotation=10)).t
        251
        >>> with_rotations_as_t(GateCounts(rotation=10), Conventions(rotation_model="phase-gradient"))
        GateCounts(t=352, toffoli=140, cswap=0, and_bloq=0, clifford=0, rotation=0, measurement=0)
    """
    instance(gate_counts, "gate_counts", GateCounts, "a qualtran.resource_counting.GateCounts")
    instance(conventions, "conventions", Conventions, "a bloqs.costs.Conventions")
    rotations = as_count(gate_counts.rotation, "number of rotations")
    extra = rotations * conventions.gates_per_rotation(rotations) + conventions.catalyst_gates(
        rotations
    )
    return attrs.evolve(
        gate_counts,
        t=as_count(gate_counts.t + extra.t, "T count"),
        toffoli=as_count(gate_counts.toffoli + extra.toffoli, "Toffoli count"),
        rotation=0,
    )
