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

from bloqs.files import replacing

FORMAT = "bloqs.NetworkSpec"
FORMAT_VERSION = 1
_METADATA = "metadata"


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
    with replacing(path) as stream:
        np.savez_compressed(stream, allow_pickle=False, **{_METADATA: text}, **arrays)


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
    path = Path(path)
    if not path.is_file():
        raise ValueError(f"there is no model file {str(path)!r}; check the path")
    hint = "save the network again with NetworkSpec.save"
    arrays: dict[str, npt.NDArray[Any]] = {}
    try:
        # Opened here, so that it is closed again when numpy refuses it.
        with path.open("rb") as stream:
            if not zipfile.is_zipfile(stream):
                raise ValueError("it is no .npz archive (truncated, pickled or another format)")
            stream.seek(0)
            with np.load(stream, allow_pickle=False) as archive:
                for name in archive.files:
                    arrays[name] = archive[name]
    except (ValueError, OSError, EOFError, KeyError, zipfile.BadZipFile, zlib.error) as error:
        raise ValueError(f"cannot read the model file {str(path)!r}: {error}; {hint}") from error
    try:
        metadata = json.loads(str(arrays.pop(_METADATA)[()]))
        found = (metadata["format"], metadata["format_version"])
        stored = metadata["sha256"]
    except (KeyError, TypeError, IndexError, json.JSONDecodeError) as error:
        raise ValueError(f"{str(path)!r} holds no network: its metadata are missing") from error
    if found != (FORMAT, FORMAT_VERSION):
        raise ValueError(
            f"{str(path)!r} has format {found[0]!r} version {found[1]!r}; this version of the "
            f"library reads {FORMAT!r} version {FORMAT_VERSION}"
        )
    if digest(arrays, metadata) != stored:
        raise ValueError(
            f"the model file {str(path)!r} was altered after it was saved: its contents do not "
            f"match its SHA-256 digest; {hint}, or fetch an intact copy"
        )
    del metadata["sha256"], metadata["format"], metadata["format_version"]
    return arrays, metadata
