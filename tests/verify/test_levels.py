"""The gate level and the semantic level."""

from __future__ import annotations

import numpy as np
import pytest
from qualtran.bloqs.block_encoding import (
    LCUBlockEncoding,
    SelectBlockEncoding,
)
from qualtran.bloqs.state_preparation.black_box_prepare import BlackBoxPrepare

from bloqs.activation import AmplitudeBlockEncoding
from bloqs.convolution import Conv2DBlockEncoding
from bloqs.loading import LoadedVector
from bloqs.verify import (
    assert_encodes,
    encoded_matrix,
    encoded_vector,
    sample_classes,
)
from bloqs.verify.gate_level import encoded_matrix_gate
from tests.verify.toys import Tilted, X, XorZ, XorZSystem, Z


def test_both_levels() -> None:
    kernel = [[[[0.3, -0.1, 0.0], [0.2, 0.4, 0.0], [0.0, 0.0, 0.1]]]]
    encoding = Conv2DBlockEncoding(kernel, 2)
    for level in ("gate", "semantic"):
        assert_encodes(encoding, encoding.target(), level)
        with pytest.raises(AssertionError, match=r"found is 0\.5 times the reference"):
            assert_encodes(encoding, 2 * encoding.target(), level)


def test_encoded_matrix_is_that_between_signal_states() -> None:
    for bloq in (SelectBlockEncoding(XorZ(), Tilted()), LCUBlockEncoding(XorZSystem(), Tilted())):
        np.testing.assert_allclose(encoded_matrix(bloq), 0.8 * X + 0.2 * Z, atol=1e-12)
        np.testing.assert_allclose(encoded_matrix_gate(bloq), 0.8 * X + 0.2 * Z, atol=1e-12)


def test_encoded_matrix_at_semantic_level_is_between_zeros() -> None:
    class Signalled(AmplitudeBlockEncoding):
        @property
        def signal_state(self) -> BlackBoxPrepare:
            return BlackBoxPrepare(Tilted())

    encoding = Signalled(LoadedVector([0.6, -0.8]))
    with pytest.raises(ValueError, match=r"has the signal state .*; use the gate level"):
        encoded_matrix(encoding, level="semantic")


def test_controlled_encodings_are_refused_at_both_levels() -> None:
    vector = LoadedVector([0.6, -0.8])
    diagonal = AmplitudeBlockEncoding(vector)
    for level, words in (("gate", "registers ctrl, system"), ("semantic", "is controlled; give")):
        with pytest.raises(ValueError, match=words):
            encoded_vector(vector.controlled(), level=level)
        with pytest.raises(ValueError, match=words):
            encoded_matrix(diagonal.controlled(), level=level)
        with pytest.raises(ValueError, match=words):
            sample_classes(vector.controlled(), 2, 10, seed=0, level=level)
