"""Loading the columns of a dense real matrix: the weights of the output layer."""

from functools import cached_property
from typing import Any

import attrs
import numpy as np
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

from bloqs.core.checks import checked
from bloqs.core.control import CTRL, DATA, ControllableBloq, WorkspaceOf
from bloqs.core.encoding import ShapeOnlyError
from bloqs.core.rotation import GenericRotation
from bloqs.core.wires import Wires
from bloqs.loading.angle_tree import AngleTree
from bloqs.loading.angles import (
    FloatArray,
    check_angle_bits,
    tree_angles,
    tree_vectors,
)
from bloqs.loading.fields import abridged, floats
from bloqs.loading.generalizers import LOADING_GENERALIZERS
from bloqs.loading.loader import LOADERS, Loader, loader_name
from bloqs.loading.plan import TreeShape

SCALE_RTOL = 1e-12
"""A column norm may exceed the stated scale by this much, relatively: rounding of the norm itself."""


@attrs.frozen(field_transformer=checked, cache_hash=True)
class ColumnOracle(ControllableBloq):
    r"""Loads the column of a real matrix `W` that an index register names, its norm in a flag.

    $$ |j\rangle|0\rangle|0\rangle \to |j\rangle \Big(\sum_i \frac{W_{ij}}{\beta} |i\rangle|0\rangle
       + \sqrt{1 - \|W_{:,j}\|^2/\beta^2}\; |w_j\rangle|1\rangle\Big) $$

    with `w_j` the normalised column (`|0>` if it is zero) and `beta` the largest column norm. First a
    multiplexed rotation turns the flag, then a tree of multiplexed rotations loads the column, whatever the
    flag is.

    Registers:
        ctrl: one qubit, only when `is_controlled`; control 0 changes nothing.
        index: `QAny(n)`, unchanged: `j`.
        system: `QAny(n)`, zero in: `i`.
        flag: one qubit, zero in; 0 on the good branch.

    Parameters:
        matrix: `W`, float `(2**n, 2**n)`, real, any signs, held flat row-major; None to cost by shape.
        loading: a registered loader or its name: "rotations", "qrom", "select-swap", "qram", or your own.
        angle_bits: bits of a tabulated angle, 3 to 50, by default 16; "rotations" ignores it.
            `for_epsilon` finds it from an error.
        bitsize: `n`, by shape only (inferred from a matrix); may be symbolic, at least 1.
        scale: `beta`, at least every column norm; None for the largest column norm (by shape: 1).
        is_controlled: with a `ctrl` qubit.

    Raises:
        ValueError: matrix not square with a power of two rows (two at least), not finite, or all zero
            without a scale; scale below a column norm; unknown loader; angle bits out of range.

    Example:
        >>> ColumnOracle([[0.6, 0.0], [-0.8, 0.5]]).block_matrix().round(12)
        array([[ 0.6,  0. ],
               [-0.8,  0.5]])
    """

    component = "output columns"

    matrix: tuple[float, ...] | None = attrs.field(
        default=None, converter=floats, repr=abridged, metadata=DATA
    )
    loading: str = attrs.field(default="rotations", converter=loader_name)
    angle_bits: SymbolicInt | None = None
    bitsize: SymbolicInt | None = attrs.field(default=None, kw_only=True)
    scale: SymbolicFloat | None = attrs.field(default=None, kw_only=True)
    is_controlled: bool = attrs.field(default=False, kw_only=True)

    def __attrs_post_init__(self) -> None:
        if self.angle_bits is not None:
            check_angle_bits(self.angle_bits)
        scale = 1.0 if self.scale is None or is_symbolic(self.scale) else self.scale
        if not 0 < scale < float("inf"):
            raise ValueError(f"scale must be a positive number, got {scale}")
        if self.matrix is not None:
            self._check_matrix(self.matrix)
        elif self.bitsize is None:
            raise ValueError("an oracle needs its matrix, or by shape its bitsize; got neither")
        elif not is_symbolic(self.bitsize) and self.bitsize < 1:
            raise ValueError(f"bitsize must be at least 1, got {self.bitsize}")

    def _check_matrix(self, matrix: tuple[float, ...]) -> None:
        n = self.index_bitsize
        if n < 1 or len(matrix) != 4**n:
            raise ValueError(
                f"matrix must be square with 2, 4, 8, ... rows, got {len(matrix)} entries in all; "
                "pad it with zeros"
            )
        if self.bitsize not in (None, n):
            raise ValueError(f"bitsize is {self.bitsize}, but the matrix has {2**n} rows")
        if not np.all(np.isfinite(matrix)):
            raise ValueError("matrix must be finite, found NaN or infinity")
        largest = float(np.max(self._norms))
        if self.scale is None and largest == 0:
            raise ValueError("matrix is all zero: give a scale to load it all the same")
        if self.scale is not None:
            if is_symbolic(self.scale):
                raise ValueError(f"scale of a matrix with data must be a number, got {self.scale}")
            if self.scale < largest * (1 - SCALE_RTOL):
                raise ValueError(
                    f"scale {self.scale} is below the largest column norm {largest}: raise it, or "
                    "leave it out"
                )

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
        entries = floats(matrix)
        return LOADERS.find(loading).for_epsilon(
            lambda bits: cls(entries, loading, bits, **options), epsilon
        )

    @property
    def index_bitsize(self) -> SymbolicInt:
        """`n`: the matrix has `2**n` rows and columns."""
        if self.matrix is None:
            return self.bitsize
        return (len(self.matrix).bit_length() - 1) // 2

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

    @property
    def epsilon(self) -> SymbolicFloat:
        r"""Bound of `beta ||V' - V||_2`, `V` the isometry from `index` above; 0 for "rotations".

        `V` is block diagonal in `j`, so this is `beta` times the largest error of a column with its flag, by
        `tree_error` of its `n + 1` rotations. For unit vectors `u, x, y` it bounds
        `beta |<u| <x|_index <0|_flag (V' - V) |y>|`, hence the error of `W (x o y)`, on which an index
        projected on `x` and prepared in `y` acts; it does not bound `||W' - W||_2`, which may be larger by
        `2**(n/2)`.
        """
        return self.beta * self.tree.error

    def target_matrix(self) -> FloatArray:
        """The matrix `W`.

        Returns:
            float64 `(2**n, 2**n)`.

        Raises:
            ShapeOnlyError: the bloq is given by shape.
        """
        if self.matrix is None:
            raise ShapeOnlyError(f"{self} is given by shape and has no matrix")
        return np.array(self.matrix).reshape(2**self.index_bitsize, -1)

    @cached_property
    def _norms(self) -> FloatArray:
        matrix = self.target_matrix()
        top = np.max(np.abs(matrix))
        return matrix[0] * 0 if top == 0 else top * np.linalg.norm(matrix / top, axis=0)

    @cached_property
    def _angles(self) -> list[FloatArray]:
        """The flag's angles `(2**n, 1)`, then level by level `(2**n, 2**l)`; first axis the column."""
        cosines = np.minimum(self._norms / self.beta, 1.0)
        # The sine by (1-c)(1+c): the column of the largest norm keeps exactly the angle 0.
        sines = np.sqrt((1 - cosines) * (1 + cosines))
        return [2 * np.arctan2(sines, cosines)[:, None], *tree_angles(self.target_matrix().T)]

    def block_matrix(self) -> FloatArray:
        """`<0|_flag`-block: column `j` is `<0|_flag V |j>`, near `W / beta`, rounding included.

        Returns:
            float64 `(2**n, 2**n)`.

        Raises:
            ShapeOnlyError: the bloq is given by shape.
        """
        if self.matrix is None:
            raise ShapeOnlyError(f"{self} is given by shape and has no matrix")
        rows = 2**self.index_bitsize
        angles = [level.reshape(rows, -1) for level in self.tree.applied()]
        return (np.cos(angles[0] / 2) * tree_vectors(angles[1:])).T

    @cached_property
    def tree(self) -> AngleTree:
        """Flag and levels, made by the loader."""
        n, bits = self.index_bitsize, LOADERS.find(self.loading).bits(self.angle_bits)
        return AngleTree(
            self.loading,
            TreeShape(n, n, True, bits, self.is_controlled),
            None if self.matrix is None else [level.ravel() for level in self._angles],
        )

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
        self.tree.add(wires, wires.reg("index"), wires.reg("system"), wires.reg("flag"))
        return wires.join_signature(self.signature)

    def build_call_graph(self, ssa: SympySymbolAllocator) -> BloqCountDictT:
        """As the decomposition; in closed form when symbolic."""
        if self.tree.bloq is None and self.tree.is_symbolic:
            # 2**n for the flag and 2**n (2**n - 1) for the tree, twice that with control; n is not 0, so that
            # every rotation has its CNOT.
            size = 2 ** (2 * self.index_bitsize + int(self.is_controlled))
            return {GenericRotation("Ry"): size, CNOT(): size}
        return self.tree.counts()


@bloq_example(generalizer=LOADING_GENERALIZERS)
def _column_oracle() -> ColumnOracle:
    column_oracle = ColumnOracle([[0.6, 0.1], [-0.3, 0.5]])
    return column_oracle


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
