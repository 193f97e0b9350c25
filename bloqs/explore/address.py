"""Where the explorer is served."""

from __future__ import annotations

import socket

HOST = "127.0.0.1"
"""This machine alone: whoever reaches the page can keep the processor busy."""

PORT = 8050


def check_port(port: int) -> None:
    """Refuse a port that is taken, before any work.

    Args:
        port: of this machine.

    Raises:
        ValueError: it cannot be listened at.

    Example:
        >>> with socket.socket() as taken:
        ...     taken.bind((HOST, 0))
        ...     taken.listen()
        ...     check_port(taken.getsockname()[1])
        Traceback (most recent call last):
        ...
        ValueError: port ... of 127.0.0.1 is taken ...; choose another one
    """
    with socket.socket() as tried:
        tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            tried.bind((HOST, port))
        except OSError as why:
            raise ValueError(
                f"port {port} of {HOST} is taken or not allowed ({why.strerror}); choose another one"
            ) from None
