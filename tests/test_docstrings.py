"""Every public function says what it takes, every public function and class shows what it is for.

Pydoclint compares the sections that a docstring has with the signature; here they must be there. Rooms that
`[tool.pydoclint]` leaves out are left out here, too.
"""

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from bloqs.cli import app

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "bloqs"
NEEDS_TORCH = "training"
"""Not a part of the library as it is installed: its examples could not run."""

EXEMPT = {"Enum", "StrEnum", "IntEnum", "Protocol", "TypedDict"}
"""Bases of classes that are shown where they are used."""

Definition = ast.FunctionDef | ast.ClassDef


def rooms_left_out() -> list[str]:
    """Folders and files of the package that are not done yet."""
    with open(ROOT / "pyproject.toml", "rb") as stream:
        settings = tomllib.load(stream)["tool"]["pydoclint"]
    found = re.fullmatch(r"bloqs/\((.*)\)", settings["exclude"])
    assert found is not None, "exclude has the form bloqs/(room|file.py|...)"
    return [name.replace(r"\.", ".") for name in found[1].split("|") if name != NEEDS_TORCH]


def files_of(room: str) -> list[Path]:
    path = PACKAGE / room
    return [path] if path.is_file() else sorted(path.rglob("*.py"))


def base_name(base: ast.expr) -> str:
    if isinstance(base, ast.Subscript):
        return base_name(base.value)
    return base.attr if isinstance(base, ast.Attribute) else ast.unparse(base)


def is_exempt(definition: ast.ClassDef) -> bool:
    names = {base_name(base) for base in definition.bases}
    is_exception = any(name.endswith(("Error", "Exception", "Warning")) for name in names)
    return is_exception or bool(names & EXEMPT)


def public_definitions(tree: ast.Module) -> Iterator[Definition]:
    for node in tree.body:
        if isinstance(node, Definition) and not node.name.startswith("_"):
            yield node


def section(docstring: str, name: str) -> list[str]:
    """The names that a section lists."""
    found = re.search(rf"^{name}:\n((?:[ ]+.*\n|\n)*)", docstring + "\n", re.MULTILINE)
    heads = re.findall(r"^ {4}\*{0,2}(\w+(?:, \w+)*):", found[1], re.MULTILINE) if found else []
    return [name for head in heads for name in head.split(", ")]


def parameters(definition: ast.FunctionDef) -> list[str]:
    arguments = definition.args
    plain = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
    stars = [argument for argument in (arguments.vararg, arguments.kwarg) if argument is not None]
    return [argument.arg for argument in plain + stars]


def raised_here(definition: ast.FunctionDef) -> set[str]:
    """Names of the errors that a function raises itself."""
    calls = (node.exc for node in ast.walk(definition) if isinstance(node, ast.Raise))
    return {base_name(call.func) for call in calls if isinstance(call, ast.Call)}


def fields(definition: ast.ClassDef) -> dict[str, bool]:
    """Public fields of an attrs class or dataclass, and whether each has a default."""
    if not any(
        "attrs" in (name := ast.unparse(d)) or "dataclass" in name
        for d in definition.decorator_list
    ):
        return {}
    return {
        node.target.id: node.value is not None
        for node in definition.body
        if isinstance(node, ast.AnnAssign)
        and isinstance(node.target, ast.Name)
        and not node.target.id.startswith("_")
        and not ast.unparse(node.annotation).startswith("ClassVar")
    }


def missing_fields(definition: ast.ClassDef, docstring: str) -> set[str]:
    """Fields that are not told: a class that tells some tells all, and those without a default always are."""
    told = {*section(docstring, "Parameters"), *section(docstring, "Attributes")}
    return {
        name for name, has_default in fields(definition).items() if told or not has_default
    } - told


def faults_of(definition: Definition) -> Iterator[str]:
    docstring = ast.get_docstring(definition) or ""
    if isinstance(definition, ast.FunctionDef):
        missing = set(parameters(definition)) - set(section(docstring, "Args"))
        if missing:
            yield f"{definition.name}: Args lacks {', '.join(sorted(missing))}"
        missing = raised_here(definition) - set(section(docstring, "Raises"))
        if missing:
            yield f"{definition.name}: Raises lacks {', '.join(sorted(missing))}"
    elif is_exempt(definition):
        return
    elif missing := missing_fields(definition, docstring):
        yield f"{definition.name}: Parameters lacks {', '.join(sorted(missing))}"
    if ">>>" not in docstring:
        yield f"{definition.name}: no example"


def commands() -> set[tuple[Path, str]]:
    """File and name of every command: its docstring is the help that a user reads."""
    apps = [app, *(group.typer_instance for group in app.registered_groups)]
    functions = [command.callback for each in apps for command in each.registered_commands]
    return {(ROOT / f"{one.__module__.replace('.', '/')}.py", one.__name__) for one in functions}


def faults_in(paths: list[Path]) -> list[str]:
    helped = commands()
    return [
        f"{path.relative_to(ROOT)}::{fault}"
        for path in paths
        for definition in public_definitions(ast.parse(path.read_text(encoding="utf-8")))
        if (path, definition.name) not in helped
        for fault in faults_of(definition)
    ]


def test_commands_are_found_and_have_a_help() -> None:
    assert {name for _, name in commands()} >= {"report", "estimate", "scaling", "sweep_images"}
    for path, name in commands():
        tree = ast.parse(path.read_text(encoding="utf-8"))
        (found,) = (node for node in public_definitions(tree) if node.name == name)
        assert ast.get_docstring(found)


def test_public_names_are_documented() -> None:
    left_out = {path for room in [*rooms_left_out(), NEEDS_TORCH] for path in files_of(room)}
    faults = faults_in([path for path in files_of("") if path not in left_out])
    assert not faults, "\n".join(faults)


def test_rooms_that_are_left_out_are_not_done_yet() -> None:
    done = [room for room in rooms_left_out() if not faults_in(files_of(room))]
    assert not done, f"take off `exclude` in [tool.pydoclint], for they are done: {', '.join(done)}"


CASES = [
    ("def f(a, *, b): ...", ["Args lacks a, b", "no example"]),
    ('def f(a):\n    """F.\n\n    Args:\n        a: one.\n\n    >>> f(1)\n    """', []),
    ('def f(a, b):\n    """F.\n\n    Args:\n        a: one.\n\n    >>> f(1)\n    """', ["Args lacks b"]),
    ('def f(*a):\n    """F.\n\n    Args:\n        a: some.\n\n    >>> f(1)\n    """', []),
    ('def f(**a):\n    """F.\n\n    Args:\n        **a: some.\n\n    >>> f(b=1)\n    """', []),
    ('def f():\n    """F.\n\n    >>> f()\n    """\n    raise ValueError("no")', ["Raises lacks ValueError"]),
    ('class A:\n    """A."""', ["no example"]),
    ('class A(ValueError):\n    """A."""', []),
    ('class A(Protocol[T]):\n    """A."""', []),
    ('@attrs.frozen\nclass A:\n    """A.\n\n    >>> A()\n    """\n    a: int', ["Parameters lacks a"]),
    ('@attrs.frozen\nclass A:\n    """A.\n\n    >>> A()\n    """\n    a: int = 1', []),
    (
        '@attrs.frozen\nclass A:\n    """A.\n\n    Parameters:\n        a, b: two.\n\n    >>> A()\n    """\n'
        "    a: int\n    b: int\n    c: int = 1",
        ["Parameters lacks c"],
    ),
    ("def _f(a): ...", []),
]  # fmt: skip


@pytest.mark.parametrize(("source", "expected"), CASES)
def test_what_is_missing_is_found(source: str, expected: list[str]) -> None:
    found = [fault for node in public_definitions(ast.parse(source)) for fault in faults_of(node)]
    assert [fault.split(": ", 1)[1] for fault in found] == expected
