"""`assert_encodes` on our bloqs, Qualtran's and somebody else's; every refusal and every hint."""

from __future__ import annotations

from functools import cached_property

import attrs
import numpy as np
import pytest
import sympy
from qualtran import Bloq, BloqBuilder, QAny, QBit, Register, Signature, Soquet
from qualtran.bloqs.basic_gates import CNOT, CZ, Hadamard, Ry, SGate, XGate, YGate, ZGate
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
from qualtran.bloqs.multiplexers.select_base import SelectOracle
from qualtran.bloqs.state_preparation.black_box_prepare import BlackBoxPrepare
from qualtran.bloqs.state_preparation.prepare_base import PrepareOracle

import bloqs.testing
from bloqs.activation import AmplitudeBlockEncoding
from bloqs.convolution import Conv2DBlockEncoding
from bloqs.loading import LoadedVector
from bloqs.verify import (
    DirtyFreeError,
    SimulationTooLargeError,
    Simulator,
    assert_encodes,
    contract,
    encoded_matrix,
    encoded_vector,
    sample_classes,
)
from bloqs.verify.gate_level import encoded_matrix_gate

X = np.array([[0, 1], [1, 0]])
Z = np.diag([1, -1])
H = np.array([[1, 1], [1, -1]]) / np.sqrt(2)


@attrs.frozen
class Branch(Bloq):
    """Somebody's bloq: Ry on a flag, then `gates` on the system where the flag is 0. No alpha, no epsilon."""

    angle: float = 0.0
    gates: tuple[Bloq, ...] = ()
    qubits: int = 1

    @cached_property
    def signature(self) -> Signature:
        return Signature.build_from_dtypes(ancilla=QBit(), system=QAny(self.qubits))

    def build_composite_bloq(self, bb: BloqBuilder, **soqs: Soquet) -> dict[str, Soquet]:
        ancilla = bb.add(Ry(self.angle), q=soqs["ancilla"])
        bits = [soqs["system"]] if self.qubits == 1 else list(bb.split(soqs["system"]))
        for gate in self.gates:
            (name,) = (register.name for register in gate.signature)
            bits[-1] = bb.add(gate, **{name: bits[-1]})
        system = bits[0] if self.qubits == 1 else bb.join(np.array(bits))
        return {"ancilla": ancilla, "system": system}


@attrs.frozen
class Stated(Branch):
    """The same with its promises stated."""

    alpha: float | sympy.Symbol = 1.0
    epsilon: float = 0.0
    ancilla_bitsize: int = 1
    has_data: bool = True


@attrs.frozen
class XorZ(SelectOracle):
    """`|0><0| X + |1><1| Z`, up to signs none."""

    @cached_property
    def control_registers(self) -> tuple[Register, ...]:
        return ()

    @cached_property
    def selection_registers(self) -> tuple[Register, ...]:
        return (Register("selection", QAny(1)),)

    @cached_property
    def target_registers(self) -> tuple[Register, ...]:
        return (Register("target", QAny(1)),)

    def build_composite_bloq(self, bb: BloqBuilder, **soqs: Soquet) -> dict[str, Soquet]:
        selection, target = soqs["selection"], soqs["target"]
        selection, target = bb.add(CZ(), q1=selection, q2=target)
        selection = bb.add(XGate(), q=selection)
        selection, target = bb.add(CNOT(), ctrl=selection, target=target)
        selection = bb.add(XGate(), q=selection)
        return {"selection": selection, "target": target}


@attrs.frozen
class XorZSystem(XorZ):
    """The same, its target called `system`."""

    @cached_property
    def target_registers(self) -> tuple[Register, ...]:
        return (Register("system", QAny(1)),)

    def build_composite_bloq(self, bb: BloqBuilder, **soqs: Soquet) -> dict[str, Soquet]:
        out = super().build_composite_bloq(bb, selection=soqs["selection"], target=soqs["system"])
        return {"selection": out["selection"], "system": out["target"]}


@attrs.frozen
class Tilted(PrepareOracle):
    """`sqrt(0.8)|0> + sqrt(0.2)|1>`."""

    @cached_property
    def selection_registers(self) -> tuple[Register, ...]:
        return (Register("selection", QAny(1)),)

    @cached_property
    def l1_norm_of_coeffs(self) -> float:
        return 1.0

    def build_composite_bloq(self, bb: BloqBuilder, selection: Soquet) -> dict[str, Soquet]:
        return {"selection": bb.add(Ry(2 * np.arcsin(np.sqrt(0.2))), q=selection)}


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


def test_both_levels() -> None:
    kernel = [[[[0.3, -0.1, 0.0], [0.2, 0.4, 0.0], [0.0, 0.0, 0.1]]]]
    encoding = Conv2DBlockEncoding(kernel, 2)
    for level in ("gate", "semantic"):
        assert_encodes(encoding, encoding.target(), level)
        with pytest.raises(AssertionError, match=r"found is 0\.5 times the reference"):
            assert_encodes(encoding, 2 * encoding.target(), level)


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


T = np.array([0.5, -0.5, 0.1, 0.7])
HINTS = {
    "minus": (LoadedVector(T), -T, "minus the reference"),
    "phase": (LoadedVector(T), -1j * T, r"exp\(1.5708 i\) times the reference: a global phase"),
    "norm": (LoadedVector(T), T / 5, "over its norm, 0.2: .* promises a unit vector"),
    "times alpha": (Stated(0, (XGate(),), alpha=3.0), X, "alpha times the reference: .* divided"),
    "over alpha": (
        Stated(2 * np.arccos(1 / 9), (XGate(),), alpha=3.0),
        X,
        "1/alpha times the reference: .* subnormalised twice",
    ),
    "factor": (Stated(2 * np.arccos(0.4), (XGate(),)), X, "agrees with alpha = 2.5 instead of 1"),
    "bits": (LoadedVector(T), T[[0, 2, 1, 3]], "bits of its index in reverse order"),
    "adjoint": (Stated(0, (SGate(), Hadamard())), np.diag([1, -1j]) @ H, "the adjoint is encoded"),
    "conjugate": (Stated(0, (SGate(),)), np.diag([1, -1j]), "complex conjugated"),
    "transpose": (Stated(0, (Ry(0.4),)), Ry(-0.4).tensor_contract(), "transposed"),
    "signs": (LoadedVector(T), T * [1, -1, 1, -1], "2 of 4 entries have another sign"),
    "order": (LoadedVector(T), T[[3, 0, 2, 1]], "registers or axes are permuted"),
    "zero": (Stated(np.pi, (XGate(),)), X, "found is zero: ancillas never come back"),
}


@pytest.mark.parametrize("kind", HINTS)
def test_hint(kind: str) -> None:
    bloq, reference, words = HINTS[kind]
    with pytest.raises(AssertionError, match=f"hint: .*{words}") as caught:
        assert_encodes(bloq, reference)
    assert str(caught.value).count("hint:") == 1


@pytest.mark.parametrize("reference", [X, X[0]], ids=["matrix", "vector"])
def test_nan_is_no_success(reference: np.ndarray) -> None:
    # An epsilon that would allow anything finite.
    bloq = Stated(0.0, (Ry(np.nan),), epsilon=1e3)
    with pytest.raises(AssertionError, match="error nan, allowed 1e") as caught:
        assert_encodes(bloq, reference)
    assert "found nan" in str(caught.value)
    assert "hint: what was found holds NaN" in str(caught.value)


def test_no_hint_where_nothing_simple_explains() -> None:
    with pytest.raises(AssertionError) as caught:
        assert_encodes(LoadedVector(T), [0.1, 0.5, 0.5, 0.5])
    assert "hint" not in str(caught.value)


@pytest.mark.parametrize("size", [1e-8, 1e-7, 5e-7])
def test_no_hint_where_the_difference_is_as_small_as_hints_are_coarse(size: float) -> None:
    for wrong in (T + size * np.eye(4)[1], T * np.exp(1j * size), T * (1 + size)):
        with pytest.raises(AssertionError) as caught:
            assert_encodes(LoadedVector(T), wrong)
        assert "hint" not in str(caught.value)


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


def test_encoded_matrix_is_that_between_signal_states() -> None:
    for bloq in (SelectBlockEncoding(XorZ(), Tilted()), LCUBlockEncoding(XorZSystem(), Tilted())):
        np.testing.assert_allclose(encoded_matrix(bloq), 0.8 * X + 0.2 * Z, atol=1e-12)
        np.testing.assert_allclose(encoded_matrix_gate(bloq), 0.8 * X + 0.2 * Z, atol=1e-12)


def test_encoded_matrix_at_semantic_level_is_between_zeros() -> None:
    class Signalled(AmplitudeBlockEncoding):
        @property
        def signal_state(self) -> BlackBoxPrepare:
            return BlackBoxPrepare(Tilted())

    encoding = Signalled(LoadedVector([0.6, -0.8]))
    with pytest.raises(ValueError, match=r"has the signal state .*; use the gate level"):
        encoded_matrix(encoding, level="semantic")


def test_controlled_encodings_are_refused_at_both_levels() -> None:
    vector = LoadedVector([0.6, -0.8])
    diagonal = AmplitudeBlockEncoding(vector)
    for level, words in (("gate", "registers ctrl, system"), ("semantic", "is controlled; give")):
        with pytest.raises(ValueError, match=words):
            encoded_vector(vector.controlled(), level=level)
        with pytest.raises(ValueError, match=words):
            encoded_matrix(diagonal.controlled(), level=level)
        with pytest.raises(ValueError, match=words):
            sample_classes(vector.controlled(), 2, 10, seed=0, level=level)


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
    with pytest.raises(TypeError, match="takes a Bloq, got str"):
        assert_encodes("vector", T)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="real or complex numbers, got dtype <U1"):
        assert_encodes(LoadedVector(T), ["a", "b", "c", "d"])
    with pytest.raises(ValueError, match="level is one of 'gate', 'semantic', got 'pulse'"):
        assert_encodes(LoadedVector(T), T, "pulse")
    with pytest.raises(ValueError, match="Branch has no semantic level"):
        assert_encodes(Branch(), X[0], "semantic")
    with pytest.raises(ValueError, match="alpha must be finite and positive, got -2"):
        assert_encodes(LoadedVector(T), T, alpha=-2)
