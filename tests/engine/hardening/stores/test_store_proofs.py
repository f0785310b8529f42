"""Stores as a proof starts them, in the sandbox: the application gets in, and whoever should not is told if he does."""

from __future__ import annotations

from pathlib import Path

import pytest
from hardened_places import ORDERS

from batten.contract import load
from batten.engine.hardening.inputs import Inputs
from batten.engine.hardening.proof import Step, Verdict
from batten.engine.hardening.stores.credentials import callers
from batten.engine.hardening.stores.steps import APART, clients, store_alone
from batten.engine.hardening.subject import Said, Subject
from batten.formats import Workspace
from batten.harden import Options, targets
from batten.harden.intent import Intent
from batten.harden.made import Made
from batten.harden.stack import STORES
from batten.harden.store_trial import store_trial
from batten.harden.stores.servers import SERVERS, Known
from batten.policy import Policy
from needs import without
from proofs import PROOF

INTENT = Intent(load(Workspace(ORDERS), "openapi.yaml")[0], Policy(), Options())


def asked(kind: str, old: str = "", new: str = "") -> Said:
    """What the clients of a store show, which is rendered but for one text."""
    server = SERVERS[kind].found()
    if server is None:
        without(kind)

    def render(intent: Intent) -> Made:
        made = targets.render(kind, intent)
        assert any(old in text for text in made.files.values()), old
        files = {path: text.replace(old, new) if old else text for path, text in made.files.items()}
        return Made(files, made.secrets)

    with store_trial(server, INTENT, render) as run, callers(kind, run) as who:
        return clients(kind, run, who)


@pytest.mark.served
@pytest.mark.parametrize("kind", [kind for kind in SERVERS if PROOF or kind != "rabbitmq"])  # which is slow
def test_the_application_gets_in_and_nobody_else(kind: str) -> None:
    verdict, lines = asked(kind)
    assert verdict is Verdict.PASSED, lines
    assert lines[1].startswith("refused are clients with no TLS, ")


TRUSTED = "  trusted-ca-file: /cell/copy/secrets/etcd/ca.crt\n  client-cert-auth: true"
WEAKER = [
    ("mosquitto", "allow_anonymous false", "allow_anonymous true", "a client with no user is accepted"),
    ("etcd", TRUSTED, "  client-cert-auth: false", "a client with no certificate is accepted"),
    ("postgresql", "hostssl  api  api", "host  api  api", "a client with no TLS is accepted"),
]


@pytest.mark.served
@pytest.mark.parametrize(("kind", "old", "new", "said"), WEAKER if PROOF else WEAKER[:2])
def test_a_store_that_lets_others_in_fails(
    kind: str, old: str, new: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("batten.engine.hardening.stores.steps.READY", 1.0)
    verdict, lines = asked(kind, old, new)
    assert verdict is Verdict.FAILED and said in lines, lines


@pytest.mark.parametrize("kind", sorted(STORES))
def test_each_store_is_started_or_told_by_name(kind: str, tmp_path: Path) -> None:
    if kind in SERVERS and not PROOF:
        return
    inputs = Inputs(root=tmp_path, policy=Policy(), contract=INTENT.contract, contract_file=None)
    made = targets.render(kind, INTENT)
    subject = Subject(target=kind, intent=INTENT, made=made, inputs=inputs, folder=tmp_path, upstream=None)
    found = [(step, verdict) for step, (verdict, _) in store_alone(subject)]
    steps = [Step.START] if kind in APART else [Step.START, Step.CALLS, Step.PROBE]
    assert found == [(step, Verdict.SKIPPED if kind in APART else Verdict.PASSED) for step in steps]


def test_every_store_is_known_or_told() -> None:
    assert {*SERVERS, *APART} == set(STORES) and not set(SERVERS) & set(APART)
    assert Known(program="none-such-server", made=SERVERS["nats"].made).found() is None
