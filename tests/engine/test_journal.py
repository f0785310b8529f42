from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batten.engine.journal import FOLDER, Change, UndoProblem, _former, _hash, _patches, undo, write
from batten.files import Root, state_of
from batten.formats import Workspace


def test_a_fix_is_written_and_taken_back_byte_for_byte(tmp_path: Path) -> None:
    (tmp_path / "a.conf").write_bytes(b"\xef\xbb\xbfone\r\ntwo\r\n")
    (tmp_path / "b.conf").write_bytes(b"no end of line")
    (tmp_path / "a.conf").chmod(0o640)
    before = {p.name: p.read_bytes() for p in tmp_path.glob("*.conf")}
    write(Workspace(tmp_path), {"a.conf": "one\r\nchanged\r\n", "b.conf": "longer\ntext", "new/c": "made"})
    assert (tmp_path / "a.conf").read_bytes() == b"\xef\xbb\xbfone\r\nchanged\r\n"
    assert (tmp_path / "a.conf").stat().st_mode & 0o777 == 0o640
    assert undo(Root(tmp_path)) == ["a.conf", "b.conf", "new/c"]
    assert {p.name: p.read_bytes() for p in tmp_path.glob("*.conf")} == before
    assert not (tmp_path / "new" / "c").exists()


def test_fixes_are_taken_back_one_after_the_other(tmp_path: Path) -> None:
    place = tmp_path / "a"
    place.write_text("1")
    write(Workspace(tmp_path), {"a": "2"})
    write(Workspace(tmp_path), {"a": "3"})
    undo(Root(tmp_path))
    assert place.read_text() == "2"
    undo(Root(tmp_path))
    assert place.read_text() == "1"
    with pytest.raises(UndoProblem, match="no fix to undo"):
        undo(Root(tmp_path))


def test_what_changed_since_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("1")
    write(Workspace(tmp_path), {"a": "2"})
    (tmp_path / "a").write_text("mine")
    with pytest.raises(UndoProblem, match="changed after the fix"):
        undo(Root(tmp_path))
    assert (tmp_path / "a").read_text() == "mine"


def test_nothing_is_written_where_nothing_changes(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("1")
    assert write(Workspace(tmp_path), {"a": "1"}) is None
    assert not (state_of(str(tmp_path)).place / FOLDER).exists()


def test_a_link_out_of_the_root_is_refused(tmp_path: Path) -> None:
    root, outside = tmp_path / "root", tmp_path / "outside"
    root.mkdir()
    outside.write_text("theirs")
    (root / "a").symlink_to(outside)
    with pytest.raises(UndoProblem, match="leads out"):
        write(Workspace(root), {"a": "2"})
    assert outside.read_text() == "theirs"


def test_the_journal_is_for_its_owner_only(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("password: hunter2")
    entry = write(Workspace(tmp_path), {"a": "password: ${PASSWORD}"})
    assert entry is not None
    folder = state_of(str(tmp_path)).place / FOLDER
    assert [p.stat().st_mode & 0o777 for p in (folder, folder / entry)] == [0o700, 0o600]


def test_a_folder_that_cannot_be_written_leaves_everything_as_it_was(tmp_path: Path) -> None:
    if os.geteuid() == 0:
        (tmp_path / "folder").write_text("a file where a folder would be needed")
    else:
        (tmp_path / "folder").mkdir(mode=0o500)
    (tmp_path / "a").write_text("1")
    with pytest.raises(UndoProblem, match="nothing was written"):
        write(Workspace(tmp_path), {"a": "2", "folder/b": "2"})
    assert (tmp_path / "a").read_text() == "1"


@given(st.binary(max_size=200), st.binary(max_size=200))
def test_patches_turn_new_bytes_into_old_ones(old: bytes, new: bytes) -> None:
    assert _former(new, Change("a", _hash(old), _hash(new), _patches(old, new))) == old
