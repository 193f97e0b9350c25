"""A cluster for the tests of this folder."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bloqs.sweeps.cluster import local_cluster


@pytest.fixture(scope="session")
def cluster() -> Iterator[str]:
    """Address of a scheduler with two worker processes."""
    with local_cluster(2) as local:
        yield local.scheduler_address
