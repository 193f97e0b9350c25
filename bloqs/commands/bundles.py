"""Records of options: each is declared once, and a command takes it as one argument."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any, get_type_hints

import attrs


def bundled(**defaults: Any) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Let a command take records: every field of one becomes an option of the command.

    A parameter whose annotation is an attrs class is replaced by its fields, each annotated for typer. When
    the command runs, the record is made of what was given.

    Args:
        defaults: of fields, where they differ from the record's own in this command.

    Returns:
        A decorator.

    Raises:
        TypeError: a default for a field that no record of the command has.

    Example:
        >>> @attrs.frozen
        ... class Size:
        ...     width: int = 2
        ...     height: int = 3
        >>> @bundled(height=4)
        ... def area(size: Size, unit: str) -> None:
        ...     print(size.width * size.height, unit)
        >>> list(inspect.signature(area).parameters)
        ['width', 'height', 'unit']
        >>> area(width=5, height=4, unit="pixels")
        20 pixels
    """

    def decorate(command: Callable[..., None]) -> Callable[..., None]:
        hints = get_type_hints(command, include_extras=True)
        records: dict[str, type[Any]] = {}
        parameters: list[inspect.Parameter] = []
        left = dict(defaults)
        for parameter in inspect.signature(command).parameters.values():
            kind = hints[parameter.name]
            if not (isinstance(kind, type) and attrs.has(kind)):
                parameters.append(_option(parameter.name, kind, parameter.default))
                continue
            records[parameter.name] = kind
            types = get_type_hints(kind, include_extras=True)
            for field in attrs.fields(kind):
                own = inspect.Parameter.empty if field.default is attrs.NOTHING else field.default
                default = left.pop(field.name, own)
                parameters.append(_option(field.name, types[field.name], default))
        if left:
            raise TypeError(f"no record of {command.__name__} has the fields {sorted(left)}")

        @functools.wraps(command)
        def run(**given: Any) -> None:
            for name, kind in records.items():
                fields = {field.name: given.pop(field.name) for field in attrs.fields(kind)}
                given[name] = kind(**fields)
            command(**given)

        run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
        run.__annotations__ = {one.name: one.annotation for one in parameters}
        return run

    return decorate


def _option(name: str, kind: Any, default: Any) -> inspect.Parameter:
    # By keyword, so that one with a default may stand before one without.
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=kind)
