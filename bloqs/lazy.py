"""Public names that are imported when they are first used (PEP 562), for the `__init__` of a package."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from typing import Any


def lazy_names(
    package: str, public: Mapping[str, str], namespace: dict[str, Any]
) -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
    """`__getattr__` and `__dir__` of a package.

    Args:
        package: its `__name__`.
        public: public name -> the module of the package that defines it.
        namespace: its `globals()`, which keeps what was imported.

    >>> get, names = lazy_names("bloqs", {"lazy_names": "lazy"}, {})
    >>> get("lazy_names").__name__, names()
    ('lazy_names', ['lazy_names'])
    """

    def get(name: str) -> Any:
        if name not in public:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        value = getattr(importlib.import_module(f"{package}.{public[name]}"), name)
        namespace[name] = value
        return value

    def names() -> list[str]:
        return sorted({*namespace, *public})

    return get, names
