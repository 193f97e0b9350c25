"""Many images, many seeds, many shapes: the tasks of a sweep."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from bloqs import checks
from bloqs.messages import shown
from bloqs.sweeps.images import TEST_IMAGES, ImageTask, pixels_digest
from bloqs.sweeps.seeds import SeedTask
from bloqs.sweeps.shapes import ShapeTask
from bloqs.sweeps.tasks import to_int
from bloqs.sweeps.verified import loader_at

Shape = tuple[int, int, int]
Pair = tuple[float, float]


def image_tasks(
    model: str,
    images: str | Iterable[int] = "all",
    *,
    epsilon: float = 1e-2,
    level: str = "semantic",
    loading: str | None = None,
    norm_bounds: str = "calibrated",
    min_degree: int = 0,
) -> list[ImageTask]:
    """One task an image.

    Args:
        model: name of a bundled model, or the path of a file written by `NetworkSpec.save`.
        images: "all", a number (the first so many test images) or the path of an `.npy` batch, as in
            `bloqs.report.Model.images`; or indices of test images.
        epsilon: 2-norm error asked for.
        level: "semantic" or "gate".
        loading: the loader that is verified; None for select-swap, at gate level for rotations by the same
            rounded angles.
        norm_bounds: "calibrated" or "worst-case".
        min_degree: least degree of an activation's polynomial, as `NetworkSpec.to_bloq`.

    Returns:
        The tasks, in the order of the images.

    Raises:
        ValueError: unknown model, level or loader, no such images, bounds that the network does not have, an
            epsilon outside (0, 1), or a degree that no polynomial has.

    Example:
        >>> tasks = image_tasks("digits-1", [3, 5], epsilon=1e-3)
        >>> [task.index for task in tasks]
        [3, 5]
    """
    from bloqs.networks.bounds import layer_bounds
    from bloqs.report import load_model

    network = load_model(model)
    layer_bounds(network.spec, norm_bounds)
    if isinstance(images, str):
        found = network.images(images)
        from_file = bool(found) and found[0].index is None
        source = str(Path(images).resolve()) if from_file else TEST_IMAGES
    else:
        given = checks.sequence(images, "images", "'all', a number as text, a file, or indices")
        indices = [to_int("the index of an image", index) for index in given]
        found, source = tuple(network.test_image(index) for index in indices), TEST_IMAGES
    digest = network.spec.digest
    return [
        ImageTask(
            model=str(Path(model).resolve()) if network.example is None else model,
            model_digest=digest,
            source=source,
            index=place if image.index is None else image.index,
            image_digest=pixels_digest(image),
            epsilon=epsilon,
            level=level,
            loading=loader_at(level, loading),
            norm_bounds=norm_bounds,
            min_degree=min_degree,
        )
        for place, image in enumerate(found)
    ]


def seed_tasks(
    input_shape: Shape | Iterable[Shape],
    seeds: Iterable[int],
    *,
    num_blocks: int | Iterable[int] = 1,
    kernel_size: int = 3,
    output_layer: bool = True,
    epsilon: float | Iterable[float] = 1e-2,
    level: str = "semantic",
    loading: str | None = None,
    min_degree: int = 0,
) -> list[SeedTask]:
    """One task for each combination of shape, number of blocks, epsilon and seed.

    Args:
        input_shape: `(C, M, M)`, or several.
        seeds: of the random networks.
        num_blocks: `k`, or several.
        kernel_size: `D`.
        output_layer: whether a dense output layer follows.
        epsilon: 2-norm error asked for, or several.
        level: "semantic" or "gate".
        loading: the loader that is verified; None for select-swap, at gate level for rotations by the same
            rounded angles.
        min_degree: least degree of an activation's polynomial, as `NetworkSpec.to_bloq`.

    Returns:
        The tasks; the seed varies fastest, the shape slowest.

    Raises:
        ValueError: a shape that no network has, a seed that is no whole number from 0 to 2^63 - 1, an unknown
            level or loader, an epsilon outside (0, 1), or a degree that no polynomial has.

    Example:
        >>> len(seed_tasks([(1, 2, 2), (2, 1, 1)], range(10), kernel_size=1, epsilon=[1e-1, 1e-2]))
        40
    """
    return [
        SeedTask(
            input_shape=shape,
            num_blocks=k,
            kernel_size=kernel_size,
            output_layer=output_layer,
            seed=seed,
            epsilon=error,
            level=level,
            loading=loader_at(level, loading),
            min_degree=min_degree,
        )
        for shape, k, error, seed in itertools.product(
            _several_shapes(input_shape),
            _several("num_blocks", num_blocks),
            _several("epsilon", epsilon),
            checks.sequence(seeds, "seeds", "a sequence of seeds"),
        )
    ]


def shape_tasks(
    input_shape: Shape | Iterable[Shape],
    *,
    num_blocks: int | Iterable[int] = 1,
    kernel_size: int = 3,
    output_layer: bool = True,
    skip_weight: float = 0.51,
    paths: int = 1,
    regime: int | Iterable[int] = 1,
    epsilon: float | Iterable[float] = 1e-2,
    loading: str | Iterable[str] = "select-swap",
    block_norm: Pair | None = None,
    output_norm: Pair | None = None,
    qram: str = "select-swap",
    query_error: float = 0.0,
    min_degree: int = 0,
) -> list[ShapeTask]:
    """One task for each combination of shape, number of blocks, regime, epsilon and loader.

    Args:
        input_shape: `(C, M, M)` of one path, or several.
        num_blocks: `k`, or several.
        kernel_size: `D`.
        output_layer: whether a dense output layer follows.
        skip_weight: tau of the output layer.
        paths: input encodings that are tensored.
        regime: how data reach the machine, or several.
        epsilon: 2-norm error asked for, or several.
        loading: how data are loaded, or several ways.
        block_norm: (lo, hi) of `||x + f(Wx)||` of every block; with `output_norm` for the output layer.
            Worst-case bounds when neither is given.
        output_norm: (lo, hi) of `||g||`.
        qram: how a query of a hardware memory is charged.
        query_error: probability that a query of a hardware memory fails, in [0, 1].
        min_degree: least degree of an activation's polynomial, as `NetworkSpec.to_bloq`.

    Returns:
        The tasks; the loader varies fastest, the shape slowest.

    Raises:
        ValueError: a shape, a number of blocks or paths or a skip weight that no network has, bounds for some
            layers only, inverted or not finite, an unknown loader, memory model or regime, an epsilon outside
            (0, 1), a query_error outside [0, 1], or a degree that no polynomial has.

    Example:
        >>> tasks = shape_tasks([(4, 8, 8), (4, 16, 16)], num_blocks=[1, 2], block_norm=(0.9, 1.3),
        ...                     output_norm=(0.1, 0.3))
        >>> [len(task.norm_bounds) for task in tasks]
        [2, 3, 2, 3]
    """
    blocks = [to_int("num_blocks", k) for k in _several("num_blocks", num_blocks)]
    loaders = [loading] if isinstance(loading, str) else checks.sequence(loading, "loading")
    return [
        ShapeTask(
            input_shape=shape,
            num_blocks=k,
            kernel_size=kernel_size,
            output_layer=output_layer,
            skip_weight=skip_weight,
            paths=paths,
            regime=r,
            epsilon=error,
            loading=loader,
            norm_bounds=_bounds(k, output_layer, block_norm, output_norm),
            qram=qram,
            query_error=query_error,
            min_degree=min_degree,
        )
        for shape, k, r, error, loader in itertools.product(
            _several_shapes(input_shape),
            blocks,
            _several("regime", regime),
            _several("epsilon", epsilon),
            loaders,
        )
    ]


def _bounds(
    num_blocks: int, output_layer: bool, block_norm: Pair | None, output_norm: Pair | None
) -> str | tuple[Pair, ...]:
    if block_norm is None and output_norm is None:
        return "worst-case"
    if block_norm is None or (output_norm is None) == output_layer:
        raise ValueError(
            "norm bounds are given for every layer or for none: block_norm, and output_norm where there is "
            f"an output layer and only there; found block_norm={shown(block_norm)}, "
            f"output_norm={shown(output_norm)}, "
            f"output_layer={output_layer}"
        )
    last = () if output_norm is None else (output_norm,)
    return (*(block_norm,) * num_blocks, *last)


def _several(name: str, value: Any) -> list[Any]:
    """One value, or the items of several."""
    is_many = (
        isinstance(value, Iterable)
        and not isinstance(value, str)
        and bool(getattr(value, "ndim", True))
    )
    return checks.sequence(value, name) if is_many else [value]


def _several_shapes(shape: Any) -> list[Shape]:
    values = checks.sequence(shape, "input_shape", "(C, M, M), or several of them")
    is_one = bool(values) and not isinstance(values[0], Iterable)
    return [tuple(values)] if is_one else values
