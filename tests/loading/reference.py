"""Plain numpy versions of the loaders, and the two comparisons that every bloq goes through."""

import math
from collections import Counter
from itertools import product

import attrs
import numpy as np
import sympy
from qualtran import Bloq, DecomposeNotImplementedError, DecomposeTypeError
from qualtran.resource_counting import GateCounts, QECGatesCost, QubitCount, get_cost_value

BUILT_IN = ("rotations", "qrom", "select-swap", "qram")
"""The library's loaders, whatever a test has registered beside them."""

GATES = QECGatesCost()
QUBITS = QubitCount()


def ry_matrix(angle):
    c, s = math.cos(angle / 2), math.sin(angle / 2)
    return np.array([[c, -s], [s, c]])


def rotate_matrix(num_qubits, controls, target, angles):
    """Multiplexed Ry on `num_qubits` qubits, element by element from its definition."""
    matrix = np.zeros((2**num_qubits, 2**num_qubits))
    for bits in product((0, 1), repeat=num_qubits):
        j = int("".join(str(bits[c]) for c in controls) or "0", 2)
        column = int("".join(map(str, bits)), 2)
        for out in (0, 1):
            image = list(bits)
            image[target] = out
            row = int("".join(map(str, image)), 2)
            matrix[row, column] = ry_matrix(angles[j])[out, bits[target]]
    return matrix


def tree_matrix(bloq):
    """Unitary of `TabulatedRotations` from its effective angles; qubits index, system, flag."""
    c, n, flag = bloq.index_bitsize, bloq.num_levels, bloq.has_flag
    angles = iter(bloq.effective_angles())
    size = c + n + flag
    matrix = np.eye(2**size)
    steps = [(c, c + n)] if flag else []
    steps += [(c + level, c + level) for level in range(n)]
    for prefix, target in steps:
        table = [next(angles) for _ in range(2**prefix)]
        matrix = rotate_matrix(size, range(prefix), target, table) @ matrix
    return matrix


def controlled(matrix):
    """The matrix with a leading control qubit."""
    zero = np.zeros_like(matrix)
    return np.block([[np.eye(len(matrix)), zero], [zero, matrix]])


def decomposed_gates(bloq: Bloq, cache: dict[Bloq, GateCounts]) -> GateCounts:
    """Leaf gates of the full decomposition: no formula is asked on the way. Memoised, not flattened."""
    if bloq not in cache:
        try:
            instances = [instance.bloq for instance in bloq.decompose_bloq().bloq_instances]
        except (DecomposeTypeError, DecomposeNotImplementedError):
            cache[bloq] = get_cost_value(bloq, GATES)
        else:
            total = GateCounts()
            for child, count in Counter(instances).items():
                total += count * decomposed_gates(child, cache)
            cache[bloq] = total
    return cache[bloq]


def assert_costs(bloq: Bloq) -> tuple[GateCounts, int]:
    """Gates and qubits by formula equal those of the decomposition; the adjoint costs the same."""
    gates, qubits = get_cost_value(bloq, GATES), get_cost_value(bloq, QUBITS)
    cache: dict[Bloq, GateCounts] = {}
    assert gates == decomposed_gates(bloq, cache)
    assert qubits == get_cost_value(bloq.decompose_bloq(), QUBITS)
    adjoint = bloq.adjoint()
    assert get_cost_value(adjoint, GATES) == gates
    assert decomposed_gates(adjoint, cache) == gates
    assert get_cost_value(adjoint, QUBITS) == qubits
    return gates, qubits


def assert_symbolic(symbolic: Bloq, concrete: Bloq, values: dict[sympy.Symbol, int]) -> None:
    """Gates and qubits of a symbolic bloq become exactly those of the concrete one."""
    formula = attrs.asdict(get_cost_value(symbolic, GATES))
    expected = attrs.asdict(get_cost_value(concrete, GATES))
    found = {name: sympy.sympify(count).subs(values) for name, count in formula.items()}
    assert found == expected
    qubits = sympy.sympify(get_cost_value(symbolic, QUBITS)).subs(values)
    assert qubits == get_cost_value(concrete, QUBITS)
