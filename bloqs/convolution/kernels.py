"""Kernels as fields of bloqs."""

from bloqs.reference.convolution import check_kernel

NestedKernel = tuple[tuple[tuple[tuple[float, ...], ...], ...], ...]
"""A kernel as a field holds it."""


def nested_kernel(kernel: object) -> NestedKernel | None:
    """A kernel, checked, as nested tuples, which hash, compare and serialise: the converter of a field.

    Args:
        kernel: real, `(C_out, C_in, D, D)`; or None.

    Returns:
        Python floats in tuples of that nesting; None for None.

    Raises:
        ValueError: not a kernel.

    Example:
        >>> nested_kernel([[[[1, 2], [3, 4]]]])
        ((((1.0, 2.0), (3.0, 4.0)),),)
    """
    if kernel is None:
        return None
    array = check_kernel(kernel)  # type: ignore[arg-type]
    return tuple(
        tuple(tuple(tuple(map(float, row)) for row in window) for window in filter_)
        for filter_ in array
    )
