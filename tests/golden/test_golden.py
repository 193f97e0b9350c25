"""Every cost is the one on file. What changes one is told in CHANGELOG and written anew by `ci/golden`."""

from __future__ import annotations

from typing import Any

import attrs
import pytest

from tests.golden.configurations import FILES, Configuration, Figures
from tests.golden.regenerate import as_text, differences, path, same, stored

ALL = [configuration for configurations in FILES.values() for configuration in configurations]
QUICK = [one for one in ALL if one.is_quick]


def named(one: Configuration) -> str:
    return f"{one.file}: {one.name}"


def check(one: Configuration, golden: Figures) -> None:
    changed = [str(each) for each in differences(named(one), golden, one.figures())]
    assert not changed, "\n".join([*changed, "`bash ci/golden` writes the golden files anew"])


@pytest.mark.parametrize("one", QUICK, ids=named)
def test_costs_are_on_file(one: Configuration) -> None:
    golden = stored(one.file)[one.name]
    if not one.is_quick_path:
        one = attrs.evolve(one, has_critical_path=False)
        golden.pop("critical_path", None)
    check(one, golden)


@pytest.mark.slow
@pytest.mark.parametrize("one", ALL, ids=named)
def test_all_costs_are_on_file(one: Configuration) -> None:
    check(one, stored(one.file)[one.name])


@pytest.mark.parametrize("file", FILES)
def test_a_file_holds_its_configurations_and_no_others(file: str) -> None:
    names = [one.name for one in FILES[file]]
    assert len(names) == len(set(names))
    assert set(stored(file)) == set(names)


@pytest.mark.parametrize("file", FILES)
def test_a_file_is_written_as_it_is_read(file: str) -> None:
    written = path(file).read_text(encoding="utf-8")
    start = ' "costs": {'
    assert as_text(stored(file)).partition(start)[2] == written.partition(start)[2]


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (10**12, 10**12, True),
        (10**12, 10**12 + 1, False),
        (0.3, 0.1 + 0.2, True),
        (0.3, 0.3 * (1 + 1e-8), False),
        (1, None, False),
        (True, 1, False),
        ([3, 17], [3, 17], True),
        ([3, 17], [3, 19], False),
        ("4*N + 4", "4*(N + 1)", True),
        ("4*N + 4", "4*(N + 2)", False),
        ("2*Ands(n, 1)", "Ands(n, 1) + Ands(n, 1)", True),
        ("2*Ands(n, 1)", "2*Ands(n, 2)", False),
        ("4*n", 4, False),
    ],
)
def test_same(old: Any, new: Any, expected: bool) -> None:
    assert same(old, new) is expected
    assert same(new, old) is expected


def test_differences_name_the_figure() -> None:
    old = {"t_count": 4, "native": {"t": 0, "and_bloq": 1}, "alpha": 1.0}
    new = {"t_count": 8, "native": {"t": 0, "and_bloq": 2}, "qubits": 3}
    assert [str(one) for one in differences("a: b", old, new)] == [
        "a: b: alpha was 1.0, is None",
        "a: b: native.and_bloq was 1, is 2",
        "a: b: qubits was None, is 3",
        "a: b: t_count was 4, is 8",
    ]
