"""L2: the product of an encoded matrix and an encoded vector."""

from collections import Counter
from functools import cached_property

import attrs
import numpy as np
from qualtran import (
    Bloq,
    BloqBuilder,
    BloqDocSpec,
    DecomposeTypeError,
    Soquet,
    bloq_example,
)
from qualtran.bloqs.block_encoding import BlockEncoding
from qualtran.resource_counting import BloqCountDictT, SympySymbolAllocator
from qualtran.symbolics import SymbolicFloat, SymbolicInt, is_symbolic

from bloqs.core.block_encoding import RealBlockEncoding, require_zero_signal_state
from bloqs.core.bookkeeping import COUNTS_UP_TO_BOOKKEEPING
from bloqs.core.checks import checked
from bloqs.core.control import WorkspaceOf, max_workspace
from bloqs.core.encoding import FloatArray, MappedVector, ShapeOnlyError, VectorEncoding
from bloqs.core.scale import Bounds, ScaledError, to_bounds
from bloqs.core.wires import Wires

ZERO_NORM = 1e-12
"""A vector shorter than this fraction of the longest possible is rounding noise, and has no direction."""

NORM_SLACK = 1e-9
"""A stated lower bound of a norm may exceed the norm by this fraction (rounding)."""


def check_vector_encoding(owner: str, name: str, part: object) -> None:
    """Refuse a part that is not a vector encoding, or that carries a control already.

    Args:
        owner: class of the whole, for the message.
        name: of the argument, for the message.
        part: what was passed.

    Raises:
        ValueError: the part is something else, or has a control of its own.

    Example:
        >>> try:
        ...     check_vector_encoding("VectorSum", "first", [0.6, 0.8])
        ... except ValueError as error:
        ...     print(error)
        VectorSum: `first` must be a VectorEncoding (such as LoadedVector), got list
    """
    _check_no_control(owner, name, part)
    if not isinstance(part, VectorEncoding):
        raise ValueError(
            f"{owner}: `{name}` must be a VectorEncoding (such as LoadedVector), "
            f"got {type(part).__name__}"
        )


def check_same_length(owner: str, first: SymbolicInt, second: SymbolicInt) -> None:
    """Refuse systems of different numbers of qubits; symbols are trusted to agree.

    Args:
        owner: class of the whole, for the message.
        first: qubits of one system; may be symbolic.
        second: qubits of the other; may be symbolic.

    Raises:
        ValueError: two numbers that differ.

    Example:
        >>> try:
        ...     check_same_length("VectorSum", 2, 3)
        ... except ValueError as error:
        ...     print(error)
        VectorSum: the systems must have equally many qubits, got 2 and 3; pad the shorter vector with zeros
    """
    if not is_symbolic(first, second) and first != second:
        raise ValueError(
            f"{owner}: the systems must have equally many qubits, got {first} and {second}; "
            f"pad the shorter vector with zeros"
        )


def check_norm_bound(owner: str, norm: SymbolicFloat | None) -> None:
    """Refuse a lower bound of a norm that is not positive.

    Args:
        owner: class of the whole, for the message.
        norm: the bound; None where there is none, and symbols are trusted.

    Raises:
        ValueError: a number that is zero, negative or infinite.

    Example:
        >>> check_norm_bound("VectorSum", 0.25)
        >>> check_norm_bound("VectorSum", 0.0)
        Traceback (most recent call last):
        ...
        ValueError: VectorSum: `norm`, a lower bound of the norm of the result, must be positive, got 0.0
    """
    if norm is not None and not is_symbolic(norm) and not 0 < norm < np.inf:
        raise ValueError(
            f"{owner}: `norm`, a lower bound of the norm of the result, must be positive, got {norm}"
        )


def measured_norm(
    owner: str, result: FloatArray, bound: SymbolicFloat | None, scale: float
) -> float:
    """The 2-norm of a result that is not normalised, checked against zero and against the stated lower bound.

    Args:
        owner: class of the whole, for the message.
        result: float64 `(2**n,)`.
        bound: stated lower bound of the norm; None where there is none, and symbols are trusted.
        scale: the largest norm that there could be, against which "zero" is judged.

    Returns:
        The norm.

    Raises:
        ValueError: the result vanishes (relative to `scale`), or the stated bound exceeds its norm.

    Example:
        >>> measured_norm("VectorSum", np.array([0.3, 0.4]), bound=0.4, scale=1.0)
        0.5
    """
    norm = float(np.linalg.norm(result))
    if norm <= ZERO_NORM * scale:
        raise ValueError(f"{owner}: the result is the zero vector, which cannot be normalised")
    if bound is not None and not is_symbolic(bound) and bound > norm * (1 + NORM_SLACK):
        raise ValueError(
            f"{owner}: `norm` must be a lower bound of the norm of the result, which is {norm:.12g}; "
            f"got {bound}. Leave it out: the data are known"
        )
    return norm


def _check_no_control(owner: str, name: str, part: object) -> None:
    if getattr(part, "is_controlled", False):
        raise ValueError(
            f"{owner}: `{name}` has a control of its own; give the uncontrolled encoding and control "
            f"the whole instead"
        )


def _check_block_encoding(owner: str, name: str, part: object) -> None:
    if not isinstance(part, BlockEncoding):
        raise ValueError(f"{owner}: `{name}` must be a BlockEncoding, got {type(part).__name__}")
    _check_no_control(owner, name, part)
    if part.resource_bitsize != 0:
        raise ValueError(
            f"{owner}: `{name}` must have no resource register, got one of {part.resource_bitsize} "
            f"qubits; allocate it inside the encoding"
        )
    require_zero_signal_state(owner, name, part)


@attrs.frozen(field_transformer=checked, cache_hash=True)
class MatrixVectorProduct(MappedVector):
    r"""The normalised product `A psi / ||A psi||` of an encoded matrix and an encoded vector.

    $$ \frac{A\psi}{\|A\psi\|_2} $$

    `U_psi` acts on the system and its ancillas, then `U_A` on the system and its own ancillas. The block is
    the product of the blocks, `(A/alpha_A)(psi/alpha_psi)`, exactly, since the ancillas are separate.

    Registers:
        ctrl: only when `is_controlled`.
        system: `QAny(n)` of both.
        ancilla: `QAny(a_A + a_psi)`: the matrix's, then the vector's.

    Parameters:
        matrix: a block encoding of A, `2**n x 2**n`, with signal state zero and no resource register. The
            norm and the target are known for a `RealBlockEncoding` that has its data.
        vector: encoding of psi.
        norm: lower bound of `||A psi||`, used where the parts lack data; may be symbolic. `alpha` and
            `epsilon` are then upper bounds (exact when `norm` is).
        is_controlled: with a `ctrl` qubit.
        norm_bounds: as a layer of a network, `(lo, hi)` of `||A psi||` over its images.

    Encodes: `(alpha_A alpha_psi/N, a_A + a_psi, (epsilon_A + alpha_A epsilon_psi)/N)`, `N = ||A psi||`.

    Error: with `A' = alpha_A <0|U_A|0>` and `psi' = alpha_psi <0|U_psi|0>`,
        `alpha block - target = (A' psi' - A psi)/N = (A' (psi' - psi) + (A' - A) psi)/N`, and
        `||A'|| <= alpha_A` (a block of a unitary), `||A' - A|| <= epsilon_A`, `||psi|| = 1`.

    Cost: one call of each, exactly; with control, one controlled call of each.

    Raises:
        ValueError: a part of the wrong kind or with a control of its own, a resource register, a signal
            state other than zero, systems of different sizes, `norm <= 0` or above `||A psi||`, `A psi = 0`.
        ShapeOnlyError: `alpha` or `epsilon` where neither data nor `norm` are there.

    References:
        [Accelerating Inference for Multilayer Neural Networks with Quantum Computers](
        https://arxiv.org/abs/2510.07195), Rattew et al. (ICLR 2026), matrix-vector product of vector
        encodings.

    Example:
        >>> from bloqs.activation import AmplitudeBlockEncoding
        >>> from bloqs.loading import LoadedVector
        >>> matrix = AmplitudeBlockEncoding(LoadedVector([0.8, -0.6]))
        >>> product = MatrixVectorProduct(matrix, LoadedVector([0.6, 0.8]))
        >>> product.target().round(6).tolist(), round(product.alpha, 6), product.ancilla_bitsize
        ([0.707107, -0.707107], 1.473139, 1)
    """

    matrix: BlockEncoding
    vector: VectorEncoding
    norm: SymbolicFloat | None = None
    is_controlled: bool = False
    norm_bounds: Bounds | None = attrs.field(default=None, converter=to_bounds, kw_only=True)

    def __attrs_post_init__(self) -> None:
        _check_block_encoding("MatrixVectorProduct", "matrix", self.matrix)
        check_vector_encoding("MatrixVectorProduct", "vector", self.vector)
        check_same_length(
            "MatrixVectorProduct", self.matrix.system_bitsize, self.vector.system_bitsize
        )
        check_norm_bound("MatrixVectorProduct", self.norm)

    # --- what is encoded -------------------------------------------------------------------------

    @property
    def system_bitsize(self) -> SymbolicInt:
        """`n` of the vector."""
        return self.vector.system_bitsize

    @property
    def ancilla_bitsize(self) -> SymbolicInt:
        """The matrix's and the vector's, separate."""
        return self.matrix.ancilla_bitsize + self.vector.ancilla_bitsize

    @property
    def scale(self) -> SymbolicFloat:
        """`alpha_A/sigma`, sigma the vector's reference amplitude; `alpha_A alpha_psi` where it is known."""
        return self.matrix.alpha / self.vector.reference_amplitude

    @property
    def image_error(self) -> ScaledError:
        """`epsilon_A + alpha_A e`, proved above, at the vector's own r: the map is linear."""
        if not self.takes_any_scale:
            return ScaledError(self.matrix.epsilon + self.matrix.alpha * self.vector.epsilon)
        known = self.vector.scaled_error
        error = self.matrix.epsilon + self.matrix.alpha * known.error
        return ScaledError(error, known.low, known.high)

    @property
    def takes_any_scale(self) -> bool:
        """As a layer of a network; its matrix then has a scale that does not depend on the vector."""
        return self.norm_bounds is not None

    @property
    def sensitivity(self) -> SymbolicFloat:
        """`alpha_A / N`: the vector's error enters `epsilon` times this."""
        return self.matrix.alpha / self.image_norm

    @cached_property
    def image_norm(self) -> SymbolicFloat:
        """`||A psi||` from the data; without them the stated lower bound.

        Returns:
            The norm, which may be symbolic where it is the stated one.

        Raises:
            ShapeOnlyError: neither is there.
        """
        try:
            return self._image()[1]
        except ShapeOnlyError as error:
            if self.norm is not None:
                return self.norm
            if self.norm_bounds is not None:
                return self.norm_bounds[0]
            raise ShapeOnlyError(
                "MatrixVectorProduct: the norm of A psi is not known, since a part is given by shape or "
                "is not a RealBlockEncoding; pass `norm`, a lower bound of it"
            ) from error

    def apply_target(self, vector: FloatArray) -> FloatArray:
        """`A x` for any x, not normalised: the exact product."""
        return self._real_matrix().apply_target(vector)

    def _image(self) -> tuple[FloatArray, float]:
        """`A psi` and its norm, exact."""
        psi = self.vector.target()
        image = self.apply_target(psi)
        scale = float(self.matrix.alpha)
        return image, measured_norm("MatrixVectorProduct", image, self.norm, scale)

    def _real_matrix(self) -> RealBlockEncoding:
        if not isinstance(self.matrix, RealBlockEncoding):
            raise ShapeOnlyError(
                f"MatrixVectorProduct: the entries of {self.matrix} are not known; "
                f"they are for a RealBlockEncoding"
            )
        return self.matrix

    def target(self) -> FloatArray:
        """`A psi / ||A psi||`, float64 `(2**n,)`."""
        image, norm = self._image()
        return image / norm

    def block(self) -> FloatArray:
        """The block of A times the block of psi."""
        return self._real_matrix().apply_block(self.vector.block())

    # --- the circuit -----------------------------------------------------------------------------

    @property
    def _calls(self) -> tuple[Bloq, Bloq]:
        """The call of the vector, then that of the matrix."""
        if self.is_controlled:
            return self.vector.controlled(), self.matrix.controlled()
        return self.vector, self.matrix

    def workspace_given(self, workspace_of: WorkspaceOf) -> SymbolicInt:
        """The larger of the parts'."""
        return max_workspace(*(workspace_of(call) for call in self._calls))

    def build_composite_bloq(self, bb: BloqBuilder, **soqs: Soquet) -> dict[str, Soquet]:
        """The vector, then the matrix."""
        if is_symbolic(self.system_bitsize, self.ancilla_bitsize):
            raise DecomposeTypeError(f"symbolic {self}")
        wires = Wires(bb, soqs)
        ctrl, system, ancilla = wires.reg("ctrl"), wires.reg("system"), wires.reg("ancilla")
        split = int(self.matrix.ancilla_bitsize)
        vector, matrix = self._calls
        wires.call(vector, ctrl=ctrl, system=system, ancilla=ancilla[split:])
        wires.call(matrix, ctrl=ctrl, system=system, ancilla=ancilla[:split])
        return wires.join_signature(self.signature)

    def build_call_graph(self, ssa: SympySymbolAllocator) -> BloqCountDictT:
        """One call of each."""
        return Counter(self._calls)


@bloq_example(generalizer=COUNTS_UP_TO_BOOKKEEPING)
def _matrix_vector_product() -> MatrixVectorProduct:
    from bloqs.activation import AmplitudeBlockEncoding
    from bloqs.loading import LoadedVector

    matrix = AmplitudeBlockEncoding(LoadedVector([0.1, -0.5, 0.7, 0.5]))
    matrix_vector_product = MatrixVectorProduct(matrix, LoadedVector([0.5, 0.5, -0.1, 0.7]))
    return matrix_vector_product


@bloq_example(generalizer=COUNTS_UP_TO_BOOKKEEPING)
def _matrix_vector_product_shape() -> MatrixVectorProduct:
    from bloqs.activation import AmplitudeBlockEncoding
    from bloqs.loading import LoadedVector

    matrix = AmplitudeBlockEncoding(LoadedVector(None, bitsize=3))
    matrix_vector_product_shape = MatrixVectorProduct(
        matrix, LoadedVector(None, bitsize=3), norm=0.5
    )
    return matrix_vector_product_shape


MATRIX_VECTOR_PRODUCT_DOC = BloqDocSpec(
    bloq_cls=MatrixVectorProduct,
    examples=[_matrix_vector_product, _matrix_vector_product_shape],
)
