"""A network specification as a file has it: arrays by name, and everything else as JSON."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any, Protocol

import attrs
import numpy as np
import numpy.typing as npt

from bloqs.activation.activation import Activation
from bloqs.layers import LAYERS, Layer, Residual
from bloqs.layers.shapes import Bounds, KernelShape, MapShape, OutputShape
from bloqs.networks import storage

FloatArray = npt.NDArray[np.float64]


class _Network(Protocol):
    """What a file holds of a network specification."""

    @property
    def input_shape(self) -> tuple[int, int, int]: ...

    @property
    def layers(self) -> tuple[Layer, ...]: ...

    @property
    def kernels(self) -> tuple[FloatArray | KernelShape, ...]: ...

    @property
    def activation(self) -> Activation: ...

    @property
    def output_weights(self) -> FloatArray | OutputShape | None: ...

    @property
    def skip_weight(self) -> float: ...

    @property
    def num_groups(self) -> int: ...

    @property
    def paths(self) -> int: ...

    @property
    def norm_bounds(self) -> tuple[Bounds, ...] | None: ...

    @property
    def bias_scale(self) -> float | None: ...

    @property
    def amplitude_bounds(self) -> tuple[float, ...] | None: ...

    @property
    def argument_bounds(self) -> tuple[float, ...] | None: ...

    @property
    def peak_bound(self) -> float | None: ...


_OUTPUT = "output_weights"
"""Name of the array of output weights in a file."""


def _entry(arrays: dict[str, FloatArray], name: str, value: Any) -> Any:
    """A field as the metadata have it: an array goes to `arrays` and leaves its name, a shape its fields."""
    if isinstance(value, np.ndarray):
        arrays[name] = value
        return name
    if isinstance(value, KernelShape | MapShape):
        return _shape_fields(value)
    return attrs.asdict(value) if attrs.has(type(value)) else value


def _shape_fields(shape: OutputShape | KernelShape | MapShape) -> dict[str, Any]:
    """Fields that came later are named where they are not the default, so that other digests stay."""
    return {
        field.name: getattr(shape, field.name)
        for field in attrs.fields(type(shape))
        if not (field.kw_only and getattr(shape, field.name) == field.default)
    }


def _restored_layers(
    arrays: Mapping[str, FloatArray], metadata: Mapping[str, Any]
) -> tuple[Layer, ...]:
    """The layers of a file."""
    entries = metadata.get("layers")
    if entries is None:
        entries = [{"kind": Residual.kind, "kernel": kernel} for kernel in metadata["kernels"]]
    layers = []
    for i, entry in enumerate(entries, 1):
        kind = entry["kind"]
        if kind not in LAYERS:
            raise ValueError(
                f"layer {i} is of kind {kind!r}, which is not among the known ones, "
                f"{', '.join(map(repr, LAYERS))}; import the module that registers it, then load again"
            )
        fields = {
            name: arrays.get(value, value) if isinstance(value, str) else value
            for name, value in entry.items()
            if name != "kind"
        }
        layers.append(LAYERS[kind].restored(fields))
    return tuple(layers)


def stored_fields(spec: _Network) -> tuple[dict[str, FloatArray], dict[str, Any]]:
    """The fields of a network as a file has them: arrays, and everything else as JSON.

    Args:
        spec: the network.

    Returns:
        The arrays by name, and the metadata, in which an array stands as its name.

    Example:
        >>> from bloqs.networks import load_example
        >>> arrays, metadata = stored_fields(load_example("digits-1").spec)
        >>> sorted(arrays), metadata["input_shape"]
        (['kernel_0', 'output_weights'], [4, 8, 8])
    """
    arrays: dict[str, FloatArray] = {}
    output = spec.output_weights
    metadata: dict[str, Any] = {
        "input_shape": list(spec.input_shape),
        # Without what is None, so that a network has the digest that it had before there were gaps.
        "activation": attrs.asdict(spec.activation, filter=lambda _, value: value is not None),
        "output_weights": _shape_fields(output) if isinstance(output, OutputShape) else None,
        "skip_weight": spec.skip_weight,
        "num_groups": spec.num_groups,
        "paths": spec.paths,
        "norm_bounds": None if spec.norm_bounds is None else [list(b) for b in spec.norm_bounds],
        "amplitude_bounds": (
            None if spec.amplitude_bounds is None else list(spec.amplitude_bounds)
        ),
    }
    # Only where they are there: a network without them has the digest that it had in version 1.
    if spec.argument_bounds is not None:
        metadata["argument_bounds"] = list(spec.argument_bounds)
    if spec.peak_bound is not None:
        metadata["peak_bound"] = spec.peak_bound
    if spec.bias_scale is not None:
        metadata["bias_scale"] = spec.bias_scale
    if isinstance(output, np.ndarray):
        arrays[_OUTPUT] = output
        metadata[_OUTPUT] = _OUTPUT
    if all(layer.kind == Residual.kind for layer in spec.layers):
        # As the first version wrote every network, so that it has the digest that it had.
        entries = {f"kernel_{i}": kernel for i, kernel in enumerate(spec.kernels)}
        metadata["kernels"] = [_entry(arrays, name, item) for name, item in entries.items()]
    else:
        metadata["layers"] = [
            {
                "kind": layer.kind,
                **{
                    field: _entry(arrays, f"layer_{i}_{field}", value)
                    for field, value in layer.stored().items()
                },
            }
            for i, layer in enumerate(spec.layers)
        ]
    return arrays, metadata


def read_fields(path: str | os.PathLike[str]) -> dict[str, Any]:
    """The fields of the network in a file, as `NetworkSpec` takes them.

    Args:
        path: a file that `NetworkSpec.save` wrote.

    Returns:
        name -> value, arguments of `NetworkSpec`.

    Raises:
        ValueError: the file is missing, truncated, altered, pickled, or holds no network; or a layer of a
            kind that is not registered.

    Example:
        >>> import tempfile
        >>> from bloqs.networks import load_example
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     load_example("digits-1").spec.save(f"{folder}/digits.npz")
        ...     read_fields(f"{folder}/digits.npz")["skip_weight"]
        0.02
    """
    arrays, metadata = storage.read(path)
    try:
        output = metadata[_OUTPUT]
        if isinstance(output, dict):
            output = OutputShape(**output)
        elif output is not None:
            output = arrays[output]
        activation = metadata["activation"]
        return {
            "input_shape": metadata["input_shape"],
            "layers": _restored_layers(arrays, metadata),
            "bias_scale": metadata.get("bias_scale"),
            "activation": Activation(**activation),
            "output_weights": output,
            **{
                name: metadata[name]
                for name in (
                    "skip_weight",
                    "num_groups",
                    "paths",
                    "norm_bounds",
                    "amplitude_bounds",
                )
            },
            **{name: metadata.get(name) for name in ("argument_bounds", "peak_bound")},
        }
    except (KeyError, TypeError) as error:
        raise ValueError(f"the model file {os.fspath(path)!r} is incomplete: {error}") from error
