"""What the controls of the explorer are set to: a record that a link holds, and nothing else gets into."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import parse_qsl, urlencode

import attrs

from bloqs.checks import instance, number, one_of, sequence
from bloqs.explore.controls import CONTROLS, word
from bloqs.messages import shown
from bloqs.networks.bounds import Bounds
from bloqs.networks.examples import EXAMPLES

MAX_LINK = 2000
"""Characters of a link's query, at most."""

MAX_NORM = 1e3
"""Of a band, at most: a vector of unit norm and a layer's step added to it stay far below."""

BANDS = ("block_band", "output_band")


def read_band(text: Any, name: str) -> Bounds | None:
    """A band of norms as it is typed.

    Args:
        text: "LO,HI", or nothing.
        name: for the message.

    Returns:
        The pair; None for nothing.

    Raises:
        ValueError: anything else.

    Example:
        >>> read_band("0.9,1.3", "block_band")
        (0.9, 1.3)
        >>> read_band("1.3", "block_band")
        Traceback (most recent call last):
        ...
        ValueError: block_band takes two numbers LO,HI with 0 < LO <= HI <= 1000, such as 0.9,1.3; found '1.3'
    """
    if text is None or text == "":
        return None
    parts = text.split(",") if isinstance(text, str) else ()
    return _band([_as_number(part) for part in parts], name, text)


def _as_number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan


def _band(ends: Any, name: str, found: Any) -> Bounds:
    """Two numbers as a band, or the refusal of what was found."""
    try:
        low, high = (number(end, name) for end in sequence(ends, name, most=2))
    except ValueError:
        low = high = 0.0
    if not 0 < low <= high <= MAX_NORM:
        raise ValueError(
            f"{name} takes two numbers LO,HI with 0 < LO <= HI <= {MAX_NORM:g}, such as 0.9,1.3; found "
            f"{shown(found)}"
        )
    return low, high


@attrs.frozen(kw_only=True)
class State:
    """A network, how it is built and counted, and where it runs.

    Parameters:
        model: name of a bundled model, or of the file that the explorer was started with.
        channels: C; None for the model's own, as the next three. With any other shape the network is no
            longer the model: it is costed by `NetworkSpec.from_shapes`.
        size: M.
        blocks: k.
        kernel: D.
        output_layer: whether the output layer is there.
        form: "ours" or "published", whose circuits.
        epsilon: 2-norm error, as `bloqs.report.Settings` has it and all that follow.
        norm_bounds: "calibrated" or "worst-case".
        block_band: `(lo, hi)` of the norm of every block instead; None for those of `norm_bounds`.
        output_band: the same of the output layer.
        min_degree: least degree of an activation's polynomial.
        output: "coherent" or "heralded".
        regime: 1, 2, 3 or None.
        loading: a loader.
        qram: a memory model.
        query_error: probability that a query of it fails.
        uncompute: how tables are unloaded.
        convolution: a strategy.
        rotation_model: T of a rotation.
        surface_code: a machine.
        preset: its hardware, or None.
        physical_error: or None.
        factories: a number, or "auto".

    Raises:
        ValueError: a value that the explorer's controls do not have.

    Example:
        >>> state = State(model="digits-2", epsilon=0.02, block_band=(0.9, 1.3))
        >>> state.query
        'model=digits-2&epsilon=0.02&block_band=0.9%2C1.3'
        >>> State.from_query(state.query) == state
        True
        >>> State.from_query("epsilon=__import__('os')")
        Traceback (most recent call last):
        ...
        ValueError: epsilon must be one of 0.001, 0.002, ..., found "__import__('os')"
    """

    model: str = "digits-1"
    channels: int | None = None
    size: int | None = None
    blocks: int | None = None
    kernel: int | None = None
    output_layer: bool = True
    form: str = "ours"
    epsilon: float = 1e-2
    norm_bounds: str = "calibrated"
    block_band: Bounds | None = None
    output_band: Bounds | None = None
    min_degree: int = 0
    output: str = "coherent"
    regime: int | None = None
    loading: str = "select-swap"
    qram: str = "select-swap"
    query_error: float = 0.0
    uncompute: str = "unitary"
    convolution: str = "columns-or-rows"
    rotation_model: str = "repeat-until-success"
    surface_code: str = "gidney-fowler"
    preset: str | None = None
    physical_error: float | None = None
    factories: int | str = 1

    def __attrs_post_init__(self) -> None:
        for name, control in CONTROLS.items():
            one_of(getattr(self, name), name, control.choices)
        for name in BANDS:
            band = getattr(self, name)
            if band is not None:
                _band(band, name, band)

    @property
    def texts(self) -> dict[str, str]:
        """Every field as it stands in a link."""
        found = {"model": self.model}
        for field in attrs.fields(State)[1:]:
            value = getattr(self, field.name)
            found[field.name] = _band_word(value) if field.name in BANDS else word(value)
        return found

    @property
    def query(self) -> str:
        """The part of a link behind the question mark: the model, and what differs from the defaults."""
        usual = State(model=self.model).texts
        found = {
            name: text
            for name, text in self.texts.items()
            if name == "model" or text != usual[name]
        }
        return urlencode(found)

    @classmethod
    def from_texts(cls, texts: Mapping[str, Any], models: Iterable[str] = tuple(EXAMPLES)) -> State:
        """The state that words stand for.

        Args:
            texts: name of a field -> its word; the defaults where one is missing.
            models: names that the model may have, the default first. A path is none of them: a link opens no
                file.

        Returns:
            The state.

        Raises:
            ValueError: an unknown field, or a word that is no choice of it.
        """
        instance(texts, "texts", Mapping, "a mapping of the explorer's controls")
        known = [field.name for field in attrs.fields(cls)]
        allowed = sequence(models, "models", "a sequence of names")
        if not (allowed and all(isinstance(name, str) for name in allowed)):
            raise ValueError(f"models must be names, one at least, found {shown(models)}")
        given: dict[str, Any] = {"model": allowed[0]}
        for name, text in texts.items():
            if name not in known:
                raise ValueError(f"the explorer has no control {shown(name)}")
            if name == "model":
                given[name] = one_of(text, "model", allowed)
            elif name in BANDS:
                given[name] = read_band(text, name)
            else:
                given[name] = CONTROLS[name].read(text)
        return cls(**given)

    @classmethod
    def from_query(cls, query: str, models: Iterable[str] = tuple(EXAMPLES)) -> State:
        """The state in a link.

        Args:
            query: the part behind the question mark, with or without it.
            models: as in `from_texts`.

        Returns:
            The state.

        Raises:
            ValueError: the link is too long, names a control twice or one that there is not, or a value that
                the control does not have.
        """
        instance(query, "query", str, "the text of a link")
        if len(query) > MAX_LINK:
            raise ValueError(
                f"the link holds {len(query)} characters, more than the {MAX_LINK} that any state takes"
            )
        try:
            pairs = parse_qsl(
                query.removeprefix("?"), keep_blank_values=True, max_num_fields=40, errors="strict"
            )
        except ValueError:  # bytes that are no text, or too many fields
            raise ValueError("the link cannot be read; take one that the explorer made") from None
        names = [name for name, _ in pairs]
        for name in names:
            if names.count(name) > 1:
                raise ValueError(f"the link sets {shown(name)} more than once")
        return cls.from_texts(dict(pairs), models)


def _band_word(band: Bounds | None) -> str:
    return "" if band is None else f"{float(band[0])!r},{float(band[1])!r}"
