from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from hardened_places import harden

from batten.engine.hardening.proof import Proof, Step, Verdict, begun, sealed
from batten.engine.hardening.proof_report import encoded, verified
from batten.harden import HardenProblem
from batten.reports.schema import proof_schema

SCHEMA = jsonschema_rs.validator_for(proof_schema())


def proof(*verdicts: Verdict) -> Proof:
    made = begun("nginx", "0.1.0", {"openapi.yaml": "0" * 64}, {"nginx.conf": "1" * 64})
    for step, verdict in zip(Step, verdicts, strict=False):
        taken = sealed(made.seal, step, verdict, ("what was seen: ü \udcff",))
        made = Proof(**{**{n: getattr(made, n) for n in Proof.__slots__}, "steps": (*made.steps, taken)})
    return made


@pytest.mark.parametrize("verdict", Verdict)
def test_a_report_is_what_the_schema_says_and_reads_as_the_same_proof(verdict: Verdict) -> None:
    made = proof(Verdict.PASSED, verdict)
    text = encoded(made)
    SCHEMA.validate(json.loads(text.replace("\\udcff", "?")))
    found = verified(text.encode())
    assert (found.proof, found.broken) == (made, "")


CHANGED: dict[str, Callable[[dict[str, Any]], object]] = {
    "at the beginning": lambda d: d["files"].update({"nginx.conf": "2" * 64}),
    "at the beginning:": lambda d: d.update(target="caddy"),
    "at step 2 (read back)": lambda d: d["steps"][1].update(verdict="passed"),
    "at step 1 (render)": lambda d: d["steps"][0]["lines"].append("more"),
    "at step 1 (read back)": lambda d: d["steps"].pop(0),
    "at the end": lambda d: d["steps"].pop(),
}


@pytest.mark.parametrize("where", CHANGED)
def test_what_was_changed_is_told_by_its_step(where: str) -> None:
    document = json.loads(encoded(proof(Verdict.PASSED, Verdict.FAILED)))
    CHANGED[where](document)
    assert verified(json.dumps(document).encode()).broken.startswith(where)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "not the JSON report"),
        ("[]", "not the JSON report"),
        ("[" * 100_000, "not the JSON report"),
        ("\xff", "not the JSON report"),
        (encoded(proof()).replace('"version": 1', '"version": 2'), "version 2"),
        (encoded(proof()).replace('"steps"', '"more": 1, "steps"'), "more"),
        (encoded(proof()).replace('"steps"', '"target": "x", "steps"'), "twice"),
    ],
)
def test_what_is_no_report_is_a_sentence(text: str, said: str) -> None:
    with pytest.raises(HardenProblem, match=said):
        verified(text.encode("latin-1"))


@pytest.mark.served
def test_the_command_says_whole_broken_and_what_differs(place: Path) -> None:
    assert harden("redis", "--output", "store", "--prove", "--report", "proof.json").exit_code in (0, 3)
    SCHEMA.validate(json.loads((place / "proof.json").read_text()))
    made = verified((place / "proof.json").read_bytes()).proof
    said = harden("--verify", "proof.json", "--output", "store")
    assert (
        said.exit_code == made.exit_code
        and f"whole, {len(made.steps)} steps, seal: {made.seal}" in said.output
    )
    (place / "store/redis.conf").write_text("port 0\n")
    said = harden("--verify", "proof.json", "--output", "store")
    assert said.exit_code == 1 and "redis.conf is not the file that was proved" in said.output
    (place / "failed.json").write_text(encoded(proof(Verdict.FAILED)))
    assert harden("--verify", "failed.json").exit_code == 1
    (place / "proof.json").write_text(
        (place / "proof.json").read_text().replace("rendered again", "rendered")
    )
    said = harden("--verify", "proof.json")
    assert said.exit_code == 1 and "broken at step 1 (render)" in said.output
    assert harden("--verify", "batten.yaml").exit_code == 2
