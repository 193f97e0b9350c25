"""L7: residual blocks in a row as published, each with ancillas of its own and its share of the error."""

from typing import Any

import attrs
import numpy as np
from qualtran import BloqBuilder, DecomposeTypeError, Soquet, bloq_example
from qualtran.resource_counting import BloqCountDictT, SympySymbolAllocator
from qualtran.symbolics import SymbolicFloat, SymbolicInt, is_symbolic

from bloqs.checks import instance
from bloqs.core.bookkeeping import COUNTS_UP_TO_BOOKKEEPING
from bloqs.core.checks import checked
from bloqs.core.control import WorkspaceOf
from bloqs.core.encoding import FloatArray, VectorEncoding, controlled_if
from bloqs.loading.vector import LoadedVector
from bloqs.networks.spec import NetworkSpec
from bloqs.published.checks import check_epsilon
from bloqs.published.lemma import Lemma
from bloqs.published.skip_norm_block import LEAST_NORM, SkipNormBlock

SPLIT = 1424
"""Lemma 7: block i of k is built to an error of `epsilon/1424**(k - i)`."""


@attrs.frozen(field_transformer=checked, init=False)
class SkipNormNetwork(VectorEncoding):
    r"""The vector after the residual blocks of a network, built of `SkipNormBlock`s (Lemma 7).

    $$
    \mathrm{block}_k \circ \dots \circ \mathrm{block}_1 (\psi), \qquad \mathrm{block}_i(\psi) =
    \frac{\psi + f(W_i\psi)}{\|\psi + f(W_i\psi)\|_2}.
    $$

    Block i of k gets the error `epsilon/1424**(k - i)`. Every copy of a block has ancillas of its own, so
    that their number doubles with each block. The network's output layer is left out (`PublishedPooling`).

    Registers:
        ctrl: only when `is_controlled`.
        system: `QAny(n)`.
        ancilla: those of the last block.
    Parameters:
        spec: a network of residual blocks on one path, of a power of two of channels and pixels a row, with
            weights.
        image: as in `NetworkSpec.check_image`.
        epsilon: bound of the 2-norm error, in (0, 1).
        least_norm: as in `SkipNormBlock`, for every block.
        encoding: the last block itself, in the place of the four above.
        is_controlled: with a `ctrl` qubit.
    Encodes: `(1/0.999, a, epsilon)`, where Lemma 7 states `(1, 2**k (a + 2b + n + 9), epsilon)`.

    Raises:
        ValueError: layers of another kind, several paths, no weights, or what `SkipNormBlock` refuses.

    References:
        Rattew et al. (ICLR 2026), Lemma 7.

    Example:
        >>> kernel = np.array([[0.4, 0.1], [-0.3, 0.5]]).reshape(2, 2, 1, 1)
        >>> spec = NetworkSpec(input_shape=(2, 2, 2), kernels=(kernel,), num_groups=2)
        >>> network = SkipNormNetwork(spec, np.eye(2), epsilon=0.1)
        >>> bool(np.linalg.norm(network.alpha * network.block() - network.target()) < 0.1)
        True
    """

    lemma = Lemma(
        label="L7",
        title="k residual blocks",
        encodes="(1, 2**k (a + 2b + n + 9), epsilon) of the last vector",
        complexity="O(log(sqrt(N)/e)**(2k) (a + 2b + n + T1 + T2))",
        ours="bloqs.networks.NetworkSpec.to_bloq",
        references=("rattew2026", "rattew2023", "gilyen2019"),
    )

    encoding: VectorEncoding
    is_controlled: bool = False

    def __init__(
        self,
        spec: NetworkSpec | None = None,
        image: Any = None,
        *,
        epsilon: float = 1e-2,
        least_norm: float = LEAST_NORM,
        encoding: VectorEncoding | None = None,
        is_controlled: bool = False,
    ) -> None:
        if encoding is None:
            if spec is None:
                raise ValueError("SkipNormNetwork needs a spec and an image")
            encoding = published_blocks(spec, image, epsilon=epsilon, least_norm=least_norm)
        instance(encoding, "encoding", VectorEncoding, "a VectorEncoding")
        self.__attrs_init__(encoding, is_controlled)  # type: ignore[attr-defined]

    @property
    def system_bitsize(self) -> SymbolicInt:
        """`n`."""
        return self.encoding.system_bitsize

    @property
    def ancilla_bitsize(self) -> SymbolicInt:
        """Those of the last block."""
        return self.encoding.ancilla_bitsize

    @property
    def alpha(self) -> SymbolicFloat:
        """That of the last block."""
        return self.encoding.alpha

    @property
    def epsilon(self) -> SymbolicFloat:
        """That of the last block."""
        return self.encoding.epsilon

    def target(self) -> FloatArray:
        """The exact vector after the last block."""
        return self.encoding.target()

    def block(self) -> FloatArray:
        """Of the last block."""
        return self.encoding.block()

    def workspace_given(self, workspace_of: WorkspaceOf) -> SymbolicInt:
        """Of the last block."""
        return workspace_of(controlled_if(self.encoding, self.is_controlled))

    def build_composite_bloq(self, bb: BloqBuilder, **soqs: Soquet) -> dict[str, Soquet]:
        """The last block, which holds all others."""
        if is_symbolic(self.system_bitsize, self.ancilla_bitsize):
            raise DecomposeTypeError(f"symbolic {self}")
        return dict(bb.add_d(controlled_if(self.encoding, self.is_controlled), **soqs))

    def build_call_graph(self, ssa: SympySymbolAllocator) -> BloqCountDictT:
        """The last block."""
        return {controlled_if(self.encoding, self.is_controlled): 1}


def published_blocks(
    spec: NetworkSpec, image: Any, *, epsilon: float, least_norm: float = LEAST_NORM
) -> VectorEncoding:
    """The blocks of a network as `SkipNormBlock`s, on the loaded image.

    Args:
        spec: as in `SkipNormNetwork`.
        image: as there.
        epsilon: as there.
        least_norm: as there.

    Returns:
        The last block.

    Raises:
        ValueError: as `SkipNormNetwork`.

    Example:
        >>> kernel = np.array([[0.4, 0.1], [-0.3, 0.5]]).reshape(2, 2, 1, 1)
        >>> spec = NetworkSpec(input_shape=(2, 2, 2), kernels=(kernel,), num_groups=2)
        >>> type(published_blocks(spec, np.eye(2), epsilon=0.1)).__name__
        'SkipNormBlock'
    """
    instance(spec, "spec", NetworkSpec, "a NetworkSpec")
    channels, size, _ = spec.input_shape
    others = [layer.noun for layer in spec.layers if layer.kind != "residual"]
    if spec.bias_scale is not None:
        others.append("a bias channel")
    if others or spec.paths != 1 or not spec.has_weights:
        found = f"layers {others}" if others else f"{spec.paths} paths"
        found = found if spec.has_weights else "a network without weights"
        raise ValueError(
            f"SkipNormNetwork takes residual blocks on one path, with weights; found {found}"
        )
    if channels & (channels - 1) or size & (size - 1):
        raise ValueError(
            f"SkipNormNetwork takes a power of two of channels and of pixels a row, found "
            f"{channels} and {size}"
        )
    epsilon, least_norm = check_epsilon(epsilon), check_epsilon(least_norm, "least_norm")
    vector: VectorEncoding = LoadedVector(spec.check_image(image), is_network_input=True)
    kernels = [np.asarray(kernel) for kernel in spec.kernels]
    for number, kernel in enumerate(kernels, start=1):
        share = epsilon / SPLIT ** (len(kernels) - number)
        vector = SkipNormBlock.of_kernel(
            vector,
            kernel,
            size,
            epsilon=share,
            least_norm=least_norm,
            activation=spec.activation.name,
            gain=spec.activation.gain,
        )
    return vector


@bloq_example(generalizer=COUNTS_UP_TO_BOOKKEEPING)
def _skip_norm_network() -> SkipNormNetwork:
    kernel = np.array([[0.4, 0.1], [-0.3, 0.5]]).reshape(2, 2, 1, 1)
    spec = NetworkSpec(input_shape=(2, 1, 1), kernels=(kernel,), num_groups=2)
    skip_norm_network = SkipNormNetwork(
        spec, np.array([0.6, -0.8]).reshape(2, 1, 1), epsilon=0.3, least_norm=0.2
    )
    return skip_norm_network


@bloq_example(generalizer=COUNTS_UP_TO_BOOKKEEPING)
def _skip_norm_network_swap() -> SkipNormNetwork:
    from bloqs.published.cyclic_shift import CyclicShift

    block = SkipNormBlock(LoadedVector([0.6, 0.8]), CyclicShift(1), epsilon=0.3, least_norm=0.3)
    skip_norm_network_swap = SkipNormNetwork(encoding=block)
    return skip_norm_network_swap
