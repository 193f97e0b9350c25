"""Input paths: the guards of their sizes, just inside and just outside."""

from __future__ import annotations

import pytest

from bloqs.loading import LoadedVector
from bloqs.networks.paths import InputPaths


@pytest.mark.parametrize(
    ("bitsize", "axis_bitsize", "fits"),
    [(6, 3, True), (5, 3, False), (5, 2, True), (2, 1, True), (1, 1, False), (1, 0, True)],
)
def test_rows_and_columns_fit_into_the_vector(bitsize: int, axis_bitsize: int, fits: bool) -> None:
    vector = LoadedVector(None, bitsize=bitsize)
    if fits:
        assert (
            InputPaths(vector, num_paths=2, axis_bitsize=axis_bitsize).system_bitsize == 2 * bitsize
        )
        return
    words = f"axis_bitsize {axis_bitsize} take {2 * axis_bitsize} qubits, the vector has {bitsize}"
    with pytest.raises(ValueError, match=words):
        InputPaths(vector, num_paths=2, axis_bitsize=axis_bitsize)


def test_one_path_is_the_vector() -> None:
    vector = LoadedVector([1.0, 2.0, 3.0, 4.0])
    paths = InputPaths(vector, num_paths=1, axis_bitsize=1)
    assert paths.product == vector
    with pytest.raises(ValueError, match="axis_bitsize -1"):
        InputPaths(vector, num_paths=1, axis_bitsize=-1)


def test_sizes_are_those_of_all_paths() -> None:
    vector = LoadedVector(None, "select-swap", 5, bitsize=3)
    paths = InputPaths(vector, num_paths=3, axis_bitsize=1)
    assert paths.system_bitsize == 9
    assert paths.ancilla_bitsize == 3 * vector.ancilla_bitsize
    assert float(paths.epsilon) == pytest.approx((1 + float(vector.epsilon)) ** 3 - 1)
