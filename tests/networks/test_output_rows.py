"""Networks whose head has few rows: the square network with zero rows, at a lower cost."""

from __future__ import annotations

import attrs
import numpy as np
import pytest
import sympy

from bloqs import NetworkSpec
from bloqs.costs import estimate
from bloqs.networks.random_network import random_network
from bloqs.networks.symbolic import symbolic_network
from bloqs.reference import forward, forward_vectors
from bloqs.verify import encoded_vector

SIZES = {  # shape, rows, groups
    "one row": ((2, 2, 2), 1, 1),
    "a row a group": ((2, 2, 2), 4, 4),
    "two rows a group": ((2, 4, 4), 8, 4),
    "padded": ((3, 3, 3), 4, 2),
}


def made(name: str, seed: int = 5, **options):
    shape, rows, groups = SIZES[name]
    options = {"output_norms": (0.9, 0.9), "skip_weights": (0.3, 0.3), **options}
    return random_network(seed, shape, num_groups=groups, output_rows=rows, **options)


def squared(spec: NetworkSpec) -> NetworkSpec:
    """The same network with its zero rows written out."""
    weights = np.zeros((spec.length, spec.length))
    weights[:: spec.length // spec.output_rows] = spec.output_weights
    return attrs.evolve(spec, output_weights=weights)


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=[] if name == "two rows a group" else [pytest.mark.slow])
        for name in SIZES
    ],
)
def test_it_is_the_square_network(name: str) -> None:
    network = made(name)
    spec, square = network.spec, squared(network.spec)
    np.testing.assert_allclose(
        forward(spec, network.images), forward(square, network.images), rtol=1e-13
    )
    bounds = network.norm_bounds(0.05)
    for loading in ("rotations", "select-swap", "qram"):
        options = {"norm_bounds": bounds, "loading": loading, "output": "heralded"}
        few, all_rows = (s.to_bloq(network.image, **options) for s in (spec, square))
        exact = forward_vectors(spec, network.image).output
        for bloq in (few, all_rows):
            found = encoded_vector(bloq, level="semantic")
            assert np.linalg.norm(found - exact) <= float(bloq.epsilon) <= 1e-2
        # Bits are chosen by shape, where nobody knows of zero rows: one more level needs at times one more.
        if few.facts.angle_bits == all_rows.facts.angle_bits:
            assert estimate(few).t_count == estimate(all_rows).t_count
        bound = spec.cost_bloq(**options)
        assert estimate(few).t_count <= estimate(bound).t_count
        assert estimate(bound).t_count < estimate(square.cost_bloq(**options)).t_count


@pytest.mark.parametrize("output", ["coherent", "heralded"])
@pytest.mark.parametrize(("shape", "rows"), [((2, 1, 1), 1), ((1, 2, 2), 2)])
def test_gate_level(shape: tuple[int, int, int], rows: int, output: str) -> None:
    network = random_network(
        3,
        shape,
        kernel_size=1,
        num_groups=1,
        output_rows=rows,
        num_blocks=1,
        skip_weights=(0.5, 0.5),
    )
    bloq = network.spec.to_bloq(
        network.image, norm_bounds=network.norm_bounds(0.05), epsilon=0.05, output=output
    )
    exact = forward_vectors(network.spec, network.image).output
    found = encoded_vector(bloq, level="gate")
    assert np.linalg.norm(found - exact) <= float(bloq.epsilon) <= 0.05
    np.testing.assert_allclose(found, encoded_vector(bloq, level="semantic"), atol=1e-10)


def test_stored_and_read_again(tmp_path) -> None:
    spec = made("two rows a group").spec
    shape = NetworkSpec.from_shapes(input_shape=(4, 8, 8), num_blocks=1, output_rows=16)
    for network in (spec, shape):
        network.save(tmp_path / "model.npz")
        again = NetworkSpec.load(tmp_path / "model.npz")
        assert again == network
        assert again.output_rows == network.output_rows
    square = NetworkSpec.from_shapes(input_shape=(4, 8, 8), num_blocks=1, output_rows=256)
    assert square == NetworkSpec.from_shapes(input_shape=(4, 8, 8), num_blocks=1) != shape


def test_a_file_of_version_1_is_read(tmp_path, monkeypatch) -> None:
    from bloqs.networks import storage

    spec = random_network(0, (2, 2, 2)).spec
    monkeypatch.setattr(storage, "FORMAT_VERSION", 1)
    spec.save(tmp_path / "old.npz")
    monkeypatch.undo()
    assert NetworkSpec.load(tmp_path / "old.npz") == spec
    monkeypatch.setattr(storage, "FORMAT_VERSION", 99)
    spec.save(tmp_path / "new.npz")
    monkeypatch.undo()
    with pytest.raises(
        ValueError, match=r"version 99; this version of the library reads .* versions 1"
    ):
        NetworkSpec.load(tmp_path / "new.npz")


def test_rows_that_do_not_fit_are_refused() -> None:
    spec = made("two rows a group").spec  # N = 32, 4 groups
    for rows, message in (
        (3, r"R rows, a power of two between 1 and N = 32, found 3; add rows of zeros"),
        (2, r"a multiple of num_groups = 4 rows, found 2; add rows"),
        (64, r"shape \(N, N\) = \(32, 32\) .* or \(R, N\) .* found \(64, 32\)"),
    ):
        with pytest.raises(ValueError, match=message):
            attrs.evolve(spec, output_weights=np.full((rows, 32), 1e-3))
    for rows, message in (
        (12, "a power of two between 1 and N = 256, found 12"),
        (8, "a multiple of num_groups = 16 rows, found 8"),
        (512, "between 1 and N = 256, found 512"),
        (0, "between 1 and N = 256, found 0"),
        (True, "output_rows must be"),
        (16.5, "output_rows must be an integer"),
        ("16", "output_rows must be an integer"),
    ):
        with pytest.raises(ValueError, match=message):
            NetworkSpec.from_shapes(input_shape=(4, 8, 8), num_blocks=1, output_rows=rows)
    with pytest.raises(ValueError, match="output_rows = 16 needs an output layer"):
        NetworkSpec.from_shapes(
            input_shape=(4, 8, 8), num_blocks=1, output_rows=16, output_layer=False
        )


def test_a_sixteenth_of_the_rows_is_less_than_half_of_the_columns_cost() -> None:
    """Per call of the columns, N = 256, at the same epsilon."""
    costs = []
    for rows in (16, 256):
        spec = NetworkSpec.from_shapes(input_shape=(4, 8, 8), num_blocks=1, output_rows=rows)
        cost = estimate(spec.cost_bloq(norm_bounds=[(0.9, 1.3), (0.3, 0.4)], output="heralded"))
        costs.append({part.component: part.t_count for part in cost.breakdown()}["output columns"])
    assert costs[0] <= 0.45 * costs[1]


@pytest.mark.slow
def test_in_symbols() -> None:
    r = sympy.Symbol("r")
    network = symbolic_network(1, channels=2, kernel_size=1, axis_bits=2, row_bits=r)
    square = symbolic_network(1, channels=2, kernel_size=1, axis_bits=2)
    found = estimate(network).native.and_bloq
    assert sympy.expand(found.subs(r, 5) - estimate(square).native.and_bloq) == 0
    fewer = symbolic_network(1, channels=2, kernel_size=1, axis_bits=2, row_bits=3)
    assert sympy.expand(found.subs(r, 3) - estimate(fewer).native.and_bloq) == 0
