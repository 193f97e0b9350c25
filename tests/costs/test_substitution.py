"""Numbers for symbols where the formula in symbols does not hold."""

import pytest
import sympy
from qualtran import QUInt
from qualtran.bloqs.arithmetic import Add

from bloqs.costs import estimate
from bloqs.costs.substitution import with_numbers
from bloqs.loading import LoadedVector

n, b = sympy.symbols("n b")


@pytest.mark.parametrize("size", [1, 2, 8])
def test_a_formula_that_is_negative_gives_way_to_the_bloq_itself(size: int) -> None:
    """Qualtran's counts of an adder of one bit have -3 CNOT."""
    symbolic, direct = estimate(Add(QUInt(n))).subs({"n": size}), estimate(Add(QUInt(size)))
    assert (symbolic.native, symbolic.t_count) == (direct.native, direct.t_count)
    assert symbolic.logical_qubits == direct.logical_qubits
    if size == 1:
        assert symbolic.native.clifford == 1


def test_symbols_left_out_stay() -> None:
    vector = LoadedVector(None, "qrom", b, bitsize=n)
    found = with_numbers(vector, {"n": 3})
    assert (found.bitsize, found.angle_bits) == (3, b)
    assert with_numbers(found.adjoint(), {"b": 5}).subbloq == LoadedVector(
        None, "qrom", 5, bitsize=3
    )
    assert with_numbers(vector, {"k": 1}) is vector
