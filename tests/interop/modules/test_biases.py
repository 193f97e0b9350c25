"""Biases through the constant channel, dense layers as stems, and weights with which nothing can be done."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from bloqs.interop import ImportRefusedError, from_onnx
from bloqs.interop.modules.head import dense_kernels, fitted_rows, raised_by
from bloqs.interop.modules.stream import Stream
from bloqs.reference import forward
from bloqs.reference.maps import strided_convolve
from bloqs.reference.network import forward_vectors
from tests.interop.modules.models import Builder, Variant, result
from tests.interop.modules.test_from_onnx import C, M, block, images, only_dense, plain


def kernel(seed: int = 0, size: int = 3, c_in: int = C) -> np.ndarray:
    return 0.1 * np.random.default_rng(seed).normal(size=(C, c_in, size, size))


def conv(b: Builder, x: str, weight: np.ndarray, bias: object = None, pads: object = None) -> str:
    inputs = [x, b.weight(weight)] + ([] if bias is None else [b.weight(bias)])
    half = [weight.shape[2] // 2] * 4
    return b.node("Conv", *inputs, kernel_shape=list(weight.shape[2:]), pads=pads or half)


def biased_block(b: Builder) -> str:
    x = b.l2_norm("x")
    return b.l2_norm(b.node("Add", x, b.node("Gelu", b.conv(x, C, C, bias=True))))


def biased_stem(b: Builder) -> str:
    return b.node("Tanh", b.conv(b.l2_norm("x"), C, 4, stride=2, bias=True))


def biased_then_linear(b: Builder) -> str:
    return b.conv(b.l2_norm("x"), C, C, bias=True)


def folded_batch_norm(b: Builder) -> str:
    return b.batch_norm(b.conv(b.l2_norm("x"), C, C), C)


def two_linear(b: Builder) -> str:
    x = b.conv(b.l2_norm("x"), C, 3, bias=True)
    return b.conv(x, 3, C, bias=True)


def linear_biased_block(b: Builder) -> str:
    x = b.l2_norm("x")
    return b.node("Add", x, b.conv(x, C, C, bias=True))


def pooled_with_bias(b: Builder) -> str:
    x = b.node("AveragePool", b.l2_norm("x"), kernel_shape=[2, 2], strides=[2, 2])
    return b.node("Add", x, b.node("Gelu", b.conv(x, C, C, bias=True)))


def bias_alone(b: Builder) -> str:
    return conv(b, b.l2_norm("x"), np.zeros((C, C, 3, 3)), [0.5, -0.2])


def even_window(b: Builder) -> str:
    return conv(b, "x", kernel(size=2), pads=[0, 0, 1, 1])


def even_window_of_stride_two(b: Builder) -> str:
    inputs = ["x", b.weight(kernel(size=4))]
    return b.node("Conv", *inputs, kernel_shape=[4, 4], pads=[1] * 4, strides=[2, 2])


EXACT: list[Variant] = [
    biased_block, biased_stem, biased_then_linear, folded_batch_norm, two_linear, linear_biased_block,
    bias_alone, even_window, even_window_of_stride_two,
]  # fmt: skip


@pytest.mark.parametrize("variant", EXACT, ids=lambda v: v.__name__)
def test_biases_are_exact_where_norms_are_constant(variant: Variant, tmp_path: Path) -> None:
    b = Builder()
    path = b.save(tmp_path / "model.onnx", variant(b), (C, M, M))
    imported = from_onnx(path, images())
    assert imported.is_exact, str(imported)
    wanted = result(path, images()).reshape(12, -1).astype(float)
    found = forward_vectors(imported.spec, images()).output
    found = imported.spec.geometries[-1].to_tensors(found).reshape(12, -1)
    wanted /= np.linalg.norm(wanted, axis=1, keepdims=True)
    assert np.abs(found - wanted).max() < 2e-6


def deviation(path: Path, **options: bool) -> float:
    """How far the last vectors are from those of the model, at the mean."""
    spec = from_onnx(path, images(), **options).spec  # type: ignore[arg-type]
    wanted = result(path, images()).reshape(12, -1).astype(float)
    found = spec.geometries[-1].to_tensors(forward_vectors(spec, images()).output).reshape(12, -1)
    wanted /= np.linalg.norm(wanted, axis=1, keepdims=True)
    return float(np.linalg.norm(found - wanted, axis=1).mean())


def layer_normed(b: Builder) -> str:
    x = b.node("Relu", b.conv("x", C, C, bias=True))
    weights = [b.weight(np.full((C, M, M), 1.3)), b.weight(np.full((C, M, M), 0.4))]
    x = b.node("LayerNormalization", x, *weights, axis=1)
    return b.node("Add", x, b.node("Relu", b.conv(x, C, C, bias=True)))


@pytest.mark.parametrize("variant", [layer_normed, pooled_with_bias], ids=lambda v: v.__name__)
def test_a_bias_carried_is_nearer_than_one_left_out(variant: Variant, tmp_path: Path) -> None:
    b = Builder()
    path = b.save(tmp_path / "model.onnx", variant(b), (C, M, M))
    assert deviation(path) < 0.7 * deviation(path, biases=False)
    carried, without = from_onnx(path, images()), from_onnx(path, images(), biases=False)
    assert (carried.spec.bias_scale, without.spec.bias_scale) == (1.0, None)
    assert carried.mapping["how"].str.contains("bias by the constant channel").any()
    assert without.mapping["how"].str.contains("bias is left out").any()


def test_a_network_without_biases_gets_no_constant(tmp_path: Path) -> None:
    b = Builder()
    path = b.save(tmp_path / "model.onnx", block(b, "x"), (C, M, M))
    assert from_onnx(path, images()).spec.bias_scale is None


@pytest.mark.parametrize("side", [1, 2, 3, 4, 5, 6, 7, 8])
def test_stems_compute_a_dense_layer_of_any_size(side: int) -> None:
    rng = np.random.default_rng(side)
    weight, bias = rng.normal(size=(3, 2, side, side)), rng.normal(size=3)
    stream = Stream(rng.normal(size=(5, 2, side, side)), np.full(5, 0.7), 1)
    made = stream.joint
    for one, stride in dense_kernels(weight, bias, stream):
        made = strided_convolve(one, made, stride)
    wanted = np.einsum("kcrq,bcrq->bk", weight, stream.tensors) + bias
    assert made.shape == (5, 3, 1, 1)
    assert np.allclose(made[:, :, 0, 0], wanted, atol=1e-12)


def test_an_exact_head_keeps_the_classes(tmp_path: Path) -> None:
    b = Builder()
    path = b.save(tmp_path / "model.onnx", only_dense(b), (C, M, M))
    many = images(60)
    labels = result(path, many).argmax(axis=1)
    imported = from_onnx(path, many, labels, head="exact")
    assert imported.num_images == 60
    assert imported.original_accuracy == 1.0
    assert imported.accuracy is not None
    assert imported.accuracy >= 0.95
    assert imported.accuracy > (from_onnx(path, many, labels).accuracy or 0)
    with pytest.raises(ValueError, match="head"):
        from_onnx(path, many, labels, head="exactly")


def test_the_norm_in_front_of_an_exact_head_is_folded(tmp_path: Path) -> None:
    b = Builder()
    path = b.save(tmp_path / "model.onnx", plain(b), (C, M, M))
    table = from_onnx(path, images(60), head="exact").mapping
    assert list(table["became"][table["layer"].str.startswith("LayerNorm")]) == [
        "changed",
        "folded",
    ]


def test_scores_are_raised_only_where_squares_mistake_them() -> None:
    scores = np.array([[3.0, 1.0, -1.0], [0.5, 2.0, -4.0]])
    assert raised_by(scores[:1]) == 0.0
    raised = scores + raised_by(scores)
    assert ((raised**2).argmax(axis=1) == scores.argmax(axis=1)).all()


def test_a_fit_of_vectors_that_tell_nothing_is_finite() -> None:
    rows = fitted_rows(np.ones((6, 4)) / 2, np.array([0, 1, 0, 1, 0, 1]), 2)
    assert np.isfinite(rows).all()


def zero_block(b: Builder) -> str:
    return b.node("Add", "x", b.node("Relu", conv(b, "x", np.zeros((C, C, 3, 3)))))


def test_a_block_of_zero_weights_is_the_identity(tmp_path: Path) -> None:
    b = Builder()
    path = b.save(tmp_path / "model.onnx", zero_block(b), (C, M, M))
    imported = from_onnx(path, images())
    assert imported.is_exact
    assert np.isfinite(forward(imported.spec, images())).all()
    assert from_onnx(path, images(), relu_gap=1e-3).is_exact


def put(value: float) -> np.ndarray:
    weight = kernel()
    weight[0, 0, 1, 1] = value
    return weight


def dense(weight: object) -> Variant:
    return lambda b: b.node("Gemm", b.node("Flatten", "x"), b.weight(weight), transB=1)


def after(kind: str, *weights: object, **attributes: float) -> Variant:
    return lambda b: b.node(kind, conv(b, "x", kernel()), *map(b.weight, weights), **attributes)


def with_function(scale: float, kind: str = "Gelu") -> Variant:
    return lambda b: b.node("Add", "x", b.node(kind, conv(b, "x", scale * kernel())))


ZERO, ONE = np.zeros(C), np.ones(C)
BAD = {
    "a kernel of zeros": (lambda b: conv(b, "x", np.zeros((C, C, 3, 3))), "Conv0", "zero for image 0"),
    "zeros and a function": (
        lambda b: b.node("Gelu", conv(b, "x", np.zeros((C, C, 3, 3)))), "Conv0", "result is zero"
    ),
    "a block that cancels": (
        lambda b: b.node("Add", "x", conv(b, "x", -np.eye(C)[:, :, None, None])), "Conv0", "result is zero"
    ),
    "nan": (lambda b: conv(b, "x", put(np.nan)), "Conv0", "weight holds nan"),
    "infinite": (lambda b: conv(b, "x", put(np.inf)), "Conv0", "weight holds inf"),
    "bias of nan": (lambda b: conv(b, "x", kernel(), [np.nan, 0.0]), "Conv0", "bias holds nan"),
    "no output": (lambda b: conv(b, "x", np.zeros((0, C, 3, 3))), "Conv0", "at least one channel"),
    "no input": (lambda b: conv(b, "x", np.zeros((C, 0, 3, 3))), "Conv0", "at least one channel"),
    "no tap": (lambda b: conv(b, "x", np.zeros((C, C, 0, 0))), "Conv0", "at least one channel"),
    "scores of zero": (dense(np.zeros((3, C * M * M))), "Gemm1", "result is zero"),
    "scores of nan": (dense(np.full((3, C * M * M), np.nan)), "Gemm1", "weight holds nan"),
    "no class": (dense(np.zeros((0, C * M * M))), "Gemm1", "at least one channel"),
    "no variance": (after("BatchNormalization", ONE, ZERO, ZERO, ZERO, epsilon=0.0), "BatchNorm", "eps is 0"),
    "negative variance": (after("BatchNormalization", ONE, ZERO, ZERO, -ONE), "BatchNorm", "eps is -1"),
    "times zero": (after("Mul", [0.0]), "Conv0", "result is zero"),
    "times nan": (after("Mul", [np.nan]), "Mul1", "factor holds nan"),
    "by zero": (after("Div", [0.0]), "Div1", "division by zero"),
    "huge": (with_function(1e30), "Gelu", "of ordinary size"),
    "tiny": (with_function(1e-30), "Gelu", "of ordinary size"),
    "tiny, ReLU": (with_function(1e-30, "Relu"), "Relu", "of ordinary size"),
    "one row too many": (lambda b: conv(b, "x", kernel(size=2)), "Conv0", "which makes 5 rows of 4"),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_weights_of_which_nothing_can_be_made_are_refused(name: str, tmp_path: Path) -> None:
    variant, layer, words = BAD[name]
    b = Builder()
    path = b.save(tmp_path / "model.onnx", variant(b), (C, M, M))
    with pytest.raises(ImportRefusedError, match=words) as error:
        from_onnx(path, images())
    assert error.value.layer.startswith(layer)


def test_a_softer_relu_is_farther_from_it_and_needs_less(tmp_path: Path) -> None:
    b = Builder()
    path = b.save(tmp_path / "model.onnx", layer_normed(b), (C, M, M))
    sharp, soft = (from_onnx(path, images(), relu_sharpness=s) for s in (4.0, 0.5))
    scale = [float(one.spec.activation.name.split("*")[1]) for one in (sharp, soft)]
    assert scale[0] == pytest.approx(8 * scale[1], rel=1e-4)
    assert sharp.mapping["change"][0] < soft.mapping["change"][0]
    with pytest.raises(ValueError, match="relu_sharpness"):
        from_onnx(path, images(), relu_sharpness=0)
