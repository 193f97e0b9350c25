"""Judge a sample of mutants by the quick tests and print what lived; the command is `bash ci/mutants`."""

from __future__ import annotations

import argparse
import ast
import compileall
import difflib
import hashlib
import importlib
import json
import math
import os
import py_compile
import shutil
import signal
import sys
import tempfile
import time
import tomllib
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from tests.mutation.sample import Mutant, sample

ROOT = Path(__file__).parents[2]
SESSIONS = ROOT / ".mutants"
EQUIVALENT = Path(__file__).with_name("equivalent.toml")

LEAST_SHARE = 0.9

TESTS = {
    # room: tests that are run when its own leave a mutant alive
    "layers": ("networks", "verify", "extension", "golden"),
    "networks": ("golden", "extension", "verify", "applications"),
    "costs": ("extension", "golden", "report"),
    "loading": ("convolution", "golden", "extension"),
    "qsvt": ("activation", "layers", "golden"),
}

ALSO = {
    # files whose tests bear another name, so that a mutant need not wait for those of the whole room
    "angle_tree": ("vector", "columns"),
    "by_qrom": ("vector", "columns"),
    "by_rotations": ("vector", "columns"),
    "by_segments": ("vector", "columns"),
    "by_select_swap": ("vector", "columns"),
    "charges": ("keys", "call_graph"),
    "checks": ("spec",),
    "lcu": ("layers",),
    "linear_programme": ("minimax", "polynomials"),
    "loader": ("vector", "columns"),
    "memory": ("qram",),
    "phase_fix_up": ("measured",),
    "positions": ("sparse",),
    "qubits": ("call_graph",),
    "report": ("estimate",),
    "select_swap": ("qram", "vector"),
    "storage": ("spec",),
    "stored": ("spec",),
    "symbolic": ("symbolic_network", "symbolic_layers"),
    "symmetric_qsp": ("phases",),
}

PYTEST = (
    *("-x", "-q", "-p", "no:randomly", "-p", "no:cacheprovider", "--no-header", "--tb=no"),
    *("-m", "not slow and not notebook"),
    *("-W", "ignore::pytest.PytestAssertRewriteWarning"),  # of plugins that are there already
)

BROKEN = 99
"""Exit status of a run that pytest did not end."""

COPIED = (
    "bloqs",
    "tests",
    "docs",
    "notebooks",
    "ci",
    "pyproject.toml",
    "README.md",
    "CHANGELOG.md",
)
"""What tests read."""

PRELOADED = (
    *("numba", "pandas", "pytest", "scipy.optimize", "scipy.sparse.linalg"),
    *("qualtran.bloqs", "qualtran.serialization.bloq", "qualtran.surface_code", "qualtran.testing"),
)
"""What a run of the tests spends most of its start on; imported once, and each run is a fork."""


class Workshop:
    """A copy of the tree in which mutants are made, so that the checkout is never touched."""

    def __init__(self, folder: Path):
        self.root = folder / "tree"
        self.root.mkdir()
        for name in COPIED:
            if (ROOT / name).is_dir():
                ignored = shutil.ignore_patterns("__pycache__")
                shutil.copytree(ROOT / name, self.root / name, ignore=ignored)
            else:
                shutil.copy(ROOT / name, self.root)
        # Checked by their content: a changed file of the same size and second is compiled again.
        compileall.compile_dir(
            self.root / "bloqs",
            quiet=1,
            invalidation_mode=py_compile.PycInvalidationMode.CHECKED_HASH,
        )
        for name in PRELOADED:
            importlib.import_module(name)

    def stages(self, path: str, depth: int) -> list[list[str]]:
        """Test files for a source file: those that mirror it, the rest of its room, the rooms that use it.

        Where none mirrors it, the room's are the first stage.
        """
        _, room, *inner, name = Path(path).with_suffix("").parts
        own = sorted((self.root / "tests" / room).rglob("test_*.py"))
        names = tuple(f"test_{word}" for word in (*inner, name, *ALSO.get(name, ())))
        mirrored = [f for f in own if f.stem.startswith(names)]
        rest = [f for f in own if f not in mirrored]
        users = [
            f for u in TESTS[room] for f in sorted((self.root / "tests" / u).rglob("test_*.py"))
        ]
        split = (mirrored, rest, users) if mirrored else (own, [], users)
        files = [[str(f.relative_to(self.root)) for f in stage] for stage in split]
        return [stage for stage in files[:depth] if stage]

    def fails(self, files: Sequence[str], timeout: float | None) -> str | None:
        """How a run of the tests fails, in a word; None if they pass."""
        with tempfile.TemporaryFile("w+") as out:
            child = os.fork()
            if child == 0:
                os.setsid()
                os.dup2(out.fileno(), 1)
                os.dup2(out.fileno(), 2)
                try:
                    os._exit(self._run([*PYTEST, *files]))
                except BaseException:
                    traceback.print_exc()
                    os._exit(BROKEN)
            try:
                status = _wait(child, math.inf if timeout is None else timeout)
            except KeyboardInterrupt:
                _end(child)
                raise
            out.seek(0)
            lines = out.read().splitlines()
        if status is None:
            return "time ran out"
        if status == BROKEN:
            raise RuntimeError("\n".join(lines))
        failed = [line for line in lines if line.startswith(("FAILED", "ERROR"))]
        # 5: nothing was selected.
        return None if status in (0, 5) else (failed or lines or ["no output"])[0]

    def _run(self, arguments: list[str]) -> int:
        """In the child: the tests of the copy, with nothing left of the checkout's."""
        for name in [name for name in sys.modules if name.split(".")[0] in ("bloqs", "tests")]:
            del sys.modules[name]
        os.chdir(self.root)
        sys.path[:] = [str(self.root), *(p for p in sys.path if Path(p).resolve() != ROOT)]
        os.environ["PYTHONPATH"] = str(self.root)
        return int(importlib.import_module("pytest").main(arguments))


def _wait(child: int, timeout: float) -> int | None:
    """The exit status of a process; None if it had to be ended."""
    start = time.monotonic()
    while time.monotonic() - start < timeout:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.05)
    _end(child)
    return None


def _end(child: int) -> None:
    """A process of ours, and those that it has started."""
    os.killpg(child, signal.SIGKILL)
    os.waitpid(child, 0)


class Session:
    """What is known so far, in a file that is written after each mutant."""

    def __init__(self, path: Path):
        self.path = path
        known = json.loads(path.read_text()) if path.exists() else {}
        self.seconds: dict[str, float] = known.get("seconds", {})
        self.verdicts: dict[str, dict[str, Any]] = known.get("verdicts", {})

    def write(self) -> None:
        """To the file, in one step."""
        self.path.parent.mkdir(exist_ok=True)
        new = self.path.with_suffix(".new")
        new.write_text(json.dumps({"seconds": self.seconds, "verdicts": self.verdicts}, indent=1))
        new.replace(self.path)


def key_of(mutant: Mutant) -> str:
    """By what a session knows a mutant: its place, and the code of the file without its docstrings."""
    tree = ast.parse((ROOT / mutant.path).read_text())
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(body, list):
            node.body = [  # type: ignore[attr-defined]
                one
                for one in body
                if not (isinstance(one, ast.Expr) and isinstance(one.value, ast.Constant))
            ]
    code = hashlib.sha256(ast.dump(tree).encode()).hexdigest()[:12]
    return f"{mutant.path} {mutant.operator} {mutant.occurrence} {code}"


def change_of(mutant: Mutant) -> tuple[str, str]:
    """The lines before and after, without what is equal around them."""
    source = (ROOT / mutant.path).read_text()
    lines = difflib.ndiff(source.splitlines(), mutant.code(source).splitlines())
    marked = [line for line in lines if line.startswith(("- ", "+ "))]
    before, after = (
        " ".join(line[2:].strip() for line in marked if line.startswith(sign)) for sign in "-+"
    )
    return before, after


def judge(mutant: Mutant, shop: Workshop, session: Session, depth: int) -> dict[str, Any]:
    """Run the stages until one fails. A timeout counts as a death: the tests would hang."""
    target = shop.root / mutant.path
    original = target.read_text()
    for number, files in enumerate(shop.stages(mutant.path, depth), 1):
        name = " ".join(files)
        if name not in session.seconds:
            start = time.monotonic()
            if failure := shop.fails(files, None):
                raise SystemExit(f"these tests fail without any mutant: {failure}")
            session.seconds[name] = time.monotonic() - start
            session.write()
        target.write_text(mutant.code(original))
        try:
            failure = shop.fails(files, 5 * session.seconds[name] + 60)
        finally:
            target.write_text(original)
        if failure:
            return {"died": True, "depth": number, "by": failure}
    return {"died": False, "depth": depth, "by": ""}


def equivalent() -> dict[tuple[str, str, str], str]:
    """`(file, line before, line after)` of mutants that change no behaviour -> why."""
    entries = tomllib.loads(EQUIVALENT.read_text()).get("equivalent", [])
    return {(e["file"], e["before"], e["after"]): e["reason"] for e in entries}


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(prog="ci/mutants", description=__doc__)
    parser.add_argument("--rooms", default=",".join(TESTS), help="default: %(default)s")
    parser.add_argument("--count", type=int, default=200, help="default: %(default)s")
    parser.add_argument("--seed", type=int, default=0, help="default: %(default)s")
    parser.add_argument(
        "--depth",
        type=int,
        default=3,
        choices=(1, 2, 3),
        help="1: only the tests that mirror a file; 2: and its room's; 3: and those of the rooms that use it",
    )
    parser.add_argument("--again", action="store_true", help="judge those anew that lived")
    parser.add_argument("--list", action="store_true", help="print the sample and judge nothing")
    options = parser.parse_args()
    rooms = options.rooms.split(",")
    if unknown := set(rooms) - set(TESTS):
        parser.error(f"unknown room {', '.join(sorted(unknown))}; choose from {', '.join(TESTS)}")
    mutants = sample(ROOT, rooms, options.count, options.seed)
    console = Console(width=160)
    if options.list:
        for mutant in mutants:
            before, after = change_of(mutant)
            console.out(f"{mutant.path}:{mutant.line} {mutant.operator}\n  - {before}\n  + {after}")
        return
    # Also in the background a stop is a clean one: the copy of the tree goes, the session stays.
    for stop in (signal.SIGINT, signal.SIGTERM):
        signal.signal(stop, signal.default_int_handler)
    session = Session(SESSIONS / f"seed-{options.seed}.json")
    excused = equivalent()
    lived: list[tuple[Mutant, str]] = []
    died = reasons = 0
    with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
        # All at once, so that the checkout may change while the copy is judged.
        plan = [(mutant, key_of(mutant), change_of(mutant)) for mutant in mutants]
        shop = Workshop(Path(folder))
        for number, (mutant, key, change) in enumerate(plan, 1):
            if (mutant.path, *change) in excused:
                reasons += 1
                continue
            verdict = session.verdicts.get(key)
            if verdict is None or (
                not verdict["died"] and (options.again or verdict["depth"] < options.depth)
            ):
                verdict = session.verdicts[key] = judge(mutant, shop, session, options.depth)
                session.write()
                word = "died" if verdict["died"] else "LIVED"
                console.out(f"{number}/{len(mutants)} {word} {key} {verdict['by']}")
            if verdict["died"]:
                died += 1
            else:
                lived.append((mutant, change[1]))
    table = Table("file", "line", "what it became", title="Mutants that lived")
    for mutant, after in lived:
        table.add_row(mutant.path, str(mutant.line), after)
    console.print(table)
    share = died / max(1, died + len(lived))
    console.out(
        f"{died} of {died + len(lived)} died ({share:.1%}), {len(lived)} lived; "
        f"{reasons} more change no behaviour (see {EQUIVALENT.relative_to(ROOT)})"
    )
    sys.exit(share < LEAST_SHARE)


if __name__ == "__main__":
    main()
