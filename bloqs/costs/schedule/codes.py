"""Codes of which a program consists; see `bloqs.costs.schedule.replay`."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

IntArray = NDArray[np.int64]

GATE, CREATE, FREE, CALL, FAN, BIT = 0, 1, 2, 3, 4, 5

FRESH, CLASSICAL = -1, -2
"""Stand for the first gate of a track: before it has met another, and of a classical bit."""
