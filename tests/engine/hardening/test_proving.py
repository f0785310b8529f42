from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path

import pytest
from hardened_places import edit, example, harden

from batten.controls import registered
from batten.engine.hardening.probing import OF_THE_API
from batten.technologies.edges.nginx.validator import nginx
from needs import needs

OWN = "# batten: begin own rules api\n"
needs_nginx = needs("nginx", nginx())
ALL = ["render", "read back", "judge", "validate", "start", "calls", "probe"]


@pytest.fixture(scope="module")
def proved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One proof that passes, in front of the stand-in."""
    with pytest.MonkeyPatch.context() as patch:
        place = example(tmp_path_factory.mktemp("proved"), patch)
        result = harden("nginx", "--output", "out", "--prove", "--report", "proof.json")
        assert result.exit_code == 0, result.output
        (place / "said").write_text(result.output, encoding="utf-8")
    return place


@needs_nginx
def test_every_step_is_taken_and_told(proved: Path) -> None:
    document = json.loads((proved / "proof.json").read_text(encoding="utf-8"))
    assert [step["step"] for step in document["steps"]] == ALL
    assert {step["verdict"] for step in document["steps"]} == {"passed"}
    said = (proved / "said").read_text(encoding="utf-8")
    assert "10 documented calls" in said and f"seal: {document['seal']}" in said


@needs_nginx
def test_the_seals_are_what_the_report_says_they_are(proved: Path) -> None:
    document = json.loads((proved / "proof.json").read_text(encoding="utf-8"))

    def over(before: str, words: object) -> str:
        text = before + json.dumps(words, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()

    seal = over("", {name: document[name] for name in ("target", "batten", "inputs", "files")})
    assert seal == document["beginning"]
    for step in document["steps"]:
        seal = over(seal, {name: step[name] for name in ("step", "verdict", "lines")})
        assert seal == step["seal"]
    assert seal == document["seal"]
    written = (proved / "out/nginx.conf").read_bytes()
    assert document["files"] == {"nginx.conf": hashlib.sha256(written).hexdigest()}


def failed(*words: str) -> tuple[int, list[str], str]:
    """The exit code, the steps that were taken, and all that was said."""
    result = harden("nginx", "--output", "out", "--prove", "--report", "proof.md", *words)
    steps = [line for line in result.output.splitlines() if not line.startswith(" ") and ": " in line]
    return result.exit_code, steps, result.output


@needs_nginx
@pytest.mark.parametrize(
    ("rule", "last", "said"),
    [
        ("etag on; etag off;", "validate: failed", "is duplicate"),
        (
            "rewrite ^/v1/health$ /v1/products last;",
            "calls: failed",
            "GET /v1/health: the API got GET /v1/products",
        ),
        ("ssl_protocols TLSv1.1 TLSv1.2 TLSv1.3;", "read back: failed", "not asked for: TLSv1.1"),
    ],
)
def test_a_step_that_fails_ends_the_proof_and_leaves_nothing_running(
    place: Path, rule: str, last: str, said: str
) -> None:
    harden("nginx", "--output", "out")
    edit(place / "out/nginx.conf", OWN, f"{OWN}        {rule}\n")
    before = children()  # those of other tests
    code, steps, output = failed()
    assert code == 1 and steps[-2] == last and said in output, output
    assert f"| {last.partition(':')[0]} | failed |" in (place / "proof.md").read_text(encoding="utf-8")
    assert children() <= before


def children() -> set[str]:
    """The processes that this one has started and that have not ended."""
    listed = Path(f"/proc/self/task/{os.getpid()}/children")
    return set(listed.read_text().split()) if listed.exists() else set()


def test_what_is_not_judged_are_controls() -> None:
    assert OF_THE_API in {control.slug for control in registered()}


@needs_nginx
def test_the_edge_of_a_deployment_is_played_alone(place: Path) -> None:
    harden("systemd", "--output", "out", "--health", "/v1/health")
    edit(place / "out/edge/nginx.conf", OWN, f"{OWN}        rewrite ^/v1/health$ /v1/products last;\n")
    result = harden("systemd", "--output", "out", "--health", "/v1/health", "--prove")
    assert result.exit_code == 1 and "alone, without its deployment" in result.output, result.output
    assert (
        "equal: host names" in result.output
        and "GET /v1/health: the API got GET /v1/products" in result.output
    )


def test_a_proof_of_a_store_says_what_it_does_not_start(place: Path) -> None:
    result = harden("mongodb", "--output", "store", "--prove")
    assert "mongodb is not started by a proof" in result.output and result.exit_code == 0
