"""The text of `docs/published.md`: `python -m bloqs.published` writes it."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pandas as pd

from bloqs.files import write_text
from bloqs.networks import load_example
from bloqs.published.comparison import OURS, compare
from bloqs.published.one_call import one_call
from bloqs.published.strategy_table import STRATEGY_COLUMNS, strategy_table
from bloqs.tables import Table

PATH = Path(__file__).parents[2] / "docs" / "published.md"

MODELS = ("digits-1", "digits-2", "digits-bilinear")
"""Of which the last rows, the whole networks, are shown; the first is compared lemma by lemma."""

IMAGE = 0
"""Index of the test image on which the first model is compared."""

NETWORKS = ("L7", "Th2")


STRATEGIES_WORDS = (
    "`convolution=` of `to_bloq` and `cost_bloq`: alpha and T of a call of the first convolution by data, T "
    'of the whole network by shape, to an error of 1e-2, loaded by select-swap. "auto" takes for each layer '
    "the strategy with which the network costs least; it is not the default, because to show that nothing is "
    "cheaper it costs several networks where one was asked for, and these models get the default's. By shape "
    "an amplified strategy is charged for the largest gain of any kernel of its norm; by data it leaves an "
    "encoding as it is whose alpha is below 2 ||Conv||."
)


def shown(value: Any) -> str:
    """A cell: counts whole up to a million, else three digits; nothing where nothing is known.

    Args:
        value: text or a number.

    Returns:
        Its text.

    Example:
        >>> shown(12345.0), shown(1.769e12), shown(1e-2), shown(float("nan")), shown("M = 8")
        ('12,345', '1.77e+12', '0.01', '', 'M = 8')
    """
    if isinstance(value, str):
        return value
    number = float(value)
    if math.isnan(number):
        return ""
    if number == int(number) and abs(number) < 1e6:
        return f"{int(number):,}"
    return f"{number:.3g}"


def comparison_table(frame: pd.DataFrame, title: str) -> Table:
    """A comparison as a table, the T of each published form over ours as its last column.

    Args:
        frame: as `compare` returns it.
        title: of the table.

    Returns:
        The table; a form is divided by our row that follows it.

    Example:
        >>> columns = ["lemma", "form", "size", "t_count"]
        >>> rows = [("B14", "published", "M = 8", 27), ("B14", "ours", "M = 8", 12)]
        >>> print(comparison_table(pd.DataFrame(rows, columns=columns), "T").rows[0][-1])
        2.2
    """
    rows, ours = [], math.nan
    for record in reversed(frame.to_dict("records")):
        if record["form"] == OURS:
            ours, ratio = float(record["t_count"]), ""
        else:
            over = float(record["t_count"]) / ours
            ratio = "" if math.isnan(over) else f"{over:,.1f}" if over < 100 else f"{over:,.0f}"
        rows.append((*(shown(value) for value in record.values()), ratio))
    columns = (*frame.columns, "T over ours")
    return Table(title, columns, rows[::-1], numeric=set(range(3, len(columns))))


def document() -> str:
    """The whole text, computed anew: two minutes.

    Returns:
        Markdown.

    Example:
        >>> PATH.read_text(encoding="utf-8").splitlines()[0]  # what it was at the last writing
        '# The paper, lemma by lemma'
    """
    lines = [
        "# The paper, lemma by lemma",
        "",
        "`python -m bloqs.published` writes this page. Every published form is a bloq of `bloqs.published`, "
        "held to the same checks as ours; here it stands beside the construction that this library uses "
        "instead, for the same error of 1e-2, with all angles loaded by rotations. `resnet-bloqs compare` "
        "prints the table of any model or shape.",
        "",
        "- *alpha*: subnormalisation. *ancillas*: flagged qubits. *calls*: of what the form is built on (the "
        "vector, the LCU, the shift); of a network, of its input. *t_count*: total T under the default "
        "conventions, an upper bound where a form is costed by shape.",
        "- *stated*: the bound of the error; *measured*: what it is, on the image or a random vector.",
        "- *published circuits, the paper's bounds*: blocks amplified from 1/400 on, block i of k built to "
        "epsilon/1424^(k-i). No worst-case bound of the output exists at tau <= 1/2, which all three models "
        "have: there the bounds of the output are ours. *our bounds*: the same circuits with calibrated "
        'norms. They are `form="published"` of `cost_bloq`; an entrywise LCU whose alpha is below 2 ||Conv|| '
        "already stays as it is, in the paper's favour.",
        "",
    ]
    example = load_example(MODELS[0])
    first = compare(example.spec, example.images[IMAGE])
    for name in MODELS:
        frame = first if name == MODELS[0] else compare_networks(name)
        whole = frame[frame["lemma"].isin(NETWORKS)]
        lines += [comparison_table(whole, f"Whole networks: {name}").to_markdown(), ""]
    call = one_call()
    lines += [
        "## One call of a convolution: C = 16, D = 3, M = 64, Gaussian kernel, seed 0",
        "",
        f"Ours: {call.ours_t:,} T at alpha {call.ours_alpha:.1f}. Entrywise (B17): "
        f"{call.entrywise_t:,} T at alpha {call.entrywise_alpha:.1f}; T times alpha, what the same "
        f"amplitude costs, is {call.entrywise_ratio:.1f} times ours. Amplified (L5): "
        f"{call.amplified_t:,} T at alpha {call.amplified_alpha:.1f}, with {call.degree} calls; T is "
        f"{call.amplified_t / call.ours_t:.0f} times ours, T times alpha {call.amplified_ratio:.1f} times.",
        "",
    ]
    lines += [
        "## Strategies of convolution",
        "",
        STRATEGIES_WORDS,
        "",
    ]
    for name in MODELS:
        frame = strategy_table(load_example(name).spec)
        rows = [tuple(shown(value) for value in record) for record in frame.itertuples(index=False)]
        table = Table(f"Strategies: {name}", STRATEGY_COLUMNS, rows, numeric={1, 2, 3, 4})
        lines += [table.to_markdown(), ""]
    parts = first[~first["lemma"].isin(NETWORKS)]
    lines.append(comparison_table(parts, f"Lemma by lemma: the sizes of {MODELS[0]}").to_markdown())
    return "\n".join(lines).rstrip() + "\n"


def compare_networks(name: str) -> pd.DataFrame:
    """The last rows of the comparison of a bundled model.

    Args:
        name: of the model.

    Returns:
        As `compare`, the rows of whole networks alone.

    Example:
        >>> sorted(set(compare_networks("digits-1")["lemma"]))
        ['L7', 'Th2']
    """
    from bloqs.published.comparison import COLUMNS, network_rows

    rows = network_rows(load_example(name).spec, 1e-2)
    return pd.DataFrame(rows, columns=list(COLUMNS))


def write(path: Path = PATH) -> Path:
    """Write the document.

    Args:
        path: of the file.

    Returns:
        The path.

    Raises:
        ValueError: the file cannot be written.

    Example:
        `python -m bloqs.published` calls it, and it writes to

        >>> PATH.name, PATH.parent.name
        ('published.md', 'docs')
    """
    return write_text(path, document())
