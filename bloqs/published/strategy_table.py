"""The strategies of convolution side by side: alpha, T of a call, T of the network they are used in."""

from __future__ import annotations

from math import nan

import pandas as pd

from bloqs.convolution import STRATEGIES
from bloqs.costs.estimate import estimate
from bloqs.networks import natural_regime
from bloqs.networks.spec import NetworkSpec

STRATEGY_COLUMNS = ("strategy", "alpha", "T a call", "T of the network", "over the least")
"""Columns of the table."""


def strategy_table(
    spec: NetworkSpec, epsilon: float = 1e-2, loading: str = "select-swap"
) -> pd.DataFrame:
    """Every registered strategy on a network: its first convolution by data, the whole by shape.

    Args:
        spec: with weights and calibrated bounds; its first layer has a convolution.
        epsilon: of the network.
        loading: of image and weights.

    Returns:
        A data frame with the columns strategy, alpha, T a call, T of the network (both total T under the
        default conventions) and its ratio to the least; NaN for a call of "auto". A strategy that refuses the
        network is left out.

    Raises:
        ValueError: the network has no convolution or no weights.

    Example:
        >>> from bloqs.testing import random_network
        >>> made = random_network(3, (2, 1, 1), kernel_size=1, output_layer=False)
        >>> table = strategy_table(made.spec.calibrate([made.image]), 0.1, "rotations")
        >>> set(table["strategy"]) >= {"auto", "tap-lcu", "balanced"}, float(table["over the least"].min())
        (True, 1.0)
    """
    if not spec.has_weights or not spec.layers or spec.layers[0].kernel is None:
        raise ValueError("the network must have weights, and a convolution in its first layer")
    kernel = spec.geometry.pad_kernel(spec.layers[0].kernel)
    rows = []
    for name, way in STRATEGIES.items():
        options = {"epsilon": epsilon, "loading": loading, "convolution": name}
        try:
            encoding = way.encode(kernel, spec.geometry.combined_side, loading=loading)
            network = spec.cost_bloq(regime=natural_regime(spec), **options)  # type: ignore[arg-type]
        except ValueError:
            continue
        whole = int(estimate(network).t_count)
        call = (float(encoding.alpha), float(estimate(encoding).t_count))
        # What chooses has no alpha of its own: the network says what was chosen.
        rows.append((name, *(call if len(way.alternatives()) == 1 else (nan, nan)), whole))
    least = min(row[-1] for row in rows)
    return pd.DataFrame([(*row, row[-1] / least) for row in rows], columns=list(STRATEGY_COLUMNS))
