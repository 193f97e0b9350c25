"""The whole network as one bloq, with the facts on which its cost rests."""

from functools import cached_property
from typing import TYPE_CHECKING, Any

import attrs
from qualtran import BloqBuilder, DecomposeTypeError, Soquet
from qualtran.resource_counting import BloqCountDictT, SympySymbolAllocator
from qualtran.symbolics import SymbolicFloat, SymbolicInt, is_symbolic

from bloqs.core.budget import ErrorBudget
from bloqs.core.control import WorkspaceOf
from bloqs.core.encoding import FloatArray, VectorEncoding, controlled_if
from bloqs.core.wires import Wires
from bloqs.loading.exchange import with_loader
from bloqs.networks.build import DEFAULT_LOADER, GATE_LEVEL_LOADER
from bloqs.networks.facts import GATE_LEVEL_REMARK, NetworkFacts, SymbolicFacts
from bloqs.networks.shares import ErrorShares, channel_share

if TYPE_CHECKING:
    from bloqs.show.picture import Picture


def _current(notes: str) -> str:
    """Notes in today's form, whatever version stored them."""
    if NetworkFacts.is_current(notes):
        return notes
    facts = NetworkFacts.from_json(notes)
    return "{}" if facts is None else facts.to_json()


@attrs.frozen(cache_hash=True)
class ResidualNetwork(VectorEncoding):
    r"""A coherent residual network on one input: the normalised vector of its last layer.

    $$
    \mathrm{out} \circ \mathrm{block}_k \circ \dots \circ \mathrm{block}_1 (\psi), \qquad
    \mathrm{block}_i(\psi) = \frac{\psi + f(W_i\psi)}{\|\psi + f(W_i\psi)\|_2}.
    $$

    Measuring the leading `log2 G` qubits of `system` after finding zeros on `ancilla` samples a class with
    the group probabilities of `bloqs.reference.forward`, up to the stated error.

    Registers:
        ctrl: only when `is_controlled`.
        system: `QAny(n)`, `N = 2**n` the padded length of the tensor.
        ancilla: `QAny(a)`; `a` grows by `n + a_W + 3` a block.
    Parameters:
        encoding: the amplified last layer, see `bloqs.networks.assembly`.
        notes: the facts as Qualtran stores them, which is as text; `of` makes both.
        is_opened: whether it is the only part of its own decomposition, which so keeps the shares of the
            error budget: the last layer knows none. What it decomposes into is then the last layer, beside
            its `ErrorShares`.
        facts: degrees, bits, bounds, alphas and budget; None where nothing is known.
        is_controlled: with a `ctrl` qubit.
    Encodes: what `encoding` does, with its alpha and epsilon.

    References:
        Rattew et al. (ICLR 2026), the end-to-end networks of the three regimes.

    Example:
        >>> from bloqs.networks import load_example
        >>> example = load_example("digits-1")
        >>> network = example.spec.to_bloq(example.images[0], epsilon=0.05, loading="select-swap")
        >>> network.epsilon <= 0.05, network.layer_names
        (True, ('block 1', 'output'))
    """

    encoding: VectorEncoding
    notes: str = attrs.field(default="{}", repr=False, converter=_current)
    is_controlled: bool = False
    is_opened: bool = attrs.field(default=False, kw_only=True, repr=False)
    # Under another name than its argument, Qualtran's serialiser passes it over: the notes hold it.
    facts: NetworkFacts | SymbolicFacts | None = attrs.field(
        default=attrs.Factory(lambda self: NetworkFacts.from_json(self.notes), takes_self=True),
        repr=False,
        eq=False,
        alias="record",
    )

    @classmethod
    def of(cls, encoding: VectorEncoding, facts: NetworkFacts | SymbolicFacts) -> "ResidualNetwork":
        """The network of an assembled encoding and what the assembly found out."""
        return cls(encoding, facts.to_json(), record=facts)

    @property
    def assumptions(self) -> dict[str, Any]:
        """What the cost rests on: loader, bounds and their origin, alphas, degrees, error split."""
        return {} if self.facts is None else self.facts.assumptions

    @property
    def error_budget(self) -> ErrorBudget | None:
        """Where the epsilon asked goes, part by part; None if nothing is known."""
        return None if self.facts is None else self.facts.budget

    @property
    def synthesis_epsilon(self) -> float | None:
        """Spectral-norm error left for the synthesis of all rotations: its share of epsilon over alpha.

        Those that prepare a phase-gradient state have `CATALYST_SHARE` of it for themselves.
        """
        return None if self.facts is None else self.facts.synthesis_epsilon

    @property
    def channel_epsilon(self) -> float | None:
        """The same for rotations that are channels: the summed diamond distances that its share allows."""
        synthesis = self.synthesis_epsilon
        return None if synthesis is None else channel_share(synthesis, float(self.alpha))

    @property
    def failure_probability(self) -> float | None:
        """What is left of epsilon for memories, magic states and logical qubits that fail, in one run.

        Its share of epsilon times the success probability `1/alpha**2`: of the runs that find zeros on the
        ancillas, the part that failed is larger by `alpha**2` at worst.
        """
        return None if self.facts is None else self.facts.failure_probability

    @cached_property
    def at_gate_level(self) -> VectorEncoding:
        """Itself; where no loader was asked for, the same network loaded by rotations of the same angles.

        Tables take more qubits than a simulation has room for. The rotations are by the angles that the
        tables hold, rounded to `facts.angle_bits` bits, so that the vector and the stated error are the same.
        """
        if not (isinstance(self.facts, NetworkFacts) and self.facts.is_default_loading):
            return self
        pieces = {
            piece: GATE_LEVEL_LOADER if loader == DEFAULT_LOADER else loader
            for piece, loader in self.facts.loaders.items()
        }
        remarks = {
            name: words for name, words in self.facts.remarks.items() if name != GATE_LEVEL_REMARK
        }
        facts = attrs.evolve(
            self.facts,
            loading=GATE_LEVEL_LOADER,
            loaders=pieces,
            remarks=remarks,
            is_default_loading=False,
        )
        encoding = with_loader(self.encoding, DEFAULT_LOADER, GATE_LEVEL_LOADER)
        return attrs.evolve(self, encoding=encoding, notes=facts.to_json(), record=facts)

    def show(self, depth: int = 1) -> "Picture":
        """The whole network as a picture, with layers as boxes that open.

        Args:
            depth: levels of calls that a box has inside.

        Returns:
            The picture; `.svg` is the drawing, and a notebook shows it with the boxes.

        Raises:
            ValueError: depth out of 0 to 10, or the network is symbolic.
        """
        from bloqs.show.network import show_network

        return show_network(self, depth)

    @property
    def query_overhead(self) -> float | None:
        """Expected calls of the input over the least for these degrees; None if nothing is known."""
        return None if self.facts is None else self.facts.query_overhead

    @property
    def layer_names(self) -> tuple[str, ...]:
        """As the specification calls them; empty where nothing is known."""
        return () if self.facts is None else self.facts.layer_names

    @property
    def amplifies(self) -> VectorEncoding:
        """The last layer."""
        return self.encoding

    @property
    def system_bitsize(self) -> SymbolicInt:
        """`n`."""
        return self.encoding.system_bitsize

    @property
    def ancilla_bitsize(self) -> SymbolicInt:
        """Of the last layer."""
        return self.encoding.ancilla_bitsize

    @property
    def alpha(self) -> SymbolicFloat:
        """Of the last layer."""
        return self.encoding.alpha

    @property
    def epsilon(self) -> SymbolicFloat:
        """Of the last layer."""
        return self.encoding.epsilon

    def target(self) -> FloatArray:
        """The exact network's vector."""
        return self.encoding.target()

    def block(self) -> FloatArray:
        """The encoded vector over alpha."""
        return self.encoding.block()

    @cached_property
    def _call(self) -> VectorEncoding:
        if not self.is_opened:
            return attrs.evolve(self, is_opened=True)
        return controlled_if(self.encoding, self.is_controlled)

    @property
    def _shares(self) -> ErrorShares | None:
        """What stays of a flattened network; None before it is opened, or if nothing is known."""
        synthesis, failure = self.synthesis_epsilon, self.failure_probability
        if not self.is_opened or synthesis is None or failure is None:
            return None
        return ErrorShares(synthesis, failure, float(self.alpha))

    def workspace_given(self, workspace_of: WorkspaceOf) -> SymbolicInt:
        """Of what it decomposes into."""
        return workspace_of(self._call)

    def build_composite_bloq(self, bb: BloqBuilder, **soqs: Soquet) -> dict[str, Soquet]:
        """Itself, opened; then the last layer, which calls the others, beside the shares of the error."""
        if is_symbolic(self.system_bitsize, self.ancilla_bitsize):
            raise DecomposeTypeError(f"symbolic {self}")
        wires = Wires(bb, soqs)
        if self._shares is not None:
            bb.add(self._shares)
        wires.call(self._call, **{reg.name: wires.reg(reg.name) for reg in self.signature})
        return wires.join_signature(self.signature)

    def build_call_graph(self, ssa: SympySymbolAllocator) -> BloqCountDictT:
        """As the decomposition."""
        return {self._call: 1} | ({} if self._shares is None else {self._shares: 1})
