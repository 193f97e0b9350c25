"""Modules of PyTorch: traced, mapped, and read as they compute. Needs torch, which CI does not install."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

torch = pytest.importorskip(
    "torch", reason="a package of hundreds of megabytes, for users who have it"
)

from torch import nn  # noqa: E402
from torch.nn import functional as F  # noqa: E402

from bloqs.interop import ImportRefusedError, from_torch  # noqa: E402
from bloqs.interop.modules.torch_graph import torch_graph  # noqa: E402
from bloqs.reference.network import forward_vectors  # noqa: E402

C, M = 2, 4


def conv(c_in=C, c_out=C, bias=False, **options):
    return nn.Conv2d(c_in, c_out, 3, padding=1, bias=bias, **options)


def window(size, padding, c_in=C, c_out=C, **options):
    return nn.Conv2d(c_in, c_out, size, padding=padding, bias=False, **options)


class L2(nn.Module):
    def forward(self, x):
        return x / torch.linalg.vector_norm(x, dim=(1, 2, 3), keepdim=True)


class Normal(nn.Module):
    def forward(self, x):
        return F.normalize(x, dim=(1, 2, 3))


class Block(nn.Module):
    def __init__(self, function, inner=None):
        super().__init__()
        self.conv, self.function = inner or conv(), function

    def forward(self, x):
        return x + self.function(self.conv(x))


class Scaled(nn.Module):
    """The paper's activation: `erf(0.8 u)`."""

    def __init__(self):
        super().__init__()
        self.conv = conv()

    def forward(self, x):
        return x + torch.erf(0.8 * self.conv(x))


class Down(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = conv(C, 2 * C, stride=2)

    def forward(self, x):
        skip = F.pad(F.avg_pool2d(x, 2), (0, 0, 0, 0, 0, C))
        return skip + F.gelu(self.conv(x))


def rms():
    return nn.RMSNorm((C, M, M), elementwise_affine=False, eps=1e-12)


MAPPED = {
    "paper": lambda: nn.Sequential(L2(), Scaled(), L2(), Scaled(), L2()),
    "gelu": lambda: nn.Sequential(Normal(), Block(nn.GELU()), Normal()),
    "silu": lambda: nn.Sequential(L2(), Block(nn.SiLU())),
    "tanh": lambda: nn.Sequential(L2(), Block(torch.tanh)),
    "rms": lambda: nn.Sequential(rms(), Block(nn.GELU()), rms(), Block(nn.GELU()), rms()),
    "stem": lambda: nn.Sequential(L2(), conv(), nn.GELU(), L2(), Block(nn.GELU())),
    "channels": lambda: nn.Sequential(L2(), conv(C, 4), nn.Tanh()),
    "stride": lambda: nn.Sequential(L2(), conv(C, 4, stride=2), nn.Tanh()),
    "pool": lambda: nn.Sequential(conv(), nn.AvgPool2d(2), nn.Dropout(0.5), conv()),
    "classes": lambda: nn.Sequential(
        L2(), Block(nn.GELU()), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(C, 3, bias=False)
    ),
    "down": lambda: nn.Sequential(L2(), Down()),
    "groups": lambda: nn.Sequential(L2(), Block(nn.GELU(), conv(groups=2)), L2()),
    "groups of two": lambda: nn.Sequential(L2(), conv(C, 4), nn.Tanh(), L2(), conv(4, 8, groups=2)),
    "depthwise, folded": lambda: nn.Sequential(
        L2(),
        conv(C, 2 * C, groups=C),
        nn.BatchNorm2d(2 * C),
        nn.GELU(),
        nn.Conv2d(2 * C, C, 1, bias=False),
    ),
    "dilated": lambda: nn.Sequential(L2(), Block(nn.GELU(), window(3, 2, dilation=2)), L2()),
    "dilated, strided": lambda: nn.Sequential(L2(), window(3, 2, dilation=2, stride=2), nn.Tanh()),
    "same, dilated": lambda: nn.Sequential(L2(), window(3, "same", dilation=(2, 1)), nn.Tanh()),
    "column": lambda: nn.Sequential(L2(), Block(nn.GELU(), window((3, 1), (1, 0))), L2()),
    "row": lambda: nn.Sequential(
        L2(), window((1, 5), (0, 2), groups=2, dilation=(2, 1)), nn.Tanh()
    ),
}

SAID = {
    "groups": "2 groups as one with zeros between them",
    "dilated": "a dilation of (2, 2) as a window of 5 x 5",
    "column": "a window of 3 x 1 as one of 3 x 3",
}
"""What the table says of how they are mapped."""


def images(count=12):
    return np.random.default_rng(0).random((count, C, M, M)) - 0.2


def made(name_or_module):
    torch.manual_seed(0)
    module = name_or_module()
    return module.double().eval()


@pytest.mark.parametrize("name", MAPPED)
def test_what_is_mapped_gives_the_vectors_of_the_module(name):
    module = made(MAPPED[name])
    imported = from_torch(module, images())
    assert imported.is_exact, str(imported)
    with torch.no_grad():
        wanted = module(torch.from_numpy(images())).numpy().reshape(12, -1)
    found = forward_vectors(imported.spec, images()).output
    found = imported.spec.geometries[-1].to_tensors(found).reshape(12, -1)
    wanted /= np.linalg.norm(wanted, axis=1, keepdims=True)
    assert np.abs(found - wanted).max() < 1e-6
    assert SAID.get(name, "") in str(list(imported.mapping["how"]))


def plain():
    return nn.Sequential(
        conv(bias=True), nn.ReLU(), Block(nn.ReLU()), nn.LayerNorm((C, M, M)),
        Block(nn.ReLU()), nn.LayerNorm((C, M, M)), nn.Flatten(), nn.Linear(C * M * M, 3),
    )  # fmt: skip


def test_the_plain_network_comes_with_its_accuracy():
    module = made(plain)
    many = images(60)
    with torch.no_grad():
        labels = module(torch.from_numpy(many)).numpy().argmax(axis=1)
    imported = from_torch(module, many, labels)
    assert not imported.is_exact
    assert imported.original_accuracy == 1.0
    assert set(imported.mapping["became"]) <= {"mapped", "changed", "folded"}
    assert str(imported).startswith("Accuracy ")


@pytest.mark.parametrize("name", [*MAPPED, plain], ids=str)
def test_a_graph_computes_what_the_module_does(name):
    module = made(MAPPED.get(name, plain))
    graph = torch_graph(module)
    with torch.no_grad():
        wanted = module(torch.from_numpy(images())).numpy()
    assert np.allclose(graph.values(images())[graph.output], wanted, atol=1e-12)


def test_a_batch_norm_is_folded():
    module = made(lambda: nn.Sequential(conv(), nn.BatchNorm2d(C)))
    imported = from_torch(module, images())
    assert list(imported.mapping["became"]) == ["mapped", "folded"]


class Basic(nn.Module):
    """The block of ResNet: two convolutions, and the function after the sum."""

    def __init__(self):
        super().__init__()
        self.first, self.second = conv(), conv()

    def forward(self, x):
        return F.relu(x + self.second(F.relu(self.first(x))))


class Calls(nn.Module):
    """A convolution, what a function makes of it, and a dense layer."""

    def __init__(self, function, entries=C * M * M):
        super().__init__()
        self.conv, self.dense, self.function = conv(), nn.Linear(entries, 3), function

    def forward(self, x):
        return self.dense(self.function(self.conv(x)))


def hooked(where):
    module = nn.Sequential(conv(), nn.GELU())
    target = module if where == "root" else module[int(where)]
    target.register_forward_hook(lambda m, given, made: made * made)
    return module


def stale_weight_norm():
    """Its weights are made anew from `weight_g` in every call."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        module = nn.Sequential(nn.utils.weight_norm(conv()))
    with torch.no_grad():
        module[0].weight_g.mul_(torch.tensor([3.0, 1.0])[:, None, None, None])
    return module


def in_place(u):
    """The skip is taken of what the function has already overwritten."""
    return (u + F.relu_(u)).flatten(1)


ELSE = "in the module it makes something else"
HEAD = (nn.Flatten(), nn.Linear(C * M * M, 3))
REFUSED = {
    "softmax inside": (lambda: Calls(lambda u: F.softmax(u, 1).flatten(1)), "softmax", "inside the network"),
    "softmax between": (lambda: nn.Sequential(*HEAD, nn.Softmax(1), nn.Linear(3, 3)), "2", "inside"),
    "softmax over images": (lambda: nn.Sequential(conv(), *HEAD, nn.Softmax(0)), "3", "axis 0"),
    "dense in a row": (lambda: nn.Sequential(*HEAD, nn.Linear(3, 3)), "2", "behind the dense layer"),
    "norm of scores": (lambda: nn.Sequential(*HEAD, nn.LayerNorm(3)), "2", "layer_norm behind"),
    "dropout on": (lambda: Calls(lambda u: F.dropout(u).flatten(1)), "dropout", "on in evaluation"),
    "part": (lambda: Calls(lambda u: u[:, 0].flatten(1), M * M), "getitem", "a part of a tensor"),
    "gelu by tanh": (lambda: Calls(lambda u: F.gelu(u, approximate="tanh").flatten(1)), "gelu", "'none'"),
    "divisor": (lambda: nn.Sequential(conv(), nn.AvgPool2d(2, divisor_override=1)), "1", "divisor_override"),
    "adaptive": (lambda: nn.Sequential(conv(), nn.AdaptiveAvgPool2d((None, 1))), "1", r"\(None, 1\)"),
    "hook": (lambda: hooked("0"), "0", ELSE),
    "hook of all": (lambda: hooked("root"), "Sequential", ELSE),
    "weight norm": (stale_weight_norm, "0", ELSE),
    "in place": (lambda: Calls(in_place), "add", "skip|something else"),
    "max pool": (lambda: nn.Sequential(conv(), nn.MaxPool2d(2)), "1", "AvgPool2d"),
    "rows lost": (lambda: nn.Sequential(window((3, 1), 0)), "0", r"2 rows and 4 columns of 4.*\(1, 0\)"),
    "dilation": (lambda: nn.Sequential(window(3, 1, dilation=2)), "0", "padding=2"),
    "padding too wide": (lambda: nn.Sequential(window((1, 3), 1)), "0", r"1 x 3.*padding=\(0, 1\)"),
    "sigmoid": (lambda: nn.Sequential(conv(), nn.Sigmoid()), "1", "tanh"),
    "basic block": (Basic, "first", r"x \+ f\(conv\(x\)\)"),
    "two functions": (lambda: nn.Sequential(conv(), nn.GELU(), conv(), nn.Tanh()), "3", "one function"),
    "softplus": (lambda: nn.Sequential(conv(), nn.Softplus()), "1", "not known"),
    "two dense": (
        lambda: nn.Sequential(nn.Flatten(), nn.Linear(C * M * M, 8), nn.ReLU(), nn.Linear(8, 3)), "2", "dense"
    ),
    "reflection": (lambda: nn.Sequential(conv(padding_mode="reflect")), "0", "zeros"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_the_rest_is_refused_with_layer_and_reason(name):
    module, layer, words = REFUSED[name]
    with pytest.raises(ImportRefusedError, match=words) as error:
        from_torch(made(module), images())
    assert error.value.layer == layer


@pytest.mark.parametrize(
    "rows", [lambda u: u.view(-1, C * M * M), lambda u: u.reshape(u.size(0), -1)]
)
def test_a_view_is_a_flattening(rows):
    module = made(lambda: Calls(lambda u: rows(F.gelu(u))))
    assert torch_graph(module).values(images())["dense"].shape == (12, 3)


def test_a_view_that_mixes_images_is_refused():
    module = made(lambda: Calls(lambda u: u.view(-1, C * M), C * M))
    with pytest.raises(ValueError, match="would mix images"):
        from_torch(module, images())


def test_a_module_in_training_is_read_as_in_evaluation_and_left_in_training():
    """Its function's dropout is off in evaluation, where it says so; single layers keep their mode."""
    module = made(lambda: nn.Sequential(L2(), Dropping(), nn.BatchNorm2d(C)))
    module.train()
    module[2].eval()
    mean = module[2].running_mean.clone()
    from_torch(module, images())
    assert [one.training for one in (module, module[1], module[2])] == [True, True, False]
    assert torch.equal(module[2].running_mean, mean)


def test_a_norm_of_flattened_rows_is_that_of_the_image():
    """All entries either way: folded into the dense layer behind it."""
    found = []
    for flat in (False, True):
        norm, flatten = nn.LayerNorm(C * M * M if flat else (C, M, M)), nn.Flatten()
        order = (flatten, norm) if flat else (norm, flatten)
        module = made(lambda o=order: nn.Sequential(conv(), nn.Tanh(), *o, nn.Linear(C * M * M, 4)))
        found.append(from_torch(module, images(), head="exact"))
    one, other = (f.mapping.set_index("layer") for f in found)
    assert one.loc["2", "became"] == other.loc["3", "became"] == "folded"
    assert np.array_equal(found[0].spec.kernels[-1], found[1].spec.kernels[-1])


class Dropping(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = conv()

    def forward(self, x):
        return F.dropout(self.conv(x), 0.5, self.training)


def test_what_is_no_module():
    with pytest.raises(ValueError, match="a file is not opened"):
        from_torch("model.pt", images())
