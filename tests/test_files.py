"""A reader sees a file whole or not at all."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import numpy as np
import pytest

from bloqs.files import replacing, write_bytes, write_text, write_together
from bloqs.networks import NetworkSpec


def test_the_old_file_stays_until_the_new_one_is_whole(tmp_path: Path) -> None:
    path = write_text(tmp_path / "file", "old")
    with replacing(path) as stream:
        stream.write(b"new")
        assert path.read_text() == "old"
    assert path.read_text() == "new"
    assert list(tmp_path.iterdir()) == [path]


def test_an_error_on_the_way_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    path = write_text(tmp_path / "file", "old")
    with pytest.raises(TypeError), replacing(path) as stream:
        stream.writelines([b"half", "no bytes"])  # type: ignore[list-item]
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_full_disc_is_told_in_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_text(tmp_path / "file", "old")

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(ValueError, match=r"cannot write .*file': No space left on device"):
        write_bytes(path, b"new")
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("umask", [0o022, 0o077])
def test_the_umask_is_honoured(tmp_path: Path, umask: int) -> None:
    before = os.umask(umask)
    try:
        path = write_bytes(tmp_path / "new" / "file", b"")
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == 0o666 & ~umask


def test_line_ends_stay(tmp_path: Path) -> None:
    assert write_text(tmp_path / "file", "a\r\nb\n").read_bytes() == b"a\r\nb\n"


def test_a_file_where_the_folder_should_be_is_refused(tmp_path: Path) -> None:
    write_text(tmp_path / "file", "kept")
    with pytest.raises(ValueError, match=r"cannot write .*report\.json"):
        write_text(tmp_path / "file" / "report.json", "text")
    assert (tmp_path / "file").read_text() == "kept"


def test_links_are_followed_and_stay_links(tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    real, link, chain = tmp_path / "there" / "real", tmp_path / "link", tmp_path / "chain"
    real.write_text("old")
    link.symlink_to(Path("there") / "real")
    chain.symlink_to(link)
    write_text(chain, "new")
    assert (real.read_text(), link.is_symlink(), chain.is_symlink()) == ("new", True, True)
    assert sorted(path.name for path in (tmp_path / "there").iterdir()) == ["real"]


def test_a_link_to_what_is_not_there_yet_makes_it(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "real")
    write_text(tmp_path / "link", "new")
    assert (tmp_path / "real").read_text() == "new"
    assert (tmp_path / "link").is_symlink()


@pytest.mark.parametrize("kind", ["fifo", "folder", "device", "loop"])
def test_what_is_no_regular_file_is_refused_and_stays(kind: str, tmp_path: Path) -> None:
    place = tmp_path / "place"
    if kind == "fifo":
        os.mkfifo(place)
    elif kind == "folder":
        place.mkdir()
    elif kind == "device":
        place.symlink_to("/dev/null")
    else:
        place.symlink_to(place)
    before = os.lstat(place)
    with pytest.raises(ValueError, match="cannot write"):
        write_text(place, "new")
    assert os.lstat(place).st_mode == before.st_mode
    assert os.path.exists("/dev/null")
    assert [path.name for path in tmp_path.iterdir()] == ["place"]


def test_of_two_files_both_are_written_or_none(tmp_path: Path) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    one.write_text("old")
    other.mkdir()
    with pytest.raises(ValueError, match=r"cannot write .*other"):
        write_together({one: "new", other: "new"})
    assert one.read_text() == "old"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["one", "other"]
    other.rmdir()
    assert write_together({one: "new", other: "new"}) == (one, other)
    assert (one.read_text(), other.read_text()) == ("new", "new")


@pytest.mark.parametrize("place", ["missing/model.npz", ".", "x" * 5000])
def test_a_network_is_not_saved_where_nothing_can_be_written(place: str, tmp_path: Path) -> None:
    spec = NetworkSpec(input_shape=(1, 2, 2), kernels=[np.full((1, 1, 1, 1), 0.5)], num_groups=1)
    with pytest.raises(ValueError, match="cannot write"):
        spec.save(tmp_path / place)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("path", [None, 3, b"report.csv", object()])
def test_what_is_no_path_is_refused_by_name(path: object) -> None:
    with pytest.raises(ValueError, match=r"the path of a file must be text or a pathlib\.Path"):
        write_text(path, "a")  # type: ignore[arg-type]
