"""Write the golden files anew, or compare them, and print what differs; the command is `bash ci/golden`."""

from __future__ import annotations

import argparse
import json
import math
import string
import sys
from collections.abc import Iterator, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

import attrs
import sympy
from rich.console import Console
from rich.progress import track
from rich.table import Table

import bloqs
from bloqs.costs import DEFAULT_CONVENTIONS
from tests.golden.configurations import EPSILON, FILES, IMAGE, Figures

FOLDER = Path(__file__).parent

RELATIVE = 1e-9
"""Floats that are closer are the same: the last digits of a linear programme differ between machines."""

SYMBOLS = {letter: sympy.Symbol(letter) for letter in string.ascii_letters}
"""One-letter names are sizes, not sympy's own `N`, `S`, `E`, ..."""


@attrs.frozen
class Difference:
    """One figure that is not what it was; `old` or `new` is None where there is none."""

    configuration: str
    figure: str
    old: Any
    new: Any

    def __str__(self) -> str:
        return f"{self.configuration}: {self.figure} was {self.old}, is {self.new}"


def same(old: Any, new: Any) -> bool:
    """Integers exactly, floats to `RELATIVE`, expressions in symbols as expressions."""
    if isinstance(old, bool) or isinstance(new, bool) or old is None or new is None:
        return old is new
    if isinstance(old, float) or isinstance(new, float):
        is_number = isinstance(old, int | float) and isinstance(new, int | float)
        return is_number and math.isclose(old, new, rel_tol=RELATIVE, abs_tol=1e-15)
    if isinstance(old, str) and isinstance(new, str) and old != new:
        # Functions of our own are undefined ones here, so the expressions need no class of the library.
        a, b = (sympy.sympify(text, locals=SYMBOLS) for text in (old, new))
        return a == b or sympy.simplify(a - b) == 0
    return type(old) is type(new) and old == new


def differences(configuration: str, old: Figures, new: Figures) -> Iterator[Difference]:
    """Every figure that differs, those inside a mapping one by one."""
    for figure in sorted({*old, *new}):
        before, after = old.get(figure), new.get(figure)
        if isinstance(before, Mapping) and isinstance(after, Mapping):
            for inner in differences(configuration, dict(before), dict(after)):
                yield attrs.evolve(inner, figure=f"{figure}.{inner.figure}")
        elif not same(before, after):
            yield Difference(configuration, figure, before, after)


def path(file: str) -> Path:
    """Of a golden file."""
    return FOLDER / f"{file}.json"


def stored(file: str) -> dict[str, Figures]:
    """What a golden file holds: configuration -> figures."""
    costs: dict[str, Figures] = json.loads(path(file).read_text(encoding="utf-8"))["costs"]
    return costs


def header() -> dict[str, Any]:
    """Under what the figures hold."""
    conventions = DEFAULT_CONVENTIONS
    return {
        "conventions": {
            "name": conventions.name,
            "t_per_toffoli": conventions.t_per_toffoli,
            "t_depth_per_toffoli": conventions.t_depth_per_toffoli,
            "t_per_rotation": conventions.rotation_model.formula,
        },
        "networks": {"epsilon": EPSILON, "image": IMAGE, "norm_bounds": "calibrated"},
        "versions": {"qualtran": version("qualtran"), "resnet-bloqs": bloqs.__version__},
    }


def as_text(costs: Mapping[str, Figures]) -> str:
    """A golden file: one line a figure, keys in alphabetical order."""
    lines = []
    for name in sorted(costs):
        figures = [
            f"   {json.dumps(key)}: {json.dumps(costs[name][key], sort_keys=True)}"
            for key in sorted(costs[name])
        ]
        lines.append(f"  {json.dumps(name)}: {{\n" + ",\n".join(figures) + "\n  }")
    top = json.dumps(header(), indent=1, sort_keys=True).removesuffix("\n}")
    return f'{top},\n "costs": {{\n' + ",\n".join(lines) + "\n }\n}\n"


def only_compares(command: str, description: str | None) -> bool:
    """What the command line says: whether `--check` is given."""
    parser = argparse.ArgumentParser(prog=command, description=description)
    parser.add_argument(
        "--check", action="store_true", help="write nothing; status 1 if any differ"
    )
    return bool(parser.parse_args().check)


def main() -> int:
    """The command; status 1 when `--check` finds a difference."""
    is_check = only_compares("ci/golden", __doc__)
    console = Console(stderr=True)
    found: list[Difference] = []
    for file, configurations in FILES.items():
        old = stored(file) if path(file).exists() else {}
        new = {c.name: c.figures() for c in track(configurations, file, console=console)}
        for name in sorted({*old, *new}):
            if name not in old or name not in new:
                state = ("there", "gone") if name in old else ("not there", "added")
                found.append(Difference(f"{file}: {name}", "all", *state))
                continue
            changes = list(differences(f"{file}: {name}", old[name], new[name]))
            found += changes
            if not changes:
                new[name] = old[name]  # with the last digits that it has
        if not is_check:
            path(file).write_text(as_text(new), encoding="utf-8")
    if not found:
        console.print("The golden files hold.")
        return 0
    table = Table("configuration", "figure", "old", "new")
    for one in found:
        table.add_row(one.configuration, one.figure, str(one.old), str(one.new))
    Console(width=None if sys.stdout.isatty() else 160).print(table)
    if is_check:
        return 1
    console.print(
        'Written. Tell what changed, from what to what and why, under "Numbers" in CHANGELOG.md.'
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
