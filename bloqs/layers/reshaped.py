"""Rectangular maps of a tensor: a square encoding between registers of which some qubits are not used."""

from __future__ import annotations

import attrs
import numpy as np
from qualtran.symbolics import SymbolicInt

from bloqs.core.encoding import FloatArray
from bloqs.core.lcu import Keys


@attrs.frozen
class Reshaping:
    """A rectangular map on (channel, row, column): sizes of its registers, and where their qubits are.

    The map is a square one on the *wide* register, (channel, row, column) with the larger number of channels
    and the rows and columns of the input. The input's channels are the leading ones there (its missing
    qubits, the most significant, are 0). The image has `channel_bits` qubits of channels, again the least
    significant, and where `is_halved` rows and columns without their least significant qubit: those of even
    number. The qubits that it lacks are *freed*: ancillas that are projected on 0.

    Parameters:
        wide_bitsize: qubits of the wide register; may be symbolic, as all sizes.
        axis_bits: `m`, of rows and of columns of the input.
        channel_bits: of the image's channels.
        is_halved: whether only even rows and columns are kept.

    Example:
        >>> halved = Reshaping(3, axis_bits=1, channel_bits=1, is_halved=True)  # two channels of 2 x 2 pixels
        >>> halved.image_bitsize, halved.freed_bitsize
        (1, 2)
        >>> halved.narrowed(np.arange(8.0)).tolist()
        [0.0, 4.0]
        >>> Reshaping(2, axis_bits=0, channel_bits=2, is_halved=False).widened(np.ones(2)).tolist()
        [1.0, 1.0, 0.0, 0.0]
    """

    wide_bitsize: SymbolicInt
    axis_bits: SymbolicInt
    channel_bits: SymbolicInt
    is_halved: bool

    @property
    def image_bitsize(self) -> SymbolicInt:
        """Qubits of the image: `channel_bits + 2 m`, two less where it is halved."""
        return self.channel_bits + 2 * self.axis_bits - (2 if self.is_halved else 0)

    @property
    def freed_bitsize(self) -> SymbolicInt:
        """Qubits of the wide register that the image lacks."""
        return self.wide_bitsize - self.image_bitsize

    def wide_wires(self, system: Keys, freed: Keys) -> Keys:
        """The qubits of the wide register, from those of the image and the freed ones; concrete sizes.

        Args:
            system: of the image, most significant first.
            freed: channels first, then the last of the rows and of the columns.

        Returns:
            Of the wide register, most significant first.
        """
        c, m = int(self.channel_bits), int(self.axis_bits)
        kept = m - 1 if self.is_halved else m
        last = freed[-2:] if self.is_halved else []
        channels = freed[: len(freed) - len(last)] + system[:c]
        rows, columns = system[c : c + kept], system[c + kept :]
        return channels + rows + last[:1] + columns + last[1:]

    def widened(self, vector: FloatArray) -> FloatArray:
        """The input, float64 `(2**n,)`, in the wide register: zero where there are more channels."""
        wide = np.zeros(2 ** int(self.wide_bitsize))
        wide[: len(vector)] = vector
        return wide

    def narrowed(self, vector: FloatArray) -> FloatArray:
        """The image of the wide register, float64 `(2**wide,)`, with the freed qubits projected on 0."""
        side = 2 ** int(self.axis_bits)
        tensor = vector.reshape(-1, side, side)[: 2 ** int(self.channel_bits)]
        step = 2 if self.is_halved else 1
        return np.ascontiguousarray(tensor[:, ::step, ::step]).ravel()
