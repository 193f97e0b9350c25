"""Dask clusters: one of this machine, or one given by its address; connected, warm, of the same versions."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from bloqs.sweeps.tasks import Task, versions

ENVIRONMENT = {
    # One thread a process: BLAS threads would fight over the cores.
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    # In bytes, read by the allocator of Linux. Dask has workers give memory back at once; simulations
    # allocate the same arrays over and over: 2,500 page faults an image took a third of its time.
    "MALLOC_TRIM_THRESHOLD_": str(2**28),
    "MALLOC_MMAP_THRESHOLD_": str(2**25),
}
"""Of a local worker process."""

SETTINGS = {
    # Before the processes start: allocator and BLAS read it then, and never again.
    "distributed.nanny.pre-spawn-environ": ENVIRONMENT,
    # A batch whose worker died is not sent again as it is; see `DaskEngine`.
    "distributed.scheduler.allowed-failures": 0,
    # The profile walks the stack every 10 ms, and nobody looks at it: another tenth.
    "distributed.worker.profile.enabled": False,
}
"""Of Dask, for a local cluster."""


@contextmanager
def connected(
    task_type: type[Task], scheduler: str | None, workers: int | None, timeout: float
) -> Iterator[Any]:
    """A Dask client of a scheduler, or of a cluster of this machine, whose workers are warm.

    Args:
        task_type: whose `warm_up` every worker runs.
        scheduler: its address; None for a cluster of this machine, which ends with the `with` block.
        workers: processes of that; one a core when None.
        timeout: seconds to wait for the scheduler.

    Yields:
        The client, closed with the `with` block.

    Raises:
        ValueError: nobody answers at the address, or something that is no scheduler; or there is no worker,
            one that cannot import the library, or one of other versions.

    Example:
        >>> from bloqs.sweeps import SeedTask
        >>> with connected(SeedTask, "tcp://127.0.0.1:1", None, timeout=0.1):
        ...     pass
        Traceback (most recent call last):
        ...
        ValueError: there is no Dask scheduler at 'tcp://127.0.0.1:1' (waited 0.1 s): ...
    """
    with _address(scheduler, workers) as address, _client(address, timeout) as client:
        _check_workers(client, task_type, address)
        yield client


@contextmanager
def local_cluster(workers: int | None = None) -> Iterator[Any]:
    """A Dask cluster of processes of this machine, set up for simulations.

    Args:
        workers: processes; one a core when None.

    Yields:
        The `LocalCluster`, whose `scheduler_address` other programs may use.

    Example:
        Without processes of its own it waits for those of other machines, `dask worker ADDRESS`:

        >>> with local_cluster(0) as cluster:
        ...     print(cluster.scheduler_address)
        tcp://127.0.0.1:...
    """
    import dask
    from distributed import LocalCluster

    processes = _cores() if workers is None else workers
    with contextlib.ExitStack() as stack:
        stack.enter_context(dask.config.set(SETTINGS))
        with _interrupts_ignored():
            cluster = LocalCluster(
                n_workers=processes,
                threads_per_worker=1,
                processes=True,
                # No dashboard; what is left of its server takes any free port, of this machine only.
                scheduler_kwargs={"dashboard": False},
                dashboard_address="127.0.0.1:0",
                worker_dashboard_address=None,
                silence_logs=logging.CRITICAL,
            )
        stack.enter_context(cluster)
        if processes:  # a busy machine may have started one of them only
            cluster.wait_for_workers(processes)
        yield cluster


@contextmanager
def _interrupts_ignored() -> Iterator[None]:
    """Let processes that are started here ignore Ctrl-C, which a terminal sends to all of them.

    This process stops them; on their own they would each print a traceback.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _cores() -> int:
    """Cores that this process may use."""
    affinity = getattr(os, "sched_getaffinity", None)  # not on every system
    return (os.cpu_count() or 1) if affinity is None else len(affinity(0))


@contextmanager
def _address(scheduler: str | None, workers: int | None) -> Iterator[Any]:
    """The address of a scheduler, or a local cluster, which ends with the `with` block."""
    if scheduler is not None:
        yield scheduler
        return
    with local_cluster(workers) as cluster:
        yield cluster


@contextmanager
def _client(address: Any, timeout: float) -> Iterator[Any]:
    """A Dask client, closed with the `with` block."""
    try:
        if isinstance(address, str):
            _greet(address, timeout)
        client = _connected(address, timeout)
    except (OSError, TimeoutError, ValueError) as error:
        why = error if isinstance(error, ValueError) else f"waited {timeout:g} s"
        raise ValueError(
            f"there is no Dask scheduler at {address!r} ({why}): start one with "
            f"`dask scheduler`, check the address, which looks like tcp://host:8786, or "
            "leave it out for a local cluster"
        ) from error
    # What strangers send fails in many ways, in a huge allocation for one.
    except Exception as error:
        raise ValueError(
            f"cannot speak with a Dask scheduler at {address!r} ({type(error).__name__}: {error}): check "
            "that host and port are the scheduler's, not those of its dashboard, of a worker or of another "
            "program, and that it runs the same version of distributed"
        ) from error
    with client:
        yield client


def _greet(address: str, timeout: float) -> None:
    """Exchange greetings: a client waits for ever where somebody listens and says nothing."""
    from distributed.comm import connect
    from distributed.security import Security
    from distributed.utils import LoopRunner

    async def greet() -> None:
        options = Security().get_connection_args("client")
        greeting = connect(address, timeout=timeout, **options)
        await (await asyncio.wait_for(greeting, timeout)).close()

    LoopRunner().run_sync(greet)  # a loop of its own: that of a notebook is running already


def _connected(address: Any, timeout: float) -> Any:
    """A client; one that fails is closed at once, while the loop runs that it needs for that."""
    from distributed import Client

    client = Client.__new__(Client)  # to have it in hand when the connection fails
    try:
        Client.__init__(client, address, timeout=timeout, set_as_default=False)
    except BaseException:
        client.close()
        raise
    return client


def _check_workers(client: Any, task_type: type[Task], address: Any) -> None:
    """Warm up every worker, and refuse those of other versions."""
    try:
        client.wait_for_workers(1, timeout=30)
    except TimeoutError:
        raise ValueError(
            f"the scheduler at {address!r} has no workers: start some with `dask worker ADDRESS`"
        ) from None
    try:
        found = client.run(_prepare, task_type)
    except ImportError as error:
        raise ValueError(
            f"a worker cannot import what it is to run ({error}): install resnet-bloqs "
            f"{versions()['resnet-bloqs']} there"
        ) from error
    for worker, there in found.items():
        if there != versions():
            raise ValueError(
                f"the worker {worker} has {there}, this process {versions()}: install the same versions"
            )


def _prepare(task_type: type[Task]) -> dict[str, str]:
    """Run once on every worker."""
    task_type.warm_up()
    return versions()
