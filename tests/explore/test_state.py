"""What a link may hold, and that everything else is refused."""

from __future__ import annotations

import re

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bloqs.explore import State
from bloqs.explore.controls import CONTROLS, word


@given(st.data())
@settings(max_examples=15, deadline=None)
def test_every_state_comes_back_from_its_link(data: st.DataObject) -> None:
    chosen = {
        name: data.draw(st.sampled_from(control.choices)) for name, control in CONTROLS.items()
    }
    low = data.draw(st.floats(1e-6, 1.0))
    state = State(model="digits-2", block_band=(low, 2 * low), **chosen)
    assert State.from_query(state.query) == state
    assert State.from_texts(state.texts) == state


def test_a_link_of_defaults_is_short() -> None:
    assert State(model="fashion-2").query == "model=fashion-2"
    assert State.from_query("", ("digits-2", "digits-1")).model == "digits-2"


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("epsilon=__import__('os').system('x')", "epsilon must be one of 0.001"),
        ("epsilon=0.013", "found '0.013'"),
        ("epsilon=", "found ''"),
        ("epsilon=nan", "found 'nan'"),
        ("model=/etc/passwd", "model must be one of 'digits-1'"),
        ("model=../digits-1", "model must be one of"),
        ("size=1e9", "size must be one of own, 4"),
        ("loading=qrom&loading=qram", "sets 'loading' more than once"),
        ("form=../published", "form must be one of ours, published"),
        ("min_degree=-1", "min_degree must be one of 0, 1, 3"),
        ("min_degree=1e9", "found '1e9'"),
        ("query_error=nan", "query_error must be one of 0, 1e-14"),
        ("__class__=State", "no control '__class__'"),
        ("host=0.0.0.0", "no control 'host'"),
        ("block_band=1", "block_band takes two numbers LO,HI"),
        ("block_band=2,1", "LO <= HI"),
        ("block_band=nan,nan", "block_band takes"),
        ("output_band=0,1", "output_band takes"),
        ("output_band=1,1e300", "output_band takes"),
        ("block_band=1,2,3", "block_band takes"),
        ("epsilon=%ff", "cannot be read"),
        ("&".join(f"a{i}=1" for i in range(60)), "cannot be read"),
        ("model=" + "x" * 3000, "3006 characters"),
        ("output_layer=True", "must be one of yes, no"),
        ("<script>alert(1)</script>", "no control '<script>"),
    ],
)
def test_hostile_links(query: str, message: str) -> None:
    with pytest.raises(ValueError, match="(?s)" + re.escape(message)):
        State.from_query(query)


@pytest.mark.parametrize(
    "field", [field.name for field in attrs.fields(State) if field.name in CONTROLS]
)
@pytest.mark.parametrize("value", ["nonsense", 1e300, [], {"a": 1}])
def test_a_state_in_python_is_checked_as_well(field: str, value: object) -> None:
    with pytest.raises(ValueError, match=f"{field} must be one of"):
        State(**{field: value})


def test_words_of_each_control_are_distinct() -> None:
    for control in CONTROLS.values():
        words = [word(choice) for choice in control.choices]
        assert len(set(words)) == len(words)
        assert [control.read(text) for text in words] == list(control.choices)
