"""Registries: the objects that a name stands for (loaders, memory models, activations, machines, ...).

Each extension point has an abstract class and one registry of its objects. A name is looked up once, where a
caller passes it; inside the library the object goes on.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Mapping
from typing import Generic, Protocol, TypeVar

from bloqs.messages import shown


class Named(Protocol):
    """What a registry holds: an object that says its own name."""

    @property
    def name(self) -> str:
        """By which it is looked up."""
        ...


T = TypeVar("T", bound=Named)


class Registry(Mapping[str, T], Generic[T]):
    """The objects of one kind by name, in the order in which they were registered.

    Parameters:
        what: the kind in words, singular, for messages: "memory model".
        kind: the abstract class that its objects are instances of.
        more: a module of a room above that registers built-in objects too. It is imported when a name is not
            known yet, or the names are listed.

    Raises:
        ValueError: an unknown name (when looked up), or a name that another object has already.
        TypeError: an object that is no instance of `kind`.

    Example:
        >>> import attrs
        >>> @attrs.frozen
        ... class Colour:
        ...     name: str
        >>> colours = Registry("colour", Colour)
        >>> colours.register(Colour("red"))
        Colour(name='red')
        >>> colours.find("red") is colours.find(Colour("red"))
        True
        >>> colours.find("blue")
        Traceback (most recent call last):
        ...
        ValueError: unknown colour 'blue'; choose one of 'red'
    """

    def __init__(self, what: str, kind: type[T], *, more: str | None = None) -> None:
        self._what = what
        self._kind = kind
        self._items: dict[str, T] = {}
        self._more = more

    def _complete(self) -> dict[str, T]:
        """All objects, those of `more` too."""
        if self._more is not None:
            more, self._more = self._more, None  # before: that module may look a name up
            importlib.import_module(more)
        return self._items

    def register(self, item: T) -> T:
        """Add an object under its name; harmless when it is there already.

        Args:
            item: an instance of the registry's class.

        Returns:
            The object, so that the call can stand where it is made.

        Raises:
            TypeError: it is no instance of the registry's class.
            ValueError: another object has its name.
        """
        if not isinstance(item, self._kind):
            raise TypeError(
                f"a {self._what} must be an instance of {self._kind.__name__}, found {shown(item)}"
            )
        if self._items.setdefault(item.name, item) != item:
            raise ValueError(f"there is another {self._what} of the name {item.name!r}; rename one")
        return item

    def find(self, wanted: str | T) -> T:
        """The object of a name; of an object, the registered one that equals it.

        Args:
            wanted: a name, or a registered object.

        Returns:
            The registered object.

        Raises:
            ValueError: an unknown name, or an object that was not registered.
        """
        name = wanted.name if isinstance(wanted, self._kind) else wanted
        found = None
        if isinstance(name, str):
            found = self._items[name] if name in self._items else self._complete().get(name)
        if found is not None and (isinstance(wanted, str) or found == wanted):
            return found
        names = ", ".join(map(repr, self._complete()))
        raise ValueError(f"unknown {self._what} {shown(wanted)}; choose one of {names}")

    def __getitem__(self, name: str) -> T:
        return self._items[name] if name in self._items else self._complete()[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._complete())

    def __len__(self) -> int:
        return len(self._complete())
