"""What a loader is (the circuit by which classical angles enter a rotation tree), and the registry of all."""

from __future__ import annotations

import abc
from collections.abc import Callable, Sequence
from typing import TypeVar

from qualtran.symbolics import SymbolicFloat, SymbolicInt

from bloqs.core.control import ControllableBloq
from bloqs.loading.angles import (
    FloatArray,
    Rounded,
    rounded_angles,
    rounding,
    table_bits,
    tree_error,
    with_fewest_angle_bits,
    worst_tree_error,
)
from bloqs.loading.plan import TreeShape
from bloqs.registry import Registry

RoundedT = TypeVar("RoundedT", bound=Rounded)


class Loader(abc.ABC):
    """One way in which data enter a circuit: what the argument `loading` names.

    All data enter through trees of rotations about Y, and a loader says which circuit makes such a tree. It
    is exact, or it applies angles rounded to `b` bits, multiples of `4 pi / 2**b` (`bloqs.loading.angles`).

    A loader of your own is one class and one line: derive from `SegmentLoader` (you say which rotations share
    a table), from `TableLoader` (you give the lookups) or from this class (you give the circuit), and
    register an object, `LOADERS.register(Mine())`, in a module that every process imports. Its name is then a
    `loading` of every bloq and network, and of what is computed from them. Let it be an `attrs.frozen` class,
    so that two objects with the same fields are equal.

    A subclass states four things: `name`, `summary`, `is_exact` (all three may be class attributes) and
    `tree`. A loader that is not exact gets its rounding, its error bound and its search for the number of
    bits from here; one whose tables lie in a hardware memory also sets `uses_memory = True`.

    Example:
        >>> [loader.name for loader in LOADERS.values() if loader.is_exact]
        ['rotations']
        >>> LOADERS.find("qram").uses_memory
        True

        A loader that differs from "rotations" in its name alone:

        >>> import attrs
        >>> @attrs.frozen
        ... class MyRotations(Loader):
        ...     name = "my-rotations"
        ...     summary = "exact angles, as 'rotations'"
        ...     is_exact = True
        ...
        ...     def tree(self, shape, angles):
        ...         return None
        >>> MyRotations().assumptions
        {'loader my-rotations': "exact angles, as 'rotations'"}
    """

    uses_memory: bool = False
    """Whether its tables lie in a hardware memory (QRAM), charged by a model that an estimate names."""

    @property
    @abc.abstractmethod
    def name(self) -> str:
        """What the argument `loading` calls it; part of stored bloqs."""

    @property
    @abc.abstractmethod
    def summary(self) -> str:
        """What it does in one line, for the assumptions of a cost."""

    @property
    @abc.abstractmethod
    def is_exact(self) -> bool:
        """Whether angles are applied as they are; otherwise they are rounded to `angle_bits` bits."""

    @abc.abstractmethod
    def tree(self, shape: TreeShape, angles: FloatArray | None) -> ControllableBloq | None:
        """The bloq that makes a tree.

        Args:
            shape: the sizes of the tree, perhaps symbols; `angle_bits` is 0 for an exact loader.
            angles: float64 `(number of angles,)`, in radians, not rounded: those of all rotations one after
                the other, the flag's first. Those of one rotation are indexed big-endian by the index, then
                the level qubits before it. None by shape.

        Returns:
            A bloq on the registers `[ctrl], [index], system, [flag]` (`tree_registers`); or None, and every
            rotation becomes a `MultiplexedRy` of the angles that are applied (`applied`).

        Raises:
            ValueError: a shape that this loader does not make, such as one of symbols.
        """

    @property
    def assumptions(self) -> dict[str, str]:
        """What a bloq that loads by it says in the assumptions block of a cost.

        >>> list(LOADERS["qrom"].assumptions)
        ['loader qrom']
        """
        return {f"loader {self.name}": self.summary}

    def bits(self, angle_bits: SymbolicInt | None) -> SymbolicInt:
        """The bits of an angle that are used: those given, or the default; 0 for an exact loader.

        Args:
            angle_bits: `b`, perhaps a symbol; None for the default of 16.

        Returns:
            Their number.

        Example:
            >>> LOADERS["qrom"].bits(None), LOADERS["rotations"].bits(7)
            (16, 0)
        """
        return 0 if self.is_exact else table_bits(angle_bits)

    def applied(self, angles: FloatArray, angle_bits: SymbolicInt | None) -> FloatArray:
        """The angles that the circuit applies, rounding included.

        Args:
            angles: float64, any shape, in radians.
            angle_bits: `b`; None for the default.

        Returns:
            An array like `angles`, in radians.

        Example:
            >>> import numpy as np
            >>> LOADERS["qrom"].applied(np.array([0.7, 3.0]), 4).round(4)
            array([0.7854, 3.1416])
        """
        return angles if self.is_exact else rounded_angles(angles, self.bits(angle_bits))

    def error(
        self,
        tables: Sequence[FloatArray] | None,
        num_rotations: SymbolicInt,
        angle_bits: SymbolicInt | None,
    ) -> SymbolicFloat:
        """Bound of the 2-norm error of every vector of a tree; 0 for an exact loader, floating point aside.

        Args:
            tables: of each rotation its angles in radians, from which its largest rounding is found; None for
                the largest rounding that there can be.
            num_rotations: rotations of the tree, the flag's included; may be a symbol.
            angle_bits: bits of an angle, perhaps a symbol; None for the default.

        Returns:
            The bound (`tree_error`).

        Example:
            >>> LOADERS["rotations"].error(None, 5, 8), round(LOADERS["qrom"].error(None, 5, 8), 4)
            (0.0, 0.0274)
        """
        if self.is_exact:
            return 0.0
        b = self.bits(angle_bits)
        if tables is None:
            return worst_tree_error(b, num_rotations)
        return tree_error([rounding(angles, b) for angles in tables])

    def for_epsilon(self, make: Callable[[int | None], RoundedT], epsilon: float) -> RoundedT:
        """The bloq with the fewest angle bits whose stated epsilon is at most the one asked.

        Args:
            make: from the number of bits to a bloq that states its `epsilon`.
            epsilon: the error asked for, positive.

        Returns:
            `make(b)`; for an exact loader `make(None)`.

        Raises:
            ValueError: `epsilon` not positive, or out of reach of 50 bits.

        Example:
            >>> from bloqs.loading import LoadedVector
            >>> make = lambda bits: LoadedVector([3.0, -4.0], "qrom", bits)
            >>> LOADERS["qrom"].for_epsilon(make, 1e-3).angle_bits
            10
        """
        return make(None) if self.is_exact else with_fewest_angle_bits(make, epsilon)


# mypy takes an abstract class for no class to be given (its rule type-abstract); it is never called here.
LOADERS: Registry[Loader] = Registry("loading", Loader)  # type: ignore[type-abstract]
"""The loaders by name; `bloqs.loading` registers those of the library."""


def loader_name(loading: str | Loader) -> str:
    """Converter of a field `loading`: the name of a registered loader, from it or from the loader.

    Args:
        loading: a name of `LOADERS`, or a registered loader.

    Returns:
        The name.

    Raises:
        ValueError: an unknown loader; the message lists the known ones.

    Example:
        >>> loader_name(LOADERS["qrom"])
        'qrom'
    """
    return LOADERS.find(loading).name
