"""Qualtran's own five checks, strictly: anything but PASS fails."""

import pytest
from qualtran import Bloq
from qualtran.serialization import resolver_dict
from qualtran.testing import (
    BloqCheckResult,
    check_bloq_example_decompose,
    check_bloq_example_make,
    check_bloq_example_qtyping,
    check_bloq_example_serializes,
    check_equivalent_bloq_example_counts,
)

from bloqs import loading
from bloqs.loading import (
    alias_sampling,
    bucket_brigade,
    columns,
    lookup,
    measured,
    multiplexed,
    phase_gradient,
    qram,
    select_swap,
    sparse,
    tabulated,
    vector,
)

CONCRETE = [
    lookup._table_lookup,
    lookup._table_lookup_shape,
    lookup._swap_to_front,
    select_swap._select_swap_lookup,
    select_swap._select_swap_lookup_shape,
    bucket_brigade._fan_out,
    bucket_brigade._bucket_brigade_qram,
    bucket_brigade._bucket_brigade_qram_shape,
    qram._qram_query,
    qram._qram_query_shape,
    measured._phase_fix_up,
    alias_sampling._alias_sampling,
    alias_sampling._alias_sampling_shape,
    measured._phase_fix_up_shape,
    measured._measured_unload,
    measured._measured_retreat,
    phase_gradient._phase_gradient_ry,
    tabulated._tabulated_rotations,
    tabulated._tabulated_rotations_shape,
    tabulated._tabulated_rotations_qram,
    multiplexed._multiplexed_ry,
    multiplexed._multiplexed_ry_qrom,
    multiplexed._multiplexed_ry_shape,
    vector._loaded_vector,
    vector._loaded_vector_qrom,
    vector._loaded_vector_qram,
    vector._loaded_vector_shape,
    sparse._position_index,
    sparse._position_index_shape,
    sparse._sparse_vector,
    sparse._sparse_vector_shape,
    columns._column_oracle,
    columns._column_oracle_qrom,
    columns._column_oracle_qram,
    columns._column_oracle_shape,
]
SYMBOLIC = [
    lookup._table_lookup_symbolic,
    bucket_brigade._bucket_brigade_qram_symbolic,
    phase_gradient._phase_gradient_ry_symbolic,
    tabulated._tabulated_rotations_symbolic,
    multiplexed._multiplexed_ry_symbolic,
    vector._loaded_vector_symbolic,
    columns._column_oracle_symbolic,
]
CHECKS = [
    check_bloq_example_make,
    check_bloq_example_decompose,
    check_bloq_example_serializes,
    check_bloq_example_qtyping,
    check_equivalent_bloq_example_counts,
]


@pytest.fixture(autouse=True)
def _resolvable(monkeypatch):
    classes = [getattr(loading, name) for name in loading.__all__]
    from bloqs.core.control import ReversedBloq
    from bloqs.core.rotation import GenericRotation

    for cls in [*classes, GenericRotation, ReversedBloq]:
        if isinstance(cls, type):
            name = f"{cls.__module__}.{cls.__qualname__}"
            monkeypatch.setitem(resolver_dict.RESOLVER_DICT, name, cls)


@pytest.mark.parametrize("example", CONCRETE, ids=lambda example: example.name)
@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_concrete_examples_pass(example, check):
    result, message = check(example)
    assert result is BloqCheckResult.PASS, message


@pytest.mark.parametrize("example", SYMBOLIC, ids=lambda example: example.name)
def test_symbolic_examples_are_made(example):
    result, message = check_bloq_example_make(example)
    assert result is BloqCheckResult.PASS, message


def test_every_class_has_an_example():
    made = {type(example.make()) for example in CONCRETE}
    public = [getattr(loading, name) for name in loading.__all__]
    bloqs = {item for item in public if isinstance(item, type) and issubclass(item, Bloq)}
    without = {item.__name__ for item in bloqs - made}
    # Leaves: no decomposition to compare with.
    leaves = {"BorrowPhaseGradient", "ReturnPhaseGradient", "UnknownDataGate", "MeasureRow"}
    assert without == leaves
