"""Another loader in the place of the one by which the parts of a bloq load their data."""

from __future__ import annotations

from typing import Any, TypeVar

import attrs
from qualtran import Bloq

BloqT = TypeVar("BloqT", bound=Bloq)


def with_loader(bloq: BloqT, old: str, new: str) -> BloqT:
    """The same bloq whose parts load by another loader, wherever a field `loading` names the old one.

    The parts are those that fields hold, alone or in tuples, at any depth. Two loaders that apply the same
    angles ("rounded-rotations" and those of tables) encode the same.

    Args:
        bloq: any; a class that is none of attrs stays as it is.
        old: name of the loader to be replaced.
        new: name of the one that takes its place.

    Returns:
        The bloq with that loader; itself where no part names the old one.

    Raises:
        ValueError: the new loader does not load a part.

    Example:
        >>> from bloqs.loading import LoadedVector
        >>> with_loader(LoadedVector([3.0, -4.0], "qrom", 6).adjoint(), "qrom", "select-swap").subbloq.loading
        'select-swap'
    """
    if not attrs.has(type(bloq)):
        return bloq
    changes: dict[str, Any] = {}
    for field in attrs.fields(type(bloq)):
        value = getattr(bloq, field.name)
        if field.name == "loading":
            found = new if value == old else value
        else:
            found = _replaced(value, old, new)
        if found is not value and field.init:
            changes[field.alias] = found
    return attrs.evolve(bloq, **changes) if changes else bloq  # type: ignore[misc]


def _replaced(value: Any, old: str, new: str) -> Any:
    """A value of a field: a bloq, or a tuple with bloqs, or anything else."""
    if isinstance(value, Bloq):
        return with_loader(value, old, new)
    if isinstance(value, tuple) and any(isinstance(item, Bloq) for item in value):
        items = tuple(_replaced(item, old, new) for item in value)
        return items if any(a is not b for a, b in zip(items, value, strict=True)) else value
    return value
