"""A bloq from outside the package: one class and one registration; checked, costed, stored and built on.

The sine window of signal processing tapers an image towards its edges. Loaded entry by entry, `2**n` of them
take `2**n - 1` rotations; but `sin` is half a sum of two phases, each a product of n rotations.
"""

from __future__ import annotations

import json
import math
from collections import Counter

import attrs
import numpy as np
import pytest
from qualtran.bloqs.basic_gates import CNOT, Hadamard, Ry, Rz
from qualtran.serialization.bloq import bloqs_from_proto, bloqs_to_proto

from bloqs import VectorEncoding, encoded_vector, estimate
from bloqs.activation import AmplitudeBlockEncoding
from bloqs.catalogue import register_bloq
from bloqs.loading import LoadedVector
from bloqs.testing import (
    assert_control_and_adjoint,
    assert_encodes,
    assert_formula_is_decomposition,
    assert_qubits_are_decomposition,
)
from bloqs.vector_encoding import MatrixVectorProduct, Wires


@register_bloq
@attrs.frozen(cache_hash=True)
class SineWindow(VectorEncoding):
    """`v_j = sqrt(2/N) sin(pi (j + 1/2)/N)` for `N = 2**system_bitsize`, exactly."""

    system_bitsize: int
    is_controlled: bool = False

    component = "window"
    ancilla_bitsize = 1
    alpha = math.sqrt(2)
    epsilon = 0.0

    @property
    def assumptions(self):
        return {"window": f"sine over {2**self.system_bitsize} entries, exact angles"}

    def target(self):
        size = 2**self.system_bitsize
        return math.sqrt(2 / size) * np.sin(math.pi * (np.arange(size) + 0.5) / size)

    def block(self):
        return self.target() / self.alpha

    def build_composite_bloq(self, bb, **soqs):
        wires = Wires(bb, soqs)
        ctrl, sign = wires.reg("ctrl"), wires.reg("ancilla")

        def turn(gate, angle, qubit):
            if not ctrl:
                wires.call(gate(angle), q=[qubit])
                return
            for half in (angle / 2, -angle / 2):  # they cancel unless the control turns one over
                wires.call(gate(half), q=[qubit])
                wires.call(CNOT(), ctrl=ctrl, target=[qubit])

        # exp(i phi_j) where the sign is 0, exp(-i phi_j) where it is 1: their mean is cos(phi_j).
        wires.call(Hadamard(), q=sign)
        for place, qubit in enumerate(wires.reg("system")):
            turn(Ry, math.pi / 2, qubit)
            wires.call(CNOT(), ctrl=sign, target=[qubit])
            turn(Rz, math.pi / 2 ** (place + 1), qubit)
            wires.call(CNOT(), ctrl=sign, target=[qubit])
        wires.call(Hadamard(), q=sign)
        return wires.join_signature(self.signature)

    def build_call_graph(self, ssa):
        n, shares = self.system_bitsize, (0.5, -0.5) if self.is_controlled else (1.0,)
        counts = Counter({Hadamard(): 2, CNOT(): 6 * n if self.is_controlled else 2 * n})
        for share in shares:
            counts[Ry(share * math.pi / 2)] += n
            counts.update(Rz(share * math.pi / 2 ** (place + 1)) for place in range(n))
        return counts


IMAGE = np.array([1.0, -2.0, 3.0, 2.0, 0.5, 1.0, -1.0, 0.25])


def tapered_image() -> MatrixVectorProduct:
    """An image times the window, entry by entry: a bloq of the library built on this one."""
    return MatrixVectorProduct(AmplitudeBlockEncoding(SineWindow(3)), LoadedVector(IMAGE))


@pytest.mark.parametrize("bitsize", [1, 2, 4])
def test_it_encodes_the_window(bitsize: int) -> None:
    window = SineWindow(bitsize)
    size = 2**bitsize
    sines = [math.sin((2 * j + 1) * math.pi / (2 * size)) for j in range(size)]
    assert_encodes(window, np.array(sines) / math.hypot(*sines))
    np.testing.assert_allclose(encoded_vector(window), window.target(), atol=1e-12)
    np.testing.assert_allclose(encoded_vector(window, level="semantic"), window.target())


@pytest.mark.parametrize("bitsize", [1, 3])
def test_control_and_adjoint(bitsize: int) -> None:
    assert_control_and_adjoint(SineWindow(bitsize))


@pytest.mark.parametrize("is_controlled", [False, True])
def test_formula_is_decomposition(is_controlled: bool) -> None:
    window = SineWindow(5, is_controlled)
    for bloq in (window, window.adjoint()):
        assert_formula_is_decomposition(bloq)
    assert_qubits_are_decomposition(window)


def test_its_cost_has_a_row_and_tells_what_it_rests_on() -> None:
    # Of ten rotations, pi/2 and pi/4 are gates of Clifford + T.
    report = estimate(SineWindow(10))
    assert (report.rotation_count, report.native.t, report.logical_qubits) == (8, 1, 11)
    assert estimate(LoadedVector(SineWindow(10).target())).rotation_count > 500

    report = estimate(tapered_image())
    rows = {part.component: part for part in report.breakdown()}
    assert rows["window"].calls == 1
    assert rows["window"].native == estimate(SineWindow(3)).native
    assert sum(part.t_count for part in rows.values()) == report.t_count
    assert report.assumptions["window"] == "sine over 8 entries, exact angles"
    data = json.loads(json.dumps(report.to_dict()))
    assert "window" in [row["component"] for row in data["breakdown"]]
    for text in (str(report), report._repr_html_()):
        assert "sine over 8 entries, exact angles" in text


def test_bloqs_of_the_library_are_built_on_it() -> None:
    product = tapered_image()
    expected = SineWindow(3).target() * IMAGE
    assert_encodes(product, expected / np.linalg.norm(expected))
    assert_formula_is_decomposition(product)


def test_it_is_stored_and_read_again() -> None:
    for bloq in (SineWindow(3, is_controlled=True), tapered_image()):
        assert bloq in bloqs_from_proto(bloqs_to_proto(bloq))
