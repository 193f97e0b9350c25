"""What the curves are held to, each with the figure found and the quality of its fit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs

from bloqs.scaling.fits import PolynomialFit, PowerLaw, fit_polynomial, fit_power_law
from bloqs.scaling.points import DONE

if TYPE_CHECKING:
    import pandas as pd

LOW, HIGH = 10, 40
"""`log2 N` between which slopes are fitted: below 2^10 fixed costs rule."""

SMALLEST = 6
"""`log2 N` at which degrees are compared with those at `HIGH`."""

PASS, FAIL, NOT_JUDGED = "PASS", "FAIL", "NOT JUDGED"

CLASSICAL_TOLERANCE = 0.05


@attrs.frozen(kw_only=True)
class Bar:
    """One claim and what was measured.

    Parameters:
        name: the claim.
        found: the figure, as text.
        allowed: what it may be.
        quality: of the fit: R^2, points, range.
        verdict: "PASS", "FAIL", or "NOT JUDGED" where the range measured is not the one that it asks for.
        value: the figure; None where there is none.

    Example:
        >>> Bar(
        ...     name="exponent of the T-count in N", found="0.4812", allowed="0.45 to 0.55",
        ...     quality="R^2 = 0.9998", verdict=PASS, value=0.4812,
        ... ).verdict
        'PASS'
    """

    name: str
    found: str
    allowed: str
    quality: str
    verdict: str
    value: float | None = None


def along(frame: pd.DataFrame, axis: str, curve: str | None = None) -> pd.DataFrame:
    """The rows of an axis (and a curve) that were built and costed, in order.

    Args:
        frame: the data of a study.
        axis: "N", "k" or "epsilon".
        curve: name of a curve; None for all.

    Returns:
        The rows by rising N or k, or falling epsilon.

    Example:
        >>> import pandas as pd
        >>> rows = pd.DataFrame({"log2_n": [10, 20, 30, 40], "t_count": [2**5, 2**10, 2**15, 2**20]})
        >>> frame = rows.assign(axis="N", curve="r3-d2", status="done")
        >>> along(frame.iloc[::-1], "N", "r3-d2")["log2_n"].tolist()
        [10, 20, 30, 40]
    """
    rows = frame[(frame["axis"] == axis) & (frame["status"] == DONE)]
    if curve is not None:
        rows = rows[rows["curve"] == curve]
    column = {"N": "log2_n", "k": "num_blocks", "epsilon": "epsilon"}[axis]
    return rows.sort_values(column, ascending=axis != "epsilon", kind="stable")


def slope(frame: pd.DataFrame, curve: str, column: str) -> PowerLaw | None:
    """Exponent in N of a column, over `LOW` to `HIGH`.

    Args:
        frame: the data of a study.
        curve: name of a curve.
        column: of positive numbers; zeros are left out.

    Returns:
        The fit; None with fewer than 3 positive values.

    Example:
        >>> import pandas as pd
        >>> rows = pd.DataFrame({"log2_n": [10, 20, 30, 40], "t_count": [2**5, 2**10, 2**15, 2**20]})
        >>> frame = rows.assign(axis="N", curve="r3-d2", status="done")
        >>> round(slope(frame, "r3-d2", "t_count").exponent, 6)
        0.5
    """
    rows = along(frame, "N", curve)
    rows = rows[(rows["log2_n"] >= LOW) & (rows["log2_n"] <= HIGH) & (rows[column] > 0)]
    if len(rows) < 3:
        return None
    return fit_power_law(rows["log2_n"].to_numpy(), rows[column].to_numpy())


def polynomial(frame: pd.DataFrame, curve: str, column: str, degree: int) -> PolynomialFit | None:
    """A column as a polynomial in `n = log2 N`, over `LOW` to `HIGH`.

    Args:
        frame: the data of a study.
        curve: name of a curve.
        column: of numbers.
        degree: of the polynomial.

    Returns:
        The fit; None with fewer than `degree + 2` points.

    Example:
        >>> import pandas as pd
        >>> rows = pd.DataFrame({"log2_n": [10, 20, 30, 40], "t_count": [2**5, 2**10, 2**15, 2**20]})
        >>> frame = rows.assign(axis="N", curve="r3-d2", status="done")
        >>> frame["t_depth"] = 3 * frame["log2_n"] ** 2
        >>> [round(c, 6) for c in polynomial(frame, "r3-d2", "t_depth", 2).coefficients][2]
        3.0
    """
    rows = along(frame, "N", curve)
    rows = rows[(rows["log2_n"] >= LOW) & (rows["log2_n"] <= HIGH)]
    if len(rows) < degree + 2:
        return None
    return fit_polynomial(rows["log2_n"].to_numpy(), rows[column].to_numpy(), degree)


def _quality(fit: PowerLaw | PolynomialFit) -> str:
    return f"R^2 = {fit.r_squared:.6f}, {fit.count} points, 2^{fit.low:g} to 2^{fit.high:g}"


def _missing(name: str, allowed: str) -> Bar:
    return Bar(name=name, found="too few points", allowed=allowed, quality="", verdict=NOT_JUDGED)


def _judged(holds: bool, fit: PowerLaw | PolynomialFit, steps: int) -> str:
    """A fit over a part of the range, or with points missing, decides nothing."""
    is_whole = fit.low <= LOW + 1 and fit.high >= HIGH - 1 and fit.count >= steps
    return (PASS if holds else FAIL) if is_whole else NOT_JUDGED


def _slope_bar(
    frame: pd.DataFrame, name: str, curve: str, column: str, low: float | None, high: float
) -> Bar:
    allowed = f"at most {high:g}" if low is None else f"{low:g} to {high:g}"
    fit = slope(frame, curve, column)
    if fit is None:
        return _missing(name, allowed)
    holds = fit.exponent <= high and (low is None or fit.exponent >= low)
    found = f"{fit.exponent:.4f} +- {fit.error:.4f}, at the end {fit.last:.4f}"
    return Bar(
        name=name,
        found=found,
        allowed=allowed,
        quality=_quality(fit),
        verdict=_judged(holds, fit, _steps()),
        value=fit.exponent,
    )


def _steps() -> int:
    return (HIGH - LOW) // 2 + 1


def all_bars(frame: pd.DataFrame) -> list[Bar]:
    """Every claim that the regimes measured can decide.

    Args:
        frame: the data of a study.

    Returns:
        The claims with their verdicts, regime by regime.

    Example:
        >>> from bloqs.scaling import StudySettings, run_study
        >>> small = {"at_log2_n": 6, "at_blocks": 1, "blocks": [1], "epsilons": [0.1], "regimes": [3]}
        >>> study = run_study(StudySettings(max_log2_n=10, **small))
        >>> bars = all_bars(study.frame)
        >>> len(bars), {bar.verdict for bar in bars}  # up to 2^10 nothing can be decided
        (4, {'NOT JUDGED'})
    """
    regimes = set(frame["regime"])
    bars: list[Bar] = []
    if 1 in regimes:
        bars += [
            _polynomial_bar(frame),
            _slope_bar(
                frame,
                "regime 1, QRAM oracle: apparent exponent of the T-count in N",
                "r1-oracle",
                "t_count",
                None,
                0.15,
            ),
        ]
    for regime, curve, classical in ((2, "r2-d2", 4.0), (3, "r3-d2", 2.0)):
        if regime not in regimes:
            continue
        title = f"regime {regime}, d = 2"
        low, high = classical - CLASSICAL_TOLERANCE, classical + CLASSICAL_TOLERANCE
        bars += [
            _slope_bar(
                frame, f"{title}: exponent of the gate count", curve, "gate_count", None, 1.05
            ),
            _slope_bar(
                frame,
                f"{title}: exponent of the classical operations",
                curve,
                "classical_flops",
                low,
                high,
            ),
            _slope_bar(
                frame,
                f"{title}: exponent of the T-count, select-swap loading of the input",
                curve,
                "t_count",
                0.45,
                0.55,
            ),
        ]
    bars.append(_degrees_bar(frame))
    return bars


def _polynomial_bar(frame: pd.DataFrame) -> Bar:
    name = "regime 1, QRAM oracle: T-count is a polynomial in n = log2 N of degree 2"
    allowed = "R^2 at least 0.999"
    fit = polynomial(frame, "r1-oracle", "t_count", 2)
    if fit is None:
        return _missing(name, allowed)
    c0, c1, c2 = fit.coefficients
    return Bar(
        name=name,
        found=f"{c0:.4g} {c1:+.4g} n {c2:+.4g} n^2, off by {fit.worst:.2%} at most",
        allowed=allowed,
        quality=_quality(fit),
        verdict=_judged(fit.r_squared >= 0.999, fit, _steps()),
        value=fit.r_squared,
    )


def _degrees_bar(frame: pd.DataFrame) -> Bar:
    """The degrees of each block at both ends; with constant norms, as `||g||` sets the last one."""
    name = "degrees of the residual blocks do not depend on N (constant norms)"
    rows = frame[(frame["axis"] == "N") & (frame["norms"] == "constant")]
    found, whole, differing = [], True, []
    for curve in dict.fromkeys(rows["curve"]):
        part = along(rows, "N", curve)
        whole &= len(part) > 1 and part["log2_n"].min() <= SMALLEST
        whole &= len(part) > 1 and part["log2_n"].max() >= HIGH
        if len(part) < 2:
            continue
        ends = [block_degrees(part.iloc[i]) for i in (0, -1)]
        if ends[0] != ends[1]:
            differing.append(f"{curve}: {ends[0]} and {ends[1]}")
        found.append(curve)
    if not found:
        return _missing(name, f"equal at 2^{SMALLEST} and 2^{HIGH}")
    verdict = FAIL if differing else PASS
    return Bar(
        name=name,
        found="; ".join(differing) or f"equal on all {len(found)} curves",
        allowed=f"equal at 2^{SMALLEST} and 2^{HIGH}",
        quality=f"2^{rows['log2_n'].min()} and 2^{rows['log2_n'].max()}",
        verdict=verdict if whole else NOT_JUDGED,
    )


def block_degrees(row: Any) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Degrees of the activations and amplifications of the residual blocks, the output's left out.

    Args:
        row: of the data of a study.

    Returns:
        One activation degree a block, one amplification degree a block.

    Example:
        >>> block_degrees(
        ...     {"num_blocks": 1, "activation_degrees": [4], "amplification_degrees": [7, 15]}
        ... )
        ((4,), (7,))
    """
    k = int(row["num_blocks"])
    return (
        tuple(int(d) for d in row["activation_degrees"])[:k],
        tuple(int(q) for q in row["amplification_degrees"])[:k],
    )
