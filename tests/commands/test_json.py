"""`--json` of every command."""

import json
from pathlib import Path

import numpy as np
import pytest

from tests.commands.running import run
from tests.report.toys import tiny_images, write_tiny

SMALL_STUDY = [
    *("--max-log2-n", "8", "--regimes", "1", "--blocks", "1"),
    *("--epsilon", "0.01", "--epsilon", "0.001"),
    *("--at-log2-n", "8", "--at-blocks", "1", "--workers", "1"),
]


@pytest.mark.parametrize(
    ("command", "keys"),
    [
        pytest.param(
            ["report", "MODEL", "--image", "IMAGE", "--out", "OUT", "--loading", "rotations"],
            {"schema", "cost"},
            marks=pytest.mark.slow,
        ),
        (["sample", "MODEL", "--image", "IMAGE", "--shots", 20], {"counts", "success_probability"}),
        (["budget", "MODEL", "--loading", "rotations"], {"split", "budgets", "even_cost"}),
        (["verify", "MODEL", "--images", "BATCH"], {"inside", "outside", "passed"}),
        (["estimate", "--shape", 1, 2, "--norm", "1.1,1.3", "--norm", "0.1,0.3"], {"cost"}),
        pytest.param(
            ["estimate", "--shape", 1, 2, "--loading", "rotations", "--pareto"],
            {"cost", "pareto"},
            marks=pytest.mark.slow,
        ),
        (["decide", "MODEL", "--images", "BATCH", "--out", "OUT"], {"images"}),
        (["models"], {"Bundled models", "Layers"}),
        (
            ["sweep", "images", "MODEL", "--images", "BATCH", "--out", "OUT", "--workers", 0],
            {"passed", "path", "tables"},
        ),
        pytest.param(
            ["scaling", "--out", "OUT", *SMALL_STUDY],
            {"passed", "verdict", "tables"},
            marks=pytest.mark.slow,
        ),
    ],
    ids=lambda value: value[0] if isinstance(value, list) else "",
)
def test_every_command_prints_json(command: list[object], keys: set[str], tmp_path: Path) -> None:
    model, image = write_tiny(tmp_path)
    np.save(tmp_path / "batch.npy", tiny_images())
    places = {
        "MODEL": model,
        "IMAGE": image,
        "BATCH": tmp_path / "batch.npy",
        "OUT": tmp_path / "out",
    }
    status, text, _ = run(*[places.get(str(word), word) for word in command], "--json")
    assert status in (0, 1)
    assert {*json.loads(text)} >= keys
