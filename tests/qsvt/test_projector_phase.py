"""The phase of a projector, as a matrix, and what it needs, for every kind of control."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from bloqs.qsvt.projector_phase import ProjectorPhase
from bloqs.simulation import unitary
from bloqs.testing import assert_formula_is_decomposition, assert_qubits_are_decomposition

PHI = 0.4
CASES = [
    (bitsize, gated, controlled)
    for bitsize in range(4)
    for gated in (False, True)
    for controlled in (False, True)
]


@pytest.mark.parametrize(("bitsize", "gated", "controlled"), CASES)
def test_matrix(bitsize: int, gated: bool, controlled: bool) -> None:
    """`exp(i phi (2 Pi - 1) Z)`; a gate that is off makes Pi zero, a control that is off everything 1."""
    bloq = ProjectorPhase(bitsize, PHI, is_gated=gated, is_controlled=controlled)
    wanted = []
    for bits in itertools.product((0, 1), repeat=controlled + gated + 1 + bitsize):
        rest = list(bits)
        is_on = rest.pop(0) == 1 if controlled else True
        gate = rest.pop(0) if gated else 1
        z = 1 - 2 * rest.pop(0)
        projected = 1 if gate and not any(rest) else 0
        wanted.append(np.exp(1j * PHI * (2 * projected - 1) * z) if is_on else 1.0)
    np.testing.assert_allclose(unitary(bloq), np.diag(wanted), atol=1e-12)


@pytest.mark.parametrize(("bitsize", "gated", "controlled"), CASES)
def test_costs(bitsize: int, gated: bool, controlled: bool) -> None:
    for angle in (PHI, None):
        bloq = ProjectorPhase(bitsize, angle, is_gated=gated, is_controlled=controlled)
        assert_formula_is_decomposition(bloq)
        assert_qubits_are_decomposition(bloq)
        assert bloq.workspace == max(bitsize + gated + controlled - 1, 0)


def test_adjoint() -> None:
    bloq = ProjectorPhase(2, PHI)
    assert bloq.adjoint() == ProjectorPhase(2, -PHI)
    shape = ProjectorPhase(2)
    assert shape.adjoint() is shape


def test_ancillas_of_many_layers() -> None:
    """More of them than an index has bits."""
    assert_formula_is_decomposition(ProjectorPhase(600, PHI))
    assert ProjectorPhase(1063).workspace == 1062
    with pytest.raises(ValueError, match="bitsize must be an integer of at most 65536"):
        ProjectorPhase(10**6)
