"""The clean qubits of a convolution of symbolic sizes, as one function of them."""

from __future__ import annotations

import sympy
from qualtran.symbolics import SymbolicInt, is_symbolic

from bloqs.convolution.parts import ConvolutionParts
from bloqs.convolution.sizes import ConvolutionSizes, axis_bits_of
from bloqs.loading.angles import LOADERS


class ConvolutionWorkspace(sympy.Function):
    """Clean qubits inside a convolution by shape; a number as soon as all its arguments are.

    A function, because its closed form is a page that every `Max` of a caller would compare term by term.

    Arguments: `C, D, 2**m, b`, the index of the loader in `LOADERS` (for "rotations" b is 0), whether
    balanced, whether controlled (0 or 1).
    """

    nargs = 7

    @classmethod
    def of(cls, parts: ConvolutionParts) -> ConvolutionWorkspace:
        """The function at the sizes of a circuit."""
        sizes = (parts.sizes.channels, parts.sizes.kernel_size, parts.sizes.image_size, parts.bits)
        flags = (LOADERS.index(parts.loading), int(parts.balanced), int(parts.is_controlled))
        return cls(*sizes, *flags)

    @classmethod
    def eval(cls, *args: sympy.Expr) -> sympy.Expr | None:
        """The number, or None while an argument is a symbol."""
        if not all(arg.is_Integer for arg in args):
            return None
        return sympy.Integer(_parts(*(int(arg) for arg in args)).closed_workspace)

    def closed_form(self) -> sympy.Expr:
        """The same with a `Piecewise` of the special cases."""
        sizes = [int(arg) if arg.is_Integer else arg for arg in self.args]
        return sympy.sympify(_parts(*sizes).closed_workspace)

    def _eval_is_integer(self) -> bool:
        return True

    def _eval_is_nonnegative(self) -> bool:
        return True


def _parts(
    channels: SymbolicInt,
    kernel_size: SymbolicInt,
    image_size: SymbolicInt,
    bits: SymbolicInt,
    loader: int,
    balanced: int,
    controlled: int,
) -> ConvolutionParts:
    """The inverse of `ConvolutionWorkspace.of`."""
    axis_bits = axis_bits_of(image_size) if is_symbolic(image_size) else 0
    return ConvolutionParts(
        ConvolutionSizes(channels, kernel_size, image_size, axis_bits),
        LOADERS[loader],
        None if bits == 0 else bits,
        bool(balanced),
        bool(controlled),
    )
