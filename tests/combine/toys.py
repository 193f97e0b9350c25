"""Toy encodings with a known error, and the measurements that the tests of the combinations share."""

from functools import cached_property, reduce
from unittest.mock import patch

import attrs
import numpy as np
import pytest
from qualtran import Bloq, CtrlSpec
from qualtran.bloqs.basic_gates import CNOT, Ry, Toffoli
from qualtran.bloqs.bookkeeping import Allocate, Free, Join, Split
from qualtran.bloqs.mcmt import And
from qualtran.resource_counting import (
    GateCounts,
    QECGatesCost,
    QubitCount,
    get_cost_value,
)
from qualtran.resource_counting.classify_bloqs import bloq_is_clifford, bloq_is_rotation
from qualtran.serialization.resolver_dict import RESOLVER_DICT
from qualtran.testing import (
    BloqCheckResult,
    check_bloq_example_decompose,
    check_bloq_example_make,
    check_bloq_example_qtyping,
    check_bloq_example_serializes,
    check_equivalent_bloq_example_counts,
)

from bloqs.core.block_encoding import RealBlockEncoding
from bloqs.core.control import max_workspace, workspace_of
from bloqs.core.encoding import VectorEncoding
from bloqs.core.rotation import GenericRotation
from bloqs.core.wires import Wires as WiresBase
from bloqs.loading import LoadedVector


def _floats(values):
    return tuple(float(value) for value in np.asarray(values).ravel())


def unit(values):
    values = np.asarray(values, dtype=np.float64)
    return values / np.linalg.norm(values)


class Wires(WiresBase):
    def rotate(self, ctrl, angle, target):
        """`Ry(angle)`, controlled when there is a `ctrl`."""
        if not ctrl:
            self.call(Ry(angle), q=target)
            return
        for sign in (1, -1):
            self.call(Ry(sign * angle / 2), q=target)
            self.call(CNOT(), ctrl=ctrl, target=target)

    def flip(self, ctrl, source, target):
        """CNOT, controlled when there is a `ctrl`."""
        if ctrl:
            self.call(Toffoli(), ctrl=[*ctrl, *source], target=target)
        else:
            self.call(CNOT(), ctrl=source, target=target)


@attrs.frozen(cache_hash=True)
class ToyVector(VectorEncoding):
    """Promises `data` and encodes `data + error`, subnormalised by an ancilla turned by `tilt`.

    The bad branch of the ancilla holds garbage on the system, and `temporaries` clean qubits come and go.
    """

    data: tuple = attrs.field(converter=_floats)
    error: tuple = attrs.field(default=(), converter=_floats)
    tilt: float = 0.0
    temporaries: int = 0
    is_controlled: bool = False

    @cached_property
    def encoded(self):
        return unit(self.target() + np.asarray(self.error)) if self.error else self.target()

    @property
    def system_bitsize(self):
        return len(self.data).bit_length() - 1

    @property
    def ancilla_bitsize(self):
        return 1 if self.tilt else 0

    @property
    def alpha(self):
        return float(1 / np.cos(self.tilt / 2))

    @property
    def epsilon(self):
        return float(np.linalg.norm(self.encoded - self.target()))

    def target(self):
        return unit(self.data)

    def block(self):
        return self.encoded / self.alpha

    @property
    def _load(self):
        load = LoadedVector(self.encoded)
        return load.controlled() if self.is_controlled else load

    @property
    def workspace(self):
        return max_workspace(self.temporaries, workspace_of(self._load))

    def build_composite_bloq(self, bb, **soqs):
        wires = Wires(bb, soqs)
        ctrl, system, ancilla = wires.reg("ctrl"), wires.reg("system"), wires.reg("ancilla")
        if self.temporaries:
            wires.allocate("temporary", self.temporaries)
            for qubit in wires.reg("temporary") * 2:
                wires.call(CNOT(), ctrl=system[:1], target=[qubit])
            wires.free("temporary")
        if ancilla:
            wires.rotate(ctrl, self.tilt, ancilla)
            wires.flip(ctrl, ancilla, system[:1])
        wires.call(self._load, ctrl=ctrl, system=system)
        return wires.join_signature(self.signature)


@attrs.frozen(cache_hash=True)
class ToyMatrix(RealBlockEncoding):
    """`A = scale Ry(angle)_last (c^2 I + s^2 X_first)`, encoded with `angle + delta`: known exactly."""

    bitsize: int
    angle: float
    delta: float = 0.0
    tilt: float = 1.0
    scale: float = 1.0
    is_controlled: bool = False

    @property
    def system_bitsize(self):
        return self.bitsize

    @property
    def ancilla_bitsize(self):
        return 1

    @property
    def alpha(self):
        return self.scale

    @property
    def epsilon(self):
        return self.scale * 2 * np.sin(abs(self.delta) / 4)

    def _matrix(self, angle):
        weight = np.cos(self.tilt / 2) ** 2
        half = angle / 2
        turn = np.array([[np.cos(half), -np.sin(half)], [np.sin(half), np.cos(half)]])
        mix = np.array([[weight, 1 - weight], [1 - weight, weight]])
        rest = [np.eye(2)] * (self.bitsize - 1)
        return reduce(np.kron, [*rest, turn]) @ reduce(np.kron, [mix, *rest])

    def target(self):
        return self.scale * self._matrix(self.angle)

    def apply_block(self, vectors):
        return self._matrix(self.angle + self.delta) @ vectors

    def build_composite_bloq(self, bb, **soqs):
        wires = Wires(bb, soqs)
        ctrl, system, ancilla = wires.reg("ctrl"), wires.reg("system"), wires.reg("ancilla")
        wires.call(Ry(self.tilt), q=ancilla)
        wires.flip(ctrl, ancilla, system[:1])
        wires.call(Ry(-self.tilt), q=ancilla)
        wires.rotate(ctrl, self.angle + self.delta, system[-1:])
        return wires.join_signature(self.signature)


# --- measurements --------------------------------------------------------------------------------


def unitary(bloq):
    """The matrix of a bloq, contracted gate by gate."""
    matrix = bloq.tensor_contract()
    assert matrix.shape == (2 ** bloq.signature.n_qubits(),) * 2
    return matrix


def encoded_block(encoding):
    """`<0|_a U |0>_{a+n}` by contraction, complex."""
    return unitary(encoding)[:: 2**encoding.ancilla_bitsize, 0]


def _is_leaf(bloq: Bloq) -> bool:
    known = (And, Ry, Toffoli, GenericRotation, Split, Join, Allocate, Free)
    return isinstance(bloq, known) or bloq_is_clifford(bloq) or bloq_is_rotation(bloq)


def decomposed_counts(bloq: Bloq, cache=None) -> GateCounts:
    """Gate counts with every formula ignored: only leaves are asked for their cost."""
    cache = {} if cache is None else cache
    if bloq not in cache:
        if _is_leaf(bloq):
            cache[bloq] = get_cost_value(bloq, QECGatesCost())
        else:
            total = GateCounts()
            for instance in bloq.decompose_bloq().bloq_instances:
                total += decomposed_counts(instance.bloq, cache)
            cache[bloq] = total
    return cache[bloq]


def assert_costs_agree(bloq: Bloq, seen=None):
    """At each level: formula = decomposition for gates, stated = Qualtran's count for qubits."""
    seen = set() if seen is None else seen
    if bloq in seen or _is_leaf(bloq):
        return
    seen.add(bloq)
    assert get_cost_value(bloq, QECGatesCost()) == decomposed_counts(bloq), bloq
    body = bloq.decompose_bloq()
    stated = bloq.signature.n_qubits() + workspace_of(bloq)
    assert get_cost_value(bloq, QubitCount()) == stated, bloq
    assert get_cost_value(body, QubitCount()) == stated, bloq
    for instance in body.bloq_instances:
        assert_costs_agree(instance.bloq, seen)


def assert_contracts(encoding, tolerance=1e-12):
    """The gates agree with `block()`, and its multiple by alpha with `target()` within epsilon."""
    contracted = encoded_block(encoding)
    np.testing.assert_allclose(contracted, encoding.block(), atol=tolerance, rtol=0)
    error = np.linalg.norm(encoding.alpha * contracted - encoding.target())
    assert error <= encoding.epsilon + tolerance
    assert np.linalg.norm(encoding.target()) == pytest.approx(1, abs=tolerance)
    return error


def assert_control_and_adjoint(encoding, tolerance=1e-12):
    """Off is the identity on all registers; the adjoint, and both at once, are what they say."""
    plain = unitary(encoding)
    size = len(plain)
    np.testing.assert_allclose(plain.conj().T @ plain, np.eye(size), atol=tolerance)
    expected = np.eye(2 * size, dtype=complex)
    expected[size:, size:] = plain
    np.testing.assert_allclose(unitary(encoding.controlled()), expected, atol=tolerance)
    np.testing.assert_allclose(unitary(encoding.adjoint()), plain.conj().T, atol=tolerance)
    both = encoding.adjoint().controlled()
    assert both == encoding.controlled().adjoint()
    np.testing.assert_allclose(unitary(both), expected.conj().T, atol=tolerance)
    off = np.kron([[0, 1], [1, 0]], np.eye(size))
    on_zero = encoding.controlled(CtrlSpec(cvs=0))
    np.testing.assert_allclose(unitary(on_zero), off @ expected @ off, atol=tolerance)


def assert_conforms(example):
    """The five checks of Qualtran, all PASS."""
    checks = (
        check_bloq_example_make,
        check_bloq_example_decompose,
        check_equivalent_bloq_example_counts,
        check_bloq_example_serializes,
        check_bloq_example_qtyping,
    )
    # What is deserialised is looked up by name in Qualtran's dictionary.
    own = {f"{cls.__module__}.{cls.__qualname__}": cls for cls in _subclasses(Bloq)}
    own = {name: cls for name, cls in own.items() if name.startswith("bloqs.")}
    for check in checks:
        with patch.dict(RESOLVER_DICT, own):
            result, message = check(example)
        assert result is BloqCheckResult.PASS, f"{example.name}: {check.__name__}: {message}"


def _subclasses(cls):
    return {cls}.union(*(_subclasses(child) for child in cls.__subclasses__()))
