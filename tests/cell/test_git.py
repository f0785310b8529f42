"""git answers from its cell, and runs nothing that a repository's configuration names."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from batten.cell.git import GitProblem, git, repository
from needs import needs, where

pytestmark = needs("git", where("git"))
WHO = ("-c", "user.name=a", "-c", "user.email=a@example.com", "-c", "protocol.file.allow=always")


def made(top: Path, *commands: tuple[str, ...]) -> Path:
    top.mkdir(parents=True, exist_ok=True)
    for command in (("init", "-q", "-b", "main"), *commands):
        subprocess.run(["git", *WHO, *command], cwd=top, check=True, capture_output=True)
    return top


def committed(top: Path) -> Path:
    top.mkdir(parents=True, exist_ok=True)
    (top / "a b.txt").write_text("one\n")
    (top / "sub").mkdir()
    (top / "sub" / "ü").write_bytes(b"\0two")
    return made(top, ("add", "-A"), ("commit", "-qm", "first"))


def test_it_answers_what_plumbing_is_asked(tmp_path: Path) -> None:
    found = repository(committed(tmp_path / "r") / "sub")
    assert (found.top, found.directory, found.common) == (
        tmp_path / "r",
        tmp_path / "r/.git",
        tmp_path / "r/.git",
    )
    commit = (
        git(found, ("rev-parse", "--verify", "--quiet", "--end-of-options", "HEAD^{commit}")).decode().strip()
    )
    assert len(commit) == 40
    assert git(found, ("ls-files", "-z")) == "a b.txt\0sub/ü\0".encode()
    tree = git(found, ("ls-tree", "-r", "-z", commit)).split(b"\0")
    assert [line.split(b"\t")[1].decode() for line in tree if line] == ["a b.txt", "sub/ü"]
    blob = git(found, ("cat-file", "--batch"), f"{commit}:sub/ü\n{commit}:none\n".encode())
    assert b"blob 4\n\0two\n" in blob and blob.endswith(b"none missing\n")
    assert git(found, ("rev-parse", "--verify", "--quiet", "--end-of-options", "none^{commit}")) == b""


def test_a_linked_work_tree_and_a_submodule_are_found(tmp_path: Path) -> None:
    main = committed(tmp_path / "main")
    made(main, ("worktree", "add", "-q", str(tmp_path / "linked")))
    linked = repository(tmp_path / "linked")
    assert linked.common == main / ".git" and linked.directory == main / ".git/worktrees/linked"
    assert b"a b.txt" in git(linked, ("ls-tree", "-r", "-z", "HEAD"))
    outer = committed(tmp_path / "outer")
    made(outer, ("submodule", "add", "-q", str(main), "inner"), ("commit", "-qm", "second"))
    inner = repository(outer / "inner")
    assert inner.directory == outer / ".git/modules/inner"
    assert b"a b.txt" in git(inner, ("ls-files", "-z"))


def test_what_a_stranger_names_is_not_run(tmp_path: Path) -> None:
    top = committed(tmp_path / "r")
    trap = tmp_path / "trap"
    program = tmp_path / "program"
    program.write_text(f"#!/bin/sh\ntouch {trap}\n")
    program.chmod(0o755)
    hook = top / ".git/hooks"
    hook.mkdir(exist_ok=True)
    for name in ("post-index-change", "pre-auto-gc", "reference-transaction", "post-checkout"):
        shutil.copy(program, hook / name)
    run = str(program)
    settings = {
        "core.fsmonitor": run, "core.pager": run, "core.editor": run, "core.sshCommand": run, "core.askPass": run,
        "core.gitProxy": run, "core.alternateRefsCommand": run, "filter.x.clean": run, "filter.x.smudge": run,
        "filter.x.process": run, "diff.external": run, "diff.x.textconv": run, "pager.ls-tree": run, "alias.ls-files": f"!{run}",
        "gpg.program": run, "credential.helper": f"!{run}", "include.path": str(tmp_path / "more"), "uploadpack.packObjectsHook": run,
        "extensions.partialClone": "origin", "remote.origin.promisor": "true", "remote.origin.url": f"ext::{run}",
        "protocol.ext.allow": "always", "core.worktree": "/",
    }  # fmt: skip
    for name, value in settings.items():
        subprocess.run(["git", "config", name, value], cwd=top, check=True)
    (top / ".gitattributes").write_text("* filter=x diff=x\n")
    (top / "a b.txt").write_text("changed\n")
    found = repository(top)
    assert b"a b.txt" in git(found, ("ls-files", "-z"))
    assert git(found, ("rev-parse", "--verify", "HEAD"))
    missing = "0" * 39 + "1"
    assert b"missing" in git(found, ("cat-file", "--batch"), f"{missing}\nHEAD:./a b.txt\n".encode())
    assert not trap.exists()


def test_objects_that_lie_elsewhere_are_not_read(tmp_path: Path) -> None:
    private = committed(tmp_path / "private")
    commit = git(repository(private), ("rev-parse", "HEAD")).decode().strip()
    top = committed(tmp_path / "r")
    (top / ".git/objects/info/alternates").write_text(f"{private}/.git/objects\n")
    (private / "only").write_text("here")
    made(private, ("add", "-A"), ("commit", "-qm", "more"))
    secret = git(repository(private), ("rev-parse", "HEAD")).decode().strip()
    assert commit != secret
    assert b"missing" in git(repository(top), ("cat-file", "--batch"), f"{secret}\n".encode())


def test_a_git_directory_that_does_not_know_the_folder_is_refused(tmp_path: Path) -> None:
    private = committed(tmp_path / "private")
    hostile = tmp_path / "hostile"
    hostile.mkdir()
    (hostile / ".git").write_text(f"gitdir: {private}/.git\n")
    with pytest.raises(GitProblem, match="not the git directory"):
        repository(hostile)
    (hostile / ".git").unlink()
    (hostile / ".git").symlink_to(private / ".git")
    with pytest.raises(GitProblem, match="symbolic link"):
        repository(hostile)


def test_a_bare_repository_inside_does_not_count(tmp_path: Path) -> None:
    top = committed(tmp_path / "r")
    subprocess.run(["git", "init", "-q", "--bare", str(top / "bare")], check=True)
    assert repository(top / "bare").top == top
    with pytest.raises(GitProblem, match="not in a git repository"):
        repository(Path("/proc"))


def test_it_answers_where_no_namespace_can_be_had(tmp_path: Path) -> None:
    """As in a container: there is only Landlock, and root is not what it was."""
    top = committed(tmp_path / "r")
    code = (
        f"import sys; sys.path.insert(0, {str(Path(__file__).parent)!r})\nfrom driver import MOUNT, UNSHARE, without\n"
        "without(UNSHARE, MOUNT)\nfrom pathlib import Path\nfrom batten.cell.git import git, repository\n"
        f"print(git(repository(Path({str(top)!r})), ('ls-files',)).decode())\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "a b.txt" in done.stdout, done.stderr


def test_only_plumbing_is_asked(tmp_path: Path) -> None:
    found = repository(committed(tmp_path / "r"))
    for word in ("diff", "status", "fetch", "config"):
        with pytest.raises(ValueError, match="not plumbing"):
            git(found, (word,))
    with pytest.raises(GitProblem):
        git(found, ("rev-parse", "--verify", "none"))
