"""What a report says of a network beside its numbers."""

from __future__ import annotations

from bloqs.loading.charges import Uncompute
from bloqs.networks.build import Build
from bloqs.networks.derived import DerivedFacts
from bloqs.networks.facts import GATE_LEVEL_REMARK
from bloqs.networks.precision import Bits


def of_bits(spec: DerivedFacts, bits: Bits | None) -> dict[str, str]:
    """The bits of each piece, where they differ.

    Args:
        spec: the network.
        bits: of the input, then of each layer's piece; None where nothing is rounded.

    Returns:
        A line by its name, or nothing.

    Example:
        >>> from bloqs.networks import NetworkSpec
        >>> spec = NetworkSpec.from_shapes(input_shape=(1, 2, 2), num_blocks=1, num_groups=2)
        >>> of_bits(spec, (9, 9, 9)), of_bits(spec, (9, 10, 8))
        ({}, {'angle bits of each piece': 'input 9, block 1 10, output 8'})
    """
    if bits is None or len(set(bits)) == 1:
        return {}
    names = ("input", *spec.layer_names)
    words = (f"{name} {b}" for name, b in zip(names, bits, strict=True))
    return {"angle bits of each piece": ", ".join(words)}


def of_build(spec: DerivedFacts, build: Build) -> dict[str, str]:
    """What follows of how it is built.

    Args:
        spec: the network.
        build: the choices.

    Returns:
        Lines by their names.

    Example:
        >>> from bloqs.networks import NetworkSpec
        >>> spec = NetworkSpec.from_shapes(input_shape=(1, 2, 2), num_blocks=1, num_groups=2)
        >>> of_build(spec, Build(loading="qrom", min_degree=2))
        {'least degree of an activation': '2, as asked: no block is linear'}
    """
    remarks = {}
    if build.min_degree > 0:
        remarks["least degree of an activation"] = (
            f"{build.min_degree}, as asked: no block is linear"
        )
    if build.uncompute is not Uncompute.UNITARY:
        remarks["degrees and bits weighed by"] = f"{build.uncompute} unloads"
    if build.loading is None:
        remarks[GATE_LEVEL_REMARK] = (
            "contracted with the same angles, rounded to the same bits, loaded by rotations; name a "
            "loader to have it contracted itself"
        )
    if not spec.geometry.is_contiguous:
        size = 1 << spec.geometry.path_axis_bits
        remarks["image size"] = (
            f"cost of images padded with zeros from {spec.input_shape[1]} to {size} pixels a side, which "
            f"is another network: with {spec.paths} paths the combined image must fill its registers"
        )
    return remarks
