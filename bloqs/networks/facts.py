"""What the assembly of a network found out, in one record: degrees, bits, bounds, alphas, split, budget."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

import attrs
import cattrs

from bloqs.core.budget import KNOWN_LATER, BudgetItem, ErrorBudget, ErrorSplit
from bloqs.layers import LayerFacts

VERSION = 2
"""Of the stored form; 1 was the block of assumptions itself."""

GATE_LEVEL_REMARK = "gate level"
"""Name of the remark about what is contracted where no loader was named."""


@attrs.frozen(kw_only=True)
class NetworkFacts:
    """What the assembly of a network found out.

    Parameters:
        regime: how data reach the machine, in words.
        loading: name of the loader asked for, or of the one taken where none was.
        loaders: name of the loader of each piece, by the piece's name.
        convolution: name of the strategy by which kernels are encoded.
        paths: number of input paths.
        angle_bits: bits of a tabulated angle; None where angles are exact.
        has_data: whether it is built by data; else by shape.
        epsilon: 2-norm error asked for.
        stated_epsilon: 2-norm error that the encoding states, rotation synthesis and the machine left out.
        output: the last normalisation, in words.
        bounds_origin: "calibrated", "worst-case" or "given".
        activation: name of f.
        gain: gain of f.
        layers: the facts of each layer, in order.
        budget: where epsilon goes.
        synthesis_epsilon: spectral-norm error left for the synthesis of all rotations.
        failure_probability: what epsilon leaves for a run of the machine.
        remarks: what else a reader must know, name -> words.
        is_default_loading: whether no loader was asked for.

    Example:
        >>> from bloqs.networks import load_example
        >>> facts = load_example("digits-1").spec.cost_bloq(epsilon=0.05).facts
        >>> facts.layer_names, facts.stated_epsilon < facts.epsilon
        (('block 1', 'output'), True)
        >>> NetworkFacts.from_json(facts.to_json()) == facts
        True
    """

    regime: str
    loading: str
    loaders: Mapping[str, str]
    convolution: str
    paths: int
    angle_bits: int | None
    has_data: bool
    epsilon: float
    stated_epsilon: float
    output: str
    bounds_origin: str
    activation: str
    gain: float
    layers: tuple[LayerFacts, ...]
    budget: ErrorBudget
    synthesis_epsilon: float
    failure_probability: float
    remarks: Mapping[str, str] = attrs.field(factory=dict)
    is_default_loading: bool = False

    @property
    def layer_names(self) -> tuple[str, ...]:
        """Names of the layers, in order."""
        return tuple(layer.name for layer in self.layers)

    @property
    def activation_degrees(self) -> list[int]:
        """Degrees of the layers' own polynomials, in order."""
        return [layer.degree for layer in self.layers if layer.degree is not None]

    @property
    def amplification_degrees(self) -> list[int]:
        """Degrees of the amplifications, in order; for a heralded one the number of its calls."""
        return [layer.amplification for layer in self.layers if layer.amplification is not None]

    @property
    def query_overhead(self) -> float | None:
        """Expected calls of the input over the least for these degrees; None where not known.

        The product over the layers of what each makes of its input's calls.
        """
        parts = [layer.overhead for layer in self.layers]
        known = [part for part in parts if part is not None]
        return math.prod(known) if len(known) == len(parts) else None

    def _share(self, layer: LayerFacts) -> float:
        """Of a layer in the logarithm of all calls, which are the product over the layers."""
        total = sum(math.log(max(1.0, one.calls or 1.0)) for one in self.layers)
        return math.log(max(1.0, layer.calls or 1.0)) / total if total > 0 else 1 / len(self.layers)

    @property
    def assumptions(self) -> dict[str, Any]:
        """The block of assumptions: short names to words, numbers and lists of them."""
        norms = {layer.name: list(layer.norms) for layer in self.layers}
        notes: dict[str, Any] = {
            "regime": self.regime,
            "loading": self.loading,
            "loaders": dict(self.loaders),
            "input paths": self.paths,
            "angle bits": self.angle_bits,
            "data": "by data" if self.has_data else "by shape (upper bound)",
            "epsilon asked": self.epsilon,
            "epsilon stated": self.stated_epsilon,
            "epsilon for rotation synthesis": self.synthesis_epsilon,
            "failure probability allowed in a run": self.failure_probability,
            "output": self.output,
            "norm bounds": {"origin": self.bounds_origin, **norms},
            "amplitude bounds": [
                layer.amplitude for layer in self.layers if layer.amplitude is not None
            ],
            "convolution": self.convolution,
            "convolution alpha": [
                {
                    "value": layer.alpha,
                    "origin": "measured" if layer.is_alpha_measured else "from shapes",
                }
                for layer in self.layers
                if layer.alpha is not None
            ],
            "activation": f"{self.activation}, gain {self.gain}",
            "activation degrees": self.activation_degrees,
            "amplification degrees": self.amplification_degrees,
        }
        arguments = [layer.argument for layer in self.layers if layer.argument is not None]
        if arguments:
            notes["bounds of the norm of arguments"] = arguments
        if self.query_overhead is not None:
            notes["query overhead"] = round(self.query_overhead, 3)
        for layer in self.layers:
            notes.update(layer.notes)
            if layer.why_so_dear is not None:
                share = self._share(layer)
                notes[f"why {layer.name} is so dear"] = (
                    f"{share:.0%} of the cost (of the logarithm of all calls): {layer.why_so_dear}"
                )
        return {**notes, **self.remarks}

    def to_json(self) -> str:
        """The stored form."""
        return json.dumps({"version": VERSION, **_CONVERTER.unstructure(self)})

    @staticmethod
    def is_current(text: str) -> bool:
        """Whether a stored form is of this version, by its first entry."""
        return text.startswith(f'{{"version": {VERSION},')

    @classmethod
    def from_json(cls, text: str) -> NetworkFacts | SymbolicFacts | None:
        """The inverse of `to_json`; it reads the form that version 1 stored too.

        Args:
            text: the stored form.

        Returns:
            The facts; None for an empty object.

        Raises:
            ValueError: a later version, or no such record.
        """
        values = json.loads(text)
        if not values:
            return None
        version = values.pop("version", 1)
        if version == 1:
            return _from_version_1(values)
        if version != VERSION:
            raise ValueError(
                f"the facts of a network have version {version}; this version of the library reads "
                f"{VERSION} and 1"
            )
        try:
            if "symbols" in values:
                return _CONVERTER.structure(values, SymbolicFacts)
            return _CONVERTER.structure(values, NetworkFacts)
        except cattrs.BaseValidationError as error:
            raise ValueError(f"the facts of a network cannot be read: {error}") from error


@attrs.frozen(kw_only=True)
class SymbolicFacts:
    """What is known of a network in symbols.

    Parameters:
        loading: name of the loader.
        output: name of the last normalisation.
        symbols: letter -> what it stands for.

    Example:
        >>> from bloqs.networks.symbolic import symbolic_network
        >>> symbolic_network(1).facts.symbols["C"]
        'channels of the tensor'
    """

    loading: str
    output: str
    symbols: Mapping[str, str]

    budget = None
    synthesis_epsilon = None
    failure_probability = None
    query_overhead = None
    layer_names = ()

    @property
    def assumptions(self) -> dict[str, Any]:
        """The block of assumptions."""
        return {
            "loading": self.loading,
            "data": "by shape (upper bound), sizes and degrees as symbols",
            "output": self.output,
            "symbols": dict(self.symbols),
        }

    def to_json(self) -> str:
        """The stored form."""
        return json.dumps({"version": VERSION, **_CONVERTER.unstructure(self)})


_CONVERTER = cattrs.Converter()


def _unknown_used(item: BudgetItem) -> BudgetItem:
    """A budget of version 1, which said of what is not known yet that it uses all it was given."""
    if item.parts:
        return attrs.evolve(item, parts=tuple(_unknown_used(part) for part in item.parts))
    return attrs.evolve(item, used=None) if item.name in KNOWN_LATER else item


def _from_version_1(values: Mapping[str, Any]) -> NetworkFacts | SymbolicFacts:
    """Of the block of assumptions and the budget, as version 1 stored them."""
    notes = dict(values["assumptions"])
    if "symbols" in notes:
        return SymbolicFacts(
            loading=notes["loading"], output=notes["output"], symbols=notes["symbols"]
        )
    root = _unknown_used(_CONVERTER.structure(values["budget"]["root"], BudgetItem))
    budget = ErrorBudget(
        epsilon=values["budget"]["epsilon"],
        root=root,
        split=ErrorSplit(**values["budget"]["split"]),
    )
    norms = dict(notes["norm bounds"])
    origin = norms.pop("origin")
    degrees, alphas = iter(notes["activation degrees"]), iter(notes["convolution alpha"])
    amplitudes = iter(notes["amplitude bounds"])
    output_notes = {
        name: notes[name] for name in ("skip weight tau", "column norm bound beta") if name in notes
    }
    layers = []
    for (name, pair), calls in zip(norms.items(), notes["amplification degrees"], strict=True):
        alpha = None if name == "output" else next(alphas)
        layers.append(
            LayerFacts(
                name=name,
                norms=(pair[0], pair[1]),
                degree=None if alpha is None else next(degrees),
                amplitude=None if alpha is None else next(amplitudes),
                alpha=None if alpha is None else alpha["value"],
                is_alpha_measured=alpha is None or alpha["origin"] == "measured",
                amplification=calls,
                notes=output_notes if alpha is None else {},
            )
        )
    activation, gain = notes["activation"].split(", gain ")
    return NetworkFacts(
        regime=notes["regime"],
        loading=notes["loading"],
        loaders=notes["loaders"],
        convolution="columns-or-rows",
        paths=notes["input paths"],
        angle_bits=notes["angle bits"],
        has_data=notes["data"] == "by data",
        epsilon=notes["epsilon asked"],
        stated_epsilon=notes["epsilon stated"],
        output=notes["output"],
        bounds_origin=origin,
        activation=activation,
        gain=float(gain),
        layers=tuple(layers),
        budget=budget,
        synthesis_epsilon=notes["epsilon for rotation synthesis"],
        failure_probability=notes["failure probability allowed in a run"],
        remarks={"image size": notes["image size"]} if "image size" in notes else {},
    )
