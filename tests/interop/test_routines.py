"""QREF documents add up to our counts, by bartiq's own addition."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
import sympy
from bartiq import compile_routine, evaluate
from qref import SchemaV1
from qualtran import Bloq

from bloqs import NetworkSpec, estimate, load_example
from bloqs.catalogue import CATALOGUE
from bloqs.interop import to_qref
from bloqs.interop.routines import KINDS, _without_cases
from bloqs.loading import LoadedVector


def compiled(document: SchemaV1, values: dict[str, int] | None = None) -> dict[str, Any]:
    """What bartiq makes of a document that went through text."""
    read = SchemaV1.model_validate_json(document.model_dump_json())
    routine = compile_routine(read).routine
    if values:
        routine = evaluate(routine, values).routine
    return {name: resource.value for name, resource in routine.resources.items()}


@pytest.mark.parametrize("depth", [0, 1, 2, 4])
def test_the_total_is_ours_at_every_depth(depth: int) -> None:
    bloq = load_example("digits-1").spec.cost_bloq()
    found = compiled(to_qref(bloq, depth=depth))
    native = estimate(bloq).native
    assert {kind: int(found[kind]) for kind in KINDS} == {k: getattr(native, k) for k in KINDS}
    assert native.t + native.and_bloq > 10**4


@pytest.mark.parametrize("qram", ["oracle", "bucket-brigade"])
def test_memory_models_and_unloads_are_charged(qram: str) -> None:
    bloq = LoadedVector(None, "qram", 6, bitsize=8)
    found = compiled(to_qref(bloq, qram=qram, uncompute="measured"))
    native = estimate(bloq, qram=qram, uncompute="measured").native
    assert {kind: int(found[kind]) for kind in KINDS} == {k: getattr(native, k) for k in KINDS}


def symbolic(name: str) -> Bloq:
    examples = [one for entry in CATALOGUE for one in entry.examples]
    return next(one for one in examples if one.name == name).make()


@pytest.mark.parametrize(
    ("name", "depth", "sizes"),
    [
        ("loaded_vector_symbolic", 2, {"n": 5, "b": 9}),
        ("loaded_vector_symbolic", 2, {"n": 1, "b": 9}),
        pytest.param("conv2d_symbolic", 0, {"C": 4, "m": 3, "D": 3}, marks=pytest.mark.slow),
    ],
)
def test_symbols_are_parameters(name: str, depth: int, sizes: dict[str, int]) -> None:
    bloq = symbolic(name)
    document = to_qref(bloq, depth=depth)
    assert document.program.input_params == sorted(sizes)
    native = estimate(bloq).subs(sizes).native
    found = compiled(document, sizes)
    assert {k: round(float(found[k])) for k in KINDS} == {k: getattr(native, k) for k in KINDS}


def test_cases_become_factors() -> None:
    x, y = sympy.symbols("x y", integer=True, nonnegative=True)
    eq, lt = sympy.Eq, sympy.Lt
    cases = sympy.Piecewise(
        (1, eq(x, 1) | eq(y, 2)),
        (2, (x > 3) & (y <= 1)),
        (3, ~(lt(x, y))),
        (4, x >= y - 1),
        (5, True),
    )
    plain = _without_cases(cases)
    assert not plain.has(sympy.Piecewise)
    for values in itertools.product(range(6), repeat=2):
        at = dict(zip((x, y), values, strict=True))
        assert plain.subs(at) == cases.subs(at)


@pytest.mark.slow
def test_a_shape_of_any_size_is_exported_quickly() -> None:
    spec = NetworkSpec.from_shapes(input_shape=(4, 1024, 1024), num_blocks=3, output_layer=False)
    document = to_qref(spec.cost_bloq(norm_bounds=[(1.1, 1.4)] * 3))
    assert document.program.type == "ResidualNetwork"
    assert len(document.model_dump_json()) < 10**6


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"depth": -1}, "depth must be"),
        ({"depth": 1.5}, "depth must be"),
        ({"qram": "cloud"}, "cloud"),
        ({"uncompute": "later"}, "unknown uncompute 'later'"),
    ],
)
def test_bad_arguments(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        to_qref(LoadedVector(None, "rotations", bitsize=3), **arguments)


def test_only_bloqs_are_exported() -> None:
    with pytest.raises(ValueError, match=r"bloq must be a qualtran.Bloq"):
        to_qref(sympy.Symbol("n"))
