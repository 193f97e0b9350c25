"""A cluster for the tests of this folder."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from bloqs.sweeps.cluster import local_cluster


@pytest.fixture(scope="session")
def two_processes() -> Iterator[Any]:
    """A cluster of two worker processes."""
    with local_cluster(2) as local:
        yield local


@pytest.fixture
def cluster(two_processes: Any) -> str:
    """Address of its scheduler; a worker that another test let die has been replaced by then."""
    from distributed import Client

    address: str = two_processes.scheduler_address
    with Client(address, set_as_default=False) as client:
        client.wait_for_workers(2, timeout=60)
    return address
