"""A graph cut into what a layer of ours may compute: stems, blocks with a skip, pools, norms, the head."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import attrs
import numpy as np

from bloqs.interop.modules.graph import FloatArray, Graph, Operation
from bloqs.interop.modules.kernels import square_kernel
from bloqs.interop.modules.refusal import ImportRefusedError

NORMS = ("l2_norm", "layer_norm", "rms_norm")


@attrs.frozen(kw_only=True)
class Convolution:
    """A convolution with what follows it, folded: a kernel, a bias and a function.

    Parameters:
        names: of the operations, in order.
        weight: float64 `(C_out, C_in, D, D)`, batch norms and factors folded into it.
        bias: float64 `(C_out,)`, likewise.
        stride: 1 or 2.
        function: name of the activation; None where there is none.
        folded: names of the operations that were folded into the kernel.
        notes: what makes a square kernel of all channels of it, in words.

    Example:
        >>> Convolution(names=("stem",), weight=np.ones((1, 1, 1, 1)), bias=np.zeros(1), stride=1,
        ...             function="gelu", folded=()).function
        'gelu'
    """

    names: tuple[str, ...]
    weight: FloatArray = attrs.field(repr=False)
    bias: FloatArray = attrs.field(repr=False)
    stride: int
    function: str | None
    folded: tuple[str, ...]
    notes: tuple[str, ...] = ()


@attrs.frozen(kw_only=True)
class Segment:
    """What one layer of ours may compute.

    Parameters:
        kind: "stem", "residual", "downsample", "pool", "global pool", "norm", "flatten", "linear", "nothing".
        operations: of the graph.
        before: name of the value that it takes.
        after: name of the value that it makes.
        convolution: of a stem or block.

    Example:
        >>> step = Operation(kind="flatten", name="flat", inputs=("x",), output="y")
        >>> Segment(kind="flatten", operations=(step,), before="x", after="y").name
        'flat'
    """

    kind: str
    operations: tuple[Operation, ...]
    before: str
    after: str
    convolution: Convolution | None = None

    @property
    def name(self) -> str:
        """The names of its operations."""
        return " + ".join(dict.fromkeys(step.name for step in self.operations))


def segments(graph: Graph) -> Iterator[Segment]:
    """Cut a graph into segments, from the images on.

    Args:
        graph: of a network.

    Yields:
        The segments in order.

    Raises:
        ImportRefusedError: a part that is none of them; names its layer.

    Example:
        >>> import numpy as np
        >>> step = Operation(kind="conv", name="first", inputs=("x",), output="y", parameters={
        ...     "weight": np.full((1, 1, 1, 1), 2.0), "bias": None, "stride": (1, 1), "padding": (0, 0, 0, 0),
        ...     "dilation": (1, 1), "groups": 1})
        >>> graph = Graph(operations=(step,), input="x", output="y")
        >>> [(segment.kind, segment.name) for segment in segments(graph)]
        [('stem', 'first')]
    """
    value, dense, softmax = graph.input, "", ""
    while value != graph.output:
        users = graph.users(value)
        if not users:
            raise ImportRefusedError(value, "a result that nothing takes", "one result")
        found = _branch(graph, value, users) if len(users) > 1 else _step(graph, value, users[0])
        _check_end(found, dense, softmax)
        yield found
        value = found.after
        dense = found.name if found.kind == "linear" else dense
        softmax = found.name if found.operations[0].kind == "softmax" else softmax


def _check_end(found: Segment, dense: str, softmax: str) -> None:
    """Refuse what would change the scores behind the dense layer of this name, or behind the softmax."""
    kind = found.operations[0].kind
    if softmax and kind not in ("identity", "flatten"):
        raise ImportRefusedError(
            softmax, f"a softmax inside the network ({found.name!r} follows)", "one at its end"
        )
    if dense and found.kind not in ("nothing", "flatten"):
        raise ImportRefusedError(
            found.name,
            f"{kind} behind the dense layer {dense!r}",
            "one dense layer, at the end (of two in a row the product of their weights)",
        )


_SIMPLE = {
    "avg_pool": "pool", "flatten": "flatten", "global_avg_pool": "global pool", "identity": "nothing",
    "linear": "linear", "scale": "nothing", "softmax": "nothing", "l2_norm": "norm", "layer_norm": "norm",
    "rms_norm": "norm",
}  # fmt: skip


def _step(graph: Graph, value: str, step: Operation) -> Segment:
    if step.kind == "conv":
        steps, convolution = _chain(graph, step)
        return Segment(
            kind="stem",
            operations=steps,
            before=value,
            after=steps[-1].output,
            convolution=convolution,
        )
    if step.kind == "max_pool":
        raise ImportRefusedError(
            step.name, "max pooling is no smooth map of amplitudes", "AvgPool2d(2)"
        )
    if step.kind == "scale" and not step.parameters["factor"] > 0:
        raise ImportRefusedError(step.name, "a factor that is not positive", "a positive factor")
    if step.kind == "activation":
        raise ImportRefusedError(
            step.name,
            "a function that follows no convolution (a second dense layer is none of ours)",
            "conv, then the function",
        )
    if step.kind not in _SIMPLE:
        raise ImportRefusedError(
            step.name, f"{step.kind} at this place", "conv, norm, function, skip"
        )
    return Segment(kind=_SIMPLE[step.kind], operations=(step,), before=value, after=step.output)


def _chain(graph: Graph, first: Operation) -> tuple[tuple[Operation, ...], Convolution]:
    """A convolution, and the batch norms, factors and the function that follow it one by one."""
    p = first.parameters
    weight, bias = p["weight"], p["bias"]
    _check_convolution(first)
    weight, notes = square_kernel(weight, p["padding"][:2], p["dilation"], p["groups"])
    bias = np.zeros(len(weight)) if bias is None else bias
    steps, folded, function = [first], [], None
    while function is None:
        users = graph.users(steps[-1].output)
        if len(users) != 1 or steps[-1].output == graph.output:
            break
        (step,) = users
        if step.kind == "affine":
            scale = step.parameters["scale"]
            weight, bias = (
                weight * scale[:, None, None, None],
                bias * scale + step.parameters["shift"],
            )
        elif step.kind == "scale":
            weight, bias = weight * step.parameters["factor"], bias * step.parameters["factor"]
        elif step.kind == "activation":
            function = step.parameters["function"]
        elif step.kind != "identity":
            break
        if step.kind in ("affine", "scale"):
            folded.append(step.name)
        steps.append(step)
    convolution = Convolution(
        names=tuple(step.name for step in steps), weight=weight, bias=bias, stride=p["stride"][0],
        function=function, folded=tuple(folded), notes=notes,
    )  # fmt: skip
    return tuple(steps), convolution


def _check_convolution(step: Operation) -> None:
    """Refuse a convolution of a form that ours does not have."""
    p = step.parameters
    window = p["weight"].shape[2:]
    reach = [d * (size - 1) for size, d in zip(window, p["dilation"], strict=True)]
    if p["stride"] not in ((1, 1), (2, 2)):
        raise ImportRefusedError(step.name, f"a stride of {p['stride']}", "stride 1 or 2")
    low = p["padding"][:2]
    if not all(0 <= one <= most for one, most in zip(low, reach, strict=True)):
        raise ImportRefusedError(step.name, *padding_words(p))


def padding_words(parameters: Mapping[str, Any]) -> tuple[str, str]:
    """What is wrong with the padding of a convolution, and that which keeps the size of its image.

    Args:
        parameters: of the operation.

    Returns:
        The reason and the nearest that works.

    Example:
        >>> padding_words({"weight": np.ones((1, 1, 3, 3)), "padding": (4, 4, 4, 4), "dilation": (1, 1)})
        ('padding (4, 4, 4, 4) of a window of 3', 'padding=1')
    """
    window, padding = parameters["weight"].shape[2:], tuple(parameters["padding"])
    reach = [d * (size - 1) for size, d in zip(window, parameters["dilation"], strict=True)]
    halves = [one // 2 for one in reach]
    if any(one % 2 for one in reach):
        mend = "padding='same'"
    else:
        mend = f"padding={halves[0] if halves[0] == halves[1] else tuple(halves)}"
    size = f"{window[0]}" if window[0] == window[1] else f"{window[0]} x {window[1]}"
    return f"padding {padding} of a window of {size}", mend


def _branch(graph: Graph, value: str, users: list[Operation]) -> Segment:
    """A value that is taken twice: a skip and a convolution that meet in a sum."""
    name = users[0].name
    if len(users) != 2:
        raise ImportRefusedError(name, f"a value that {len(users)} layers take", "one skip")
    arms = [_arm(graph, value, user) for user in users]
    kinds = {kind for kind, *_ in arms}
    last = {end for *_, end in arms}
    adds = [step for step in graph.operations if step.kind == "add" and set(step.inputs) == last]
    if len(arms) != 2 or "conv" not in kinds or len(last) != 2 or not adds:
        raise ImportRefusedError(
            name,
            "branches that are no skip around one convolution with its function "
            f"(found {' and '.join(sorted(kinds))})",
            "x + f(conv(x))",
        )
    other, own = sorted(arms, key=lambda arm: arm[0] == "conv")
    if other[0] == "conv":
        raise ImportRefusedError(
            name, "a convolution in the skip", "AvgPool2d(2) and zero channels in the skip"
        )
    _check_sum(graph, adds[0])
    return Segment(
        kind="residual" if other[0] == "skip" else "downsample",
        operations=(*own[1], *other[1], adds[0]),
        before=value,
        after=adds[0].output,
        convolution=own[2],
    )


_Arm = tuple[str, tuple[Operation, ...], "Convolution | None", str]


def _arm(graph: Graph, value: str, user: Operation) -> _Arm:
    """One way from a value to the sum: its kind, operations, convolution and last value."""
    if user.kind == "add":
        return ("skip", (), None, value)
    if user.kind == "conv":
        steps, convolution = _chain(graph, user)
        return ("conv", steps, convolution, steps[-1].output)
    passed: list[Operation] = []
    step = user
    while step.kind in ("avg_pool", "pad_channels", "identity"):
        passed.append(step)
        following = graph.users(step.output)
        if len(following) != 1 or following[0].kind == "add":
            return ("pool", tuple(passed), None, step.output)
        (step,) = following
    return (step.kind, (step,), None, step.output)


def _check_sum(graph: Graph, add: Operation) -> None:
    """Refuse a function of the sum."""
    following = graph.users(add.output)
    if len(following) == 1 and following[0].kind == "activation":
        raise ImportRefusedError(
            following[0].name,
            "a function after the skip's sum",
            "x + f(conv(x)), the function inside",
        )
