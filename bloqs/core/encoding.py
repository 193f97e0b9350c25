"""The vector encoding: a unitary whose good branch is a vector."""

from __future__ import annotations

import abc
import math
from functools import cached_property
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray
from qualtran import Bloq, QAny, Register, Signature
from qualtran.symbolics import SymbolicFloat, SymbolicInt

from bloqs.core.control import CTRL, ControllableBloq
from bloqs.core.scale import Bounds, ScaledError, direction_error

FloatArray = NDArray[np.float64]


def encoding_registers(
    system_bitsize: SymbolicInt, ancilla_bitsize: SymbolicInt, is_controlled: bool
) -> Signature:
    """The registers `[ctrl], system, [ancilla]`; one of width zero is left out, as Qualtran does.

    Args:
        system_bitsize: `n`, at least 1; may be symbolic.
        ancilla_bitsize: `a`, at least 0; may be symbolic.
        is_controlled: whether a `ctrl` qubit comes first.

    Returns:
        The signature of an encoding.

    Example:
        >>> [register.name for register in encoding_registers(3, 0, is_controlled=True)]
        ['ctrl', 'system']
    """
    registers = [CTRL] if is_controlled else []
    registers.append(Register("system", QAny(system_bitsize)))
    if ancilla_bitsize != 0:
        registers.append(Register("ancilla", QAny(ancilla_bitsize)))
    return Signature(registers)


class ShapeOnlyError(ValueError):
    """Raised when a bloq that is given by shape is asked for something that needs its data.

    Example:
        >>> from bloqs.loading import LoadedVector
        >>> try:
        ...     LoadedVector(None, bitsize=2).target()
        ... except ShapeOnlyError:
        ...     print("no data, no target")
        no data, no target
    """


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

    What a next layer needs is the *direction* of the block; its length is a scale that need only be known to
    lie in a band. An encoding that knows the two apart states them: `scaled_error`, `reference_amplitude` and
    `amplitude_band`. Where it does not, they follow from `alpha` and `epsilon`.

    References:
        [Accelerating Inference for Multilayer Neural Networks with Quantum Computers](
        https://arxiv.org/abs/2510.07195), Rattew et al. (ICLR 2026), definition of a vector encoding.

    Example:
        >>> from bloqs.combine import VectorSum
        >>> from bloqs.loading import LoadedVector
        >>> first, second = LoadedVector([1.0, 0.0]), LoadedVector([0.0, 1.0])
        >>> half: VectorEncoding = VectorSum(first, second, weight=0.5)
        >>> half.block().round(6).tolist(), (half.alpha * half.block()).round(6).tolist()
        ([0.5, 0.5], [0.707107, 0.707107])
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
        """The exact unit vector `v` that is promised.

        Returns:
            float64 `(2**n,)`, of 2-norm 1.

        Raises:
            ShapeOnlyError: the bloq has no data.
        """

    @abc.abstractmethod
    def block(self) -> FloatArray:
        """The encoded block `<0|U|0>` itself, composed from the blocks of the parts.

        Returns:
            float64 `(2**n,)`; `alpha` times it is within `epsilon` of `target()`.

        Raises:
            ShapeOnlyError: the bloq has no data.
        """

    @property
    def reference_amplitude(self) -> SymbolicFloat:
        """The amplitude that a layer on this encoding is built for, `sigma`; here `1/alpha`."""
        return 1 / self.alpha

    @property
    def scaled_error(self) -> ScaledError:
        """The block is `sigma r (v + d)`; this bounds `||d||` and r. Here r = 1 and d is within `epsilon`."""
        return ScaledError(float(self.epsilon))

    @property
    def direction_error(self) -> float:
        """Bound of `||x/||x|| - v||` for the block x."""
        return direction_error(self.scaled_error.error)

    @property
    def amplitude_band(self) -> Bounds:
        """`(lo, hi)` of the length of the block, for every input that the encoding is built for."""
        return self.scaled_error.amplitudes((1.0, 1.0), float(1 / self.reference_amplitude))

    @property
    def amplifies(self) -> VectorEncoding | None:
        """The encoding whose vector this encodes at another amplitude; None where the vector is its own."""
        return None

    @property
    def at_gate_level(self) -> VectorEncoding:
        """The encoding whose gates are contracted: itself, or one of the same vector on fewer qubits."""
        return self

    @property
    def layer_names(self) -> tuple[str, ...]:
        """Names of its layers, the input left out, where it knows them; else empty."""
        return ()

    @cached_property
    def signature(self) -> Signature:
        """`[ctrl], system, [ancilla]`."""
        return encoding_registers(self.system_bitsize, self.ancilla_bitsize, self.is_controlled)


class MappedVector(VectorEncoding):
    """Abstract encoding of `F(v)/||F(v)||`, made by a map F from the encoding of a vector v.

    The layers of a network are such encodings, each with the one before as its `vector`; between them may
    stand encodings that amplify (`VectorEncoding.amplifies`). `bloqs.core.chain.chain` walks along both.

    A subclass has the fields `vector` and `norm`, and states the map, the `scale` it is divided by, and
    `image_error`: the block is `(r/scale) (F(v) + d)` with r in a band and `||d||` within an error, both from
    the `scaled_error` of its vector. With a field `norm_bounds` it stands in a network without an
    amplification: its amplitude is known in a band only, its direction is what `epsilon` bounds.

    A map that needs the amplitude of its vector states `absolute_error` instead: the block is within
    `absolute_error / scale` of `F(v) / scale`. It is always given an amplified vector.

    Example:
        >>> from bloqs.activation import NonlinearTransform
        >>> from bloqs.loading import LoadedVector
        >>> layer: MappedVector = NonlinearTransform(LoadedVector([0.6, -0.8]), degree=4)
        >>> layer.apply_target(np.array([0.6, -0.8])).round(4).tolist()
        [0.5027, -0.6346]
        >>> float(abs(layer.scale / layer.image_norm - layer.alpha))
        0.0
    """

    noun: ClassVar[str] = "layer"
    """What the map is called in tables of a network."""

    title: ClassVar[str] = "Layer"
    """What a drawing of it is called."""

    is_final: ClassVar[bool] = False
    """Whether it only stands at the end of a network, where it needs no number."""

    vector: VectorEncoding
    norm: SymbolicFloat | None
    """Lower bound of `||F(v)||`, needed by shape; None to measure it from the data."""

    norm_bounds: Bounds | None = None
    """`(lo, hi)` of `||F(v)||` over all inputs of a network; None where this is no layer of one."""

    @abc.abstractmethod
    def apply_target(self, vector: FloatArray) -> FloatArray:
        """`F(x)`, not normalised: what the exact map does to a vector.

        Args:
            vector: x, float64 `(2**n,)`, of any norm.

        Returns:
            float64 `(2**n,)`.
        """

    @property
    @abc.abstractmethod
    def sensitivity(self) -> float:
        """Factor by which an error of `vector` grows in the result, at most, to first order."""

    @property
    @abc.abstractmethod
    def scale(self) -> SymbolicFloat:
        """What `F(v)` is divided by in the block, errors and r aside."""

    @property
    def image_error(self) -> ScaledError:
        """The block is `(r/scale) (F(v) + d)`; this bounds r and `||d||`."""
        return ScaledError(self.absolute_error)

    @property
    def absolute_error(self) -> float:
        """Bound of `||d||`: the 2-norm error of `scale/r` times the block, before it is normalised."""
        return self.image_error.error

    @property
    def takes_any_scale(self) -> bool:
        """Whether the amplitude of `vector` need only be known in a band."""
        return type(self).image_error is not MappedVector.image_error

    @cached_property
    def image_norm(self) -> SymbolicFloat:
        """`||F(v)||`, or its lower bound where one was given."""
        if self.norm is not None:
            return self.norm
        if self.norm_bounds is not None and not self.has_data:
            return self.norm_bounds[0]
        return float(np.linalg.norm(self.apply_target(self.vector.target())))

    @cached_property
    def alpha(self) -> SymbolicFloat:
        """`scale / ||F(v)||`; in a band of amplitudes 1 over the length of the block, by shape largest."""
        if self.norm_bounds is None:
            return self.scale / self.image_norm
        if self.has_data:
            return 1 / float(np.linalg.norm(self.block()))
        return 1 / self.amplitude_band[0]

    @cached_property
    def epsilon(self) -> SymbolicFloat:
        """`high ||d||/||F(v)|| + max|r-1|`, so `||d||/||F(v)||` at r = 1. Bound.

        In a band of amplitudes, where alpha takes up the length, it is the direction's.
        """
        if self.norm_bounds is not None:
            return self.direction_error
        image = self.image_error
        return image.high * image.error / self.image_norm + image.deviation

    @property
    def reference_amplitude(self) -> SymbolicFloat:
        """`1/alpha`; in a band of amplitudes the geometric mean of its ends."""
        if self.norm_bounds is None:
            return 1 / self.alpha
        lo, hi = self.amplitude_band
        return math.sqrt(lo * hi)

    @cached_property
    def scaled_error(self) -> ScaledError:
        """At r of the map, or with a unit vector `v + d` and the band of amplitudes."""
        image = self.image_error
        if self.norm_bounds is None:
            return ScaledError(image.error / float(self.image_norm), image.low, image.high)
        (lo, hi), middle = self.amplitude_band, float(self.reference_amplitude)
        error = direction_error(image.error / float(self.image_norm))
        return ScaledError(error, lo / middle, hi / middle)

    @property
    def direction_error(self) -> float:
        """`chord(||d||/||F(v)||)`."""
        return direction_error(self.image_error.error / float(self.image_norm))

    @cached_property
    def amplitude_band(self) -> Bounds:
        """Of `norm_bounds`, widened by r and d; without them of the norm itself."""
        norm = self.image_norm
        return self.image_error.amplitudes(self.norm_bounds or (norm, norm), float(self.scale))

    def target(self) -> FloatArray:
        """`F(v) / ||F(v)||`."""
        image = self.apply_target(self.vector.target())
        result: FloatArray = image / np.linalg.norm(image)
        return result

    @property
    def loaded_part(self) -> tuple[str, str, Bloq] | None:
        """What the map loads beside the vector (letter, words, bloq); None where it loads nothing."""
        return None


def controlled_if(encoding: VectorEncoding, is_controlled: bool) -> VectorEncoding:
    """The encoding, or its controlled version, which is one too.

    Args:
        encoding: without a control of its own.
        is_controlled: whether it is to have one.

    Returns:
        An encoding of the same vector.

    Example:
        >>> from bloqs.loading import LoadedVector
        >>> controlled_if(LoadedVector([0.6, 0.8]), True).signature.n_qubits()
        2
    """
    if not is_controlled:
        return encoding
    controlled = encoding.controlled()
    assert isinstance(controlled, VectorEncoding)
    return controlled
