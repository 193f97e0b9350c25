"""The findings of a study as tables, the same in the terminal, in Markdown and on the page."""

from __future__ import annotations

from collections.abc import Iterable

from bloqs.scaling.bars import FAIL, HIGH, LOW, NOT_JUDGED, PASS
from bloqs.scaling.crossovers import BASES
from bloqs.scaling.study import FITTED, Study
from bloqs.tables import Table


def study_tables(study: Study) -> list[Table]:
    """Assumptions, claims, exponents, growth with k and epsilon, crossovers, refused points.

    Args:
        study: what was found.

    Returns:
        The tables, in the order in which they are printed; the last one only where points were refused.

    Example:
        >>> from bloqs.scaling import StudySettings, run_study
        >>> small = {"at_log2_n": 6, "at_blocks": 1, "blocks": [1], "epsilons": [0.1], "regimes": [3]}
        >>> study = run_study(StudySettings(max_log2_n=10, **small))
        >>> [table.title for table in study_tables(study)][1:3]
        ['Claims (fits over N = 2^10 to 2^40)', 'Exponents in N (R^2)']
    """
    tables = [
        assumptions_table(study),
        bars_table(study),
        exponents_table(study),
        growth_table(study),
        crossovers_table(study),
    ]
    if len(study.refused):
        tables.append(refused_table(study))
    return tables


def verdict(study: Study) -> str:
    """FAIL if a claim fails, PASS if all hold and all were judged; and how many points were refused.

    Args:
        study: what was found.

    Returns:
        One line.

    Example:
        >>> from bloqs.scaling import StudySettings, run_study
        >>> small = {"at_log2_n": 6, "at_blocks": 1, "blocks": [1], "epsilons": [0.1], "regimes": [3]}
        >>> study = run_study(StudySettings(max_log2_n=10, **small))
        >>> verdict(study)
        'NOT JUDGED: 4 NOT JUDGED; 10 points, 0 of them refused'
    """
    judged = [bar.verdict for bar in study.bars]
    word = FAIL if FAIL in judged else NOT_JUDGED if NOT_JUDGED in judged else PASS
    counts = ", ".join(f"{judged.count(one)} {one}" for one in dict.fromkeys(judged))
    return f"{word}: {counts}; {len(study.frame)} points, {len(study.refused)} of them refused"


def assumptions_table(study: Study) -> Table:
    """What the figures rest on; the norms of each curve are in every row of the data too.

    Args:
        study: what was found.

    Returns:
        Two columns, what and is.

    Example:
        >>> from bloqs.scaling import StudySettings, run_study
        >>> small = {"at_log2_n": 6, "at_blocks": 1, "blocks": [1], "epsilons": [0.1], "regimes": [3]}
        >>> study = run_study(StudySettings(max_log2_n=10, **small))
        >>> dict(assumptions_table(study).cells)["norms of r3-d2, r3-d1"]
        'block norms in [1.2, 1.35]; no output weights'
    """
    s, frame = study.settings, study.frame
    alphas = sorted(frame.groupby("paths")["convolution_alpha"].first().items())
    rows = [
        ("N", f"entries of one path, C M^2, C = {s.channels}; the network has N^d"),
        ("kernels", f"{s.kernel_size} x {s.kernel_size}, by shape"),
        ("convolution alpha", ", ".join(f"{alpha:g} (bound, d = {d})" for d, alpha in alphas)),
        ("bits of an angle", "the same for all pieces, as few as epsilon allows"),
        ("activation", "erf, gain 0.8; amplitudes bounded by 1 (proved)"),
        ("reference point", f"N = 2^{s.at_log2_n}, k = {s.at_blocks}, epsilon = {s.at_epsilon:g}"),
        ("one run", "one sample of the pooled distribution, not all its probabilities"),
        ("T-depth", "parts one after another, the schedule of the logical qubits: an upper bound"),
        ("conventions", ", ".join(sorted(set(frame["conventions"].dropna())))),
    ]
    names: dict[str, list[str]] = {}
    for curve in s.curves:
        words = curve.norms.summary if curve.has_output else _block_norms(curve.norms.summary)
        names.setdefault(words, []).append(curve.name)
    rows += [(f"norms of {', '.join(curves)}", words) for words, curves in names.items()]
    return Table("Assumptions", ("what", "is"), rows)


def _block_norms(summary: str) -> str:
    """Without output weights only the norms of the blocks are assumed."""
    return summary.split(", ||g||")[0] + "; no output weights"


def bars_table(study: Study) -> Table:
    """Each claim with PASS, FAIL or NOT JUDGED.

    Args:
        study: what was found.

    Returns:
        One row a claim.

    Example:
        >>> from bloqs.scaling import StudySettings, run_study
        >>> small = {"at_log2_n": 6, "at_blocks": 1, "blocks": [1], "epsilons": [0.1], "regimes": [3]}
        >>> study = run_study(StudySettings(max_log2_n=10, **small))
        >>> bars_table(study).cells[0][:2]
        ('NOT JUDGED', 'regime 3, d = 2: exponent of the gate count')
    """
    rows = [(bar.verdict, bar.name, bar.found, bar.allowed, bar.quality) for bar in study.bars]
    return Table(
        f"Claims (fits over N = 2^{LOW} to 2^{HIGH})",
        ("verdict", "claim", "found", "allowed", "fit"),
        rows,
        note="NOT JUDGED: the range measured is not the one that the claim is about.",
    )


def exponents_table(study: Study) -> Table:
    """Exponent in N of every column, with R^2.

    Args:
        study: what was found.

    Returns:
        One row a curve; "-" where too few points were measured.

    Example:
        >>> from bloqs.scaling import StudySettings, run_study
        >>> small = {"at_log2_n": 6, "at_blocks": 1, "blocks": [1], "epsilons": [0.1], "regimes": [3]}
        >>> study = run_study(StudySettings(max_log2_n=10, **small))
        >>> exponents_table(study).cells[0][:2]
        ('3, d = 2', '-')
    """
    rows = []
    for curve in study.settings.curves:
        cells = [curve.label]
        for column in FITTED:
            fit = study.exponents.get((curve.name, column))
            cells.append("-" if fit is None else f"{fit.exponent:.3f} ({fit.r_squared:.4f})")
        rows.append(tuple(cells))
    return Table(
        "Exponents in N (R^2)",
        ("curve", *FITTED.values()),
        rows,
        numeric=range(1, len(FITTED) + 1),
        note="A straight line through (log N, log y); a low R^2 says that it is none, as for polylogarithms.",
    )


def growth_table(study: Study) -> Table:
    """How the T-count grows with the number of blocks and with accuracy.

    Args:
        study: what was found.

    Returns:
        One row a curve that was measured along either axis.

    Example:
        >>> from bloqs.scaling import StudySettings, run_study
        >>> small = {"at_log2_n": 6, "at_blocks": 1, "blocks": [1], "epsilons": [0.1], "regimes": [3]}
        >>> study = run_study(StudySettings(max_log2_n=10, **small))
        >>> growth_table(study).columns
        ('curve', 'one more block', 'exponent in log(1/epsilon)')
    """
    rows = []
    for curve in study.settings.curves:
        block = study.growth_by_block.get(curve.name)
        accuracy = study.growth_by_accuracy.get(curve.name)
        if block is None and accuracy is None:
            continue
        rows.append(
            (
                curve.label,
                "-" if block is None else f"x {2**block.exponent:.1f} ({block.r_squared:.4f})",
                "-"
                if accuracy is None
                else f"{accuracy.exponent:.2f} ({accuracy.r_squared:.4f}), {accuracy.count} points",
            )
        )
    return Table(
        "T-count with k and epsilon (R^2)",
        ("curve", "one more block", "exponent in log(1/epsilon)"),
        rows,
        numeric={1, 2},
        note=f"In theory the exponent in log(1/epsilon) is 2k = {2 * study.settings.at_blocks}, with an "
        "output block one more, for small epsilon.",
    )


def crossovers_table(study: Study) -> Table:
    """N from which on the quantum computer is faster.

    Args:
        study: what was found.

    Returns:
        One row a curve and clock, one column a pair of rates.

    Example:
        >>> from bloqs.scaling import StudySettings, run_study
        >>> small = {"at_log2_n": 6, "at_blocks": 1, "blocks": [1], "epsilons": [0.1], "regimes": [3]}
        >>> study = run_study(StudySettings(max_log2_n=10, **small))
        >>> crossovers_table(study).cells[0][:3]
        ('3, d = 2', 'T-count', 'none up to 2^10')
    """
    s = study.settings
    pairs = [(clock, rate) for clock in s.clocks for rate in s.flop_rates]
    rows = []
    for curve in s.curves:
        for basis in BASES:
            found = [study.crossovers.get((curve.name, basis, *pair)) for pair in pairs]
            if all(f is None for f in found):
                continue
            cells = ["-" if f is None else f"{f.words}{_hours(f.log2_n, f.hours)}" for f in found]
            rows.append((curve.label, basis, *cells))
    notes = [f"{basis}: {words}" for basis, (_, words) in BASES.items()]
    return Table(
        "Crossover: N from which on one run takes less time than the classical forward pass",
        ("curve", "clock ticks", *(f"{c:.0e}/s against {r:.0e} FLOP/s" for c, r in pairs)),
        rows,
        note="; ".join(notes)
        + ". An oracle query takes a tick. In brackets the time at the crossover. "
        "Error correction is in the clock rate alone.",
    )


def _hours(place: float | None, hours: float) -> str:
    if place is None:
        return ""
    for unit, size in (("years", 24 * 365.25), ("days", 24.0), ("h", 1.0), ("min", 1 / 60)):
        if hours >= size:
            return f" ({hours / size:.3g} {unit})"
    return f" ({3600 * hours:.3g} s)"


def refused_table(study: Study) -> Table:
    """Points without a figure, and why.

    Args:
        study: what was found.

    Returns:
        One row a point.

    Example:
        >>> from bloqs.scaling import StudySettings, run_study
        >>> small = {"at_log2_n": 6, "at_blocks": 1, "blocks": [1], "epsilons": [0.1], "regimes": [3]}
        >>> study = run_study(StudySettings(max_log2_n=10, **small))
        >>> refused_table(study).cells
        ()
    """
    rows = [
        (
            str(row["curve"]),
            f"2^{row['log2_n']}",
            str(row["num_blocks"]),
            f"{row['epsilon']:.0e}",
            str(row["reason"]),
        )
        for _, row in study.refused.iterrows()
    ]
    return Table("Refused", ("curve", "N", "k", "epsilon", "reason"), rows)


def to_markdown(tables: Iterable[Table], title: str, verdict: str, plots: Iterable[str]) -> str:
    """The tables as Markdown, with the plots beside the file.

    Args:
        tables: in order.
        title: of the page.
        verdict: the line below it.
        plots: file names of pictures in the same folder.

    Returns:
        The text of the file.

    Example:
        >>> table = Table("Claims", ("verdict", "claim"), [("PASS", "linear in log N")])
        >>> print(to_markdown([table], "Study", "PASS: 1 PASS", ["against-n.png"]))
        # Study
        <BLANKLINE>
        PASS: 1 PASS
        <BLANKLINE>
        ...
        | PASS | linear in log N |
        <BLANKLINE>
        ![against-n.png](against-n.png)
        <BLANKLINE>
    """
    pictures = (f"![{name}]({name})" for name in plots)
    sections = (f"# {title}", verdict, *(table.to_markdown() for table in tables), *pictures)
    return "\n\n".join(sections) + "\n"
