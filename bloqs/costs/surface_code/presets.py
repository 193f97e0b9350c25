"""Physical parameters by name, each with its source, and by hand."""

from __future__ import annotations

import attrs
from qualtran.surface_code import PhysicalParameters

from bloqs.costs.conventions import as_real
from bloqs.registry import Registry

REACTION_TIME_US = 10.0
"""Microseconds from a measurement to the gate that depends on it, decoding included; Gidney and Ekera
(2021), arXiv:1905.09749. A machine whose cycle is longer takes one cycle."""


@attrs.frozen
class Preset:
    """A machine of the literature.

    Parameters:
        name: by which it is chosen.
        parameters: error rate of a physical gate, and microseconds of a round of error correction.
        source: the paper that they are from.

    Example:
        >>> bench = Preset("bench", PhysicalParameters(5e-4, 2.0), "measured in our laboratory")
        >>> bench.parameters.physical_error
        0.0005
    """

    name: str
    parameters: PhysicalParameters
    source: str


def _beverland(modality: str, optimistic: bool) -> Preset:
    words = "optimistic" if optimistic else "realistic"
    return Preset(
        name=f"{modality}-{words}",
        parameters=PhysicalParameters.make_beverland_et_al(
            modality, optimistic_err_rate=optimistic
        ),
        source=f"Beverland et al. (2022), arXiv:2211.07629, {modality}, {words} error rate; "
        "cycle = 4 gates + 2 measurements",
    )


def _gidney_fowler(optimistic: bool) -> Preset:
    return Preset(
        name="gidney-fowler-optimistic" if optimistic else "gidney-fowler",
        parameters=PhysicalParameters.make_gidney_fowler(optimistic_err_rate=optimistic),
        source="Gidney and Fowler (2019), arXiv:1812.01238"
        + (", error rate ten times lower" if optimistic else ""),
    )


PRESETS: Registry[Preset] = Registry("preset", Preset)
"""Presets by name; one of your own may join."""

GIDNEY_2025 = Preset(
    name="gidney-2025",
    parameters=PhysicalParameters(physical_error=1e-3, cycle_time_us=1.0),
    source="Gidney (2025), arXiv:2505.15917: uniform depolarising noise, square grid of nearest neighbours, "
    "reaction 10 us",
)

for _preset in (
    _gidney_fowler(False),
    _gidney_fowler(True),
    *(
        _beverland(modality, optimistic)
        for modality in ("superconducting", "ion", "majorana")
        for optimistic in (False, True)
    ),
    GIDNEY_2025,
):
    PRESETS.register(_preset)


MAX_TIME_US = 8.64e10
"""Microseconds of a cycle, and of a reaction, at most: a day."""


@attrs.frozen(kw_only=True)
class Machine:
    """Physical parameters that have been checked.

    Parameters:
        physical_error: error rate `p` of a physical gate.
        cycle_time_us: microseconds of one round of error correction.
        reaction_time_us: microseconds from a measurement to the gate that depends on it; 0 is no limit.
        origin: the preset, its source and what was changed by hand, in words.

    Example:
        >>> found = machine("gidney-fowler", threshold=0.01, physical_error=5e-4)
        >>> found.physical_error, found.cycle_time_us, found.origin.split("; ")[-1]
        (0.0005, 1.0, 'by hand: physical error')
    """

    physical_error: float
    cycle_time_us: float
    reaction_time_us: float
    origin: str

    @property
    def parameters(self) -> PhysicalParameters:
        """As Qualtran takes them."""
        return PhysicalParameters(self.physical_error, self.cycle_time_us)


def machine(
    preset: str | Preset,
    *,
    threshold: float,
    physical_error: float | None = None,
    cycle_time_us: float | None = None,
    reaction_time_us: float | None = None,
) -> Machine:
    """A preset, with what is given by hand in place of its own.

    Args:
        preset: a name of `PRESETS`, or one that is registered there.
        threshold: of the code; `physical_error` must lie below it.
        physical_error: error rate of a physical gate.
        cycle_time_us: microseconds of one round of error correction.
        reaction_time_us: when None `REACTION_TIME_US`, or a cycle where that is longer.

    Returns:
        The machine.

    Raises:
        ValueError: unknown preset, or a parameter out of range.

    Example:
        >>> machine("ion-realistic", threshold=0.01).reaction_time_us
        600.0
    """
    stock = PRESETS.find(preset)
    error, cycle = stock.parameters.physical_error, stock.parameters.cycle_time_us
    if physical_error is not None:
        error = as_real(physical_error, "physical_error")
    if cycle_time_us is not None:
        cycle = as_real(cycle_time_us, "cycle_time_us")
    if not 0 < error < threshold:
        raise ValueError(
            f"physical_error must lie in (0, {threshold:g}), the threshold of the surface "
            f"code in this model, got {error}: above it a larger distance makes errors worse"
        )
    if not 0 < cycle < float("inf"):
        raise ValueError(f"cycle_time_us must be positive, got {cycle}")
    if cycle > MAX_TIME_US:
        raise ValueError(f"cycle_time_us must be at most {MAX_TIME_US:g}, a day, got {cycle:g}")
    reaction = max(REACTION_TIME_US, cycle)
    if reaction_time_us is not None:
        reaction = as_real(reaction_time_us, "reaction_time_us")
    if not 0 <= reaction < float("inf"):
        raise ValueError(
            f"reaction_time_us must not be negative, got {reaction}: 0 models no reaction limit"
        )
    if reaction > MAX_TIME_US:
        raise ValueError(
            f"reaction_time_us must be at most {MAX_TIME_US:g}, a day, got {reaction:g}"
        )
    by_hand = [
        name
        for name, given in (
            ("physical error", error != stock.parameters.physical_error),
            ("cycle time", cycle != stock.parameters.cycle_time_us),
            ("reaction time", reaction_time_us is not None),
        )
        if given
    ]
    origin = f"{stock.name}: {stock.source}"
    if by_hand:
        origin += f"; by hand: {', '.join(by_hand)}"
    return Machine(
        physical_error=error, cycle_time_us=cycle, reaction_time_us=reaction, origin=origin
    )
