"""One registry for every extension point: find by name or object, refuse what it does not know."""

import attrs
import pytest

from bloqs.registry import Registry


@attrs.frozen
class Colour:
    name: str
    shade: int = 0


@pytest.fixture
def colours() -> Registry[Colour]:
    registry = Registry("colour", Colour)
    for name in ("red", "green"):
        registry.register(Colour(name))
    return registry


def test_names_in_the_order_of_registration(colours: Registry[Colour]) -> None:
    assert list(colours) == ["red", "green"]
    assert len(colours) == 2
    assert colours["green"] == Colour("green")


def test_found_by_name_or_object(colours: Registry[Colour]) -> None:
    assert colours.find("red") is colours.find(Colour("red")) is colours["red"]


@pytest.mark.parametrize("wanted", ["blue", "", None, 3, Colour("blue"), Colour("red", shade=1)])
def test_unknown_is_refused_with_what_there_is(colours: Registry[Colour], wanted: object) -> None:
    with pytest.raises(ValueError, match=r"unknown colour .*; choose one of 'red', 'green'"):
        colours.find(wanted)  # type: ignore[arg-type]


def test_registered_twice_is_harmless_and_a_clash_is_not(colours: Registry[Colour]) -> None:
    colours.register(Colour("red"))
    with pytest.raises(ValueError, match="another colour of the name 'red'"):
        colours.register(Colour("red", shade=1))
    with pytest.raises(TypeError, match="must be an instance of Colour"):
        colours.register("red")  # type: ignore[arg-type]
    assert len(colours) == 2
