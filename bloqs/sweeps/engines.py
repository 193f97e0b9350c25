"""Where batches run: in this process, or on a Dask cluster, local or given by its address."""

from __future__ import annotations

import abc
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from typing import Any

from bloqs.sweeps.cluster import connected
from bloqs.sweeps.journal import found_so_far, run_batch
from bloqs.sweeps.tasks import Record, Task, failure

Batch = tuple[Task, ...]

QUEUED = 2
"""Batches a worker process holds: one runs while the next one waits."""

TIMEOUT = 10.0
"""Seconds to wait for a scheduler."""


class Engine(abc.ABC):
    """Takes batches, gives back their records in whatever order they end.

    Parameters:
        slots: batches that run at the same time.

    Example:
        >>> from bloqs.sweeps import seed_tasks
        >>> class Backwards(Engine):
        ...     slots = 1
        ...     def __init__(self):
        ...         self.batches = []
        ...     def submit(self, batch):
        ...         self.batches.append(batch)
        ...     def next_records(self):
        ...         return run_batch(self.batches.pop(), None)
        ...     @property
        ...     def outstanding(self):
        ...         return len(self.batches)
        >>> batches = [(task,) for task in seed_tasks((2, 1, 1), range(2), kernel_size=1)]
        >>> [records[0]["seed"] for records in run_batches(Backwards(), batches)]
        [1, 0]
    """

    slots: int

    @property
    def capacity(self) -> int:
        """Batches to hold at a time; with more of them, more work would be lost when the sweep is stopped."""
        return QUEUED * self.slots

    @abc.abstractmethod
    def submit(self, batch: Batch) -> None:
        """Take a batch.

        Args:
            batch: tasks, run one after the other.
        """

    @abc.abstractmethod
    def next_records(self) -> list[Record]:
        """Wait for a batch to end.

        Returns:
            Its records, one a task; of a batch whose worker died perhaps only some.
        """

    @property
    @abc.abstractmethod
    def outstanding(self) -> int:
        """Batches taken and not given back."""


class SerialEngine(Engine):
    """In this process: no cluster, for small sweeps and debuggers.

    Parameters:
        journal: folder of the batches' journals, or None.

    Example:
        >>> from bloqs.sweeps import seed_tasks
        >>> engine = SerialEngine(None)
        >>> engine.submit(tuple(seed_tasks((2, 1, 1), [4], kernel_size=1)))
        >>> [record["status"] for record in engine.next_records()], engine.outstanding
        (['done'], 0)
    """

    slots = 1

    def __init__(self, journal: str | None) -> None:
        self._journal = journal
        self._batches: deque[Batch] = deque()

    @property
    def capacity(self) -> int:
        """One, which runs when its records are asked for."""
        return 1

    def submit(self, batch: Batch) -> None:
        """Keep it."""
        self._batches.append(batch)

    def next_records(self) -> list[Record]:
        """Run the oldest."""
        return run_batch(self._batches.popleft(), self._journal)

    @property
    def outstanding(self) -> int:
        """Batches kept."""
        return len(self._batches)


class DaskEngine(Engine):
    """On the workers of a `dask.distributed` client.

    When a worker dies, the scheduler blames every batch that was with it. What they had found is in their
    journals. The tasks that had not ended become suspects, and each runs again by itself with nothing else
    under way; one whose worker dies then is recorded as a failure.

    Parameters:
        client: connected, with at least one worker.
        journal: folder of the batches' journals, or None.

    Example:
        >>> from distributed import Client
        >>> from bloqs.sweeps import seed_tasks
        >>> batches = [(task,) for task in seed_tasks((2, 1, 1), range(2), kernel_size=1)]
        >>> threads = {"processes": False, "n_workers": 1, "dashboard_address": None}
        >>> with Client(**threads) as client:
        ...     found = [rows[0]["passed"] for rows in run_batches(DaskEngine(client, None), batches)]
        >>> found
        [True, True]
    """

    def __init__(self, client: Any, journal: str | None) -> None:
        from distributed import as_completed

        self._journal = journal
        self._client = client
        self._futures: dict[Any, Batch] = {}
        self._suspects: deque[Task] = deque()
        # Results are fetched as soon as they are there: one that stays with a worker may die with it.
        self._completed = as_completed(loop=client.loop, with_results=True, raise_errors=False)
        self._number = 0
        self.slots = sum(client.nthreads().values())

    def submit(self, batch: Batch) -> None:
        """Send it."""
        self._number += 1
        future = self._client.submit(
            run_batch,
            batch,
            self._journal,
            key=f"sweep-{id(self)}-{self._number}",
            pure=False,
        )
        self._futures[future] = batch
        self._completed.add(future)

    def next_records(self) -> list[Record]:
        """Wait for a batch to end.

        Returns:
            Its records. Where its worker died, what its journal holds, perhaps nothing; those of its tasks
            that had not ended are suspects now.

        Raises:
            ConnectionError: the scheduler is gone.
        """
        from distributed import KilledWorker

        is_trial = not self._futures
        if is_trial:
            self.submit((self._suspects.popleft(),))
        future, result = next(self._completed)
        batch = self._futures.pop(future)
        if future.status == "finished":
            records: list[Record] = result
            return records
        error = _error_of(future)
        if not isinstance(error, KilledWorker):
            raise error
        if not is_trial:
            found = found_so_far(batch, self._journal)
            done = {record["key"] for record in found}
            self._suspects.extend(task for task in batch if task.key not in done)
            return found
        death = RuntimeError(
            "its worker process died, twice: perhaps out of memory (try fewer workers, or a smaller "
            "network), perhaps killed"
        )
        return [failure(batch[0], death)]

    @property
    def outstanding(self) -> int:
        """Batches sent, and suspects: while there are many, no new batches are taken."""
        return len(self._futures) + len(self._suspects)


def _error_of(future: Any) -> BaseException:
    """What went wrong with a batch; a batch itself never raises."""
    if future.status in ("cancelled", "lost"):
        return ConnectionError(
            "the connection to the scheduler was lost; the results so far are kept, and the same command "
            "goes on from there"
        )
    error: BaseException = future.exception()
    return error


@contextmanager
def engine_for(
    task_type: type[Task],
    *,
    journal: str | None = None,
    scheduler: str | None = None,
    workers: int | None = None,
    timeout: float = TIMEOUT,
) -> Iterator[Engine]:
    """The engine of a sweep, its workers warm.

    Args:
        task_type: whose `warm_up` every worker runs.
        journal: folder of the batches' journals, see `bloqs.sweeps.journal`; None where a batch may be lost.
        scheduler: address of a Dask scheduler; None for processes of this machine.
        workers: how many of them; 0 for none: run in this process. None for one a core.
        timeout: seconds to wait for the scheduler and its first worker.

    Yields:
        The engine; its cluster, if it has one, ends with the `with` block.

    Raises:
        ValueError: there is no scheduler at the address, or something else is; or no worker has this version
            of the library.

    Example:
        >>> from bloqs.sweeps import SeedTask, seed_tasks
        >>> tasks = seed_tasks((2, 1, 1), range(3), kernel_size=1)
        >>> with engine_for(SeedTask, workers=0) as engine:
        ...     found = [row["passed"] for rows in run_batches(engine, [tuple(tasks)]) for row in rows]
        >>> found
        [True, True, True]
    """
    if scheduler is None and workers == 0:
        task_type.warm_up()
        yield SerialEngine(journal)
        return
    with connected(task_type, scheduler, workers, timeout) as client:
        yield DaskEngine(client, journal)


def run_batches(engine: Engine, batches: Iterable[Batch]) -> Iterator[list[Record]]:
    """Keep an engine full.

    Args:
        engine: what runs the batches.
        batches: taken as they are needed, so that a generator may learn from what has ended.

    Yields:
        The records of each batch as it ends; of one whose worker died perhaps in parts.

    Example:
        >>> from bloqs.sweeps import seed_tasks
        >>> tasks = seed_tasks((2, 1, 1), range(3), kernel_size=1)
        >>> batches = [tuple(tasks[:2]), tuple(tasks[2:])]
        >>> [len(records) for records in run_batches(SerialEngine(None), batches)]
        [2, 1]
    """
    waiting = iter(batches)
    while True:
        for batch in islice(waiting, max(0, engine.capacity - engine.outstanding)):
            engine.submit(batch)
        if not engine.outstanding:
            return
        if records := engine.next_records():
            yield records


class Batcher:
    """How many tasks to send at once.

    A batch takes about `seconds`, so that sending it costs little in comparison; the last ones are smaller,
    so that the workers end together.

    Parameters:
        chunk: a fixed number, or None.
        seconds: of a batch.
        largest: batch, however short its tasks.

    Example:
        >>> batcher = Batcher(None)
        >>> batcher.size(1000, slots=2)  # nothing is known yet
        1
        >>> batcher.observe([{"seconds": 0.1}])
        >>> batcher.size(1000, slots=2), batcher.size(8, slots=2)
        (5, 2)
    """

    def __init__(self, chunk: int | None, *, seconds: float = 0.5, largest: int = 64) -> None:
        self._chunk = chunk
        self._seconds = seconds
        self._largest = largest
        self._mean: float | None = None

    def observe(self, records: Sequence[Record]) -> None:
        """Learn from the tasks that have ended: the first of a process are slower than the rest.

        Args:
            records: of a batch; only their `seconds` count.
        """
        if records:
            mean = sum(record["seconds"] for record in records) / len(records)
            self._mean = mean if self._mean is None else (self._mean + mean) / 2

    def batches(self, tasks: Iterable[Task], slots: int) -> Iterator[Batch]:
        """All tasks in batches, each as large as is known to be right when it is asked for.

        Args:
            tasks: in the order in which they run.
            slots: of the engine.

        Yields:
            The batches.
        """
        queue = deque(tasks)
        while queue:
            size = min(len(queue), self.size(len(queue), slots))
            yield tuple(queue.popleft() for _ in range(size))

    def size(self, remaining: int, slots: int) -> int:
        """Tasks of the next batch.

        Args:
            remaining: tasks that have not been sent.
            slots: of the engine.

        Returns:
            At least 1.
        """
        if self._chunk is not None:
            return self._chunk
        if self._mean is None:
            return 1
        fair = -(-remaining // (QUEUED * slots))
        return max(1, min(int(self._seconds / max(self._mean, 1e-6)), fair, self._largest))
