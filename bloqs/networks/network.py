"""The whole network as one bloq, with the assumptions under which its cost holds."""

import json
from functools import cached_property
from typing import Any

import attrs
import numpy as np
from qualtran import BloqBuilder, DecomposeTypeError, Soquet, bloq_example
from qualtran.resource_counting import BloqCountDictT, SympySymbolAllocator
from qualtran.symbolics import SymbolicFloat, SymbolicInt, is_symbolic

from bloqs.core.bookkeeping import COUNTS_UP_TO_BOOKKEEPING
from bloqs.core.control import WorkspaceOf
from bloqs.core.encoding import FloatArray, VectorEncoding, controlled_if
from bloqs.core.wires import Wires
from bloqs.costs.budget import CATALYST_SHARE, ErrorBudget
from bloqs.networks.spec import NetworkSpec


@attrs.frozen(cache_hash=True)
class ResidualNetwork(VectorEncoding):
    """A coherent residual network on one input: the normalised vector of its last layer.

    Measuring the leading `log2 G` qubits of `system` after finding zeros on `ancilla` samples a class with
    the group probabilities of `bloqs.reference.forward`, up to the stated error.

    Registers:
        ctrl: only when `is_controlled`.
        system: `QAny(n)`, `N = 2**n` the padded length of the tensor.
        ancilla: `QAny(a)`; `a` grows by `n + a_W + 3` a block.
    Parameters:
        encoding: the amplified last layer, see `bloqs.networks.assembly`.
        notes: assumptions and error budget as a JSON object (a string, so that the bloq serialises).
    Encodes: what `encoding` does, with its alpha and epsilon.

    References:
        Rattew et al. (ICLR 2026), the end-to-end networks of the three regimes.
    """

    encoding: VectorEncoding
    notes: str = attrs.field(default="{}", repr=False)
    is_controlled: bool = False

    @property
    def assumptions(self) -> dict[str, Any]:
        """What the cost rests on: loader, bounds and their origin, alphas, degrees, error split."""
        noted: dict[str, Any] = json.loads(self.notes).get("assumptions", {})
        return noted

    @property
    def error_budget(self) -> ErrorBudget | None:
        """Where the epsilon asked goes, part by part; None if nothing is noted."""
        noted = json.loads(self.notes).get("budget")
        return None if noted is None else ErrorBudget.from_dict(noted)

    @property
    def synthesis_epsilon(self) -> float | None:
        """Spectral-norm error left for the synthesis of all rotations: its share of epsilon over alpha.

        Those that prepare a phase-gradient state have `CATALYST_SHARE` of it for themselves.
        """
        budget = self.error_budget
        if budget is None:
            return None
        return (1 - CATALYST_SHARE) * budget.split.synthesis * budget.epsilon / float(self.alpha)

    @property
    def failure_probability(self) -> float | None:
        """What is left of epsilon for magic states and logical qubits that fail, in one run.

        Its share of epsilon times the success probability `1/alpha**2`: of the runs that find zeros on the
        ancillas, the part that failed is larger by `alpha**2` at worst.
        """
        budget = self.error_budget
        if budget is None:
            return None
        return budget.split.failure * budget.epsilon / float(self.alpha) ** 2

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
        return controlled_if(self.encoding, self.is_controlled)

    def workspace_given(self, workspace_of: WorkspaceOf) -> SymbolicInt:
        """Of the last layer."""
        return workspace_of(self._call)

    def build_composite_bloq(self, bb: BloqBuilder, **soqs: Soquet) -> dict[str, Soquet]:
        """The last layer, which calls the others."""
        if is_symbolic(self.system_bitsize, self.ancilla_bitsize):
            raise DecomposeTypeError(f"symbolic {self}")
        wires = Wires(bb, soqs)
        wires.call(self._call, **{reg.name: wires.reg(reg.name) for reg in self.signature})
        return wires.join_signature(self.signature)

    def build_call_graph(self, ssa: SympySymbolAllocator) -> BloqCountDictT:
        """The last layer."""
        return {self._call: 1}


@bloq_example(generalizer=COUNTS_UP_TO_BOOKKEEPING)
def _network_small() -> ResidualNetwork:
    kernel = np.array([[[[0.3]], [[-0.2]]], [[[0.1]], [[0.4]]]])
    spec = NetworkSpec(input_shape=(2, 1, 1), kernels=(kernel,), num_groups=2)
    network_small = spec.to_bloq([[[0.6]], [[-0.8]]], norm_bounds=[(0.8, 1.5)])
    return network_small
