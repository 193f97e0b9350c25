"""The clean qubits of a convolution of symbolic sizes, as one function of them."""

from __future__ import annotations

import sympy
from qualtran.symbolics import is_symbolic
from sympy.core.symbol import Str

from bloqs.convolution.parts import ConvolutionParts
from bloqs.convolution.sizes import ConvolutionSizes, axis_bits_of


class ConvolutionWorkspace(sympy.Function):
    """Clean qubits inside a convolution by shape; a number as soon as all its arguments are.

    It is a function because its closed form fills a page, which every `Max` of a caller would compare term by
    term.

    Arguments: `C, D, 2**m, b` (0 of an exact loader), the loader's name as sympy's `Str`, whether balanced,
    whether controlled (0 or 1).

    Example:
        >>> from bloqs.convolution.sizes import ConvolutionSizes
        >>> m = sympy.Symbol("m")
        >>> sizes = ConvolutionSizes(channels=4, kernel_size=3, image_size=2**m, axis_bits=m)
        >>> qubits = ConvolutionWorkspace.of(ConvolutionParts(sizes, "rotations", None, False, False))
        >>> qubits.subs(m, 3)
        5
    """

    nargs = 7

    @classmethod
    def of(cls, parts: ConvolutionParts) -> ConvolutionWorkspace:
        """The function at the sizes of a circuit."""
        sizes = (parts.sizes.channels, parts.sizes.kernel_size, parts.sizes.image_size, parts.bits)
        return cls(*sizes, Str(parts.loading), int(parts.balanced), int(parts.is_controlled))

    @classmethod
    def eval(cls, *args: sympy.Expr) -> sympy.Expr | None:
        """The number, or None while an argument is a symbol."""
        if not all(arg.is_Integer or isinstance(arg, Str) for arg in args):
            return None
        return sympy.Integer(_parts(*args).closed_workspace)

    def closed_form(self) -> sympy.Expr:
        """The same with a `Piecewise` of the special cases."""
        return sympy.sympify(_parts(*self.args).closed_workspace)

    def _eval_is_integer(self) -> bool:
        return True

    def _eval_is_nonnegative(self) -> bool:
        return True


def _parts(
    channels: sympy.Expr,
    kernel_size: sympy.Expr,
    image_size: sympy.Expr,
    bits: sympy.Expr,
    loader: Str,
    balanced: sympy.Integer,
    controlled: sympy.Integer,
) -> ConvolutionParts:
    """The inverse of `ConvolutionWorkspace.of`."""
    channels, kernel_size, image_size, bits = (
        int(size) if size.is_Integer else size for size in (channels, kernel_size, image_size, bits)
    )
    axis_bits = axis_bits_of(image_size) if is_symbolic(image_size) else 0
    return ConvolutionParts(
        ConvolutionSizes(channels, kernel_size, image_size, axis_bits),
        str(loader),
        None if bits == 0 else bits,
        bool(balanced),
        bool(controlled),
    )
