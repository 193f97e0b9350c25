"""A convolution strategy from outside the package: one class, one registration, and the bloq that it makes.

A kernel that is nearly a multiple of the identity is encoded badly by its columns: the identity of C channels
alone has `alpha = sqrt(C)`. Here it is taken apart, `K = c I + rest`, and the two are added by an LCU, which
makes `alpha = c + alpha(rest)`.
"""

import math

import attrs
import numpy as np
import pytest
from qualtran.resource_counting import QECGatesCost, get_cost_value

from bloqs.convolution import STRATEGIES, Conv2DBlockEncoding, ConvolutionStrategy
from bloqs.convolution import shape_alpha_bound as bound_of_unit_norm
from bloqs.core.block_encoding import RealBlockEncoding
from bloqs.core.wires import Wires
from bloqs.costs import estimate
from bloqs.layers import ResidualBlock
from bloqs.layers.lcu import lcu_counts, lcu_select
from bloqs.loading import LoadedVector
from bloqs.reference import convolution_matrix, convolution_norm
from bloqs.simulation import encoded_matrix, encoded_vector
from bloqs.testing import (
    assert_control_and_adjoint,
    assert_encodes,
    assert_formula_is_decomposition,
    assert_qubits_are_decomposition,
)


@attrs.frozen(cache_hash=True)
class IdentityApart(RealBlockEncoding):
    """`centre * I + rest` by an LCU; `centre` is None by shape, where `rest.alpha` is that of the sum."""

    rest: Conv2DBlockEncoding
    centre: float | None = None
    is_controlled: bool = False

    @property
    def system_bitsize(self):
        return self.rest.system_bitsize

    @property
    def ancilla_bitsize(self):
        return 1 + self.rest.ancilla_bitsize

    @property
    def alpha(self):
        return self.rest.alpha + (self.centre or 0.0)

    @property
    def epsilon(self):
        return self.rest.epsilon

    def target(self):
        return self.rest.target() + self.centre * np.eye(2**self.system_bitsize)

    def apply_block(self, vectors):
        rest = self.rest.alpha * self.rest.apply_block(vectors)
        return (self.centre * vectors + rest) / self.alpha

    @property
    def workspace(self):
        return self.rest.controlled().workspace + int(self.is_controlled)

    @property
    def _angle(self):
        return 2 * math.acos(math.sqrt(self.centre / self.alpha)) if self.has_data else None

    def build_composite_bloq(self, bb, **soqs):
        wires = Wires(bb, soqs)
        lcu, *inner = wires.reg("ancilla")
        with lcu_select(wires, wires.reg("ctrl"), [lcu], self._angle) as select:
            rest = self.rest.controlled()
            wires.call(rest, ctrl=select, system=wires.reg("system"), ancilla=inner)
        return wires.join_signature(self.signature)

    def build_call_graph(self, ssa):
        return {self.rest.controlled(): 1, **lcu_counts(self._angle, self.is_controlled)}


@attrs.frozen(kw_only=True)
class IdentityApartStrategy(ConvolutionStrategy):
    """The identity's share is the mean of the centre tap's diagonal."""

    name: str = "identity-apart"
    summary: str = "a multiple of the identity, and the columns of what is left"

    def encode(self, kernel, image_size, *, loading="rotations", angle_bits=None):
        rest = np.array(kernel, dtype=float)
        channels, centre = len(rest), rest.shape[-1] // 2
        if rest.shape[1] != channels or any(n & (n - 1) for n in (channels, image_size)):
            raise ValueError("channels and image_size must be powers of two, C_in equal to C_out")
        share = max(0.0, float(np.trace(rest[:, :, centre, centre])) / channels)
        rest[:, :, centre, centre] -= share * np.eye(channels)
        return IdentityApart(Conv2DBlockEncoding(rest, image_size, loading, angle_bits), share)

    def encode_shape(
        self, channels, kernel_size, image_size, *, loading="rotations", angle_bits=None, alpha=None
    ):
        if alpha is None:
            alpha = self.alpha_bound(channels, kernel_size, image_size)
        columns = STRATEGIES["columns"]
        options = {"loading": loading, "angle_bits": angle_bits, "alpha": alpha}
        return IdentityApart(columns.encode_shape(channels, kernel_size, image_size, **options))

    def alpha_bound(self, channels, kernel_size, image_size):
        # The centre tap is a block of Conv, so c <= 1, and the norm of the rest is at most 2.
        return 1 + 2 * bound_of_unit_norm(channels, kernel_size, image_size)


MINE = STRATEGIES.register(IdentityApartStrategy())


def near_identity(seed: int, channels: int, size: int) -> np.ndarray:
    kernel = 0.1 * np.random.default_rng(seed).normal(size=(channels, channels, size, size))
    kernel[:, :, size // 2, size // 2] += 0.7 * np.eye(channels)
    return kernel


CASES = [(1, 2, 3), (2, 2, 1), (2, 1, 1), (2, 2, 2), (1, 4, 2)]


@pytest.mark.parametrize(("channels", "image_size", "size"), CASES)
def test_it_encodes_the_convolution(channels: int, image_size: int, size: int) -> None:
    kernel = near_identity(size, channels, size)
    encoding = STRATEGIES.find("identity-apart").encode(kernel, image_size)
    expected = convolution_matrix(kernel, image_size)
    np.testing.assert_allclose(encoded_matrix(encoding), expected, atol=1e-11)
    assert_encodes(encoding, expected)
    assert_encodes(encoding, expected, level="semantic")


@pytest.mark.parametrize(("channels", "image_size", "size"), [(1, 2, 3), (2, 1, 1)])
def test_control_and_adjoint(channels: int, image_size: int, size: int) -> None:
    assert_control_and_adjoint(MINE.encode(near_identity(0, channels, size), image_size))


def test_its_alpha_is_smaller_where_the_kernel_is_near_the_identity() -> None:
    kernel = near_identity(0, 8, 3)
    kernel /= convolution_norm(kernel, 8)
    mine, default = MINE.encode(kernel, 8), STRATEGIES["columns-or-rows"].encode(kernel, 8)
    assert convolution_norm(kernel, 8) <= mine.alpha < default.alpha
    assert mine.alpha <= MINE.alpha_bound(8, 3, 8)


@pytest.mark.parametrize(
    ("loading", "bits"),
    [
        ("rotations", None),
        *(pytest.param(n, 8, marks=pytest.mark.slow) for n in ("qrom", "select-swap")),
    ],
)
def test_costs_by_data_and_by_shape(loading: str, bits: int | None) -> None:
    options = {"loading": loading, "angle_bits": bits}
    data = MINE.encode(near_identity(0, 4, 3), 8, **options)
    shape = MINE.encode_shape(4, 3, 8, **options)
    for bloq in (data, data.controlled(), shape, shape.controlled()):
        assert_formula_is_decomposition(bloq)
        assert_qubits_are_decomposition(bloq)
    assert shape.alpha == 1 + 2 * 3 * 2
    assert estimate(data).t_count <= estimate(shape).t_count
    assert get_cost_value(data, QECGatesCost()).rotation > 0


def test_it_is_part_of_a_residual_block() -> None:
    rng = np.random.default_rng(1)
    kernel = near_identity(1, 1, 3)
    kernel /= convolution_norm(kernel, 2)
    x = rng.normal(size=4)
    x /= np.linalg.norm(x)
    block = ResidualBlock(LoadedVector(x), MINE.encode(kernel, 2), degree=2)
    erf = np.vectorize(math.erf)
    expected = x + erf(0.8 * convolution_matrix(kernel, 2) @ x)
    expected /= np.linalg.norm(expected)
    error = np.linalg.norm(encoded_vector(block) - expected)
    assert error <= block.epsilon < 1e-2
    np.testing.assert_allclose(
        encoded_vector(block), encoded_vector(block, level="semantic"), atol=1e-9
    )
    assert estimate(block).t_count > estimate(MINE.encode(kernel, 2)).t_count


def test_an_unknown_name_is_refused_with_what_there_is() -> None:
    with pytest.raises(ValueError, match=r"unknown convolution strategy 'sideways'; .*'balanced'"):
        STRATEGIES.find("sideways")
