"""`assert_encodes` on our bloqs, Qualtran's and somebody else's; every refusal and every hint."""

from __future__ import annotations

from functools import cached_property

import attrs
import numpy as np
import pytest
import sympy
from qualtran import Bloq, BloqBuilder, QAny, QBit, Signature, Soquet
from qualtran.bloqs.basic_gates import CNOT, Hadamard, Ry, SGate, XGate, YGate, ZGate
from qualtran.bloqs.block_encoding import (
    ChebyshevPolynomial,
    LCUBlockEncoding,
    LinearCombination,
    Product,
    SelectBlockEncoding,
    TensorProduct,
    Unitary,
)
from qualtran.bloqs.bookkeeping import Allocate, Free
from qualtran.bloqs.multiplexers.black_box_select import BlackBoxSelect
from qualtran.bloqs.state_preparation.black_box_prepare import BlackBoxPrepare

import bloqs.testing
from bloqs.loading import LoadedVector
from bloqs.verify import (
    DirtyFreeError,
    SimulationTooLargeError,
    Simulator,
    assert_encodes,
    contract,
)
from tests.verify.toys import Branch, H, Stated, T, Tilted, X, XorZ, XorZSystem, Z


def test_testing_offers_the_same() -> None:
    assert bloqs.testing.assert_encodes is assert_encodes


@pytest.mark.parametrize(
    ("bloq", "reference"),
    [
        (LoadedVector([0.5, -0.5, 0.1, 0.7]), [0.5, -0.5, 0.1, 0.7]),
        (Unitary(YGate()), [[0, -1j], [1j, 0]]),
        (Product((Unitary(XGate()), Unitary(Hadamard()))), X @ H),
        (TensorProduct((Unitary(XGate()), Unitary(Hadamard()))), np.kron(X, H)),
        (
            LinearCombination((Unitary(XGate()), Unitary(ZGate())), (0.5, -0.5), lambd_bits=1),
            (X - Z) / 2,
        ),
        (ChebyshevPolynomial(Unitary(Hadamard()), 2), 2 * H @ H - np.eye(2)),
        (LCUBlockEncoding(XorZ(), Tilted()), 0.8 * X + 0.2 * Z),
        (SelectBlockEncoding(XorZ(), Tilted()), 0.8 * X + 0.2 * Z),
        (LCUBlockEncoding(XorZSystem(), Tilted()), 0.8 * X + 0.2 * Z),
        (SelectBlockEncoding(XorZSystem(), Tilted()), 0.8 * X + 0.2 * Z),
        (
            SelectBlockEncoding(BlackBoxSelect(XorZ()), BlackBoxPrepare(Tilted())),
            0.8 * X + 0.2 * Z,
        ),
        (Branch(gates=(Hadamard(),)), H),
        (Branch(gates=(Hadamard(),)), H[:, 0]),
        (Branch(gates=(SGate(),), qubits=2), np.diag([1, 1j, 1, 1j])),
        (Stated(2 * np.arccos(0.4), (XGate(),), alpha=2.5), X),
        (Stated(gates=(XGate(),), alpha=sympy.Integer(1)), X),
        (Stated(2 * np.arccos(0.5**0.5), (XGate(),), alpha=sympy.sqrt(2)), X),
    ],
    ids=lambda value: str(value) if isinstance(value, Bloq) else "",
)
def test_passes(bloq: Bloq, reference: np.ndarray) -> None:
    assert_encodes(bloq, reference)
    # The same with one entry off by more than is granted.
    wrong = np.array(reference, dtype=complex)
    wrong.flat[-1] += 1e-8
    with pytest.raises(AssertionError):
        assert_encodes(bloq, wrong)


def test_promises_by_keyword() -> None:
    half = Branch(2 * np.arccos(0.4), (XGate(),))
    assert_encodes(half, X, alpha=2.5)
    assert_encodes(half, 0.4 * X)
    off = 0.4 * X + 1e-3 * Z
    assert_encodes(half, off, epsilon=1.01e-3)
    with pytest.raises(AssertionError, match=r"error 0\.001, allowed 0\.00099"):
        assert_encodes(half, off, epsilon=0.99e-3)
    assert_encodes(half, 0.4 * X + 1e-6, rounding=1e-5)


def test_complex64_grants_more() -> None:
    vector = LoadedVector([0.5, -0.5, 0.1, 0.7])
    simulator = Simulator(dtype=np.complex64)
    near = vector.target() - np.array([1e-6, 0, 0, 0])
    with pytest.raises(AssertionError, match="allowed 1e-09"):
        assert_encodes(vector, near)
    assert_encodes(vector, near, simulator=simulator)


def test_report_says_which_entry_by_how_much_and_what_was_promised() -> None:
    data = np.array([0.5, -0.5, 0.1, 0.7])
    wrong = data.copy()
    wrong[2] = -0.05
    with pytest.raises(AssertionError) as caught:
        assert_encodes(LoadedVector(data), wrong)
    lines = str(caught.value).splitlines()
    assert lines == [
        "LoadedVector does not encode the reference: 2-norm error 0.15, allowed 1e-09",
        "  promised: alpha = 1, 0 ancillas, epsilon = 0 (and 1e-09 for rounding)",
        "  worst entry: |10> (index 2): found 0.1, expected -0.05, off by 0.15",
    ]


def test_report_of_a_matrix() -> None:
    reference = np.kron(np.eye(2), H).astype(complex)
    reference[2, 3] = 0.1j

    bloq = Stated(0.0, (Hadamard(),), 2, epsilon=0.5)
    with pytest.raises(AssertionError) as caught:
        assert_encodes(bloq, reference)
    text = str(caught.value)
    assert "spectral-norm error 0.714, allowed 0.5" in text
    assert "alpha = 1, 1 ancillas, epsilon = 0.5" in text
    assert "<10| A |11> (index 2, 3): found 0.707107, expected 0+0.1j, off by 0.714" in text


@pytest.mark.parametrize("reference", [X, X[0]], ids=["matrix", "vector"])
def test_nan_is_no_success(reference: np.ndarray) -> None:
    # An epsilon that would allow anything finite.
    bloq = Stated(0.0, (Ry(np.nan),), epsilon=1e3)
    with pytest.raises(AssertionError, match="error nan, allowed 1e") as caught:
        assert_encodes(bloq, reference)
    assert "found nan" in str(caught.value)
    assert "hint: what was found holds NaN" in str(caught.value)


def test_alpha_must_reach_the_norm() -> None:
    with pytest.raises(AssertionError, match="alpha = 1, but the reference has the 2-norm 2"):
        assert_encodes(Unitary(XGate()), 2 * X)
    # Also where the error allowed is wide enough.
    with pytest.raises(AssertionError, match="alpha = 1, but the reference has the 2-norm 1") as e:
        assert_encodes(Unitary(XGate()), 1.01 * X, epsilon=0.02)
    assert "does not encode" not in str(e.value)


def test_stated_widths_are_those_of_the_registers() -> None:
    with pytest.raises(AssertionError, match="promises ancilla_bitsize = 3, its register has 1"):
        assert_encodes(Stated(0, (XGate(),), ancilla_bitsize=3), X)


@attrs.frozen
class Dirty(Branch):
    def build_composite_bloq(self, bb: BloqBuilder, **soqs: Soquet) -> dict[str, Soquet]:
        qubit = bb.add(Hadamard(), q=bb.add(Allocate(QBit())))
        bb.add(Free(QBit()), reg=qubit)
        return soqs


def test_a_dirty_temporary_is_no_encoding() -> None:
    with pytest.raises(DirtyFreeError, match="Free"):
        assert_encodes(Dirty(), np.eye(2) / np.sqrt(2))


@attrs.frozen
class Resourceful(Branch):
    """`Branch` with a resource qubit, which is a copy of the flag at the end unless it is cleaned."""

    is_clean: bool = False

    @cached_property
    def signature(self) -> Signature:
        return Signature.build_from_dtypes(
            ancilla=QBit(), system=QAny(self.qubits), resource=QBit()
        )

    def build_composite_bloq(self, bb: BloqBuilder, **soqs: Soquet) -> dict[str, Soquet]:
        resource = soqs.pop("resource")
        out = super().build_composite_bloq(bb, **soqs)
        for _ in range(1 + self.is_clean):
            out["ancilla"], resource = bb.add(CNOT(), ctrl=out["ancilla"], target=resource)
        return {**out, "resource": resource}


@pytest.mark.parametrize("reference", [0.4 * X, 0.4 * X[0]], ids=["matrix", "vector"])
def test_a_resource_is_clean_on_every_branch(reference: np.ndarray) -> None:
    angle = 2 * np.arccos(0.4)
    assert_encodes(Resourceful(angle, (XGate(),), is_clean=True), reference)
    # Where the flag is 0 it is clean, too.
    dirty = Resourceful(angle, (XGate(),))
    with pytest.raises(
        AssertionError, match=r"leaves its register 'resource' dirty: norm 0.917"
    ) as e:
        assert_encodes(dirty, reference)
    assert "does not encode" not in str(e.value)
    # The check needs all of the state; where that does not fit, it is left out.
    small = Simulator(max_amplitudes=4)
    with pytest.raises(SimulationTooLargeError):
        contract(dirty, method="state", simulator=small)
    assert_encodes(dirty, reference, simulator=small)


def test_report_counts_a_resource_apart() -> None:
    with pytest.raises(
        AssertionError, match="alpha = 1, 1 ancillas, 1 resource qubits, epsilon = 0"
    ):
        assert_encodes(Resourceful(0.0, (XGate(),)), np.eye(2))


@attrs.frozen
class Named(Bloq):
    registers: tuple[str, ...] = ("system",)
    size: int | sympy.Symbol = 1

    @property
    def signature(self) -> Signature:
        return Signature.build_from_dtypes(**{name: QAny(self.size) for name in self.registers})


BAD = {
    "length": (LoadedVector(T), np.ones(3), r"shape \(4,\), for a vector on the 2 qubits.*pad it"),
    "tensor": (LoadedVector(T), np.ones((2, 2)), r"got \(2, 2\); reshape it"),
    "matrix": (Unitary(XGate()), np.ones(2), r"shape \(2, 2\), for a matrix"),
    "small matrix": (Branch(qubits=2), np.eye(3), r"got \(3, 3\); pad it with zeros"),
    "scalar": (Branch(), 1.0, r"shape \(2,\).*got \(\)"),
    "nan": (LoadedVector(T), [np.nan, 0, 0, np.inf], "finite, found 2 NaN or infinite"),
    "registers": (Named(("x", "system")), T, "registers x, system; an encoding has 'system'"),
    "no system": (Named(("ancilla",)), T, "registers ancilla"),
    "controlled": (LoadedVector(T).controlled(), T, "registers ctrl, system"),
    "shape": (LoadedVector(None, bitsize=2), T, "given by shape and has no data"),
    "symbol": (Named(size=sympy.Symbol("n")), T, "symbolic size"),
    "alpha symbol": (Stated(alpha=sympy.Symbol("a")), X, "alpha of Stated is the symbol a"),
    "alpha expression": (
        Stated(alpha=2 * sympy.Symbol("a")),
        X,
        r"is the symbol 2\*a; put numbers",
    ),
    "alpha complex": (Stated(alpha=1j), X, "alpha of Stated must be a real number, got 1j; give"),
    "alpha sympy complex": (Stated(alpha=sympy.I), X, "must be a real number, got 1j"),
    "alpha none": (Stated(alpha=None), X, "alpha of Stated must be a real number, got None"),
    "epsilon text": (Stated(epsilon="0"), X, "epsilon of Stated must be a real number, got '0'"),
    "alpha": (Stated(alpha=0.0), X, "alpha must be finite and positive, got 0.0"),
    "epsilon": (Stated(epsilon=-1.0), X, "epsilon must be finite and not negative, got -1"),
}


@pytest.mark.parametrize("kind", BAD)
def test_bad_input(kind: str) -> None:
    bloq, reference, words = BAD[kind]
    with pytest.raises(ValueError, match=words):
        assert_encodes(bloq, reference)


def test_bad_arguments() -> None:
    with pytest.raises(ValueError, match=r"bloq must be a qualtran\.Bloq, found 'vector'"):
        assert_encodes("vector", T)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="real or complex numbers, got dtype <U1"):
        assert_encodes(LoadedVector(T), ["a", "b", "c", "d"])
    with pytest.raises(ValueError, match="level is one of 'gate', 'semantic', got 'pulse'"):
        assert_encodes(LoadedVector(T), T, "pulse")
    with pytest.raises(ValueError, match="Branch has no semantic level"):
        assert_encodes(Branch(), X[0], "semantic")
    with pytest.raises(ValueError, match="alpha must be finite and positive, got -2"):
        assert_encodes(LoadedVector(T), T, alpha=-2)
