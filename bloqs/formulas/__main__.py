"""`python -m bloqs.formulas` writes `docs/formulas.md` again."""

from bloqs.formulas.document import write

if __name__ == "__main__":
    print(f"wrote {write()}")  # noqa: T201 - a command
