"""Files that the user names: obeyed, but not through what a stranger laid out."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from batten.files import Refused
from batten.files.named import read_named, remove_named, write_folder, write_named
from waiting import BOUND


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    place = tmp_path / "checkout"
    (place / "below").mkdir(parents=True)
    (place / ".git").mkdir()
    (tmp_path / "victim").write_text("theirs")
    (tmp_path / "folder").mkdir()
    monkeypatch.chdir(place / "below")
    return place


def test_a_planted_link_is_not_written_through(checkout: Path, tmp_path: Path) -> None:
    (checkout / "report").symlink_to(tmp_path / "victim")
    (checkout / "dangling").symlink_to(tmp_path / "new")
    (checkout / "folder").symlink_to(tmp_path / "folder")
    for name in ("../report", "../dangling", "../folder/file"):
        with pytest.raises(Refused, match="symbolic link"):
            write_named(Path(name), b"x")
        with pytest.raises((Refused, OSError)):
            read_named(Path(name))
    with pytest.raises(Refused):
        write_folder(checkout / "folder", {"a": b"x"}, force=True)
    assert (tmp_path / "victim").read_text() == "theirs"
    assert not (tmp_path / "new").exists() and not list((tmp_path / "folder").iterdir())
    remove_named(checkout / "report")
    assert (tmp_path / "victim").exists() and not (checkout / "report").is_symlink()


def test_the_folder_under_review_counts_without_a_repository(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir("/")
    (tmp_path / "root").mkdir()
    (tmp_path / "victim").write_text("theirs")
    report = tmp_path / "root" / "report"
    report.symlink_to(tmp_path / "victim")
    with pytest.raises(Refused):
        write_named(report, b"x", str(tmp_path / "root"))
    assert (tmp_path / "victim").read_text() == "theirs"


def test_names_outside_are_the_users_own(checkout: Path, tmp_path: Path) -> None:
    (tmp_path / "latest").symlink_to(tmp_path / "report")
    write_named(tmp_path / "latest", b"1")
    assert (tmp_path / "report").read_bytes() == b"1" == read_named(tmp_path / "latest")
    write_named(tmp_path / "new" / "folder" / "report", b"2")
    assert (tmp_path / "new" / "folder" / "report").read_bytes() == b"2"


def test_files_are_written_whole_and_keep_their_mode(checkout: Path) -> None:
    (checkout / "report").write_text("old")
    (checkout / "report").chmod(0o600)
    write_named(checkout / "report", b"new")
    assert (checkout / "report").read_text() == "new" and (
        checkout / "report"
    ).stat().st_mode & 0o777 == 0o600
    with pytest.raises(FileExistsError):
        write_named(checkout / "report", b"newer", over=False)
    assert [p.name for p in (checkout).iterdir() if p.is_file()] == ["report"]


def test_pipes_and_devices_are_written_to(checkout: Path, tmp_path: Path) -> None:
    write_named(Path("/dev/null"), b"x")
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    got: list[bytes] = []
    reader = threading.Thread(target=lambda: got.append(pipe.read_bytes()))
    reader.start()
    write_named(pipe, b"through the pipe")
    reader.join(BOUND)
    assert got == [b"through the pipe"]


def test_a_folder_with_something_in_it_is_left_alone(checkout: Path) -> None:
    assert write_folder(checkout / "made", {"a": b"1"}, force=False) == [checkout / "made" / "a"]
    with pytest.raises(Refused, match="not empty"):
        write_folder(checkout / "made", {"a": b"2"}, force=False)
    write_folder(checkout / "made", {"a": b"2"}, force=True)
    assert (checkout / "made" / "a").read_bytes() == b"2"
