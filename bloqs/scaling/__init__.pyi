from .crossovers import Crossover as Crossover, crossover as crossover
from .curves import CURVES as CURVES, Curve as Curve, NormModel as NormModel
from .files import write_study as write_study
from .fits import (
    PolynomialFit as PolynomialFit,
    PowerLaw as PowerLaw,
    fit_polynomial as fit_polynomial,
    fit_power_law as fit_power_law,
)
from .points import Point as Point, measure as measure
from .run import run_study as run_study
from .settings import StudySettings as StudySettings
from .study import Study as Study
