"""Another loader in the place of the one that parts of a bloq name."""

import numpy as np
import pytest

from bloqs.combine import VectorConcatenation, VectorSum
from bloqs.convolution import Conv2DBlockEncoding
from bloqs.loading import LoadedVector, MultiplexedRy
from bloqs.loading.exchange import with_loader
from bloqs.simulation import encoded_matrix, encoded_vector

DATA = np.random.default_rng(3).normal(size=(3, 4))


def vector(row: int, loading: str) -> LoadedVector:
    return LoadedVector(DATA[row], loading, 6)


def test_parts_at_any_depth_and_in_tuples() -> None:
    whole = VectorSum(
        VectorConcatenation((vector(0, "qrom"), vector(1, "select-swap"))),
        VectorConcatenation((vector(1, "qrom"), vector(2, "qrom"))),
        weight=0.4,
    )
    found = with_loader(whole, "qrom", "rounded-rotations")
    assert found == VectorSum(
        VectorConcatenation((vector(0, "rounded-rotations"), vector(1, "select-swap"))),
        VectorConcatenation((vector(1, "rounded-rotations"), vector(2, "rounded-rotations"))),
        weight=0.4,
    )
    np.testing.assert_array_equal(found.block(), whole.block())


def test_a_bloq_without_that_loader_is_itself() -> None:
    whole = VectorSum(vector(0, "qrom"), vector(1, "qrom"), weight=0.4)
    assert with_loader(whole, "select-swap", "rotations") is whole


@pytest.mark.parametrize("size", [1, 2, 3])
def test_rounded_rotations_encode_what_tables_encode(size: int) -> None:
    rng = np.random.default_rng(size)
    kernel = 0.1 * rng.normal(size=(2, 2, size, size))
    tables = Conv2DBlockEncoding(kernel, 2, loading="qrom", angle_bits=5)
    rotations = with_loader(tables, "qrom", "rounded-rotations")
    assert (rotations.loading, rotations.epsilon) == ("rounded-rotations", tables.epsilon)
    expected = encoded_matrix(tables, level="semantic")
    np.testing.assert_allclose(encoded_matrix(rotations, level="semantic"), expected, atol=1e-13)
    np.testing.assert_allclose(encoded_matrix(rotations, level="gate"), expected, atol=1e-11)


def test_rounded_rotations_of_vectors_and_lone_rotations() -> None:
    rotations = vector(0, "rounded-rotations")
    np.testing.assert_allclose(encoded_vector(rotations), vector(0, "qrom").block(), atol=1e-12)
    angles = [0.1, -0.7, 1.9, 3.0]
    lone = MultiplexedRy(angles, 2, "rounded-rotations", 5)
    exact = MultiplexedRy(lone.effective_angles(), 2)
    np.testing.assert_allclose(lone.tensor_contract(), exact.tensor_contract(), atol=1e-12)
    assert lone.error > 0
