"""Degrees solved from the error bounds: the cheapest network whose *stated* epsilon is the one asked.

The solver knows a network only as a sequence of stages. A stage's layer says what a choice costs, what error
it leaves and how it may be lowered.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

from bloqs.layers import least_degree
from bloqs.layers.facts import InadmissibleError
from bloqs.networks.plan import Degrees, Plan
from bloqs.networks.search import CheapestFirst
from bloqs.qsvt.degree_search import DegreeLimitError
from bloqs.qsvt.polynomials import SMALLEST_DELTA

__all__ = ["Degrees", "Plan", "solutions"]

STARTS = 2
"""Equal shares from which the descent starts, each 0.8 times the one before; the cheapest end is taken."""

MAX_SHARES = 60
"""Shares that are tried for them."""

MAX_REFUSED = 6
"""Shares in a row for which a polynomial would be too long. By then they have fallen to a quarter, and with
them the errors that widen an interval: a smaller share asks for more accuracy, hence for more terms still."""


MAX_EXCHANGED = 400
"""Networks that are assembled to exchange degrees after the descent, at most."""


def solutions(plan: Plan, epsilon: float, *, has_exchanges: bool = True) -> Iterator[Degrees]:
    """Degrees whose stated epsilon is at most the one asked, found by equal shares and then descent.

    The T-count is a product over layers of degrees that grow with log(1/error), so equal shares of the final
    error are nearly optimal; then degrees are lowered one by one, dearest first, while the stated epsilon
    holds, and one is raised where that lowers others by more.

    Args:
        plan: by shape.
        epsilon: 2-norm error asked of the final vector.
        has_exchanges: whether one degree is raised for others after the descent.

    Yields:
        One choice a stage, the cheapest first; where it was found by descent, only that.

    Raises:
        ValueError: not reachable.

    Example:
        >>> import attrs
        >>> from bloqs.activation import Activation
        >>> from bloqs.convolution import STRATEGIES
        >>> from bloqs.layers import Amplification, Geometry, Residual
        >>> from bloqs.layers.layer import Stage
        >>> from bloqs.layers.shapes import KernelShape
        >>> from bloqs.loading import LoadedVector
        >>> from bloqs.networks.plan import Plan
        >>> block = Stage(
        ...     layer=Residual(KernelShape(1, 3, 3.0)), number=1, name="block 1", label="block 1",
        ...     geometry=Geometry((1, 2, 2)), activation=Activation("erf"), norms=(0.9, 1.3), amplitude=0.3,
        ...     convolution=STRATEGIES["columns"], kernel_loading="rotations", column_loading=None,
        ...     angle_bits=None,
        ... ).loaded()
        >>> amplified = attrs.evolve(block, layer=Amplification())
        >>> plan = Plan(LoadedVector(None, bitsize=2), (block, amplified))
        >>> degrees = next(solutions(plan, 0.01))
        >>> degrees, plan.stated_epsilon(degrees) <= 0.01
        ((0, 13), True)
    """
    polynomials = sum(stage.layer.has_polynomial for stage in plan.stages)
    worst = max(
        (
            later
            for stage, later in zip(plan.stages, plan.sensitivities()[1:], strict=True)
            if stage.layer.has_polynomial
        ),
        default=1.0,
    )
    is_within_reach = epsilon >= SMALLEST_DELTA * worst
    others = CheapestFirst(plan, epsilon).solutions() if is_within_reach else iter(())
    found = next(others, None)
    if found is not None:
        # Never dearer than the descent ends: a choice that its layer does not list may be lower still.
        yield min((found, _descend(plan, found, epsilon)), key=plan.cost_per_sample)
        yield from others
        return
    share = epsilon / max(1, polynomials)
    ends: list[Degrees] = []
    refused, reason = 0, None
    for _ in range(MAX_SHARES):
        if share < SMALLEST_DELTA * worst:
            break
        try:
            degrees, refused = _equal_shares(plan, share), 0
        except DegreeLimitError as error:
            degrees, refused, reason = None, refused + 1, error
            if refused == MAX_REFUSED:
                break
        if degrees is not None and plan.stated_epsilon(degrees) <= epsilon:
            ends.append(_descend(plan, degrees, epsilon))
            if len(ends) == STARTS:
                break
        share *= 0.8
    if ends:
        end = min(ends, key=plan.cost_per_sample)
        yield _exchange(plan, end, epsilon) if has_exchanges else end
        return
    if refused == MAX_REFUSED:
        raise ValueError(
            f"an error of {epsilon:.3g}, the polynomials' share of epsilon, is out of reach: {reason}. The "
            "interval is that of the amplitudes of a layer, or of the arguments of its activation: narrower "
            "norm bounds, a smaller alpha of the convolution, or a larger epsilon shorten the polynomials"
        )
    raise ValueError(
        f"an error of {epsilon:.3g}, the polynomials' share of epsilon, is out of reach: an error of a layer "
        f"is multiplied by up to {worst:.3g} until the end, and a polynomial is accurate to "
        f"{SMALLEST_DELTA:.0e} at best (double precision). Ask for a larger epsilon, narrower norm bounds or "
        "fewer blocks"
    )


def _equal_shares(plan: Plan, share: float) -> Degrees | None:
    """Smallest degrees with every polynomial's first-order part of the final error at most `share`."""
    degrees: list[int | None] = []
    vector = plan.input
    try:
        for stage, sensitivity in zip(plan.stages, plan.sensitivities()[1:], strict=True):
            degree = least_degree.smallest(vector, stage, share / sensitivity)
            vector = stage.encode(vector, degree)
            degrees.append(degree)
    except InadmissibleError:
        return None
    return tuple(degrees)


def _lowered(plan: Plan, degrees: Degrees) -> Iterator[Degrees]:
    """Every way of lowering one choice by a step, those of lower rank first."""
    for i in sorted(range(len(degrees)), key=lambda i: plan.stages[i].layer.rank):
        lower = plan.stages[i].layer.lowered(degrees[i])
        if lower is not None and least_degree.is_allowed(plan.stages[i], lower):
            yield (*degrees[:i], lower, *degrees[i + 1 :])


def _descend(plan: Plan, degrees: Degrees, epsilon: float) -> Degrees:
    while True:
        for candidate in sorted(_lowered(plan, degrees), key=plan.cost):
            if plan.stated_epsilon(candidate) <= epsilon:
                degrees = candidate
                break
        else:
            return degrees


def _exchange(plan: Plan, degrees: Degrees, epsilon: float) -> Degrees:
    """Raise a choice where the others may then be lowered by more than it costs.

    Equal shares know the error of a polynomial, and not that a layer bears a wider band where a later one is
    amplified: a few calls at the end may save many at every layer before it.
    """
    tried = 0

    def cost(candidate: Degrees) -> float:
        """Of a sample; infinite where the error is too large, or a layer has no such degree."""
        nonlocal tried
        tried += 1
        try:
            vector = plan.assemble(candidate)
        except ValueError:
            return math.inf
        is_enough = float(vector.epsilon) <= epsilon
        return plan.cost(candidate) * float(vector.alpha) ** 2 if is_enough else math.inf

    def others_lowered(raised: Degrees, place: int) -> tuple[float, Degrees]:
        """From the first stage on, each as far as that is cheaper."""
        best = cost(raised), raised
        for i, stage in enumerate(plan.stages):
            while i != place and tried < MAX_EXCHANGED:
                lower = stage.layer.lowered(best[1][i])
                if lower is None or not least_degree.is_allowed(stage, lower):
                    break
                candidate = (*best[1][:i], lower, *best[1][i + 1 :])
                found = cost(candidate), candidate
                if found[0] >= best[0]:
                    break
                best = found
        return best

    least, is_better = cost(degrees), True
    while is_better and tried < MAX_EXCHANGED:
        is_better = False
        for place, raised in _raised(plan, degrees):
            found, lowered = others_lowered(raised, place)
            if found < least:
                least, degrees, is_better = found, lowered, True
                break
    return degrees


def _raised(plan: Plan, degrees: Degrees) -> Iterator[tuple[int, Degrees]]:
    """Every way of raising one choice by a step, those of the last stages first, and the stage."""
    for i in reversed(range(len(degrees))):
        degree = degrees[i]
        # A step is one degree or two.
        for more in () if degree is None else (degree + 1, degree + 2):
            if plan.stages[i].layer.lowered(more) == degree:
                yield i, (*degrees[:i], more, *degrees[i + 1 :])
