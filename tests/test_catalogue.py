"""Every bloq is registered, passes Qualtran's checks, and costs the same by formula and by decomposition."""

from __future__ import annotations

import importlib
import inspect
import math
import pkgutil
from collections.abc import Iterator

import attrs
import numpy as np
import pytest
from qualtran import Bloq, BloqExample
from qualtran.resource_counting import QubitCount, get_cost_value
from qualtran.testing import (
    BloqCheckResult,
    check_bloq_example_decompose,
    check_bloq_example_make,
    check_bloq_example_qtyping,
    check_bloq_example_serializes,
    check_equivalent_bloq_example_counts,
)

import bloqs
from bloqs.catalogue import CATALOGUE, CHECKS, Entry
from bloqs.core.block_encoding import RealBlockEncoding
from bloqs.core.encoding import VectorEncoding
from bloqs.published.erf_series import erf_series_error
from bloqs.qsvt import QSVT
from bloqs.simulation import (
    NoTensorsError,
    Simulator,
    contract,
    encoded_matrix,
    unitary,
)
from bloqs.testing import (
    assert_control_and_adjoint,
    assert_encodes,
    assert_formula_is_decomposition,
    assert_qubits_are_decomposition,
)

RUN = dict(
    zip(
        CHECKS,
        (
            check_bloq_example_make,
            check_bloq_example_decompose,
            check_equivalent_bloq_example_counts,
            check_bloq_example_serializes,
            check_bloq_example_qtyping,
        ),
        strict=True,
    )
)
EXAMPLES = [(entry, example) for entry in CATALOGUE for example in entry.concrete]
IDS = [example.name for _, example in EXAMPLES]

LONG = {"entrywise_conv2d", "entrywise_conv2d_channels"}
"""Many qubits, gate by gate: seconds each."""

WIDE = {"amplified_conv2d_shape", "conv2d_shape", "entrywise_conv2d_shape"}
"""Ten thousands of gates to decompose into: seconds each."""

DECOMPOSED = [
    pytest.param(entry, example, marks=[pytest.mark.slow] if example.name in WIDE else [])
    for entry, example in EXAMPLES
]


def concrete_bloqs() -> Iterator[type[Bloq]]:
    for module in pkgutil.walk_packages(bloqs.__path__, "bloqs."):
        if ".training" in module.name:
            continue
        for _, cls in inspect.getmembers(importlib.import_module(module.name), inspect.isclass):
            own = cls.__module__.startswith("bloqs.") and issubclass(cls, Bloq)
            if own and not inspect.isabstract(cls) and hasattr(cls, "__attrs_attrs__"):
                yield cls


def test_every_concrete_bloq_is_registered() -> None:
    missing = set(concrete_bloqs()) - {entry.bloq_cls for entry in CATALOGUE}
    assert not missing, f"add to bloqs/catalogue.py: {sorted(cls.__name__ for cls in missing)}"


def test_every_entry_has_an_example() -> None:
    bare = [e.bloq_cls.__name__ for e in CATALOGUE if not e.concrete]
    # An adjoint is what `.adjoint()` returns: it is checked with every example below.
    assert bare == ["ReversedBloq"]


@pytest.mark.parametrize("check", CHECKS)
@pytest.mark.parametrize(("entry", "example"), EXAMPLES, ids=IDS)
def test_qualtran_check(entry: Entry, example: BloqExample, check: str) -> None:
    result, message = RUN[check](example)
    if check in entry.excused:
        assert result in (BloqCheckResult.NA, BloqCheckResult.MISSING), (result, message)
    else:
        assert result == BloqCheckResult.PASS, (result, message)


@pytest.mark.parametrize(("entry", "example"), DECOMPOSED, ids=IDS)
def test_formula_is_decomposition(entry: Entry, example: BloqExample) -> None:
    bloq = example.make()
    assert_formula_is_decomposition(bloq)
    assert_formula_is_decomposition(bloq.adjoint())
    if "decompose" not in entry.excused:
        assert_qubits_are_decomposition(bloq)


def is_small(bloq: Bloq) -> bool:
    """Small enough for the full matrix of its controlled version."""
    return bloq.signature.n_qubits() <= 7 and get_cost_value(bloq, QubitCount()) <= 14


CONTRACTED = [
    example
    for entry, example in EXAMPLES
    if not entry.excused and getattr(example.make(), "has_data", True) and is_small(example.make())
]


def test_every_kind_is_contracted() -> None:
    """All but the classes whose smallest example is too wide, which have tests of their own."""
    missing = {e.bloq_cls.__name__ for e in CATALOGUE if not e.excused}
    missing -= {example.bloq_cls.__name__ for example in CONTRACTED}
    wide = {
        "AliasSampling",
        "FanOut",
        "MeasuredUnload",
        "Conv2DBlockEncoding",
        "PhaseGradientRy",
        "SwapToFront",
        "TableLookup",
        "TapConv2D",
    }
    assert missing <= {"ReversedBloq"} | wide, missing


@pytest.mark.parametrize("example", CONTRACTED, ids=[e.name for e in CONTRACTED])
def test_control_and_adjoint(example: BloqExample) -> None:
    assert_control_and_adjoint(example.make())


# --- every bloq at gate level ------------------------------------------------------------------------

NO_DATA = {
    "generic_rotation": "stands for a rotation of unknown angle, for costs by shape",
    "unknown_data_gate": "stands for the gates of unknown data, for costs by shape",
}
"""Leaves that have no tensors, whatever their fields."""

DENSE_QUBITS = 10
"""Up to so many qubits the whole matrix is compared with Qualtran's `tensor_contract`, a second engine."""

DENSE_GATES = 1000
"""Beyond, that engine takes minutes."""

BASIS_STATES = 16


def without_control(bloq: Bloq) -> Bloq:
    """The same bloq without its `ctrl` qubit."""
    return (
        attrs.evolve(bloq, is_controlled=False) if getattr(bloq, "is_controlled", False) else bloq
    )


def assert_acts_classically(bloq: Bloq) -> None:
    """On random basis states the bloq does what its classical action says, with amplitude 1."""
    rng = np.random.default_rng(0)
    for _ in range(BASIS_STATES):
        values = {
            register.name: int(rng.integers(2 ** register.total_bits()))
            for register in bloq.signature
        }
        shaped = {
            register.name: _as_array(values[register.name], register.shape, register.bitsize)
            for register in bloq.signature
        }
        found = contract(bloq, inputs=values)
        index = 0
        for register, value in zip(bloq.signature, bloq.call_classically(**shaped), strict=True):
            for part in np.asarray(value).ravel():
                index = (index << register.bitsize) + int(part)
        assert found.nonzero()[0].tolist() == [index]
        assert abs(found[index] - 1) < 1e-12


def _as_array(value: int, shape: tuple[int, ...], bitsize: int) -> object:
    """A register's value from its bits in a row, most significant first."""
    if not shape:
        return value
    count = int(np.prod(shape))
    mask = 2**bitsize - 1
    parts = [(value >> (bitsize * (count - 1 - i))) & mask for i in range(count)]
    return np.array(parts).reshape(shape)


@pytest.mark.parametrize(
    ("entry", "example"),
    [
        pytest.param(*pair, id=name, marks=[pytest.mark.slow] if name in LONG else [])
        for pair, name in zip(EXAMPLES, IDS, strict=True)
    ],
)
def test_contracts_at_gate_level(entry: Entry, example: BloqExample) -> None:
    """Every gate's tensor: an encoding against what it promises, any other bloq against a second engine."""
    bloq = without_control(example.make())
    if example.name in NO_DATA or not getattr(bloq, "has_data", True):
        with pytest.raises(NoTensorsError, match="neither a decomposition"):
            Simulator().plan(bloq)
        return
    if isinstance(bloq, VectorEncoding):
        assert_encodes(bloq, bloq.target())
        # And, far below epsilon, the very block that the semantic level takes for it.
        assert_encodes(bloq, float(bloq.alpha) * bloq.block(), epsilon=0.0)
    elif isinstance(bloq, QSVT) and isinstance(bloq.encoding, VectorEncoding):
        # Only the column of |0> has a meaning.
        vector = bloq.encoding
        expected = bloq.polynomial(np.array(1 / float(vector.alpha))) * vector.target()
        np.testing.assert_allclose(encoded_matrix(bloq)[:, 0], expected, atol=1e-9)
    elif isinstance(bloq, RealBlockEncoding):
        assert_encodes(bloq, bloq.target())
        block = bloq.apply_block(np.eye(2**bloq.system_bitsize))
        assert_encodes(bloq, float(bloq.alpha) * block, epsilon=0.0)
    elif (
        bloq.signature.n_qubits() <= DENSE_QUBITS
        and Simulator().plan(bloq).leaf_gates <= DENSE_GATES
    ):
        found = unitary(bloq)
        expected = bloq.tensor_contract().reshape(found.shape)
        np.testing.assert_allclose(found, expected, atol=1e-10)
    else:
        assert_acts_classically(bloq)


def test_every_lemma_of_the_paper_has_a_row_with_equation_example_and_reference() -> None:
    told = [entry for entry in CATALOGUE if entry.lemma]
    labels = [e.lemma for e in told if not e.lemma.startswith("instead")]
    stated = {label for one in labels for label in one.split(", ")}
    assert stated >= {"L1", "L2", "L3", "L4", "L5", "L6", "L7", "T1", "C1", "D1", "B3", "B4"}
    assert stated >= {"B14", "B15", "B16", "B17", "B18", "B18/NLAT", "B19", "B20"}
    for entry in told:
        assert entry.concrete, entry.lemma
        assert entry.equation.startswith("$$"), entry.lemma
        assert np.all(np.isfinite(entry.reference)), entry.lemma
    rows = {entry.bloq_cls.__name__: entry for entry in told}
    assert rows["ResidualBlock"].lemma == "instead of L6"
    assert rows["Conv2DBlockEncoding"].lemma == "instead of B17, L5"
    np.testing.assert_array_equal(
        rows["OneSidedShift"].reference, np.eye(len(rows["OneSidedShift"].reference), k=-1)
    )
    (series,) = (entry for entry in told if entry.lemma == "B19")
    error = [
        abs(p - math.erf(0.8 * x))
        for p, x in zip(np.diag(series.reference), (0.6, -0.8), strict=True)
    ]
    assert max(error) <= erf_series_error(0.8, 5) < 1e-3
