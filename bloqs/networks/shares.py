"""What a network leaves of its error to synthesis and machine, as a part of its circuit."""

from collections.abc import Iterable
from functools import cached_property
from typing import TYPE_CHECKING, Any

import attrs
from qualtran import (
    AddControlledT,
    Bloq,
    BloqBuilder,
    CompositeBloq,
    ConnectionT,
    CtrlSpec,
    DecomposeTypeError,
    Signature,
    Soquet,
    bloq_example,
)
from qualtran.drawing import Text, WireSymbol
from qualtran.resource_counting import CostKey, GateCounts, QECGatesCost

from bloqs.core.shown import ShownBloq

if TYPE_CHECKING:
    import quimb.tensor as qtn
    from qualtran import Register


def channel_share(synthesis_epsilon: float, alpha: float) -> float:
    """The diamond distances of all rotations, summed, that a share of synthesis allows to channels.

    A channel's error adds like a failure and never coherently: diamond distances that add to s move the
    probability of an outcome by s/2, of those with zeros on the ancillas by `alpha**2 s/2` at most. So
    `s = 2 share/alpha**2`, where unitaries have `share/alpha`.

    Args:
        synthesis_epsilon: spectral-norm error that the same share leaves to unitaries, `share/alpha`.
        alpha: of the network.

    Returns:
        The sum.

    Example:
        >>> channel_share(1e-4, 2.0)
        0.0001
    """
    return 2 * synthesis_epsilon / alpha


@attrs.frozen
class ErrorShares(ShownBloq, Bloq):
    """A part without qubits and gates that states two shares of a network's error; the number 1 as a tensor.

    A circuit that is flattened has lost the bloq that knew them. This part stays, so that `estimate` finds
    them in the pieces of a network as in the whole.

    Registers:
        None.
    Parameters:
        synthesis_epsilon: spectral-norm error left for the synthesis of all rotations together.
        failure_probability: left for memories, magic states and logical qubits that fail, in one run.
        network_alpha: of the network. Circuits stored without it take 2: a channel is left what a unitary is.

    Example:
        >>> from bloqs.costs import estimate
        >>> from bloqs.networks import load_example
        >>> network = load_example("digits-1").spec.cost_bloq()
        >>> pieces = network.decompose_bloq().flatten(lambda one: "Network" in str(one.bloq))
        >>> estimate(pieces).failure_probability == network.failure_probability
        True
    """

    synthesis_epsilon: float
    failure_probability: float
    network_alpha: float = 2.0

    @property
    def channel_epsilon(self) -> float:
        """Left for the summed diamond distances of rotations that are channels."""
        return channel_share(self.synthesis_epsilon, self.network_alpha)

    @cached_property
    def signature(self) -> Signature:
        """No registers."""
        return Signature([])

    def decompose_bloq(self) -> CompositeBloq:
        """A leaf."""
        raise DecomposeTypeError(f"{self} is a leaf: it has nothing inside")

    def my_static_costs(self, cost_key: CostKey[Any]) -> Any:
        """No gates."""
        return GateCounts() if isinstance(cost_key, QECGatesCost) else NotImplemented

    def my_tensors(
        self, incoming: dict[str, ConnectionT], outgoing: dict[str, ConnectionT]
    ) -> list["qtn.Tensor"]:
        """The number 1."""
        import quimb.tensor as qtn  # a second of start-up, where nothing is contracted

        return [qtn.Tensor(data=1.0, tags=[str(self)])]

    def on_classical_vals(self) -> dict[str, int]:
        """Nothing happens."""
        return {}

    def adjoint(self) -> "ErrorShares":
        """Itself."""
        return self

    def get_ctrl_system(self, ctrl_spec: CtrlSpec) -> tuple[Bloq, AddControlledT]:
        """Itself: the control is not touched."""

        def beside(
            bb: BloqBuilder, ctrl_soqs: Iterable[Soquet], in_soqs: dict[str, Soquet]
        ) -> tuple[Iterable[Soquet], Iterable[Soquet]]:
            bb.add(self)
            return ctrl_soqs, ()

        return self, beside

    def wire_symbol(self, reg: "Register | None", idx: tuple[int, ...] = ()) -> WireSymbol:
        """A name."""
        return Text("shares")


@bloq_example
def _error_shares() -> ErrorShares:
    error_shares = ErrorShares(1e-4, 1e-3)
    return error_shares
