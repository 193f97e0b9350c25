"""What the library cannot take: one sentence each, at once."""

from fractions import Fraction

import numpy as np
import pytest

from bloqs.activation import Activation, NonlinearTransform
from bloqs.combine import VectorSum
from bloqs.convolution import Conv2DBlockEncoding
from bloqs.core.budget import ErrorBudget
from bloqs.costs import forward_cost, schedule, surface_code_footprint, t_count
from bloqs.layers import ResidualBlock, ResidualLinearPooling
from bloqs.loading import ColumnOracle, LoadedVector, MultiplexedRy, TableLookup
from bloqs.networks import (
    Build,
    KernelShape,
    NetworkSpec,
    OutputShape,
    check_norm_bounds,
    data_access,
    natural_regime,
)
from bloqs.qsvt import QSVT, ProjectorPhase, amplification, solve_phases
from bloqs.qsvt.degree_search import DegreeLimitError
from bloqs.scaling import Curve, NormModel, StudySettings
from bloqs.sweeps import sweep_passed, sweep_summary
from bloqs.verify import contract, encoded_vector, plan_contraction, unitary

VECTOR = LoadedVector([0.6, 0.0, 0.0, 0.8])
MATRIX = Conv2DBlockEncoding(np.ones((1, 1, 1, 1)), 2)
COLUMNS = ColumnOracle(np.eye(4).ravel() / 2)
NAN = float("nan")


def shapes(**others):
    return NetworkSpec.from_shapes(**{"input_shape": (4, 8, 8), "num_blocks": 1, **others})


CASES = {
    # A wrong object, None among them.
    "split": (lambda: Build(split=None), "split is a bloqs.costs.ErrorSplit"),
    "encoded_vector": (lambda: encoded_vector(None), "ve must be a qualtran.Bloq, found None"),
    "contract": (lambda: contract(None), "bloq must be a qualtran.Bloq, found None"),
    "plan": (lambda: plan_contraction(None), "bloq must be a qualtran.Bloq, found None"),
    "unitary": (lambda: unitary(None), "bloq must be a qualtran.Bloq, found None"),
    "simulator": (lambda: contract(VECTOR, simulator=1), "simulator must be a bloqs.verify.Simulator"),
    "schedule": (lambda: schedule(None), "bloq must be a qualtran.Bloq, found None"),
    "t_count": (lambda: t_count(None), "gate_counts must be a qualtran.resource_counting.GateCounts"),
    "forward_cost": (lambda: forward_cost(None), "spec must be a NetworkSpec, found None"),
    "data_access": (lambda: data_access(None, 1, "qrom"), "spec must be a NetworkSpec, found None"),
    "natural_regime": (lambda: natural_regime(None), "spec must be a NetworkSpec, found None"),
    "bounds of none": (lambda: check_norm_bounds(None, []), "spec must be a NetworkSpec, found None"),
    "vector": (lambda: ResidualBlock(None, MATRIX), "vector must be a VectorEncoding, found None"),
    "vector of a transform": (lambda: NonlinearTransform(3), "vector must be a VectorEncoding, found 3"),
    "frame": (lambda: sweep_passed(None), "frame must be the data frame that run_sweep returns"),
    "frame of a summary": (lambda: sweep_summary({}), "frame must be the data frame"),
    "norms of a study": (lambda: NormModel(block=[]), r"block must be a pair \(lo, hi\) of norms"),
    "budget": (lambda: ErrorBudget.from_dict({}), "values must be what ErrorBudget.to_dict gives, found {}"),
    "epsilon": (lambda: Build(epsilon=None), r"epsilon is a 2-norm error in \(0, 1\), got None"),
    "norm_bounds": (lambda: Build(norm_bounds=None), "norm_bounds is 'calibrated', .* found None"),
    "input_shape": (lambda: shapes(input_shape=None), r"input_shape must be \(C, M, M\) .* found None"),
    "num_words": (lambda: TableLookup([1, 2], 1, 2, num_words=0), "num_words must be at least 1, got 0"),
    "cycle time": (
        lambda: surface_code_footprint(t_counts(), 10, cycle_time_us=1e308),
        "cycle_time_us must be at most",
    ),
    # Taken in silence before.
    "norm 0": (lambda: ResidualBlock(VECTOR, MATRIX, norm=0), "norm must be a finite positive number"),
    "norm -1": (lambda: ResidualBlock(VECTOR, MATRIX, norm=-1), "norm must be a finite positive number"),
    "norm nan": (lambda: ResidualBlock(VECTOR, MATRIX, norm=NAN), "norm must be a finite real number"),
    "norm 2j": (lambda: ResidualBlock(VECTOR, MATRIX, norm=2j), "norm must be a finite real number"),
    "peak": (lambda: ResidualLinearPooling(VECTOR, COLUMNS, peak=NAN), "peak must be a finite real number"),
    "amplitude ''": (
        lambda: ResidualBlock(VECTOR, MATRIX, amplitude_bound=""),
        "amplitude_bound must be a finite real number, found ''",
    ),
    "amplitude 0": (
        lambda: ResidualBlock(VECTOR, MATRIX, amplitude_bound=0),
        "amplitude_bound must be a finite positive number",
    ),
    "complex argument": (lambda: Activation()(np.array([1j])), "u must be real, found dtype complex128"),
    "complex coefficients": (lambda: QSVT(MATRIX, np.array([0, 0.5j])), "chebyshev must be real"),
    "complex phases": (lambda: solve_phases(np.array([0, 0.5j])), "chebyshev must be real"),
    "complex weight": (lambda: VectorSum(VECTOR, VECTOR, 1j), "weight must be a finite real number"),
    "kernel shape": (lambda: KernelShape(NAN, 3, 1.0), "channels must be an integer, found nan"),
    "output shape": (lambda: OutputShape("abc"), "length must be an integer, found 'abc'"),
    "output_layer": (lambda: shapes(output_layer="no"), "output_layer must be True or False, found 'no'"),
    "curve": (lambda: Curve(name="a", label="a", regime="x"), "regime must be an integer"),
    "curve's axes": (lambda: Curve(name="a", label="a", regime=1, axes="N"), "axes must be some of"),
    "transposed": (
        lambda: Conv2DBlockEncoding(np.ones((1, 1, 1, 1)), 2, transposed="no"),
        "transposed must be True or False",
    ),
    "balanced": (
        lambda: Conv2DBlockEncoding(np.ones((1, 1, 1, 1)), 2, balanced=2),
        "balanced must be True or False",
    ),
    "from_shape": (
        lambda: Conv2DBlockEncoding.from_shape(1, float("inf"), image_size=4),
        "kernel_size must be an integer",
    ),
    "phase": (lambda: ProjectorPhase(2, NAN), "angle must be a finite real number, found nan"),
    # Sizes.
    "num_blocks": (lambda: shapes(num_blocks=2**63), "num_blocks must be an integer of at most 1000"),
    "paths": (lambda: shapes(paths=2**63), "paths must be an integer of at most 512"),
    "paths of an image": (lambda: shapes(paths=500), "takes 4000 qubits, allowed are 512"),
    "kernel_size": (lambda: shapes(kernel_size=10**30), "kernel_size must be an integer of at most"),
    "channels": (lambda: shapes(input_shape=(99999999999, 2, 2)), "channels of a kernel .* at most 65536"),
    "gain": (lambda: Activation(gain=1e-17), "the gain of an activation must lie in"),
    "conv_alpha": (lambda: shapes(conv_alpha=1e-17), "conv_alpha must lie in"),
    "bitsize": (lambda: LoadedVector(None, bitsize=10**30), "bitsize must be an integer of at most 512"),
    "select_bitsize": (lambda: MultiplexedRy(None, 10**30), "select_bitsize must be an integer of at most"),
    "study's blocks": (lambda: StudySettings(blocks=[99999]), "each of blocks must be an integer from 1 to"),
    "study's N": (lambda: StudySettings(max_log2_n=100000), "max_log2_n must be an integer from 0 to 128"),
    "study's epsilon": (lambda: StudySettings(epsilons=[1e-30]), "epsilon is at least 1e-15 in a study"),
    # Advice that can be followed.
    "padding": (lambda: LoadedVector(np.ones((1, 3))), r"numpy.pad\(numpy.ravel\(data\), \(0, 1\)\)"),
    "no data": (lambda: LoadedVector([]), "got 0; pad it with zeros to 2"),
}  # fmt: skip


def t_counts():
    from qualtran.resource_counting import GateCounts

    return GateCounts(t=100)


@pytest.mark.parametrize("name", CASES)
def test_bad_input_gets_one_sentence(name):
    call, message = CASES[name]
    with pytest.raises(ValueError, match=message) as error:
        call()
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("epsilon", [Fraction(1, 10), np.array(0.1), np.float32(0.1)])
def test_an_epsilon_of_another_type_is_a_float_at_once(epsilon):
    assert type(Build(epsilon=epsilon).epsilon) is float


@pytest.mark.parametrize(
    "image", [[[1, 2], [3]], np.ma.masked_array(np.eye(8), mask=np.eye(8) > 0)]
)
def test_ragged_and_masked_images_are_refused(image):
    kernel = np.zeros((4, 4, 3, 3))
    kernel[0, 0, 1, 1] = 0.5
    spec = NetworkSpec(input_shape=(4, 8, 8), kernels=[kernel])
    with pytest.raises(ValueError, match="an image must be an array"):
        spec.check_image(image)


def test_the_advice_on_padding_is_good():
    data = np.arange(1.0, 7.0).reshape(2, 3)
    assert LoadedVector(np.pad(np.ravel(data), (0, 2))).data[:6] == tuple(data.ravel())
    assert LoadedVector(np.pad(np.ravel([1.0]), (0, 1))).system_bitsize == 1


def test_an_amplification_out_of_reach_is_refused_before_anything_is_solved():
    with pytest.raises(DegreeLimitError, match=r"no polynomial up to degree 4001 .* would"):
        amplification(1e-9, 1.0, delta=1e-6)
