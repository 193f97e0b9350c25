import html as html_module
import json
import re
import shutil
import subprocess
from html.parser import HTMLParser
from pathlib import Path

import attrs
import numpy as np
import pandas as pd
import pytest
from rich.console import Console

import bloqs
from bloqs.costs import decision
from bloqs.costs.assumptions import words
from bloqs.costs.conventions import t_count
from bloqs.networks import NetworkSpec
from bloqs.reference import forward
from bloqs.report import Report, Settings, load_model, network_report
from bloqs.report.build import STAGES
from bloqs.report.headline import GLOSSARY, readable, tiles
from tests.report.toys import tiny_images, write_tiny

VOID = {"meta", "link", "br", "hr", "img", "input", "col"}


class Page(HTMLParser):
    """Checks nesting; collects ids, references and the cells of tables."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.targets: list[str] = []
        self.addresses: list[str] = []
        self.tags: set[str] = set()
        self.text: list[str] = []

    def handle_starttag(self, tag: str, attrs_: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        if tag not in VOID:
            self.open.append(tag)
        for name, value in attrs_:
            if name == "id":
                self.ids.append(value or "")
            if name in ("href", "xlink:href", "src", "data", "action", "srcset"):
                (self.targets if (value or "").startswith("#") else self.addresses).append(
                    value or ""
                )
            self.targets += re.findall(r"url\((#[^)]*)\)", value or "")

    def handle_endtag(self, tag: str) -> None:
        assert self.open, f"</{tag}> closes nothing"
        assert self.open.pop() == tag

    def handle_startendtag(self, tag: str, attrs_: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs_)
        if tag not in VOID:
            self.handle_endtag(tag)

    def handle_data(self, data: str) -> None:
        self.text.append(data)


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Report:
    path, image = write_tiny(tmp_path_factory.mktemp("tiny"))
    model = load_model(path)
    return network_report(model, model.image(image), Settings(loading="rotations"))


def test_report_verifies_what_it_costs(report: Report) -> None:
    check = report.verification
    assert check.passed
    assert check.verdict == "PASS"
    assert check.vector_error <= check.epsilon_stated <= 1e-2
    exact = forward(report.model.spec, tiny_images()[0])
    np.testing.assert_array_equal(check.classical, exact)
    # |p - q| <= ||v - w|| (||v|| + ||w||) group by group, for unit vectors.
    np.testing.assert_allclose(check.quantum, exact, atol=2 * check.vector_error + 1e-12)
    assert report.assumptions["data"] == "by data"
    # The input is called q_out * 2 * q_1 * (d + 1) times, all degrees stated in the assumptions.
    (d,) = map(int, report.assumptions["activation degrees"].split(", "))
    q_block, q_out = map(int, report.assumptions["amplification degrees"].split(", "))
    assert report.cost.input_calls == 2 * q_out * q_block * (d + 1)


def test_json_totals_are_the_sums_of_the_parts(report: Report) -> None:
    data = json.loads(report.to_json())
    cost = data["cost"]
    for name in ("t_count", "toffoli_count", "rotation_count"):
        assert cost[name] == sum(part[name] for part in cost["breakdown"]) > 0
    for gate in cost["native"]:
        assert cost["native"][gate] == sum(part["native"][gate] for part in cost["breakdown"])
    assert sum(part["share"] for part in cost["breakdown"]) == pytest.approx(1, abs=1e-12)
    assert cost["t_count"] == t_count(report.cost.native, report.cost.conventions)
    footprint = data["footprint"]
    assert footprint["physical_qubits"] == footprint["data_qubits"] + footprint["factory_qubits"]
    assert 4 * footprint["ccz_states"] + footprint["t_states"] == cost["t_count"]
    assert footprint["logical_qubits"] == cost["logical_qubits"]
    assert footprint["failure_probability"] <= 1e-2


def test_json_says_what_was_run(report: Report) -> None:
    data = json.loads(report.to_json())
    assert data["schema"] == "resnet-bloqs.report"
    assert data["package"] == {"name": "resnet-bloqs", "version": bloqs.__version__}
    assert data["qualtran"] == "0.7.0"
    assert data["model"]["digest"] == report.model.spec.digest
    assert data["image"] == {"name": "image", "index": None, "label": None}
    assert data["settings"] == attrs.asdict(Settings(loading="rotations"))
    assert data["variants"][0]["t_count"] == data["cost"]["t_count"]
    assert data["verification"]["passed"] is True
    for group in ("quantum", "classical"):
        assert sum(data["verification"][f"{group}_probabilities"]) == pytest.approx(1, abs=1e-12)
    assert data["assumptions"]["loading"] == "rotations"
    assert "calibrated" in data["assumptions"]["norm bounds"]
    assert data["assumptions"]["physical error rate"] == "0.001"


@pytest.mark.slow
def test_report_is_the_same_at_every_run(report: Report) -> None:
    again = network_report(report.model, report.image, Settings(loading="rotations"))
    assert again.to_json() == report.to_json()
    assert again.to_html() == report.to_html()


def test_worst_case_bounds_cost_more_where_they_exist(report: Report) -> None:
    calibrated, _, blocks, every = report.variants
    assert calibrated.t_count is not None
    assert blocks.t_count is not None
    assert every.t_count is not None
    assert calibrated.t_count < blocks.t_count < every.t_count
    text = " ".join(report.to_html().split())
    assert f"{every.t_count:,}" in text


def test_the_cost_of_a_decision_stands_beside_that_of_a_sample(report: Report) -> None:
    found = report.decision
    assert found == decision(report.cost, report.verification.classical, footprint=report.footprint)
    assert report.to_dict()["decision"]["t_count"] == found.t_count
    text = "".join(table.to_text() for table in report.tables())
    assert f"{found.t_count:,.0f}" in text
    assert f"{found.t_count:,.0f}" in report.to_html()


def test_the_other_output_stands_beside_it(report: Report) -> None:
    coherent, heralded = report.variants[:2]
    assert "coherent (this report)" in coherent.name
    assert "heralded" in heralded.name
    assert coherent.t_per_sample == pytest.approx(report.cost.t_per_sample)
    assert heralded.t_count is not None
    assert heralded.success_probability is not None
    assert heralded.t_per_sample == heralded.t_count / heralded.success_probability
    cells = json.loads(report.to_json())["variants"]
    assert cells[1]["t_per_sample"] == heralded.t_per_sample


def test_budget_adds_up_and_the_surface_code_keeps_its_share(report: Report) -> None:
    budget = json.loads(report.to_json())["budget"]
    parts = {part["name"]: part for part in budget["root"]["parts"]}
    assert sum(part["given"] for part in parts.values()) <= 1e-2 * (1 + 1e-9)
    vector = parts["polynomials"]["used"] + parts["data precision"]["used"]
    assert vector == pytest.approx(report.verification.epsilon_stated)
    # Of the runs that find their ancillas clean.
    succeeded = report.cost.success_probability
    assert succeeded is not None
    allowed = parts["magic-state and logical failure"]["given"] * succeeded
    assert report.footprint.target_failure_probability == pytest.approx(allowed, rel=1e-12)
    assert report.footprint.failure_probability <= allowed


@pytest.mark.slow
def test_missing_worst_case_bound_is_said(tmp_path: Path) -> None:
    path, image = write_tiny(tmp_path, skip_weight=0.4)
    model = load_model(path)
    report = network_report(model, model.image(image), Settings(loading="rotations"))
    blocks, every = report.variants[2:]
    assert blocks.t_count is not None
    assert every.t_count is None
    assert "no worst-case bound for the output layer" in str(every.error)
    assert "no worst-case bound for the output layer" in report.to_html()
    assert json.loads(report.to_json())["variants"][3]["error"] == every.error


def test_page_is_well_formed_and_stands_alone(report: Report) -> None:
    html = report.to_html()
    page = Page()
    page.feed(html)
    page.close()
    assert page.open == []
    assert page.addresses == []
    assert not {"script", "link", "iframe", "object", "embed"} & page.tags
    assert "@import" not in html
    assert not re.search(r"""(?:src|href|url)\s*[=(]\s*["']?(?:https?:)?//""", html)
    assert len(page.ids) == len(set(page.ids))
    assert {target.lstrip("#") for target in page.targets} <= set(page.ids)


def test_page_shows_every_table_and_drawing(report: Report) -> None:
    html = report.to_html()
    page = Page()
    page.feed(html)
    text = "\n".join(page.text)
    for table in report.tables():
        assert table.title in text
        for row in table.cells:
            for cell in row:
                assert cell in text
    assert "PASS" in text
    # Input, network, treemap, probabilities, shares; of the block and of the output layer a circuit and
    # Qualtran's drawing.
    assert html.count("<svg") == 9
    for bloq in ("LoadedVector", "Conv2DBlockEncoding", "QSVT"):
        assert bloq in text


def test_page_escapes_what_it_is_given(report: Report) -> None:
    evil = attrs.evolve(report, image=attrs.evolve(report.image, name="<script>alert(1)</script>"))
    assert "<script" not in evil.to_html()


def test_failure_is_said(report: Report) -> None:
    wrong = attrs.evolve(report.verification, vector_error=0.5)
    failed = attrs.evolve(report, verification=wrong)
    assert not failed.passed
    assert "FAIL: vector error 0.5" in failed.to_html()
    assert json.loads(failed.to_json())["verification"]["passed"] is False


def test_terminal_shows_the_breakdown(report: Report) -> None:
    console = Console(width=150, record=True, file=open("/dev/null", "w"))  # noqa: SIM115
    report.print(console)
    text = console.export_text()
    console.file.close()
    for part in report.cost.breakdown():
        assert part.component in text
        assert f"{part.t_count:,}" in text
    assert f"{report.cost.t_count:,}" in text
    assert f"{report.footprint.physical_qubits:,}" in text


def test_total_row_is_the_reports_total(report: Report) -> None:
    table = report.cost.breakdown_table()
    assert table.total
    columns = list(zip(*table.cells, strict=True))
    for column in (2, 3, 4):  # T, Toffoli, rotations
        *parts, total = (int(cell.replace(",", "")) for cell in columns[column])
        assert sum(parts) == total


def test_stages_are_told_in_order(report: Report) -> None:
    told: list[str] = []
    network_report(report.model, report.image, Settings(loading="rotations"), progress=told.append)
    assert tuple(told) == STAGES


def test_bad_physical_parameters_are_refused_before_any_work(report: Report) -> None:
    told: list[str] = []
    with pytest.raises(ValueError, match="failure_probability must lie in"):
        network_report(
            report.model, report.image, Settings(failure_probability=2.0), progress=told.append
        )
    assert told == []


def test_network_without_output_layer(tmp_path: Path) -> None:
    spec = NetworkSpec(
        input_shape=(1, 2, 2), kernels=(np.full((1, 1, 3, 3), 0.1),), num_groups=4
    ).calibrate([np.array([[1.0, 2.0], [3.0, 4.0]])])
    spec.save(tmp_path / "block.npz")
    np.save(tmp_path / "image.npy", [[1.0, 2.0], [3.0, 4.0]])
    model = load_model(str(tmp_path / "block.npz"))
    report = network_report(
        model, model.image(str(tmp_path / "image.npy")), Settings(loading="rotations")
    )
    assert report.passed
    assert [variant.name for variant in report.variants] == [
        "calibrated norms, coherent (this report)",
        "calibrated norms, heralded",
        "worst-case norms of every layer",
    ]


def test_write_is_atomic(report: Report, tmp_path: Path) -> None:
    target = tmp_path / "deep" / "folder"
    paths = report.write(target)
    assert [path.name for path in paths] == ["report.json", "report.html", "report.csv"]
    assert {path.name for path in target.iterdir()} == {path.name for path in paths}
    assert paths[0].read_text(encoding="utf-8") == report.to_json()


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, "none"),
        (True, "yes"),
        (0.123456789, "0.123457"),
        ([1.5, 2], "1.5, 2"),
        ({"origin": "given", "block 1": [1.0, 2.0]}, "origin: given; block 1: 1, 2"),
        ([{"value": 1.0}, {"value": 2.0}], "value: 1 | value: 2"),
    ],
)
def test_words(value: object, expected: str) -> None:
    assert words(value) == expected


def test_head_is_readable_and_exact_on_demand(report: Report) -> None:
    html = report.to_html()
    for tile in tiles(report.verification, report.cost, report.decision, report.footprint):
        assert len(tile.value) <= 10
        assert f">{tile.value}<" in html
    assert f"{report.cost.t_count:,} T gates of one run" in html
    assert report.command.startswith("resnet-bloqs report tiny --image image --loading rotations")
    assert html_module.escape(report.command) in html
    for word, meaning in GLOSSARY.items():
        assert word in html
        assert meaning[:20] in html


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (999_999, "1 M"),
        (0, "0"),
        (9_999, "9,999"),
        (10_000, "10 k"),
        (3e30, "3.00e+30"),
        (None, ""),
    ],
)
def test_readable_counts(value: float | None, text: str) -> None:
    assert readable(value) == text


def test_breakdown_lies_beside_the_page(report: Report, tmp_path: Path) -> None:
    data, page, rows = report.write(tmp_path)
    assert (data.name, page.name, rows.name) == ("report.json", "report.html", "report.csv")
    assert pd.read_csv(rows)["t_count"].sum() == report.cost.t_count


CHROMIUM = (
    shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
)


@pytest.mark.slow
@pytest.mark.skipif(
    CHROMIUM is None, reason="Chromium is no Python package: apt-get install chromium"
)
@pytest.mark.parametrize("width", [1400, 390])
def test_page_in_a_browser(report: Report, width: int, tmp_path: Path) -> None:
    _, page, _ = report.write(tmp_path)
    # The page itself runs no script; this one tells how wide it is laid out, in a copy.
    probe = (
        "<script>document.title = 'width ' + document.documentElement.scrollWidth</script></body>"
    )
    copy = tmp_path / "probed.html"
    frame = f'<iframe src="report.html" style="width:{width}px;height:900px;border:0"></iframe>'
    page.write_text(page.read_text(encoding="utf-8").replace("</body>", probe), encoding="utf-8")
    ask = "<script>onload = () => document.title = frames[0].document.title</script>"
    copy.write_text(f"<!DOCTYPE html>{frame}{ask}", encoding="utf-8")
    flags = "--headless --no-sandbox --disable-gpu --enable-logging=stderr --allow-file-access-from-files"
    profile = f"--user-data-dir={tmp_path / 'profile'}"
    done = subprocess.run(
        [str(CHROMIUM), *flags.split(), profile, "--dump-dom", copy.as_uri()],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    assert "CONSOLE" not in done.stderr
    found = re.search(r"<title>width (\d+)</title>", done.stdout)
    assert found is not None
    assert int(found[1]) <= width
