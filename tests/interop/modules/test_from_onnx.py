"""Models: what is mapped gives the vectors of the model, the rest is refused or says what was changed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto

from bloqs.interop import ImportRefusedError, from_onnx
from bloqs.interop.modules.onnx_graph import onnx_graph
from bloqs.reference.network import forward_vectors
from tests.interop.modules.models import Builder, Variant, result

C, M = 2, 4


def images(count: int = 12, channels: int = C, side: int = M) -> np.ndarray:
    return np.random.default_rng(1).random((count, channels, side, side)) - 0.2


def block(b: Builder, x: str, function: str = "Gelu", **options: float) -> str:
    return b.node("Add", x, b.node(function, b.conv(x, C, C, **options)))


def paper(b: Builder) -> str:
    x = b.l2_norm("x")
    x = b.l2_norm(block(b, x))
    return b.l2_norm(block(b, x))


def kernels_above_one(b: Builder) -> str:
    return b.l2_norm(block(b, b.l2_norm("x"), scale=1.0))


def erf_block(b: Builder) -> str:
    return block(b, b.l2_norm("x"), "Erf")


def tanh_block(b: Builder) -> str:
    return block(b, b.l2_norm("x"), "Tanh")


def swish_block(b: Builder) -> str:
    x = b.l2_norm("x")
    u = b.conv(x, C, C)
    return b.node("Add", x, b.node("Mul", u, b.node("Sigmoid", u)))


def stem_then_block(b: Builder) -> str:
    x = b.l2_norm(b.node("Gelu", b.conv(b.l2_norm("x"), C, C)))
    return b.l2_norm(block(b, x))


def more_channels(b: Builder) -> str:
    return b.l2_norm(b.node("Tanh", b.conv(b.l2_norm("x"), C, 4)))


def strided(b: Builder) -> str:
    return b.node("Gelu", b.conv(b.l2_norm("x"), C, 4, stride=2))


def linear_convolutions(b: Builder) -> str:
    return b.conv(b.conv("x", C, 4), 4, 2)


def linear_block(b: Builder) -> str:
    return b.node("Add", "x", b.conv("x", C, C))


def pooled(b: Builder) -> str:
    x = b.node("AveragePool", b.conv("x", C, C), kernel_shape=[2, 2], strides=[2, 2])
    return b.l2_norm(block(b, b.l2_norm(x)))


def folded_batch_norm(b: Builder) -> str:
    u = b.conv("x", C, C)
    scale = 1 + 0.1 * b.rng.normal(size=C)
    variance = 1 + b.rng.random(C)
    zero = np.zeros(C)
    return b.node("BatchNormalization", u, *map(b.weight, (scale, zero, zero, variance)))


def pooled_to_classes(b: Builder) -> str:
    x = b.l2_norm(block(b, b.l2_norm("x")))
    x = b.node("Flatten", b.node("GlobalAveragePool", x))
    return b.linear(x, C, 3)


def grouped(b: Builder) -> str:
    return b.node("Conv", "x", b.weight(np.ones((C, 1, 3, 3))), name="deep", pads=[1] * 4, group=C)


def grouped_in_a_dilated_column(b: Builder) -> str:
    weight = b.weight(np.random.default_rng(4).normal(size=(2 * C, 1, 3, 1)))
    return b.node("Conv", "x", weight, pads=[2, 0, 2, 0], dilations=[2, 1], group=C)


def written_out_gelu(b: Builder, u: str, *, halves_first: bool) -> str:
    """`u (1 + erf(u/root 2))/2`, as exporters write it that know no Gelu."""
    erf = b.node("Erf", b.node("Div", u, b.weight(np.sqrt(2.0))))
    factor = b.node("Mul", u, b.weight(0.5)) if halves_first else u
    product = b.node("Mul", factor, b.node("Add", erf, b.weight(1.0)))
    return product if halves_first else b.node("Mul", product, b.weight(0.5))


def gelu_written_out(b: Builder) -> str:
    x = b.l2_norm("x")
    x = b.l2_norm(b.node("Add", x, written_out_gelu(b, b.conv(x, C, C), halves_first=False)))
    return b.node("Add", x, written_out_gelu(b, b.conv(x, C, C), halves_first=True))


def reshaped_to_classes(b: Builder) -> str:
    x = b.node("GlobalAveragePool", b.l2_norm(block(b, b.l2_norm("x"))))
    return b.linear(b.node("Reshape", x, b.whole([-1, C])), C, 3)


MAPPED: list[Variant] = [
    gelu_written_out, reshaped_to_classes,
    paper, kernels_above_one, erf_block, tanh_block, swish_block, stem_then_block, more_channels, strided,
    linear_convolutions, linear_block, pooled, folded_batch_norm, pooled_to_classes, grouped,
    grouped_in_a_dilated_column,
]  # fmt: skip


@pytest.mark.parametrize("variant", MAPPED, ids=lambda v: v.__name__)
def test_what_is_mapped_gives_the_vectors_of_the_model(variant: Variant, tmp_path: Path) -> None:
    b = Builder()
    path = b.save(tmp_path / "model.onnx", variant(b), (C, M, M))
    imported = from_onnx(path, images())
    assert imported.is_exact, str(imported)
    wanted = result(path, images()).reshape(12, -1).astype(float)
    found = forward_vectors(imported.spec, images()).output
    found = imported.spec.geometries[-1].to_tensors(found).reshape(12, -1)
    wanted /= np.linalg.norm(wanted, axis=1, keepdims=True)
    assert np.abs(found - wanted).max() < 2e-6


def plain(b: Builder) -> str:
    """Stem, blocks with ReLU and LayerNorm, and a dense layer on all entries, with biases throughout."""
    x = b.node("Relu", b.conv("x", C, C, bias=True), name="stem")
    for _ in range(2):
        y = b.node("Relu", b.conv(x, C, C, bias=True))
        x = b.node("LayerNormalization", b.node("Add", x, y), b.weight(np.ones((C, M, M))), axis=1)
    return b.linear(b.node("Flatten", x), C * M * M, 3, bias=True)


def no_norms(b: Builder) -> str:
    return block(b, b.node("Gelu", b.conv("x", C, C)))


def unit_relu(b: Builder) -> str:
    return b.l2_norm(block(b, b.l2_norm("x"), "Relu"))


def only_dense(b: Builder) -> str:
    return b.linear(b.node("Flatten", "x"), C * M * M, 3)


@pytest.mark.parametrize(
    "variant", [plain, no_norms, unit_relu, only_dense], ids=lambda v: v.__name__
)
def test_what_differs_is_never_returned_in_silence(variant: Variant, tmp_path: Path) -> None:
    b = Builder()
    path = b.save(tmp_path / "model.onnx", variant(b), (C, M, M))
    imported = from_onnx(path, images())
    assert not imported.is_exact
    changed = imported.mapping[imported.mapping["became"] == "changed"]
    assert len(changed)
    assert (changed["how"].str.len() > 10).all()
    assert "changed" in str(imported).splitlines()[0]


def test_accuracies_stand_side_by_side_and_a_loss_comes_first(tmp_path: Path) -> None:
    b = Builder()
    path = b.save(tmp_path / "model.onnx", plain(b), (C, M, M))
    many = images(60)
    labels = result(path, many).argmax(axis=1)
    imported = from_onnx(path, many, labels)
    assert imported.original_accuracy == 1.0
    assert imported.accuracy is not None
    assert imported.accuracy < 1.0
    assert imported.num_images == 12  # the head was fitted on the others
    assert str(imported).startswith(
        f"Accuracy falls from 100.0 % to {100 * imported.accuracy:.1f} %"
    )
    html = imported._repr_html_()
    assert html.index("Accuracy falls") < html.index("<table")


@pytest.mark.parametrize("kind", ["Softmax", "LogSoftmax"])
@pytest.mark.parametrize("ends", [pooled_to_classes, only_dense], ids=lambda v: v.__name__)
def test_a_softmax_at_the_end_keeps_the_classes(ends: Variant, kind: str, tmp_path: Path) -> None:
    """The table says that it is left out; the classes are those of the network without it."""
    found = []
    for last in ("Identity", kind):
        b = Builder()
        scores = b.node(last, ends(b), name="end")
        path = b.save(tmp_path / "model.onnx", scores, (C, M, M))
        labels = result(path, images()).argmax(axis=1)
        found.append(from_onnx(path, images(), labels))
    plain, soft = found
    assert soft.original_accuracy == 1.0
    assert (soft.accuracy, soft.agreement) == (plain.accuracy, plain.agreement)
    assert "the largest score stays" in soft.mapping.set_index("layer").loc["end", "how"]


def test_a_softmax_of_channels_is_told_as_changed(tmp_path: Path) -> None:
    b = Builder()
    path = b.save(tmp_path / "model.onnx", b.node("Softmax", paper(b), axis=1), (C, M, M))
    row = from_onnx(path, images()).mapping.iloc[-1]
    assert row["became"] == "changed"
    assert "left out" in row["how"]
    assert row["change"] > 0.01


def test_scores_of_a_pool_are_classes_too(tmp_path: Path) -> None:
    """No dense layer: the channels' means are the scores, and their squares are read out."""
    b = Builder()
    pool = b.node("GlobalAveragePool", b.conv(block(b, b.l2_norm("x")), C, 3, size=1))
    path = b.save(tmp_path / "model.onnx", b.node("Flatten", pool), (C, M, M))
    labels = result(path, images()).argmax(axis=1)
    imported = from_onnx(path, images(), labels)
    assert imported.original_accuracy == 1.0
    assert imported.accuracy == imported.agreement
    assert str(imported).startswith("Accuracy ")


def test_a_reshape_that_mixes_images_is_refused(tmp_path: Path) -> None:
    b = Builder()
    scores = b.linear(b.node("Reshape", "x", b.whole([-1, C * M]), name="rows"), C * M, 3)
    path = b.save(tmp_path / "model.onnx", scores, (C, M, M))
    with pytest.raises(ValueError, match=r"layer 'rows' \(flatten\).*8 entries of 32 would mix"):
        from_onnx(path, images())


def test_images_of_another_size_are_refused_by_the_layer_they_do_not_fit(tmp_path: Path) -> None:
    b = Builder()
    path = b.save(tmp_path / "model.onnx", only_dense(b), (C, M, M))
    with pytest.raises(ValueError, match=r"layer 'Gemm.' .*shape \(50,\): its weights take 32"):
        from_onnx(path, images(side=5))


def test_an_operation_of_another_domain_is_refused(tmp_path: Path) -> None:
    """One of the name of a standard one need not do the same."""
    b = Builder()
    path = b.save(tmp_path / "model.onnx", paper(b), (C, M, M))
    model = onnx.load(str(path))
    model.graph.node[-1].domain = "mine"
    model.opset_import.append(onnx.helper.make_opsetid("mine", 1))
    onnx.save(model, str(path))
    with pytest.raises(ImportRefusedError, match="Div of the domain 'mine' is not known"):
        from_onnx(path, images())


def test_a_gap_keeps_the_relu(tmp_path: Path) -> None:
    b = Builder()
    path = b.save(tmp_path / "model.onnx", unit_relu(b), (C, M, M))
    imported = from_onnx(path, images(), relu_gap=1e-3)
    assert imported.is_exact
    assert (imported.spec.activation.name, imported.spec.activation.gap) == ("relu", 1e-3)


def max_pooled(b: Builder) -> str:
    return b.node("MaxPool", b.conv("x", C, C), name="pool", kernel_shape=[2, 2], strides=[2, 2])


def unpadded(b: Builder) -> str:
    return b.node("Conv", "x", b.weight(np.ones((C, C, 3, 3))), name="valid", pads=[0] * 4)


def two_functions(b: Builder) -> str:
    return b.node("Tanh", b.conv(b.node("Gelu", b.conv("x", C, C)), C, C), name="second")


def sigmoid(b: Builder) -> str:
    return b.node("Sigmoid", b.conv("x", C, C), name="gate")


def two_convolutions_in_a_block(b: Builder) -> str:
    y = b.conv(b.node("Relu", b.conv("x", C, C)), C, C)
    return b.node("Relu", b.node("Add", "x", y), name="last")


def two_dense(b: Builder) -> str:
    x = b.linear(b.node("Flatten", "x"), C * M * M, 8)
    return b.linear(b.node("Relu", x), 8, 3)


def attention(b: Builder) -> str:
    return b.node("Softplus", "x", name="soft")


def softmax_inside(b: Builder) -> str:
    x = b.node("Softmax", b.conv("x", C, C), name="soft", axis=1)
    return b.linear(b.node("Flatten", x), C * M * M, 3)


def softmax_over_images(b: Builder) -> str:
    scores = b.linear(b.node("Flatten", b.conv("x", C, C)), C * M * M, 3)
    return b.node("Softmax", scores, name="soft", axis=0)


def cast_to_integers(b: Builder) -> str:
    return b.conv(b.node("Cast", "x", name="cast", to=TensorProto.INT64), C, C)


def dropout_that_is_on(b: Builder) -> str:
    ratio, training = b.weight(0.5), b.whole(True)
    return b.conv(b.node("Dropout", "x", ratio, training, name="drop"), C, C)


def two_dense_in_a_row(b: Builder) -> str:
    x = b.linear(b.node("Flatten", "x"), C * M * M, 8)
    return b.linear(x, 8, 3)


def norm_of_scores(b: Builder) -> str:
    x = b.linear(b.node("Flatten", "x"), C * M * M, 4)
    weight = b.weight([1.0, 2.0, 3.0, 4.0])
    return b.node("LayerNormalization", x, weight, name="last", axis=1)


def reshaped_rows(b: Builder) -> str:
    return b.linear(b.node("Reshape", "x", b.whole([7, -1]), name="rows"), C * M * M, 3)


def half_a_gelu(b: Builder) -> str:
    """`u (1 + erf(u/root 2))`, without the half."""
    u = b.conv("x", C, C)
    plus = b.node("Add", b.node("Erf", b.node("Div", u, b.weight(np.sqrt(2.0)))), b.weight(1.0))
    return b.conv(b.node("Mul", u, plus), C, C)


REFUSED = {
    softmax_inside: ("soft", "inside the network"), softmax_over_images: ("soft", "axis 0"),
    cast_to_integers: ("cast", "to INT64, which rounds"), dropout_that_is_on: ("drop", "training_mode=0"),
    two_dense_in_a_row: ("Gemm", "behind the dense layer"), norm_of_scores: ("last", "layer_norm behind"),
    reshaped_rows: ("rows", "a reshape to 7 rows"), half_a_gelu: ("Conv", "no layer's"),
    max_pooled: ("pool", "AvgPool2d"), unpadded: ("valid", "padding=1"),
    two_functions: ("second", "one function"), sigmoid: ("gate", "tanh"),
    two_convolutions_in_a_block: ("Conv", "x \\+ f\\(conv\\(x\\)\\)"), two_dense: ("Relu", "dense"),
    attention: ("soft", "not known"),
}  # fmt: skip


@pytest.mark.parametrize("variant", REFUSED, ids=lambda v: v.__name__)
def test_the_rest_is_refused_with_layer_and_reason(variant: Variant, tmp_path: Path) -> None:
    layer, words = REFUSED[variant]
    b = Builder()
    path = b.save(tmp_path / "model.onnx", variant(b), (C, M, M))
    with pytest.raises(ImportRefusedError, match=words) as error:
        from_onnx(path, images())
    assert error.value.layer.startswith(layer)
    assert error.value.nearest


@pytest.mark.parametrize("variant", [*MAPPED, plain, no_norms], ids=lambda v: v.__name__)
def test_a_graph_computes_what_the_model_does(variant: Variant, tmp_path: Path) -> None:
    b = Builder(3)
    path = b.save(tmp_path / "model.onnx", variant(b), (C, M, M))
    graph = onnx_graph(path)
    assert np.allclose(graph.values(images())[graph.output], result(path, images()), atol=1e-5)


@pytest.mark.parametrize(
    ("content", "words"),
    [(b"", "no ONNX model"), (b"\x80\x04K\x01.", "no ONNX model"), (b"x" * 999, "ONNX")],
)
def test_files_that_are_no_model(content: bytes, words: str, tmp_path: Path) -> None:
    path = tmp_path / "model.onnx"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=words):
        from_onnx(path, images())


def test_bad_images_and_labels(tmp_path: Path) -> None:
    b = Builder()
    path = b.save(tmp_path / "model.onnx", paper(b), (C, M, M))
    for wrong, words in [
        (np.ones(3), "shape"),
        (np.zeros((2, C, M, M)), "all zero"),
        (np.full((2, C, M, M), np.nan), "finite"),
        (images(1), "at least two"),
    ]:
        with pytest.raises(ValueError, match=words):
            from_onnx(path, wrong)
    with pytest.raises(ValueError, match="labels must be 12 integers"):
        from_onnx(path, images(), [0, 1])
    with pytest.raises(ValueError, match="relu_gap"):
        from_onnx(path, images(), relu_gap=2)
    with pytest.raises(ValueError, match="does not fit"):
        from_onnx(path, images(channels=3))
