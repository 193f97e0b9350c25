"""What the published forms refuse: degrees that are not odd, errors that are not in (0, 1)."""

from __future__ import annotations

from typing import Any

from qualtran.symbolics import is_symbolic

from bloqs.checks import real_number
from bloqs.core.checks import count


def check_degree(name: str, degree: Any, *, has_data: bool) -> None:
    """Refuse a degree that is not odd, or a symbol where the data are known.

    Args:
        name: of the argument.
        degree: an integer, a symbol, or None, which is found later.
        has_data: whether the bloq knows its data.

    Raises:
        ValueError: as said.

    Example:
        >>> check_degree("degree", 4, has_data=True)
        Traceback (most recent call last):
        ...
        ValueError: degree must be odd, found 4
    """
    if degree is None:
        return
    if is_symbolic(degree):
        if has_data:
            raise ValueError(f"{name} must be a number where the data are known, found {degree}")
        return
    if count(degree, name, low=1) % 2 == 0:
        raise ValueError(f"{name} must be odd, found {degree}")


def check_epsilon(epsilon: Any, name: str = "epsilon") -> float:
    """An error bound in (0, 1), or another number of that interval.

    Args:
        epsilon: what was passed.
        name: of the argument.

    Returns:
        The number.

    Raises:
        ValueError: anything else.

    Example:
        >>> check_epsilon(1.5)
        Traceback (most recent call last):
        ...
        ValueError: epsilon must lie strictly between 0 and 1, found 1.5
    """
    epsilon = real_number(epsilon, name)
    if not 0 < epsilon < 1:
        raise ValueError(f"{name} must lie strictly between 0 and 1, found {epsilon}")
    return epsilon
