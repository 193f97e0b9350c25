"""Files that a reader sees whole or not at all: each is written beside its place and renamed into it."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

SUFFIX = ".tmp"
"""Ends the name of a file that is being written; what a killed process leaves starts with the file's name."""


@contextlib.contextmanager
def replacing(path: str | os.PathLike[str]) -> Iterator[BinaryIO]:
    """A stream whose bytes take the place of a file when the block ends without an error.

    A reader sees the old file or the new one, never a part of one, even where the machine stops on the way.

    Args:
        path: the file, taken as it is (no suffix is added); its folder must exist.

    Yields:
        A stream of bytes, open for writing.

    Raises:
        OSError: the folder cannot be written to, or the disc is full. The old file stays.

    Example:
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     with replacing(Path(folder) / "bits") as stream:
        ...         _ = stream.write(b"01")
        ...     (Path(folder) / "bits").read_bytes(), os.listdir(folder)
        (b'01', ['bits'])
    """
    path = Path(path)
    # In the same folder: a rename is atomic only within one file system.
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=path.name, suffix=SUFFIX)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        # mkstemp makes a private file; what is written here is as readable as any other new file.
        umask = os.umask(0)
        os.umask(umask)
        os.chmod(temporary, 0o666 & ~umask)
        os.replace(temporary, path)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(temporary)
        raise


def write_bytes(path: str | os.PathLike[str], content: bytes) -> Path:
    """Write a file of a user's choice, whole or not at all.

    Args:
        path: the file; its folder is made where it is missing.
        content: all its bytes.

    Returns:
        The path.

    Raises:
        ValueError: the folder cannot be made or written to.

    Example:
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     write_bytes(Path(folder) / "new" / "bits", b"01").name
        'bits'
    """
    path = Path(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with replacing(path) as stream:
            stream.write(content)
    except OSError as error:
        raise ValueError(f"cannot write {str(path)!r}: {error.strerror}; choose another") from error
    return path


def write_text(path: str | os.PathLike[str], text: str) -> Path:
    r"""Write UTF-8 text, whole or not at all; line ends stay as they are.

    Args:
        path: the file; its folder is made where it is missing.
        text: its contents.

    Returns:
        The path.

    Raises:
        ValueError: the folder cannot be made or written to.

    Example:
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     write_text(Path(folder) / "words", "α\n").read_bytes()
        b'\xce\xb1\n'
    """
    return write_bytes(path, text.encode())
