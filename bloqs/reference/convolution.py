"""Stride-1 two-dimensional convolution with zero padding: dense matrix, direct sum, norm.

`y[o, r, q] = sum_{i, a, b} K[o, i, a, b] * x[i, r + a - D//2, q + b - D//2]`, with `x` zero
outside `[0, M) x [0, M)` and the output cut to the same `M x M`.  For odd `D` this is the usual
"same" convolution of machine learning (a cross-correlation); for even `D` it is its first `M`
rows and columns.  Tensors `(C, M, M)` are flattened row-major, channels first.
"""

import numpy as np
import numpy.typing as npt

from bloqs.checks import real_array, whole_number
from bloqs.reference.norms import largest_singular_value

FloatArray = npt.NDArray[np.float64]


def check_kernel(kernel: npt.ArrayLike) -> FloatArray:
    """A kernel as float64, if it is one.

    Args:
        kernel: real, `(C_out, C_in, D, D)`.

    Returns:
        float64 of that shape.

    Raises:
        ValueError: wrong rank, window not square, an empty axis, or an entry not finite.

    Example:
        >>> check_kernel([[[[1, -1], [0, 2]]]]).shape
        (1, 1, 2, 2)
        >>> check_kernel(np.ones((4, 3)))
        Traceback (most recent call last):
        ...
        ValueError: a kernel must have shape (C_out, C_in, D, D) ... found shape (4, 3)
    """
    kernel = real_array(kernel, "a kernel")
    if kernel.ndim != 4 or kernel.shape[2] != kernel.shape[3] or 0 in kernel.shape:
        raise ValueError(
            "a kernel must have shape (C_out, C_in, D, D) with every axis at least 1, "
            f"found shape {kernel.shape}"
        )
    if not np.all(np.isfinite(kernel)):
        raise ValueError(
            f"a kernel must be finite, found {int(np.sum(~np.isfinite(kernel)))} NaN or infinite "
            "entries"
        )
    return kernel


MAX_SYMBOL = 2**26
"""Entries of the Fourier transform of a kernel, at most: 1 GiB."""

MAX_IMAGE_SIZE = 2**14
"""Pixels of a row of an image that a reference matrix or norm is made for, at most."""


def check_image_size(size: int) -> int:
    """Refuse an image size that is no whole number, or too large to compute with.

    Args:
        size: `M`.

    Returns:
        The size as an `int`.

    Raises:
        ValueError: as said.

    Example:
        >>> check_image_size(0)
        Traceback (most recent call last):
        ...
        ValueError: the image size M must be an integer from 1 to 16384, found 0
    """
    return whole_number(size, "the image size M", low=1, high=MAX_IMAGE_SIZE)


def _windows(offset: int, size: int) -> tuple[slice, slice]:
    """Slices (output, input) of one axis for which `input = output + offset` is inside."""
    lo, hi = max(0, -offset), min(size, size - offset)
    if hi <= lo:
        return slice(0, 0), slice(0, 0)
    return slice(lo, hi), slice(lo + offset, hi + offset)


def convolve(kernel: npt.ArrayLike, x: npt.ArrayLike) -> FloatArray:
    """The convolution of one tensor or of a batch, without building its matrix.

    Args:
        kernel: float64 `(C_out, C_in, D, D)`.
        x: float64 `(..., C_in, M, M)`; leading axes are a batch.

    Returns:
        float64 `(..., C_out, M, M)`.

    Raises:
        ValueError: malformed kernel, or `x` not of shape `(..., C_in, M, M)`.

    Example:
        >>> x = np.arange(9.0).reshape(1, 3, 3)
        >>> shift = np.zeros((1, 1, 3, 3)); shift[0, 0, 1, 2] = 1  # y[r, q] = x[r, q + 1]
        >>> convolve(shift, x)[0].tolist()
        [[1.0, 2.0, 0.0], [4.0, 5.0, 0.0], [7.0, 8.0, 0.0]]
    """
    kernel = check_kernel(kernel)
    x = real_array(x, "x")
    c_out, c_in, d, _ = kernel.shape
    if x.ndim < 3 or x.shape[-3] != c_in or x.shape[-1] != x.shape[-2]:
        raise ValueError(f"x must have shape (..., {c_in}, M, M), found {x.shape}")
    m = x.shape[-1]
    y = np.zeros((*x.shape[:-3], c_out, m, m))
    for a in range(d):
        out_r, in_r = _windows(a - d // 2, m)
        for b in range(d):
            out_q, in_q = _windows(b - d // 2, m)
            y[..., out_r, out_q] += np.einsum(
                "oi,...irq->...orq", kernel[:, :, a, b], x[..., in_r, in_q]
            )
    return y


def convolve_adjoint(kernel: npt.ArrayLike, y: npt.ArrayLike) -> FloatArray:
    """The transpose of `convolve`.

    Args:
        kernel: float64 `(C_out, C_in, D, D)`.
        y: float64 `(..., C_out, M, M)`; leading axes are a batch.

    Returns:
        float64 `(..., C_in, M, M)`.

    Raises:
        ValueError: malformed kernel, or `y` not of shape `(..., C_out, M, M)`.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> kernel, x, y = (rng.normal(size=s) for s in ((2, 1, 3, 3), (1, 4, 4), (2, 4, 4)))
        >>> bool(np.isclose(np.sum(convolve(kernel, x) * y), np.sum(x * convolve_adjoint(kernel, y))))
        True
    """
    kernel = check_kernel(kernel)
    y = real_array(y, "y")
    c_out, c_in, d, _ = kernel.shape
    if y.ndim < 3 or y.shape[-3] != c_out or y.shape[-1] != y.shape[-2]:
        raise ValueError(f"y must have shape (..., {c_out}, M, M), found {y.shape}")
    m = y.shape[-1]
    x = np.zeros((*y.shape[:-3], c_in, m, m))
    for a in range(d):
        out_r, in_r = _windows(a - d // 2, m)
        for b in range(d):
            out_q, in_q = _windows(b - d // 2, m)
            x[..., in_r, in_q] += np.einsum(
                "oi,...orq->...irq", kernel[:, :, a, b], y[..., out_r, out_q]
            )
    return x


def convolution_matrix(kernel: npt.ArrayLike, M: int) -> FloatArray:
    """The dense matrix of the convolution on `M x M` images.

    Args:
        kernel: float64 `(C_out, C_in, D, D)`.
        M: number of rows and of columns of the image, at least 1; any integer.

    Returns:
        float64 `(C_out*M^2, C_in*M^2)`; row and column index `(channel, row, column)`, row-major.

    Raises:
        ValueError: malformed kernel or `M < 1`.

    Example:
        >>> convolution_matrix(np.full((1, 1, 1, 1), 2.0), 2).tolist()[0]
        [2.0, 0.0, 0.0, 0.0]
    """
    kernel = check_kernel(kernel)
    M = check_image_size(M)
    c_out, c_in, d, _ = kernel.shape
    matrix = np.zeros((c_out, M, M, c_in, M, M))
    for a in range(d):
        for b in range(d):
            for r in range(max(0, d // 2 - a), min(M, M + d // 2 - a)):
                for q in range(max(0, d // 2 - b), min(M, M + d // 2 - b)):
                    matrix[:, r, q, :, r + a - d // 2, q + b - d // 2] = kernel[:, :, a, b]
    return matrix.reshape(c_out * M * M, c_in * M * M)


def convolution_norm(
    kernel: npt.ArrayLike, M: int, *, stride: int = 1, dense_up_to: int = 1024
) -> float:
    """Spectral norm of the zero-padded convolution on `M x M` images, to 1e-6 relative.

    Small maps go through the dense matrix; larger ones through Lanczos on the
    matrix-free map (`largest_singular_value`).

    Args:
        kernel: float64 `(C_out, C_in, D, D)`.
        M: image size, at least 1.
        stride: of its rows and columns every so many are kept, the first included.
        dense_up_to: the larger matrix dimension up to which the dense matrix is used.

    Returns:
        The largest singular value.

    Raises:
        ValueError: malformed kernel or `M < 1`.

    Example:
        >>> round(convolution_norm(np.ones((1, 1, 3, 3)) / 9, 8), 6)
        0.921207
    """
    dense_up_to = whole_number(dense_up_to, "dense_up_to")
    kernel = check_kernel(kernel)
    M = check_image_size(M)
    c_out, c_in = kernel.shape[:2]
    stride = whole_number(stride, "stride", low=1)
    if max(c_out, c_in) * M * M <= dense_up_to:
        rows = convolution_matrix(kernel, M).reshape(c_out, M, M, -1)[:, ::stride, ::stride]
        return float(np.linalg.norm(rows.reshape(-1, c_in * M * M), 2))
    scale = float(np.abs(kernel).max())
    if scale == 0.0:
        return 0.0
    scaled = kernel / scale

    def spread(y: FloatArray) -> FloatArray:
        full = np.zeros((c_out, M, M))
        full[:, ::stride, ::stride] = y
        return full

    return scale * largest_singular_value(
        lambda x: convolve(scaled, x)[:, ::stride, ::stride],
        lambda y: convolve_adjoint(scaled, spread(y)),
        (c_in, M, M),
    )


def convolution_norm_bound(kernel: npt.ArrayLike, M: int) -> float:
    """An upper bound of the spectral norm of the zero-padded convolution, from its symbol.

    Zero padding restricts the periodic convolution on `M + D - 1` pixels per axis to the image,
    so its norm is at most the largest `||K_hat(w)||_2` over that torus's frequencies.

    Args:
        kernel: float64 `(C_out, C_in, D, D)`.
        M: image size, at least 1.

    Returns:
        A number at or above `convolution_norm(kernel, M)`.

    Raises:
        ValueError: malformed kernel or `M < 1`.

    Example:
        >>> box = np.ones((1, 1, 3, 3)) / 9
        >>> round(convolution_norm(box, 8), 4), round(convolution_norm_bound(box, 8), 4)
        (0.9212, 1.0)
    """
    kernel = check_kernel(kernel)
    M = check_image_size(M)
    size = M + kernel.shape[2] - 1
    if size * size * kernel.shape[0] * kernel.shape[1] > MAX_SYMBOL:
        raise ValueError(
            f"the image size M, {M} pixels over all paths, is too large for {kernel.shape[0]} x "
            f"{kernel.shape[1]} channels of a kernel with data: take fewer paths, or NetworkSpec.from_shapes"
        )
    symbol = np.moveaxis(np.fft.fft2(kernel, s=(size, size)), (0, 1), (-2, -1))
    return float(np.linalg.norm(symbol, 2, axis=(-2, -1)).max())
