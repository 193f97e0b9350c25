"""What a caller chooses of a network bloq: one record, made once, at the API or the command line."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import attrs

from bloqs.checks import number, whole_number
from bloqs.convolution import DEFAULT_STRATEGY, STRATEGIES, ConvolutionStrategy
from bloqs.core.budget import DEFAULT_SPLIT, ErrorSplit
from bloqs.layers import OUTPUTS, Normalisation
from bloqs.layers.forms import FORMS, OURS, Form
from bloqs.layers.shapes import Bounds
from bloqs.loading.charges import Charges, Uncompute, to_uncompute
from bloqs.loading.loader import Loader
from bloqs.loading.memory import SELECT_SWAP, MemoryModel, memory_model
from bloqs.messages import shown
from bloqs.networks.fields import bound_pairs
from bloqs.qsvt.degree_search import LARGEST_DEGREE

DEFAULT_LOADER = "select-swap"
"""What loads a network for which no loader is named."""

GATE_LEVEL_LOADER = "rounded-rotations"
"""What loads such a network where its gates are contracted: the same angles on few qubits."""


def _to_epsilon(value: Any) -> float:
    try:
        found = number(value, "epsilon")
    except ValueError:
        found = math.nan
    if not 0 < found < 1:
        raise ValueError(f"epsilon is a 2-norm error in (0, 1), got {shown(value)}")
    return found


def _to_bounds(bounds: Any) -> str | tuple[Bounds, ...]:
    """A word, looked up where the bounds are found; or pairs of numbers."""
    if isinstance(bounds, str):
        return bounds
    rule = "norm_bounds is 'calibrated', 'worst-case' or one pair (lo, hi) a layer"
    pairs = bound_pairs(bounds, rule)
    if any(math.isnan(end) for pair in pairs for end in pair):
        raise ValueError(f"{rule}, got {shown(bounds)}, which holds NaN")
    return pairs


def _to_output(output: Any) -> Normalisation:
    return OUTPUTS.find(output)


def _to_convolution(convolution: Any) -> ConvolutionStrategy:
    return STRATEGIES.find(convolution)


def _to_form(form: Any) -> Form:
    return FORMS.find(form)


def _to_min_degree(value: Any) -> int:
    return whole_number(value, "min_degree", low=0, high=LARGEST_DEGREE)


def _check_split(_: Build, __: attrs.Attribute[ErrorSplit], value: Any) -> None:
    if not isinstance(value, ErrorSplit):
        raise ValueError(
            f"split is a bloqs.costs.ErrorSplit, which shares epsilon out, got {shown(value)}"
        )


@attrs.frozen(kw_only=True)
class Build:
    """The choices that a network bloq is built by.

    Parameters:
        regime: how data reach the machine, 1, 2 or 3; see `bloqs.networks.regimes`.
        epsilon: 2-norm error of the encoded vector, at most; in (0, 1).
        norm_bounds: "calibrated", "worst-case", or one pair `(lo, hi)` a layer.
        loading: a registered loader or its name; None where it is left to the library, which then costs by
            select-swap and contracts gates by rotations of the same rounded angles.
        convolution: how kernels are encoded, by name or as one of `STRATEGIES`.
        output: the last normalisation, by name ("coherent", "heralded") or as one of `OUTPUTS`.
        split: how epsilon is shared out.
        form: which construction, by name ("ours", "published") or as one of `bloqs.layers.forms.FORMS`.
        qram: the memory model that degrees are chosen for, or its name: a query that costs much is called
            less. The bloq can be costed under any other.
        uncompute: the way to unload a table that degrees and bits are chosen for, "unitary" or "measured";
            likewise.
        min_degree: least degree of an activation's polynomial, 0 to `LARGEST_DEGREE`. Degree 0 is a multiple
            of the argument, which makes the block linear; 1 or more forbids that.
        has_common_bits: whether by shape all pieces have the same bits of an angle, which costs a few per
            cent more, and degrees are those of equal shares where the search gives up; for a study whose
            counts are to depend on the sizes alone.

    Raises:
        ValueError: a value that is not allowed; the message says which are.

    Example:
        >>> Build(output="heralded").output.name
        'heralded'
        >>> Build(epsilon=2)
        Traceback (most recent call last):
        ...
        ValueError: epsilon is a 2-norm error in (0, 1), got 2
    """

    regime: int = 1
    epsilon: float = attrs.field(default=1e-2, converter=_to_epsilon)
    norm_bounds: str | tuple[Bounds, ...] = attrs.field(default="calibrated", converter=_to_bounds)
    loading: str | Loader | None = None
    convolution: ConvolutionStrategy = attrs.field(
        default=DEFAULT_STRATEGY, converter=_to_convolution
    )
    output: Normalisation = attrs.field(default=OUTPUTS["coherent"], converter=_to_output)
    split: ErrorSplit = attrs.field(default=DEFAULT_SPLIT, validator=_check_split)
    form: Form = attrs.field(default=OURS, converter=_to_form)
    qram: MemoryModel = attrs.field(default=SELECT_SWAP, converter=memory_model)
    uncompute: Uncompute = attrs.field(default=Uncompute.UNITARY, converter=to_uncompute)
    min_degree: int = attrs.field(default=0, converter=_to_min_degree)
    has_common_bits: bool = False

    @property
    def charges(self) -> Charges:
        """What degrees and bits are weighed by."""
        return Charges(self.qram, self.uncompute)


NormBounds = str | Sequence[Bounds]
"""What a caller may pass for `norm_bounds`."""
