"""Cards and pictures: their figures are those of `estimate`, and they are small and self-contained."""

from __future__ import annotations

import os
import xml.etree.ElementTree as ET
from html.parser import HTMLParser
from pathlib import Path

import pytest
import sympy
from qualtran import QUInt
from qualtran.bloqs.arithmetic import Add
from qualtran.bloqs.basic_gates import CNOT

from bloqs import estimate, load_example
from bloqs.catalogue import CATALOGUE
from bloqs.core.block_encoding import RealBlockEncoding
from bloqs.core.encoding import VectorEncoding
from bloqs.loading import LoadedVector
from bloqs.networks.network import ResidualNetwork
from bloqs.show import (
    Picture,
    bloq_card,
    call_graph,
    cost_tree,
    example_card,
    flame_graph,
    spec_card,
    treemap,
)
from bloqs.show.network import layer_costs, network_tree
from bloqs.show.tree import REST


@pytest.fixture(scope="module")
def network() -> ResidualNetwork:
    return load_example("digits-2").spec.cost_bloq()


class Balance(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def check(html: str) -> None:
    page = Balance()
    page.feed(html)
    assert page.open == []
    assert len(html) < 10**6
    assert "http" not in html
    assert "<script" not in html


def test_layers_sum_to_the_total(network: ResidualNetwork) -> None:
    layers = layer_costs(network)
    assert [layer.name for layer in layers] == ["input", "block 1", "block 2", "output"]
    assert sum(layer.t_count for layer in layers) == estimate(network).t_count
    assert layers[0].runs == estimate(network).input_calls


def test_components_of_the_layers_sum_to_the_breakdown(network: ResidualNetwork) -> None:
    by_component: dict[str, float] = {}
    for depth, node in network_tree(network).walk():
        if depth == 2:
            by_component[node.name] = by_component.get(node.name, 0) + node.t_count
    assert by_component == {
        row.component: row.t_count for row in estimate(network).breakdown() if row.t_count
    }


def test_a_tree_sums_to_the_total(network: ResidualNetwork) -> None:
    tree = cost_tree(network, depth=8, min_share=0.02)
    assert tree.t_count == estimate(network).t_count
    for _, node in tree.walk():
        inner = sum(child.t_count for child in node.children)
        assert inner <= node.t_count * (1 + 1e-9)
        for child in node.children:
            assert child.name == REST or child.t_count >= 0.02 * tree.t_count
    assert len(list(cost_tree(network, min_share=0.2).walk())) < len(list(tree.walk()))


def test_pictures(
    network: ResidualNetwork, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", os.devnull)  # no Graphviz
    for picture in (
        network.show(),
        network.show(3),
        treemap(network),
        flame_graph(network),
        call_graph(network),
    ):
        check(picture._repr_html_())
        root = ET.parse(picture.save(tmp_path / "picture.svg")).getroot()
        assert root.tag.endswith("svg")
        assert "Normalized" not in picture.svg
    assert "block 2" in network.show().svg
    assert network.show(0).html.count("<details") == 4


@pytest.mark.parametrize(
    "entry", [one for one in CATALOGUE if one.concrete], ids=lambda one: one.bloq_cls.__name__
)
def test_every_bloq_of_ours_has_a_card(entry) -> None:  # type: ignore[no-untyped-def]
    bloq = entry.concrete[0].make()
    html = bloq._repr_html_()
    check(html)
    for register in bloq.signature:
        assert f"{register.name}: " in html
    if isinstance(bloq, (VectorEncoding, RealBlockEncoding)):
        assert "$$" in (entry.bloq_cls.__doc__ or ""), "an encoding shows its own equation"
        assert "$$" in html
    alpha = getattr(bloq, "alpha", None)
    assert (alpha is None) == ("alpha</td>" not in html)


def test_cards_of_specification_and_example() -> None:
    example = load_example("digits-1")
    check(spec_card(example.spec))
    assert example._repr_html_() == example_card(example)
    assert "block 1" in example.spec._repr_html_()
    assert len(repr(example.spec)) < 1000
    assert len(repr(example)) < 1200
    assert "cost" in bloq_card(CNOT())


def test_what_cannot_be_drawn() -> None:
    with pytest.raises(ValueError, match="symbolic"):
        cost_tree(Add(QUInt(sympy.Symbol("n"))))
    with pytest.raises(ValueError, match="has no T gates"):
        treemap(CNOT())
    with pytest.raises(ValueError, match="depth must be"):
        flame_graph(LoadedVector([0.6, 0.8]), depth=0)
    with pytest.raises(ValueError, match="min_share must"):
        flame_graph(LoadedVector([0.6, 0.8]), min_share=2)
    with pytest.raises(ValueError, match=r"bloq must be a qualtran.Bloq"):
        call_graph("digits-1")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="network must be a vector encoding"):
        ResidualNetwork.show(CNOT())  # type: ignore[arg-type]
    assert repr(Picture("Nothing", "<svg/>")) == "Picture('Nothing', 6 bytes of SVG)"
