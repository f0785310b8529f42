"""What identity providers show before a log-in: a real one, and how it is judged whether its administration is published."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from assessed import run

from batten.engine.review import Review, live_findings
from batten.facts import Fact, Feature, Observed, Provider
from batten.formats import Workspace
from batten.live.exchange import NotAnswered, Question, Request, Response
from batten.live.probes.providers import plan
from batten.live.survey import Survey
from batten.model import Severity, Switch
from batten.policy import Environment, Policy
from oidc_provider import provider
from servers import free_port


def test_a_provider_that_hands_out_tokens_for_passwords(tmp_path: Path) -> None:
    port = free_port()
    with provider(port, tmp_path):
        assessment = run(Environment("test", f"http://127.0.0.1:{port}", rate=5000))
    (found,) = {f for f in assessment.facts if isinstance(f, Provider)}
    assert found.issuer == f"http://127.0.0.1:{port}"
    assert "password" in found.grants
    observed = [Observed(fact.at, "test", fact) for fact in assessment.facts]
    told = {
        (f.case, f.severity)
        for f in live_findings(observed, Review(Workspace(tmp_path), Policy()))
        if f.control == "auth-scheme-modern"
    }
    assert told == {("outdated-grant", Severity.LOW)}


REALM = {
    "realm": "master",
    "public_key": "MIIB",
    "token-service": "https://id.example.com/realms/master/protocol",
}
ANNOUNCED = {
    "issuer": "https://id.example.com/realms/master",
    "token_endpoint": "https://id.example.com/token",
}
CONSOLE = (
    '<!doctype html><html><title>Keycloak Administration Console</title><script>{"realm": "master"}</script>'
)
KEYCLOAK = {
    "/realms/master/.well-known/openid-configuration": ("application/json", json.dumps(ANNOUNCED)),
    "/realms/master": ("application/json", json.dumps(REALM)),
    "/admin/master/console/": ("text/html", CONSOLE),
}


def _facts(answers: dict[str, tuple[str, str]], address: str) -> list[Fact | NotAnswered]:
    """The facts of a provider that answers so, and has this address."""
    (probe,) = plan(Survey(Environment("test", "https://id.example.com")))
    try:
        question: Question = next(probe.steps)
        while True:
            assert isinstance(question, Request)
            kind, body = answers.get(question.path, ("text/plain", ""))
            status = 200 if question.path in answers else 404
            headers = (("Content-Type", kind),)
            question = probe.steps.send(Response(status, headers, body.encode(), question, address=address))
    except StopIteration as end:
        return list(end.value)


@pytest.mark.parametrize(
    ("without", "address", "published"),
    [
        ("", "93.184.215.14", True),
        ("", "10.0.0.7", False),
        ("/admin/master/console/", "93.184.215.14", False),
        ("/realms/master", "93.184.215.14", False),
    ],
)
def test_a_console_is_published_where_the_internet_reaches_it(
    without: str, address: str, published: bool
) -> None:
    answers = {path: answer for path, answer in KEYCLOAK.items() if path != without}
    found = [f for f in _facts(answers, address) if isinstance(f, Feature)]
    assert [f.name for f in found] == ([Switch.CONSOLE_LOGIN] if published else [])


def test_what_is_no_description_says_nothing() -> None:
    for body in ("[]", '{"issuer": 1}', "{", "[" * 9999, '{"issuer": "x", "token_endpoint": ["y"]}'):
        path = "/.well-known/openid-configuration"
        assert _facts({path: ("application/json", body)}, "93.184.215.14") == []
