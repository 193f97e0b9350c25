"""Registered for the tests of one file: those of other files see what the library has."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from bloqs.registry import Registry


@contextmanager
def registered(registry: Registry[Any], item: Any) -> Iterator[None]:
    """Register an object, and have the registry as it was afterwards."""
    before = dict(registry)
    registry.register(item)
    try:
        yield
    finally:
        registry._items.clear()
        registry._items.update(before)
