"""Model files: what is written is read again, and what was altered is refused."""

import io
import json
import zipfile

import numpy as np
import pytest

from bloqs.activation.activation import Activation
from bloqs.networks import (
    NetworkSpec,
)
from bloqs.reference import forward
from tests.networks.toys import images, make


def test_round_trip(tmp_path):
    spec = make(activation=Activation("tanh", gain=0.7)).calibrate(images())
    path = tmp_path / "model.npz"
    spec.save(path)
    again = NetworkSpec.load(path)
    assert again == spec
    assert again.activation == spec.activation
    assert again.norm_bounds == spec.norm_bounds
    np.testing.assert_array_equal(again.kernels[1], spec.kernels[1])
    np.testing.assert_array_equal(forward(again, images()[0]), forward(spec, images()[0]))
    assert [p.name for p in tmp_path.iterdir()] == ["model.npz"]


def test_round_trip_without_output_weights_and_of_shapes(tmp_path):
    for spec in (
        make(output_weights=None),
        NetworkSpec.from_shapes(input_shape=(4, 8, 8), num_blocks=2, column_norm_bound=0.3),
    ):
        spec.save(tmp_path / "model")
        assert NetworkSpec.load(str(tmp_path / "model")) == spec


def test_failed_save_leaves_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "model.npz"
    make().save(path)

    def fail(*args, **kwargs):
        raise OSError("disk full")

    monkeypatch.setattr(np, "savez_compressed", fail)
    with pytest.raises(ValueError, match=r"cannot write .*disk full"):
        make(skip_weight=0.9).save(path)
    assert NetworkSpec.load(path) == make()
    assert [p.name for p in tmp_path.iterdir()] == ["model.npz"]


@pytest.fixture
def model(tmp_path):
    path = tmp_path / "model.npz"
    make().save(path)
    return path


def rewrite(path, change):
    with np.load(path, allow_pickle=False) as archive:
        arrays = {name: archive[name] for name in archive.files}
    change(arrays)
    np.savez(path, **arrays)


def test_missing_file_is_refused(tmp_path):
    with pytest.raises(ValueError, match=r"there is no model file .*none\.npz"):
        NetworkSpec.load(tmp_path / "none.npz")
    with pytest.raises(ValueError, match="there is no model file"):
        NetworkSpec.load(tmp_path)


@pytest.mark.parametrize("share", [0.0, 0.01, 0.5, 0.9, 0.999])
def test_truncated_file_is_refused(model, share):
    data = model.read_bytes()
    model.write_bytes(data[: int(share * len(data))])
    with pytest.raises(ValueError, match=r"cannot read the model file .*save the network again"):
        NetworkSpec.load(model)


def test_every_flipped_byte_is_noticed_or_harmless(model):
    data = model.read_bytes()
    for position in np.random.default_rng(0).integers(len(data), size=60):
        broken = bytearray(data)
        broken[position] ^= 0x10
        model.write_bytes(bytes(broken))
        try:
            loaded = NetworkSpec.load(model)
        except ValueError:
            continue
        assert loaded == make()  # a byte that carries nothing, such as a date in the archive


def test_tampered_array_is_refused(model):
    def change(arrays):
        arrays["output_weights"] = arrays["output_weights"] * 0.99

    rewrite(model, change)
    with pytest.raises(ValueError, match=r"altered after it was saved.*SHA-256.*intact copy"):
        NetworkSpec.load(model)


def test_tampered_metadata_are_refused(model):
    def change(arrays):
        metadata = json.loads(str(arrays["metadata"]))
        metadata["skip_weight"] = 0.21
        arrays["metadata"] = np.array(json.dumps(metadata))

    rewrite(model, change)
    with pytest.raises(ValueError, match="altered after it was saved"):
        NetworkSpec.load(model)


def test_added_array_is_refused(model):
    rewrite(model, lambda arrays: arrays.update(kernel_2=np.zeros((2, 2, 1, 1))))
    with pytest.raises(ValueError, match="altered after it was saved"):
        NetworkSpec.load(model)


def test_pickled_array_is_refused(model):
    rewrite(model, lambda arrays: arrays.update(kernel_0=np.array([{"a": 1}], dtype=object)))
    with pytest.raises(ValueError, match=r"cannot read the model file .*allow_pickle=False"):
        NetworkSpec.load(model)


def test_pickle_is_refused(tmp_path):
    path = tmp_path / "model.npz"
    stream = io.BytesIO()
    np.save(stream, np.array([{"a": 1}], dtype=object), allow_pickle=True)
    # An .npy file of objects, and the bare pickle that it holds behind its header.
    for data in (stream.getvalue(), stream.getvalue()[128:]):
        path.write_bytes(data)
        with pytest.raises(ValueError, match=r"no \.npz archive \(truncated, pickled"):
            NetworkSpec.load(path)


def test_other_archives_are_refused(tmp_path):
    path = tmp_path / "model.npz"
    np.savez(path, weights=np.zeros(3))
    with pytest.raises(ValueError, match="holds no network: its metadata are missing"):
        NetworkSpec.load(path)
    np.savez(path, metadata=np.array("{"))
    with pytest.raises(ValueError, match="holds no network"):
        NetworkSpec.load(path)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("readme.txt", "no arrays")
    with pytest.raises(ValueError, match="holds no network"):
        NetworkSpec.load(path)


def test_other_format_version_is_refused(model):
    def change(arrays):
        metadata = json.loads(str(arrays["metadata"]))
        metadata["format_version"] = 99
        arrays["metadata"] = np.array(json.dumps(metadata))

    rewrite(model, change)
    with pytest.raises(ValueError, match="version 99; this version of the library reads"):
        NetworkSpec.load(model)
