"""The page of the explorer: controls at the left, figures at the right; in a column where it is narrow."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dash import dcc, html

from bloqs import __version__
from bloqs.costs.unknown import Unknown
from bloqs.explore.charts import empty_chart
from bloqs.explore.controls import CONTROLS, Control, word
from bloqs.explore.figures import Figures
from bloqs.explore.state import BANDS
from bloqs.report.headline import GLOSSARY, Tile, duration, readable
from bloqs.show.svg import BAR
from bloqs.tables import number

LABELS = {"block_band": "band of the blocks", "output_band": "band of the output"}


def _word(control: Control, choice: Any) -> str:
    return control.own if choice is None else word(choice)


def _slider(control: Control) -> dcc.Slider:
    words = [_word(control, choice) for choice in control.choices]
    return dcc.Slider(
        id=control.name,
        min=0,
        max=len(words) - 1,
        step=1,
        value=0,
        marks=dict(enumerate(words)),
        allow_direct_input=False,
        updatemode="mouseup",
    )


def _dropdown(name: str, choices: Sequence[tuple[str, str]]) -> dcc.Dropdown:
    return dcc.Dropdown(
        id=name,
        options=[{"value": value, "label": label} for value, label in choices],
        value=choices[0][0],
        clearable=False,
        searchable=False,
    )


def _control(control: Control) -> html.Div:
    if control.is_slider:
        return _labelled(control.name, control.label, _slider(control))
    words = [(word(choice), _word(control, choice)) for choice in control.choices]
    return _labelled(control.name, control.label, _dropdown(control.name, words))


def _labelled(name: str, label: str, made: Any) -> html.Div:
    return html.Div(
        [html.Label(label, htmlFor=name, id=f"label-{name}"), made], className="control"
    )


def _band(name: str) -> html.Div:
    typed = dcc.Input(id=name, type="text", debounce=True, placeholder="LO,HI", value="")
    return _labelled(name, LABELS[name], typed)


def _controls(models: Sequence[str]) -> html.Div:
    groups: dict[str, list[Any]] = {
        "Network": [_labelled("model", "model", _dropdown("model", [(m, m) for m in models]))]
    }
    for control in CONTROLS.values():
        group = groups.setdefault(control.group, [])
        group.append(_control(control))
        if control.name == "norm_bounds":
            group.extend(_band(name) for name in BANDS)
    return html.Div(
        [
            html.Fieldset([html.Legend(name), *controls], className="group")
            for name, controls in groups.items()
        ],
        className="controls",
    )


def _chart(name: str, title: str) -> html.Section:
    graph = dcc.Graph(
        id=name,
        figure=empty_chart(),
        config={"displayModeBar": False, "displaylogo": False},
        responsive=True,
        style={"height": "300px"},
    )
    return html.Section([html.H2(title), graph], className="panel")


def _copied(name: str, title: str) -> html.Section:
    return html.Section(
        [
            html.Div(
                [html.H2(title), dcc.Clipboard(target_id=name, title=f"copy: {title}")],
                className="head",
            ),
            html.Pre(id=name),
        ],
        className="panel",
    )


def page(models: Sequence[str]) -> html.Div:
    """The page, without figures yet.

    Args:
        models: names to choose from, the first one chosen.

    Returns:
        The layout.

    Example:
        >>> type(page(["digits-1"])).__name__
        'Div'
    """
    results = html.Div(
        [
            html.Div(
                [
                    html.P(id="refused", className="message", role="alert"),
                    html.P(id="message", className="message", role="alert"),
                    html.P(id="patience", className="note", role="status"),
                    dcc.Loading(
                        html.Div(id="tiles", className="tiles"),
                        delay_show=400,
                        type="dot",
                        color=BAR,
                    ),
                    html.P(id="note", className="note"),
                ],
                className="summary",
            ),
            html.Div(
                [
                    html.Button("Find the critical path", id="find-path", type="button"),
                    dcc.Loading(html.Span(id="path"), delay_show=200, type="dot", color=BAR),
                ],
                className="head path",
            ),
            html.Div(
                [
                    _chart("breakdown", "Where T goes"),
                    _chart("frontier", "Qubits against hours, by the number of factories"),
                ],
                className="charts",
            ),
            _copied("python", "Copy as Python"),
            _copied("command", "Copy as a command"),
            html.Section(
                [
                    html.Div(
                        [
                            html.H2("Link to this state"),
                            dcc.Clipboard(id="copy-link", title="copy: the link"),
                        ],
                        className="head",
                    ),
                    html.A(id="link", href="?", target="_blank"),
                ],
                className="panel",
            ),
        ],
        className="results",
    )
    return html.Div(
        [
            dcc.Location(id="url", refresh=False),
            html.Header(
                [
                    html.H1("Cost explorer"),
                    html.Span(
                        f"resnet-bloqs {__version__}. Every figure is by shape: an upper bound.",
                        className="muted",
                    ),
                ]
            ),
            html.Main([_controls(models), results]),
        ]
    )


def tiles(found: Figures) -> list[html.Div]:
    """The figures at the head of the page; the full number is in the tooltip.

    Args:
        found: of a state.

    Returns:
        One box a figure.

    Example:
        >>> from bloqs.explore import State, figures_of
        >>> from bloqs.explore.figures import bundled_model
        >>> [box.title for box in tiles(figures_of(bundled_model("digits-1"), State(epsilon=0.1)))][0]
        '... T gates of one run, toffoli-4T/repeat-until-success'
    """
    cost, placed = found.cost, found.footprint
    shown = [
        Tile(
            "total T",
            readable(cost.t_count),
            f"{number(cost.t_count)} T gates of one run, {cost.basis}",
        ),
        Tile(
            "T a sample",
            readable(cost.t_per_sample) or "-",
            f"{number(cost.t_per_sample, ',.0f')}. {GLOSSARY['T a sample, T a decision']}",
        ),
        Tile("logical qubits", readable(cost.logical_qubits), number(cost.logical_qubits)),
        Tile(
            "sequential T-depth",
            readable(cost.sequential_t_depth),
            f"{number(cost.sequential_t_depth)} layers of T, one part after another",
        ),
    ]
    if isinstance(placed, Unknown):
        shown += [
            Tile("physical qubits", "none", placed.reason),
            Tile("time of a run", "none", placed.reason),
        ]
    else:
        shown += [
            Tile(
                "physical qubits",
                readable(placed.physical_qubits),
                f"{number(placed.physical_qubits)}, by {placed.model}, code distance "
                f"{placed.code_distance}",
            ),
            Tile(
                "time of a run",
                duration(placed.hours),
                f"{placed.hours:.6g} h, limited by {placed.limited_by}",
            ),
        ]
    return [
        html.Div(
            [html.Span(tile.name, className="name"), html.Span(tile.value, className="value")],
            title=tile.exact,
            className="tile",
            id=f"tile-{tile.name.replace(' ', '-').lower()}",
        )
        for tile in shown
    ]
