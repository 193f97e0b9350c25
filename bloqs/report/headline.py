"""The head of a report's page: tiles in units that a person reads, the glossary, the command that made it."""

from __future__ import annotations

import math
import shlex
from collections.abc import Mapping
from typing import Any

import attrs

from bloqs.costs import CostReport, SurfaceCodeFootprint
from bloqs.costs.decision import Decision
from bloqs.costs.unknown import Unknown
from bloqs.report.verification import Verification
from bloqs.tables import number


@attrs.frozen
class Tile:
    """A figure at the head of a page.

    Parameters:
        name: what it is.
        value: short, in a unit that a person reads.
        exact: the figure in full, and what it means; shown when one points at it.

    Example:
        >>> Tile("total T", "1.2 M", "1,234,567").value
        '1.2 M'
    """

    name: str
    value: str
    exact: str = ""


PREFIXES = ((1e15, "e15"), (1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k"))


def readable(value: Any) -> str:
    """A count with three figures at most and a prefix.

    Args:
        value: a number; anything else is shown as a table shows it.

    Returns:
        Text of some seven characters.

    Example:
        >>> readable(1337), readable(3040000), readable(12), readable(2.8e10)
        ('1,337', '3.04 M', '12', '28 G')
    """
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return number(value)
    if abs(value) < 1e4:
        return number(value)
    if abs(value) >= 1e18:
        return f"{value:.2e}"
    size, prefix = next(one for one in PREFIXES if abs(value) >= one[0])
    text = f"{value / size:.3g}"
    # Rounded up to the next prefix: 999,999 is 1 M, not 1e+03 k.
    return f"{text} {prefix}" if "e" not in text else readable(float(text) * size)


DURATIONS = ((365.25 * 24, "years"), (24.0, "days"), (1.0, "h"), (1 / 60, "min"), (1 / 3600, "s"))


def duration(hours: float) -> str:
    """A time in the unit that suits it.

    Args:
        hours: the time.

    Returns:
        Text.

    Example:
        >>> duration(0.01446), duration(2.5), duration(30), duration(1e-7), duration(9e4)
        ('52.1 s', '2.5 h', '30 h', '0.36 ms', '10.3 years')
    """
    for unit, name in DURATIONS:
        if hours >= 1.5 * unit:
            return f"{hours / unit:.3g} {name}"
    seconds = 3600 * hours
    return f"{seconds:.3g} s" if seconds >= 1 else f"{1000 * seconds:.3g} ms"


def tiles(
    check: Verification,
    cost: CostReport,
    decision: Decision,
    footprint: SurfaceCodeFootprint | Unknown,
) -> list[Tile]:
    """The figures at the head of a report.

    Args:
        check: its output.
        cost: of one run.
        decision: what a class takes.
        footprint: on a surface code, or why there is none.

    Returns:
        The tiles in order.

    Example:
        >>> from bloqs.report import Settings, load_model, network_report
        >>> from bloqs.report.inputs import Model, NamedImage
        >>> from bloqs.testing import random_network
        >>> made = random_network(3, (2, 1, 1), kernel_size=1, output_layer=False)
        >>> model = Model("random", made.spec.calibrate(made.images))
        >>> found = network_report(model, NamedImage("0", made.image), Settings(loading="rotations"))
        >>> [tile.name for tile in tiles(found.verification, found.cost, found.decision, found.footprint)][:2]
        ['class, quantum', 'class, classical']
    """
    found = [
        Tile(
            "class, quantum",
            number(check.quantum_class),
            "Most probable in the circuit's output.",
        ),
        Tile(
            "class, classical",
            number(check.classical_class),
            "The class of the numpy forward pass.",
        ),
        Tile(
            "total T",
            readable(cost.t_count),
            f"{number(cost.t_count)} T gates of one run, {cost.basis}.",
        ),
        Tile(
            "T a sample",
            readable(cost.t_per_sample) or "-",
            f"{number(cost.t_per_sample, ',.0f')}: until a run finds zeros on the ancillas.",
        ),
        Tile(
            "T a decision",
            readable(decision.t_count) or "undecided",
            f"{number(decision.t_count, ',.0f') or 'undecided'}: until the class is known.",
        ),
        Tile("logical qubits", readable(cost.logical_qubits), number(cost.logical_qubits)),
    ]
    if not isinstance(footprint, Unknown):
        qubits, hours = footprint.physical_qubits, footprint.hours
        found += [
            Tile(
                "physical qubits",
                readable(qubits),
                f"{number(qubits)}, by {footprint.model}.",
            ),
            Tile(
                "time of a run",
                duration(hours),
                f"{number(hours, '.4g')} h, limited by {footprint.limited_by}.",
            ),
        ]
    return found


def command(
    model: str, image: str, settings: Mapping[str, Any], defaults: Mapping[str, Any]
) -> str:
    """The command that makes a report.

    Args:
        model: its name.
        image: its name.
        settings: what was asked for.
        defaults: what the command takes where nothing is said.

    Returns:
        One line.

    Example:
        >>> command("digits-1", "0", {"epsilon": 1e-3, "regime": None}, {"epsilon": 1e-2, "regime": None})
        'resnet-bloqs report digits-1 --image 0 --epsilon 0.001'
    """
    words = ["resnet-bloqs", "report", model, "--image", image]
    for name, value in settings.items():
        if value != defaults.get(name) and value is not None:
            words += [
                f"--{name.replace('_', '-')}",
                f"{value:g}" if isinstance(value, float) else str(value),
            ]
    return shlex.join(words)


GLOSSARY = {
    "group": "A block of N/G consecutive entries of the output vector. Its probability is the sum of "
    "their squares; the first groups are the classes, the others stand for no class.",
    "success probability": "Of zeros on the ancillas. In the table of the output it is that of this "
    "image, by simulation; in the table of the cost it is 1/alpha², which the bloq promises for every image.",
    "epsilon": "2-norm error of the encoded output. Asked: at most so much in all. Stated: what polynomials "
    "and rounded data can add up to, a bound that the measured error keeps. Used, in the budget: the same "
    "with rotation synthesis and failing hardware, which no simulation shows.",
    "alpha": "Subnormalisation: the encoded vector stands in the circuit's state with amplitude 1/alpha.",
    "T": "Total under the conventions printed beside it: native T, four for a Toffoli, And or controlled "
    "swap, and the T that each rotation takes.",
    "T a sample, T a decision": "A sample is one class drawn; a decision is as many as it takes to know the "
    "most probable one.",
    "logical and physical qubits": "What the circuit holds at once; what a surface code makes these of, "
    "magic-state factories included.",
    "norm bounds": "Between which a layer's vector must lie. Calibrated: measured on training images with a "
    "margin, and an image outside is refused. Worst-case: proved for every image.",
    "by data, by shape": "Each angle counted as it is, or each as a rotation: an upper bound.",
}
"""What the words of a report mean."""
