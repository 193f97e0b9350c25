"""Scaling study: measured costs against N, the number of blocks and epsilon, fitted and compared.

Every row is the cost of a network bloq built by shape; no formula stands in for one. The names are resolved
when they are first used: a table needs no plots.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bloqs.lazy import lazy_names

if TYPE_CHECKING:
    from bloqs.scaling.crossovers import Crossover, crossover
    from bloqs.scaling.curves import CURVES, Curve, NormModel
    from bloqs.scaling.files import write_study
    from bloqs.scaling.fits import PolynomialFit, PowerLaw, fit_polynomial, fit_power_law
    from bloqs.scaling.points import Point, measure
    from bloqs.scaling.run import run_study
    from bloqs.scaling.settings import StudySettings
    from bloqs.scaling.study import Study

_PUBLIC = {
    "CURVES": "curves",
    "Crossover": "crossovers",
    "Curve": "curves",
    "NormModel": "curves",
    "Point": "points",
    "PolynomialFit": "fits",
    "PowerLaw": "fits",
    "Study": "study",
    "StudySettings": "settings",
    "crossover": "crossovers",
    "fit_polynomial": "fits",
    "fit_power_law": "fits",
    "measure": "points",
    "run_study": "run",
    "write_study": "files",
}
"""Public name -> the module that defines it."""

__all__ = [
    "CURVES",
    "Crossover",
    "Curve",
    "NormModel",
    "Point",
    "PolynomialFit",
    "PowerLaw",
    "Study",
    "StudySettings",
    "crossover",
    "fit_polynomial",
    "fit_power_law",
    "measure",
    "run_study",
    "write_study",
]

__getattr__, __dir__ = lazy_names(__name__, _PUBLIC, globals())
