"""A stranger's tree is written below its folder, whatever its names and links are."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batten.files import trees

PART = st.sampled_from(
    ["..", ".", "", "a", "b", ".git", ".GIT ", "x" * 300, "é", "\udcff", "a\0b", "\\", "~"]
)
NAME = st.lists(PART, min_size=1, max_size=4).map("/".join)
TARGET = st.one_of(NAME, st.sampled_from(["/etc/passwd", "../..", "a/../../..", "../a", "", "b"]))


@given(files=st.lists(st.tuples(NAME, st.binary(max_size=4))), links=st.lists(st.tuples(NAME, TARGET)))
def test_nothing_is_written_elsewhere_and_no_link_leads_out(
    files: list[tuple[str, bytes]], links: list[tuple[str, str]]
) -> None:
    with tempfile.TemporaryDirectory() as made:
        around = Path(made).resolve()
        folder = around / "tree"
        folder.mkdir()
        kept = [(path, data) for path, data in files if trees.is_inside(path)]
        trees.lay_out(folder, kept)
        written = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
        assert written <= {path for path, _ in kept}
        trees.link(folder, [(path, target) for path, target in links if trees.is_inside(path)])
        assert [path.name for path in around.iterdir()] == ["tree"]
        for above, folders, names in os.walk(folder):
            for name in (*folders, *names):
                # A link to the tree itself is inside.
                assert f"{os.path.realpath(os.path.join(above, name))}{os.sep}".startswith(
                    f"{folder}{os.sep}"
                )
                assert ".git" not in name.lower()


def test_links_cannot_be_chained_to_lead_out(tmp_path: Path) -> None:
    folder = tmp_path / "tree"
    folder.mkdir()
    trees.lay_out(folder, [("x/y/file", b"a")])
    trees.link(folder, [("x/y/b", "../.."), ("a", "x/y/b/../.."), ("ok", "x/y/file"), ("x/up", "../ok")])
    assert not (folder / "a").is_symlink() and (folder / "x/up").read_bytes() == b"a"


@pytest.mark.parametrize(
    "path", ["a", "a/b", "é/ü.conf", "...", ".gitignore", ".github/x", "x.git", "a b", "\udcff"]
)
def test_names_of_real_trees_are_inside(path: str) -> None:
    assert trees.is_inside(path)


@pytest.mark.parametrize(
    "path", ["", "/a", "a//b", "..", "a/..", ".git/config", "a/.Git", ".git.", "a\0", "n" * 256]
)
def test_names_that_lead_elsewhere_are_not(path: str) -> None:
    assert not trees.is_inside(path)
