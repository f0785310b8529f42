"""`batten harden contract`, and the contract beside other targets: written, compared, restored and proved as they are."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hardened_places import edit, example, harden

from batten.contract import load
from batten.engine.hardening.serving import compared
from batten.formats import Workspace
from batten.harden import Options
from batten.harden.intent import Intent
from batten.policy.load import load_policy
from needs import needs, where

SKIPPED = ["validate", "start", "calls", "probe"]


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The example, without the answers whose length tells a choice: no edge pads them."""
    place = example(tmp_path, monkeypatch)
    edit(place / "openapi.yaml", "      x-batten-choice: wanted\n", "")
    return place


def test_it_is_proved_without_being_started(place: Path) -> None:
    result = harden("contract", "--output", "out", "--prove", "--report", "proof.json")
    assert result.exit_code == 0, result.output
    steps = json.loads((place / "proof.json").read_text(encoding="utf-8"))["steps"]
    verdicts = {step["step"]: step["verdict"] for step in steps}
    assert [name for name, verdict in verdicts.items() if verdict == "skipped"] == SKIPPED
    assert {verdicts[name] for name in ("render", "read back", "judge")} == {"passed"}
    (equal,) = next(step["lines"] for step in steps if step["step"] == "read back")
    assert equal == "equal: operations, servers, answers, edge"


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("url: https://shop.example.com:8443", "url: http://shop.example.com", "http://shop.example.com is not the edge"),
        ('        "429": {$ref: "#/components/responses/EdgeTooManyRequests"}\n', "", "does not declare 429"),
        ("operationId: listOrders", "operationId: listOrders\n      deprecated: true", ""),
        ("\n    delete:\n", "\n    patch:\n", "DELETE /v1/orders/{order_id} is missing"),
    ],
)  # fmt: skip
def test_what_somebody_changed_fails_the_proof(place: Path, old: str, new: str, said: str) -> None:
    assert harden("contract", "--output", "out").exit_code == 0
    edit(place / "out/openapi.yaml", old, new)
    contract = load(Workspace(place), "openapi.yaml")[0]
    intent = Intent(contract, load_policy(place / "batten.yaml"), Options(listen="8443"))
    found = compared(intent, Workspace(place / "out"))
    assert any(said in sentence for sentence in found.differing) if said else found.differing == ()


def test_it_is_compared_and_restored_as_all_targets_are(place: Path) -> None:
    first = harden("contract", "--output", "out")
    assert first.exit_code == 0 and "reviewed, no findings" in first.output
    assert "nothing changed" in harden("contract", "--output", "out").output
    assert harden("--check", "out").exit_code == 0
    edit(place / "openapi.yaml", "title: Orders", "title: All orders")
    drifted = harden("--check", "out")
    assert drifted.exit_code == 1 and "contract: openapi.yaml was changed" in drifted.output
    again = harden("contract", "--output", "out")
    assert again.exit_code == 0 and "+  title: All orders" in again.output
    assert harden("--output", "out", "--undo").exit_code == 0
    assert "title: Orders" in (place / "out/openapi.yaml").read_text(encoding="utf-8")


def test_the_users_own_contract_is_not_overwritten(place: Path) -> None:
    before = (place / "openapi.yaml").read_bytes()
    result = harden("contract", "--output", ".")
    assert result.exit_code == 2 and "pass --force" in result.output
    assert (place / "openapi.yaml").read_bytes() == before


@needs("caddy", where("caddy"))
def test_a_target_with_an_edge_writes_it_too(place: Path) -> None:
    result = harden("caddy", "--output", "out", "--emit-contract", "--prove")
    assert result.exit_code == 0, result.output
    text = (place / "out/contract/openapi.yaml").read_text(encoding="utf-8")
    assert "contract: equal: operations, servers, answers, edge" in result.output
    assert "x-batten-edge: true" in text and '"429"' not in text  # Caddy limits no rate
    assert harden("--check", "out").exit_code == 0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("postgresql", "--emit-contract"), "has no edge"),
        (("nginx", "--strict"), "--strict requires the target contract"),
    ],
)
def test_what_does_not_go_together_is_a_sentence(place: Path, words: tuple[str, ...], said: str) -> None:
    result = harden(*words, "--output", "out")
    assert result.exit_code == 2 and said in result.output
