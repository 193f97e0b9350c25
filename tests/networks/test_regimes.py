"""Networks of the three regimes: several input paths, what each regime allows, and its loaders."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import sympy
from numpy.typing import NDArray

from bloqs.convolution import Conv2DBlockEncoding
from bloqs.costs import estimate
from bloqs.loading import ColumnOracle, LoadedVector
from bloqs.networks import NetworkSpec, natural_regime
from bloqs.networks.paths import InputPaths
from bloqs.reference import forward, forward_vectors
from bloqs.simulation import encoded_vector, unitary
from bloqs.testing import (
    assert_control_and_adjoint,
    assert_encodes,
    assert_formula_is_decomposition,
    assert_qubits_are_decomposition,
    assert_symbolic_is_numeric,
    random_network,
)

SEEDS = range(2)
NETWORKS: dict[str, dict[str, Any]] = {
    "regime 2, N = 4, output layer": {"shape": (2, 1, 1), "blocks": 1, "output": True},
    "regime 3, N = 4, two blocks": {"shape": (2, 1, 1), "blocks": 2, "output": False},
    "regime 3, N = 16, 3x3": {"shape": (1, 2, 2), "size": 3, "blocks": 1, "output": False},
    # Three channels a path: the nine combined channels are not the first nine of the registers.
    "regime 3, N = 16, C = 3": {"shape": (3, 1, 1), "blocks": 1, "output": False},
}


def network_of(
    seed: int,
    *,
    shape: tuple[int, int, int],
    size: int = 1,
    blocks: int = 1,
    output: bool = True,
    paths: int = 2,
) -> tuple[NetworkSpec, NDArray[np.float64], tuple[tuple[float, float], ...]]:
    """A network of random weights, a random image, and norm bounds 10 % around the image's norms."""
    made = random_network(
        seed,
        shape,
        num_blocks=blocks,
        kernel_size=size,
        output_layer=output,
        paths=paths,
        num_groups=2,
    )
    return made.spec, made.image, made.norm_bounds(0.1)


# --------------------------------------------------------------------------------- gate level


@pytest.mark.parametrize("epsilon", [1e-2, pytest.param(1e-4, marks=pytest.mark.slow)])
@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("kind", NETWORKS)
def test_network_within_stated_epsilon(kind: str, seed: int, epsilon: float) -> None:
    spec, image, bounds = network_of(seed, **NETWORKS[kind])
    network = spec.to_bloq(image, regime=int(kind[7]), epsilon=epsilon, norm_bounds=bounds)
    exact = forward_vectors(spec, image)
    found = encoded_vector(network)
    assert float(np.linalg.norm(found - exact.output)) <= float(network.epsilon) <= epsilon
    groups = np.sum(np.abs(found.reshape(2, -1)) ** 2, axis=1)
    np.testing.assert_allclose(groups, forward(spec, image), atol=2 * epsilon)
    np.testing.assert_allclose(network.target(), exact.output, atol=1e-12)


@pytest.mark.parametrize("seed", [0, pytest.param(1, marks=pytest.mark.slow)])
@pytest.mark.parametrize(
    "kind",
    [
        pytest.param(
            kind, marks=[pytest.mark.slow] if "two blocks" in kind or "C = 3" in kind else []
        )
        for kind in NETWORKS
    ],
)
def test_semantic_level_is_gate_level(kind: str, seed: int) -> None:
    spec, image, bounds = network_of(seed, **NETWORKS[kind])
    network = spec.to_bloq(image, regime=int(kind[7]), norm_bounds=bounds)
    gates = encoded_vector(network, level="gate")
    np.testing.assert_allclose(gates, encoded_vector(network, level="semantic"), atol=1e-9)


@pytest.mark.slow
def test_rows_columns_and_output_layer_at_gate_level() -> None:
    """Regime 2 on 2x2 pixels, N = 16."""
    spec, image, bounds = network_of(0, shape=(1, 2, 2))
    network = spec.to_bloq(image, regime=2, norm_bounds=bounds)
    error = float(np.linalg.norm(encoded_vector(network) - forward_vectors(spec, image).output))
    assert error <= float(network.epsilon) <= 1e-2


def test_three_paths() -> None:
    spec, image, bounds = network_of(3, shape=(2, 1, 1), paths=3, output=False)
    network = spec.to_bloq(image, regime=3, norm_bounds=bounds)
    error = float(np.linalg.norm(encoded_vector(network) - forward_vectors(spec, image).output))
    assert error <= float(network.epsilon) <= 1e-2


def test_one_path_is_the_same_network_in_every_regime() -> None:
    """Loaded by rotations, regime 2 and 3 of one path are regime 1: only the words differ."""
    spec, image, bounds = network_of(0, shape=(2, 2, 2), paths=1, output=False)
    networks = [spec.to_bloq(image, regime=r, norm_bounds=bounds) for r in (1, 2, 3)]
    assert networks[0].encoding == networks[1].encoding == networks[2].encoding  # type: ignore[attr-defined]
    words = {network.assumptions["regime"] for network in networks}  # type: ignore[attr-defined]
    assert len(words) == 3


def test_image_without_channels_is_one_channel_of_every_path() -> None:
    """(M, M) fills channel 0 only: fewer rotations, same network."""
    spec, _, _ = network_of(1, shape=(2, 2, 2), output=False)
    image = np.array([[0.3, -0.2], [0.5, 0.9]])
    full = np.stack([image, np.zeros((2, 2))])
    vectors = forward_vectors(spec, image)
    bounds = [(0.9 * float(r), 1.1 * float(r)) for r in vectors.block_norms]
    network = spec.to_bloq(image, regime=3, norm_bounds=bounds)
    assert network == spec.to_bloq(full, regime=3, norm_bounds=bounds)
    found = encoded_vector(network, level="semantic")
    assert np.linalg.norm(found - vectors.output) <= float(network.epsilon)


# -------------------------------------------------------------------------------------- paths


@pytest.mark.parametrize(
    ("channel_bitsize", "axis_bitsize", "num_paths"), [(1, 1, 2), (0, 1, 3), (2, 0, 2), (1, 1, 1)]
)
def test_paths_are_the_tensor_power_in_axis_order(
    channel_bitsize: int, axis_bitsize: int, num_paths: int
) -> None:
    rng = np.random.default_rng(5)
    shape = (2**channel_bitsize, 2**axis_bitsize, 2**axis_bitsize)
    image = rng.normal(size=shape)
    paths = InputPaths(LoadedVector(image), num_paths=num_paths, axis_bitsize=axis_bitsize)
    unit = image / np.linalg.norm(image)
    power = np.ones([size**num_paths for size in shape])
    for index in np.ndindex(*power.shape):
        digits = [np.unravel_index(i, (size,) * num_paths) for i, size in zip(index, shape)]  # noqa: B905
        power[index] = np.prod([unit[tuple(d[p] for d in digits)] for p in range(num_paths)])
    np.testing.assert_allclose(paths.target(), power.ravel(), atol=1e-12)
    assert_encodes(paths, power.ravel())
    np.testing.assert_allclose(
        encoded_vector(paths), encoded_vector(paths, level="semantic"), atol=1e-12
    )


def test_error_of_rounded_paths() -> None:
    """From tables, two paths: the stated error is that of the tensor product, and holds."""
    image = np.random.default_rng(1).normal(size=8)
    one = LoadedVector(image, "qrom", 5)
    paths = InputPaths(one, num_paths=2, axis_bitsize=1)
    assert paths.epsilon == pytest.approx((1 + one.epsilon) ** 2 - 1)
    error = np.linalg.norm(encoded_vector(paths, level="semantic") - paths.target())
    assert 0 < error <= paths.epsilon


def test_paths_control_adjoint_and_costs() -> None:
    for loading in ("rotations", "qrom", "select-swap"):
        small = InputPaths(
            LoadedVector([0.6, -0.8], loading, 4, is_network_input=True),
            num_paths=2,
            axis_bitsize=0,
        )
        if loading == "rotations":
            assert_control_and_adjoint(small)
        shape = InputPaths(
            LoadedVector(None, loading, 5, bitsize=3, is_network_input=True),
            num_paths=3,
            axis_bitsize=1,
        )
        for bloq in (small, shape, shape.controlled(), shape.adjoint()):
            assert_formula_is_decomposition(bloq)
        assert_qubits_are_decomposition(shape)
        assert (
            estimate(shape).input_calls == estimate(shape.controlled().adjoint()).input_calls == 3
        )


def test_symbolic_paths_are_the_concrete_ones() -> None:
    n, m = sympy.symbols("n m")
    symbolic = InputPaths(LoadedVector(None, bitsize=n), num_paths=2, axis_bitsize=m)
    for bits in range(2, 6):
        concrete = InputPaths(LoadedVector(None, bitsize=bits), num_paths=2, axis_bitsize=1)
        assert_symbolic_is_numeric(symbolic, concrete, {n: bits, m: 1})


def test_paths_cross_wires_only() -> None:
    """(channel, row) of two paths: the unitary is that of the two loads with the middle qubits swapped."""
    image = LoadedVector([0.1, 0.7, -0.5, 0.2])
    paths = InputPaths(image, num_paths=2, axis_bitsize=1)
    single = unitary(image)
    # Wires (r1, r2, q1, q2) against (r1, q1, r2, q2), in and out.
    tensor = np.kron(single, single).reshape(8 * (2,)).transpose(0, 2, 1, 3, 4, 6, 5, 7)
    np.testing.assert_allclose(unitary(paths), tensor.reshape(16, 16), atol=1e-12)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"num_paths": 0, "axis_bitsize": 1}, "num_paths must be at least 1, got 0"),
        ({"num_paths": 2, "axis_bitsize": 2}, "take 4 qubits, the vector has 2"),
    ],
)
def test_bad_paths(options: dict[str, int], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        InputPaths(LoadedVector([1.0, 2.0, 3.0, 4.0]), **options)


# -------------------------------------------------------------------------------------- rules


def shapes(**changes: Any) -> NetworkSpec:
    options: dict[str, Any] = {
        "input_shape": (2, 4, 4),
        "num_blocks": 1,
        "paths": 2,
        "norm_bounds": ((1.2, 1.35), (0.1, 0.2)),
    }
    return NetworkSpec.from_shapes(**{**options, **changes})


SIX = network_of(0, shape=(1, 6, 6), size=1, output=False)

BAD: dict[str, tuple[Callable[[], Any], str]] = {
    "unknown regime": (lambda: shapes().cost_bloq(regime=4), r"regime must be 1 .* found 4"),
    "word for a regime": (lambda: shapes().cost_bloq(regime="2"), "found '2'"),  # type: ignore[arg-type]
    "two paths in regime 1": (
        lambda: shapes().cost_bloq(regime=1),
        "one input path, this network has 2; use regime=2",
    ),
    "two paths in regime 1, no output": (
        lambda: shapes(output_layer=False, norm_bounds=((1.2, 1.35),)).cost_bloq(regime=1),
        "use regime=3",
    ),
    "output weights in regime 3": (
        lambda: shapes().cost_bloq(regime=3),
        r"without_output_layer\(\), by shape from_shapes\(output_layer=False\)",
    ),
    "QRAM in regime 3": (
        lambda: shapes(output_layer=False, norm_bounds=((1.2, 1.35),)).cost_bloq(
            regime=3, loading="qram"
        ),
        "regime 3 has no QRAM; use loading='select-swap'",
    ),
    "unknown loader": (lambda: shapes().cost_bloq(regime=2, loading="magic"), "magic"),
    "two paths of six pixels": (
        lambda: SIX[0].to_bloq(SIX[1], regime=3, norm_bounds=SIX[2]),
        r"power of two, found 6: .* zeros to 8x8 .*\(1, 8, 8\)",
    ),
}


@pytest.mark.parametrize("kind", BAD)
def test_what_a_regime_refuses(kind: str) -> None:
    act, message = BAD[kind]
    with pytest.raises(ValueError, match=message):
        act()


def test_without_output_layer_is_what_regime_3_takes() -> None:
    spec, image, bounds = network_of(0, shape=(2, 1, 1))
    calibrated = spec.calibrate([image, image + 0.1])
    bare = calibrated.without_output_layer()
    assert bare.norm_bounds == calibrated.norm_bounds[:1]  # type: ignore[index]
    assert not bare.has_output_layer
    assert spec.without_output_layer().norm_bounds is None
    network = bare.to_bloq(image, regime=3)
    exact = forward_vectors(spec, image).blocks[-1]
    assert np.linalg.norm(encoded_vector(network) - exact) <= float(network.epsilon)
    assert [natural_regime(s) for s in (spec, bare)] == [2, 3]
    assert len(bounds) == 2


# -------------------------------------------------------------------------------------- costs


@pytest.mark.parametrize(
    "loading",
    ["rotations", *(pytest.param(n, marks=pytest.mark.slow) for n in ("qrom", "select-swap"))],
)
def test_by_data_regime_2_formula_is_decomposition(loading: str) -> None:
    spec, image, bounds = network_of(0, shape=(2, 1, 1))
    network = spec.to_bloq(image, regime=2, norm_bounds=bounds, loading=loading)
    assert_formula_is_decomposition(network)
    assert_qubits_are_decomposition(network.encoding)  # type: ignore[attr-defined]
    by_data, by_shape = (
        estimate(bloq)
        for bloq in (network, spec.cost_bloq(regime=2, norm_bounds=bounds, loading=loading))
    )
    assert by_data.t_count <= by_shape.t_count
    assert by_data.assumptions["gate counts"].startswith("by data")
    assert by_data.assumptions["regime"].startswith("2: input loaded by a circuit")
    assert by_data.assumptions["input paths"] == "2"
    assert loading in by_data.assumptions["loaders"]
    exact = forward_vectors(spec, image).output
    found = encoded_vector(network, level="semantic")
    assert np.linalg.norm(found - exact) <= float(network.epsilon) <= 1e-2


@pytest.mark.parametrize(
    "loading",
    ["rotations", *(pytest.param(n, marks=pytest.mark.slow) for n in ("qrom", "select-swap"))],
)
def test_by_shape_formula_is_decomposition(loading: str) -> None:
    for regime, output in ((2, True), (3, False)):
        spec = shapes(
            input_shape=(1, 2, 2),
            num_groups=2,
            output_layer=output,
            norm_bounds=((1.2, 1.35), (0.1, 0.2))[: 1 + output],
        )
        network = spec.cost_bloq(regime=regime, loading=loading)
        assert_formula_is_decomposition(network)
        assert_qubits_are_decomposition(network.encoding)  # type: ignore[attr-defined]


def test_every_path_is_an_input_call() -> None:
    spec, image, bounds = network_of(0, shape=(2, 1, 1))
    network = spec.to_bloq(image, regime=2, norm_bounds=bounds)
    notes = network.assumptions  # type: ignore[attr-defined]
    d, q = notes["activation degrees"], notes["amplification degrees"]
    assert estimate(network).input_calls == 2 * q[0] * (d[0] + 1) * 2 * q[1]


@pytest.mark.slow
@pytest.mark.parametrize("regime", [1, 2, 3])
def test_224_pixels_by_shape(regime: int) -> None:
    """224 is no power of two: with two paths the cost is that of padded images, and says so."""
    paths, output = 1 + (regime > 1), regime < 3
    bounds = ((1.2, 1.35),) * 3 + (((0.1, 0.2),) if output else ())
    spec = NetworkSpec.from_shapes(
        input_shape=(4, 224, 224),
        num_blocks=3,
        paths=paths,
        output_layer=output,
        norm_bounds=bounds,
    )
    network = spec.cost_bloq(regime=regime)
    assert network.system_bitsize == paths * 18
    notes = network.assumptions  # type: ignore[attr-defined]
    assert ("from 224 to 256 pixels" in notes.get("image size", "")) == (regime > 1)
    assert estimate(network).t_count > 0


@pytest.mark.parametrize("regime", [1, pytest.param(2, marks=pytest.mark.slow)])
def test_which_pieces_lie_in_the_memory(regime: int) -> None:
    """Loading "qram": by table size, the columns in regime 1 and 2, the image in regime 1 only."""
    spec = shapes(paths=regime, input_shape=(2, 2, 2), num_groups=2)
    network = spec.cost_bloq(regime=regime, loading="qram")
    circuit = "select-swap"
    image = "qram" if regime == 1 else circuit
    assert network.assumptions["loaders"] == {  # type: ignore[attr-defined]
        "input": image,
        "kernels": circuit,
        "output columns": "qram",
    }
    loaders: dict[str, set[str]] = {}
    for bloq in network.call_graph()[0]:
        if isinstance(bloq, (LoadedVector, Conv2DBlockEncoding, ColumnOracle)):
            loaders.setdefault(type(bloq).__name__, set()).add(bloq.loading)
    assert loaders == {
        "LoadedVector": {image},
        "Conv2DBlockEncoding": {circuit},
        "ColumnOracle": {"qram"},
    }
    queries = estimate(network, qram="oracle").qram_queries
    # A tree over N entries, and one over N columns of N entries with their norms.
    entries = 2**3 if regime == 1 else 4**3
    assert (min(queries) < entries) == (regime == 1)
    assert max(queries) <= entries**2
    assert max(queries) >= entries**2 // 2
    by_oracle, by_circuit = (
        estimate(network, qram=model).t_count for model in ("oracle", "select-swap")
    )
    assert by_oracle < by_circuit


@pytest.mark.slow
def test_memory_and_circuit_give_the_same_network() -> None:
    spec, image, bounds = network_of(0, shape=(2, 1, 1))
    exact = forward_vectors(spec, image).output
    for loading in ("qram", "select-swap"):
        network = spec.to_bloq(image, regime=2, norm_bounds=bounds, loading=loading)
        assert_formula_is_decomposition(network)
        found = encoded_vector(network, level="semantic")
        assert np.linalg.norm(found - exact) <= float(network.epsilon) <= 1e-2


def test_channels_of_every_path_are_padded() -> None:
    """The kernel of three channels a path acts on the places (c1, c2), each in two bits."""
    spec, image, bounds = network_of(2, shape=(3, 1, 1), output=False)
    network = spec.to_bloq(image, regime=3, norm_bounds=bounds)
    convolutions = [b for b in network.call_graph()[0] if isinstance(b, Conv2DBlockEncoding)]
    places = [4 * first + second for first in range(3) for second in range(3)]
    rest = sorted(set(range(16)) - set(places))
    for convolution in convolutions:
        matrix = convolution.target()
        kernel = np.asarray(spec.kernels[0])[..., 0, 0]
        np.testing.assert_array_equal(matrix[np.ix_(places, places)], kernel)
        assert not matrix[rest].any()
        assert not matrix[:, rest].any()
    assert convolutions
