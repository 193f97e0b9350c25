"""The controls of the explorer as data: what each may be set to, and in which words."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import attrs

from bloqs.convolution import STRATEGIES
from bloqs.costs import ROTATION_MODELS, SURFACE_CODE_MODELS, Uncompute
from bloqs.costs.surface_code.presets import PRESETS
from bloqs.layers import OUTPUTS
from bloqs.layers.forms import FORMS
from bloqs.loading import LOADERS, MEMORY_MODELS
from bloqs.messages import shown
from bloqs.networks.bounds import NORM_BOUNDS

SIZES = (None, *(2**i for i in range(2, 11)))
"""M: the model's own, or a power of two."""

CHANNELS = (None, 1, 2, 3, 4, 8, 16, 32, 64)
"""C: the model's own, or so many."""

BLOCKS = (None, 1, 2, 3, 4, 5, 6)
"""k: the model's own, or so many."""

KERNELS = (None, 1, 3, 5, 7)
"""D: the model's own, or so many rows and columns."""

EPSILONS = (1e-3, 2e-3, 5e-3, 1e-2, 2e-2, 5e-2, 0.1)
"""Few enough that each can be solved before it is asked for."""

PHYSICAL_ERRORS = (None, 1e-4, 2e-4, 5e-4, 1e-3, 2e-3, 5e-3)
"""The preset's own, or an error rate of a physical gate."""

FACTORIES = (1, 2, 4, 8, 16, 32, 64, "auto")
"""That work in parallel; auto: as many as keep up."""

MIN_DEGREES = (0, 1, 3, 5, 7, 9)
"""Least degree of an activation's polynomial: any, or no block that is linear, or more."""

QUERY_ERRORS = (0.0, 1e-14, 1e-13, 1e-12, 1e-11, 1e-10, 1e-9, 1e-8, 1e-7)
"""Probability that a query of a hardware memory fails; of the bundled models some bear more than others."""

OWN = "own"
"""In a link and in the page: as the model, the machine or the network has it."""


def word(value: Any) -> str:
    """A choice as it stands in a link.

    Args:
        value: None, a truth value, a number or a name.

    Returns:
        Text.

    Example:
        >>> word(None), word(True), word(1e-3), word("qrom")
        ('own', 'yes', '0.001', 'qrom')
    """
    if value is None:
        return OWN
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:g}" if isinstance(value, float) else str(value)


@attrs.frozen
class Control:
    """One control.

    Parameters:
        name: of the field of `bloqs.explore.State`.
        label: beside it on the page.
        group: the heading that it stands under.
        source: the choices; a registry is asked each time, so that what a user has registered is there.
        own: the word for None on the page.
        is_slider: whether the choices are numbers to slide along.

    Example:
        >>> CONTROLS["epsilon"].read("0.02")
        0.02
        >>> CONTROLS["kernel"].read("4")
        Traceback (most recent call last):
        ...
        ValueError: kernel must be one of own, 1, 3, 5, 7, found '4'
    """

    name: str
    label: str
    group: str
    source: Callable[[], Any]
    own: str = ""
    is_slider: bool = False

    @property
    def choices(self) -> tuple[Any, ...]:
        """What it may be set to, in order."""
        return tuple(self.source())

    def read(self, text: Any) -> Any:
        """The choice that a word stands for.

        Args:
            text: as in a link.

        Returns:
            The choice.

        Raises:
            ValueError: it stands for none; the message lists the words.
        """
        for choice in self.choices:
            if isinstance(text, str) and text == word(choice):
                return choice
        words = ", ".join(map(word, self.choices))
        raise ValueError(f"{self.name} must be one of {words}, found {shown(text)}")


def _names(*known: Any) -> Callable[[], Any]:
    return lambda: known


CONTROLS = {
    one.name: one
    for one in (
        Control("channels", "channels C", "Network", _names(*CHANNELS), "the model's"),
        Control("size", "image size M", "Network", _names(*SIZES), "the model's"),
        Control("blocks", "residual blocks k", "Network", _names(*BLOCKS), "the model's"),
        Control("kernel", "kernel size D", "Network", _names(*KERNELS), "the model's"),
        Control("output_layer", "output layer", "Network", _names(True, False)),
        Control("form", "circuits", "Network", lambda: FORMS),
        Control("epsilon", "epsilon", "Accuracy", _names(*EPSILONS), is_slider=True),
        Control("norm_bounds", "bands of the norms", "Accuracy", lambda: NORM_BOUNDS),
        Control("min_degree", "least degree of an activation", "Accuracy", _names(*MIN_DEGREES)),
        Control("output", "last normalisation", "Accuracy", lambda: OUTPUTS),
        Control("regime", "regime", "Data", _names(None, 1, 2, 3), "the first that fits"),
        Control("loading", "loader", "Data", lambda: LOADERS),
        Control("qram", "memory model", "Data", lambda: MEMORY_MODELS),
        Control("query_error", "error of a query", "Data", _names(*QUERY_ERRORS)),
        Control("uncompute", "unloading", "Data", lambda: (str(one) for one in Uncompute)),
        Control("convolution", "convolution", "Data", lambda: STRATEGIES),
        Control("rotation_model", "rotation model", "Machine", lambda: ROTATION_MODELS),
        Control("surface_code", "machine", "Machine", lambda: SURFACE_CODE_MODELS),
        Control("preset", "hardware", "Machine", lambda: (None, *PRESETS), "the machine's"),
        Control(
            "physical_error",
            "physical error",
            "Machine",
            _names(*PHYSICAL_ERRORS),
            "own",
            is_slider=True,
        ),
        Control("factories", "factories", "Machine", _names(*FACTORIES)),
    )
}
"""By name, in the order of the page; the model and the two bands stand beside them."""
