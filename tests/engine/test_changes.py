from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from batten.engine.changes import ChangesProblem, changes_since, of_the_change
from batten.engine.review import Review, review
from batten.formats import Workspace
from batten.policy import Policy

SHOWS = "server {\n    listen 127.0.0.1:80;\n    server_tokens on;\n}\n"
POLICY = Policy()


def git(root: Path, *words: str) -> None:
    who = ("-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "commit.gpgsign=false")
    subprocess.run(["git", *who, "-C", str(root), *words], check=True, capture_output=True)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    (tmp_path / "a.nginx.conf").write_text(SHOWS)
    (tmp_path / "b.nginx.conf").write_text(SHOWS)
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-qm", "Start")
    return tmp_path


def changed(root: Path, revision: str = "HEAD") -> Review:
    result = review(root, POLICY)
    of_the_change(result, changes_since(revision, result.workspace), POLICY, ())
    return result


def sources(result: Review) -> set[str]:
    return {f.at.source for f in result.findings}


def test_nothing_changed_is_nothing_found(repository: Path) -> None:
    assert sources(changed(repository)) == set()


def test_changed_and_untracked_files_count(repository: Path) -> None:
    with (repository / "a.nginx.conf").open("a") as file:
        file.write("# a comment\n")
    (repository / "new.nginx.conf").write_text(SHOWS)
    assert sources(changed(repository)) == {"a.nginx.conf", "new.nginx.conf"}


def test_a_finding_elsewhere_that_the_change_brought_about_counts(repository: Path) -> None:
    main = "server {\n    listen 127.0.0.1:80;\n    server_tokens off;\n    include own.inc;\n    location / {\n    }\n}\n"
    (repository / "c.nginx.conf").write_text(main)
    (repository / "own.inc").write_text("")
    git(repository, "add", ".")
    git(repository, "commit", "-qm", "Include")
    (repository / "c.nginx.conf").write_text(main.replace("include own.inc;", "").replace("off", "on"))
    (repository / "a.nginx.conf").unlink()
    assert sources(changed(repository)) == {"c.nginx.conf"}


def test_a_finding_elsewhere_that_the_change_made_worse_counts(repository: Path) -> None:
    pod = (
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: cache}\nspec:\n"
        "  selector: {matchLabels: {app: cache}}\n  template:\n    metadata: {labels: {app: cache}}\n"
        "    spec:\n      containers:\n        - {name: redis, image: 'redis:8.0', ports: [{containerPort: 6379}]}\n"
    )
    service = (
        "apiVersion: v1\nkind: Service\nmetadata: {name: cache}\nspec:\n  type: ClusterIP\n"
        "  selector: {app: cache}\n  ports: [{port: 6379}]\n"
    )
    (repository / "pod.yaml").write_text(pod)
    (repository / "service.yaml").write_text(service)
    git(repository, "add", ".")
    git(repository, "commit", "-qm", "Deploy")
    (repository / "service.yaml").write_text(service.replace("ClusterIP", "LoadBalancer"))
    found = {f.control for f in changed(repository).findings if f.at.source == "pod.yaml"}
    assert "store-authenticated" in found


def test_a_folder_below_the_repository_is_compared_with_itself(repository: Path) -> None:
    below = repository / "deploy"
    below.mkdir()
    (below / "nginx.conf").write_text(SHOWS)
    git(repository, "add", ".")
    git(repository, "commit", "-qm", "Deploy")
    (repository / "a.nginx.conf").write_text(SHOWS + "\n")
    assert sources(changed(below)) == set()
    (below / "nginx.conf").write_text(SHOWS + "\n")
    assert sources(changed(below)) == {"nginx.conf"}


@pytest.mark.parametrize("revision", ["no-such", "--output=x", "HEAD~99"])
def test_a_revision_that_is_none_is_told(revision: str, repository: Path) -> None:
    with pytest.raises(ChangesProblem, match="revision"):
        changes_since(revision, Workspace(repository))


def test_a_folder_without_git_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    with pytest.raises(ChangesProblem, match="git"):
        changes_since("HEAD", Workspace(tmp_path))


def test_programs_that_the_repository_names_are_not_run(repository: Path) -> None:
    ran = repository.parent / "ran"
    program = repository.parent / "program"
    program.write_text(f"#!/bin/sh\ntouch {ran}\n")
    program.chmod(0o755)
    git(repository, "config", "core.fsmonitor", str(program))
    git(repository, "config", "diff.external", str(program))
    (repository / "a.nginx.conf").write_text("")
    changes_since("HEAD", Workspace(repository))
    assert not ran.exists()
