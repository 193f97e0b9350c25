"""Files that a reader sees whole or not at all: each is written beside its place and renamed into it."""

from __future__ import annotations

import contextlib
import math
import os
import tempfile
import tokenize
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt

from bloqs.messages import shown

SUFFIX = ".tmp"
"""Ends the name of a file that is being written; what a killed process leaves starts with the file's name."""

MAX_HEADER = 10_000
"""Characters of the header of an array in a file, at most; numpy's own limit."""

_HEADERS = {
    (1, 0): np.lib.format.read_array_header_1_0,
    (2, 0): np.lib.format.read_array_header_2_0,
}


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
        ValueError: the path names something that is no regular file, such as a device or a folder.

    Example:
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     with replacing(Path(folder) / "bits") as stream:
        ...         _ = stream.write(b"01")
        ...     (Path(folder) / "bits").read_bytes(), os.listdir(folder)
        (b'01', ['bits'])
    """
    path = target(path)
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
    path = as_path(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with replacing(path) as stream:
            stream.write(content)
    except OSError as error:
        raise ValueError(why_unwritable(path, error)) from error
    return path


def write_together(files: Mapping[str | os.PathLike[str], str]) -> tuple[Path, ...]:
    r"""Write several UTF-8 texts, all of them or none.

    Args:
        files: path -> its text; folders are made where they are missing.

    Returns:
        The paths, in order.

    Raises:
        ValueError: one of them cannot be written; the others are then as they were.

    Example:
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     _ = write_together({Path(folder) / "a": "1", Path(folder) / "b": "2"})
        ...     sorted(os.listdir(folder))
        ['a', 'b']
    """
    paths = tuple(Path(path) for path in files)
    with contextlib.ExitStack() as stack:
        # Each is written beside its place; they are renamed when all of them are written.
        for path, text in zip(paths, files.values(), strict=True):
            try:
                path.parent.mkdir(parents=True, exist_ok=True)
                stream = stack.enter_context(replacing(path))
                stream.write(text.encode())
                stream.flush()
            except OSError as error:
                raise ValueError(why_unwritable(path, error)) from error
    return paths


def target(path: str | os.PathLike[str]) -> Path:
    """The file that a path stands for: links are followed, and it is a regular file or is not there yet.

    Args:
        path: as a user named it.

    Returns:
        The path behind all links.

    Raises:
        ValueError: no path, an empty one, a folder, a device, a pipe, links in a circle, or a path that the
            system refuses.

    Example:
        >>> target(os.devnull)
        Traceback (most recent call last):
        ...
        ValueError: cannot write '/dev/null': it is no regular file; choose another
    """
    text = str(as_path(path)) if path != "" else ""
    try:
        if text == "" or Path(text) == Path() or "\0" in text:
            raise ValueError(f"cannot write {shown(text)}: it names no file; choose another")
        found = Path(os.path.realpath(text))
        if found.is_symlink():  # what is left when links end nowhere
            raise ValueError(
                f"cannot write {shown(text)}: its links go round in a circle; choose another"
            )
        if found.exists() and not found.is_file():
            raise ValueError(f"cannot write {shown(text)}: it is no regular file; choose another")
    except OSError as error:
        raise ValueError(why_unwritable(path, error)) from error
    return found


def as_path(path: str | os.PathLike[str]) -> Path:
    """A path that names a file.

    Args:
        path: text or a path.

    Returns:
        The path.

    Raises:
        ValueError: anything else.

    Example:
        >>> as_path("model.npz").name
        'model.npz'
    """
    if not isinstance(path, str | os.PathLike) or not isinstance(os.fspath(path), str):
        raise ValueError(f"the path of a file must be text or a pathlib.Path, found {shown(path)}")
    return Path(path)


def check_writable(path: str | os.PathLike[str]) -> None:
    """Refuse a file that cannot be written, before the work that is to fill it; nothing is left behind.

    Args:
        path: the file; folders on the way to it may be missing.

    Raises:
        ValueError: the folder cannot be made or written to, or the path is no regular file.

    Example:
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     check_writable(Path(folder) / "new" / "bits")
        ...     os.listdir(folder)
        []
    """
    folder = target(path).parent
    while not folder.exists():  # the root is there
        folder = folder.parent
    try:
        descriptor, temporary = tempfile.mkstemp(dir=folder, suffix=SUFFIX)
        os.close(descriptor)
        os.unlink(temporary)
    except OSError as error:
        raise ValueError(why_unwritable(path, error)) from error


def check_folder(path: str | os.PathLike[str]) -> None:
    """Refuse a folder that cannot be written to, before the work that is to fill it; it may be missing.

    Args:
        path: the folder.

    Raises:
        ValueError: no name, a file, or no permission.

    Example:
        >>> check_folder("")
        Traceback (most recent call last):
        ...
        ValueError: cannot write into '': it names no folder; choose another
    """
    text = os.fspath(path)
    if text == "":
        raise ValueError(f"cannot write into {text!r}: it names no folder; choose another")
    check_writable(Path(text) / "file")


def why_unwritable(path: str | os.PathLike[str], error: OSError) -> str:
    """Why a file was not written, in one sentence.

    Args:
        path: as a user named it.
        error: of the system.

    Returns:
        The sentence, which names the path.

    Example:
        >>> why_unwritable("/proc/model.npz", PermissionError(13, "Permission denied"))
        "cannot write '/proc/model.npz': Permission denied; choose another"
    """
    return f"cannot write {shown(os.fspath(path))}: {error.strerror or error}; choose another"


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


def is_file(path: str | os.PathLike[str]) -> bool:
    """Whether there is a regular file of a name, or a link to one; of no name that no file can have.

    Args:
        path: as a user named it.

    Returns:
        False also where the system refuses the name, as one of 5,000 characters.

    Example:
        >>> is_file("x" * 5000), is_file(os.devnull)
        (False, False)
    """
    try:
        return Path(path).is_file()
    except (OSError, ValueError):
        return False


def read_npy(stream: BinaryIO, size: int) -> npt.NDArray[Any]:
    """An array in numpy's `.npy` format, whose header is held against the size of the file first.

    Args:
        stream: open for reading, at the beginning of the array.
        size: bytes that there are.

    Returns:
        The array; nothing is unpickled.

    Raises:
        ValueError: no such array, objects, or a header that promises more than there is.

    Example:
        >>> with tempfile.TemporaryFile() as file:
        ...     np.save(file, np.arange(3))
        ...     _ = file.seek(0)
        ...     read_npy(file, 152)
        array([0, 1, 2])
    """
    try:
        version = np.lib.format.read_magic(stream)
        if version not in _HEADERS:
            raise ValueError(f"its format is of version {version}")
        shape, is_fortran, dtype = _HEADERS[version](stream, max_header_size=MAX_HEADER)
    except (SyntaxError, tokenize.TokenError, RecursionError, MemoryError, OverflowError) as error:
        raise ValueError("its header is no description of an array") from error
    if dtype.hasobject:
        raise ValueError("it holds objects, which allow_pickle=False refuses")
    wanted = math.prod(shape) * dtype.itemsize
    if wanted > size or any(length < 0 for length in shape):
        raise ValueError(
            f"its header promises an array of shape {shown(shape)}, {shown(wanted)} bytes, and it has {size}"
        )
    content = stream.read(wanted)
    if len(content) != wanted:
        raise ValueError(f"it ends after {len(content)} of {wanted} bytes")
    array = np.frombuffer(content, dtype).copy()
    return array.reshape(shape, order="F" if is_fortran else "C")
