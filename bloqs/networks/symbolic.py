"""Networks in symbols: every size and every degree a letter, and the cost recurrence layer by layer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs
import sympy
from qualtran import Bloq
from qualtran.resource_counting import GateCounts, QECGatesCost, get_cost_value
from qualtran.symbolics import SymbolicInt, ceil, is_symbolic, log2

from bloqs.activation import Activation
from bloqs.convolution import DEFAULT_STRATEGY
from bloqs.core.chain import chain
from bloqs.core.counts import as_count, toffoli_like
from bloqs.core.encoding import VectorEncoding
from bloqs.layers import OUTPUTS, Geometry, Layer, Output, Residual, Stage
from bloqs.layers.amplification import Amplification
from bloqs.layers.facts import SymbolicSizes
from bloqs.layers.geometry import bits_of
from bloqs.layers.shapes import KernelShape, OutputShape
from bloqs.loading import LOADERS, LoadedVector
from bloqs.networks.facts import SymbolicFacts
from bloqs.networks.network import ResidualNetwork

SYMBOLS = {
    "C": "channels of the tensor",
    "D": "kernel size",
    "m": "qubits of an image axis: the image is 2**m by 2**m",
    "b": "bits of a tabulated angle",
    "d_i": "even degree of the activation polynomial of block i",
    "q_i": "odd degree of the amplification of layer i (heralded: its calls, 2 rounds + 1)",
}
"""The letters of a symbolic network."""


def symbolic_network(
    num_blocks: int,
    *,
    output_layer: bool = True,
    loading: str = "qrom",
    output: str = "coherent",
    channels: SymbolicInt | None = None,
    kernel_size: SymbolicInt | None = None,
    axis_bits: SymbolicInt | None = None,
    angle_bits: SymbolicInt | None = None,
    row_bits: SymbolicInt | None = None,
) -> ResidualNetwork:
    r"""The network of `NetworkSpec.cost_bloq` with letters for its sizes and degrees.

    For a fixed number of blocks k its call graph and costs are closed forms in `C, D, m, b` and the degrees
    `d_1 ... d_k`, `q_1 ... q_{k+1}`. With numbers put in they are, exactly, those of the network by shape
    with those numbers (image side `2**m`), for kernels of D at most `2 * 2**m - 1` (of a larger one some taps
    meet no pixel, and the network with numbers leaves them out) and, heralded, one round at least. What
    depends on the values of data or polynomials is not known: `alpha`, `epsilon` and the error budget, so
    that `estimate` takes the default synthesis error unless told.

    Args:
        num_blocks: k, at least 1.
        output_layer: whether the residual-linear-pooling layer follows; it is layer k + 1.
        loading: "rotations", "qrom" or "select-swap", for input, kernels and columns alike.
        output: "coherent" or "heralded", the last normalisation.
        channels: C; None for the symbol. A number fixes it, and so below.
        kernel_size: D.
        axis_bits: m, at least 1.
        angle_bits: b; "rotations" has none.
        row_bits: `log2 R` of output weights of R rows; None for as many rows as columns.

    Returns:
        The network, by shape.

    Raises:
        ValueError: no block, an unknown loader or output, or loader "qram": its queries are counted by
            table size, so that they need numbers.

    Example:
        >>> network = symbolic_network(2, kernel_size=3)
        >>> from bloqs.costs.keys import InputCalls
        >>> calls = get_cost_value(network, InputCalls())
        >>> sympy.factor(calls)
        2*q_1*q_2*q_3*(d_1 + 1)*(d_2 + 1)
    """
    if num_blocks < 1:
        raise ValueError(f"num_blocks must be at least 1, got {num_blocks}")
    last = OUTPUTS.find(output)
    letters = {"C": channels, "D": kernel_size, "m": axis_bits, "b": angle_bits}
    C, D, m, b = (sympy.Symbol(name) if n is None else n for name, n in letters.items())
    sizes = SymbolicSizes(
        channels=C,
        kernel_size=D,
        axis_bits=m,
        bitsize=(ceil(log2(C)) if is_symbolic(C) else bits_of(C)) + 2 * m,
        loading=loading,
        angle_bits=None if LOADERS.find(loading).is_exact else b,
        row_bits=row_bits,
    )
    # Layers whose own sizes are of no account: what they load is in symbols.
    layers: list[Layer] = [Residual(KernelShape(1, 1, 1.0))] * num_blocks
    if output_layer:
        layers.append(Output(OutputShape(2)))
    vector: VectorEncoding = LoadedVector(
        None, loading, sizes.angle_bits, bitsize=sizes.bitsize, is_network_input=True
    )
    for i, layer in enumerate(layers, start=1):
        after = last if i == len(layers) else Amplification()
        for step, letter in ((layer, "d"), (after, "q")):
            stage = _stage(step, i, sizes)
            vector = stage.encode(vector, sympy.Symbol(f"{letter}_{i}"))
    facts = SymbolicFacts(loading=loading, output=last.name, symbols=SYMBOLS)
    return ResidualNetwork.of(vector, facts)


def _stage(layer: Layer, number: int, sizes: SymbolicSizes) -> Stage:
    """A layer of a network in symbols, which has no norms and no geometry in numbers."""
    return Stage(
        layer=layer,
        number=number,
        name=f"{layer.noun} {number}",
        label=f"{layer.noun} {number}",
        geometry=Geometry((1, 1, 1)),
        activation=Activation(),
        norms=None,
        amplitude=None,
        convolution=DEFAULT_STRATEGY,
        kernel_loading=sizes.loading,
        column_loading=sizes.loading,
        angle_bits=None,
        piece=layer.load_symbolic(sizes),
    )


@attrs.frozen
class LayerCost:
    """One line of the recurrence: a part, the letters of its costs, and what they are.

    Parameters:
        part: in words.
        toffoli_symbol: the letter T of its Toffoli (And and CSwap included).
        rotation_symbol: the letter R of its rotations.
        toffoli: T, in sizes, degrees and the letters of parts that it calls.
        rotations: R, likewise.

    Example:
        >>> lines = recurrence(symbolic_network(1, channels=4, kernel_size=3, axis_bits=3, angle_bits=12))
        >>> [(line.part, line.toffoli_symbol) for line in lines][-1]
        ('output layer, amplified', T_2)
    """

    part: str
    toffoli_symbol: sympy.Symbol
    rotation_symbol: sympy.Symbol
    toffoli: Any
    rotations: Any

    @property
    def callees(self) -> set[sympy.Symbol]:
        """Letters in its formulas."""
        return set(sympy.sympify(self.toffoli).free_symbols) | set(
            sympy.sympify(self.rotations).free_symbols
        )


def recurrence(network: ResidualNetwork) -> tuple[LayerCost, ...]:
    """The cost of a network as a recurrence over its layers, each called part a letter.

    Letters: `T_0` the input's Toffoli, `T_W` a convolution's, `T_O` the column oracle's, `T_i` those of
    layer i after its amplification; an appended `c` where the part is controlled; `R` the same for
    rotations. A block has the form `T_i = q_i [(d_i + 1) T_{i-1} + d_i T_W + T_Wc + ...] + ...`.

    Args:
        network: of `symbolic_network`, or any that is assembled of the same layers.

    Returns:
        Lines, callees before callers; the last is the network. Substituting each line into the later ones
        gives the network's Toffoli and rotations exactly (`unrolled`).

    Example:
        >>> network = symbolic_network(1, channels=4, kernel_size=3, axis_bits=3, angle_bits=12)
        >>> input_line = recurrence(network)[0]
        >>> input_line.part, input_line.toffoli_symbol, input_line.toffoli
        ('input', T_0, 446)
    """
    links = chain(network)
    parts: dict[str, tuple[str, Bloq]] = {"0": ("input", links[0].whole)}
    for i, link in enumerate(links[1:], start=1):
        assert link.map is not None
        if link.map.loaded_part is not None:
            letter, words, piece = link.map.loaded_part
            if piece not in [bloq for _, bloq in parts.values()]:
                name = letter if letter not in parts else f"{letter}{i}"
                parts[name] = (words, piece)
        noun = f"{link.map.noun} layer" if link.map.is_final else f"{link.map.noun} {i}"
        # The network itself only names its last layer.
        whole = network.encoding if i == len(links) - 1 else link.whole
        parts[f"{i}"] = (f"{noun}, amplified", whole)
    named: dict[Bloq, str] = {}
    lines = []
    for name, (words, bloq) in parts.items():
        for letter, what, one in (
            (name, words, bloq),
            (f"{name}c", f"{words}, controlled", bloq.controlled()),
        ):
            symbols = sympy.Symbol(f"T_{letter}"), sympy.Symbol(f"R_{letter}")
            lines.append(LayerCost(what, *symbols, *costs_in_letters(one, named)))
            named[one] = letter
    return _needed(lines[:-1])


def costs_in_letters(bloq: Bloq, named: Mapping[Bloq, str]) -> tuple[Any, Any]:
    """Toffoli and rotations of a bloq, with letters for those of some of its callees.

    Args:
        bloq: any bloq.
        named: callee -> name; its costs, and those of its adjoint, are `T_name` and `R_name`.

    Returns:
        Toffoli (And and CSwap included) and rotations.

    Example:
        >>> vector = LoadedVector(None, bitsize=3)
        >>> from bloqs.activation import AmplitudeBlockEncoding
        >>> costs_in_letters(AmplitudeBlockEncoding(vector, is_controlled=True), {vector.controlled(): "v"})
        (T_v + 3, R_v)
    """
    known: dict[Bloq, GateCounts] = {}
    for callee, name in named.items():
        gates = GateCounts(and_bloq=sympy.Symbol(f"T_{name}"), rotation=sympy.Symbol(f"R_{name}"))
        known[callee] = known[callee.adjoint()] = gates
    gates = get_cost_value(bloq, QECGatesCost(), costs_cache=known)
    return toffoli_like(gates), as_count(gates.rotation)


def _needed(lines: list[LayerCost]) -> tuple[LayerCost, ...]:
    """The last line and those that it calls, directly or not."""
    kept = [lines[-1]]
    for line in reversed(lines[:-1]):
        called: set[sympy.Symbol] = set().union(*(later.callees for later in kept))
        if {line.toffoli_symbol, line.rotation_symbol} & called:
            kept.insert(0, line)
    return tuple(kept)


def unrolled(lines: tuple[LayerCost, ...]) -> tuple[Any, Any]:
    """Toffoli and rotations of the last line with every letter of a part put in, nested as the layers are.

    Args:
        lines: of `recurrence`.

    Returns:
        Toffoli (And and CSwap included) and rotations.

    Example:
        >>> network = symbolic_network(1, channels=4, kernel_size=3, axis_bits=3, angle_bits=12)
        >>> toffoli, rotations = unrolled(recurrence(network))
        >>> gates = get_cost_value(network, QECGatesCost())
        >>> sympy.expand(toffoli - toffoli_like(gates))
        0
    """
    values: dict[sympy.Symbol, Any] = {}
    for line in lines:
        for symbol, formula in (
            (line.toffoli_symbol, line.toffoli),
            (line.rotation_symbol, line.rotations),
        ):
            values[symbol] = sympy.sympify(formula).xreplace(values)
    return values[lines[-1].toffoli_symbol], values[lines[-1].rotation_symbol]
