"""Model files at the edges of the sizes that are read."""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np
import pytest

from bloqs.networks import storage


@pytest.fixture
def model(tmp_path: Path) -> Path:
    path = tmp_path / "model.npz"
    storage.write(path, {"kernel_1": np.ones((1, 1, 3, 3))}, {"paths": 1})
    return path


def test_the_largest_model_is_read_and_a_byte_more_is_not(
    model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with zipfile.ZipFile(model) as archive:
        total = sum(entry.file_size for entry in archive.infolist())
    monkeypatch.setattr(storage, "MAX_BYTES", total)
    arrays, metadata = storage.read(model)
    np.testing.assert_array_equal(arrays["kernel_1"], np.ones((1, 1, 3, 3)))
    assert metadata == {"paths": 1}
    monkeypatch.setattr(storage, "MAX_BYTES", total - 1)
    with pytest.raises(ValueError, match=f"unpacks to {total:,} bytes, a model may have"):
        storage.read(model)


def test_the_longest_metadata_are_read_and_a_byte_more_is_not(
    model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with zipfile.ZipFile(model) as archive:
        size = archive.getinfo(f"{storage._METADATA}.npy").file_size
    monkeypatch.setattr(storage, "MAX_METADATA_BYTES", size)
    assert storage.read(model)[1] == {"paths": 1}
    monkeypatch.setattr(storage, "MAX_METADATA_BYTES", size - 1)
    with pytest.raises(ValueError, match=f"metadata have {size:,} bytes, a model's may have"):
        storage.read(model)


def test_digest_is_of_names_shapes_and_values() -> None:
    one = {"a": np.arange(4.0), "b": np.ones(2)}
    digest = storage.digest(one, {"x": 1})
    assert digest == storage.digest(dict(reversed(one.items())), {"x": 1, "sha256": "other"})
    for changed in (
        {**one, "a": np.arange(4.0).reshape(2, 2)},
        {**one, "a": np.arange(4)},
        {"a": one["a"], "c": one["b"]},
        {**one, "b": np.array([1.0, 1.0 + 1e-15])},
    ):
        assert storage.digest(changed, {"x": 1}) != digest
    assert storage.digest(one, {"x": 2}) != digest
    big = {name: array.astype(array.dtype.newbyteorder(">")) for name, array in one.items()}
    assert storage.digest(big, {"x": 1}) == digest
