"""Reports are what their JSON Schema says, and the schema says what there is."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from bloqs.report import Settings, load_model, network_report, report_schema
from tests.report.toys import write_tiny


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder: Path = tmp_path_factory.mktemp("tiny")
    model, image = write_tiny(folder)
    found = load_model(model)
    report = network_report(found, found.image(image), Settings(loading="rotations"))
    return json.loads(report.write(folder)[0].read_text(encoding="utf-8"))


def test_the_schema_is_one() -> None:
    jsonschema.Draft202012Validator.check_schema(report_schema())


def test_a_report_is_valid(written: dict[str, Any]) -> None:
    jsonschema.validate(written, report_schema(), cls=jsonschema.Draft202012Validator)


def test_every_field_at_the_top_is_described(written: dict[str, Any]) -> None:
    schema = report_schema()
    assert {*written} == {*schema["properties"]}
    assert {*written["cost"]} == {*schema["$defs"]["cost"]["properties"]}


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("schema_version",), 2),
        (("model", "digest"), "abc"),
        (("cost", "t_count"), 1.5),
        (("cost", "breakdown", 0, "native"), {}),
        (("verification", "success_probability"), 1.1),
        (("variants",), []),
        (("budget", "root", "parts", 0, "given"), "much"),
    ],
)
def test_what_is_wrong_is_found(written: dict[str, Any], path: tuple[Any, ...], value: Any) -> None:
    broken = copy.deepcopy(written)
    place = broken
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(broken, report_schema(), cls=jsonschema.Draft202012Validator)
