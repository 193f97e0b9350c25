"""Weights that are known by their shape only, for costs by shape."""

import math

import attrs
import numpy as np
import numpy.typing as npt
import sympy
from qualtran.symbolics import SymbolicInt, is_symbolic, smax

from bloqs.checks import number, real_array, whole_number
from bloqs.convolution import ConvolutionStrategy
from bloqs.convolution.sizes import bits_of
from bloqs.core.checks import checked, count
from bloqs.messages import shown

Bounds = tuple[float, float]
"""An interval `(lo, hi)` of norms."""

NORM_TOLERANCE = 1e-6
"""How far a spectral norm may exceed 1: the accuracy to which it is computed."""


LEAST_ALPHA, LARGEST_ALPHA = 1e-12, 1e9
"""Subnormalisation of a convolution by shape: between these degrees are found, or refused, in seconds."""

MAX_CHANNELS, MAX_KERNEL_SIZE = 2**16, 2**10
"""Of a kernel by shape: its state preparations are planned channel by channel, tap by tap."""


def _to_alpha(value: float | None) -> float | None:
    return None if value is None else number(value, "conv_alpha")


def larger(first: SymbolicInt, second: SymbolicInt) -> SymbolicInt:
    """The larger of two sizes, a power of two where both are by their form.

    Args:
        first: a number or an expression.
        second: likewise.

    Returns:
        The larger, for letters of at least 1; with symbols in general a `Max`.

    Example:
        >>> import sympy
        >>> C, c, e = sympy.symbols("C c e")
        >>> larger(3, 8), larger(1, C), larger(2 * C, C), larger(2**c, 2**e), larger(3, C)
        (8, C, 2*C, 2**Max(c, e), Max(3, C))
    """
    if not is_symbolic(first, second):
        return max(first, second)
    if all(2 ** bits_of(size) == size for size in (first, second)):
        # Of 2**c the letter may be 0.
        return 2 ** _larger_by_form(bits_of(first), bits_of(second), nonnegative=True)
    return _larger_by_form(first, second, positive=True)


def _larger_by_form(first: SymbolicInt, second: SymbolicInt, **assumed: bool) -> SymbolicInt:
    """The one that is larger whatever the letters are, if there is one."""
    difference = sympy.sympify(first - second)
    letters = {s: sympy.Dummy(s.name, integer=True, **assumed) for s in difference.free_symbols}
    difference = difference.xreplace(letters)
    if difference.is_nonnegative:
        return first
    return second if difference.is_nonpositive else smax(first, second)


@attrs.frozen(field_transformer=checked)
class KernelShape:
    """A convolution kernel known by its shape only.

    Parameters:
        channels: input and output channels `C` (to the power `paths`); may be symbolic.
        size: window size `D`; may be symbolic.
        alpha: subnormalisation of the convolution's block encoding; `D*sqrt(C)` holds for every
            kernel with `||Conv||_2 <= 1` by columns or rows. None, or with a symbol among the sizes: for a
            network in symbols only, whose counts do not depend on it.
        is_bound: whether `alpha` is that bound and says nothing of this kernel, so that each strategy is
            taken with a bound of its own.

    Raises:
        ValueError: no channel, no window, or an alpha that is not positive and finite.

    Example:
        >>> shape = KernelShape(channels=16, size=3, alpha=3 * 16**0.5, is_bound=True)
        >>> from bloqs.convolution import STRATEGIES
        >>> [shape.alpha_by(STRATEGIES[name], 64) for name in ("columns", "tap-lcu")]
        [12.0, 9.0]
    """

    channels: SymbolicInt
    size: SymbolicInt
    alpha: float | None = attrs.field(default=None, converter=_to_alpha)
    is_bound: bool = attrs.field(default=False, kw_only=True)

    def __attrs_post_init__(self) -> None:
        for name, what, most in (
            ("channels", "channels of a kernel (over all paths)", MAX_CHANNELS),
            ("size", "kernel_size", MAX_KERNEL_SIZE),
        ):
            value = getattr(self, name)
            if not is_symbolic(value) and value < 1:
                raise ValueError(
                    f"a kernel needs at least one channel and a window of at least 1, found "
                    f"channels={self.channels}, size={self.size}"
                )
            count(value, what, high=most)
        if self.alpha is None:
            return
        if not (math.isfinite(self.alpha) and self.alpha > 0):
            raise ValueError(f"conv_alpha must be finite and positive, found {self.alpha}")
        if not LEAST_ALPHA <= self.alpha <= LARGEST_ALPHA:
            raise ValueError(
                f"conv_alpha must lie in [{LEAST_ALPHA:g}, {LARGEST_ALPHA:g}], found {self.alpha:g}"
            )

    @property
    def is_symbolic(self) -> bool:
        """Whether it fits only a network in symbols: a size is a symbol, or alpha is not given."""
        return self.alpha is None or is_symbolic(self.channels, self.size)

    def alpha_by(self, convolution: ConvolutionStrategy, side: SymbolicInt) -> float | None:
        """Subnormalisation of the encoding by a strategy.

        Args:
            convolution: the strategy.
            side: pixels of a row of the image, over all paths.

        Returns:
            Its own bound where `is_bound`; else `alpha`.
        """
        if not self.is_bound:
            return self.alpha
        return float(convolution.alpha_bound(self.channels, self.size, side))


@attrs.frozen(field_transformer=checked)
class MapShape:
    """The kernel of a convolution to other channels, known by its shape only.

    Parameters:
        in_channels: `C_in`, over all paths; may be symbolic, as all sizes.
        out_channels: `C_out`.
        size: window size `D`.
        alpha: subnormalisation of the convolution's block encoding; as in `KernelShape`.
        is_bound: whether `alpha` is a bound of it and says nothing of this kernel (`MapShape.bounded`); of
            stride 1 only.

    Raises:
        ValueError: as `KernelShape`.

    Example:
        >>> MapShape(1, 4, 3, alpha=6.0).wide.channels, MapShape.bounded(1, 4, 3).alpha
        (4, 6.0)
    """

    in_channels: SymbolicInt
    out_channels: SymbolicInt
    size: SymbolicInt
    alpha: float | None = attrs.field(default=None, converter=_to_alpha)

    is_bound: bool = attrs.field(default=False, kw_only=True)

    @classmethod
    def bounded(cls, in_channels: int, out_channels: int, size: int) -> "MapShape":
        """Of a kernel of which nothing is known but `||Conv||_2 <= 1`: each strategy has its own bound.

        Args:
            in_channels: `C_in`, over all paths; a number, as all sizes.
            out_channels: `C_out`.
            size: window size `D`.

        Returns:
            The shape, its alpha the bound by columns or rows.

        Raises:
            ValueError: as the class.

        Example:
            >>> from bloqs.convolution import STRATEGIES
            >>> shape = MapShape.bounded(1, 16, 3)
            >>> [shape.wide.alpha_by(STRATEGIES[name], 64) for name in ("columns", "tap-lcu")]
            [12.0, 9.0]
        """
        sizes = (in_channels, out_channels, size)
        if is_symbolic(*sizes):
            raise ValueError(
                f"a bound needs numbers, found sizes {shown(sizes)}; a network in symbols has no alpha: "
                "MapShape(C_in, C_out, D)"
            )
        KernelShape(larger(in_channels, out_channels), size)
        return cls(*sizes, size * math.sqrt(larger(in_channels, out_channels)), is_bound=True)

    def __attrs_post_init__(self) -> None:
        KernelShape(self.in_channels, self.size, self.alpha)
        KernelShape(self.out_channels, self.size, self.alpha)

    @property
    def wide(self) -> KernelShape:
        """A square kernel that holds it."""
        channels = larger(self.in_channels, self.out_channels)
        return KernelShape(channels, self.size, self.alpha, is_bound=self.is_bound)

    @property
    def is_symbolic(self) -> bool:
        """As `KernelShape.is_symbolic`."""
        return self.alpha is None or is_symbolic(self.in_channels, self.out_channels, self.size)


@attrs.frozen(field_transformer=checked)
class OutputShape:
    """Output weights known by their shape only.

    Parameters:
        length: `N`; the weights are `R x N`. With symbols of the form `2**n`.
        column_norm_bound: upper bound of the largest column's 2-norm; 1 holds whenever
            `||W_out||_2 <= 1`.
        rows: `R`, a power of two and at most `N`; None for `N`.

    Raises:
        ValueError: a bound out of (0, 1], or rows that do not fit.

    Example:
        >>> OutputShape(256, column_norm_bound=0.4).num_rows, OutputShape(256, rows=16).num_rows
        (256, 16)
    """

    length: SymbolicInt
    column_norm_bound: float = 1.0
    rows: SymbolicInt | None = attrs.field(default=None, kw_only=True)

    def __attrs_post_init__(self) -> None:
        count(self.length, "length", low=1)
        if self.rows is not None and not is_symbolic(self.rows, self.length):
            check_rows(whole_number(self.rows, "rows"), self.length, "output weights by shape")
        if not 0 < self.column_norm_bound <= 1 + NORM_TOLERANCE:
            raise ValueError(
                "column_norm_bound must lie in (0, 1] (a column is no longer than ||W_out||_2), "
                f"found {self.column_norm_bound}"
            )

    @property
    def num_rows(self) -> SymbolicInt:
        """`R`."""
        return self.length if self.rows is None else self.rows

    @property
    def is_symbolic(self) -> bool:
        """Whether it fits only a network in symbols."""
        return is_symbolic(self.length, self.num_rows)


def check_rows(rows: int, length: int, name: str) -> None:
    """Refuse a number of rows that does not divide the vector into equal runs.

    Args:
        rows: `R`, of the output weights.
        length: `N`, of the vector.
        name: of the weights, for the message.

    Raises:
        ValueError: R is no power of two, or larger than N.

    Example:
        >>> check_rows(10, 256, "output_weights")
        Traceback (most recent call last):
            ...
        ValueError: output_weights must have R rows, a power of two between 1 and N = 256, found 10; ...
    """
    if not 1 <= rows <= length or rows & (rows - 1):
        raise ValueError(
            f"{name} must have R rows, a power of two between 1 and N = {length}, found {shown(rows)}; "
            "add rows of zeros, which cost as much as any"
        )


def read_only(array: npt.ArrayLike, what: str) -> npt.NDArray[np.float64]:
    """A read-only copy as float64.

    Args:
        array: real numbers, any shape.
        what: the name of the argument, for the message.

    Returns:
        float64, the same shape.

    Raises:
        ValueError: not an array of real numbers.

    Example:
        >>> read_only([[1, 2]], "kernel").flags.writeable
        False
    """
    copy = real_array(array, what)
    copy.flags.writeable = False
    return copy


KERNEL_REMEDY = (
    "the kernel and every other one, and multiply the gain of the activation (dividing alone changes the "
    "network; bloqs.interop.from_torch and from_onnx do all of it for a trained one, bloqs.training.project_ "
    "keeps the norm while it trains),"
)
"""What to do with a kernel of a norm above 1 whose function follows, for `check_unit_norm`."""

LINEAR_REMEDY = "the kernel (no function follows it, so that only a norm changes)"
"""The same of a kernel without a function."""


def check_unit_norm(what: str, norm: float, array: str) -> None:
    """Refuse a spectral norm above 1.

    Args:
        what: whose norm, for the message.
        norm: as computed, to `NORM_TOLERANCE`.
        array: what to divide, for the message, and what else to do.

    Raises:
        ValueError: `norm` exceeds 1 by more than `NORM_TOLERANCE`.

    Example:
        >>> check_unit_norm("||Conv||_2", 1.5, "the kernel")
        Traceback (most recent call last):
            ...
        ValueError: ||Conv||_2 must be at most 1, found 1.5; divide the kernel by 1.5
    """
    if norm > 1.0 + NORM_TOLERANCE:
        raise ValueError(
            f"{what} must be at most 1, found {norm:.9g}; divide {array} by {norm:.9g}"
        )
