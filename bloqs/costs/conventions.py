"""The one place where Toffolis and rotations are converted to T, under a convention with a name."""

from __future__ import annotations

import math
from typing import Any

import attrs
import sympy
from qualtran.resource_counting import GateCounts

Count = Any
"""A number of gates, calls or qubits: `int`, or a `sympy.Expr` when a size is a symbol."""

CostError = ValueError
"""What refused costs raise; its subclasses say more."""


def as_count(value: Any, what: str = "count") -> Count:
    """`value` as an `int` where it is a number, and as it stands where it is symbolic.

    Args:
        value: an integer of any type (Python, numpy, sympy), or a sympy expression with free symbols.
        what: its name, for the error message.

    Raises:
        ValueError: the number is negative or not an integer.

    >>> as_count(sympy.Integer(3)), as_count(sympy.Symbol("n") + 1)
    (3, n + 1)
    """
    if isinstance(value, sympy.Basic) and value.free_symbols:
        return value
    number = int(value)
    if number != value:
        raise ValueError(f"{what} must be an integer, got {value}")
    if number < 0:
        raise ValueError(f"{what} must not be negative, got {value}: a formula below is wrong")
    return number


def toffoli_like(counts: GateCounts) -> Count:
    """Toffoli + And + CSwap: the gates that cost one `|CCZ>` each. And-adjoints are measurements."""
    return as_count(counts.toffoli + counts.and_bloq + counts.cswap, "Toffoli count")


@attrs.frozen(kw_only=True)
class Conventions:
    r"""How a total T-count is made from native counts.

    $$ T = t + c\,(\mathrm{Toffoli} + \mathrm{And} + \mathrm{CSwap})
         + n\,\lceil a \log_2(n/\epsilon_{syn}) + b \rceil $$

    with `n` the number of rotations, `c` = `t_per_toffoli`, `a` = `rotation_slope`, `b` = `rotation_offset`.
    The rotations share `synthesis_epsilon` equally, hence `n/epsilon` under the logarithm: their errors add
    at worst. Without rotations the last term is absent.

    The defaults: four T a Toffoli, as every And here is undone by measurement or counted twice
    (Gidney 2018); a rotation by repeat-until-success circuits, whose *expected* T-count is the stated fit
    (Bocharov et al. 2014; the figures 1.149 and 9.2 are those of Qualtran's `TComplexity.rotation_cost`).

    Parameters:
        name: printed beside every total.
        t_per_toffoli: T gates a Toffoli, an And or a controlled swap. int >= 1.
        rotation_slope: T gates for each bit of precision of a rotation; a fit.
        rotation_offset: T gates of a rotation besides; a fit.
        synthesis_epsilon: `epsilon_syn`, bound of the summed synthesis errors, in (0, 1).
        rotation_model: the name of the protocol.
        rotation_source: where slope and offset come from.
        t_depth_per_toffoli: layers of T gates in a Toffoli. Its four T act at once on four qubits.

    Raises:
        ValueError: a parameter is out of its range.

    References:
        [Efficient synthesis of universal repeat-until-success circuits](https://arxiv.org/abs/1404.5320).
        Bocharov, Roetteler and Svore (2014). Fit of the expected T-count.

        [Halving the cost of quantum addition](https://arxiv.org/abs/1709.06648). Gidney (2018). Four T an
        And, none to undo it.

        [Low-overhead constructions for the fault-tolerant Toffoli gate](https://arxiv.org/abs/1212.5069).
        Jones (2013). Four T gates in one layer.

    >>> Conventions(synthesis_epsilon=1e-6).t_per_rotation(100)
    40
    """

    name: str = "toffoli-4T/repeat-until-success"
    t_per_toffoli: int = 4
    rotation_slope: float = 1.149
    rotation_offset: float = 9.2
    synthesis_epsilon: float = 1e-3
    rotation_model: str = "repeat-until-success synthesis, expected T-count (a fit)"
    rotation_source: str = "Bocharov, Roetteler and Svore (2014), arXiv:1404.5320"
    t_depth_per_toffoli: int = 1

    def __attrs_post_init__(self) -> None:
        if self.t_per_toffoli < 1:
            raise ValueError(f"t_per_toffoli must be 1 or more, got {self.t_per_toffoli}")
        if self.t_depth_per_toffoli < 1:
            raise ValueError(
                f"t_depth_per_toffoli must be 1 or more, got {self.t_depth_per_toffoli}"
            )
        if not (self.rotation_slope >= 0 and math.isfinite(self.rotation_slope)):
            raise ValueError(f"rotation_slope must be finite and >= 0, got {self.rotation_slope}")
        if not (self.rotation_offset >= 0 and math.isfinite(self.rotation_offset)):
            raise ValueError(f"rotation_offset must be finite and >= 0, got {self.rotation_offset}")
        if not 0 < self.synthesis_epsilon < 1:
            raise ValueError(
                f"synthesis_epsilon must lie in (0, 1), got {self.synthesis_epsilon}: "
                "it bounds the summed error of all synthesised rotations"
            )

    def t_per_rotation(self, num_rotations: Count) -> Count:
        """T gates of one of `num_rotations` rotations; 0 when there are none.

        A symbolic number is taken to be zero or more, and gives a sympy expression.
        """
        n = as_count(num_rotations, "number of rotations")
        if isinstance(n, sympy.Basic):
            # Max keeps the logarithm finite where a substitution makes n zero; the term is n times this.
            bits = sympy.log(sympy.Max(1, n) / self.synthesis_epsilon, 2)
            return sympy.ceiling(self.rotation_slope * bits + self.rotation_offset)
        if n == 0:
            return 0
        bits = math.log2(n) - math.log2(self.synthesis_epsilon)
        return math.ceil(self.rotation_slope * bits + self.rotation_offset)

    def describe(self) -> dict[str, str]:
        """The convention as lines of an assumptions block."""
        return {
            "conventions": self.name,
            "Toffoli convention": f"{self.t_per_toffoli} T for each Toffoli, And and CSwap; "
            "And-adjoint by measurement, no T",
            "rotation model": f"ceil({self.rotation_slope} log2(n_rot/eps_syn) + {self.rotation_offset}) T: "
            f"{self.rotation_model}; {self.rotation_source}",
            "rotation synthesis error": f"eps_syn = {self.synthesis_epsilon:g}, "
            "shared equally by all rotations",
        }


DEFAULT_CONVENTIONS = Conventions()
"""Four T a Toffoli, rotations by repeat-until-success circuits, `synthesis_epsilon = 1e-3`."""

MIXED_FALLBACK_CONVENTIONS = Conventions(
    name="toffoli-4T/mixed-fallback",
    rotation_slope=0.56,
    rotation_offset=5.3,
    rotation_model="mixed fallback synthesis, average T-count in diamond norm (a fit)",
    rotation_source="Kliuchnikov, Lauter, Minko, Paetznick and Petit (2022), arXiv:2203.10064, abstract",
)
"""About half the T of the default for each rotation; its accuracy is that of a channel (a mixture)."""

CONVENTIONS = {c.name: c for c in (DEFAULT_CONVENTIONS, MIXED_FALLBACK_CONVENTIONS)}
"""Conventions by name. Another is a `Conventions` of your own, passed as `conventions=`."""


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
    rotations = as_count(gate_counts.rotation, "number of rotations")
    total = (
        as_count(gate_counts.t, "T count")
        + conventions.t_per_toffoli * toffoli_like(gate_counts)
        + rotations * conventions.t_per_rotation(rotations)
    )
    return as_count(total, "T count")


def with_rotations_as_t(
    gate_counts: GateCounts, conventions: Conventions = DEFAULT_CONVENTIONS
) -> GateCounts:
    """The same counts with every rotation converted to T, and none left.

    For models that convert rotations at a rate of their own, such as Qualtran's surface-code models (11 T).

    >>> with_rotations_as_t(GateCounts(t=1, rotation=10)).t
    251
    """
    rotations = as_count(gate_counts.rotation, "number of rotations")
    t = gate_counts.t + rotations * conventions.t_per_rotation(rotations)
    return attrs.evolve(gate_counts, t=as_count(t, "T count"), rotation=0)
