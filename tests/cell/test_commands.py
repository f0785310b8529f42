"""What commands say of validators that could not be asked, and what the user's word changes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from batten.cell import NotAsked, trust
from batten.cli import main
from batten.engine.fix import Wish, plan
from batten.formats import Workspace
from batten.policy import Policy
from batten.technologies.edges.nginx.validator import nginx
from batten.technologies.orchestration.compose import validator as compose
from needs import needs

TEXT = "events {}\nhttp {\n    server {\n        listen 80;\n        server_tokens on;\n    }\n}\n"
SAID = "nginx did not run: this system has no sandbox for programs (install bubblewrap, or trust the files with --trust)"
HERE = Path(__file__).parent
# As on a kernel that offers no kind of cell.
NO_CELL = (
    f"import sys; sys.path.insert(0, {str(HERE)!r})\n"
    "from driver import MOUNT, RULES, UNSHARE, without\n"
    "without(UNSHARE, MOUNT, RULES)\n"
    "from batten.cli import main\n"
    "main(sys.argv[1:])\n"
)
installed = needs("nginx", nginx())


def without_cell(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", NO_CELL, *words],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


@installed
def test_fix_tells_who_was_not_asked_and_counts_no_consent(tmp_path: Path) -> None:
    (tmp_path / "nginx.conf").write_text(TEXT)
    done = without_cell(tmp_path, "fix", "--diff")
    assert SAID in done.stdout, done.stderr
    assert "agreed" not in done.stdout and "+        server_tokens off;" in done.stdout


@installed
def test_trust_asks_without_a_cell(tmp_path: Path) -> None:
    (tmp_path / "nginx.conf").write_text(TEXT)
    done = without_cell(tmp_path, "fix", "--diff", "--trust")
    assert "validated by: nginx" in done.stdout and "did not run" not in done.stdout, (
        done.stdout + done.stderr
    )


@installed
def test_the_users_word_holds_for_one_command(tmp_path: Path) -> None:
    (tmp_path / "nginx.conf").write_text(TEXT)
    for words in (
        ["fix", "--diff", "--trust"],
        ["review", "--trust"],
        ["check", "--no-probe", "--no-history", "--trust"],
    ):
        assert CliRunner().invoke(main, [*words, str(tmp_path)]).exit_code in (0, 1)
        assert not trust.is_given()


@installed
def test_harden_says_that_nginx_was_not_asked(tmp_path: Path) -> None:
    contract = HERE.parents[1] / "examples/orders/openapi.yaml"
    words = ("harden", "nginx", "--contract", str(contract), "--output", "out", "--name", "a.example.com")
    done = without_cell(tmp_path, *words)
    assert SAID in done.stderr and "reviewed, no findings" in done.stdout
    proved = without_cell(tmp_path, *words, "--prove")
    assert proved.returncode == 3 and "validate: not assessed" in proved.stdout and SAID in proved.stdout


def test_what_took_too_long_is_no_consent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A validator that never answers."""
    slow = tmp_path / "bin/nginx"
    slow.parent.mkdir()
    slow.write_text(f"#!{sys.executable}\nwhile True: pass\n")
    slow.chmod(0o755)
    monkeypatch.setenv("PATH", str(slow.parent))
    made = plan(Workspace(tmp_path, {"nginx.conf": TEXT}), Policy(), Wish())
    assert made.texts and made.validated == []
    (unasked,) = made.unasked
    assert isinstance(unasked, NotAsked) and unasked.program == "nginx"
    assert "did not finish within 10 s" in unasked.reason or "signal" in unasked.reason


def test_compose_sees_copies_of_what_a_project_reads_and_no_value(tmp_path: Path) -> None:
    text = (
        "include: [other.yaml]\nservices:\n  x:\n    image: a:1\n    env_file: [v.env, {path: ../w.env}, ../../out.env]\n"
        "    extends: {file: base.yaml, service: b}\n"
    )
    files = {
        "a/compose.yaml": text,
        "a/other.yaml": "services: {z: {image: c:1}}\n",
        "a/base.yaml": "services: {b: {image: d:1}}\n",
        "a/v.env": "TOKEN=a-secret\n",
        "w.env": "TOKEN=a-secret\n",
        "a/unrelated.yaml": "x: 1\n",
    }
    made = compose.copies(compose.Unit("compose", ("a/compose.yaml",)), Workspace(tmp_path, files))
    assert set(made) == set(files) - {"a/unrelated.yaml"}
    assert made["a/v.env"] == made["w.env"] == b""


@needs("docker compose", compose.compose())
def test_compose_is_asked(tmp_path: Path) -> None:
    unit = compose.Unit("compose", ("compose.yaml",))
    good = {
        "compose.yaml": "services:\n  x:\n    image: a:1\n    env_file: v.env\n",
        "v.env": "not = fine = 'at all\n",
    }
    assert compose.validate(unit, Workspace(tmp_path, good)) is True
    said = compose.validate(unit, Workspace(tmp_path, {"compose.yaml": "services:\n  x:\n    imge: a\n"}))
    assert not isinstance(said, bool | NotAsked) and "imge" in said.message
