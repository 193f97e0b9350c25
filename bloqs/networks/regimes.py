"""The three regimes: how the image and the weights reach the machine, decided in one place.

A regime changes nothing in a network but the loaders of three pieces, the image, the kernels and the
columns of the output weights:

| regime | image | kernels | output columns | network |
|---|---|---|---|---|
| 1 | QRAM | tables | QRAM | one input path |
| 2 | circuit | tables | QRAM | `d` input paths, bilinear in the image for `d = 2` |
| 3 | circuit | tables | none | `d` input paths, no output weights |

The kernels, whose size does not grow with the image, are tables of a circuit in all of them. A loader that
uses no memory (any but "qram") loads every piece, and the regimes differ in what they allow only.
"""

from typing import TYPE_CHECKING

import attrs

from bloqs.loading import LOADERS
from bloqs.loading.loader import Loader
from bloqs.messages import shown
from bloqs.networks.build import DEFAULT_LOADER, GATE_LEVEL_LOADER

if TYPE_CHECKING:
    from bloqs.networks.spec import NetworkSpec

CIRCUIT_LOADER = "select-swap"
"""What loads the pieces that do not go to the hardware memory when the loader uses one."""

EXACT_LOADER = "rotations"
"""What loads all pieces where nothing is to be rounded."""


@attrs.frozen
class Regime:
    """What a regime allows and which of its pieces lie in a hardware memory (QRAM).

    Parameters:
        number: 1, 2 or 3.
        summary: in words, for the assumptions of a cost.
        has_paths: whether several input paths are allowed.
        has_output: whether output weights are allowed.
        qram: names of the pieces that a loader with a memory ("qram") puts into it.

    Example:
        >>> REGIMES[3].has_output, REGIMES[3].qram
        (False, ())
    """

    number: int
    summary: str
    has_paths: bool
    has_output: bool
    qram: tuple[str, ...]


REGIMES = {
    1: Regime(1, "1: input and weights loaded coherently", False, True, ("input", "columns")),
    2: Regime(
        2, "2: input loaded by a circuit, output weights from memory", True, True, ("columns",)
    ),
    3: Regime(3, "3: input loaded by a circuit, no output weights, no memory", True, False, ()),
}
"""The regimes by number."""


@attrs.frozen
class DataAccess:
    """The loader of each piece of a network.

    Parameters:
        regime: the regime.
        loading: the loader asked for.
        input: loader of the image, of every path.
        kernels: loader of the kernels.
        columns: loader of the columns of the output weights; None where there are none.

    Example:
        >>> from bloqs.networks import load_example
        >>> access = data_access(load_example("digits-1").spec, 1, "qram")
        >>> access.loaders
        {'input': 'qram', 'kernels': 'select-swap', 'output columns': 'qram'}
    """

    regime: Regime
    loading: str
    input: str
    kernels: str
    columns: str | None

    @property
    def loaders(self) -> dict[str, str]:
        """The loader of each piece, for the assumptions of a cost."""
        columns = "none" if self.columns is None else self.columns
        return {"input": self.input, "kernels": self.kernels, "output columns": columns}

    @property
    def exact(self) -> "DataAccess":
        """The same pieces by rotations, which round nothing."""
        columns = None if self.columns is None else EXACT_LOADER
        return attrs.evolve(self, input=EXACT_LOADER, kernels=EXACT_LOADER, columns=columns)

    @property
    def priced(self) -> "DataAccess":
        """The same pieces, from tables where rotations by the angles of a table stand for them.

        Bits of those cost nothing; they are to be as many as the tables would have.
        """
        tables = {GATE_LEVEL_LOADER: DEFAULT_LOADER}
        return attrs.evolve(
            self,
            input=tables.get(self.input, self.input),
            kernels=tables.get(self.kernels, self.kernels),
            columns=None if self.columns is None else tables.get(self.columns, self.columns),
        )

    @property
    def uses_tables(self) -> bool:
        """Whether a piece is loaded from tables of rounded angles."""
        names = (self.input, self.kernels, self.columns)
        return any(name is not None and not LOADERS[name].is_exact for name in names)


def _check_spec(spec: object) -> None:
    """Refuse what is no network."""
    if not isinstance(getattr(spec, "paths", None), int):
        raise ValueError(f"spec must be a NetworkSpec, found {shown(spec)}")


def natural_regime(spec: "NetworkSpec") -> int:
    """The first regime that allows a network: 1 for one input path, else 2, without output weights 3.

    Args:
        spec: the network.

    Returns:
        1, 2 or 3.

    Example:
        >>> from bloqs.networks import NetworkSpec
        >>> natural_regime(NetworkSpec.from_shapes(input_shape=(4, 8, 8), num_blocks=1, paths=2))
        2
    """
    _check_spec(spec)
    if spec.paths == 1:
        return 1
    return 2 if spec.has_output_layer else 3


def data_access(spec: "NetworkSpec", regime: int, loading: str | Loader | None) -> DataAccess:
    """The loaders of a network in a regime.

    Args:
        spec: the network.
        regime: 1, 2 or 3.
        loading: a registered loader or its name: "rotations", "rounded-rotations", "qrom", "select-swap",
            "qram", or your own; None for `DEFAULT_LOADER`.

    Returns:
        The loader of each piece.

    Raises:
        ValueError: unknown regime or loader; several paths in regime 1; output weights or a loader with a
            memory in regime 3.

    Example:
        >>> from bloqs.networks import NetworkSpec
        >>> spec = NetworkSpec.from_shapes(input_shape=(4, 8, 8), num_blocks=1, paths=2)
        >>> data_access(spec, 2, "qrom").loaders
        {'input': 'qrom', 'kernels': 'qrom', 'output columns': 'qrom'}
    """
    _check_spec(spec)
    if isinstance(regime, bool) or not isinstance(regime, int) or regime not in REGIMES:
        raise ValueError(
            "regime must be 1 (input and weights in QRAM), 2 (weights in QRAM) or 3 (no QRAM), "
            f"found {shown(regime)}"
        )
    rules = REGIMES[regime]
    if spec.paths != 1 and not rules.has_paths:
        other = natural_regime(spec)
        raise ValueError(
            f"regime {regime} has one input path, this network has {spec.paths}; use regime={other}"
        )
    if spec.has_output_layer and not rules.has_output:
        raise ValueError(
            f"regime {regime} has no output weights, which need a memory, and this network has some; use "
            f"regime=2, or remove them: spec.without_output_layer(), by shape from_shapes(output_layer=False)"
        )
    chosen = LOADERS.find(DEFAULT_LOADER if loading is None else loading)
    if chosen.uses_memory and not rules.qram:
        raise ValueError(
            f"regime {regime} has no QRAM; use loading={CIRCUIT_LOADER!r}, 'qrom' or 'rotations'"
        )

    def loader(piece: str) -> str:
        from_circuit = chosen.uses_memory and piece not in rules.qram
        return CIRCUIT_LOADER if from_circuit else chosen.name

    columns = loader("columns") if spec.has_output_layer else None
    return DataAccess(rules, chosen.name, loader("input"), loader("kernels"), columns)
