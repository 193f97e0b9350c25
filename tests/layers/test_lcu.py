"""The gates of a two-term LCU, with every angle that a weight can have."""

from __future__ import annotations

import math

import numpy as np
import pytest
from qualtran.bloqs.mcmt import And

from bloqs.core.rotation import ry
from bloqs.layers import ResidualLinearPooling
from bloqs.layers.lcu import lcu_counts
from bloqs.loading import ColumnOracle, LoadedVector
from bloqs.testing import assert_formula_is_decomposition


def test_counts_by_hand() -> None:
    assert lcu_counts(0.3, False) == {ry(0.3): 1, ry(-0.3): 1}
    assert lcu_counts(None, False) == {ry(None): 2}
    assert lcu_counts(0.0, False) == {ry(0.0): 2}
    assert lcu_counts(math.pi, True) == {
        ry(math.pi): 1,
        ry(-math.pi): 1,
        And(): 1,
        And().adjoint(): 1,
    }


@pytest.mark.parametrize("weight", [0.0, 0.5, 1.0])
def test_formula_is_decomposition_at_the_ends(weight: float) -> None:
    """All weight on one term: the rotations are Cliffords, and as many as before."""
    columns = ColumnOracle(np.array([[0.6, 0.1], [-0.3, 0.5]]))
    layer = ResidualLinearPooling(LoadedVector([0.6, -0.8]), columns, skip_weight=weight)
    for bloq in (layer, layer.controlled(), layer.adjoint()):
        assert_formula_is_decomposition(bloq)
