"""Checks of what is passed in, before it becomes an array or a count."""

import operator
from typing import Any

import numpy as np
import numpy.typing as npt


def real_array(values: npt.ArrayLike, what: str) -> npt.NDArray[np.float64]:
    """An array of real numbers as float64.

    Args:
        values: numbers, of any shape.
        what: what they are, for the message ("the image").

    Returns:
        A float64 copy.

    Raises:
        ValueError: complex numbers, or something that is no array of numbers.

    Example:
        >>> real_array([1, 2], "the image")
        array([1., 2.])
    """
    array = np.asarray(values)
    if np.iscomplexobj(array):
        raise ValueError(
            f"{what} must be real, found dtype {array.dtype}; pass the real part if that is what is meant"
        )
    try:
        return array.astype(np.float64)
    except (TypeError, ValueError) as error:
        raise ValueError(
            f"{what} must be an array of real numbers, found dtype {array.dtype}: {error}"
        ) from error


def whole_number(value: Any, what: str) -> int:
    """An integer as an `int`; a fraction is refused and not cut off.

    Args:
        value: an integer of any type.
        what: what it is, for the message ("num_blocks").

    Returns:
        The same number.

    Raises:
        ValueError: not an integer.

    Example:
        >>> whole_number(np.int64(3), "num_blocks")
        3
    """
    try:
        return operator.index(value)
    except TypeError:
        raise ValueError(f"{what} must be an integer, found {value!r}") from None
