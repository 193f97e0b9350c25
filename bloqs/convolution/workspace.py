"""The clean qubits of a convolution of symbolic sizes, as one function of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs
import sympy
from qualtran.symbolics import is_symbolic
from sympy.core.symbol import Str

if TYPE_CHECKING:
    from bloqs.convolution.conv2d import Conv2DBlockEncoding


class ConvolutionWorkspace(sympy.Function):
    """Clean qubits inside a convolution by shape; a number as soon as all its arguments are.

    A function, because its closed form is a page that every `Max` of a caller would compare term by term.

    Arguments: `C, D, 2**m, b` (0 of an exact loader), the loader's name as sympy's `Str`, whether balanced,
    whether controlled (0 or 1).
    """

    nargs = 7

    @classmethod
    def eval(cls, *args: sympy.Expr) -> sympy.Expr | None:
        """The number, or None while an argument is a symbol."""
        if not all(arg.is_Integer or isinstance(arg, Str) for arg in args):
            return None
        return sympy.Integer(_encoding(*args).closed_workspace)

    def closed_form(self) -> sympy.Expr:
        """The same with a `Piecewise` of the special cases."""
        return sympy.sympify(_encoding(*self.args).closed_workspace)

    def _eval_is_integer(self) -> bool:
        return True

    def _eval_is_nonnegative(self) -> bool:
        return True


def _encoding(
    channels: sympy.Expr,
    kernel_size: sympy.Expr,
    image_size: sympy.Expr,
    bits: sympy.Expr,
    loader: Str,
    balanced: sympy.Integer,
    controlled: sympy.Integer,
) -> Conv2DBlockEncoding:
    """The bloq of the arguments."""
    from bloqs.convolution.conv2d import Conv2DBlockEncoding  # which calls this module

    channels, kernel_size, image_size, bits = (
        int(size) if size.is_Integer else size for size in (channels, kernel_size, image_size, bits)
    )
    is_size = not is_symbolic(image_size)
    encoding = Conv2DBlockEncoding.from_shape(
        channels,
        kernel_size,
        image_size=image_size if is_size else None,
        axis_bits=None if is_size else sympy.sympify(image_size).as_base_exp()[1],
        loading=str(loader),
        angle_bits=None if bits == 0 else bits,
        balanced=bool(balanced),
    )
    return attrs.evolve(encoding, is_controlled=bool(controlled))
