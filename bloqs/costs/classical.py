"""The classical side: operations of the same forward pass on a classical machine, counted exactly."""

from __future__ import annotations

from collections.abc import Mapping

import attrs

from bloqs.checks import instance
from bloqs.layers.geometry import Geometry
from bloqs.layers.operations import OperationCounts, in_range_taps, normalisation_operations
from bloqs.networks.spec import NetworkSpec

__all__ = ["ClassicalCost", "OperationCounts", "forward_cost", "in_range_taps"]


@attrs.frozen(kw_only=True)
class ClassicalCost:
    """Operations of one forward pass on a classical machine, by part.

    Parameters:
        parts: "input", "block 1", ..., "output", "pooling", in the order in which they run.

    Example:
        >>> from bloqs.networks import load_example
        >>> cost = forward_cost(load_example("digits-1").spec)
        >>> list(cost.parts), cost.flops
        (['input', 'block 1', 'output', 'pooling'], 150384)
    """

    parts: Mapping[str, OperationCounts]

    @property
    def total(self) -> OperationCounts:
        """All parts together."""
        return sum(self.parts.values(), OperationCounts())

    @property
    def flops(self) -> int:
        """Floating-point operations, every operation counted as one."""
        return self.total.flops()


def forward_cost(spec: NetworkSpec) -> ClassicalCost:
    r"""Operations of `bloqs.reference.forward` on one image, exact, by shape; weights are taken as dense.

    With `n = (C M^2)^d` entries, `N` their padded number, `t` the in-range taps of an axis (`in_range_taps`)
    and `m = C^{2d} t^2`:

        input     normalisation of one path's image; `d - 1` tensor products
        block     convolution: m products, m - n sums; n activations; n sums; normalisation
        output    n squares; W_out: R n products, R (n - 1) sums; tau x + (1 - tau) y; normalisation
        pooling   N squares, N - G sums (without W_out n squares, and the groups that are no padding)

    The convolution is the direct one: each of the `D x D` taps that lies inside the image, none outside.
    Padding entries of x are zero and skipped; rows of W_out that belong to padding are not, because
    g need not vanish there; of R < N rows those of g count that have an entry of x or a row. For fixed D the
    count is of the order of the best possible with a dense `W_out`, all of whose `R n` entries must be read.

    Args:
        spec: a network, with weights or by shape; of any size.

    Returns:
        Counts by part, as Python integers.

    Example:
        >>> from bloqs.networks import NetworkSpec
        >>> spec = NetworkSpec.from_shapes(input_shape=(4, 8, 8), num_blocks=1)
        >>> forward_cost(spec).parts["block 1"].multiplications  # 16 * 22**2 + 256
        8000
    """
    instance(spec, "spec", NetworkSpec, "a NetworkSpec")
    geometry, paths = spec.geometries[-1], spec.paths
    single = Geometry(spec.geometry.input_shape).entries
    products = sum(single**power for power in range(2, paths + 1))
    image = normalisation_operations(single) + OperationCounts(multiplications=products)
    parts = {"input": image}
    for name, layer, place in zip(spec.layer_names, spec.all_layers, spec.geometries, strict=False):
        parts[name] = layer.operations(place)
    is_full = any(layer.fills_padding for layer in spec.all_layers)
    measured = max(layer.support(geometry) for layer in spec.all_layers)
    groups = spec.num_groups if is_full else _groups_with_entries(spec.num_groups, geometry)
    parts["pooling"] = OperationCounts(multiplications=measured, additions=measured - groups)
    return ClassicalCost(parts=parts)


def _groups_with_entries(num_groups: int, geometry: Geometry) -> int:
    """Groups, by leading bits of the padded index, that are not all padding."""
    bits, groups = num_groups.bit_length() - 1, 1
    for size in geometry.input_shape:
        width = (size - 1).bit_length()
        for _ in range(geometry.paths):
            leading = min(bits, width)
            groups *= -(-size // (1 << (width - leading)))
            bits -= leading
    return groups
