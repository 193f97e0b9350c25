"""The large network at gate level under its old name: `python -m bloqs.simulation.flagship`."""

from bloqs.applications.flagship import main

if __name__ == "__main__":
    raise SystemExit(main())
