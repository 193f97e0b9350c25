import math
import re
from typing import Any

import attrs
import numpy as np
import pytest

from bloqs.activation.activation import Activation
from bloqs.layers import Residual, Stem
from bloqs.networks import (
    KernelShape,
    NetworkSpec,
    NormBoundsError,
    OutputShape,
    load_example,
)
from bloqs.reference import convolution_norm, forward_vectors
from tests.networks.toys import images, make, weights

# ------------------------------------------------------------------------------------ construction


def test_arrays_are_float64_read_only_copies():
    kernel, w = weights()
    original = kernel.copy()
    spec = make(kernels=[kernel.astype(np.float32).astype(np.float64)], output_weights=w.tolist())
    kernel[:] = 0
    spec = make(kernels=[original])
    original[:] = 0
    assert spec.kernels[0].any()
    assert spec.kernels[0].dtype == spec.output_weights.dtype == np.float64
    for array in (spec.kernels[0], spec.output_weights):
        with pytest.raises(ValueError, match="read-only"):
            array[:] = 1.0
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        spec.skip_weight = 0.3


def test_sizes():
    spec = NetworkSpec(input_shape=(3, 6, 6), kernels=[np.zeros((3, 3, 3, 3))])
    geometry = spec.geometry
    assert (spec.num_blocks, geometry.channel_bits, geometry.axis_bits) == (1, 2, 3)
    assert spec.length == 256
    spec = NetworkSpec(input_shape=(3, 6, 6), kernels=[np.zeros((9, 9, 2, 2))], paths=2)
    assert (spec.geometry.channel_bits, spec.geometry.axis_bits, spec.length) == (4, 6, 2**16)
    assert spec.layer_names == ("block 1",)
    spec = make()
    assert spec.has_weights
    assert spec.layer_names == ("block 1", "block 2", "output")
    assert spec.column_norm_bound == pytest.approx(
        max(np.linalg.norm(spec.output_weights[:, j]) for j in range(32))
    )


def test_equality_and_hash_follow_the_content():
    assert make() == make()
    assert hash(make()) == hash(make())
    assert make() != make(skip_weight=0.3)
    assert make() != make(activation=Activation("tanh", gain=0.8))
    assert make() != make(amplitude_bounds=(0.5, 0.5))
    _, w = weights()
    w[0, 0] += 1e-12
    assert make() != make(output_weights=w)
    assert make() != "a network"


# ------------------------------------------------------------------------------------- bad networks


def bad_kernel(value=None, shape=(2, 2, 3, 3)):
    kernel = np.zeros(shape)
    if value is not None:
        kernel.flat[0] = value
    return kernel


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"kernels": [bad_kernel(math.nan)]}, "kernel 1: .*finite, found 1 NaN or infinite"),
        ({"kernels": [bad_kernel(), bad_kernel(math.inf)]}, "kernel 2: .*finite, found 1 NaN"),
        ({"kernels": [np.zeros((2, 3, 3))]}, r"kernel 1: .*\(C_out, C_in, D, D\).*\(2, 3, 3\)"),
        ({"kernels": [np.zeros((2, 2, 3, 2))]}, r"kernel 1: .*found shape \(2, 2, 3, 2\)"),
        ({"kernels": [np.zeros((2, 1, 3, 3))]}, r"C\*\*paths = 2 channels.*\(2, 1, 3, 3\)"),
        ({"kernels": [np.zeros((4, 4, 3, 3))]}, r"found shape \(4, 4, 3, 3\)"),
        ({"kernels": [], "output_weights": None}, "at least one kernel or output weights"),
        ({"kernels": [KernelShape(3, 3, 1.0)]}, "kernel 1 must have 2 channels, found 3"),
        ({"input_shape": (2, 4)}, r"must be \(C, M, M\) with C, M >= 1, found \(2, 4\)"),
        ({"input_shape": (2, 4, 5)}, r"must be \(C, M, M\).*found \(2, 4, 5\)"),
        ({"input_shape": (0, 4, 4)}, r"C, M >= 1, found \(0, 4, 4\)"),
        ({"output_weights": np.zeros((32, 31))}, r"\(N, N\) = \(32, 32\).*found \(32, 31\)"),
        (
            {"output_weights": np.full((32, 32), math.nan)},
            "output_weights must be finite, found 1024",
        ),
        ({"output_weights": OutputShape(16)}, "must have length 32, found 16"),
        ({"skip_weight": 1.01}, r"skip_weight must lie in \[0, 1\], found 1.01"),
        ({"skip_weight": -0.1}, r"found -0.1"),
        ({"skip_weight": math.nan}, r"found nan"),
        ({"num_groups": 3}, "power of two between 1 and N = 32, found 3"),
        ({"num_groups": 64}, "power of two between 1 and N = 32, found 64"),
        ({"num_groups": 0}, "found 0"),
        ({"paths": 0}, "paths must be at least 1, found 0"),
        ({"activation": "erf"}, "must be an Activation, found 'erf'"),
        ({"norm_bounds": [(1, 2), (1, 2)]}, "3 pairs .* for block 1, block 2, output; found 2"),
        ({"norm_bounds": [(1, 2)] * 4}, "3 pairs .*; found 4"),
        ({"norm_bounds": [(1, 2), (2, 1), (1, 2)]}, r"block 2 must .*found \(2.0, 1.0\)"),
        ({"norm_bounds": [(1, 2), (1, 2), (0, 1)]}, r"output must .*found \(0.0, 1.0\)"),
        ({"norm_bounds": [(1, math.nan), (1, 2), (1, 2)]}, r"block 1 must .*nan"),
        ({"norm_bounds": [(1, 2, 3), (1, 2), (1, 2)]}, r"must hold pairs \(lo, hi\)"),
        ({"amplitude_bounds": [0.1]}, "one bound for each of the 2 blocks, found 1"),
        ({"amplitude_bounds": [0.1, 0.0]}, "finite and positive"),
    ],
)
def test_bad_network_is_refused(changes, message):
    with pytest.raises(ValueError, match=message):
        make(**changes)


def test_norm_bounds_without_output_weights_have_no_output_pair():
    assert make(output_weights=None, norm_bounds=[(1, 2), (1, 2)]).norm_bounds == ((1, 2), (1, 2))
    with pytest.raises(ValueError, match=r"2 pairs .* for block 1, block 2; found 3"):
        make(output_weights=None, norm_bounds=[(1, 2)] * 3)


def test_convolution_norm_above_one_is_refused_and_the_message_mends_it():
    kernel, _ = weights()
    with pytest.raises(
        ValueError, match=r"\|\|Conv\|\|_2 of kernel 2 .*found 1\.25; divide"
    ) as info:
        make(kernels=[kernel, 1.25 * kernel])
    divisor = float(str(info.value).rsplit(" ", 1)[1])
    make(kernels=[kernel, 1.25 * kernel / divisor])
    assert "dividing alone changes the network" in str(info.value)


def test_what_the_messages_of_norms_above_one_say_leaves_the_network_as_it_is():
    """Kernels divided and the gain multiplied; W_out divided with another skip weight: the same outputs."""
    kernel, w = weights()
    image = np.arange(1.0, 1 + np.prod(make().input_shape)).reshape(make().input_shape)
    gain, tau, scale = 0.7, 0.3, 1.5
    layers = [Residual(kernel / 2), Residual(kernel)]
    spec = make(
        kernels=(), layers=layers, activation=Activation("erf", gain=gain), skip_weight=tau,
        output_weights=w,
    )  # fmt: skip
    wanted = forward_vectors(spec, image)
    halved = [Residual(kernel / 2 / scale), Residual(kernel / scale)]
    mended = attrs.evolve(spec, layers=halved, activation=Activation("erf", gain=gain * scale))
    assert np.allclose(forward_vectors(mended, image).blocks[-1], wanted.blocks[-1], atol=1e-12)
    with pytest.raises(ValueError, match=r"take skip_weight=0\.[0-9]+, or the network") as info:
        attrs.evolve(
            spec, output_weights=scale * w, skip_weight=tau * scale / (1 - tau + tau * scale)
        )
    found = float(re.search(r"skip_weight=([0-9.]+)", str(info.value))[1])
    assert found == pytest.approx(tau, abs=1e-5)
    with pytest.raises(ValueError, match="only a norm changes"):
        make(kernels=(), layers=[Stem(2 * kernel, activation=False)], output_weights=None)


def test_output_norm_above_one_is_refused_and_the_message_mends_it():
    _, w = weights()
    with pytest.raises(ValueError, match=r"\|\|W_out\|\|_2 .*found 1\.001; divide") as info:
        make(output_weights=1.001 * w)
    make(output_weights=1.001 * w / float(str(info.value).rsplit(" ", 1)[1]))


def test_norms_may_exceed_one_by_the_tolerance_only():
    kernel, w = weights()
    make(kernels=[kernel * (1 + 5e-7)], output_weights=w * (1 + 5e-7))
    with pytest.raises(ValueError, match="Conv"):
        make(kernels=[kernel * (1 + 2e-6)])
    with pytest.raises(ValueError, match="W_out"):
        make(output_weights=w * (1 + 2e-6))


def test_zero_padding_decides_the_norm_not_the_symbol():
    # Periodic, this kernel has norm 1.05; zero-padded on 4x4 pixels it stays below 1.
    kernel = np.full((1, 1, 3, 3), 1.05 / 9)
    assert convolution_norm(kernel, 4) < 1.0
    NetworkSpec(input_shape=(1, 4, 4), kernels=[kernel])
    with pytest.raises(ValueError, match="Conv"):
        NetworkSpec(input_shape=(1, 64, 64), kernels=[kernel])


# ------------------------------------------------------------------------------------------- images


def test_checked_image_is_a_unit_tensor():
    x = make().check_image(np.eye(4))
    assert x.shape == (2, 4, 4)
    np.testing.assert_allclose(x[0], np.eye(4) / 2)
    assert not x[1].any()


@pytest.mark.parametrize(
    ("image", "message"),
    [
        (np.ones((4, 5)), r"shape \(2, 4, 4\), or \(4, 4\) .*found \(4, 5\)"),
        (np.ones((3, 4, 4)), r"found \(3, 4, 4\)"),
        (np.ones(16), r"found \(16,\)"),
        (np.full((4, 4), math.nan), "finite, found 16 NaN"),
        (np.zeros((2, 4, 4)), "all zero"),
    ],
)
def test_bad_image_is_refused(image, message):
    with pytest.raises(ValueError, match=message):
        make().check_image(image)


# -------------------------------------------------------------------------------------- calibration


def test_calibrated_bounds_widen_the_measured_range():
    spec, data = make(), images()
    calibrated = spec.calibrate(data)
    norms = spec.layer_norms(data)
    assert norms.shape == (20, 3)
    for (lo, hi), values in zip(calibrated.norm_bounds, norms.T, strict=True):
        a, b = values.min(), values.max()
        factor = max(1.003, min(1.1, (b / a) ** 0.125))
        assert lo == pytest.approx(a / factor)
        assert hi == pytest.approx(b * factor)
    peaks = forward_vectors(spec, data).amplitudes.max(axis=0)
    np.testing.assert_allclose(calibrated.amplitude_bounds, 1.1 * peaks)
    np.testing.assert_array_equal(calibrated.kernels[0], spec.kernels[0])


def test_margin_caps_the_widening():
    spec, data = make(), images()
    values = spec.layer_norms(data)[:, 2]
    lo, hi = spec.calibrate(data, margin=0.004).norm_bounds[2]
    assert lo == pytest.approx(values.min() / 1.004)
    assert hi == pytest.approx(values.max() * 1.004)


def test_a_tail_leaves_out_images_and_widens_no_norm():
    spec, data = make(), images()
    lo, hi = np.array(spec.calibrate(data, tail=0.06).norm_bounds).T
    norms = spec.layer_norms(data)
    assert np.all(np.sum(norms < lo, axis=0) == 2)
    assert np.all(np.sum(norms > hi, axis=0) == 2)
    assert spec.calibrate(data, tail=0.06).peak_bound == spec.calibrate(data).peak_bound
    with pytest.raises(ValueError, match=r"tail must lie in \[0, 0.1\], found 0.2"):
        spec.calibrate(data, tail=0.2)


def test_calibration_on_as_many_images_as_channels_reads_them_one_by_one():
    data = images(2)
    norms = make().layer_norms(data)
    assert norms.shape == (2, 3)
    for row, image in zip(norms, data, strict=True):
        v = forward_vectors(make(), image)
        np.testing.assert_allclose(row, [*v.block_norms, v.output_norm])


def test_calibration_of_a_block_that_does_nothing():
    spec = make(kernels=[np.zeros((2, 2, 1, 1))]).calibrate(images())
    assert spec.amplitude_bounds[0] > 0
    assert spec.norm_bounds[0] == pytest.approx((1 / 1.003, 1.003))


def test_bad_calibration_is_refused():
    with pytest.raises(ValueError, match=r"at least one image"):
        make().calibrate([])
    with pytest.raises(ValueError, match="all zero"):
        make().calibrate([np.ones((4, 4)), np.zeros((4, 4))])
    with pytest.raises(ValueError, match=r"margin must be at least 0.003 and finite, found -0.1"):
        make().calibrate(images(), margin=-0.1)
    shapes = NetworkSpec.from_shapes(input_shape=(2, 4, 4), num_blocks=1)
    with pytest.raises(ValueError, match="shapes but no weights"):
        shapes.calibrate(images())


def test_norm_bounds_error_tells_layer_value_and_bounds():
    error = NormBoundsError("block 2", 0.25, (0.5, 0.75))
    assert isinstance(error, ValueError)
    assert (error.layer, error.value, error.bounds) == ("block 2", 0.25, (0.5, 0.75))
    assert "block 2 is 0.25" in str(error)
    assert "[0.5, 0.75]" in str(error)
    assert "wider interval" in str(error)


# ------------------------------------------------------------------------------------------- shapes


def test_shapes_at_a_million_pixels_a_side():
    spec = NetworkSpec.from_shapes(input_shape=(16, 2**20, 2**20), num_blocks=3, paths=2)
    assert spec.length == 2**88
    assert spec.geometry.axis_bits == 40
    assert not spec.has_weights
    assert [k.alpha for k in spec.kernels] == [3 * 16.0] * 3
    assert spec.column_norm_bound == 1.0


def test_shape_alphas_and_options():
    spec = NetworkSpec.from_shapes(
        input_shape=(4, 8, 8),
        num_blocks=2,
        kernel_size=5,
        conv_alpha=[1.5, 2.5],
        column_norm_bound=0.2,
        norm_bounds=[(1, 1.1), (1, 1.2), (0.1, 0.2)],
        amplitude_bounds=[0.2, 0.3],
        skip_weight=0.02,
    )
    assert spec.kernels == (KernelShape(4, 5, 1.5), KernelShape(4, 5, 2.5))
    assert spec.output_weights == OutputShape(256, 0.2)
    assert spec.norm_bounds[2] == (0.1, 0.2)
    flat = NetworkSpec.from_shapes(input_shape=(4, 8, 8), num_blocks=2, conv_alpha=2)
    assert [k.alpha for k in flat.kernels] == [2.0, 2.0]
    bare = NetworkSpec.from_shapes(input_shape=(4, 8, 8), num_blocks=2, output_layer=False)
    assert not bare.has_output_layer
    assert bare.column_norm_bound is None


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"num_blocks": 0}, "num_blocks must be at least 1, found 0"),
        ({"paths": 0}, "paths must be at least 1, found 0"),
        ({"kernel_size": 0}, "kernel_size must be an integer from 1 to .*, found 0"),
        (
            {"conv_alpha": "tight"},
            "must be 'bound', a number, or one number per block, found 'tight'",
        ),
        ({"conv_alpha": [1.0]}, "each of the 2 blocks, found 1"),
        ({"conv_alpha": -1.0}, "finite and positive, found -1.0"),
        ({"column_norm_bound": 1.5}, r"must lie in \(0, 1\].*found 1.5"),
        ({"input_shape": (4, 8, 9)}, r"found \(4, 8, 9\)"),
    ],
)
def test_bad_shapes_are_refused(changes, message):
    arguments = {"input_shape": (4, 8, 8), "num_blocks": 2}
    with pytest.raises(ValueError, match=message):
        NetworkSpec.from_shapes(**(arguments | changes))


KERNEL = np.full((1, 1, 1, 1), 0.5)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"kernels": (KERNEL * 1j,)}, "kernel 1 must be real, found dtype complex128"),
        ({"output_weights": np.eye(16) * 0.5j}, "output_weights must be real"),
        ({"num_groups": 2.5}, "num_groups must be an integer, found 2.5"),
        ({"paths": 1.5}, "paths must be an integer, found 1.5"),
        ({"input_shape": (1.5, 4, 4)}, "a size of input_shape must be an integer, found 1.5"),
    ],
)
def test_nothing_is_cut_off_in_silence(changes: dict[str, Any], message: str) -> None:
    arguments = {"input_shape": (1, 4, 4), "kernels": (KERNEL,), "num_groups": 2, **changes}
    with pytest.raises(ValueError, match=message):
        NetworkSpec(**arguments)


def test_complex_images_and_half_windows_are_refused() -> None:
    spec = NetworkSpec(input_shape=(1, 4, 4), kernels=(KERNEL,), num_groups=2)
    with pytest.raises(ValueError, match="an image must be real"):
        spec.to_bloq(np.eye(4) * 1j, norm_bounds=[(1.0, 1.9)])
    with pytest.raises(ValueError, match=r"kernel_size must be an integer, found 2\.5"):
        NetworkSpec.from_shapes(input_shape=(1, 4, 4), num_blocks=1, kernel_size=2.5)  # type: ignore[arg-type]


def test_one_alpha_a_block_may_be_an_array() -> None:
    spec = NetworkSpec.from_shapes(
        input_shape=(1, 4, 4), num_blocks=2, num_groups=2, conv_alpha=np.array([2.0, 3.0])
    )
    assert [kernel.alpha for kernel in spec.kernels] == [2.0, 3.0]


def test_weights_that_are_zero_are_named() -> None:
    zero = NetworkSpec(input_shape=(1, 4, 4), kernels=(KERNEL, KERNEL * 0), num_groups=2)
    with pytest.raises(
        ValueError, match=r"kernel 2 of kernels: .* all zero.*; leave out the block"
    ):
        zero.to_bloq(np.eye(4), norm_bounds=[(1.0, 1.9)] * 2)
    weights = NetworkSpec(
        input_shape=(1, 4, 4), kernels=(KERNEL,), output_weights=np.zeros((16, 16)), num_groups=2
    )
    with pytest.raises(ValueError, match="output_weights are all zero"):
        weights.to_bloq(np.eye(4), norm_bounds=[(1.0, 1.9), (0.5, 0.6)])


def test_a_network_prints_in_a_few_lines() -> None:
    """Tables of weights are told by their size."""
    example = load_example("digits-1")
    network = example.spec.to_bloq(example.images[0], loading="select-swap")
    assert "data=<64 numbers>" in repr(network)
    assert len(repr(network)) < 2000
