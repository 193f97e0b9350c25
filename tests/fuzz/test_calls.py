"""Every public name with values that it should refuse: one sentence that names the argument, and soon.

The quick tier takes a sample; the slow tier (`ci/fuzz`) goes through all of them.
"""

import resource
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bloqs.loading import LoadedVector
from bloqs.verify import encoded_vector
from tests.fuzz.hostile import HOSTILE, ROOMS, Name, call_fault, public_names
from tests.fuzz.recipes import arguments, is_called, material

SECONDS = 10.0
"""That a call may take."""

MEMORY = 2**30
"""Bytes that the calls may take besides what the process has."""


def names() -> list[Name]:
    return [name for name in public_names() if is_called(name.path)]


def cases(room: str) -> list[tuple[Name, str, int]]:
    """Name, argument, and the place of the value among `HOSTILE`."""
    return [
        (name, argument, place)
        for name in names()
        if name.path.startswith(f"bloqs.{room}.")
        for argument in name.parameters
        for place in range(len(HOSTILE))
    ]


@pytest.fixture(scope="module", autouse=True)
def compiled_loops() -> None:
    """The first simulation of a machine compiles the loops, which is no call's time."""
    encoded_vector(LoadedVector([0.6, 0.8]))


@pytest.fixture
def limited_memory() -> Iterator[None]:
    """No more than `MEMORY` besides what is taken already, the materials of the calls among it.

    pyarrow, which these import, sets apart gigabytes of addresses.
    """
    material()
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (pages * resource.getpagesize() + MEMORY, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))


def faults(some: list[tuple[Name, str, int]]) -> list[str]:
    found = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of numpy, about the values
        for name, argument, place in some:
            given_ = arguments(name.path, name.required)
            fault = call_fault(name, argument, HOSTILE[place], given_, SECONDS)
            if fault is not None:
                found.append(str(fault))
    return found


@settings(max_examples=150)
@given(data=st.data())
def test_a_sample_of_hostile_calls(data):
    room = data.draw(st.sampled_from(ROOMS))
    case = data.draw(st.sampled_from(cases(room)))
    assert not faults([case])


@pytest.mark.slow
@pytest.mark.parametrize("room", ROOMS)
def test_all_hostile_calls(room, limited_memory):
    found = faults(cases(room))
    assert not found, "\n".join([f"{len(found)} faults", *found[:50]])


def test_there_are_many_calls():
    assert sum(len(cases(room)) for room in ROOMS) >= 5000
