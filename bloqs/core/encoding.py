"""The vector encoding: a unitary whose good branch is a vector."""

from __future__ import annotations

import abc
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from qualtran import QAny, Register, Signature
from qualtran.symbolics import SymbolicFloat, SymbolicInt

from bloqs.core.control import CTRL, ControllableBloq

FloatArray = NDArray[np.float64]


def encoding_registers(
    system_bitsize: SymbolicInt, ancilla_bitsize: SymbolicInt, is_controlled: bool
) -> Signature:
    """`[ctrl], system, [ancilla]`: a register of width zero is left out, as Qualtran does."""
    registers = [CTRL] if is_controlled else []
    registers.append(Register("system", QAny(system_bitsize)))
    if ancilla_bitsize != 0:
        registers.append(Register("ancilla", QAny(ancilla_bitsize)))
    return Signature(registers)


class ShapeOnlyError(ValueError):
    """Raised when a bloq that is given by shape is asked for something that needs its data."""


class VectorEncoding(ControllableBloq):
    r"""Abstract `(alpha, a, epsilon)`-encoding `U` of a real unit vector `v` of length `2**n`.

    $$ \| v - \alpha (\langle 0|_a \otimes I) U |0\rangle_{a+n} \|_2 \le \epsilon, \qquad \alpha \ge 1. $$

    `1/alpha` is the amplitude of the good branch, so that `1/alpha**2` is the success probability of
    measuring zeros on the ancilla. Bits are big-endian.

    Registers:
        ctrl: one qubit, only when `is_controlled`.
        system: `QAny(n)`, zero in; holds `v` on the good branch.
        ancilla: `QAny(a)`, zero in; zero on the good branch. Absent when `a = 0`.

    A subclass states `system_bitsize`, `ancilla_bitsize`, `alpha`, `epsilon`, and, where it has its data,
    `target()` and `block()`; the two are compared by the semantic level of the simulation.

    References:
        [Accelerating Inference for Multilayer Neural Networks with Quantum Computers](
        https://arxiv.org/abs/2510.07195), Rattew et al. (ICLR 2026), definition of a vector encoding.
    """

    @property
    @abc.abstractmethod
    def system_bitsize(self) -> SymbolicInt:
        """`n`: the vector has `2**n` entries."""

    @property
    @abc.abstractmethod
    def ancilla_bitsize(self) -> SymbolicInt:
        """`a`: the flagged ancillas, zero on the good branch."""

    @property
    @abc.abstractmethod
    def alpha(self) -> SymbolicFloat:
        """Subnormalisation, `alpha >= 1`."""

    @property
    @abc.abstractmethod
    def epsilon(self) -> SymbolicFloat:
        """Bound of the absolute 2-norm error of the encoded vector."""

    @abc.abstractmethod
    def target(self) -> FloatArray:
        """The exact unit vector `v` that is promised, float64 `(2**n,)`.

        Raises:
            ShapeOnlyError: the bloq has no data.
        """

    @abc.abstractmethod
    def block(self) -> FloatArray:
        """The encoded block `<0|U|0>` itself, float64 `(2**n,)`, composed from the blocks of the parts.

        `alpha * block()` is within `epsilon` of `target()`.

        Raises:
            ShapeOnlyError: the bloq has no data.
        """

    @cached_property
    def signature(self) -> Signature:
        """`[ctrl], system, [ancilla]`."""
        return encoding_registers(self.system_bitsize, self.ancilla_bitsize, self.is_controlled)


def controlled_if(encoding: VectorEncoding, is_controlled: bool) -> VectorEncoding:
    """The encoding, or its controlled version, which is one too."""
    if not is_controlled:
        return encoding
    controlled = encoding.controlled()
    assert isinstance(controlled, VectorEncoding)
    return controlled
