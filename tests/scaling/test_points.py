"""Norm models, settings and single points."""

from __future__ import annotations

import json

import attrs
import pytest

from bloqs.costs import estimate
from bloqs.costs.classical import forward_cost
from bloqs.networks import NetworkSpec
from bloqs.networks.assembly import network_cost_bloq
from bloqs.networks.build import Build
from bloqs.scaling import CURVES, Curve, NormModel, Point, StudySettings, measure
from bloqs.scaling.points import MEASURED

BY_NAME = {curve.name: curve for curve in CURVES}


def point(name: str, **changes: object) -> Point:
    settings = {"log2_n": 6, "num_blocks": 1, "epsilon": 0.05} | changes
    return Point(curve=BY_NAME[name], **settings)  # type: ignore[arg-type]


def test_names_are_unique_and_every_regime_has_two_paths_but_the_first() -> None:
    assert len(BY_NAME) == len(CURVES)
    assert {(c.regime, c.paths) for c in CURVES} == {(1, 1), (2, 1), (2, 2), (3, 1), (3, 2)}
    assert {c.qram for c in CURVES if c.regime == 1} == {"oracle", "select-swap", "bucket-brigade"}


@pytest.mark.parametrize("tau", [0.0, 0.1, 0.51])
def test_spread_norm_is_the_larger_of_tau_and_one_over_root_length(tau: float) -> None:
    model = NormModel("spread", skip_weight=tau)
    for log2_length in (0, 4, 6, 8, 40, 80):
        low, high = model.output_norm(1 << log2_length)
        assert low == max(tau, 2.0 ** (-log2_length / 2))
        assert low <= high <= min(1.0, 1.4 * low * (1 + 1e-12))


def test_spread_norm_of_two_paths_is_that_of_the_whole_vector() -> None:
    row = measure(point("r2-d2-fading"))
    assert row["output_norm_low"] == row["length"] ** -0.5 == 2.0**-6


def test_norm_model_refuses() -> None:
    with pytest.raises(ValueError, match="constant"):
        NormModel("flat")
    with pytest.raises(ValueError, match="0 < lo <= hi"):
        NormModel(block=(1.4, 1.2))


def test_n_is_the_entries_of_one_path() -> None:
    for channels, log2_n, size in ((4, 6, 4), (1, 6, 8), (2, 7, 8)):
        found = point("r3-d2", channels=channels, log2_n=log2_n)
        assert found.image_size == size
        assert channels * size**2 == 1 << log2_n
        assert found.length == (1 << log2_n) ** 2


def test_refuses_an_n_without_a_square_image() -> None:
    with pytest.raises(ValueError, match="log2 N is 2 plus an even number, at least 4; found 7"):
        point("r1-oracle", log2_n=7)
    with pytest.raises(ValueError, match="power of two, found 3"):
        point("r1-oracle", channels=3)


@pytest.mark.parametrize(
    "name",
    ["r1-oracle", "r1-bucket-brigade", pytest.param("r2-d2", marks=pytest.mark.slow), "r3-d2"],
)
def test_a_row_is_the_estimate_of_the_bloq(name: str) -> None:
    curve = BY_NAME[name]
    row = measure(point(name))
    bounds = [(1.2, 1.35)] + ([(0.5, 0.7)] if curve.regime != 3 else [])
    spec = NetworkSpec.from_shapes(
        input_shape=(4, 4, 4),
        num_blocks=1,
        output_layer=curve.regime != 3,
        paths=curve.paths,
        num_groups=1,
    )
    build = Build(
        regime=curve.regime,
        epsilon=0.05,
        norm_bounds=bounds,
        loading=curve.loading,
        has_common_bits=True,
    )
    network = network_cost_bloq(spec, build)
    report = estimate(network, qram=curve.qram)
    native = attrs.asdict(report.native)
    exact = json.loads(row["counts"])
    assert exact["t_count"] == report.t_count == row["t_count"]
    assert exact["native"] == native
    assert row["gate_count"] == sum(native.values()) - native["measurement"]
    assert row["logical_qubits"] == report.logical_qubits
    assert row["t_depth"] == report.sequential_t_depth
    assert row["critical_t_depth"] is None
    assert row["input_calls"] == report.input_calls
    assert row["qram_queries"] == sum(report.qram_queries.values())
    if report.qram_queries:
        largest = max(report.qram_queries)
        assert row["largest_table"] == largest
        assert row["largest_table_queries"] == report.qram_queries[largest]
    assert row["classical_flops"] == forward_cost(spec).flops
    assert row["activation_degrees"] == network.assumptions["activation degrees"]
    assert row["epsilon_stated"] <= 0.05


def test_memory_models_share_the_network_and_differ_in_its_cost() -> None:
    rows = [measure(point(f"r1-{model}")) for model in ("oracle", "select-swap", "bucket-brigade")]
    for name in ("qram_queries", "input_calls", "activation_degrees", "alpha"):
        assert rows[0][name] == rows[1][name] == rows[2][name]
    assert rows[0]["t_count"] < rows[1]["t_count"] < rows[2]["t_count"]
    assert [row["qram"] for row in rows] == ["oracle", "select-swap", "bucket-brigade"]


def test_critical_path_where_asked() -> None:
    row = measure(point("r3-d1", log2_n=4, has_schedule=True))
    assert 0 < row["critical_t_depth"] <= row["t_depth"]


def test_what_cannot_be_built_is_a_row_with_its_reason() -> None:
    row = measure(point("r1-oracle", num_blocks=4, epsilon=1e-10))
    assert row["status"] == "refused"
    assert row["reason"]
    assert all(row[name] is None for name in MEASURED)
    assert row["classical_flops"] > 0
    assert row["output_norm_low"] == 0.5


def test_regime_three_assumes_no_output_norm() -> None:
    row = measure(point("r3-d1"))
    assert row["output_norm_low"] is None
    assert row["skip_weight"] is None
    assert row["qram_queries"] == 0


def test_settings_vary_one_axis_at_a_time() -> None:
    settings = StudySettings(max_log2_n=12, blocks=[3, 1], epsilons=[1e-3, 1e-1], at_log2_n=8)
    by_axis: dict[str, set[tuple[int, int, float]]] = {}
    for axis, found in settings.points():
        by_axis.setdefault(axis, set()).add((found.log2_n, found.num_blocks, found.epsilon))
    assert by_axis["N"] == {(n, 2, 1e-2) for n in (6, 8, 10, 12)}
    assert by_axis["k"] == {(8, k, 1e-2) for k in (1, 3)}
    assert by_axis["epsilon"] == {(8, 2, e) for e in (1e-1, 1e-3)}


def test_spread_norms_are_measured_against_n_only() -> None:
    axes = {axis for axis, found in StudySettings().points() if found.curve.norms.name == "spread"}
    assert axes == {"N"}


def test_the_whole_study_has_the_ranges_asked_of_it() -> None:
    settings = StudySettings()
    assert (settings.log2_ns[0], settings.log2_ns[-1]) == (6, 40)
    assert settings.blocks == (1, 2, 3, 4, 5, 6)
    assert settings.epsilons == pytest.approx([10.0**-i for i in range(1, 9)])


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"max_log2_n": 5, "min_log2_n": 5}, "no N between"),
        ({"regimes": [4]}, "some of 1, 2 and 3"),
        ({"regimes": []}, "some of 1, 2 and 3"),
        ({"blocks": [0]}, "from 1 to 32"),
        ({"epsilons": [2.0]}, "in \\(0, 1\\)"),
        ({"clocks": []}, "positive"),
        ({"at_log2_n": 21}, "even number"),
    ],
)
def test_settings_refuse(changes: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        StudySettings(**changes)  # type: ignore[arg-type]


def test_a_curve_of_ones_own() -> None:
    """The networks of a study are data: another loader is another `Curve`."""
    curve = Curve(name="rotations", label="rotations", regime=3, loading="rotations")
    row = measure(Point(curve=curve, log2_n=4, num_blocks=1, epsilon=0.05))
    assert row["status"] == "done"
    assert row["angle_bits"] is None
