"""The explorer as an application: what the controls say goes in, figures come out."""

from __future__ import annotations

import os
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import attrs
from dash import Dash, Input, Output
from dash import State as Given

from bloqs.checks import whole_number
from bloqs.costs.unknown import UnknownCostError
from bloqs.explore.address import HOST, PORT, check_port
from bloqs.explore.charts import breakdown_chart, empty_chart, frontier_chart
from bloqs.explore.controls import CONTROLS, word
from bloqs.explore.figures import Figures, bundled_model, figures_of, solved_ahead, subject
from bloqs.explore.page import page, tiles
from bloqs.explore.state import State
from bloqs.explore.words import as_command, as_python
from bloqs.layers.forms import OURS
from bloqs.messages import printable
from bloqs.networks.examples import EXAMPLES
from bloqs.report.inputs import Model, load_model
from bloqs.tables import number

LONG_PUBLISHED = (
    "The published circuits of another shape than the model's have polynomials of degree up to 4,001: "
    "their figures may take a minute or two, and the dots move until then."
)

SHOWN = ("message", "tiles", "note", "breakdown", "frontier", "python", "command", "link", "path")
"""What the page shows of a state, by the ids of the page."""


@attrs.frozen(eq=False)
class Explorer:
    """What the page's controls call: words in, contents of the page out. Nothing here knows of a browser.

    Parameters:
        first: name of the model that a page begins with.
        given: the model of a file, under its name; None with the bundled ones alone.
        path: of that file.

    Example:
        >>> explorer = Explorer.of("digits-1")
        >>> widgets, message = explorer.restored("?epsilon=0.1&loading=qrom")
        >>> explorer.shown(widgets)["command"]
        'resnet-bloqs estimate digits-1 --epsilon 0.1 --loading qrom'
        >>> explorer.restored("?epsilon=7")[1]
        "This link was refused: epsilon must be one of ..., found '7'. The page shows digits-1 as it is."
    """

    first: str
    given: Model | None = None
    path: str | None = None

    @classmethod
    def of(cls, model: str | os.PathLike[str]) -> Explorer:
        """The explorer of a model.

        Args:
            model: name of a bundled one, or path of a file by `NetworkSpec.save`.

        Returns:
            The explorer; the bundled models can be chosen as well.

        Raises:
            ValueError: neither, or a damaged file.
        """
        if isinstance(model, str) and model in EXAMPLES:
            return cls(model)
        given = load_model(model)  # type: ignore[arg-type]  # a path
        name = given.name if given.name not in EXAMPLES else f"{given.name} (file)"
        given = attrs.evolve(given, name=printable(name))
        return cls(given.name, given, str(Path(model)))

    @property
    def models(self) -> tuple[str, ...]:
        """Names to choose from, the first one first."""
        return tuple(dict.fromkeys((self.first, *EXAMPLES)))

    def _model(self, name: str) -> tuple[Model, str | None]:
        if self.given is not None and name == self.given.name:
            return self.given, self.path
        return bundled_model(name), None

    def figures(self, state: State) -> Figures:
        """The figures of a state.

        Args:
            state: the controls.

        Returns:
            The figures.

        Raises:
            ValueError: the choices do not go together.
        """
        return figures_of(self._model(state.model)[0], state)

    def restored(self, query: str | None) -> tuple[list[Any], str]:
        """The controls as a link has them.

        Args:
            query: behind the question mark.

        Returns:
            What each control of `ORDER` is set to, and why the link was refused, or nothing.
        """
        state, message = State(model=self.first), ""
        if query:
            try:
                state = State.from_query(query, self.models)
            except ValueError as why:
                message = f"This link was refused: {why}. The page shows {self.first} as it is."
        return [_widget(name, text) for name, text in state.texts.items()], message

    def state(self, widgets: Sequence[Any]) -> State:
        """The state that the controls are set to.

        Args:
            widgets: what each control of `ORDER` is set to.

        Returns:
            The state.

        Raises:
            ValueError: a value that its control does not have.
        """
        texts = {name: _text(name, value) for name, value in zip(ORDER, widgets, strict=True)}
        return State.from_texts(texts, self.models)

    def shown(self, widgets: Sequence[Any]) -> dict[str, Any]:
        """What the page shows.

        Args:
            widgets: what each control of `ORDER` is set to.

        Returns:
            Contents by the ids of `SHOWN`; where the choices do not go together, the reason and no figures.
        """
        nothing: dict[str, Any] = dict.fromkeys(SHOWN, "")
        nothing |= {"tiles": [], "breakdown": empty_chart(), "frontier": empty_chart()}
        nothing |= {"link": "?"}
        try:
            state = self.state(widgets)
            nothing["link"] = f"?{state.query}"
            found = self.figures(state)
        except ValueError as why:
            return {**nothing, "message": f"No figures: {why}"}
        model, path = self._model(state.model)
        chart = nothing["frontier"]
        if found.curve is not None:
            chart = frontier_chart(found.curve, found.footprint)
        return {
            "message": getattr(found.footprint, "reason", ""),
            "tiles": tiles(found),
            "note": found.subject.note,
            "breakdown": breakdown_chart(found.cost),
            "frontier": chart,
            "python": as_python(model, found, path),
            "command": as_command(model, found, path),
            "link": f"?{state.query}",
            "path": "",
        }

    def patience(self, widgets: Sequence[Any]) -> str:
        """Whether the figures take longer than one waits for without a word.

        Args:
            widgets: what each control of `ORDER` is set to.

        Returns:
            One sentence, before the figures are there; nothing where they come at once.
        """
        try:
            state = self.state(widgets)
            is_own = subject(self._model(state.model)[0], state).is_model
        except ValueError:
            return ""
        return "" if is_own or state.form == OURS.name else LONG_PUBLISHED

    def critical_path(self, widgets: Sequence[Any]) -> str:
        """The T-depth of the critical path, seconds to a minute.

        Args:
            widgets: what each control of `ORDER` is set to.

        Returns:
            One sentence.
        """
        try:
            schedule = self.figures(self.state(widgets)).cost.schedule
        except (UnknownCostError, ValueError) as why:
            return f"Not found: {why}"
        bound = "" if schedule.exact else "at most "
        return f"{bound}{number(schedule.t_depth)} layers of T on {number(schedule.qubits)} qubits"


ORDER = tuple(field.name for field in attrs.fields(State))
"""The controls in the order of a state."""


def _widget(name: str, text: str) -> Any:
    """What a control of the page holds for a word: a slider the place of the choice."""
    control = CONTROLS.get(name)
    if control is None or not control.is_slider:
        return text
    return [word(choice) for choice in control.choices].index(text)


def _text(name: str, value: Any) -> Any:
    """The word for what a control of the page holds; what it cannot hold is passed on, to be refused."""
    control = CONTROLS.get(name)
    if control is None or not control.is_slider:
        return value
    is_place = isinstance(value, int) and 0 <= value < len(control.choices)
    return word(control.choices[value]) if is_place else str(value)


def explorer_app(model: str | os.PathLike[str] = "digits-1") -> Dash:
    """The explorer as a Dash application, which `explore` serves.

    Args:
        model: name of a bundled one, or path of a file by `NetworkSpec.save`.

    Returns:
        The application. It asks nothing of any other machine: its scripts come from the installed packages.

    Raises:
        ValueError: no such model, or a damaged file.

    Example:
        >>> explorer_app("digits-1").title
        'Cost explorer'
    """
    explorer = Explorer.of(model)
    app = Dash(
        "bloqs.explore",
        title="Cost explorer",
        update_title="",
        assets_folder=str(Path(__file__).parent / "assets"),
        serve_locally=True,
        add_log_handler=False,
    )
    app.layout = page(explorer.models)
    widgets = [Input(name, "value") for name in ORDER]

    @app.callback(
        *(Output(name, "value") for name in ORDER),
        Output("refused", "children"),
        Input("url", "search"),
    )
    def restore(query: str | None) -> list[Any]:
        found, message = explorer.restored(query)
        return [*found, message]

    @app.callback(
        *(Output(name, _SLOTS.get(name, "children")) for name in SHOWN),
        Output("link", "children"),
        Output("copy-link", "content"),
        widgets,
        Given("url", "href"),
    )
    def update(*given: Any) -> list[Any]:
        *values, address = given
        found = explorer.shown(values)
        found["link"] = str(address or "").split("?")[0].split("#")[0] + found["link"]
        return [*(found[name] for name in SHOWN), found["link"], found["link"]]

    app.callback(Output("patience", "children"), widgets)(lambda *given: explorer.patience(given))

    @app.callback(
        Output("path", "children", allow_duplicate=True),
        Input("find-path", "n_clicks"),
        [Given(name, "value") for name in ORDER],
        prevent_initial_call=True,
    )
    def find_path(_: Any, *values: Any) -> str:
        return explorer.critical_path(values)

    return app


_SLOTS = {"breakdown": "figure", "frontier": "figure", "link": "href"}


def explore(
    model: str | os.PathLike[str] = "digits-1", *, port: int = PORT, **options: Any
) -> None:
    """Serve the explorer on this machine: below the cell of a notebook, elsewhere until it is stopped.

    Args:
        model: name of a bundled one, or path of a file by `NetworkSpec.save`.
        port: of this machine, which no other program uses.
        options: `jupyter_mode`, `jupyter_height`, ... of `dash.Dash.run`.

    Raises:
        ValueError: no such model, a port that is taken or none, or an option that would let others in.

    Example:
        >>> explore("digits-1", host="0.0.0.0")
        Traceback (most recent call last):
        ...
        ValueError: the explorer is served at 127.0.0.1 alone, without host; remove it
    """
    for name in ("host", "debug", "proxy"):
        if name in options:
            raise ValueError(f"the explorer is served at {HOST} alone, without {name}; remove it")
    check_port(whole_number(port, "port", low=1, high=65535))
    app = explorer_app(model)
    threading.Thread(target=_solve_ahead, args=[model], daemon=True).start()
    app.run(host=HOST, port=port, debug=False, **options)


def _solve_ahead(model: str | os.PathLike[str]) -> None:
    """While the page is looked at, every epsilon of the slider is solved."""
    explorer = Explorer.of(model)
    found, _ = explorer._model(explorer.first)
    for _ in solved_ahead(found, State(model=explorer.first)):
        pass
