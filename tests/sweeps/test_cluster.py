"""Addresses at which there is no scheduler."""

from __future__ import annotations

import socket
import threading
from pathlib import Path
from typing import Any

import pytest

from bloqs.sweeps import run_sweep
from bloqs.sweeps.engines import engine_for
from tests.sweeps.toys import Toy, toys


def test_scheduler_that_is_not_there(tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"tcp://127.0.0.1:{free.getsockname()[1]}"
        with pytest.raises(ValueError, match=r"no Dask scheduler at .* \(waited 0.5 s\)"):
            run_sweep(toys(tmp_path, 1), out=tmp_path / "out", scheduler=address, timeout=0.5)


@pytest.mark.parametrize("greeting", [b"HTTP/1.1 400 Bad Request\r\n\r\n", b""])
def test_something_else_at_the_address(greeting: bytes, tmp_path: Path) -> None:
    """A web server answers in its own words, another program waits for ever."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"tcp://127.0.0.1:{server.getsockname()[1]}"

        def answer() -> None:
            connection, _ = server.accept()
            with connection:
                connection.sendall(greeting)
                while connection.recv(1024):  # until the other side has left
                    pass

        thread = threading.Thread(target=answer)
        thread.start()
        what = "cannot speak with a Dask scheduler" if greeting else "there is no Dask scheduler"
        with pytest.raises(ValueError, match=f"^{what} at '{address}'"):
            run_sweep(toys(tmp_path, 1), out=tmp_path / "out", scheduler=address, timeout=0.3)
        thread.join(5)
        assert not thread.is_alive()


def test_client_that_fails_is_closed_at_once(cluster: str) -> None:
    """Else it is closed when the process ends, in vain and after 20 seconds."""
    from distributed import Client

    clients = []

    class Noted(Client):
        def __init__(self, *args: Any, **options: Any) -> None:
            clients.append(self)
            super().__init__(*args, **options)

    with Client(cluster, set_as_default=False) as client:
        worker = next(iter(client.scheduler_info()["workers"]))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("distributed.Client", Noted)
        with (
            # Older versions of Dask wait for an answer that never comes, newer ones see who answers.
            pytest.raises(ValueError, match=f"Dask scheduler at '{worker}'"),
            engine_for(Toy, journal="", scheduler=worker, workers=None, timeout=1.0),
        ):
            pass
    assert [client.status for client in clients] == ["closed"]
