"""Loading the columns of a dense real matrix: the weights of the output layer."""

from collections.abc import Hashable
from functools import cached_property
from typing import Any
from weakref import WeakValueDictionary

import attrs
import numpy as np
from numpy.typing import NDArray
from qualtran import (
    BloqBuilder,
    DecomposeTypeError,
    QAny,
    QBit,
    Register,
    Signature,
    Soquet,
    bloq_example,
)
from qualtran.bloqs.basic_gates import CNOT
from qualtran.resource_counting import BloqCountDictT, SympySymbolAllocator
from qualtran.symbolics import SymbolicFloat, SymbolicInt, is_symbolic

from bloqs.core.checks import checked, count
from bloqs.core.control import CTRL, DATA, ControllableBloq, WorkspaceOf
from bloqs.core.encoding import ShapeOnlyError
from bloqs.core.rotation import GenericRotation
from bloqs.core.wires import Wires
from bloqs.loading.angle_tree import AngleTree
from bloqs.loading.angles import FloatArray, check_angle_bits, tree_vectors
from bloqs.loading.column_checks import check_scale, rows_of
from bloqs.loading.column_tables import column_norms, column_tables
from bloqs.loading.fields import abridged, derived, floats
from bloqs.loading.generalizers import LOADING_GENERALIZERS
from bloqs.loading.loader import LOADERS, Loader, loader_name
from bloqs.loading.plan import TreeShape
from bloqs.messages import shown

IntArray = NDArray[np.int64]


@attrs.frozen(field_transformer=checked, init=False)
class ColumnOracle(ControllableBloq):
    r"""Loads the column of a real matrix `W` that an index register names, its norm in a flag.

    $$ |j\rangle|0\rangle|0\rangle \to |j\rangle \Big(\sum_r \frac{W_{rj}}{\beta} |rN/R\rangle|0\rangle
       + \sqrt{1 - \|W_{:,j}\|^2/\beta^2}\; |w_j\rangle|1\rangle\Big) $$

    with `w_j` the normalised column (`|0>` if it is zero) and `beta` the largest column norm. First a
    multiplexed rotation turns the flag, then a tree of multiplexed rotations loads the column, whatever the
    flag is.

    `W` has N columns and R rows, both powers of two, and acts as the N x N matrix whose row number `r N/R`
    is row r and whose other rows are zero: r stands in the leading `log2 R` qubits of `system`, the others
    stay 0. The tables hold `N R` angles. By data, zero rows are found: a qubit of `system` that is 0 in every
    row that is not zero is left out of the tree, so that a square matrix with zero rows costs no more than
    the rows that it has.

    Registers:
        ctrl: one qubit, only when `is_controlled`; control 0 changes nothing.
        index: `QAny(n)`, unchanged: `j`.
        system: `QAny(n)`, zero in: `r N/R`.
        flag: one qubit, zero in; 0 on the good branch.

    Parameters:
        matrix: `W`, float `(R, N)`, real, any signs, N = `2**n` at least 2, R a power of two and at most N;
            held flat row-major; None to cost by shape.
        loading: a registered loader or its name: "rotations", "qrom", "select-swap", "qram", or your own.
        angle_bits: bits of a tabulated angle, 3 to 50, by default 16; "rotations" ignores it.
            `for_epsilon` finds it from an error.
        bitsize: `n`, by shape only (inferred from a matrix); may be symbolic, at least 1.
        row_bitsize: `log2 R`, 0 to `n`; None for a square matrix, and for the rows of a two-dimensional
            `matrix`; may be symbolic by shape, then at least 1.
        scale: `beta`, at least every column norm; None for the largest column norm (by shape: 1).
        is_controlled: with a `ctrl` qubit.

    Raises:
        ValueError: rows or columns that are no powers of two, more rows than columns, not finite, or all zero
            without a scale; scale below a column norm; unknown loader; angle bits out of range.

    Example:
        >>> ColumnOracle([[0.6, 0.0], [-0.8, 0.5]]).block_matrix().round(12)
        array([[ 0.6,  0. ],
               [-0.8,  0.5]])
        >>> ColumnOracle([[0.6, -0.8, 0.0, 1.0]]).block_matrix().round(12)[:2]  # one row, three of zeros
        array([[ 0.6, -0.8,  0. ,  1. ],
               [ 0. ,  0. ,  0. ,  0. ]])
    """

    component = "output columns"

    matrix: tuple[float, ...] | None = attrs.field(
        default=None, converter=floats, repr=abridged, metadata=DATA
    )
    loading: str = attrs.field(default="rotations", converter=loader_name)
    angle_bits: SymbolicInt | None = None
    bitsize: SymbolicInt | None = attrs.field(default=None, kw_only=True)
    row_bitsize: SymbolicInt | None = attrs.field(default=None, kw_only=True)
    scale: SymbolicFloat | None = attrs.field(default=None, kw_only=True)
    is_controlled: bool = attrs.field(default=False, kw_only=True)

    def __init__(
        self,
        matrix: Any = None,
        loading: str | Loader = "rotations",
        angle_bits: SymbolicInt | None = None,
        *,
        bitsize: SymbolicInt | None = None,
        row_bitsize: SymbolicInt | None = None,
        scale: SymbolicFloat | None = None,
        is_controlled: bool = False,
    ) -> None:
        row_bitsize = None if row_bitsize is None else count(row_bitsize, "row_bitsize")
        rows = rows_of(matrix)
        if rows is not None and row_bitsize is None and np.size(matrix) != rows**2:
            columns = np.size(matrix) // max(rows, 1)
            if rows < 1 or rows & (rows - 1) or rows > columns:
                raise ValueError(
                    f"matrix must have R rows and N columns, both powers of two with R <= N, got {rows} rows "
                    f"and {columns} columns; pad it with zeros"
                )
            row_bitsize = rows.bit_length() - 1
        elif row_bitsize is not None and (
            row_bitsize == bitsize if matrix is None else np.size(matrix) == 4**row_bitsize
        ):
            row_bitsize = None  # square
        self.__attrs_init__(  # type: ignore[attr-defined]  # attrs makes it, mypy does not know
            matrix,
            loading,
            angle_bits,
            bitsize=bitsize,
            row_bitsize=row_bitsize,
            scale=scale,
            is_controlled=is_controlled,
        )

    def __hash__(self) -> int:
        return self._hash

    @cached_property
    def _hash(self) -> int:
        # attrs caches no hash where it does not write __init__, and a table is long.
        return hash(attrs.astuple(self, recurse=False))

    def __attrs_post_init__(self) -> None:
        if self.angle_bits is not None:
            check_angle_bits(self.angle_bits)
        scale = 1.0 if self.scale is None or is_symbolic(self.scale) else self.scale
        if not 0 < scale < float("inf"):
            raise ValueError(f"scale must be a positive number, got {scale}")
        rows = self.row_bitsize
        if rows is not None and not is_symbolic(rows) and rows < 0:
            raise ValueError(f"row_bitsize must be at least 0, got {rows}")
        if self.matrix is not None:
            self._check_columns(self.matrix)
            check_scale(self.scale, float(np.max(self._norms)))
        elif self.bitsize is None:
            raise ValueError("an oracle needs its matrix, or by shape its bitsize; got neither")
        elif not is_symbolic(self.bitsize) and self.bitsize < 1:
            raise ValueError(f"bitsize must be at least 1, got {self.bitsize}")
        elif rows is not None and not is_symbolic(rows, self.bitsize) and rows > self.bitsize:
            raise ValueError(f"row_bitsize must be at most bitsize {self.bitsize}, got {rows}")

    def _check_columns(self, matrix: tuple[float, ...]) -> None:
        if is_symbolic(self.row_bitsize):
            raise ValueError(f"row_bitsize of data must be a number, got {self.row_bitsize}")
        n = self.index_bitsize
        rows = n if self.row_bitsize is None else self.row_bitsize
        if n < 1 or len(matrix) != 2 ** (n + rows) or rows > n:
            shape = "square" if self.row_bitsize is None else f"of {2**rows} rows"
            raise ValueError(
                f"matrix must be {shape} with 2, 4, 8, ... columns and no more rows, got {len(matrix)} "
                "entries in all; pad it with zeros"
            )
        if self.bitsize not in (None, n):
            raise ValueError(f"bitsize is {shown(self.bitsize)}, but the matrix has {2**n} columns")
        if not derived(matrix, "finite", lambda: bool(np.all(np.isfinite(matrix)))):
            raise ValueError("matrix must be finite, found NaN or infinity")

    @classmethod
    def for_epsilon(
        cls, matrix: object, epsilon: float, loading: str | Loader = "select-swap", **options: Any
    ) -> "ColumnOracle":
        """The oracle with the fewest angle bits whose stated error is at most `epsilon`.

        Args:
            matrix: as in the class; None by shape, when the bits are enough for any matrix.
            epsilon: bound of `beta ||V' - V||_2`, positive.
            loading: the loader; an exact one, such as "rotations", takes no bits.
            options: the other fields of the class.

        Returns:
            The oracle with that many bits.

        Raises:
            ValueError: as the class, or `epsilon` out of reach.

        Example:
            >>> ColumnOracle.for_epsilon(None, 1e-3, "qrom", bitsize=5).angle_bits
            13
        """
        oracle = cls(matrix, loading, **options)
        return LOADERS.find(loading).for_epsilon(
            lambda bits: attrs.evolve(oracle, angle_bits=bits), epsilon
        )

    @property
    def index_bitsize(self) -> SymbolicInt:
        """`n`: the matrix has `2**n` columns."""
        if self.matrix is None:
            return self.bitsize
        entries = len(self.matrix).bit_length() - 1
        return entries // 2 if self.row_bitsize is None else entries - self.row_bitsize

    @cached_property
    def num_levels(self) -> SymbolicInt:
        """Qubits of `system` that are turned: by shape `log2 R`, by data those that are not always 0."""
        if self.matrix is not None:
            return len(self._levels)
        return self.index_bitsize if self.row_bitsize is None else self.row_bitsize

    @cached_property
    def _levels(self) -> list[int]:
        """Their numbers, most significant first."""
        if self.matrix is None:
            return list(range(self.num_levels))
        rows = self._rows
        bits = len(rows).bit_length() - 1
        used = derived(self.matrix, (bits, "used"), lambda: np.flatnonzero(rows.any(axis=1)))
        return [k for k in range(bits) if np.any(used >> (bits - 1 - k) & 1)]

    @cached_property
    def _rows(self) -> FloatArray:
        """`W` as it is given, float64 `(R, N)`."""
        if self.matrix is None:
            raise ShapeOnlyError(f"{self} is given by shape and has no matrix")
        # Of a long table no copy.
        return np.asarray(self.matrix).view(np.ndarray).reshape(-1, 2**self.index_bitsize)

    @cached_property
    def _loaded(self) -> FloatArray:
        """The rows that the tree can reach, float64 `(2**num_levels, N)`; the others are zero."""
        bits = len(self._rows).bit_length() - 1
        cube = self._rows.reshape((2,) * bits + (-1,))
        kept = tuple(slice(None) if k in self._levels else 0 for k in range(bits))
        return cube[kept].reshape(2 ** len(self._levels), -1)

    @cached_property
    def _places(self) -> IntArray:
        """Entry of `system` where each of them stands, int64 `(2**num_levels,)`."""
        n, places = self.index_bitsize, np.zeros(1, dtype=np.int64)
        for k in self._levels:
            places = np.add.outer(places, [0, 2 ** (n - 1 - k)]).ravel()
        return places

    @property
    def beta(self) -> SymbolicFloat:
        """What the encoded matrix is divided by: `scale`, or the largest column norm (by shape, 1)."""
        if self.scale is not None:
            return self.scale
        return 1.0 if self.matrix is None else float(np.max(self._norms))

    @cached_property
    def signature(self) -> Signature:
        """`[ctrl], index, system, flag`."""
        n = self.index_bitsize
        registers = [
            Register("index", QAny(n)),
            Register("system", QAny(n)),
            Register("flag", QBit()),
        ]
        return Signature([CTRL, *registers] if self.is_controlled else registers)

    @cached_property
    def epsilon(self) -> SymbolicFloat:
        r"""Bound of the largest error of a column, `||W'_{:,j} - W_{:,j}||_2`; 0 for "rotations".

        `W'` is what the rounded angles encode. By data it is that number itself; by shape `beta` times the
        largest error of a column with its flag, by `tree_error` of its `log2 R + 1` rotations. For unit
        vectors `u, x, y` it bounds `beta |<u| <x|_index <0|_flag (V' - V) |y>|`, `V` the isometry from
        `index` above, hence the error of `W (x o y)`, on which an index projected on `x` and prepared in `y`
        acts; it does not bound `||W' - W||_2`, which may be larger by `2**(n/2)`.
        """
        if self.matrix is None or self.tree.loader.is_exact:
            return self.beta * self.tree.error
        return float(np.max(np.linalg.norm(self.beta * self._block - self._loaded, axis=0)))

    def target_matrix(self) -> FloatArray:
        """The matrix `W` with its zero rows.

        Returns:
            float64 `(2**n, 2**n)`.

        Raises:
            ShapeOnlyError: the bloq is given by shape.
        """
        return self._placed(self._loaded)

    def block_matrix(self) -> FloatArray:
        """`<0|_flag`-block: column `j` is `<0|_flag V |j>`, near `W / beta`, rounding included.

        Returns:
            float64 `(2**n, 2**n)`.

        Raises:
            ShapeOnlyError: the bloq is given by shape.
        """
        return self._placed(self._block)

    def apply_target(self, vectors: FloatArray) -> FloatArray:
        """`W @ vectors`, by the rows that are not zero.

        Args:
            vectors: float64 `(2**n,)`, or `(2**n, batch)`.

        Returns:
            float64 of the same shape.

        Raises:
            ShapeOnlyError: the bloq is given by shape.
        """
        return self._placed(self._loaded @ vectors)

    def apply_block(self, vectors: FloatArray) -> FloatArray:
        """`block_matrix() @ vectors`, likewise.

        Args:
            vectors: as in `apply_target`.

        Returns:
            float64 of the same shape.

        Raises:
            ShapeOnlyError: the bloq is given by shape.
        """
        return self._placed(self._block @ vectors)

    def _placed(self, loaded: FloatArray) -> FloatArray:
        """Rows that are loaded, with zero rows between them."""
        full = np.zeros((2**self.index_bitsize, *loaded.shape[1:]))
        full[self._places] = loaded
        return full

    @cached_property
    def _norms(self) -> FloatArray:
        key = (len(self._rows), "norms")
        return derived(self.matrix, key, lambda: column_norms(self._rows))

    @cached_property
    def _block(self) -> FloatArray:
        """The rows of the block that are loaded, float64 `(2**num_levels, N)`."""
        if self.matrix is None:
            raise ShapeOnlyError(f"{self} is given by shape and has no matrix")
        columns = 2**self.index_bitsize
        angles = [level.reshape(columns, -1) for level in self.tree.applied()]
        vectors = tree_vectors(angles[1:]) if self._levels else np.ones((columns, 1))
        return (np.cos(angles[0] / 2) * vectors).T

    @cached_property
    def tree(self) -> AngleTree:
        """Flag and levels, made by the loader."""
        n, bits = self.index_bitsize, LOADERS.find(self.loading).bits(self.angle_bits)
        shape = TreeShape(n, self.num_levels, True, bits, self.is_controlled)
        if self.matrix is None:
            return AngleTree(self.loading, shape, None)
        # A network holds the same oracle many times over, adjoint, controlled, and with other bits.
        key = (self.row_bitsize, self.beta)
        tables = derived(
            self.matrix, key, lambda: column_tables(self._loaded, self._norms, float(self.beta))
        )
        trees = derived(self.matrix, "trees", WeakValueDictionary[Hashable, AngleTree])
        made = AngleTree(self.loading, shape, tables)
        return trees.setdefault((*key, self.loading, shape), made)

    @property
    def assumptions(self) -> dict[str, str]:
        """For the assumptions block of a cost."""
        return self.tree.loader.assumptions

    def workspace_given(self, workspace_of: WorkspaceOf) -> SymbolicInt:
        """That of the loader's circuit; none for "rotations"."""
        return self.tree.workspace_given(workspace_of)

    def build_composite_bloq(self, bb: BloqBuilder, **soqs: Soquet) -> dict[str, Soquet]:
        """The flag, then level by level; or all from tables."""
        if self.tree.is_symbolic:
            raise DecomposeTypeError(f"symbolic {self}")
        wires = Wires(bb, soqs)
        system = wires.reg("system")
        turned = [system[k] for k in self._levels]
        self.tree.add(wires, wires.reg("index"), turned, wires.reg("flag"))
        return wires.join_signature(self.signature)

    def build_call_graph(self, ssa: SympySymbolAllocator) -> BloqCountDictT:
        """As the decomposition; in closed form when symbolic."""
        if self.tree.bloq is None and self.tree.is_symbolic:
            # N for the flag and N (R - 1) for the tree, twice that with control; n is not 0, so that every
            # rotation has its CNOT.
            size = 2 ** (self.index_bitsize + self.num_levels + int(self.is_controlled))
            return {GenericRotation("Ry"): size, CNOT(): size}
        return self.tree.counts()


@bloq_example(generalizer=LOADING_GENERALIZERS)
def _column_oracle() -> ColumnOracle:
    column_oracle = ColumnOracle([[0.6, 0.1], [-0.3, 0.5]])
    return column_oracle


@bloq_example(generalizer=LOADING_GENERALIZERS)
def _column_oracle_rows() -> ColumnOracle:
    column_oracle_rows = ColumnOracle([[0.6, 0.1, 0.0, 0.2], [-0.3, 0.5, 0.4, 0.1]], "qrom", 4)
    return column_oracle_rows


@bloq_example(generalizer=LOADING_GENERALIZERS)
def _column_oracle_qrom() -> ColumnOracle:
    column_oracle_qrom = ColumnOracle([[0.6, 0.1], [-0.3, 0.5]], "qrom", 6, scale=1.0)
    return column_oracle_qrom


@bloq_example(generalizer=LOADING_GENERALIZERS)
def _column_oracle_qram() -> ColumnOracle:
    column_oracle_qram = ColumnOracle([[0.6, 0.1], [-0.3, 0.5]], "qram", 5)
    return column_oracle_qram


@bloq_example(generalizer=LOADING_GENERALIZERS)
def _column_oracle_shape() -> ColumnOracle:
    column_oracle_shape = ColumnOracle(None, "select-swap", 4, bitsize=3, is_controlled=True)
    return column_oracle_shape


@bloq_example
def _column_oracle_symbolic() -> ColumnOracle:
    import sympy

    n, b = sympy.symbols("n b")
    column_oracle_symbolic = ColumnOracle(None, "select-swap", b, bitsize=n)
    return column_oracle_symbolic
