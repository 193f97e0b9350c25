"""Angles: from a vector to the tree of its rotations, the grid of a table, and the error of rounding."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Protocol, TypeVar

import numpy as np
import sympy
from numpy.typing import NDArray
from qualtran.symbolics import SymbolicFloat, SymbolicInt, is_symbolic

from bloqs.checks import real_number, whole_number
from bloqs.core.checks import MAX_BITSIZE, MAX_COUNT
from bloqs.core.cliffords import ANGLE_ATOL

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

FULL_TURN = 4 * math.pi
"""Period of `Ry(t) = exp(-i t Y/2)`: a turn by `2 pi` is the sign -1, which is kept."""

MIN_ANGLE_BITS = 3
"""Fewest bits of a table of angles: the grid then holds the multiples of `pi/4` of half-angle."""
MAX_ANGLE_BITS = 50
"""Most bits of a table of angles: beyond, double precision does not hold the angle."""
DEFAULT_ANGLE_BITS = 16
"""Bits of a tabulated angle where none are given: each rotation is right to 5e-5."""


def check_angle_bits(angle_bits: SymbolicInt) -> None:
    """Refuse a number of angle bits out of range; a symbol passes.

    Args:
        angle_bits: `b`, bits of a tabulated angle.

    Raises:
        ValueError: not between 3 and 50.

    Example:
        >>> check_angle_bits(60)
        Traceback (most recent call last):
            ...
        ValueError: angle_bits must be 3 to 50, got 60
    """
    if not is_symbolic(angle_bits) and not MIN_ANGLE_BITS <= angle_bits <= MAX_ANGLE_BITS:
        raise ValueError(
            f"angle_bits must be {MIN_ANGLE_BITS} to {MAX_ANGLE_BITS}, got {angle_bits}"
        )


def table_bits(angle_bits: SymbolicInt | None) -> SymbolicInt:
    """The bits that are used: those given, or the default.

    Args:
        angle_bits: `b`, perhaps a symbol; None where the caller left it open.

    Returns:
        `b`, or `DEFAULT_ANGLE_BITS`.

    Example:
        >>> table_bits(None), table_bits(9)
        (16, 9)
    """
    return DEFAULT_ANGLE_BITS if angle_bits is None else angle_bits


def wrap_angles(angles: FloatArray) -> FloatArray:
    """Angles brought into `(-2 pi, 2 pi]`; one next to a multiple of `pi/2` becomes that multiple.

    Args:
        angles: float64, any shape, in radians.

    Returns:
        An array of the same shape whose rotations `Ry` are the same, the sign included.

    Example:
        >>> (wrap_angles(np.array([3.0, 4.5, -2.0]) * np.pi) / np.pi).round(12).tolist()
        [-1.0, 0.5, 2.0]
    """
    wrapped = -np.remainder(-(angles + FULL_TURN / 2), FULL_TURN) + FULL_TURN / 2
    grid = np.round(wrapped / (math.pi / 2)) * (math.pi / 2)
    wrapped = np.where(np.abs(wrapped - grid) < ANGLE_ATOL, grid, wrapped)
    return np.where(wrapped <= -FULL_TURN / 2 + ANGLE_ATOL, FULL_TURN / 2, wrapped)


def walsh_coefficients(angles: FloatArray) -> FloatArray:
    """Walsh-Hadamard transform of angles: `c_g = 2**-s sum_j (-1)**(j . g) angles_j`.

    Applied twice it gives back the angles times `2**-s`.

    Args:
        angles: float64 `(2**s,)`, in radians.

    Returns:
        float64 `(2**s,)`, in radians: the rotations between CNOTs that make up a multiplexed rotation.

    Example:
        >>> walsh_coefficients(np.array([1.0, 2.0, 3.0, 6.0])).tolist()
        [3.0, -1.0, -1.5, 0.5]
    """
    coefficients = np.array(angles, dtype=np.float64)
    size, step = len(coefficients), 1
    while step < size:
        pairs = coefficients.reshape(-1, 2, step)
        coefficients = np.stack(
            [pairs[:, 0] + pairs[:, 1], pairs[:, 0] - pairs[:, 1]], axis=1
        ).reshape(size)
        step *= 2
    return coefficients / size


def tree_angles(columns: FloatArray) -> list[FloatArray]:
    """Angles of the rotation trees of many vectors, level by level.

    On level `l` the node `j` splits its norm by `Ry` between the two halves of its entries. The last level
    carries the signs of the entries (angles between `-2 pi` and `2 pi`), so that the vector comes out with
    its signs and without a global phase. A node of norm zero has angle 0.

    Args:
        columns: the vectors, float64 `(num_vectors, 2**n)`, `n >= 1`, of any norm.

    Returns:
        `n` arrays in radians, that of level `l` float64 `(num_vectors, 2**l)`.

    Example:
        >>> [level.round(3).tolist() for level in tree_angles(np.array([[3.0, 0.0, 0.0, -4.0]]))]
        [[[1.855]], [[0.0, -3.142]]]
    """
    num_vectors, size = columns.shape
    levels: list[FloatArray] = []
    # Adding 0.0 turns -0.0 into 0.0, whose arctan2 is 0 and not pi.
    pairs = (columns + 0.0).reshape(num_vectors, size // 2, 2)
    while True:
        levels.append(2 * np.arctan2(pairs[..., 1], pairs[..., 0]))
        norms = np.hypot(pairs[..., 0], pairs[..., 1])
        if norms.shape[1] == 1:
            return levels[::-1]
        pairs = norms.reshape(num_vectors, -1, 2)


def tree_vectors(levels: list[FloatArray]) -> FloatArray:
    """The inverse of `tree_angles`: the unit vectors of the given angles.

    Args:
        levels: `n` arrays in radians, that of level `l` float64 `(num_vectors, 2**l)`.

    Returns:
        float64 `(num_vectors, 2**n)`.

    Example:
        >>> tree_vectors(tree_angles(np.array([[3.0, 0.0, 0.0, -4.0]]))).round(12).tolist()
        [[0.6, 0.0, 0.0, -0.8]]
    """
    vectors = np.ones((levels[0].shape[0], 1))
    for angles in levels:
        split = np.stack([np.cos(angles / 2), np.sin(angles / 2)], axis=-1)
        vectors = (vectors[..., None] * split).reshape(vectors.shape[0], -1)
    return vectors


def angle_codes(angles: FloatArray, angle_bits: int) -> IntArray:
    """The integers that a table of `b`-bit angles holds: `round(angle 2**b / (4 pi)) mod 2**b`.

    Args:
        angles: float64, any shape, in radians.
        angle_bits: `b`, 3 to 50.

    Returns:
        int64, the shape of `angles`, each 0 to `2**b - 1`.

    Example:
        >>> angle_codes(np.array([0.0, np.pi, -np.pi]), 4).tolist()
        [0, 4, 12]
    """
    scaled = np.rint(np.asarray(angles) * (2.0**angle_bits / FULL_TURN))
    return np.remainder(scaled, 2.0**angle_bits).astype(np.int64)


def code_angles(codes: IntArray, angle_bits: int) -> FloatArray:
    """The angles that codes stand for: `4 pi code / 2**b`.

    Args:
        codes: int64, any shape, each 0 to `2**b - 1`.
        angle_bits: `b`, 3 to 50.

    Returns:
        float64, the shape of `codes`, in radians, in `[0, 4 pi)`.

    Example:
        >>> (code_angles(np.array([0, 4, 12]), 4) / np.pi).tolist()
        [0.0, 1.0, 3.0]
    """
    return np.asarray(codes, dtype=np.float64) * (FULL_TURN / 2.0**angle_bits)


def rounded_angles(angles: FloatArray, angle_bits: int) -> FloatArray:
    """The angles that a circuit applies after rounding to the grid of a table.

    Args:
        angles: float64, any shape, in radians.
        angle_bits: `b`, 3 to 50: the grid is `4 pi / 2**b`.

    Returns:
        float64, the shape of `angles`, in radians, in `[0, 4 pi)`.

    Example:
        >>> rounded_angles(np.array([0.1, -3.0]), 4)
        array([0.        , 9.42477796])
    """
    return code_angles(angle_codes(angles, angle_bits), angle_bits)


def rounding(angles: FloatArray, angle_bits: int) -> float:
    """Largest distance of an angle from the grid of a table; at most half a grid step, `2 pi / 2**b`.

    Args:
        angles: float64, any shape, in radians.
        angle_bits: `b`, 3 to 50.

    Returns:
        The distance in radians; 0 for no angles.

    Example:
        >>> round(rounding(np.array([0.1, -3.0]), 4), 4)
        0.1416
    """
    grid = FULL_TURN / 2.0**angle_bits
    scaled = np.asarray(angles) / grid
    return float(np.max(np.abs(scaled - np.rint(scaled)), initial=0.0)) * grid


def rotation_error(delta: float) -> float:
    """Error of a rotation whose angle is off: `||Ry(t) - Ry(t + delta)||_2 = 2 sin(|delta|/4)`, exact.

    It is `|exp(i delta/4) - exp(-i delta/4)|`, whatever `t`.

    Args:
        delta: the difference of the angles, in radians.

    Returns:
        The spectral norm of the difference, 0 to 2.

    Example:
        >>> rotation_error(0.01)
        0.004999994791668294
    """
    return 2 * math.sin(min(abs(delta), 2 * math.pi) / 4)


def tree_error(deltas: list[float]) -> float:
    """Bound of the 2-norm error of a vector whose level-`l` angles are off by at most `deltas[l]`.

    The grid contains the multiples of `pi`, so no angle is rounded across one, no half-angle into another
    quadrant, and `cos cos'` and `sin sin'` are not negative at any node; the overlap of the exact and the
    rounded vector is, by induction over the levels, at least `prod_l cos(delta_l/2)`. Hence
    `||v - v'|| = sqrt(2 - 2 <v, v'>) <= sqrt(2 - 2 prod_l cos(delta_l/2))`, about `sqrt(sum delta_l**2)/2`:
    it grows with the root of the number of levels, where a sum of norms would grow with the number itself.

    Args:
        deltas: of each level the largest rounding, in radians, at most `2 pi / 2**b` with `b >= 3`.

    Returns:
        The bound, proved.

    Example:
        >>> round(tree_error([0.01] * 16), 4), round(16 * rotation_error(0.01), 4)
        (0.02, 0.08)
    """
    # 1 - prod cos, without cancellation: cos(x) = 1 - 2 sin(x/2)^2.
    log_overlap = sum(math.log1p(-2 * math.sin(delta / 4) ** 2) for delta in deltas)
    return math.sqrt(-2 * math.expm1(log_overlap))


def worst_rotation_error(angle_bits: SymbolicInt) -> SymbolicFloat:
    """`rotation_error` of the largest rounding, `2 sin(pi / 2**(b+1)) <= pi / 2**b`.

    Args:
        angle_bits: `b`; may be a symbol.

    Returns:
        The bound, an expression of the symbol if `b` is one.

    Example:
        >>> worst_rotation_error(sympy.Symbol("b"))
        2*sin(2**(-b - 1)*pi)
    """
    if is_symbolic(angle_bits):
        return 2 * sympy.sin(sympy.pi / 2 ** (angle_bits + 1))
    return rotation_error(2 * math.pi / 2.0**angle_bits)


def worst_tree_error(angle_bits: SymbolicInt, num_levels: SymbolicInt) -> SymbolicFloat:
    """`tree_error` of the largest rounding on every level, at most `sqrt(num_levels) pi / 2**b`.

    Args:
        angle_bits: `b`; may be a symbol.
        num_levels: rotations of the tree, one after the other; may be a symbol.

    Returns:
        The bound, an expression if one of the two is a symbol.

    Example:
        >>> round(worst_tree_error(16, 9), 6)
        0.000144
    """
    if is_symbolic(angle_bits, num_levels):
        return sympy.sqrt(2 - 2 * sympy.cos(sympy.pi / 2**angle_bits) ** num_levels)
    return tree_error([2 * math.pi / 2.0**angle_bits] * num_levels)


def angle_bits_for(epsilon: float, num_rotations: int) -> int:
    """Fewest angle bits for which `num_rotations` rounded rotations, one after the other, err by `epsilon`.

    The bound adds norms, `num_rotations * 2 sin(pi / 2**(b+1)) <= epsilon`, whatever lies between them. The
    rotations of one tree need fewer bits: `tree_angle_bits_for`.

    Args:
        epsilon: bound of the error in spectral norm, positive.
        num_rotations: at least 1.

    Returns:
        `b`, at least 3.

    Raises:
        ValueError: `epsilon` or `num_rotations` not positive.

    Example:
        >>> angle_bits_for(1e-3, 1)
        12
    """
    _check_budget(epsilon, num_rotations, "num_rotations")
    bits = MIN_ANGLE_BITS
    while num_rotations * worst_rotation_error(bits) > epsilon:
        bits += 1
    return bits


def tree_angle_bits_for(epsilon: float, num_levels: int) -> int:
    """Fewest angle bits for which a rotation tree of `num_levels` levels errs by `epsilon` (`tree_error`).

    Args:
        epsilon: bound of the 2-norm error of every vector of the tree, positive.
        num_levels: at least 1.

    Returns:
        `b`, at least 3.

    Raises:
        ValueError: `epsilon` or `num_levels` not positive.

    Example:
        >>> tree_angle_bits_for(1e-3, 6), angle_bits_for(1e-3, 6)
        (13, 15)
    """
    _check_budget(epsilon, num_levels, "num_levels", MAX_BITSIZE)
    bits = MIN_ANGLE_BITS
    while worst_tree_error(bits, num_levels) > epsilon:
        bits += 1
    return bits


class Rounded(Protocol):
    """Anything that states its error."""

    @property
    def epsilon(self) -> SymbolicFloat:
        """Bound of the error."""


RoundedT = TypeVar("RoundedT", bound=Rounded)


def with_fewest_angle_bits(make: Callable[[int], RoundedT], epsilon: float) -> RoundedT:
    """The bloq with the fewest angle bits whose stated `epsilon` is at most the one asked.

    Args:
        make: from the number of bits to a bloq that states its `epsilon`; the more bits, the smaller.
        epsilon: the error asked for, positive.

    Returns:
        `make(b)`.

    Raises:
        ValueError: `epsilon` not positive, or out of reach of 50 bits.

    Example:
        >>> from bloqs.loading import LoadedVector
        >>> with_fewest_angle_bits(lambda b: LoadedVector([3.0, -4.0], "qrom", b), 1e-3).angle_bits
        10
    """
    check_epsilon(epsilon)
    for bits in range(MIN_ANGLE_BITS, MAX_ANGLE_BITS + 1):
        bloq = make(bits)
        if bloq.epsilon <= epsilon:
            return bloq
    raise ValueError(
        f"{MAX_ANGLE_BITS} angle bits give an error of {bloq.epsilon:.3g}, epsilon asked was {epsilon:.3g}; "
        "ask for more, or load by 'rotations', which is exact"
    )


def check_epsilon(epsilon: float) -> None:
    """Refuse an error that is not a positive number.

    Args:
        epsilon: as asked for.

    Raises:
        ValueError: as said.

    >>> check_epsilon(1e-3)
    """
    if not (type(epsilon) is float and 0 < epsilon < math.inf):
        real_number(epsilon, "epsilon", low=0, is_open=True)


def _check_budget(epsilon: float, count: int, what: str, most: int = MAX_COUNT) -> None:
    check_epsilon(epsilon)
    whole_number(count, what, low=1, high=most)
