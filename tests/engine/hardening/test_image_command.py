"""`batten harden image` in a folder: written, compared, proved and taken back."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hardened_places import edit, harden

from days import judged_on

pytestmark = judged_on("2026-12-01")

BASE = f"base=python:3.13.9-slim@sha256:{'ab' * 32}"
HERE = ("image", "--from", ".", "--output", ".")
FILES = {
    "requirements.txt": "fastapi==1.0 --hash=sha256:ab\nuvicorn==1.0 --hash=sha256:cd\n",
    "app/main.py": "from fastapi import FastAPI\n\napp = FastAPI()\n",
    ".env": "TOKEN=x\n",
    "openapi.yaml": "openapi: 3.1.0\ninfo: {title: a, version: '1'}\npaths: {}\n",
    "batten.yaml": "contract: openapi.yaml\nhosts: [api.example.com]\n",
}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for path, text in FILES.items():
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_text(text, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_it_is_written_again_without_a_word(folder: Path) -> None:
    first = harden(*HERE, "--image", BASE)
    assert first.exit_code == 0 and '"app.main:app"' in (folder / "Dockerfile").read_text(), first.output
    # The Dockerfile is now what shows the rest: its command, its port, its image.
    again = harden(*HERE)
    assert again.exit_code == 0 and "nothing changed" in again.output, again.output
    assert harden("--check", ".").exit_code == 0


def test_the_folder_is_restored(folder: Path) -> None:
    harden(*HERE, "--image", BASE)
    assert harden("image", "--undo", "--output", ".").exit_code == 0
    assert not (folder / "Dockerfile").exists() and not (folder / ".dockerignore").exists()


def test_own_rules_stay_and_what_is_edited_elsewhere_is_told(folder: Path) -> None:
    harden(*HERE, "--image", BASE)
    edit(
        folder / "Dockerfile", "# batten: end own rules build", 'RUN ["true"]\n# batten: end own rules build'
    )
    edit(folder / ".dockerignore", "# batten: end own rules context", "docs\n# batten: end own rules context")
    assert harden(*HERE, "--image", BASE, "--health", "/health").exit_code == 0
    assert 'RUN ["true"]\n' in (folder / "Dockerfile").read_text()
    assert "\ndocs\n" in (folder / ".dockerignore").read_text() and harden("--check", ".").exit_code == 0
    edit(folder / "Dockerfile", "USER 10001:10001", "USER 0:0")
    found = harden("--check", ".")
    assert found.exit_code == 1 and "deployment: Dockerfile was edited outside of its regions" in found.output
    assert harden(*HERE, "--image", BASE).exit_code == 2


def test_a_contract_is_none_of_its_inputs(folder: Path) -> None:
    harden(*HERE, "--image", BASE)
    edit(folder / "openapi.yaml", "title: a", "title: b")
    assert harden("--check", ".").exit_code == 0
    edit(folder / "batten.yaml", "api.example.com", "www.example.com")
    assert "policy: batten.yaml was changed" in harden("--check", ".").output


def test_the_proof_reads_it_back(folder: Path) -> None:
    result = harden(*HERE, "--image", BASE, "--prove", "--report", "proof.json")
    assert result.exit_code == 0, result.output
    steps = {step["step"]: step for step in json.loads((folder / "proof.json").read_text())["steps"]}
    assert [steps[name]["verdict"] for name in ("render", "read back", "judge")] == ["passed"] * 3
    assert steps["read back"]["lines"] == [
        "equal: user, health check, images, port, start without a shell, owner of files"
    ]


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ("EXPOSE 22", "port: 22 differs"),
        ("COPY --chown=10001 app /x", "owner of files: a copied file is not root's"),
    ],
)
def test_own_rules_that_open_it_fail_the_proof(folder: Path, rule: str, said: str) -> None:
    harden(*HERE, "--image", BASE)
    edit(folder / "Dockerfile", "# batten: end own rules image", f"{rule}\n# batten: end own rules image")
    result = harden(*HERE, "--image", BASE, "--prove")
    assert result.exit_code == 1 and f"different: {said}" in result.output, result.output


def test_a_start_command_that_is_not_shown_is_asked_by_name(folder: Path) -> None:
    (folder / "app/main.py").write_text("", encoding="utf-8")
    result = harden(*HERE, "--image", BASE)
    assert result.exit_code == 2 and "pass --start" in result.output and not (folder / "Dockerfile").exists()
    result = harden(*HERE, "--image", BASE, "--start", "uvicorn other:app --host 0.0.0.0")
    assert result.exit_code == 0 and '"other:app"' in (folder / "Dockerfile").read_text()
