"""What would explain that an encoding differs from its reference."""

from __future__ import annotations

import numpy as np
import pytest
from qualtran.bloqs.basic_gates import Hadamard, Ry, SGate, XGate

from bloqs.loading import LoadedVector
from bloqs.verify import (
    assert_encodes,
)
from tests.verify.toys import H, Stated, T, X

HINTS = {
    "minus": (LoadedVector(T), -T, "minus the reference"),
    "phase": (LoadedVector(T), -1j * T, r"exp\(1.5708 i\) times the reference: a global phase"),
    "norm": (LoadedVector(T), T / 5, "over its norm, 0.2: .* promises a unit vector"),
    "times alpha": (Stated(0, (XGate(),), alpha=3.0), X, "alpha times the reference: .* divided"),
    "over alpha": (
        Stated(2 * np.arccos(1 / 9), (XGate(),), alpha=3.0),
        X,
        "1/alpha times the reference: .* subnormalised twice",
    ),
    "factor": (Stated(2 * np.arccos(0.4), (XGate(),)), X, "agrees with alpha = 2.5 instead of 1"),
    "bits": (LoadedVector(T), T[[0, 2, 1, 3]], "bits of its index in reverse order"),
    "adjoint": (Stated(0, (SGate(), Hadamard())), np.diag([1, -1j]) @ H, "the adjoint is encoded"),
    "conjugate": (Stated(0, (SGate(),)), np.diag([1, -1j]), "complex conjugated"),
    "transpose": (Stated(0, (Ry(0.4),)), Ry(-0.4).tensor_contract(), "transposed"),
    "signs": (LoadedVector(T), T * [1, -1, 1, -1], "2 of 4 entries have another sign"),
    "order": (LoadedVector(T), T[[3, 0, 2, 1]], "registers or axes are permuted"),
    "zero": (Stated(np.pi, (XGate(),)), X, "found is zero: ancillas never come back"),
}


@pytest.mark.parametrize("kind", HINTS)
def test_hint(kind: str) -> None:
    bloq, reference, words = HINTS[kind]
    with pytest.raises(AssertionError, match=f"hint: .*{words}") as caught:
        assert_encodes(bloq, reference)
    assert str(caught.value).count("hint:") == 1


def test_no_hint_where_nothing_simple_explains() -> None:
    with pytest.raises(AssertionError) as caught:
        assert_encodes(LoadedVector(T), [0.1, 0.5, 0.5, 0.5])
    assert "hint" not in str(caught.value)


@pytest.mark.parametrize("size", [1e-8, 1e-7, 5e-7])
def test_no_hint_where_the_difference_is_as_small_as_hints_are_coarse(size: float) -> None:
    for wrong in (T + size * np.eye(4)[1], T * np.exp(1j * size), T * (1 + size)):
        with pytest.raises(AssertionError) as caught:
            assert_encodes(LoadedVector(T), wrong)
        assert "hint" not in str(caught.value)
