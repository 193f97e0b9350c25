"""Model files: one `.npz` of arrays plus a JSON text, checked by a digest, never pickled."""

import hashlib
import json
import os
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from bloqs.files import is_file, read_npy, replacing, why_unwritable
from bloqs.messages import shown

FORMAT = "bloqs.NetworkSpec"
FORMAT_VERSION = 3
"""Of the files that are written. Version 2 may have output weights of fewer rows than columns."""
READ_VERSIONS = (1, 2, 3)
"""Of the files that are read; what a version has not is None."""
_METADATA = "metadata"

MAX_BYTES = 2**30
"""Bytes of all arrays of a model file, at most, unpacked; larger networks are costed by shape."""

MAX_METADATA_BYTES = 2**24
"""Bytes of its metadata, at most."""


def digest(arrays: Mapping[str, npt.NDArray[Any]], metadata: Mapping[str, Any]) -> str:
    """SHA-256 over the metadata and over name, type, shape and bytes of every array.

    Args:
        arrays: the arrays by name; their order does not matter.
        metadata: JSON-serialisable; an entry `"sha256"` is left out.

    Returns:
        64 hexadecimal digits.

    Example:
        >>> digest({"a": np.ones(2)}, {"paths": 1}) == digest({"a": np.ones(2)}, {"paths": 2})
        False
    """
    content = {key: value for key, value in metadata.items() if key != "sha256"}
    hasher = hashlib.sha256(json.dumps(content, sort_keys=True).encode())
    for name in sorted(arrays):
        # Little-endian and C order, so that the digest is the same on every machine.
        array = np.ascontiguousarray(arrays[name])
        array = array.astype(array.dtype.newbyteorder("<"), copy=False)
        hasher.update(f"{name}:{array.dtype.str}:{array.shape}".encode())
        hasher.update(array.tobytes())
    return hasher.hexdigest()


def write(
    path: str | os.PathLike[str],
    arrays: Mapping[str, npt.NDArray[Any]],
    metadata: Mapping[str, Any],
) -> None:
    """Write a model file atomically: a reader sees the old file or the new one, never a part.

    Args:
        path: the file to write, taken as it is (no suffix is added).
        arrays: numeric arrays by name.
        metadata: JSON-serialisable; the digest is added to it.

    Raises:
        ValueError: the file cannot be written; it is as it was.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     write(f"{folder}/model.npz", {"kernel_1": np.ones((1, 1, 3, 3))}, {"paths": 1})
        ...     os.listdir(folder)
        ['model.npz']
    """
    full = {"format": FORMAT, "format_version": FORMAT_VERSION, **metadata}
    full["sha256"] = digest(arrays, full)
    text = np.array(json.dumps(full, sort_keys=True))
    try:
        with replacing(path) as stream:
            np.savez_compressed(stream, allow_pickle=False, **{_METADATA: text}, **arrays)
    except OSError as error:
        raise ValueError(why_unwritable(path, error)) from error


class _NotANetwork(Exception):
    """The file can be read, but it is none of ours; the message is for the user."""


def _check_sizes(archive: zipfile.ZipFile) -> None:
    """Refuse what unpacks to more than a model may hold, before anything is unpacked."""
    total = sum(entry.file_size for entry in archive.infolist())
    if total > MAX_BYTES:
        raise ValueError(f"it unpacks to {total:,} bytes, a model may have {MAX_BYTES:,}")
    names = archive.namelist()
    if len(names) != len(set(names)) or not all(name.endswith(".npy") for name in names):
        raise ValueError("it holds no network: its entries are not arrays of different names")
    if _has_metadata(archive):
        size = archive.getinfo(_METADATA + ".npy").file_size
        if size > MAX_METADATA_BYTES:
            raise ValueError(
                f"its metadata have {size:,} bytes, a model's may have {MAX_METADATA_BYTES:,}"
            )


def _has_metadata(archive: zipfile.ZipFile) -> bool:
    return _METADATA + ".npy" in archive.namelist()


def _member(archive: zipfile.ZipFile, name: str) -> npt.NDArray[Any]:
    """One array of an archive."""
    entry = archive.getinfo(name + ".npy")
    with archive.open(entry) as stream:
        return read_npy(stream, entry.file_size)  # type: ignore[arg-type]


def _parsed(text: str, name: str) -> tuple[dict[str, Any], Any]:
    """The metadata, and the digest that they state."""
    try:
        metadata = json.loads(text)
        found = (metadata["format"], metadata["format_version"])
        stored = metadata["sha256"]
    except (KeyError, TypeError, IndexError, ValueError, RecursionError) as error:
        raise _NotANetwork(f"{name} holds no network: its metadata are missing") from error
    if found not in [(FORMAT, version) for version in READ_VERSIONS]:
        raise _NotANetwork(
            f"{name} has format {shown(found[0])} version {shown(found[1])}; this version of the "
            f"library reads {FORMAT!r} versions {' and '.join(map(str, READ_VERSIONS))}"
        )
    return metadata, stored


def read(path: str | os.PathLike[str]) -> tuple[dict[str, npt.NDArray[Any]], dict[str, Any]]:
    """Read and check a model file.

    Args:
        path: a file written by `write`.

    Returns:
        The arrays by name, and the metadata without the digest.

    Raises:
        ValueError: the file is missing, truncated, pickled, not a model file, of another format
            version, or differs from its digest.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     write(f"{folder}/model.npz", {"kernel_1": np.ones((1, 1, 3, 3))}, {"paths": 1})
        ...     arrays, metadata = read(f"{folder}/model.npz")
        >>> arrays["kernel_1"].shape, metadata["paths"]
        ((1, 1, 3, 3), 1)
    """
    if not isinstance(path, str | os.PathLike):
        raise ValueError(f"the path of a model file must be text, found {shown(path)}")
    name = shown(os.fspath(path))
    if not is_file(path):
        raise ValueError(f"there is no model file {name}; check the path")
    hint = "save the network again with NetworkSpec.save"
    try:
        with Path(path).open("rb") as stream:
            if not zipfile.is_zipfile(stream):
                raise ValueError("it is no .npz archive (truncated, pickled or another format)")
            with zipfile.ZipFile(stream) as archive:
                _check_sizes(archive)
                text = str(_member(archive, _METADATA)[()]) if _has_metadata(archive) else ""
                metadata, stored = _parsed(text, name)
                arrays = {
                    entry.removesuffix(".npy"): _member(archive, entry.removesuffix(".npy"))
                    for entry in archive.namelist()
                    if entry != _METADATA + ".npy"
                }
    except _NotANetwork as error:
        raise ValueError(str(error)) from error
    except (
        ValueError,
        OSError,
        EOFError,
        KeyError,
        NotImplementedError,
        RuntimeError,
        MemoryError,
        zipfile.BadZipFile,
        zlib.error,
    ) as error:
        raise ValueError(f"cannot read the model file {name}: {error}; {hint}") from error
    if digest(arrays, metadata) != stored:
        raise ValueError(
            f"the model file {name} was altered after it was saved: its contents do not "
            f"match its SHA-256 digest; {hint}, or fetch an intact copy"
        )
    del metadata["sha256"], metadata["format"], metadata["format_version"]
    return arrays, metadata
