"""Networks of other libraries as networks of ours: `from_torch`, `from_onnx`."""

from __future__ import annotations

import os
from typing import Any

import numpy.typing as npt

from bloqs.interop.modules.imported import (
    ImportedNetwork,
    ImportRefusedError,
    imported_network,
    to_tensors,
)

__all__ = ["ImportRefusedError", "ImportedNetwork", "from_onnx", "from_torch"]


def from_torch(
    module: Any,
    images: npt.ArrayLike,
    labels: npt.ArrayLike | None = None,
    *,
    relu_gap: float | None = None,
    biases: bool = True,
    head: str = "fitted",
    relu_sharpness: float = 4.0,
) -> ImportedNetwork:
    """A network of ours from a PyTorch module, with a table of what became of each of its layers.

    The vectors of ours have unit norm after every layer, one function f serves all layers, and f is smooth.
    A layer of the module is *mapped* where the unit vector behind it is the same for all images, to 1e-6;
    *folded* into the one before (batch norms, factors); *changed*, and then the table says how, and by how
    much it alone moves a unit vector; or the module is *refused*, with the layer, the reason and what works.
    A norm of the weights above 1 goes into the gain of f, so that no kernel need be divided by it. A dense
    layer at the end is mapped where its input has one pixel, and then class c is read out with the square of
    its score (scores are raised where the largest would not have the largest square); on a larger tensor it
    is changed to an output block that is fitted to the module's own classes, or mapped, if `head` says so.
    Before that the module is run on some of the images: a layer of it that makes something else than its kind
    does, by a hook or by chance, is refused. A softmax at the end is left out, which keeps the class.
    Biases are weights of a constant channel. It is scaled with the image, and with the vectors between the
    layers, so that a bias is exact where their norms are the same for all images; the table tells by how much
    they vary. The mean that a layer norm takes off is that of the typical image, through the same channel.

    Args:
        module: a `torch.nn.Module` of `Conv2d`, `ReLU`, `GELU`, `SiLU`, `Tanh`, skips, `BatchNorm2d`,
            `LayerNorm`, `GroupNorm(1, C)`, `RMSNorm`, `AvgPool2d(2)`, `AdaptiveAvgPool2d(1)`, `Flatten`,
            `Linear`; traced by `torch.fx` in evaluation mode.
        images: float `(B, M, M)` or `(B, C, M, M)`, as the module takes them. Bounds are calibrated on them.
        labels: int `(B,)`, class of each image.
        relu_gap: for ReLU: take it itself, certified for arguments of at least this modulus (images with
            smaller ones are refused later); None for a smooth function near it.
        biases: whether to carry biases by a constant channel, a qubit more as a rule; False leaves them out.
        head: of a dense layer on more than one pixel: "fitted", or "exact" for a convolution that sees the
            whole image, and stems that keep the one pixel: as accurate as the module, at many times the cost.
        relu_sharpness: of the smooth function near a ReLU, `gelu(s u)/s`: s is this over the root mean square
            of the arguments, 0.01 to 100. Degrees grow with it: compare accuracies at 0.25 to 4.

    Returns:
        `.spec`, `.mapping`, `.accuracy` beside `.original_accuracy`; printed, a loss is said first.

    Raises:
        ImportRefusedError: a layer that no layer of ours computes.
        ValueError: no module, malformed images or labels.
        ModuleNotFoundError: torch is not installed.

    Example:
        >>> from_torch("model.pt", [[[1.0]], [[2.0]]])
        Traceback (most recent call last):
        ...
        ValueError: module must be a torch.nn.Module, found 'model.pt'; a file is not opened, since ...
    """
    from bloqs.interop.modules.torch_check import check_values
    from bloqs.interop.modules.torch_graph import torch_graph

    graph = torch_graph(module)
    check_values(module, graph, to_tensors(images))
    return imported_network(graph, images, labels, relu_gap, biases, head, relu_sharpness)


def from_onnx(
    path: str | os.PathLike[str],
    images: npt.ArrayLike,
    labels: npt.ArrayLike | None = None,
    *,
    relu_gap: float | None = None,
    biases: bool = True,
    head: str = "fitted",
    relu_sharpness: float = 4.0,
) -> ImportedNetwork:
    """A network of ours from an ONNX file; see `from_torch` for what becomes of its layers.

    Args:
        path: of the file. It is parsed, never run, and nothing in it is unpickled.
        images: as in `from_torch`.
        labels: as in `from_torch`.
        relu_gap: as in `from_torch`.
        biases: as in `from_torch`.
        head: as in `from_torch`.
        relu_sharpness: as in `from_torch`.

    Returns:
        As `from_torch`.

    Raises:
        ImportRefusedError: a layer that no layer of ours computes.
        ValueError: no ONNX file, malformed images or labels.
        ModuleNotFoundError: the package `onnx` is not installed (extra `interop`).

    Example:
        >>> from_onnx("nowhere.onnx", [[[1.0]], [[2.0]]])
        Traceback (most recent call last):
        ...
        ValueError: path 'nowhere.onnx' cannot be read: No such file or directory
    """
    from bloqs.interop.modules.onnx_graph import onnx_graph

    return imported_network(
        onnx_graph(path), images, labels, relu_gap, biases, head, relu_sharpness
    )
