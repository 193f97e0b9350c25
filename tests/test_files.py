"""A reader sees a file whole or not at all."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from bloqs.files import replacing, write_bytes, write_text


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
