"""Programs that are built on the library, each run by `python -m`."""
