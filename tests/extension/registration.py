"""Registered for the tests of one file: those of other files see what the library has."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from bloqs.registry import Registry


@contextmanager
def restored(*registries: Registry[Any]) -> Iterator[None]:
    """Whatever is registered inside, have the registries as they were afterwards."""
    with ExitStack() as stack:
        for registry in registries:
            stack.callback(registry._items.update, dict(registry))
            stack.callback(registry._items.clear)
        yield
