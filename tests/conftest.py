"""Settings that every test shares."""

import matplotlib
from hypothesis import settings

matplotlib.use("Agg")

# Machines are noisy: a property is never judged by the time it takes. Derandomised, so that a run
# can be repeated.
settings.register_profile("bloqs", deadline=None, derandomize=True, print_blob=True)
settings.load_profile("bloqs")
