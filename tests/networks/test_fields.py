"""Fields of a specification as they are held, and those that are refused."""

from __future__ import annotations

import numpy as np
import pytest

from bloqs.layers.shapes import KernelShape, OutputShape
from bloqs.networks import fields


def test_shape() -> None:
    assert fields.to_shape([2, np.int64(3), 3]) == (2, 3, 3)
    for shape in [(2, 3), (2, 3, 3, 1), (0, 3, 3), (1, 0, 0), (1, -2, 2)]:
        with pytest.raises(ValueError, match=r"input_shape must be \(C, M, M\) with C, M >= 1"):
            fields.to_shape(shape)
    with pytest.raises(ValueError, match="a size of input_shape"):
        fields.to_shape((1, 2.5, 2.5))  # type: ignore[arg-type]
    assert fields.to_shape((1, 1, 1)) == (1, 1, 1)


def test_layers_are_named_by_their_number() -> None:
    kernels = fields.to_kernels([np.ones((1, 1, 1, 1)), KernelShape(1, 1, 1.0)])
    assert fields.to_layers(kernels) == kernels
    with pytest.raises(ValueError, match=r"layer 2 of layers must be a bloqs\.layers\.Layer"):
        fields.to_layers([kernels[0], "convolution"])
    with pytest.raises(ValueError, match="kernel 2"):
        fields.to_kernels([np.ones((1, 1, 1, 1)), [["a"]]])


def test_output_weights() -> None:
    assert fields.to_output(None) is None
    assert fields.to_output(OutputShape(4)) == OutputShape(4)
    held = fields.to_output([[1, 2], [3, 4]])
    assert isinstance(held, np.ndarray)
    assert held.tolist() == [[1.0, 2.0], [3.0, 4.0]]
    assert not held.flags.writeable


def test_bounds() -> None:
    assert fields.to_norm_bounds(None) is None
    assert fields.to_norm_bounds([[1, 2], (3, 4)]) == ((1.0, 2.0), (3.0, 4.0))
    with pytest.raises(ValueError, match=r"norm_bounds must hold pairs \(lo, hi\)"):
        fields.to_norm_bounds([(1.0, 2.0), (1.0, 2.0, 3.0)])
    assert fields.to_amplitude_bounds(None) is None
    assert fields.to_amplitude_bounds([1, 2]) == (1.0, 2.0)


def test_alphas() -> None:
    assert fields.conv_alphas(2, 3, 4, 3, 8) == [2.0, 2.0, 2.0]
    assert fields.conv_alphas([1, 2], 2, 4, 3, 8) == [1.0, 2.0]
    assert fields.conv_alphas("bound", 2, 4, 3, 8) == [6.0, 6.0]  # D sqrt(C)
    with pytest.raises(ValueError, match="for each of the 3 blocks, found 2"):
        fields.conv_alphas([1, 2], 3, 4, 3, 8)
    with pytest.raises(ValueError, match="found 'measured'"):
        fields.conv_alphas("measured", 1, 4, 3, 8)
