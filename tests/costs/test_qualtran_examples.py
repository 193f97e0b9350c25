"""Qualtran's own examples through `estimate`, held against Qualtran's own count.

All of them take three minutes of computing: `python -m pytest -m slow tests/costs/test_qualtran_examples.py`.
"""

from __future__ import annotations

import importlib
import json
import pkgutil
import random
from collections import Counter

import attrs
import pytest
import qualtran.bloqs
import sympy
from qualtran import Bloq, BloqExample
from qualtran.resource_counting import GateCounts, QECGatesCost, get_cost_value

from bloqs.costs import UnknownCostError, estimate
from bloqs.costs.unknown import Unknown, known_or_not
from tests.costs.toys import turns_as_gates
from tests.fuzz.hostile import TooSlowError, time_limit

SECONDS = 120
"""Of computing, for each example."""

SAMPLE, SEED = 8, 2026
"""Of the quick tier."""

SLOW = {
    "cryptography.ecc.ec_add.ec_add",
    "cryptography.ecc.ec_add.ec_add_small",
    "cryptography.ecc.ec_add_r.ec_window_add_r_small",
    "cryptography.rsa.rsa_mod_exp.modexp_small",
    "cryptography.rsa.rsa_phase_estimate.rsa_pe_small",
    "chemistry.hubbard_model.qubitization.select_hubbard.sel_hubb",
    "arithmetic.controlled_addition.cadd_large",
    "hamiltonian_simulation.guided_hamiltonian.guided_hamiltonian_symb",
    "hamiltonian_simulation.guided_hamiltonian.guided_phase_estimate_symb",
}
"""More than five seconds each, most of it Qualtran's: not for the quick tier."""

TOO_LONG = {"phase_estimation.qubitization_qpe.qubitization_qpe_hubbard_model_large"}
"""May be stopped: `BloqBuilder.add_from` of Qualtran 0.7.0 renames all wires of a SELECT at each of its
parts, so that the decomposition from which the qubits are read takes minutes."""

AGREES = "agrees"
TURNS = "agrees where turns by multiples of pi/4 are Clifford or T"
FORMULA = "a formula states calls that cannot be, and the decomposition is counted"
MISSING = "needs a package that is not installed"
LONG = f"more than {SECONDS} s, all of it Qualtran's own decomposition"
NO_COST = "neither Qualtran nor we know a cost"


def _examples() -> dict[str, BloqExample]:
    found: dict[str, BloqExample] = {}
    for info in pkgutil.walk_packages(qualtran.bloqs.__path__, "qualtran.bloqs."):
        if info.name.endswith("_test") or ".for_testing" in info.name:
            continue
        for value in vars(importlib.import_module(info.name)).values():
            if isinstance(value, BloqExample):
                module = value._func.__module__.removeprefix("qualtran.bloqs.")
                found[f"{module}.{value.name}"] = value
    return dict(sorted(found.items()))


def _same(ours: GateCounts, theirs: GateCounts) -> bool:
    pairs = zip(attrs.astuple(ours), attrs.astuple(theirs), strict=True)
    return all(a == b or sympy.expand(a - b) == 0 for a, b in pairs)


def _own_count(bloq: Bloq, *generalizers: object) -> GateCounts | None:
    try:
        return get_cost_value(bloq, QECGatesCost(), generalizer=generalizers or None)
    except Exception:
        return None


def outcome(bloq: Bloq) -> str:
    """How our count compares; what has a cost also prints, and has a depth or says why it has none."""
    theirs = _own_count(bloq)
    try:
        report = estimate(bloq)
    except UnknownCostError as error:
        is_no_cost = theirs is None and error.path
        return NO_COST if is_no_cost else f"Qualtran has {theirs}; {error}"
    for text in (str(report), report._repr_html_()):
        assert (
            f"{report.t_count:,}" in text
            if isinstance(report.t_count, int)
            else str(report.t_count)
        )
    json.dumps(report.to_dict())
    if report.shows_critical_path or report.schedule_seconds() < SECONDS / 4:
        found = known_or_not(lambda: report.t_depth)
        assert not isinstance(found, Unknown) or "its decomposition fails" in found.reason
    if theirs is not None and _same(report.native, theirs):
        return AGREES
    turned = _own_count(bloq, turns_as_gates)
    if turned is not None and _same(report.native, turned):
        return TURNS
    # What such formulas state wrongly in Qualtran 0.7.0 are CNOTs.
    is_clifford = theirs is not None and _same(
        attrs.evolve(report.native, clifford=0), attrs.evolve(theirs, clifford=0)
    )
    if is_clifford and "counted by decomposition" in report.assumptions:
        return FORMULA
    return f"Qualtran has {theirs}, we have {report.native}"


def walked(examples: dict[str, BloqExample]) -> dict[str, str]:
    """Name -> outcome; what is raised is an outcome, too."""
    outcomes = {}
    for name, example in examples.items():
        try:
            with time_limit(SECONDS):
                outcomes[name] = outcome(example.make())
        except ModuleNotFoundError:
            outcomes[name] = MISSING
        except TooSlowError:
            outcomes[name] = LONG if name in TOO_LONG else f"more than {SECONDS} s"
        except Exception as error:
            outcomes[name] = f"{type(error).__name__}: {error}"
    return outcomes


def unexplained(outcomes: dict[str, str]) -> dict[str, str]:
    """The outcomes that are none of those named above."""
    return {
        name: found
        for name, found in outcomes.items()
        if found not in (AGREES, TURNS, FORMULA, NO_COST, MISSING, LONG)
    }


def test_a_sample_of_the_examples() -> None:
    examples = _examples()
    names = random.Random(SEED).sample(sorted(set(examples) - SLOW), SAMPLE)
    assert not unexplained(walked({name: examples[name] for name in names}))


PARTS = 12
"""Of the full tier, so that all cores have work: part i holds examples i, i + 12, ..."""

LEAST = (32, 32, 31, 31, 30, 33, 33, 33, 33, 30, 30, 31)
"""Examples of each part whose count is Qualtran's, at least."""


@pytest.mark.slow
@pytest.mark.parametrize("part", range(PARTS))
def test_all_examples(part: int) -> None:
    examples = _examples()
    assert len(examples) == 393
    outcomes = walked({name: examples[name] for name in sorted(examples)[part::PARTS]})
    assert not unexplained(outcomes)
    numbers = Counter(outcomes.values())
    assert numbers[AGREES] + numbers[TURNS] + numbers[FORMULA] >= LEAST[part]
