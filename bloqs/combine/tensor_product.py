"""L3: the tensor product of two encoded vectors."""

from collections import Counter

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
from qualtran.resource_counting import BloqCountDictT, SympySymbolAllocator
from qualtran.symbolics import SymbolicFloat, SymbolicInt, is_symbolic

from bloqs.combine.matrix_product import check_vector_encoding
from bloqs.core.bookkeeping import COUNTS_UP_TO_BOOKKEEPING
from bloqs.core.checks import checked
from bloqs.core.control import WorkspaceOf, max_workspace
from bloqs.core.encoding import FloatArray, VectorEncoding
from bloqs.core.wires import Wires


@attrs.frozen(field_transformer=checked, cache_hash=True)
class VectorTensorProduct(VectorEncoding):
    r"""The tensor product `psi (x) phi` of two encoded vectors; the entry `(j, k)` is `psi_j phi_k`.

    $$ (\psi \otimes \phi)_{(j, k)} = \psi_j\, \phi_k. $$

    Both encodings side by side, on registers of their own. The block is the tensor product of the blocks,
    exactly. Nest it for more than two factors.

    Registers:
        ctrl: only when `is_controlled`.
        system: `QAny(m + n)`: the index of psi, more significant, then that of phi.
        ancilla: `QAny(a + b)`: those of psi, then those of phi.

    Parameters:
        first: encoding of psi, `2**m` entries.
        second: encoding of phi, `2**n` entries.
        is_controlled: with a `ctrl` qubit.

    Encodes: `(alpha beta, a + b, eps_0 + eps_1 + eps_0 eps_1)` of an `(alpha, a, eps_0)`- and a
        `(beta, b, eps_1)`-encoding.

    Error: with `psi'`, `phi'` the encoded blocks times alpha and beta, `psi' (x) phi' - psi (x) phi =
        (psi' - psi) (x) phi + psi (x) (phi' - phi) + (psi' - psi) (x) (phi' - phi)`, and the norm of a tensor
        product is the product of the norms.

    Cost: one call of each, exactly; with control, one controlled call of each.

    Raises:
        ValueError: a part that is not a vector encoding, or has a control of its own.

    References:
        [Accelerating Inference for Multilayer Neural Networks with Quantum Computers](
        https://arxiv.org/abs/2510.07195), Rattew et al. (ICLR 2026), tensor product of vector encodings.

    Example:
        >>> from bloqs.loading import LoadedVector
        >>> product = VectorTensorProduct(LoadedVector([0.6, 0.8]), LoadedVector([1, 0, 0, 0]))
        >>> product.system_bitsize, product.target()[[0, 4]].round(6).tolist()
        (3, [0.6, 0.8])
    """

    first: VectorEncoding
    second: VectorEncoding
    is_controlled: bool = False

    def __attrs_post_init__(self) -> None:
        check_vector_encoding("VectorTensorProduct", "first", self.first)
        check_vector_encoding("VectorTensorProduct", "second", self.second)

    @property
    def system_bitsize(self) -> SymbolicInt:
        """`m + n`."""
        return self.first.system_bitsize + self.second.system_bitsize

    @property
    def ancilla_bitsize(self) -> SymbolicInt:
        """`a + b`."""
        return self.first.ancilla_bitsize + self.second.ancilla_bitsize

    @property
    def alpha(self) -> SymbolicFloat:
        """`alpha beta`."""
        return self.first.alpha * self.second.alpha

    @property
    def epsilon(self) -> SymbolicFloat:
        """`eps_0 + eps_1 + eps_0 eps_1`, proved above."""
        eps0, eps1 = self.first.epsilon, self.second.epsilon
        return eps0 + eps1 + eps0 * eps1

    def target(self) -> FloatArray:
        """`psi (x) phi`, float64 `(2**(m + n),)`."""
        product: FloatArray = np.multiply.outer(self.first.target(), self.second.target()).ravel()
        return product

    def block(self) -> FloatArray:
        """Tensor product of the blocks."""
        product: FloatArray = np.multiply.outer(self.first.block(), self.second.block()).ravel()
        return product

    @property
    def _calls(self) -> tuple[Bloq, Bloq]:
        if self.is_controlled:
            return self.first.controlled(), self.second.controlled()
        return self.first, self.second

    def workspace_given(self, workspace_of: WorkspaceOf) -> SymbolicInt:
        """The larger of the parts': they are called one after the other."""
        return max_workspace(*(workspace_of(call) for call in self._calls))

    def build_composite_bloq(self, bb: BloqBuilder, **soqs: Soquet) -> dict[str, Soquet]:
        """The two calls."""
        if is_symbolic(self.system_bitsize, self.ancilla_bitsize):
            raise DecomposeTypeError(f"symbolic {self}")
        wires = Wires(bb, soqs)
        ctrl, system, ancilla = wires.reg("ctrl"), wires.reg("system"), wires.reg("ancilla")
        m, a = int(self.first.system_bitsize), int(self.first.ancilla_bitsize)
        first, second = self._calls
        wires.call(first, ctrl=ctrl, system=system[:m], ancilla=ancilla[:a])
        wires.call(second, ctrl=ctrl, system=system[m:], ancilla=ancilla[a:])
        return wires.join_signature(self.signature)

    def build_call_graph(self, ssa: SympySymbolAllocator) -> BloqCountDictT:
        """One call of each."""
        return Counter(self._calls)


@bloq_example(generalizer=COUNTS_UP_TO_BOOKKEEPING)
def _vector_tensor_product() -> VectorTensorProduct:
    from bloqs.loading import LoadedVector

    vector_tensor_product = VectorTensorProduct(
        LoadedVector([0.6, -0.8]), LoadedVector([0.5, 0.5, -0.1, 0.7])
    )
    return vector_tensor_product


@bloq_example(generalizer=COUNTS_UP_TO_BOOKKEEPING)
def _vector_tensor_product_shape() -> VectorTensorProduct:
    from bloqs.loading import LoadedVector

    vector_tensor_product_shape = VectorTensorProduct(
        LoadedVector(None, bitsize=1), LoadedVector(None, bitsize=2)
    )
    return vector_tensor_product_shape


VECTOR_TENSOR_PRODUCT_DOC = BloqDocSpec(
    bloq_cls=VectorTensorProduct,
    examples=[_vector_tensor_product, _vector_tensor_product_shape],
)
