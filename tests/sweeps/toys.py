"""A task that tells of each of its executions, and can go wrong in every way."""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

import attrs

from bloqs.sweeps import OutsideBounds, Task


@attrs.frozen(kw_only=True)
class Toy(Task):
    """Squares its index, after a line in a log.

    Parameters:
        index: what is squared.
        mode: "square", "raise", "outside", "wrong" (does not pass), "die" (takes its process along) or
            "interrupt" (ends the sweep, once).
        log: file of the executions; a location, as is the pause, so that neither is in the key.
        pause: seconds.
    """

    kind: ClassVar[str] = "toys"
    parameters: ClassVar[Mapping[str, str]] = {
        "index": "int64",
        "mode": "string",
        "log": "string",
        "pause": "float64",
    }
    results: ClassVar[Mapping[str, str]] = {"square": "int64", "pid": "int64"}
    locations: ClassVar[frozenset[str]] = frozenset({"log", "pause"})

    index: int
    mode: str = "square"
    log: str
    pause: float = 0.0

    def measure(self) -> Mapping[str, Any]:
        time.sleep(self.pause)
        with Path(self.log).open("a") as stream:
            stream.write(
                f"{self.key} {os.getpid()}\n"
            )  # one write: lines of several processes stay whole
        if self.mode == "die":
            os._exit(3)
        if self.mode == "outside":
            raise OutsideBounds("too far out", {"square": -1})
        mended = Path(self.log).with_suffix(".mended").exists()
        if self.mode == "interrupt" and not mended:
            raise KeyboardInterrupt
        if self.mode == "raise" and not mended:
            raise ArithmeticError("seven is\nno square")
        return {"passed": self.mode != "wrong", "square": self.index**2, "pid": os.getpid()}


@attrs.frozen(kw_only=True)
class OtherToy(Toy):
    """Another kind, of a model that is told apart."""

    kind: ClassVar[str] = "other toys"
    model: str = "a"
    parameters: ClassVar[Mapping[str, str]] = {**Toy.parameters, "model": "string"}

    @property
    def fixed(self) -> Mapping[str, str]:
        return {"model_digest": self.model}


def toys(folder: Path, count: int, *, mode: str = "square", pause: float = 0.0) -> list[Toy]:
    """Tasks 0, 1, ... that log into the folder."""
    log = str(folder / "executions.log")
    return [Toy(index=index, mode=mode, log=log, pause=pause) for index in range(count)]


def executions(folder: Path) -> Counter[str]:
    """Times that each key was run."""
    log = folder / "executions.log"
    return (
        Counter(line.split()[0] for line in log.read_text().splitlines())
        if log.exists()
        else Counter()
    )


def processes(folder: Path) -> set[int]:
    """Processes that ran something."""
    return {int(line.split()[1]) for line in (folder / "executions.log").read_text().splitlines()}
