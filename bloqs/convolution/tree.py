"""A tree of multiplexed rotations through any loader: how the factors of a kernel enter the circuit."""

from functools import cached_property

import attrs
import numpy as np
import sympy
from qualtran import (
    BloqBuilder,
    BloqDocSpec,
    DecomposeTypeError,
    Signature,
    Soquet,
    bloq_example,
)
from qualtran.resource_counting import BloqCountDictT, SympySymbolAllocator
from qualtran.symbolics import SymbolicFloat, SymbolicInt, is_symbolic

from bloqs.core.checks import checked
from bloqs.core.control import DATA, ControllableBloq, WorkspaceOf
from bloqs.core.encoding import FloatArray, ShapeOnlyError
from bloqs.core.wires import Wires
from bloqs.loading.angle_tree import AngleTree
from bloqs.loading.angles import check_angle_bits
from bloqs.loading.fields import abridged, floats
from bloqs.loading.generalizers import LOADING_GENERALIZERS
from bloqs.loading.loader import LOADERS, Loader, loader_name
from bloqs.loading.plan import TreeShape
from bloqs.loading.tabulated import tree_registers


@attrs.frozen(field_transformer=checked, cache_hash=True)
class RotationTree(ControllableBloq):
    """`|j>|0> -> |j> |v_j>`: unit vectors chosen by an index, as a tree of rotations about Y.

    Level qubit `l` of `system` is rotated by an angle selected by the index and the level qubits before it;
    with `has_flag`, first a flag qubit by an angle selected by the index alone. The sequence is the same
    unitary for every loader, up to the rounding of angles.

    * "rotations": a `MultiplexedRy` each. By data, one whose angles are all zero is left out.
    * "qrom", "select-swap": `TabulatedRotations`, which share their loads. By data, index qubits on which no
      angle depends are not addressed, and levels at the end that are not rotated are left out.

    Registers:
        ctrl: one qubit, only when `is_controlled`; off, nothing happens.
        index: `QAny(c)`, unchanged; absent when `c = 0`.
        system: `QAny(n)`, the level qubits.
        flag: one qubit, only with `has_flag`.

    Parameters:
        angles: radians, in the order of the rotations, `2**c` (flag) and `2**(c+l)` (level `l`) of them,
            indexed big-endian by index and level qubits; None by shape.
        index_bitsize: `c >= 0`; may be symbolic by shape.
        num_levels: `n >= 1`; may be symbolic by shape.
        loading: a registered loader or its name.
        angle_bits: bits of a tabulated angle; None for the loader's default.
        has_flag: whether a flag is rotated first.
        is_controlled: with a `ctrl` qubit.

    Raises:
        ValueError: wrong number of angles, angles not finite, unknown loader, angle bits out of range.

    Example:
        >>> tree = RotationTree([np.pi / 2, 0.0, np.pi], index_bitsize=0, num_levels=2)
        >>> tree.tensor_contract()[:, 0].real.round(4)  # (|00> + |11>)/sqrt(2)
        array([ 0.7071, -0.    ,  0.    ,  0.7071])
    """

    angles: tuple[float, ...] | None = attrs.field(
        default=None, converter=floats, repr=abridged, metadata=DATA
    )
    index_bitsize: SymbolicInt = 0
    num_levels: SymbolicInt = 1
    loading: str = attrs.field(default="rotations", converter=loader_name)
    angle_bits: SymbolicInt | None = None
    has_flag: bool = False
    is_controlled: bool = False

    def __attrs_post_init__(self) -> None:
        if self.angle_bits is not None:
            check_angle_bits(self.angle_bits)
        if not is_symbolic(self.num_levels) and self.num_levels < 1:
            raise ValueError(f"num_levels must be at least 1, got {self.num_levels}")
        if not is_symbolic(self.index_bitsize) and self.index_bitsize < 0:
            raise ValueError(f"index_bitsize must not be negative, got {self.index_bitsize}")
        if self.angles is None:
            return
        if is_symbolic(self.index_bitsize, self.num_levels):
            raise ValueError("angles are given, so the sizes must be numbers, got symbols")
        expected = sum(2**p for p in self.prefixes)
        if len(self.angles) != expected:
            raise ValueError(f"this tree has {expected} angles, got {len(self.angles)}")
        if not np.all(np.isfinite(self.angles)):
            raise ValueError("angles must be finite, found NaN or infinity")

    @property
    def prefixes(self) -> list[int]:
        """Of every rotation the number of address qubits that select it."""
        flag = [self.index_bitsize] if self.has_flag else []
        return flag + [self.index_bitsize + level for level in range(self.num_levels)]

    @cached_property
    def signature(self) -> Signature:
        """`[ctrl], [index], system, [flag]`."""
        return tree_registers(
            self.index_bitsize, self.num_levels, self.has_flag, self.is_controlled
        )

    @cached_property
    def _active(self) -> tuple[list[int], int]:
        """Index qubits that matter and levels that are needed, for tables; all of them by shape."""
        index, levels = list(range(self.index_bitsize)), self.num_levels
        if self.angles is None:
            return index, levels
        tables = self._cubes(self.tables(np.array(self.angles)))
        index = [k for k in index if any(np.any(np.diff(table, axis=k)) for table in tables)]
        while levels > 1 and not np.any(tables[levels - 1 + int(self.has_flag)]):
            levels -= 1
        return index, levels

    def _cubes(self, tables: list[FloatArray]) -> list[FloatArray]:
        """Tables with an axis of length 2 for each index qubit and a last one for the level qubits."""
        return [table.reshape((2,) * self.index_bitsize + (-1,)) for table in tables]

    @property
    def _loader(self) -> Loader:
        return LOADERS.find(self.loading)

    @cached_property
    def _tree(self) -> AngleTree:
        """All rotations, those that do nothing included."""
        bits = self._loader.bits(self.angle_bits)
        return AngleTree(
            self.loading,
            TreeShape(self.index_bitsize, self.num_levels, self.has_flag, bits, self.is_controlled),
            None if self.angles is None else self.tables(np.array(self.angles)),
        )

    @cached_property
    def tabulated(self) -> ControllableBloq | None:
        """The loader's circuit; None rotation by rotation, and by data when there is none."""
        index_bitsize, num_levels, angles = self.index_bitsize, self.num_levels, None
        if self.angles is not None:
            if not any(self.angles):
                return None
            index, num_levels = self._active
            kept = tuple(slice(None) if k in index else 0 for k in range(index_bitsize))
            used = self._cubes(self.tables(np.array(self.angles)))
            used = used[: num_levels + int(self.has_flag)]
            angles = np.concatenate([table[kept].ravel() for table in used])
            index_bitsize = len(index)
        bits = self._loader.bits(self.angle_bits)
        return self._loader.tree(
            TreeShape(index_bitsize, num_levels, self.has_flag, bits, self.is_controlled), angles
        )

    def tables(self, flat: FloatArray) -> list[FloatArray]:
        """A flat array of angles as one array a rotation."""
        return np.split(flat, np.cumsum([2**p for p in self.prefixes])[:-1])

    def effective_tables(self) -> list[FloatArray]:
        """The angles that are applied, rounding included.

        Returns:
            Radians, one float64 array a rotation.

        Raises:
            ShapeOnlyError: the bloq is given by shape.
        """
        if self.angles is None:
            raise ShapeOnlyError(f"{self} is given by shape and has no angles")
        return self._tree.applied()

    @property
    def error(self) -> SymbolicFloat:
        """Bound of `max_j || |v_j> - |v'_j> ||_2` due to rounded angles; 0 for "rotations".

        By data from the largest rounding of each rotation, by shape from the largest there can be.
        """
        return self._tree.error

    @property
    def assumptions(self) -> dict[str, str]:
        """For the assumptions block of a cost."""
        return self._tree.loader.assumptions

    def workspace_given(self, workspace_of: WorkspaceOf) -> SymbolicInt:
        """That of the loader's circuit; none for "rotations"."""
        return 0 if self.tabulated is None else workspace_of(self.tabulated)

    def build_composite_bloq(self, bb: BloqBuilder, **soqs: Soquet) -> dict[str, Soquet]:
        """One multiplexed rotation each, or all from tables."""
        if self._tree.is_symbolic:
            raise DecomposeTypeError(f"symbolic {self}")
        wires = Wires(bb, soqs)
        control, flag = wires.reg("ctrl"), wires.reg("flag")
        index, system = wires.reg("index"), wires.reg("system")
        if self.tabulated is None:
            self._tree.add_rotations(wires, index, system, flag)
            return wires.join_signature(self.signature)
        if self.angles is not None:
            active, num_levels = self._active
            index, system = [index[k] for k in active], system[:num_levels]
        wires.call(self.tabulated, ctrl=control, index=index, system=system, flag=flag)
        return wires.join_signature(self.signature)

    def build_call_graph(self, ssa: SympySymbolAllocator) -> BloqCountDictT:
        """As the decomposition; in closed form when symbolic."""
        return self._tree.count_rotations() if self.tabulated is None else {self.tabulated: 1}


@bloq_example(generalizer=LOADING_GENERALIZERS)
def _rotation_tree() -> RotationTree:
    rotation_tree = RotationTree([0.3, 1.1, -0.7, 0.2, 2.0, 1.0], 1, 2)
    return rotation_tree


@bloq_example(generalizer=LOADING_GENERALIZERS)
def _rotation_tree_tables() -> RotationTree:
    angles = [0.3, 1.1, -0.7, 0.2]
    rotation_tree_tables = RotationTree(angles, 1, 1, "select-swap", 4, has_flag=True)
    return rotation_tree_tables


@bloq_example
def _rotation_tree_symbolic() -> RotationTree:

    c, n = sympy.symbols("c n")
    rotation_tree_symbolic = RotationTree(None, c, n, is_controlled=True)
    return rotation_tree_symbolic


ROTATION_TREE_DOC = BloqDocSpec(
    bloq_cls=RotationTree,
    examples=(_rotation_tree, _rotation_tree_tables, _rotation_tree_symbolic),
)
