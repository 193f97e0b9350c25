"""Wide, shallow circuits whose amplitude is known from a chain of transfer matrices."""

from __future__ import annotations

import numpy as np
from qualtran import Bloq, BloqBuilder
from qualtran.bloqs.basic_gates import (
    CZ,
    Ry,
)

from tests.statevector.circuits import composite


def on_all(n: int, value: int = 0) -> dict[str, int]:
    """One value for each of the registers of `composite`."""
    return {f"q{i}": value for i in range(n)}


def rotations(n: int, depth: int, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(depth + 1, n))


def brickwork(n: int, depth: int, seed: int = 0) -> Bloq:
    """Rows of Ry, with CZ between neighbours: even pairs in even rows, odd pairs in odd ones."""
    angles = rotations(n, depth, seed)

    def add(bb: BloqBuilder, q: np.ndarray) -> None:
        for row in range(depth + 1):
            for i in range(n):
                q[i] = bb.add(Ry(float(angles[row, i])), q=q[i])
            if row < depth:
                for i in range(row % 2, n - 1, 2):
                    q[i], q[i + 1] = bb.add(CZ(), q1=q[i], q2=q[i + 1])

    return composite(n, add)


def brickwork_amplitude(n: int, depth: int, seed: int = 0) -> float:
    """`<0|brickwork|0>`, by a product of column transfer matrices over the histories of one qubit.

    Qubit `i` has a label in each of the `depth` rows between its rotations; a CZ is a sign of the labels
    of two neighbours in one row. So the sum over all labels is a chain of `2**depth` matrices.
    """
    angles = rotations(n, depth, seed)
    labels = np.array([[(h >> row) & 1 for row in range(depth)] for h in range(2**depth)])
    vector = np.ones(2**depth)
    for i in range(n):
        if i:
            rows = [row for row in range(depth) if row % 2 == (i - 1) % 2]
            vector = vector @ (-1.0) ** (labels[:, rows] @ labels[:, rows].T)
        path = np.hstack([np.zeros((len(labels), 1), int), labels, np.zeros((len(labels), 1), int)])
        for row in range(depth + 1):
            c, s = np.cos(angles[row, i] / 2), np.sin(angles[row, i] / 2)
            vector = vector * np.array([[c, -s], [s, c]])[path[:, row + 1], path[:, row]]
    return float(vector.sum())
