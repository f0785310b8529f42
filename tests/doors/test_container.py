"""The image, built and run by a Docker Engine that can get its base image (`make proof`).

`DOCKER_BUILD_FLAGS` are more words for `docker build`, such as `--network host` for an engine without a bridge.
"""

from __future__ import annotations

import os
import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from planted import plant

from needs import needs, program, where, without
from proofs import PROOF

ROOT = Path(__file__).parents[2]
BASE = "debian:trixie-slim"
TAG = "batten-under-test"
LOCKED = ("--network", "none", "--read-only", "--cap-drop", "ALL", "--security-opt", "no-new-privileges")
OPEN = 'services:\n  cache:\n    image: redis:8.2.1\n    ports: ["6379:6379"]\n'
pytestmark = [
    pytest.mark.skipif(not PROOF, reason="a slow proof, which builds an image"),
    needs("Docker", where("docker"), "install Docker"),
]


def docker(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([program("docker"), *words], capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def image() -> Iterator[str]:
    if docker("image", "inspect", BASE).returncode and docker("pull", "--quiet", BASE).returncode:
        without(f"a Docker Engine that has {BASE}", "start one, and pull or import that image")
    flags = shlex.split(os.environ.get("DOCKER_BUILD_FLAGS", ""))
    built = docker("build", *flags, "--tag", TAG, str(ROOT))
    assert built.returncode == 0, built.stderr
    yield TAG
    docker("image", "rm", TAG)


@pytest.fixture
def stack(tmp_path: Path) -> Path:
    (tmp_path / "compose.yaml").write_text(OPEN)
    for words in (["init", "-q"], ["add", "."], ["commit", "-qm", "Start"]):
        who = ["-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "commit.gpgsign=false"]
        subprocess.run(["git", *who, *words], cwd=tmp_path, check=True, capture_output=True)
    for place in (tmp_path, *tmp_path.rglob("*")):
        place.chmod(0o755 if place.is_dir() else 0o644)  # the image's user is another one
    for folder in list(tmp_path.parents)[:2]:
        folder.chmod(0o755)
    return tmp_path


def run(
    image: str, stack: Path, *words: str, more: tuple[str, ...] = ("--tmpfs", "/tmp")
) -> subprocess.CompletedProcess[str]:
    return docker("run", "--rm", *LOCKED, *more, "--volume", f"{stack}:/src:ro", image, *words)


def test_it_reviews_locked_down(image: str, stack: Path) -> None:
    done = run(image, stack)
    assert done.returncode == 1 and "store-private" in done.stdout, done.stderr


def test_git_runs_in_a_sandbox_with_dockers_defaults(image: str, stack: Path) -> None:
    done = run(image, stack, "review", "--changed-since", "HEAD")
    assert done.returncode == 0 and "stood before this change" in done.stdout, done.stderr


def test_without_room_for_the_sandbox_it_is_said(image: str, stack: Path) -> None:
    done = run(image, stack, "review", "--changed-since", "HEAD", more=())
    assert done.returncode == 2 and "set TMPDIR" in done.stderr


def test_its_user_is_not_root(image: str) -> None:
    done = docker("run", "--rm", "--network", "none", "--entrypoint", "id", image, "-u")
    assert done.stdout.strip() == "10001"


def test_nothing_of_the_mounted_folder_runs(image: str, stack: Path) -> None:
    marks = stack.parent / "marks"
    plant(stack, marks)
    for place in (marks, *stack.rglob("*")):
        place.chmod(0o777 if place.is_dir() or place.stat().st_mode & 0o100 else 0o644)
    more = (
        "--tmpfs",
        "/tmp",
        "--volume",
        f"{marks}:{marks}",
        "--env",
        "PYTHONPATH=/src",
        "--env",
        "PYTHONHOME=/src",
    )
    done = run(image, stack, more=more)
    assert done.returncode == 1 and "store-private" in done.stdout, done.stderr
    assert not [p.name for p in marks.iterdir()]
