"""Whether the operations read from a PyTorch module make what the module makes, operation by operation."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np

from bloqs.interop.modules.graph import FloatArray, Graph
from bloqs.interop.modules.refusal import ImportRefusedError
from bloqs.interop.modules.torch_graph import traced

NUM_IMAGES = 8
"""Images on which the two are compared."""

_ROUNDING, _LEAST, _MOST = 1e4, 1e-9, 0.05
"""Units in the last place that a value may be off, relative to the largest; at least and at most so much."""


def check_values(module: Any, graph: Graph, images: FloatArray) -> None:
    """Refuse a module that does something else than its operations say.

    Hooks, weights that are made anew in every call, values changed in place, and chance are not seen in what
    `torch.fx` traces; they are seen in the values.

    Args:
        module: a `torch.nn.Module`; run in evaluation mode, and left as it was.
        graph: its operations, of `torch_graph`.
        images: float64 `(B, C, M, M)`.

    Raises:
        ImportRefusedError: a value that differs, by the name of its layer; or the module does not run.
        ValueError: no module, or an operation that does not fit the shape of what it is given.

    Example:
        >>> check_values("model.pt", Graph(operations=(), input="x", output="x"), np.ones((2, 1, 2, 2)))
        Traceback (most recent call last):
        ...
        ValueError: module must be a torch.nn.Module, found 'model.pt'; a file is not opened, since ...
    """
    images = images[:NUM_IMAGES]
    ours = graph.values(images)
    theirs, tolerance = _values_of_module(module, images)
    places = [(step.name, step.output, step.output) for step in graph.operations]
    for name, output, node in [*places, (type(module).__name__, graph.output, "")]:
        if node not in theirs:
            continue
        wanted, found = theirs[node], ours[output]
        if not np.isfinite(wanted).all():
            continue  # told of the images, with the layer
        size = float(np.abs(wanted).max(initial=0.0))
        fits = wanted.shape == found.shape
        change = float(np.abs(wanted - found).max(initial=0.0)) if fits else np.inf
        if not change <= tolerance * size:
            raise ImportRefusedError(
                name,
                "in the module it makes something else than such a layer does (by "
                f"{change / size if size else change:.2g} of its largest value: a hook, weights made anew in "
                "each call, a change in place, or chance)",
                "a module without them (torch.nn.utils.remove_weight_norm takes a weight norm off)",
            )


def _values_of_module(module: Any, images: FloatArray) -> tuple[dict[str, FloatArray], float]:
    """Values by the name of their node, the whole result by the name "", and how far they may be off."""
    with traced(module) as operations:
        import torch

        tensors = itertools.chain(module.parameters(), module.buffers())
        like = next((one for one in tensors if one.is_floating_point()), torch.zeros(1).double())
        theirs: dict[str, FloatArray] = {}

        class Recorder(torch.fx.Interpreter):  # type: ignore[misc]  # torch has no types here
            def run_node(self, n: Any) -> Any:
                result = super().run_node(n)
                if isinstance(result, torch.Tensor):
                    # A copy: a later operation may change it in place.
                    theirs[n.name] = result.detach().cpu().double().numpy().copy()
                return result

        given = torch.from_numpy(np.ascontiguousarray(images)).to(like)
        try:
            with torch.no_grad():
                Recorder(operations).run(given.clone())
                whole = module(given.clone())
        except Exception as error:
            raise ImportRefusedError(
                type(module).__name__,
                f"it does not run on these images ({error})",
                "images of the shape that it takes",
            ) from error
        theirs[""] = whole.detach().cpu().double().numpy()
        return theirs, min(_MOST, max(_LEAST, _ROUNDING * float(torch.finfo(like.dtype).eps)))
