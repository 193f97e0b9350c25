"""What counting decisions in training saves: `python -m tests.benchmarks.decisions`, all by the same code.

The bundled weights against those of the configurations `digits-1-lean` and `digits-2-lean` of
`bloqs.training.train_digits`, which stand in `tests/data`.
"""

from pathlib import Path

from rich.console import Console

from bloqs import NetworkSpec, load_example
from bloqs.report import Model, ModelDecisions, model_decisions
from bloqs.tables import Table, number

DATA = Path(__file__).parents[1] / "data"
MODELS = ("digits-1", "digits-2")


def decisions(name: str, *, lean: bool) -> ModelDecisions:
    """As `resnet-bloqs decide`, of the bundled weights or of the lean ones."""
    example = load_example(name)
    spec = NetworkSpec.load(DATA / f"{name}-lean.npz") if lean else example.spec
    model = Model(name, spec, example)
    return model_decisions(model, model.images("all"), samples=(100,))


def main() -> None:
    """Print the table."""
    rows = []
    for name in MODELS:
        both = [decisions(name, lean=lean) for lean in (False, True)]
        for weights, found in zip(("bundled", "lean"), both, strict=True):
            times = (both[0].t_count(0.5) or 0.0) / (found.t_count(0.5) or 1.0)
            (row,) = found.rows
            rows.append(
                (
                    name,
                    weights,
                    f"{found.exact_accuracy:.2%}",
                    f"{row.accuracy:.2%}",
                    number(found.t_per_sample, ",.0f"),
                    number(found.samples(0.5), ","),
                    number(found.t_count(0.5), ",.0f"),
                    number(found.t_count(0.9), ",.0f"),
                    f"{times:.2f}",
                )
            )
    heads = (
        "model",
        "weights",
        "accuracy",
        "of 100 samples",
        "T a sample",
        "samples",
        "T a decision",
        "90th percentile",
        "times less",
    )
    note = "450 test images; heralded, epsilon 1e-2, select-swap, by shape; wrong with 1 % or less; medians."
    numeric = {2, 3, 4, 5, 6, 7, 8}
    table = Table("Decisions by two trainings", heads, rows, numeric=numeric, note=note)
    Console(width=140).print(table)


if __name__ == "__main__":
    main()
