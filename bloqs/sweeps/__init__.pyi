from .folder import SweepFolderError as SweepFolderError
from .grids import image_tasks as image_tasks, seed_tasks as seed_tasks, shape_tasks as shape_tasks
from .images import ImageTask as ImageTask
from .runner import run_sweep as run_sweep
from .seeds import SeedTask as SeedTask
from .shapes import ShapeTask as ShapeTask
from .summary import sweep_passed as sweep_passed, sweep_summary as sweep_summary
from .tasks import OutsideBounds as OutsideBounds, Task as Task
