"""Every bloq is registered, passes Qualtran's checks, and costs the same by formula and by decomposition."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Iterator

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
from bloqs.testing import (
    assert_control_and_adjoint,
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


@pytest.mark.parametrize(("entry", "example"), EXAMPLES, ids=IDS)
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
    wide = {"Conv2DBlockEncoding", "PhaseGradientRy", "SwapToFront", "TableLookup"}
    assert missing <= {"ReversedBloq"} | wide, missing


@pytest.mark.parametrize("example", CONTRACTED, ids=[e.name for e in CONTRACTED])
def test_control_and_adjoint(example: BloqExample) -> None:
    assert_control_and_adjoint(example.make())
