"""Networks in symbols: every size and every degree a letter, and the cost recurrence layer by layer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import attrs
import sympy
from qualtran import Bloq
from qualtran.resource_counting import GateCounts, QECGatesCost, get_cost_value
from qualtran.symbolics import SymbolicInt

from bloqs.activation import Activation
from bloqs.checks import instance, sequence, truth, whole_number
from bloqs.convolution import DEFAULT_STRATEGY, STRATEGIES, ConvolutionStrategy
from bloqs.core.chain import chain
from bloqs.core.checks import MAX_DEGREE, count
from bloqs.core.counts import as_count, toffoli_like
from bloqs.layers import OUTPUTS, Geometry, Layer, Output, Residual, Stage, layer_names
from bloqs.layers.amplification import Amplification
from bloqs.layers.shapes import KernelShape, OutputShape
from bloqs.loading import LOADERS
from bloqs.messages import shown
from bloqs.networks.facts import SymbolicFacts
from bloqs.networks.fields import MAX_LAYERS, MAX_SIZE, to_layers
from bloqs.networks.network import ResidualNetwork
from bloqs.networks.paths import input_encoding

SYMBOLS = {
    "C": "channels of the tensor",
    "D": "kernel size",
    "m": "qubits of an image axis: the image is 2**m by 2**m",
    "b": "bits of a tabulated angle",
    "d_i": "even degree of the activation polynomial of block i",
    "q_i": "odd degree of the amplification of layer i (heralded: its calls, 2 rounds + 1); between layers "
    "at least 3, for 1 is none and another circuit, symbolic_network(degrees={'q_i': 1})",
}
"""The letters of a symbolic network."""

MAX_PATHS = 64
"""Of a network in symbols: the product of its paths is nested as deep."""


def symbolic_network(
    num_blocks: int | None = None,
    *,
    layers: Sequence[Layer] | None = None,
    output_layer: bool = True,
    loading: str = "qrom",
    output: str = "coherent",
    activation: Activation | None = None,
    convolution: str | ConvolutionStrategy = DEFAULT_STRATEGY,
    channels: SymbolicInt | None = None,
    kernel_size: SymbolicInt | None = None,
    axis_bits: SymbolicInt | None = None,
    image_size: int | None = None,
    angle_bits: SymbolicInt | Sequence[SymbolicInt] | None = None,
    row_bits: SymbolicInt | None = None,
    degrees: Mapping[str, int] | None = None,
    paths: int = 1,
) -> ResidualNetwork:
    r"""The network of `NetworkSpec.cost_bloq` with letters for its sizes and degrees.

    Its layers are k residual blocks, or `layers` of any kind: stems, down-sampling blocks, pooling, your own.
    Each gets a tensor whose sizes are expressions, the image's `C` and `2**m` at first, and hands on one of
    its own: a stride of 2 and pooling make `2**(m - 1)` of `2**m`. A kernel's sizes are written as
    `MapShape(C_in, C_out, D)` or `KernelShape(C, D)`, with letters, expressions such as `2*C`, or numbers;
    of a layer with a kernel of data its numbers are taken. A network with biases (`bias_scale`) has one
    channel more: `channels=C + 1`.

    For given layers its call graph and costs are closed forms in `C, D, m, b` and the degrees `d_i` of every
    layer with an activation and `q_i` of every layer. With numbers put in they are, exactly, those of the
    network by shape with those numbers (image side `2**m`), for kernels of D at most `2 M - 1`, M the side of
    the image that they act on (of a larger one some taps meet no pixel, and the network with numbers leaves
    them out), of at least two pixels; for activations of degree 1 at least where f is not odd; and,
    heralded, one round at least. Between layers a degree `q_i = 1` is no amplification, another circuit: it
    is asked for by `degrees={"q_1": 1}`.

    What depends on the values of data or polynomials is not known: `alpha`, `epsilon` and the error budget,
    so that `estimate` takes the default synthesis error unless told. An image whose side is no power of two
    has circuits of its own, with no formula in the side: its padding is flagged by a comparison with M, whose
    gates are counted by the digits of M. `image_size=28` gives the one in the other letters.

    Of several input paths (`paths=2`) the tensor has `C**2` channels and a side of `2**(2*m)`; kernels of
    your own are written so, `KernelShape(C**2, 3)`.

    Args:
        num_blocks: k, at least 1; this or `layers`.
        layers: in order, without the output layer.
        output_layer: whether the residual-linear-pooling layer follows; it is layer k + 1.
        loading: "rotations", "qrom" or "select-swap", for input, kernels and columns alike.
        output: "coherent" or "heralded", the last normalisation.
        activation: f, None for erf; of another only the parity matters.
        convolution: how kernels are encoded; a strategy that takes symbols.
        channels: C of the image; None for the symbol. A number fixes it, and so below.
        kernel_size: D of the residual blocks of `num_blocks`.
        axis_bits: m, at least 1.
        image_size: M, a number, in place of m; it need be no power of two.
        angle_bits: b, of every piece; or a sequence, of the input and of each layer, as `cost_bloq` may
            choose them: `sympy.symbols("b_0:3")` for two layers. "rotations" has none.
        row_bits: `log2 R` of output weights of R rows; None for as many rows as columns.
        degrees: numbers of some degrees, `{"d_1": 2, "q_1": 1}`; the others are letters.
        paths: input encodings that are tensored, as in `NetworkSpec.from_shapes`; a number.

    Returns:
        The network, by shape.

    Raises:
        ValueError: no layer, layers that do not fit each other, a layer or strategy that takes no symbols, an
            unknown loader, output or degree, or loader "qram": its queries are counted by table size, so that
            they need numbers.

    Example:
        >>> network = symbolic_network(2, kernel_size=3)
        >>> from bloqs.costs.keys import InputCalls
        >>> calls = get_cost_value(network, InputCalls())
        >>> sympy.factor(calls)
        2*q_1*q_2*q_3*(d_1 + 1)*(d_2 + 1)
        >>> from bloqs.layers.shapes import MapShape
        >>> from bloqs.networks.layers import AveragePool, Downsample, Stem
        >>> C = sympy.Symbol("C")
        >>> layers = [Stem(MapShape(3, C, 3)), Downsample(MapShape(C, 2 * C, 3)), AveragePool()]
        >>> network = symbolic_network(layers=layers, channels=3, output_layer=False)
        >>> network.system_bitsize, sympy.factor(get_cost_value(network, InputCalls()))
        (2*m + ceiling(log2(C)) - 3, q_1*q_2*q_3*(d_1 + 1)*(d_2 + 1))
    """
    C = _letter("C", channels, "channels", 1)
    D = _letter("D", kernel_size, "kernel_size", 1)
    m = _letter("m", axis_bits, "axis_bits", 0)
    rows = None if row_bits is None else 2 ** count(row_bits, "row_bits", low=0)
    truth(output_layer, "output_layer")
    activation = instance(activation or Activation(), "activation", Activation, "an Activation")
    paths = whole_number(paths, "paths", low=1, high=MAX_PATHS)
    side = 2**m
    if image_size is not None:
        if axis_bits is not None:
            raise ValueError(
                f"give axis_bits or image_size, not both; found {axis_bits} and {shown(image_size)}"
            )
        side = _side(image_size)
    place = Geometry((C, side, side), paths)
    block = KernelShape(place.channels, D)
    given = _layers(num_blocks, layers, block, is_fixed=kernel_size is not None)
    last = OUTPUTS.find(output)
    common: dict[str, Any] = {
        "activation": activation,
        "norms": None,
        "amplitude": None,
        "convolution": _strategy(convolution),
        "kernel_loading": loading,
        "column_loading": loading,
    }
    number = len(given) + int(output_layer)
    bits = _bits(angle_bits, 1 + number, is_exact=LOADERS.find(loading).is_exact)
    degree_of = _degrees(
        given, number, {} if degrees is None else degrees, is_odd=activation.is_odd
    )
    vector = input_encoding(place, loading, bits[0], None, one_channel=False)
    for i in range(1, number + 1):
        is_last = i == number
        if i > len(given):
            layer: Layer = Output(OutputShape(place.length, rows=rows))
        else:
            layer = given[i - 1]
        name = layer_names([*given, layer])[i - 1]
        after = last if is_last else Amplification(is_last=False)
        with _symbols_taken(layer, name):
            layer = layer.by_shape(place, i, common["convolution"])
            layer.check(place, layer.weights_name(i))
            following = layer.geometry_after(place)
            stage = Stage(
                layer=layer,
                number=i,
                name=name,
                label=name,
                geometry=place,
                angle_bits=bits[i],  # type: ignore[arg-type]  # a letter, in a network in symbols
                **common,
            ).loaded()
            vector = stage.encode(vector, degree_of.get(f"d_{i}"))
            vector = attrs.evolve(stage, layer=after, piece=None).encode(
                vector, degree_of[f"q_{i}"]
            )
            place = following
    symbols = SYMBOLS
    if not activation.is_odd:
        symbols = {**SYMBOLS, "d_i": SYMBOLS["d_i"].replace("even", "odd")}
    facts = SymbolicFacts(loading=loading, output=last.name, symbols=symbols)
    return ResidualNetwork.of(vector, facts)


def _letter(name: str, number: SymbolicInt | None, what: str, low: int) -> SymbolicInt:
    """A symbol, or the number or expression in its place."""
    return sympy.Symbol(name) if number is None else count(number, what, low=low)


def _side(image_size: Any) -> int:
    """M as a number; a letter is refused with the reason."""
    if isinstance(image_size, sympy.Expr) and image_size.free_symbols:
        raise ValueError(
            f"image_size must be a number, found {shown(image_size)}: of a side that is no power of two the "
            "comparison that flags the padding has gates by the digits of M, which is no formula in a "
            "letter; give axis_bits for M = 2**axis_bits, or the number"
        )
    return whole_number(image_size, "image_size", low=1, high=MAX_SIZE)


def _bits(
    angle_bits: SymbolicInt | Sequence[SymbolicInt] | None, number: int, *, is_exact: bool
) -> Sequence[SymbolicInt | None]:
    """Of the input and of each layer; None of a loader without tables."""
    if angle_bits is None or isinstance(angle_bits, int | sympy.Expr):
        bits = [_letter("b", angle_bits, "angle_bits", 1)] * number
    else:
        words = "a whole number, an expression, or a sequence of them"
        bits = [count(b, "angle_bits", low=1) for b in sequence(angle_bits, "angle_bits", words)]
    if len(bits) != number:
        raise ValueError(
            f"angle_bits must be one, or {number}: of the input and of each layer, found {len(bits)}"
        )
    return [None] * number if is_exact else bits


def _layers(
    num_blocks: int | None, layers: Sequence[Layer] | None, block: KernelShape, *, is_fixed: bool
) -> tuple[Layer, ...]:
    """The layers before the output layer."""
    if (num_blocks is None) == (layers is None):
        raise ValueError(
            f"give num_blocks or layers, not both; found num_blocks={num_blocks} and "
            f"{'no layers' if layers is None else 'layers'}"
        )
    if num_blocks is not None:
        if whole_number(num_blocks, "num_blocks", high=MAX_LAYERS) < 1:
            raise ValueError(f"num_blocks must be at least 1, got {num_blocks}")
        return (Residual(block),) * num_blocks
    if is_fixed:
        raise ValueError(
            "kernel_size is that of the blocks of num_blocks; layers have their own, "
            "KernelShape(C, D) or MapShape(C_in, C_out, D)"
        )
    found = to_layers(sequence(layers, "layers", "a sequence of layers"))
    if not found:
        raise ValueError("layers must have at least one layer, found none")
    if any(not layer.is_numbered for layer in found):
        raise ValueError("layers must not have the output layer; ask for it by output_layer=True")
    return found


def _strategy(convolution: str | ConvolutionStrategy) -> ConvolutionStrategy:
    """One that takes symbols."""
    found = STRATEGIES.find(convolution)
    if not found.has_symbols:
        names = ", ".join(repr(name) for name in STRATEGIES if STRATEGIES[name].has_symbols)
        raise ValueError(
            f"convolution {found.name!r} has no form in symbols: what it does depends on numbers; take one "
            f"of {names}"
        )
    return found


def _degrees(
    layers: Sequence[Layer], number: int, known: Mapping[str, int], *, is_odd: bool
) -> dict[str, SymbolicInt]:
    """Of every layer with a polynomial `d_i`, of every layer `q_i`: a letter, or the number given."""
    names = [f"d_{i}" for i, layer in enumerate(layers, 1) if layer.has_polynomial]
    names += [f"q_{i}" for i in range(1, number + 1)]
    for name in instance(known, "degrees", Mapping, "a mapping from names to numbers"):
        if name not in names:
            raise ValueError(
                f"degrees may give {', '.join(names)}, found {name!r}: there is no such degree"
            )
    found: dict[str, SymbolicInt] = {name: sympy.Symbol(name) for name in names}
    for name, value in known.items():
        degree = whole_number(value, f"degree {name}", low=0, high=MAX_DEGREE)
        wanted = "even" if is_odd else "0 or odd"
        fits = degree % 2 == 0 if is_odd else degree == 0 or degree % 2 == 1
        if name.startswith("q"):
            wanted, fits = "odd", degree % 2 == 1
        if not fits:
            raise ValueError(f"degree {name} must be {wanted}, found {degree}")
        found[name] = degree
    return found


@contextmanager
def _symbols_taken(layer: Layer, name: str) -> Iterator[None]:
    """Say of which layer it is that a symbol cannot be what it needs, a number."""
    try:
        yield
    except (AttributeError, TypeError) as error:
        raise ValueError(
            f"{name} has no form in symbols: {type(layer).__name__} needs numbers ({error}); let its "
            "`by_shape`, `geometry_after`, `load` and `encode` take expressions of sympy for the sizes of "
            "stage.geometry and for its degree, and stage.norms None"
        ) from error
    except ValueError as error:
        if str(error).startswith(name):
            raise
        raise ValueError(f"{name}: {error}") from error


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
        >>> from bloqs.loading import LoadedVector
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
