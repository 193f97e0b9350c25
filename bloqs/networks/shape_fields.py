"""The fields of a network that is known by its shape only."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bloqs.checks import truth, whole_number
from bloqs.layers import Geometry
from bloqs.layers.shapes import KernelShape, OutputShape, check_rows
from bloqs.messages import shown
from bloqs.networks import fields
from bloqs.networks.checks import check_size


def shape_fields(
    *,
    input_shape: Sequence[int],
    num_blocks: int,
    kernel_size: int,
    output_layer: bool,
    paths: int,
    conv_alpha: str | float | Sequence[float],
    column_norm_bound: float,
    output_rows: int | None,
) -> dict[str, Any]:
    """Sizes as the fields of `NetworkSpec`, checked; see `NetworkSpec.from_shapes`.

    Args:
        input_shape: `(C, M, M)` of one path.
        num_blocks: `k`, at least 1.
        kernel_size: `D`.
        output_layer: whether there is an output block.
        paths: number of input paths.
        conv_alpha: `"bound"`, a number, or one a block.
        column_norm_bound: of the output weights.
        output_rows: R; None for N.

    Returns:
        `input_shape`, `kernels`, `output_weights` and `paths`.

    Raises:
        ValueError: one of them is out of range, or `output_rows` without an output layer.

    Example:
        >>> found = shape_fields(
        ...     input_shape=(2, 4, 4), num_blocks=1, kernel_size=3, output_layer=False, paths=1,
        ...     conv_alpha=1.5, column_norm_bound=1.0, output_rows=None)
        >>> found["kernels"][0].alpha, found["output_weights"]
        (1.5, None)
    """
    num_blocks = whole_number(num_blocks, "num_blocks", high=fields.MAX_LAYERS)
    kernel_size = whole_number(kernel_size, "kernel_size", high=fields.MAX_SIZE)
    paths = fields.to_paths(paths)
    output_layer = truth(output_layer, "output_layer")
    if num_blocks < 1:
        raise ValueError(f"num_blocks must be at least 1, found {num_blocks}")
    if paths < 1:
        raise ValueError(f"paths must be at least 1, found {paths}")
    shape = fields.to_shape(input_shape)
    check_size(Geometry(shape, paths))
    channels = shape[0] ** paths
    alphas = fields.conv_alphas(conv_alpha, num_blocks, channels, kernel_size, shape[1] ** paths)
    # A number is a word on these kernels; the bound is not.
    is_bound = isinstance(conv_alpha, str)
    length = Geometry(shape, paths).length
    if output_rows is not None:
        if not output_layer:
            raise ValueError(
                f"output_rows = {shown(output_rows)} needs an output layer; leave it out, or set "
                "output_layer=True"
            )
        output_rows = whole_number(output_rows, "output_rows")
        check_rows(output_rows, length, "output weights of output_rows")
        output_rows = None if output_rows == length else output_rows
    return {
        "input_shape": shape,
        "kernels": [
            KernelShape(channels, kernel_size, alpha, is_bound=is_bound) for alpha in alphas
        ],
        "output_weights": (
            OutputShape(length, column_norm_bound, rows=output_rows) if output_layer else None
        ),
        "paths": paths,
    }
