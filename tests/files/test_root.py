from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from batten.files import Kind, Refused, Root


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    place = tmp_path / "outside"
    place.mkdir()
    (place / "secret").write_text("theirs")
    return place


@pytest.fixture
def root(tmp_path: Path, outside: Path) -> Root:
    place = tmp_path / "root"
    (place / "a" / "b").mkdir(parents=True)
    (place / "a" / "b" / "file").write_text("ours")
    return Root(place)


def link(root: Root, name: str, target: str | Path) -> None:
    os.symlink(target, os.path.join(root.path, name))


@pytest.mark.parametrize("path", ["a/b/file", "./a//b/file", "a/../a/b/file", "a/b/../b/./file"])
def test_a_file_is_read_by_any_path_that_stays(path: str, root: Root) -> None:
    assert root.read(path) == b"ours"
    assert root.kind(path) is Kind.FILE


@pytest.mark.parametrize("path", ["../outside/secret", "a/../../outside/secret", "/etc/passwd", "..", "a\0b"])
def test_a_path_that_leaves_is_refused(path: str, root: Root) -> None:
    with pytest.raises(Refused):
        root.read(path)
    assert root.kind(path) is Kind.NONE
    with pytest.raises((Refused, OSError)):
        root.create(path, b"x")


def test_links_within_the_root_are_followed(root: Root) -> None:
    link(root, "one", "a/b/file")
    link(root, "two", "one")
    link(root, "folder", "a/b")
    link(root, "absolute", f"{root.path}/a/b/file")
    link(root, "a/up", "../a/b")
    assert {
        root.read(p) for p in ("one", "two", "folder/file", "absolute", "a/up/file", "a/up/../b/file")
    } == {b"ours"}
    assert root.real("two") == "a/b/file" and root.real("a/up/file") == "a/b/file"
    assert root.real("two", last=False) == "two"


@pytest.mark.parametrize(
    "target", ["../outside/secret", "{outside}/secret", "a/../../outside/secret", "chain"]
)
def test_links_out_of_the_root_are_not(target: str, root: Root, outside: Path) -> None:
    link(root, "chain", "chained")
    link(root, "chained", "../outside/secret")
    link(root, "bad", target.format(outside=outside))
    link(root, "folder", outside)
    for path in ("bad", "folder/secret"):
        with pytest.raises(Refused, match=r"outside|leads out"):
            root.read(path)
        assert root.kind(path) is Kind.NONE and root.real(path) is None
    assert root.is_link("bad") and not root.is_link("a")


def test_links_in_circles_end(root: Root) -> None:
    link(root, "x", "y")
    link(root, "y", "x")
    link(root, "self", "self/self")
    for path in ("x", "self"):
        with pytest.raises((Refused, OSError)):
            root.read(path)
        assert root.kind(path) is Kind.NONE


def test_only_regular_files_are_read(root: Root) -> None:
    os.mkfifo(os.path.join(root.path, "fifo"))
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(os.path.join(root.path, "socket"))
    os.truncate(os.open(os.path.join(root.path, "sparse"), os.O_CREAT | os.O_WRONLY), 1 << 40)
    for path in ("fifo", "socket", "a"):
        with pytest.raises(Refused, match="not a file"):
            root.read(path)
    with pytest.raises(Refused, match="more than batten reads"):
        root.read("sparse")
    assert dict(root.entries("")) == {
        "a": Kind.FOLDER,
        "fifo": Kind.OTHER,
        "socket": Kind.OTHER,
        "sparse": Kind.FILE,
    }


def test_nothing_is_written_through_a_link(root: Root, outside: Path) -> None:
    link(root, "file", outside / "secret")
    link(root, "dangling", outside / "new")
    link(root, "folder", outside)
    link(root, "inner", "a/b/file")
    for path in ("file", "dangling", "folder/secret", "folder/new", "inner"):
        with pytest.raises((Refused, OSError)):
            root.create(path, b"x")
        with pytest.raises(Refused):
            root.writable(path)
    for path in ("folder/secret", "folder/new"):
        with pytest.raises((Refused, OSError)):
            root.replace(path, b"x")
    root.replace("file", b"the link itself gives way")
    assert sorted(os.listdir(outside)) == ["secret"] and (outside / "secret").read_text() == "theirs"
    assert root.read("a/b/file") == b"ours"


def test_a_link_goes_itself_and_what_it_names_stays(root: Root, outside: Path) -> None:
    link(root, "file", outside / "secret")
    assert root.remove("file") and not root.remove("file")
    assert (outside / "secret").exists()
    link(root, "folder", outside)
    with pytest.raises((Refused, OSError)):
        root.remove("folder/secret")
    assert (outside / "secret").exists()


def test_a_file_of_several_names_is_left_alone(root: Root, outside: Path) -> None:
    os.link(outside / "secret", os.path.join(root.path, "hard"))
    with pytest.raises(Refused, match="hard links"):
        root.writable("hard")


def test_files_are_made_and_replaced_whole(root: Root) -> None:
    root.create("new/folder/file", b"1", 0o640)
    with pytest.raises(FileExistsError):
        root.create("new/folder/file", b"2")
    assert root.status("new/folder/file").st_mode & 0o777 == 0o640
    root.replace("new/folder/file", b"2", 0o600)
    assert root.read("new/folder/file") == b"2" and root.status("new/folder/file").st_mode & 0o777 == 0o600
    root.create("new/folder/other", b"3")
    with pytest.raises(FileExistsError):
        root.move("new/folder/other", "file", over=False)
    root.move("new/folder/other", "third", over=False)
    assert [name for name, _ in sorted(root.entries("new/folder"))] == ["file", "third"]
    assert not root.remove_folder("new/folder")
    root.remove("new/folder/file"), root.remove("new/folder/third")
    assert root.remove_folder("new/folder") and root.remove_folder("new")


def test_folders_far_below_are_reached(root: Root) -> None:
    """Deeper than descriptors are held open for, and than recursion goes."""
    folder = os.open(root.path, os.O_RDONLY)
    for _ in range(600):
        os.mkdir("d", dir_fd=folder)
        below = os.open("d", os.O_RDONLY, dir_fd=folder)
        os.close(folder)
        folder = below
    os.close(os.open("file", os.O_CREAT | os.O_WRONLY, dir_fd=folder))
    os.close(folder)
    path = "d/" * 600 + "file"
    assert root.read(path) == b""
    assert root.entries("d/" * 599 + "d") == [("file", Kind.FILE)]
    with pytest.raises(Refused, match="too long"):
        root.read("d/" * 3000 + "file")


def test_a_folder_that_becomes_a_link_is_not_followed(root: Root, outside: Path) -> None:
    """What was a folder when it was listed may be something else when it is opened."""
    assert root.read("a/b/file") == b"ours"
    root.close()
    os.rename(os.path.join(root.path, "a"), os.path.join(root.path, "gone"))
    link(root, "a", outside)
    with pytest.raises((Refused, OSError)):
        root.read("a/secret")
