"""From a state to its figures, each stage kept: what a control does not touch is not found again."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import attrs

from bloqs.costs import CostReport, FootprintError, ParetoCurve, SurfaceCodeFootprint
from bloqs.costs.unknown import Unknown
from bloqs.explore.controls import CONTROLS
from bloqs.explore.state import State
from bloqs.layers.shapes import KernelShape
from bloqs.networks import NetworkSpec
from bloqs.networks.bounds import Bounds, layer_bounds
from bloqs.networks.network import ResidualNetwork
from bloqs.report.build import Settings
from bloqs.report.inputs import Model, load_model

SHAPE = ("channels", "size", "blocks", "kernel", "output_layer")
"""Fields with which the network is no longer the model."""

NETWORK = (
    *("model", *SHAPE, "form", "epsilon", "norm_bounds", "block_band"),
    *(
        "output_band",
        "min_degree",
        "output",
        "regime",
        "loading",
        "convolution",
        "qram",
        "uncompute",
    ),
)
"""Fields that the network depends on."""

COUNTED = (*NETWORK, "query_error", "rotation_model")
"""Fields that its gates and qubits depend on."""


@attrs.frozen(eq=False)
class Subject:
    """The network that a state means.

    Parameters:
        spec: the network: the model's own, or one of shapes alone.
        norm_bounds: as `Settings` takes them.
        is_model: whether it is the model's own.
        note: what it rests on, in words.

    Example:
        >>> subject(load_model("digits-1"), State()).is_model
        True
        >>> subject(load_model("digits-1"), State(size=16)).spec.input_shape
        (4, 16, 16)
    """

    spec: NetworkSpec
    norm_bounds: str | tuple[Bounds, ...]
    is_model: bool
    note: str


def own_shape(spec: NetworkSpec) -> dict[str, int]:
    """C, M, k and D of a network.

    Args:
        spec: the network.

    Returns:
        By the names of the fields of a state.

    Example:
        >>> own_shape(load_model("digits-2").spec)
        {'channels': 4, 'size': 8, 'blocks': 2, 'kernel': 3}
    """
    channels, size, _ = spec.input_shape
    kernel = 1
    if spec.kernels:
        first = spec.kernels[0]
        kernel = first.size if isinstance(first, KernelShape) else int(first.shape[-1])
    return {"channels": channels, "size": size, "blocks": spec.num_blocks, "kernel": kernel}


def subject(model: Model, state: State) -> Subject:
    """The network of a state, and its bands.

    Args:
        model: the state's.
        state: the controls.

    Returns:
        The network.

    Raises:
        ValueError: no network has such a shape, or a band that is asked for does not exist.

    Example:
        >>> subject(bundled_model("digits-1"), State(blocks=2)).norm_bounds
        ((1.27..., 1.29...), (1.27..., 1.29...), (0.04..., 0.06...))
    """
    own = own_shape(model.spec)
    asked = {name: getattr(state, name) for name in own}
    shape = {name: own[name] if value is None else value for name, value in asked.items()}
    if shape == own:
        spec = model.spec
        if not state.output_layer and spec.has_output_layer:
            spec = spec.without_output_layer()
        note = f"{model.name}, with its own kernels' alpha, by shape"
        if state.block_band is None and state.output_band is None:
            return Subject(spec, state.norm_bounds, True, f"{note}; {state.norm_bounds} bands.")
        return Subject(spec, _bands(spec, spec, state), True, f"{note}; bands typed by hand.")
    size = shape["size"]
    has_output = state.output_layer and model.spec.has_output_layer
    rows = model.spec.output_rows if has_output else None
    spec = NetworkSpec.from_shapes(
        input_shape=(shape["channels"], size, size),
        num_blocks=shape["blocks"],
        kernel_size=shape["kernel"],
        output_layer=has_output,
        output_rows=None if rows == model.spec.length else rows,
        paths=model.spec.paths,
        activation=model.spec.activation,
        skip_weight=model.spec.skip_weight,
        num_groups=1,
    )
    note = f"No longer {model.name} but shapes alone: the alpha of a convolution is its bound D sqrt(C)"
    if state.norm_bounds == "calibrated":
        note += f"; the bands are those of {model.name}, which were measured on its own shape"
    return Subject(spec, _bands(spec, model.spec, state), False, f"{note}.")


def _bands(spec: NetworkSpec, source: NetworkSpec, state: State) -> str | tuple[Bounds, ...]:
    """One pair a layer: typed, or the source's, whose last block's goes on for blocks that it has not."""
    blocks: list[Bounds]
    if state.block_band is not None:
        blocks = [state.block_band] * spec.num_blocks
    elif state.norm_bounds == "calibrated":
        known = layer_bounds(source, "calibrated").norms[: source.num_blocks]
        blocks = [known[min(i, len(known) - 1)] for i in range(spec.num_blocks)]
    else:
        bare = spec.without_output_layer() if spec.has_output_layer else spec
        blocks = list(layer_bounds(bare, state.norm_bounds).norms)
    if not spec.has_output_layer:
        return tuple(blocks)
    if state.output_band is not None:
        return (*blocks, state.output_band)
    last = source if state.norm_bounds == "calibrated" else spec
    return (*blocks, layer_bounds(last, state.norm_bounds).norms[-1])


def settings_of(subject: Subject, state: State) -> Settings:
    """What `bloqs.report.Settings` makes of a state.

    Args:
        subject: the state's network.
        state: the controls.

    Returns:
        The settings.

    Example:
        >>> state = State(epsilon=0.05)
        >>> settings_of(subject(load_model("digits-1"), state), state).epsilon
        0.05
    """
    shared = {
        field.name: getattr(state, field.name)
        for field in attrs.fields(Settings)
        if hasattr(state, field.name)
    }
    return Settings(**{**shared, "norm_bounds": subject.norm_bounds})


@attrs.frozen(kw_only=True, eq=False)
class Figures:
    """What the page shows of a state.

    Parameters:
        state: the controls.
        subject: its network.
        settings: how it is built, counted and placed.
        cost: by shape.
        footprint: on the machine, or why there is none.
        curve: qubits against hours over the numbers of factories of that machine; None without a footprint.

    Example:
        >>> found = figures_of(load_model("digits-1"), State(epsilon=0.1))
        >>> found.cost.t_count == found.settings.shape_cost(found.subject.spec).t_count
        True
    """

    state: State
    subject: Subject
    settings: Settings
    cost: CostReport
    footprint: SurfaceCodeFootprint | Unknown
    curve: ParetoCurve | None


def _only(state: State, names: tuple[str, ...]) -> State:
    """The state with the defaults for all other fields."""
    return State(**{name: getattr(state, name) for name in names})


@lru_cache(maxsize=512)
def _network(model: Model, state: State) -> tuple[Subject, ResidualNetwork]:
    found = subject(model, state)
    return found, settings_of(found, state).shape_network(found.spec)


@lru_cache(maxsize=2048)
def _cost(model: Model, state: State) -> tuple[Subject, CostReport]:
    found, network = _network(model, _only(state, NETWORK))
    return found, settings_of(found, state).cost(network)


@lru_cache(maxsize=8192)
def figures_of(model: Model, state: State) -> Figures:
    """The figures of a state; the last thousands are kept.

    Args:
        model: the state's.
        state: the controls.

    Returns:
        The figures.

    Raises:
        ValueError: the choices do not go together, or no network has such a shape.

    Example:
        >>> model = bundled_model("digits-1")
        >>> few, many = (figures_of(model, State(epsilon=0.1, factories=n)) for n in (1, 8))
        >>> few.cost is many.cost, few.footprint.hours > many.footprint.hours
        (True, True)
    """
    found, cost = _cost(model, _only(state, COUNTED))
    settings = settings_of(found, state)
    footprint: SurfaceCodeFootprint | Unknown
    curve = None
    try:
        footprint = cost.surface_code(**settings.physical())
        physical: dict[str, Any] = settings.physical()
        del physical["factories"]
        curve = cost.pareto(**physical)
    except FootprintError as why:
        footprint = Unknown(f"no footprint: {why}")
    return Figures(
        state=state,
        subject=found,
        settings=settings,
        cost=cost,
        footprint=footprint,
        curve=curve,
    )


@lru_cache(maxsize=16)
def bundled_model(name: str) -> Model:
    """A bundled model, read once.

    Args:
        name: of the model.

    Returns:
        The model; the same object each time.

    Raises:
        ValueError: no bundled model has that name.

    Example:
        >>> bundled_model("digits-1") is bundled_model("digits-1")
        True
    """
    return load_model(name)


def solved_ahead(model: Model, state: State) -> Iterator[State]:
    """Find what one move of a control away from a state shows, so that the move finds it ready.

    First every epsilon, then the other controls; other shapes are left out, each of which takes seconds.

    Args:
        model: the state's.
        state: the controls.

    Yields:
        Each state that is ready now; those without figures are left out.

    Example:
        >>> ahead = solved_ahead(load_model("digits-1"), State(epsilon=0.1))
        >>> next(ahead).epsilon
        0.001
    """
    for name in sorted({*CONTROLS} - {*SHAPE}, key=lambda name: name != "epsilon"):
        for choice in CONTROLS[name].choices:
            near = attrs.evolve(state, **{name: choice})
            try:
                figures_of(model, near)
            except ValueError:
                continue
            yield near
