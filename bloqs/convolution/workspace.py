"""The clean qubits of a convolution of symbolic sizes, as one function of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs
import sympy
from qualtran.symbolics import SymbolicInt, is_symbolic

from bloqs.loading.angles import LOADERS

if TYPE_CHECKING:
    from bloqs.convolution.conv2d import Conv2DBlockEncoding


class ConvolutionWorkspace(sympy.Function):
    """Clean qubits inside a convolution by shape; a number as soon as all its arguments are.

    A function, because its closed form is a page that every `Max` of a caller would compare term by term.

    Arguments: `C, D, 2**m, b`, the index of the loader in `LOADERS` (for "rotations" b is 0), whether
    balanced, whether controlled (0 or 1).
    """

    nargs = 7

    @classmethod
    def eval(cls, *args: sympy.Expr) -> sympy.Expr | None:
        """The number, or None while an argument is a symbol."""
        if not all(arg.is_Integer for arg in args):
            return None
        return sympy.Integer(_encoding(*(int(arg) for arg in args)).closed_workspace)

    def closed_form(self) -> sympy.Expr:
        """The same with a `Piecewise` of the special cases."""
        sizes = [int(arg) if arg.is_Integer else arg for arg in self.args]
        return sympy.sympify(_encoding(*sizes).closed_workspace)

    def _eval_is_integer(self) -> bool:
        return True

    def _eval_is_nonnegative(self) -> bool:
        return True


def _encoding(
    channels: SymbolicInt,
    kernel_size: SymbolicInt,
    image_size: SymbolicInt,
    bits: SymbolicInt,
    loader: int,
    balanced: int,
    controlled: int,
) -> Conv2DBlockEncoding:
    """The bloq of the arguments."""
    from bloqs.convolution.conv2d import Conv2DBlockEncoding  # which calls this module

    is_size = not is_symbolic(image_size)
    encoding = Conv2DBlockEncoding.from_shape(
        channels,
        kernel_size,
        image_size=image_size if is_size else None,
        axis_bits=None if is_size else sympy.sympify(image_size).as_base_exp()[1],
        loading=LOADERS[loader],
        angle_bits=None if bits == 0 else bits,
        balanced=bool(balanced),
    )
    return attrs.evolve(encoding, is_controlled=bool(controlled))
