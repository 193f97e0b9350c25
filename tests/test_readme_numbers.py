"""Every number of docs/figures.md is on file or what its command computes; times and memory are exempt."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import attrs
import numpy as np
import pytest
from rich.console import Console

from bloqs import encoded_vector, estimate, load_example
from bloqs.applications.flagship import PASSED, main
from bloqs.convolution import Conv2DBlockEncoding
from bloqs.costs import Conventions
from bloqs.costs.splitting import optimise_network_split
from bloqs.reference import forward_vectors
from bloqs.report import load_model, model_decisions, network_frontier
from bloqs.scaling import Study
from bloqs.scaling.bars import LOW, along
from tests.golden.configurations import EPSILON, IMAGE, REGIMES
from tests.golden.regenerate import stored
from tests.networks.test_gate_level import LARGER, SHAPES
from tests.networks.test_regimes import NETWORKS

FIGURES = Path(__file__).parents[1] / "docs" / "figures.md"

WORDS = ("two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
NUMBER = re.compile(rf"\d+(?:,\d{{3}})*(?:\.\d+)?(?:e-?\d+)?|\b(?:{'|'.join(WORDS)})\b")

NOT_HELD = None
"""Stands for a number that is a time."""

Expected = list[float | None]


@attrs.frozen
class Row:
    """One row of the table: what, number, command."""

    what: str
    number: str
    command: str

    @property
    def printed(self) -> list[Decimal]:
        """Every number of the row, in figures or words, in order; none of what is set as code."""
        text = re.sub(r"`[^`]*`", "", " | ".join(attrs.astuple(self)))
        return [
            Decimal(WORDS.index(word) + 2 if word in WORDS else word.replace(",", ""))
            for word in NUMBER.findall(text)
        ]


def table(text: str) -> list[Row]:
    """The rows of the table under the heading "Numbers"."""
    section = text.split("\n## Numbers\n")[1].split("\n## ")[0]
    lines = [line for line in section.splitlines() if line.startswith("|")][2:]
    return [Row(*(cell.strip() for cell in line.strip("|").split("|"))) for line in lines]


ROWS = table(FIGURES.read_text(encoding="utf-8"))


def rounds_to(value: float, printed: Decimal) -> bool:
    """Whether a value, rounded to the digits that are printed, is what is printed."""
    return Decimal(value).quantize(printed) == printed


# ------------------------------------------------------------------------------------- row by row


def figures(model: str = "digits-1", output: str = "coherent", variant: str = "") -> dict[str, Any]:
    """The golden figures of the main configuration, by data, of a bundled model."""
    name = f"regime {REGIMES[model]}, select-swap, {output}, by data{variant}"
    return stored(model)[name]


def digits_1() -> tuple[Any, Any, Any]:
    """The model, the image, and the network that `resnet-bloqs report digits-1 --image 0` is about."""
    example = load_example("digits-1")
    image = example.images[IMAGE]
    return example, image, example.spec.to_bloq(image, epsilon=EPSILON, loading="select-swap")


def accuracy() -> Expected:
    examples = [
        load_example(name) for name in ("digits-1", "digits-2", "digits-3", "digits-bilinear")
    ]
    spec = examples[-1].spec
    shape = (spec.paths, *spec.input_shape[1:])
    return [len(examples[0].images), *shape, *(100 * one.accuracy() for one in examples)]


def one_inference() -> Expected:
    golden = figures()
    return [EPSILON, golden["t_count"], golden["logical_qubits"]]


def one_sample() -> Expected:
    both = [figures(output=output) for output in ("heralded", "coherent")]
    return [golden["t_count"] / golden["success_probability"] for golden in both]


def a_decision() -> Expected:
    model = load_model("digits-1")
    found = model_decisions(model, model.images("all"), samples=(100,))
    shares = (0.5, 0.9)
    figures = [
        *(found.t_count(share) for share in shares),
        *(found.samples(share) for share in shares),
    ]
    (row,) = found.rows
    assert row.accuracy is not None
    return [
        *(100 * found.error, 90, len(found.decisions), row.samples),
        *figures,
        *(found.t_per_sample, 100 * row.accuracy),
    ]


def smallest_machines() -> Expected:
    machines = ("gidney-fowler", "rotated-grid", "yoked-2d")
    found = network_frontier(load_example("digits-1").spec, models=machines).by_machine
    # Names of machines set as code hold no number that is told.
    qubits = [found[name][0].physical_qubits for name in machines]
    volumes = [min(point.qubit_seconds for point in found[name]) for name in machines]
    return [found["yoked-2d"][0].footprint.physical_error, *qubits, *volumes]


def growth() -> Expected:
    """Of the models with one block, two and three."""
    line = f"regime {REGIMES['digits-1']}, select-swap, heralded, by shape"
    found = [stored(f"digits-{blocks}")[line] for blocks in (1, 2, 3)]
    return [one["t_count"] / one["success_probability"] for one in found]


def worst_case() -> Expected:
    golden = figures(variant=", worst-case norms of the blocks")
    return [golden["t_count"], load_example("digits-1").spec.skip_weight]


def depths() -> Expected:
    golden = figures()
    path = golden["critical_path"]
    sequential = [golden["sequential_t_depth"], golden["logical_qubits"]]
    return [*sequential, path["t_depth"], path["qubits"]]


def footprint() -> Expected:
    found = estimate(digits_1()[2]).surface_code()
    asked = [found.physical_error, found.cycle_time_us, found.target_failure_probability]
    return [*asked, found.physical_qubits, found.code_distance, 3600 * found.hours]


def vector_error() -> Expected:
    example, image, network = digits_1()
    found = encoded_vector(network, level="semantic")
    exact = forward_vectors(example.spec, image).output
    return [float(np.linalg.norm(found - exact)), figures()["epsilon"]]


def split() -> Expected:
    found = optimise_network_split(load_example("digits-1").spec, epsilon=EPSILON)
    return [found.even_cost, found.cost]


def bilinear() -> Expected:
    golden = figures("digits-bilinear")
    return [REGIMES["digits-bilinear"], golden["t_count"], golden["logical_qubits"]]


def gate_level() -> Expected:
    kinds = {**SHAPES, **LARGER}
    regimes = {1, *(int(name.removeprefix("regime ")[0]) for name in NETWORKS)}
    return [len(kinds), max(blocks for _, _, blocks, _ in kinds.values()), *_ends(regimes)]


def _ends(values: set[int]) -> list[int]:
    return [min(values), max(values)]


def flagship() -> Expected:
    output = io.StringIO()
    assert main([], console=Console(file=output, width=120)) == PASSED

    def told(what: str) -> list[float]:
        (line,) = (line for line in output.getvalue().splitlines() if what in line)
        return [float(number) for number in NUMBER.findall(line)]

    length, channels, rows, columns, *_ = told("N = ")
    kernel = 2 * [3]  # the default of the command, which does not print it
    errors = [*told("measured error"), *told("stated epsilon"), *told("asked epsilon")]
    sizes = [length, channels, rows, columns, *kernel, *told("peak qubits")]
    return [*sizes, *errors, NOT_HELD]


def scaling(study: Study) -> Expected:
    """For the test of the study on file: `resnet-bloqs scaling`."""
    oracle = along(study.frame, "N", "r1-oracle")
    rows = oracle[oracle["log2_n"] >= LOW]
    steps = np.diff(rows["t_count"].to_numpy(dtype=float))
    assert np.ptp(steps) <= 1e-6 * np.mean(steps), "not linear in log N"
    fits = [study.exponents[curve, "t_count"] for curve in ("r2-d2", "r3-d2")]
    for name in ("exponent", "last"):
        assert len({f"{getattr(fit, name):.2f}" for fit in fits}) == 1, (
            "one figure for both regimes"
        )
    fit = fits[0]
    return [2, fit.low, 2, fit.high, 1, 2, 3, 2, fit.exponent, fit.last]


def convolution() -> Expected:
    kernel = np.random.default_rng(0).normal(size=(1, 1, 3, 3))
    accuracy = 1e-6
    conventions = Conventions(synthesis_epsilon=accuracy)
    cost = estimate(Conv2DBlockEncoding(kernel, 8), conventions=conventions)
    return [8, 8, 3, 3, accuracy, cost.t_count]


HELD: dict[str, Callable[[], Expected]] = {
    "accuracy of the exact forward pass": accuracy,
    "one coherent `digits-1` inference": one_inference,
    "the same heralded": one_sample,
    "a decision of `digits-1`": a_decision,
    "least of one sample of `digits-1`": smallest_machines,
    "one sample by shape": growth,
    "the same with worst-case norms": worst_case,
    "its T-depth": depths,
    "its footprint": footprint,
    "vector error of that image": vector_error,
    "split of epsilon for `digits-1`": split,
    "one coherent `digits-bilinear` inference": bilinear,
    "random networks at gate level": gate_level,
    "flagship at gate level": flagship,
    "8×8, 3×3, one-channel convolution": convolution,
}
"""Start of a row -> its numbers in order."""

SLOW = (a_decision, smallest_machines, split, flagship)

SCALING = "T-count in N"
"""Start of the row that the test of the whole study holds."""

EXEMPT = {
    "12 qubits × 3,000 gates against": "speed and memory of the simulator",
    "memory of a run beyond its plan": "memory of the simulator",
    "parallel efficiency of the sweep": "times of a sweep",
    "cost from a cold interpreter": "times of an estimate",
}
"""Start of a row -> what it measures, which a benchmark prints."""


@pytest.mark.parametrize(
    "start",
    [
        pytest.param(start, marks=[pytest.mark.slow] if check in SLOW else [])
        for start, check in HELD.items()
    ],
)
def test_numbers_of_a_row(start: str) -> None:
    assert_row_says(start, HELD[start]())


def assert_row_says(start: str, expected: Expected) -> None:
    """The row that starts so has these numbers, each to the digits that are printed."""
    (row,) = (row for row in ROWS if row.what.startswith(start))
    assert len(row.printed) == len(expected), (row, expected)
    for printed, value in zip(row.printed, expected, strict=True):
        assert value is NOT_HELD or rounds_to(value, printed), (
            f"the page says {printed}, found {value}, in: {row}"
        )


def test_every_row_is_held_or_exempt() -> None:
    starts = [*HELD, SCALING, *EXEMPT]
    for row in ROWS:
        found = [start for start in starts if row.what.startswith(start)]
        assert len(found) == 1, f"{found} for {row.what!r}: hold its numbers, or say why not"
    assert len(ROWS) == len(starts)


@pytest.mark.parametrize(
    ("value", "printed", "expected"),
    [
        (1_175_036, "1.18e6", True),
        (1_175_036, "1.17e6", False),
        (1_337, "1337", True),
        (1_338, "1337", False),
        (0.0018096, "1.8e-3", True),
        (0.0018096, "1.9e-3", False),
        (98.44, "98.4", True),
        (51.94, "52", True),
    ],
)
def test_rounding(value: float, printed: str, expected: bool) -> None:
    assert rounds_to(value, Decimal(printed)) is expected


def test_numbers_are_found() -> None:
    row = Row("`digits-1` at 1e-2, two paths", "1.18e6 T, 109,232, 46,385", "at 2×3^0.5")
    assert [str(number) for number in row.printed] == [
        *("0.01", "2"),
        *("1.18E+6", "109232", "46385"),
        *("2", "3", "0.5"),
    ]
