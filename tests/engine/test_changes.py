from __future__ import annotations

import subprocess
from datetime import date
from pathlib import Path

import pytest

from batten.engine.causes import causes
from batten.engine.changes import Changed, ChangesProblem, changes_since, compared, state_at
from batten.engine.review import review
from batten.formats import Workspace
from batten.model import Context, Severity
from batten.policy import Policy, Waiver

SHOWS = "server {\n    listen 127.0.0.1:80;\n    server_tokens on;\n}\n"
POLICY = Policy(today=date(2026, 12, 1))


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


def commit(root: Path, **files: str) -> None:
    for name, text in files.items():
        put(root, name, text)
    git(root, "add", "-A", ".")
    git(root, "commit", "-qm", "Change")


def put(root: Path, name: str, text: str) -> None:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def changed(
    root: Path, revision: str = "HEAD", policy: Policy = POLICY, only: tuple[str, ...] = ()
) -> Changed:
    workspace = Workspace(root)
    return compared(state_at(revision, workspace, policy, only), workspace, policy, only)


def sources(result: Changed) -> set[str]:
    return {f.at.source for f in result.review.findings}


def found(result: Changed) -> list[tuple[str, str]]:
    return sorted((f.at.source, f.control) for f in result.review.findings if f.counts and not f.suppression)


def test_nothing_changed_is_nothing_found(repository: Path) -> None:
    assert sources(changed(repository)) == set()


def test_a_changed_line_brings_no_old_findings_about(repository: Path) -> None:
    put(repository, "a.nginx.conf", "\n\n# a comment\n" + SHOWS)
    result = changed(repository)
    assert found(result) == [] and result.stood > 0


def test_untracked_files_are_of_the_change(repository: Path) -> None:
    put(repository, "new.nginx.conf", SHOWS)
    put(repository, ".gitignore", "kept-out*\n")
    put(repository, "kept-out.nginx.conf", SHOWS)
    assert sources(changed(repository)) == {"new.nginx.conf"}


def test_before_the_first_commit_all_is_new(tmp_path: Path) -> None:
    put(tmp_path, "a.nginx.conf", SHOWS)
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", ".")
    result = changed(tmp_path)
    assert sources(result) == {"a.nginx.conf"} and result.stood == 0
    with pytest.raises(ChangesProblem, match="does not exist"):
        changed(tmp_path, "main")


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
    found = {f.control for f in changed(repository).review.findings if f.at.source == "pod.yaml"}
    assert "store-authenticated" in found


def test_a_folder_below_the_repository_is_compared_with_itself(repository: Path) -> None:
    below = repository / "deploy"
    below.mkdir()
    (below / "nginx.conf").write_text(SHOWS)
    git(repository, "add", ".")
    git(repository, "commit", "-qm", "Deploy")
    (repository / "a.nginx.conf").write_text(SHOWS + "\n")
    assert sources(changed(below)) == set()
    (below / "nginx.conf").write_text(SHOWS + SHOWS.replace("127.0.0.1:80", "127.0.0.1:81"))
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


def compose(*services: str, head: str = "") -> str:
    return head + "services:\n" + "".join(services)


def service(name: str, *lines: str) -> str:
    said = "".join(f"    {line}\n" for line in lines)
    return f"  {name}:\n    image: registry.example/{name}:1.4.2\n    privileged: true\n{said}"


SERVICES = tuple(service(name) for name in ("orders", "stock", "users", "bills", "mail"))


@pytest.fixture
def stack(repository: Path) -> Path:
    for old in repository.glob("*.conf"):
        old.unlink()
    commit(repository, **{"compose.yaml": compose(*SERVICES)})
    return repository


def counted(root: Path) -> int:
    """How many causes the findings that count have; there are at least 24 findings."""
    active = [f for f in review(root, POLICY).findings if f.counts and f.suppression is None]
    assert len(active) >= 24
    return len(causes(active))


def test_one_line_in_a_manifest_of_many_findings_reports_none(stack: Path) -> None:
    put(stack, "compose.yaml", compose(*SERVICES).replace("stock:1.4.2", "stock:1.4.3"))
    result = changed(stack)
    assert found(result) == [] and result.stood == counted(stack) > 0


def test_the_same_change_that_opens_a_port_reports_exactly_one(stack: Path) -> None:
    cache = "  cache:\n    image: registry.example/cache:1.4.2\n    command: redis-server --requirepass ${PASSWORD}\n"
    commit(stack, **{"compose.yaml": compose(*SERVICES, cache)})
    before = counted(stack)
    opened = compose(*SERVICES, cache + '    ports: ["9229:9229"]\n')
    put(stack, "compose.yaml", opened)
    result = changed(stack)
    assert found(result) == [("compose.yaml", "port-exposure-minimal")] and result.stood == before


def test_a_service_that_moved_within_its_file_is_not_new(stack: Path) -> None:
    put(stack, "compose.yaml", compose(*reversed(SERVICES), head="# in another order\n"))
    assert found(changed(stack)) == []


def test_of_several_alike_the_one_in_a_new_line_is_new(repository: Path) -> None:
    """Servers without a name are told apart by nothing but their order."""
    server = SHOWS.replace("127.0.0.1:80", "{}")
    old = server.replace("{}", "127.0.0.1:81") + server.replace("{}", "127.0.0.1:82")
    commit(repository, **{"a.nginx.conf": old})
    put(repository, "a.nginx.conf", server.replace("{}", "127.0.0.1:80").replace("on;", "on;  # new") + old)
    lines = {
        f.region.line
        for f in changed(repository).review.findings
        if f.region and f.control == "banner-hidden"
    }
    assert lines == {3}


def test_renamed_files_keep_their_findings(stack: Path) -> None:
    commit(stack, **{"one/compose.yaml": compose(*SERVICES), "two/compose.yaml": compose(*SERVICES[:1])})
    (stack / "one").rename(stack / "first")
    (stack / "two").rename(stack / "second")
    git(stack, "add", "-A", ".")
    put(stack, "first/compose.yaml", compose(*SERVICES, head="# moved, and a line more\n"))
    result = changed(stack)
    assert found(result) == []
    assert result.changes.moved == {
        "first/compose.yaml": "one/compose.yaml",
        "second/compose.yaml": "two/compose.yaml",
    }
    assert found(changed(stack, only=("first",))) == []


def test_a_copy_is_new(stack: Path) -> None:
    put(stack, "copy/compose.yaml", compose(*SERVICES))
    assert sources(changed(stack)) == {"copy/compose.yaml"}


def test_deleted_files_bring_nothing_about(stack: Path) -> None:
    commit(stack, **{"other/compose.yaml": compose(*SERVICES)})
    (stack / "other/compose.yaml").unlink()
    result = changed(stack)
    assert found(result) == [] and "other/compose.yaml" in result.changes.paths


def test_the_policy_of_now_judges_both(stack: Path) -> None:
    commit(stack, **{"batten.yaml": "version: 1\nwaivers: []\n"})
    put(stack, "batten.yaml", "version: 1\ngate: high\n")
    assert found(changed(stack, policy=Policy(gate=Severity.HIGH))) == []
    worse = Policy(severities={"workload-confined": Severity.CRITICAL})
    assert found(changed(stack, policy=worse)) == []


def test_an_inline_waiver_that_is_removed_brings_its_finding_about(repository: Path) -> None:
    waived = SHOWS.replace(
        "tokens on;", "tokens on; # batten: ignore[banner-hidden] the partner reads it until 2099-12-31"
    )
    commit(repository, **{"a.nginx.conf": waived})
    put(repository, "a.nginx.conf", SHOWS)
    assert found(changed(repository)) == [("a.nginx.conf", "banner-hidden")]


def test_a_file_that_becomes_one_of_production_brings_its_findings_about(stack: Path) -> None:
    commit(stack, **{"dev/compose.yaml": compose(service("tools"))})
    (stack / "dev").rename(stack / "shop")
    result = changed(stack)
    assert {path for path, _ in found(result)} == {"shop/compose.yaml"}
    assert all(f.context is Context.PRODUCTION for f in result.review.findings)


def test_a_problem_that_stood_is_not_of_the_change(repository: Path) -> None:
    commit(repository, **{"broken.nginx.conf": SHOWS + "}\n"})
    put(repository, "a.nginx.conf", SHOWS + "\n")
    assert review(repository, POLICY).problems and changed(repository).review.problems == []
    put(repository, "broken.nginx.conf", SHOWS + "}\n\n")
    assert [p.source for p in changed(repository).review.problems] == ["broken.nginx.conf"]


def test_a_waiver_of_now_suppresses_what_is_new(repository: Path) -> None:
    put(repository, "new.nginx.conf", SHOWS)
    named = {c for _, c in found(changed(repository))}
    waivers = tuple(Waiver(slug, "known", "alice", None, path="new.nginx.conf") for slug in named)
    assert found(changed(repository, policy=Policy(waivers=waivers))) == []


def test_submodules_are_compared_with_their_own_commit(
    stack: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    inner = tmp_path_factory.mktemp("inner")
    git(inner, "init", "-q")
    commit(inner, **{"compose.yaml": compose(*SERVICES)})
    git(stack, "-c", "protocol.file.allow=always", "submodule", "add", "-q", str(inner), "parts")
    git(stack, "commit", "-qm", "Add a submodule")
    assert found(changed(stack)) == []
    assert sources(changed(stack, "HEAD~1")) == {"parts/compose.yaml"}
    put(stack, "parts/compose.yaml", compose(*SERVICES, service("search")))
    result = changed(stack)
    assert sources(result) == {"parts/compose.yaml"}
    assert all("search" in f.at.pointer for f in result.review.findings)


def test_submodules_of_a_linked_work_tree(stack: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("linked")
    git(folder, "init", "-q", "inner")
    commit(folder / "inner", **{"compose.yaml": compose(*SERVICES)})
    allowed = ("-c", "protocol.file.allow=always", "submodule")
    git(stack, *allowed, "add", "-q", str(folder / "inner"), "parts")
    git(stack, "commit", "-qm", "Add a submodule")
    git(stack, "worktree", "add", "-q", str(folder / "tree"))
    git(folder / "tree", *allowed, "update", "--init", "-q")
    assert (folder / "tree/parts/compose.yaml").exists() and found(changed(folder / "tree")) == []


def test_a_shallow_clone_says_what_to_do(stack: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    clone = tmp_path_factory.mktemp("clone") / "shallow"
    git(stack, "clone", "-q", "--depth", "1", stack.as_uri(), str(clone))
    with pytest.raises(ChangesProblem, match="git fetch --unshallow"):
        changes_since("HEAD~1", Workspace(clone))
    assert found(changed(clone)) == []
