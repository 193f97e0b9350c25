"""`python -m bloqs.published` writes `docs/published.md` again."""

from bloqs.published.document import write

if __name__ == "__main__":
    print(f"wrote {write()}")  # noqa: T201 - a command
