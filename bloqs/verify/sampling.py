"""Class samples as the machine draws them: run, measure the ancilla, keep the zeros, read the class.

An attempt runs the network and measures its ancilla. With the probability `||<0|_a U |0>||^2` the result is
zero, which heralds the encoded vector; otherwise the attempt failed and everything is started anew. Then the
leading `log2 G` qubits of the system are measured.
"""

from __future__ import annotations

from typing import Any

import attrs
import numpy as np
from numpy.typing import NDArray
from qualtran import Bloq

from bloqs.checks import whole_number
from bloqs.core.checks import a_bloq
from bloqs.reference.network import group_probabilities
from bloqs.tables import Table, Tabular
from bloqs.verify.levels import encoded_vector

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

SMALLEST_SUCCESS = 1e-12
"""A success probability below this (amplitude 1e-6) is refused: no machine makes so many attempts."""

MAX_SHOTS = 10**8
"""More shots than this would not fit into memory: each is kept."""


@attrs.frozen(repr=False, eq=False)
class ClassSamples(Tabular):
    """Samples of a network's class, and what it took to draw them.

    Parameters:
        groups: the group of each shot, int64 `(shots,)`.
        attempts_per_shot: runs of the network up to and including the heralded one, int64 `(shots,)`.
        probabilities: exact probability of each group given success, float64 `(num_groups,)`.
        success_probability: exact probability that one run is heralded, `||<0|U|0>||^2`.
        seed: of the random generator.
        level: of the simulation.

    Example:
        >>> from bloqs.loading import LoadedVector
        >>> samples: ClassSamples = sample_classes(LoadedVector([0.6, 0.8]), 2, 1000, seed=0)
        >>> samples.num_groups, samples.failures, int(samples.counts.sum()), samples.most_frequent
        (2, 0, 1000, 1)
    """

    groups: IntArray
    attempts_per_shot: IntArray
    probabilities: FloatArray
    success_probability: float
    seed: int
    level: str

    @property
    def shots(self) -> int:
        """Heralded samples."""
        return len(self.groups)

    @property
    def num_groups(self) -> int:
        """`G`."""
        return len(self.probabilities)

    @property
    def counts(self) -> IntArray:
        """Shots in each group, int64 `(num_groups,)`."""
        return np.bincount(self.groups, minlength=self.num_groups).astype(np.int64)

    @property
    def frequencies(self) -> FloatArray:
        """`counts/shots`."""
        return np.asarray(self.counts / self.shots)

    @property
    def attempts(self) -> int:
        """Runs of the network in all."""
        # In two halves: the sum of many long waits exceeds 64 bits.
        high = int(np.sum(self.attempts_per_shot >> 32))
        return (high << 32) + int(np.sum(self.attempts_per_shot & 0xFFFFFFFF))

    @property
    def failures(self) -> int:
        """Runs whose ancilla was not found in zero."""
        return self.attempts - self.shots

    @property
    def observed_success(self) -> float:
        """`shots/attempts`."""
        return self.shots / self.attempts

    @property
    def most_frequent(self) -> int:
        """The group with the most shots; the first of equals."""
        return int(np.argmax(self.counts))

    def to_dict(self) -> dict[str, Any]:
        """The figures, ready for JSON; shots by group, not one by one."""
        return {
            "level": self.level,
            "seed": self.seed,
            "shots": self.shots,
            "attempts": self.attempts,
            "success_probability": float(self.success_probability),
            "observed_success": float(self.observed_success),
            "counts": self.counts.tolist(),
            "probabilities": self.probabilities.tolist(),
            "most_frequent": int(self.most_frequent),
        }

    def table(self) -> Table:
        """One row a group; deviations in standard errors."""
        rows = []
        for group, (count, p) in enumerate(zip(self.counts, self.probabilities, strict=True)):
            spread = np.sqrt(self.shots * p * (1 - p))
            deviation = f"{(count - self.shots * p) / spread:+.2f}" if spread > 0 else None
            rows.append((group, count, f"{count / self.shots:.4f}", f"{p:.4f}", deviation))
        return Table(
            f"{self.shots:,} class samples ({self.level} level, seed {self.seed})",
            ("group", "samples", "frequency", "probability", "deviation"),
            rows,
            numeric=range(5),
            note=(
                f"{self.attempts:,} runs, {self.failures:,} not heralded; success probability "
                f"{self.success_probability:.4g}, observed {self.observed_success:.4g}"
            ),
        )

    def __repr__(self) -> str:
        return (
            f"ClassSamples(counts={self.counts.tolist()}, attempts={self.attempts}, "
            f"success_probability={self.success_probability:.6g}, seed={self.seed}, level={self.level!r})"
        )


def sample_classes(
    network: Bloq, num_groups: int, shots: int, *, seed: int, level: str = "semantic"
) -> ClassSamples:
    r"""Draw class samples as the machine would: the ancilla first, then the leading `log2 G` qubits.

    $$ P(\text{heralded}) = \| \langle 0|_a U |0\rangle \|_2^2, \qquad
       P(c \mid \text{heralded}) = \sum_{j \in c} |x_j|^2 / \|x\|_2^2, \quad x = \langle 0|_a U |0\rangle. $$

    The vector x is computed once; the draws are those of `numpy.random.default_rng(seed)`. Samples follow the
    vector that is *encoded*, with its error, not the exact one.

    Args:
        network: a vector encoding with data, amplified or not; at gate level any bloq with a register
            `system`, perhaps `ancilla`, and an `alpha`.
        num_groups: `G`, a power of two, at most the vector's length: equal runs of consecutive entries.
        shots: heralded samples to draw, at least 1.
        seed: of the generator; the same seed gives the same samples.
        level: "semantic" or "gate".

    Returns:
        Every shot with its number of attempts, and the exact probabilities.

    Raises:
        ValueError: a number of groups or shots out of range, a negative seed, an unknown level, or an
            encoding whose good branch is empty or has a probability below `SMALLEST_SUCCESS`.
        ShapeOnlyError: an encoding by shape.

    Example:
        >>> from bloqs.activation import NonlinearTransform
        >>> from bloqs.loading import LoadedVector
        >>> vector = NonlinearTransform(LoadedVector([0.6, -0.8]), degree=4)
        >>> samples = sample_classes(vector, 2, 1000, seed=0)
        >>> samples.shots, samples.attempts > 1000, samples.probabilities.round(2)
        (1000, True, array([0.39, 0.61]))
    """
    a_bloq(network, "network")
    for name, value, least in (
        ("num_groups", num_groups, 1),
        ("shots", shots, 1),
        ("seed", seed, 0),
    ):
        whole_number(value, name, low=least)
    if shots > MAX_SHOTS:
        raise ValueError(f"shots must be at most {MAX_SHOTS:,}, got {shots:,}; draw them in parts")
    if num_groups & (num_groups - 1):
        raise ValueError(f"num_groups must be a power of two, got {num_groups}; pad the classes")
    length = 2 ** _system_bitsize(network)
    if num_groups > length:
        raise ValueError(
            f"num_groups must be at most the vector's length {length}, got {num_groups}"
        )
    block = encoded_vector(network, level=level) / float(network.alpha)
    success = float(np.linalg.norm(block) ** 2)
    # Not `success < ...`: a NaN is no success.
    if not success >= SMALLEST_SUCCESS:
        raise ValueError(
            f"the good branch of {network} has the probability {success:.3g}: it is never heralded in any "
            f"time; at least {SMALLEST_SUCCESS:.0e} is sampled. Amplify the encoding, or look at "
            "encoded_vector"
        )
    probabilities = group_probabilities(block / np.linalg.norm(block), num_groups)
    # Rounding may leave a sum that is not exactly 1, or a probability a little above it.
    probabilities = probabilities / np.sum(probabilities)
    success = min(success, 1.0)
    rng = np.random.default_rng(int(seed))
    attempts = rng.geometric(success, size=int(shots))
    groups = rng.choice(int(num_groups), size=int(shots), p=probabilities)
    return ClassSamples(groups, attempts, probabilities, success, int(seed), level)


def _system_bitsize(network: Any) -> int:
    """Qubits of the register `system`."""
    registers = {register.name: register for register in getattr(network, "signature", ())}
    if "system" not in registers:
        raise ValueError(f"{network} has no register 'system' to sample from")
    return int(registers["system"].total_bits())
