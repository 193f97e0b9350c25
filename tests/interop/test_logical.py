"""The QDK reads our logical counts, and finds as many T states as we count."""

from __future__ import annotations

import pytest
import sympy
from qdk.estimator import LogicalCounts
from qualtran import QUInt
from qualtran.bloqs.arithmetic import Add
from qualtran.bloqs.basic_gates import Ry
from qualtran.bloqs.mcmt import MultiAnd

from bloqs import estimate, load_example
from bloqs.interop import logical_counts
from bloqs.loading import LoadedVector

KEYS = {
    "numQubits",
    "tCount",
    "rotationCount",
    "rotationDepth",
    "cczCount",
    "ccixCount",
    "measurementCount",
}


def test_the_qdk_reads_them() -> None:
    report = estimate(load_example("digits-1").spec.cost_bloq())
    counts = logical_counts(report)
    assert {*counts} == KEYS
    found = LogicalCounts(counts).estimate()
    told = found["logicalCounts"]
    assert {key: told[key] for key in KEYS} == counts
    breakdown = found["physicalCounts"]["breakdown"]
    per_rotation = breakdown["numTsPerRotation"] or 0
    expected = report.native.t + 4 * report.toffoli_count + per_rotation * report.rotation_count
    assert breakdown["numTstates"] == expected
    assert counts["rotationDepth"] <= counts["rotationCount"]


def test_a_chain_of_rotations() -> None:
    counts = logical_counts(estimate(LoadedVector(None, "rotations", bitsize=5)))
    assert counts["rotationCount"] == 31
    assert counts["rotationDepth"] == 31  # one qubit after another, each multiplexed
    assert logical_counts(estimate(Ry(0.3)))["rotationDepth"] == 1
    assert logical_counts(estimate(MultiAnd(cvs=(1,) * 4))) == {
        "numQubits": 7,
        "tCount": 0,
        "rotationCount": 0,
        "rotationDepth": 0,
        "cczCount": 0,
        "ccixCount": 3,
        "measurementCount": 0,
    }


def test_symbols_are_refused() -> None:
    report = estimate(Add(QUInt(sympy.Symbol("n"))))
    with pytest.raises(ValueError, match="substitute numbers first"):
        logical_counts(report)
    assert logical_counts(report.subs({"n": 4}))["ccixCount"] == 3
    with pytest.raises(ValueError, match=r"report must be what bloqs.costs.estimate returns"):
        logical_counts({"t": 3})  # type: ignore[arg-type]
