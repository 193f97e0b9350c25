"""What the fields of a bloq may be: `bloqs.checks` as converters of attrs fields, with symbols.

`checked` reads the annotation of each field of an attrs class and gives it the check of that kind, so that a
class with a field `bitsize: SymbolicInt` refuses text, NaN, True, a fraction and 10**30 by that alone.
Ranges that are particular to a class stand in its `__attrs_post_init__`.
"""

from __future__ import annotations

import sys
import types
from collections.abc import Callable
from typing import Any, TypeVar, Union, get_args, get_origin

import attrs
import sympy
from qualtran import Bloq

from bloqs import checks
from bloqs.messages import shown

MAX_BITSIZE = 512
"""Qubits of a register, at most: a count of `2**512` gates is a number that every formula still holds."""

MAX_WORD = 2**32
"""Bits of the words of a table, at most: each costs gates, but no power of two."""

MAX_COUNT = 2**MAX_BITSIZE
"""Any other count, at most: entries, words, pixels of a row."""

SIZES = ("bitsize", "_bits", "num_levels", "num_qubits")
"""Ends of the names of the fields that are counted in qubits or in layers, and not in entries."""

MAX_DEGREE = 10**6
"""Degree of a polynomial, at most; `bloqs.qsvt` solves for degrees far below it."""

MAX_ROUNDS = 10**7
"""Rounds of amplitude amplification, at most: an amplitude below about 1e-7 is lost in rounding before."""


def most_of(name: str) -> int:
    """The largest value of a count by the name of its field.

    Args:
        name: "bitsize", "num_entries", ...

    Returns:
        `MAX_BITSIZE` for a number of qubits, `MAX_WORD` of a word, `MAX_DEGREE` for a degree, `MAX_ROUNDS`
        for rounds, otherwise `MAX_COUNT`.

    Example:
        >>> most_of("address_bitsize"), most_of("degree")
        (512, 1000000)
    """
    if name == "degree":
        return MAX_DEGREE
    if name == "rounds":
        return MAX_ROUNDS
    if name in ("word_bitsize", "value_bitsize"):
        return MAX_WORD
    return MAX_BITSIZE if name.endswith(SIZES) else MAX_COUNT


def count(value: Any, what: str, *, low: int | None = None, high: int | None = None) -> Any:
    """A whole number within the limit of its name, or a symbol.

    Args:
        value: an integer of any type, or an expression of sympy.
        what: the name of the argument.
        low: the smallest value allowed.
        high: the largest value allowed; None for `most_of(what)`.

    Returns:
        An `int`, or the expression.

    Raises:
        ValueError: anything else.

    Example:
        >>> count(10**30, "bitsize")
        Traceback (most recent call last):
        ...
        ValueError: bitsize must be an integer of at most 512, found 1000000000000000000000000000000
    """
    if _is_symbol(value):
        return value
    return checks.whole_number(value, what, low=low, high=most_of(what) if high is None else high)


def amount(value: Any, what: str, **limits: Any) -> Any:
    """A finite real number, or a symbol.

    Args:
        value: a real number, or an expression of sympy.
        what: the name of the argument.
        **limits: as in `bloqs.checks.real_number`.

    Returns:
        A `float`, or the expression.

    Raises:
        ValueError: anything else.

    Example:
        >>> amount(float("nan"), "scale")
        Traceback (most recent call last):
        ...
        ValueError: scale must be a finite real number, found nan
    """
    return value if _is_symbol(value) else checks.real_number(value, what, **limits)


def _is_symbol(value: Any) -> bool:
    return isinstance(value, sympy.Expr) and bool(value.free_symbols)


def positive(value: Any, what: str) -> Any:
    """A positive number, a symbol, or None.

    Args:
        value: as said.
        what: the name of the argument.

    Returns:
        A `float`, or what was passed.

    Raises:
        ValueError: anything else.

    Example:
        >>> positive(-1, "norm")
        Traceback (most recent call last):
        ...
        ValueError: norm must be a finite positive number, found -1
    """
    return None if value is None else amount(value, what, low=0, is_open=True)


def a_bloq(value: Any, what: str = "bloq") -> Bloq:
    """A bloq, of any kind.

    Args:
        value: what was passed.
        what: the name of the argument.

    Returns:
        The bloq.

    Raises:
        ValueError: no bloq, or a class of bloqs instead of one.

    Example:
        >>> a_bloq(None)
        Traceback (most recent call last):
        ...
        ValueError: bloq must be a qualtran.Bloq, found None
    """
    return checks.instance(value, what, Bloq, "a qualtran.Bloq")


def a_generalizer(value: Any) -> None:
    """Refuse what is no generalizer of a call graph: a function of a bloq, several, or None.

    Args:
        value: what was passed.

    Raises:
        ValueError: anything else.

    Example:
        >>> a_generalizer(None)
    """
    functions = value if isinstance(value, list | tuple) else [value]
    if value is not None and not (functions and all(map(callable, functions))):
        raise ValueError(
            f"generalizer must be a function from a bloq to a bloq, found {shown(value)}"
        )


_SYMBOLIC = sympy.Expr


def _truth(value: Any, what: str) -> bool:
    """True or False, or the 0 or 1 that a stored bloq has in their place."""
    return checks.truth(bool(value) if type(value) is int and value in (0, 1) else value, what)


def _alternatives(annotation: Any, module: str) -> tuple[Any, ...]:
    """The types that an annotation allows; an annotation that is text is looked up in its module."""
    if isinstance(annotation, str):
        names = vars(sys.modules[module])
        builtin = {"int": int, "float": float, "bool": bool, "str": str, "None": type(None)}
        parts = [part.strip() for part in annotation.split("|")]
        found = [builtin.get(part, names.get(part)) for part in parts]
        return tuple(one for part in found for one in _alternatives(part, module))
    if get_origin(annotation) in (Union, types.UnionType):
        return tuple(one for part in get_args(annotation) for one in _alternatives(part, module))
    return (annotation,)


def _check_of(annotation: Any, name: str, module: str) -> Callable[[Any], Any] | None:
    """The check of an annotation; None where it is not one of the kinds known here."""
    allowed = set(_alternatives(annotation, module))
    is_optional = type(None) in allowed
    allowed -= {type(None)}
    check: Callable[[Any], Any]
    if bool in allowed and len(allowed) == 1:
        check = checks.named(_truth, name)
    elif int in allowed and allowed <= {int, _SYMBOLIC}:
        scalar = count if _SYMBOLIC in allowed else checks.whole_number
        check = checks.named(scalar, name, high=most_of(name))
    elif float in allowed and allowed <= {float, _SYMBOLIC}:
        check = checks.named(amount if _SYMBOLIC in allowed else checks.real_number, name)
    else:
        return None
    return attrs.converters.optional(check) if is_optional else check


_NAMED: set[Callable[..., Any]] = set()

F = TypeVar("F", bound=Callable[..., Any])


def names_field(converter: F) -> F:
    """Mark a converter that takes a name as its second argument: `checked` gives it that of the field.

    Args:
        converter: a function of a value and of what it is called.

    Returns:
        The function.

    Example:
        >>> @names_field
        ... def even(value, what="value"):
        ...     if value % 2:
        ...         raise ValueError(f"{what} must be even, found {value}")
        ...     return value
        >>> @attrs.frozen(field_transformer=checked)
        ... class Pair:
        ...     size: int = attrs.field(converter=even)
        >>> Pair(3)
        Traceback (most recent call last):
        ...
        ValueError: size must be even, found 3
    """
    _NAMED.add(converter)
    return converter


def checked(cls: type, fields: list[attrs.Attribute[Any]]) -> list[attrs.Attribute[Any]]:
    """Give each field without a converter the check of its annotation: a `field_transformer` of attrs.

    Args:
        cls: the class that is being made.
        fields: its fields.

    Returns:
        The fields with converters.

    Example:
        >>> @attrs.frozen(field_transformer=checked)
        ... class Shift:
        ...     bitsize: int
        ...     is_controlled: bool = False
        >>> Shift("8")
        Traceback (most recent call last):
        ...
        ValueError: bitsize must be an integer, found '8'
    """
    found = []
    for field in fields:
        converter: Any = field.converter
        if converter is None and field.init:
            converter = _check_of(field.type, field.name, cls.__module__)
        elif converter in _NAMED:
            converter = checks.named(converter, field.name)
        found.append(field.evolve(converter=converter))
    return found
