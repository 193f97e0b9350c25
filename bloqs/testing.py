"""Checks that any bloq of this library must pass, and that yours may be held to.

Each raises `AssertionError` saying which entry or count is off, by how much, and what was promised.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
import numpy.typing as npt
from qualtran import (
    Bloq,
    CompositeBloq,
    CtrlSpec,
    DecomposeNotImplementedError,
    DecomposeTypeError,
)
from qualtran.resource_counting import GateCounts, QECGatesCost, QubitCount, get_cost_value

from bloqs.networks.random_network import RandomNetwork, random_network
from bloqs.simulation import assert_encodes, unitary

__all__ = [
    "RandomNetwork",
    "assert_control_and_adjoint",
    "assert_encodes",
    "assert_formula_is_decomposition",
    "assert_qubits_are_decomposition",
    "assert_symbolic_is_numeric",
    "decomposed_counts",
    "decomposed_qubits",
    "random_network",
]


def decomposed_counts(bloq: Bloq) -> GateCounts:
    """Gate counts by decomposing everything and never reading a formula of a call graph.

    Each distinct bloq is decomposed once. Only what has no decomposition is asked for its own cost.

    Args:
        bloq: with numbers for all sizes.

    Returns:
        Native counts: what `assert_formula_is_decomposition` compares the call graph with.

    Example:
        >>> from bloqs.loading import LoadedVector
        >>> decomposed_counts(LoadedVector([1.0, 2.0, 3.0, 4.0])).rotation
        3
    """
    memo: dict[Bloq, GateCounts] = {}

    def count(b: Bloq) -> GateCounts:
        if b not in memo:
            memo[b] = leaf_or_sum(b)
        return memo[b]

    def leaf_or_sum(b: Bloq) -> GateCounts:
        if b.__module__.startswith("qualtran."):
            return get_cost_value(b, QECGatesCost())
        try:
            inner: CompositeBloq = b.decompose_bloq()
        except (DecomposeTypeError, DecomposeNotImplementedError):
            return get_cost_value(b, QECGatesCost())
        total = GateCounts()
        for sub, times in Counter(inst.bloq for inst in inner.bloq_instances).items():
            total = total + times * count(sub)
        return total

    return count(bloq)


def assert_formula_is_decomposition(bloq: Bloq) -> None:
    """Leaf gate counts of the call graph equal those of a full decomposition, exactly.

    Args:
        bloq: with numbers for all sizes.

    Raises:
        AssertionError: they differ; the message gives both.

    Example:
        >>> from bloqs.loading import LoadedVector
        >>> assert_formula_is_decomposition(LoadedVector([1.0, 2.0, 3.0, 4.0]).controlled())
    """
    formula, circuit = get_cost_value(bloq, QECGatesCost()), decomposed_counts(bloq)
    assert formula == circuit, f"{bloq}: call graph gives {formula}, decomposition {circuit}"


def decomposed_qubits(bloq: Bloq) -> int:
    """Peak number of live qubits of the decomposition, one level deep, children by their own count.

    Args:
        bloq: with numbers for all sizes.

    Returns:
        Qubits, those of the registers included.

    Example:
        >>> from bloqs.loading import LoadedVector
        >>> decomposed_qubits(LoadedVector([1.0, 2.0, 3.0, 4.0]))
        2
    """
    return int(get_cost_value(bloq.decompose_bloq(), QubitCount()))


def assert_qubits_are_decomposition(bloq: Bloq) -> None:
    """The stated qubit count equals the peak of the decomposition.

    Args:
        bloq: with numbers for all sizes.

    Raises:
        AssertionError: they differ; the message gives both.

    Example:
        >>> from bloqs.loading import LoadedVector
        >>> assert_qubits_are_decomposition(LoadedVector([1.0, 2.0, 3.0, 4.0], "qrom", 6))
    """
    formula, circuit = int(get_cost_value(bloq, QubitCount())), decomposed_qubits(bloq)
    assert formula == circuit, f"{bloq}: {formula} qubits stated, {circuit} in the decomposition"


def assert_control_and_adjoint(bloq: Bloq, atol: float = 1e-9) -> None:
    """Controlled, adjoint and controlled adjoint agree with the matrix, and their counts with the circuit.

    Args:
        bloq: small enough for its whole matrix and one qubit more.
        atol: largest absolute difference of an entry.

    Raises:
        AssertionError: one of them does not; the message says which, and by how much.

    Example:
        >>> from bloqs.loading import LoadedVector
        >>> assert_control_and_adjoint(LoadedVector([1.0, 2.0, 3.0, 4.0]))
    """
    matrix = unitary(bloq)
    size = len(matrix)
    identity = np.eye(size)
    inverse = bloq.adjoint()
    _near(unitary(inverse), matrix.conj().T, atol, f"adjoint of {bloq}")
    for one, expected in ((bloq, matrix), (inverse, matrix.conj().T)):
        for value in (1, 0):
            controlled = one.controlled(CtrlSpec(cvs=value))
            blocks = [identity, expected] if value else [expected, identity]
            promised = np.zeros((2 * size, 2 * size), dtype=complex)
            promised[:size, :size], promised[size:, size:] = blocks
            _near(unitary(controlled), promised, atol, f"control on {value} of {one}")
        assert_formula_is_decomposition(one.controlled())
    if not getattr(
        bloq, "is_controlled", False
    ):  # a second control goes through Qualtran's wrapper
        same = bloq.adjoint().controlled(), bloq.controlled().adjoint()
        assert same[0] == same[1], f"{same[0]} != {same[1]}"


def _near(found: npt.NDArray[Any], expected: npt.NDArray[Any], atol: float, what: str) -> None:
    assert found.shape == expected.shape, f"{what}: shape {found.shape}, expected {expected.shape}"
    error = float(np.max(np.abs(found - expected)))
    assert error <= atol, f"{what}: off by {error:.3g}, allowed {atol:.1g}"


def assert_symbolic_is_numeric(
    symbolic: Bloq, concrete: Bloq, substitution: dict[Any, int]
) -> None:
    """Counts and qubits in symbols, with numbers put in, equal those of the concrete bloq by shape.

    Args:
        symbolic: with symbols for sizes.
        concrete: the same bloq with numbers.
        substitution: symbol -> number.

    Raises:
        AssertionError: a count differs; the message gives both.

    Example:
        >>> import sympy
        >>> from bloqs.loading import LoadedVector
        >>> n = sympy.Symbol("n")
        >>> symbolic, concrete = (LoadedVector(None, bitsize=size) for size in (n, 5))
        >>> assert_symbolic_is_numeric(symbolic, concrete, {n: 5})
    """
    formula = get_cost_value(symbolic, QECGatesCost())
    number = get_cost_value(concrete, QECGatesCost())
    for name in ("t", "toffoli", "cswap", "and_bloq", "clifford", "rotation", "measurement"):
        value = _substituted(getattr(formula, name), substitution)
        assert value == getattr(number, name), (
            f"{symbolic} at {substitution}: {value} {name}, concrete {getattr(number, name)}"
        )
    qubits = _substituted(get_cost_value(symbolic, QubitCount()), substitution)
    expected = get_cost_value(concrete, QubitCount())
    assert qubits == expected, f"{symbolic} at {substitution}: {qubits} qubits, concrete {expected}"


def _substituted(value: Any, substitution: dict[Any, int]) -> int:
    number = value.subs(substitution) if hasattr(value, "subs") else value
    assert number == int(number), f"{value} at {substitution} is {number}, not an integer"
    return int(number)
