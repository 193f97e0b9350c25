"""Rectangular maps of a tensor: a square encoding between registers of which some qubits are not used."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from qualtran.symbolics import SymbolicInt

from bloqs.core.encoding import FloatArray
from bloqs.core.lcu import Keys


class Reshaping(Protocol):
    """What describes a rectangular map on (channel, row, column): sizes of its three registers.

    The map is a square one on the *wide* register, (channel, row, column) with the larger number of channels
    and the rows and columns of the input. The input's channels are the leading ones there (its missing
    qubits, the most significant, are 0). The image has `channel_bits` qubits of channels, again the least
    significant, and where `is_halved` rows and columns without their least significant qubit: those of even
    number. The qubits that it lacks are *freed*: ancillas that are projected on 0.
    """

    @property
    def wide_bitsize(self) -> SymbolicInt:
        """Qubits of the wide register."""

    @property
    def axis_bits(self) -> SymbolicInt:
        """`m`, of rows and of columns of the input."""

    @property
    def channel_bits(self) -> SymbolicInt:
        """Of the image's channels."""

    @property
    def is_halved(self) -> bool:
        """Whether only even rows and columns are kept."""


def image_bitsize(sizes: Reshaping) -> SymbolicInt:
    """Qubits of the image.

    Args:
        sizes: of the map.

    Returns:
        `channel_bits + 2 m`, two less where it is halved.
    """
    return sizes.channel_bits + 2 * sizes.axis_bits - (2 if sizes.is_halved else 0)


def freed_bitsize(sizes: Reshaping) -> SymbolicInt:
    """Qubits of the wide register that the image lacks.

    Args:
        sizes: of the map.

    Returns:
        Their number.
    """
    return sizes.wide_bitsize - image_bitsize(sizes)


def wide_wires(sizes: Reshaping, system: Keys, freed: Keys) -> Keys:
    """The qubits of the wide register, from those of the image and the freed ones.

    Args:
        sizes: of the map, in numbers.
        system: of the image, most significant first.
        freed: channels first, then the last of the rows and of the columns.

    Returns:
        Of the wide register, most significant first.
    """
    c, m = int(sizes.channel_bits), int(sizes.axis_bits)
    kept = m - 1 if sizes.is_halved else m
    last = freed[-2:] if sizes.is_halved else []
    channels = freed[: len(freed) - len(last)] + system[:c]
    rows, columns = system[c : c + kept], system[c + kept :]
    return channels + rows + last[:1] + columns + last[1:]


def widened(sizes: Reshaping, vector: FloatArray) -> FloatArray:
    """The input in the wide register.

    Args:
        sizes: of the map.
        vector: float64 `(2**n,)` of the input.

    Returns:
        float64 `(2**wide,)`, zero where there are more channels.
    """
    wide = np.zeros(2 ** int(sizes.wide_bitsize))
    wide[: len(vector)] = vector
    return wide


def narrowed(sizes: Reshaping, vector: FloatArray) -> FloatArray:
    """The image in the wide register, with the freed qubits projected on 0.

    Args:
        sizes: of the map.
        vector: float64 `(2**wide,)`.

    Returns:
        float64 of the image.
    """
    side = 2 ** int(sizes.axis_bits)
    tensor = vector.reshape(-1, side, side)[: 2 ** int(sizes.channel_bits)]
    step = 2 if sizes.is_halved else 1
    return np.ascontiguousarray(tensor[:, ::step, ::step]).ravel()
