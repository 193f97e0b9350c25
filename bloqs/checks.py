"""Checks of what is passed in: the one place that says what a number, a count, a word or an array may be.

Each takes the value and what it is called, gives the value back in the type that the library goes on with,
and refuses the rest in one sentence: which argument, the value found, what is allowed. `bloqs.core.checks`
makes converters of attrs fields of them, which let symbols through.
"""

import math
import operator
from collections.abc import Callable, Iterable
from numbers import Real
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from bloqs.messages import shown

T = TypeVar("T")

MAX_ENTRIES = 2**28
"""Entries of an array that is passed in: 2 GiB of float64."""


def _interval(low: float, high: float, is_open: bool) -> str:
    """What a real number may be, in words."""
    if math.isinf(low) and math.isinf(high):
        return "a finite real number"
    if math.isinf(high):
        if low == 0 and is_open:
            return "a finite positive number"
        return f"a finite real number {'above' if is_open else 'of at least'} {low:g}"
    if math.isinf(low):
        return f"a finite real number {'below' if is_open else 'of at most'} {high:g}"
    ends = "({:g}, {:g})" if is_open else "[{:g}, {:g}]"
    return f"a real number in {ends.format(low, high)}"


def number(value: Any, what: str) -> float:
    """A real number as a float, perhaps NaN or infinite: for the caller to judge.

    Args:
        value: an integer, a float, a fraction, or an array of one such number and no axis.
        what: what it is, for the message.

    Returns:
        The number; infinity where a float does not hold it.

    Raises:
        ValueError: text, None, True, False, a complex or masked number, or any other object.

    Example:
        >>> number(np.float32(0.5), "gain")
        0.5
    """
    found = value[()] if type(value) is np.ndarray and value.ndim == 0 else value
    if isinstance(found, Real) and not isinstance(found, bool | np.bool_):
        try:
            return float(found)
        except OverflowError:
            return math.inf if bool(found > 0) else -math.inf  # type: ignore[operator]
        except (ValueError, TypeError):
            pass
    raise ValueError(f"{what} must be a real number, found {shown(value)}")


def real_number(
    value: Any,
    what: str,
    *,
    low: float = -math.inf,
    high: float = math.inf,
    is_open: bool = False,
) -> float:
    """A finite real number as a float.

    Args:
        value: an integer, a float, a fraction, or an array of one such number and no axis.
        what: what it is, for the message ("skip_weight").
        low: the smallest value allowed.
        high: the largest value allowed.
        is_open: whether `low` and `high` themselves are refused.

    Returns:
        The number.

    Raises:
        ValueError: no real number (text, None, bool, complex, masked), NaN, infinite or out of range.

    Example:
        >>> real_number(1, "tau", low=0, high=1)
        1.0
        >>> real_number(2j, "tau", low=0, high=1)
        Traceback (most recent call last):
        ...
        ValueError: tau must be a real number in [0, 1], found 2j
    """
    try:
        found = number(value, what)
    except ValueError:
        found = math.nan
    is_inside = low < found < high if is_open else low <= found <= high
    if not (math.isfinite(found) and is_inside):
        allowed = _interval(low, high, is_open)
        raise ValueError(f"{what} must be {allowed}, found {shown(value)}")
    return found


def whole_number(value: Any, what: str, *, low: int | None = None, high: int | None = None) -> int:
    """An integer as an `int`; a fraction is refused and not cut off.

    Args:
        value: an integer of any type, True and False aside.
        what: what it is, for the message ("num_blocks").
        low: the smallest value allowed.
        high: the largest value allowed.

    Returns:
        The same number.

    Raises:
        ValueError: not an integer, or out of range.

    Example:
        >>> whole_number(np.int64(3), "num_blocks")
        3
        >>> whole_number(0, "num_blocks", low=1)
        Traceback (most recent call last):
        ...
        ValueError: num_blocks must be an integer of at least 1, found 0
    """
    try:
        # Python counts True as 1; where a number is meant it is a slip.
        number = None if isinstance(value, bool | np.bool_) else operator.index(value)
    except Exception:
        number = None
    if number is None or (low is not None and number < low) or (high is not None and number > high):
        limits = "" if number is None else _limits(low, high)
        raise ValueError(f"{what} must be an integer{limits}, found {shown(value)}")
    return number


def _limits(low: int | None, high: int | None) -> str:
    """Between which numbers an integer is to lie, in words."""
    most = (
        f"2**{high.bit_length() - 1}" if high and high > 10**6 and not high & (high - 1) else high
    )
    if low is not None and high is not None:
        return f" from {low} to {most}"
    return f" of at least {low}" if high is None else f" of at most {most}"


def truth(value: Any, what: str) -> bool:
    """True or False, and nothing that merely counts as one of them.

    Args:
        value: a bool, of Python or numpy.
        what: what it is, for the message.

    Returns:
        The same.

    Raises:
        ValueError: anything else.

    Example:
        >>> truth("no", "output_layer")
        Traceback (most recent call last):
        ...
        ValueError: output_layer must be True or False, found 'no'
    """
    if not isinstance(value, bool | np.bool_):
        raise ValueError(f"{what} must be True or False, found {shown(value)}")
    return bool(value)


def one_of(value: Any, what: str, allowed: Iterable[T]) -> T:
    """One of a few values.

    Args:
        value: what was passed.
        what: what it is, for the message.
        allowed: the values.

    Returns:
        The allowed value that equals it.

    Raises:
        ValueError: it is none of them.

    Example:
        >>> one_of("c", "level", ("gate", "semantic"))
        Traceback (most recent call last):
        ...
        ValueError: level must be one of 'gate', 'semantic', found 'c'
    """
    choices = list(allowed)
    for choice in choices:
        if type(value) is type(choice) and value == choice:
            return choice
    raise ValueError(f"{what} must be one of {', '.join(map(repr, choices))}, found {shown(value)}")


def instance(value: Any, what: str, kind: type[T] | tuple[type, ...], words: str) -> T:
    """An object of a class.

    Args:
        value: what was passed.
        what: what it is, for the message.
        kind: the class, or some of them.
        words: what is allowed, for the message ("a NetworkSpec").

    Returns:
        The object.

    Raises:
        ValueError: an object of another class.

    Example:
        >>> instance(None, "spec", int, "a NetworkSpec")
        Traceback (most recent call last):
        ...
        ValueError: spec must be a NetworkSpec, found None
    """
    if not isinstance(value, kind):
        raise ValueError(f"{what} must be {words}, found {shown(value)}")
    return value  # type: ignore[return-value]


def sequence(value: Any, what: str, words: str = "a sequence", *, most: int = 2**20) -> list[Any]:
    """The items of what can be gone through, text aside.

    Args:
        value: what was passed.
        what: what it is, for the message.
        words: what is allowed, for the message.
        most: the largest number of items.

    Returns:
        The items.

    Raises:
        ValueError: a single object, text, a dictionary, or too many items.

    Example:
        >>> sequence(None, "epsilons", "a sequence of numbers")
        Traceback (most recent call last):
        ...
        ValueError: epsilons must be a sequence of numbers, found None
    """
    items: list[Any] | None = None
    if not isinstance(value, str | bytes | dict):
        try:
            items = []
            for item in value:
                items.append(item)
                if len(items) > most:
                    raise ValueError(f"{what} must hold at most {most} items, found more")
        except TypeError:
            items = None
    if items is None:
        raise ValueError(f"{what} must be {words}, found {shown(value)}")
    return items


def real_array(
    values: npt.ArrayLike, what: str, *, most: int = MAX_ENTRIES, has_bools: bool = True
) -> npt.NDArray[np.float64]:
    """An array of real numbers as float64.

    Args:
        values: numbers, of any shape; NaN and infinity are for the caller to judge.
        what: what they are, for the message ("the image").
        most: the largest number of entries.
        has_bools: whether True and False are taken as 1 and 0, as pixels may be.

    Returns:
        A float64 copy.

    Raises:
        ValueError: complex numbers, a masked array, something that is no array of numbers, or too many.

    Example:
        >>> real_array([1, 2], "the image")
        array([1., 2.])
    """
    if isinstance(values, np.ma.MaskedArray):
        raise ValueError(
            f"{what} must be an array without a mask, found a masked one of shape {values.shape}; fill it, "
            "e.g. array.filled(0)"
        )
    try:
        array = np.asarray(values)
    except Exception as error:
        raise ValueError(
            f"{what} must be an array of real numbers, found {shown(values)}: {error}"
        ) from error
    if array.size > most:
        raise ValueError(f"{what} must have at most {most} entries, found {array.size}")
    if np.iscomplexobj(array):
        raise ValueError(
            f"{what} must be real, found dtype {array.dtype}; pass the real part if that is what is meant"
        )
    if array.dtype.kind not in ("biuf" if has_bools else "iuf") and not (
        array.dtype.kind == "O" and all(_is_number(entry) for entry in array.flat)
    ):
        raise ValueError(
            f"{what} must be an array of real numbers, found dtype {array.dtype}: {shown(values)}"
        )
    try:
        return array.astype(np.float64)
    except (TypeError, ValueError, OverflowError) as error:
        raise ValueError(
            f"{what} must be an array of real numbers, found dtype {array.dtype}: {error}"
        ) from error


def whole_array(
    values: npt.ArrayLike, what: str, *, most: int = MAX_ENTRIES
) -> npt.NDArray[np.int64]:
    """An array of integers, of the integer type that it has.

    Args:
        values: integers, of any shape.
        what: what they are, for the message.
        most: the largest number of entries.

    Returns:
        The array.

    Raises:
        ValueError: numbers that are not integers of 64 bits, a masked array, no numbers, or too many.

    Example:
        >>> whole_array([0.5], "the table")
        Traceback (most recent call last):
        ...
        ValueError: the table must be an array of integers, found dtype float64: [0.5]
    """
    numbers = real_array(values, what, most=most)
    array = np.asarray(values)
    # No entries have no type of their own: numpy takes them for float64.
    if array.dtype.kind not in "iu" and numbers.size:
        raise ValueError(
            f"{what} must be an array of integers, found dtype {array.dtype}: {shown(values)}"
        )
    return array.astype(np.int64) if not numbers.size else array


def _is_number(entry: Any) -> bool:
    return isinstance(entry, Real) and not isinstance(entry, bool)


def finite_array(
    values: npt.ArrayLike,
    what: str,
    *,
    ndim: int | None = None,
    most: int = MAX_ENTRIES,
    has_bools: bool = True,
) -> npt.NDArray[np.float64]:
    """`real_array`, with every entry finite, and as many axes as are wanted.

    Args:
        values: numbers.
        what: what they are, for the message.
        ndim: the number of axes; None for any.
        most: the largest number of entries.
        has_bools: whether True and False are taken as 1 and 0.

    Returns:
        A float64 copy.

    Raises:
        ValueError: as `real_array`; NaN or infinity; another number of axes; no entries.

    Example:
        >>> finite_array([1, float("nan")], "the data")
        Traceback (most recent call last):
        ...
        ValueError: the data must be finite, found NaN or infinity
    """
    array = real_array(values, what, most=most, has_bools=has_bools)
    if ndim is not None and array.ndim != ndim:
        raise ValueError(f"{what} must have {ndim} axes, found shape {array.shape}")
    if not np.all(np.isfinite(array)):
        raise ValueError(f"{what} must be finite, found NaN or infinity")
    return array


def named(check: Callable[..., T], what: str, **limits: Any) -> Callable[[Any], T]:
    """A check as a function of the value alone: a converter of an attrs field.

    Args:
        check: one of this module.
        what: the name of the argument.
        **limits: the others of its arguments.

    Returns:
        The function.

    Example:
        >>> named(whole_number, "paths", low=1)(2)
        2
    """

    def convert(value: Any) -> T:
        return check(value, what, **limits)

    return convert
