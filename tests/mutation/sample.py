"""Mutants: which small faults may be put into a source file, and a seeded sample of them.

The faults are cosmic-ray's, less those that no test needs to catch, and four of our own: a number, a product
or a quotient 20 % too small, min for max, an exception not caught. The first three are the faults that
leave a bound or a budget false and every output plausible.
"""

from __future__ import annotations

import ast
import hashlib
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import attrs
import parso
from cosmic_ray.ast import ast_nodes, get_ast
from cosmic_ray.mutating import mutate_code
from cosmic_ray.operators.operator import Operator
from cosmic_ray.plugins import get_operator

FACTOR = 0.8

SWAPS = {"min": "max", "max": "min"}


def scaled(node: Any) -> Any:
    """`(0.8 * node)`, with the white space before it."""
    code, prefix = node.get_code(include_prefix=False), node.get_first_leaf().prefix
    found = parso.parse(f"({FACTOR} * {code})").children[0]
    found.get_first_leaf().prefix = prefix
    return found


class ScaleNumber(Operator):
    """`0.5` becomes `(0.8 * 0.5)`."""

    def mutation_positions(self, node: Any) -> Iterator[tuple[Any, Any]]:
        """Numbers that are written as floats, but 0."""
        value = ast.literal_eval(node.value) if node.type == "number" else 0
        if value and isinstance(value, float):
            yield node.start_pos, node.end_pos

    def mutate(self, node: Any, index: int) -> Any:
        """The number times `FACTOR`."""
        return scaled(node)

    @classmethod
    def examples(cls) -> Sequence[Any]:
        """None: abstract in the base class."""
        return ()


class ScaleTerm(Operator):
    """`a * b` becomes `(0.8 * a * b)`, `a / b` likewise."""

    def mutation_positions(self, node: Any) -> Iterator[tuple[Any, Any]]:
        """Products and quotients, without `//`, `%` and `@`."""
        if node.type == "term" and {child.get_code().strip() for child in node.children[1::2]} <= {
            "*",
            "/",
        }:
            yield node.start_pos, node.end_pos

    def mutate(self, node: Any, index: int) -> Any:
        """The term times `FACTOR`."""
        return scaled(node)

    @classmethod
    def examples(cls) -> Sequence[Any]:
        """None: abstract in the base class."""
        return ()


class SwapMinMax(Operator):
    """`min(...)` becomes `max(...)`, and the other way round."""

    def mutation_positions(self, node: Any) -> Iterator[tuple[Any, Any]]:
        """Calls by name, methods included."""
        following = node.get_next_leaf() if node.type == "name" else None
        if node.type == "name" and node.value in SWAPS and following and following.value == "(":
            yield node.start_pos, node.end_pos

    def mutate(self, node: Any, index: int) -> Any:
        """The other name."""
        node.value = SWAPS[node.value]
        return node

    @classmethod
    def examples(cls) -> Sequence[Any]:
        """None: abstract in the base class."""
        return ()


class Uncaught(Operator):
    """`except ValueError` becomes `except ()`."""

    def mutation_positions(self, node: Any) -> Iterator[tuple[Any, Any]]:
        """Clauses that name what they catch."""
        if node.type == "except_clause":
            yield node.start_pos, node.end_pos

    def mutate(self, node: Any, index: int) -> Any:
        """The clause without its classes."""
        nothing = parso.parse("()").children[0]
        nothing.get_first_leaf().prefix = " "
        node.children[1] = nothing
        return node

    @classmethod
    def examples(cls) -> Sequence[Any]:
        """None: abstract in the base class."""
        return ()


_BINARY = (
    "Add_Sub Sub_Add Mul_Div Div_Mul FloorDiv_Mul Mod_FloorDiv Pow_Mul LShift_RShift RShift_LShift "
    "BitOr_BitAnd BitAnd_BitOr BitXor_BitOr"
)
_COMPARISON = "Lt_LtE LtE_Lt Gt_GtE GtE_Gt Eq_NotEq NotEq_Eq Is_IsNot IsNot_Is"

# Of cosmic-ray's replacements of an operator by each of eleven others, one: `<<` for `+` between floats
# dies of itself and would only swell the share. Decorators stay: without its `@property` no class works.
OPERATORS: dict[str, Operator] = {
    **{
        name: get_operator(f"core/{name}")()
        for name in (
            *(f"ReplaceBinaryOperator_{pair}" for pair in _BINARY.split()),
            *(f"ReplaceComparisonOperator_{pair}" for pair in _COMPARISON.split()),
            "ReplaceUnaryOperator_Delete_USub",
            "ReplaceUnaryOperator_Delete_Not",
            "AddNot",
            "ReplaceTrueWithFalse",
            "ReplaceFalseWithTrue",
            "ReplaceAndWithOr",
            "ReplaceOrWithAnd",
            "ReplaceBreakWithContinue",
            "ReplaceContinueWithBreak",
            "NumberReplacer",
            "ZeroIterationForLoop",
        )
    },
    **{cls.__name__: cls() for cls in (ScaleNumber, ScaleTerm, SwapMinMax, Uncaught)},
}

KEYWORDS = {"kw_only", "cache_hash"}
TEXTS = {"__repr__", "__str__", "_repr_html_", "_repr_svg_"}


@attrs.frozen
class Mutant:
    """One fault.

    Parameters:
        path: of the file, from the root.
        line: where it is.
        operator: name in `OPERATORS`.
        occurrence: number of the place in the file, among those of the operator.
    """

    path: str
    line: int
    operator: str
    occurrence: int

    def code(self, source: str) -> str:
        """The file with the fault in it."""
        mutated: str | None = mutate_code(source, OPERATORS[self.operator], self.occurrence)
        assert mutated is not None
        compile(mutated, self.path, "exec")  # what is no Python is no mutant
        return mutated


def is_exempt(node: Any) -> bool:
    """Whether a fault at this node changes words, types or examples only, and no number or decision.

    Annotations; what is written into a message; what an object prints as; imports for type checkers; what
    narrows a type (`assert isinstance`); whether a field may be passed by position, or a hash is kept; bloq
    examples, which are input of the tests.
    """
    child, parent = node, node.parent
    while parent is not None:
        if parent.type == "fstring_expr" or (
            parent.type == "annassign" and child is parent.children[1]
        ):
            return True
        if parent.type == "tfpdef" or (parent.type == "funcdef" and child is parent.annotation):
            return True
        if parent.type in ("parameters", "dictorsetmaker") and node.type == "operator":
            return True  # `*` and `**` that neither multiply nor raise
        if parent.type == "argument" and parent.children[0].get_code().strip() in KEYWORDS:
            return True
        if parent.type == "funcdef" and parent.name.value in TEXTS:
            return True
        if parent.type == "decorated" and "bloq_example" in parent.children[0].get_code():
            return True
        if _is_for_types(parent):
            return True
        child, parent = parent, parent.parent
    return _is_for_types(node)


def _is_for_types(node: Any) -> bool:
    """Whether a statement is there for type checkers."""
    return bool(
        node.type == "assert_stmt"
        or (node.type == "if_stmt" and node.children[1].get_code().strip() == "TYPE_CHECKING")
    )


def mutants_of(path: str, source: str) -> dict[tuple[int, int], list[Mutant]]:
    """The mutants of a file, by their place `(line, column)`."""
    places: dict[tuple[int, int], list[Mutant]] = {}
    tree = get_ast(source)
    for name, operator in OPERATORS.items():
        found = (
            (node, start)
            for node in ast_nodes(tree)
            for start, _ in operator.mutation_positions(node)
        )
        for occurrence, (node, start) in enumerate(found):
            if not is_exempt(node):
                places.setdefault(start, []).append(Mutant(path, start[0], name, occurrence))
    return places


def sample(root: Path, rooms: Sequence[str], count: int, seed: int) -> list[Mutant]:
    """A random choice of places, each with one random fault.

    Chance is a hash of the seed and of the words at the place, so that a change elsewhere in the code leaves
    the choice as it is, and a smaller sample is the beginning of a larger one.

    Args:
        root: of the tree.
        rooms: folders of the package.
        count: how many.
        seed: of the choice.
    """
    drawn: list[tuple[bytes, Mutant]] = []
    for file in (file for room in rooms for file in (root / "bloqs" / room).rglob("*.py")):
        path, source = str(file.relative_to(root)), file.read_text()
        lines, seen = source.splitlines(), Counter[str]()
        for (line, column), choice in sorted(mutants_of(path, source).items()):
            words = f"{seed} {path} {column} {lines[line - 1]}"
            seen[words] += 1
            words += f" {seen[words]}"
            fault = min(choice, key=lambda m: _chance(f"{words} {m.operator}"))
            drawn.append((_chance(words), fault))
    drawn.sort(key=lambda pair: (pair[0], attrs.astuple(pair[1])))
    return [mutant for _, mutant in drawn[:count]]


def _chance(words: str) -> bytes:
    return hashlib.sha256(words.encode()).digest()
