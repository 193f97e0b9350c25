"""What `report.json` looks like, as a JSON Schema."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Any


def report_schema() -> dict[str, Any]:
    """The JSON Schema of `report.json`, draft 2020-12.

    What is required stands in every report of this `schema_version`; a later release may add fields.

    Returns:
        The schema; any validator takes it.

    Example:
        >>> schema = report_schema()
        >>> schema["properties"]["schema"], "cost" in schema["required"]
        ({'const': 'resnet-bloqs.report'}, True)
    """
    text = (files("bloqs.report") / "report.schema.json").read_text(encoding="utf-8")
    found: dict[str, Any] = json.loads(text)
    return found
