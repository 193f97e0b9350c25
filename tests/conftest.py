"""Settings that every test shares."""

import gc

import matplotlib
import pytest
from hypothesis import settings

matplotlib.use("Agg")

# Circuits are millions of small objects without cycles: at Python's own threshold an eighth of the tests'
# time goes into looking for some.
gc.set_threshold(50_000, 20, 100)

# Machines are noisy: a property is never judged by the time it takes. Derandomised, so that a run
# can be repeated.
settings.register_profile("bloqs", deadline=None, derandomize=True, print_blob=True)
settings.load_profile("bloqs")


def pytest_collection_finish(session: pytest.Session) -> None:
    """Modules and tests live to the end: the collector need not visit them again."""
    gc.collect()
    gc.freeze()
