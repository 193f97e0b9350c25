"""The checks of kinds: what each lets through, and the one sentence for the rest."""

from fractions import Fraction

import attrs
import numpy as np
import pytest
import sympy

from bloqs import checks
from bloqs.core.checks import MAX_BITSIZE, checked
from bloqs.messages import MAX_SHOWN, printable, shown

NO_NUMBERS = [
    None,
    True,
    np.bool_(True),
    "1",
    b"1",
    1j,
    [1],
    np.ones(1),
    np.ma.masked,
    sympy.Symbol("n"),
]
NUMBERS = [2, 2.0, np.int64(2), np.float32(2), Fraction(2), np.array(2), sympy.Integer(2)]


@pytest.mark.parametrize("value", NUMBERS)
def test_a_number_of_any_type_is_a_number(value):
    assert type(checks.real_number(value, "tau")) is float
    assert checks.real_number(value, "tau") == 2.0


@pytest.mark.parametrize("value", [*NO_NUMBERS, float("nan"), float("inf"), 10**400, -1, 3])
def test_what_is_no_number_in_range_is_refused_by_name(value):
    with pytest.raises(ValueError, match=r"^tau must be a real number in \[0, 2\], found "):
        checks.real_number(value, "tau", low=0, high=2)


@pytest.mark.parametrize("value", [*NO_NUMBERS, 1.0, Fraction(1), float("nan"), -1, 10**30])
def test_what_is_no_whole_number_in_range_is_refused_by_name(value):
    with pytest.raises(ValueError, match=r"^paths must be an integer(| from 0 to 9), found "):
        checks.whole_number(value, "paths", low=0, high=9)
    assert checks.whole_number(np.uint8(9), "paths", low=0, high=9) == 9


ARRAYS = [
    (None, "dtype object"),
    ("ab", "dtype <U2"),
    ([[1, 2], [3]], "inhomogeneous"),
    ([1, None], "dtype object"),
    (np.ma.masked_array([1.0, 2.0], mask=[True, False]), "without a mask"),
    ([1j], "must be real"),
    (np.datetime64("2020-01-01"), "dtype datetime64"),
]


@pytest.mark.parametrize(("value", "why"), ARRAYS)
def test_what_is_no_array_is_refused_by_name(value, why):
    with pytest.raises(ValueError, match=f"^the image .*{why}"):
        checks.real_array(value, "the image")


def test_an_array_has_a_size_that_is_allowed():
    with pytest.raises(ValueError, match="the image must have at most 3 entries, found 4"):
        checks.real_array(np.ones(4), "the image", most=3)


def test_a_message_is_one_printable_line():
    assert shown("\x1b[31m\n") == r"'\x1b[31m\n'"
    assert shown(10**9000).startswith("an integer of 2989")
    assert len(shown("x" * 9000)) <= MAX_SHOWN
    assert printable("a\x1b[31mb\n") == "a?[31mb?"


@attrs.frozen(field_transformer=checked)
class Sized:
    bitsize: int
    scale: float | None = None
    is_controlled: bool = False


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"bitsize": 10**30}, f"bitsize must be an integer of at most {MAX_BITSIZE}, found 1000"),
        ({"bitsize": 2.0}, "bitsize must be an integer, found 2.0"),
        ({"bitsize": 2, "scale": float("nan")}, "scale must be a finite real number, found nan"),
        ({"bitsize": 2, "is_controlled": "no"}, "is_controlled must be True or False, found 'no'"),
        ({"bitsize": 2, "is_controlled": None}, "is_controlled must be True or False, found None"),
    ],
)
def test_a_class_checks_its_fields_by_their_annotations(fields, message):
    with pytest.raises(ValueError, match=f"^{message}"):
        Sized(**fields)
    assert Sized(np.int64(2), 1) == Sized(2, 1.0)
