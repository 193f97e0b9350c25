"""A rotation tree made by a loader: parts, costs and errors, for all bloqs that load data through one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from functools import cached_property

import attrs
import numpy as np
import sympy
from qualtran import Bloq
from qualtran.bloqs.basic_gates import CNOT
from qualtran.resource_counting import BloqCountDictT
from qualtran.symbolics import SymbolicFloat, SymbolicInt, is_symbolic

from bloqs.core.control import ControllableBloq, WorkspaceOf
from bloqs.core.rotation import GenericRotation
from bloqs.core.wires import Wires
from bloqs.loading.angles import FloatArray
from bloqs.loading.loader import LOADERS, Loader
from bloqs.loading.multiplexed import MultiplexedRy
from bloqs.loading.plan import TreeShape

Key = tuple[str, int]


@attrs.frozen(eq=False)
class AngleTree:
    """A sequence of multiplexed rotations about Y (`TreeShape`), made by a loader.

    Parameters:
        loading: the loader's name.
        shape: the sizes; `angle_bits` is 0 of an exact loader.
        tables: the angles of each rotation, the flag's first: float64 `(2**p,)`, in radians, for a rotation
            selected by `p` qubits; None by shape.

    Example:
        >>> tree = AngleTree("rotations", TreeShape(0, 2, False, 0, False), [np.ones(1), np.zeros(2)])
        >>> [rotation is None for rotation in tree.rotations]
        [False, True]
    """

    loading: str
    shape: TreeShape
    tables: Sequence[FloatArray] | None

    @property
    def loader(self) -> Loader:
        """The registered loader."""
        return LOADERS.find(self.loading)

    @cached_property
    def bloq(self) -> ControllableBloq | None:
        """The whole tree as one bloq; None where it is made rotation by rotation."""
        angles = None if self.tables is None else np.concatenate(self.tables)
        return self.loader.tree(self.shape, angles)

    @cached_property
    def rotations(self) -> list[MultiplexedRy | None]:
        """The tree rotation by rotation, concrete sizes; None where by data there is nothing to do."""
        prefixes = self.shape.prefixes
        tables = [None] * len(prefixes) if self.tables is None else self.applied()
        return [
            None
            if table is not None and not table.any()
            else MultiplexedRy(table, p, is_controlled=self.shape.is_controlled)
            for table, p in zip(tables, prefixes, strict=True)
        ]

    @property
    def is_symbolic(self) -> bool:
        """Whether a size is a symbol."""
        return self.shape.is_symbolic

    def workspace_given(self, workspace_of: WorkspaceOf) -> SymbolicInt:
        """Clean qubits inside; none rotation by rotation."""
        return 0 if self.bloq is None else workspace_of(self.bloq)

    @property
    def error(self) -> SymbolicFloat:
        """Bound of the 2-norm error of every vector of the tree (`Loader.error`)."""
        bits = self.shape.angle_bits
        return self.loader.error(self.tables, self.shape.num_rotations, bits)

    def applied(self) -> list[FloatArray]:
        """The tables with the angles that the circuit applies; by data."""
        assert self.tables is not None
        bits = self.shape.angle_bits
        return [self.loader.applied(table, bits) for table in self.tables]

    def add(
        self, wires: Wires, index: Sequence[Key], system: Sequence[Key], flag: Sequence[Key] = ()
    ) -> None:
        """Put the tree on wires.

        Args:
            wires: of the bloq being built; a register `ctrl` of it controls the tree.
            index: keys of the index qubits.
            system: keys of the level qubits.
            flag: key of the flag, where there is one.
        """
        if self.bloq is not None:
            registers = {"index": [*index], "system": [*system], "flag": [*flag]}
            wires.call(self.bloq, ctrl=wires.reg("ctrl"), **registers)
        else:
            self.add_rotations(wires, index, system, flag)

    def add_rotations(
        self, wires: Wires, index: Sequence[Key], system: Sequence[Key], flag: Sequence[Key] = ()
    ) -> None:
        """The same rotation by rotation, whatever the loader.

        Args:
            wires: of the bloq being built; a register `ctrl` of it controls the rotations.
            index: keys of the index qubits.
            system: keys of the level qubits.
            flag: key of the flag, where there is one.
        """
        control = wires.reg("ctrl")
        address, targets = [*index, *system], [*flag, *system]
        for rotation, p, target in zip(self.rotations, self.shape.prefixes, targets, strict=True):
            if rotation is not None:
                wires.call(rotation, ctrl=control, select=address[:p], target=[target])

    def counts(self) -> BloqCountDictT:
        """What the tree calls."""
        return self.count_rotations() if self.bloq is None else {self.bloq: 1}

    def count_rotations(self) -> BloqCountDictT:
        """The same rotation by rotation, whatever the loader; in closed form when symbolic."""
        if not self.is_symbolic:
            counts: Counter[Bloq] = Counter(r for r in self.rotations if r is not None)
            return dict(counts)
        c, n, flag = self.shape.index_bitsize, self.shape.num_levels, int(self.shape.has_flag)
        rotations = 2**c * (2**n - 1 + flag)
        if self.shape.is_controlled:
            return {GenericRotation("Ry"): 2 * rotations, CNOT(): 2 * rotations}
        # A rotation that nothing selects has no CNOT.
        lone = int(n != 0) + flag
        if is_symbolic(c):
            lone = sympy.Piecewise((lone, sympy.Eq(c, 0)), (0, True))
        elif c > 0:
            lone = 0
        return {GenericRotation("Ry"): rotations, CNOT(): rotations - lone}
