"""The curves of a study: which regime, which loader, and which norms are assumed as N grows."""

from __future__ import annotations

from typing import Any

import attrs

from bloqs.checks import instance, one_of, real_number, sequence, whole_number
from bloqs.core.checks import MAX_BITSIZE, checked
from bloqs.layers import OUTPUTS
from bloqs.loading import memory_model
from bloqs.loading.loader import loader_name
from bloqs.messages import shown

Pair = tuple[float, float]


@attrs.frozen(field_transformer=checked)
class NormModel:
    r"""The norms that a network is built for, as a function of the length of its vector.

    `constant`: every block `||x + f(Wx)||` and the output `||g||` in fixed intervals. `spread`: the output is

    $$ ||g|| = \max(\tau, L^{-1/2}), $$

    with L the length of the vector (`N^d` for d paths), because `||x o x||` is about `L^{-1/2}` for a vector
    whose entries are of equal size, and `W_out` has norm at most 1: with tau fixed the learned term fades,
    and with tau = 0, where it does not, the last normalisation amplifies `L^{-1/2}`.

    Parameters:
        name: "constant" or "spread".
        skip_weight: tau.
        block: (lo, hi) of `||x + f(Wx)||` of every block.
        output: (lo, hi) of `||g||`; for `spread` only the ratio hi/lo is used.

    >>> NormModel("spread", skip_weight=0.0).output_norm(2**20)
    (0.0009765625, 0.0013671875)
    """

    name: str = "constant"
    skip_weight: float = 0.51
    block: Pair = (1.2, 1.35)
    output: Pair = (0.5, 0.7)

    def __attrs_post_init__(self) -> None:
        if not isinstance(self.name, str) or self.name not in ("constant", "spread"):
            raise ValueError(
                f"the name of a norm model is 'constant' or 'spread', found {shown(self.name)}"
            )
        real_number(self.skip_weight, "skip_weight", low=0, high=1)
        for name in ("block", "output"):
            pair = getattr(self, name)
            if not (isinstance(pair, tuple) and len(pair) == 2):
                raise ValueError(f"{name} must be a pair (lo, hi) of norms, found {shown(pair)}")
            lo, hi = (real_number(end, f"each end of {name}", low=0, is_open=True) for end in pair)
            if lo > hi:
                raise ValueError(f"{name} must be a pair 0 < lo <= hi of norms, found {pair}")

    def output_norm(self, length: int) -> Pair:
        """Bounds of `||g||` for a vector of some length.

        Args:
            length: entries of the vector, `L`.

        Returns:
            `(lo, hi)`.
        """
        if self.name == "constant":
            return self.output
        norm = max(self.skip_weight, float(length) ** -0.5)
        return norm, min(1.0, norm * self.output[1] / self.output[0])

    def layers(self, num_blocks: int, length: int, has_output: bool) -> tuple[Pair, ...]:
        """The bounds of every layer of a network, as `NetworkSpec.cost_bloq` takes them.

        Args:
            num_blocks: residual blocks.
            length: entries of the network's vector.
            has_output: whether an output layer follows.

        Returns:
            One pair (lo, hi) a layer.
        """
        last = (self.output_norm(length),) if has_output else ()
        return (*(self.block,) * num_blocks, *last)

    @property
    def summary(self) -> str:
        """In words."""
        block = f"block norms in [{self.block[0]:g}, {self.block[1]:g}]"
        if self.name == "constant":
            return (
                f"{block}, ||g|| in [{self.output[0]:g}, {self.output[1]:g}] at every N, "
                f"tau = {self.skip_weight:g}"
            )
        ratio = self.output[1] / self.output[0]
        return (
            f"{block}, ||g|| = max(tau, N^(-d/2)) up to {ratio:.3g} times that, "
            f"tau = {self.skip_weight:g}"
        )


CONSTANT = NormModel()
SPREAD = NormModel("spread", skip_weight=0.1)
FADING = NormModel("spread", skip_weight=0.0)


AXES = ("N", "k", "epsilon")
"""What a study varies, one at a time."""


def _to_axes(axes: Any) -> tuple[str, ...]:
    given = sequence(axes, "axes", f"some of {', '.join(map(repr, AXES))}")
    return tuple(one_of(axis, "each of axes", AXES) for axis in given)


@attrs.frozen(field_transformer=checked, kw_only=True)
class Curve:
    """One line of a plot: all that stays fixed while N, the number of blocks or epsilon changes.

    Parameters:
        name: short and unique.
        label: for legends and tables.
        regime: 1, 2 or 3.
        paths: input encodings d that are tensored.
        loading: as `NetworkSpec.cost_bloq`.
        qram: memory model, as `bloqs.costs.estimate`.
        norms: the norms assumed.
        output: "coherent", or "heralded" (amplitude amplification with a measured flag).
        axes: what it is measured against: "N", "k", "epsilon".

    Example:
        >>> curve = Curve(name="r1-qrom", label="1, QROM", regime=1, loading="qrom", axes=("N",))
        >>> curve.has_output, curve.norms.summary
        (True, 'block norms in [1.2, 1.35], ||g|| in [0.5, 0.7] at every N, tau = 0.51')
    """

    name: str
    label: str
    regime: int
    paths: int = 1
    loading: str = "qram"
    qram: str = "oracle"
    norms: NormModel = CONSTANT
    output: str = "coherent"
    axes: tuple[str, ...] = attrs.field(default=("N", "k", "epsilon"), converter=_to_axes)

    def __attrs_post_init__(self) -> None:
        for name in ("name", "label"):
            instance(getattr(self, name), name, str, "text")
        one_of(self.regime, "regime", (1, 2, 3))
        whole_number(self.paths, "paths", low=1, high=MAX_BITSIZE)
        instance(self.norms, "norms", NormModel, "a NormModel")
        loader_name(self.loading)
        memory_model(self.qram)
        OUTPUTS.find(self.output)

    @property
    def has_output(self) -> bool:
        """Whether there are output weights: not in regime 3."""
        return self.regime != 3


CURVES = (
    Curve(name="r1-oracle", label="1, QRAM oracle", regime=1),
    Curve(name="r1-select-swap", label="1, QRAM by select-swap", regime=1, qram="select-swap"),
    Curve(name="r1-bucket-brigade", label="1, bucket brigade", regime=1, qram="bucket-brigade"),
    Curve(name="r2-d2", label="2, d = 2", regime=2, paths=2),
    Curve(name="r2-d1", label="2, d = 1", regime=2),
    Curve(name="r3-d2", label="3, d = 2", regime=3, paths=2, loading="select-swap"),
    Curve(name="r3-d1", label="3, d = 1", regime=3, loading="select-swap"),
    Curve(
        name="r1-oracle-spread",
        label="1, ||g|| spread, tau 0.1",
        regime=1,
        norms=SPREAD,
        axes=("N",),
    ),
    Curve(
        name="r1-oracle-fading",
        label="1, ||g|| spread, tau 0, heralded",
        regime=1,
        norms=FADING,
        output="heralded",
        axes=("N",),
    ),
    Curve(
        name="r2-d2-spread",
        label="2, d = 2, ||g|| spread, tau 0.1",
        regime=2,
        paths=2,
        norms=SPREAD,
        axes=("N",),
    ),
    Curve(
        name="r2-d2-fading",
        label="2, d = 2, ||g|| spread, tau 0, heralded",
        regime=2,
        paths=2,
        norms=FADING,
        output="heralded",
        axes=("N",),
    ),
)
"""The curves of the study. Regime 3 has no output weights, so that no norm of theirs is assumed there.

With tau = 0 the last amplitude falls with N until no polynomial of a degree that can be solved amplifies it:
those curves take the heralded output, whose rounds have a closed form.
"""
