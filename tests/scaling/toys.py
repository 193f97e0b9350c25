"""A study of seconds that has every axis, all regimes and a refused point."""

from __future__ import annotations

from bloqs.scaling import StudySettings

TINY = StudySettings(
    min_log2_n=6,
    max_log2_n=10,
    blocks=[1, 2],
    epsilons=[1e-1, 1e-2, 1e-12],
    at_log2_n=6,
    at_blocks=1,
    at_epsilon=5e-2,
)
