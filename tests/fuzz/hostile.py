"""Values that nobody should pass, and calls of public names with one of them in the place of an argument."""

from __future__ import annotations

import importlib
import inspect
import linecache
import signal
import types
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from fractions import Fraction
from functools import cache
from typing import Any

import attrs
import numpy as np
import sympy

ROOMS = (
    "activation",
    "combine",
    "convolution",
    "costs",
    "explore",
    "interop",
    "layers",
    "loading",
    "networks",
    "published",
    "qsvt",
    "reference",
    "report",
    "scaling",
    "sweeps",
    "verify",
)
"""Packages of the library whose public names are called."""


class Opaque:
    """An object of no class that anything expects, which cannot be printed either."""

    def __repr__(self) -> str:
        raise RuntimeError("no words for this")


HOSTILE: tuple[Any, ...] = (
    None, True, False, 0, 1, -1, 2, 3, 7, 2**31, 2**63, 10**30, 10**400, -(10**30),
    0.0, -1.0, 0.5, 1.5, 1e-17, 1e-30, 1e-300, 1e17, 1e308, float("nan"), float("inf"), -float("inf"),
    1j, complex(float("nan"), 1), Fraction(1, 10), sympy.Symbol("n"), sympy.nan, sympy.oo,
    "", "8", "abc", "\x1b[31m", "x" * 300, b"abc",
    [], (), {}, {"a": 1}, set(), [[]], [1], [0.0], [1, 2, 3], [0, 0], [1.0, float("nan")],
    [float("inf"), 1.0],
    [1j, 2], [None], ["a", "b"], [[1, 2], [3]], [(1, 2), (3,)], [True, False], [10**30, 1], range(3),
    np.array(2.0), np.array(3), np.array([]), np.zeros((0, 3)), np.zeros((2, 2)), np.eye(3), np.array(["a"]),
    np.array([1j, 2]), np.array([None, 1], dtype=object), np.ma.masked_array([1.0, 2.0], mask=[True, False]),
    np.ma.masked, np.datetime64("2020-01-01"), np.float64("nan"), np.int64(-1), np.bool_(True),
    np.float32(0.1),
    object(), importlib, lambda *args: None,
)  # fmt: skip
"""Wrong types, NaN, infinite, negative, complex, bool, None, text, huge, empty, masked."""


class TooSlowError(BaseException):
    """A call took longer than it may; no `except Exception` holds it back."""


IDLE = 10
"""How many times as long a block may take by the clock, on a machine that has other work."""


@contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Raise `TooSlowError` in a block that computes for longer; on the main thread of a process only."""

    def stop(*_: object) -> None:
        raise TooSlowError

    timers = {signal.SIGPROF: signal.ITIMER_PROF, signal.SIGALRM: signal.ITIMER_REAL}
    before = {number: signal.signal(number, stop) for number in timers}
    signal.setitimer(signal.ITIMER_PROF, seconds)
    signal.setitimer(signal.ITIMER_REAL, IDLE * seconds)
    try:
        yield
    finally:
        for number, timer in timers.items():
            signal.setitimer(timer, 0)
            signal.signal(number, before[number])


@attrs.frozen
class Name:
    """A public name that can be called, and what it takes.

    Parameters:
        path: "bloqs.loading.LoadedVector", or with a method, "bloqs.networks.NetworkSpec.calibrate".
        function: what is called.
        parameters: its arguments; none of those that gather the rest.
    """

    path: str
    function: Callable[..., Any] = attrs.field(repr=False)
    parameters: tuple[str, ...]
    required: tuple[str, ...]


def _signature(function: Any) -> tuple[tuple[str, ...], tuple[str, ...]]:
    kinds = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    found = [p for p in inspect.signature(function).parameters.values() if p.kind not in kinds]
    required = [p.name for p in found if p.default is inspect.Parameter.empty]
    return tuple(p.name for p in found), tuple(required)


@cache
def public_names() -> tuple[Name, ...]:
    """Every function and class in `__all__` of the rooms, and the class methods that make objects."""
    names: dict[int, Name] = {}
    for room in ROOMS:
        module = importlib.import_module(f"bloqs.{room}")
        for word in module.__all__:
            item = getattr(module, word)
            if isinstance(item, type) and (
                issubclass(item, BaseException) or inspect.isabstract(item) or _is_protocol(item)
            ):
                continue
            if isinstance(item, type | types.FunctionType):
                names[id(item)] = Name(f"{module.__name__}.{word}", item, *_signature(item))
            if isinstance(item, type):
                for made in _makers(item):
                    function = getattr(item, made)
                    path = f"{module.__name__}.{word}.{made}"
                    names[hash(path)] = Name(path, function, *_signature(function))
    return tuple(names.values())


def _is_protocol(kind: type) -> bool:
    return bool(getattr(kind, "_is_protocol", False))


def _makers(kind: type) -> list[str]:
    return [
        word
        for word, member in vars(kind).items()
        if isinstance(member, classmethod) and not word.startswith("_")
    ]


@attrs.frozen
class Fault:
    """A call that ended in another way than it may.

    Parameters:
        call: the name, the argument and the value.
        found: what happened.
    """

    call: str
    found: str

    def __str__(self) -> str:
        return f"{self.call}: {self.found}"


def allowed_words(argument: str) -> set[str]:
    """The words by which a message may name an argument."""
    return {argument, argument.replace("_", " "), *ALIASES.get(argument, ())}


ALIASES: Mapping[str, tuple[str, ...]] = {
    "data": ("entry", "entries", "weights", "words", "phases", "position", "values", "table"),
    "angles": ("angles",),
    "positions": ("position",),
    "address_bitsize": ("address qubits", "address bits", "bits, got", "qubits hold"),
    "select_bitsize": ("select qubits",),
    "bitsize": ("qubits", "bits"),
    "word_bitsize": ("word of",),
    "bloq": ("Bloq",),
    "network": ("ve must",),
    "kernels": ("kernel",),
    "matrix": ("data",),
    "vector": ("data", "weights"),
    "encodings": ("`first`", "two encodings"),
    "parts": ("two encodings",),
    "image_size": ("axis_bits",),
    "rotation_depth": ("T-depth",),
    "chebyshev": ("Chebyshev coefficients", "|P|", "P has terms", "coefficient"),
    "cycle_time_us": ("failure_probability",),
    "logical_qubits": ("the symbols",),
    "t_depth": ("the symbols",),
    "num_words": ("num_words", "address qubits"),
    "inputs": ("register",),
    "project": ("register",),
    "open_inputs": ("register",),
    "images": ("image",),
    "name": ("unknown model", "unknown activation", "unknown example"),
    "log2_n": ("log2 N",),
    "at_log2_n": ("log2 N",),
    "max_log2_n": ("no N between",),
    "channels": ("with C =",),
    "epsilons": ("epsilon",),
    "at_epsilon": ("epsilon",),
    "seeds": ("seed",),
    "input_shape": ("must have shape",),
    "log2_x": ("x must", "lists x", "finite numbers"),
    "y": ("finite numbers",),
    "x": ("finite numbers",),
    "degree": ("lists x and y",),
    "paths": ("over all paths",),
    "qram": ("memory",),
    "memory": ("memory model",),
    "row_bitsize": ("rows with",),
    "output_rows": ("R rows",),
    "bias_scale": ("a residual block keeps its shape",),
    "even": ("chebyshev",),
    "odd": ("chebyshev",),
    "texts": ("the explorer has no control",),
    "query": ("the link", "the explorer has no control"),
    "model": ("memory model", "rotation model", "surface-code model"),
}
"""Words of the docstrings for an argument, where a message has them in place of its name."""


def call_fault(
    name: Name, argument: str, value: Any, given: Mapping[str, Any], seconds: float
) -> Fault | None:
    """Call a name with a value in the place of one argument; None where it ends as it should."""
    from bloqs.messages import shown

    call = f"{name.path}({argument}={shown(value)})"
    try:
        with time_limit(seconds):
            name.function(**{**given, argument: value})
    except TooSlowError:
        return Fault(call, f"took more than {seconds:g} s")
    except AssertionError as error:
        # What `assert_encodes` is for; elsewhere it is a check that only we should see fail.
        return None if name.path.endswith(".assert_encodes") else Fault(call, f"asserts {error}")
    except (ValueError, TypeError) as error:
        place, line = _origin(error)
        message = str(error)
        if not line.startswith("raise") or "/bloqs/" not in place or "/qualtran/" in place:
            return Fault(call, f"is raw, {type(error).__name__}: {message} [{place}]")
        if not any(word in message for word in allowed_words(argument)):
            return Fault(call, f"is not named: {message} [{place}]")
        if len(message) > 2000 or "\x1b" in message:
            return Fault(call, f"is no sentence: {message[:200]!r}")
    except Exception as error:
        return Fault(call, f"raises {type(error).__name__}: {error} [{_origin(error)[0]}]")
    return None


def _origin(error: BaseException) -> tuple[str, str]:
    """File and line that an error comes from, and the text of the line."""
    trace = error.__traceback__
    assert trace is not None
    while trace.tb_next is not None:
        trace = trace.tb_next
    file = trace.tb_frame.f_code.co_filename
    return f"{file}:{trace.tb_lineno}", linecache.getline(file, trace.tb_lineno).strip()
