"""Sweeps: many images, many seeds, many shapes, in parallel, resumable, as Parquet.

The names are resolved when they are first used: a table needs no cluster.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bloqs.lazy import lazy_names

if TYPE_CHECKING:
    from bloqs.sweeps.folder import SweepFolderError
    from bloqs.sweeps.grids import image_tasks, seed_tasks, shape_tasks
    from bloqs.sweeps.images import ImageTask
    from bloqs.sweeps.runner import run_sweep
    from bloqs.sweeps.seeds import SeedTask
    from bloqs.sweeps.shapes import ShapeTask
    from bloqs.sweeps.summary import sweep_passed, sweep_summary
    from bloqs.sweeps.tasks import OutsideBounds, Task

_PUBLIC = {
    "ImageTask": "images",
    "OutsideBounds": "tasks",
    "SeedTask": "seeds",
    "ShapeTask": "shapes",
    "SweepFolderError": "folder",
    "Task": "tasks",
    "image_tasks": "grids",
    "run_sweep": "runner",
    "seed_tasks": "grids",
    "shape_tasks": "grids",
    "sweep_passed": "summary",
    "sweep_summary": "summary",
}
"""Public name -> the module that defines it."""

__all__ = [
    "ImageTask",
    "OutsideBounds",
    "SeedTask",
    "ShapeTask",
    "SweepFolderError",
    "Task",
    "image_tasks",
    "run_sweep",
    "seed_tasks",
    "shape_tasks",
    "sweep_passed",
    "sweep_summary",
]

__getattr__, __dir__ = lazy_names(__name__, _PUBLIC, globals())
