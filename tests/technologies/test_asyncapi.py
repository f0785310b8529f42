from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from batten.engine.review import Review, review
from batten.facts import Api, Fact, MessageServer, SecurityDemand, SecurityScheme
from batten.formats import SyntaxProblem, Unreadable, Workspace, apply
from batten.model import ABSENT, UNKNOWN, Problem, Safety
from batten.policy import Policy
from batten.technologies import Unit, named_like, recognised
from batten.technologies.contracts.asyncapi import adapter

HEAD = "asyncapi: 3.0.0\ninfo: {title: t, version: '1'}\nchannels: {}\n"


def read(root: Path, text: str, name: str = "asyncapi.yaml") -> list[Fact | Problem]:
    return list(adapter.read(Unit("asyncapi", (name,)), Workspace(root, {name: text})))


def reviewed(root: Path, text: str, name: str = "asyncapi.yaml") -> Review:
    return review(Workspace(root, {name: text}), Policy())


@pytest.mark.parametrize(
    ("path", "head", "ours"),
    [
        ("a.yaml", "asyncapi: 3.0.0\n", True),
        ("a.yml", "# ours\n'asyncapi': '2.6.0'\n", True),
        ("a.json", '{\n  "info": {},\n  "asyncapi": "2.6.0"\n}', True),
        ("package.json", '{"dependencies": {"asyncapi": "^3.0.0"}}', False),
        ("a.yaml", "openapi: 3.0.0\n", False),
    ],
)
def test_what_is_taken_for_asyncapi(path: str, head: str, ours: bool) -> None:
    assert ("asyncapi" in [t.name for t in recognised(named_like(path), head)]) is ours


@pytest.mark.parametrize(
    ("server", "url"),
    [
        ("{host: broker.example.com, protocol: mqtt}", "mqtt://broker.example.com"),
        ("{host: 'broker.example.com:1883', protocol: MQTT5}", "mqtt://broker.example.com"),
        ("{url: 'mqtt://broker.example.com', protocol: mqtt}", "mqtt://broker.example.com"),
        ("{url: 'mqtts://broker.example.com', protocol: mqtt}", UNKNOWN),
        ("{host: 'broker.example.com:8883', protocol: mqtt}", UNKNOWN),
        ("{host: '{broker}', protocol: mqtt, variables: {broker: {default: b.example.com}}}", UNKNOWN),
        ("{host: 'eu.{zone}', protocol: amqp, variables: {zone: {default: b.example.com}}}", "amqp://eu.b.example.com"),
        ("{host: 'eu.{zone}', protocol: amqp}", UNKNOWN),
        ("{host: broker.example.com, protocol: '{how}'}", UNKNOWN),
        ("{host: broker.example.com, protocol: nats}", "nats://broker.example.com"),
        ("{host: 'broker.example.com:port', protocol: mqtt}", UNKNOWN),
    ],
)  # fmt: skip
def test_where_messages_go(server: str, url: object, tmp_path: Path) -> None:
    facts = read(tmp_path, f"{HEAD}servers: {{a: {server}}}\n")
    (api,) = [f for f in facts if isinstance(f, Api)]
    assert [s.value for s in api.servers] == [url]


def test_what_servers_demand_in_both_versions(tmp_path: Path) -> None:
    schemes = "components: {securitySchemes: {a: {type: userPassword}, b: {type: X509}}}\n"
    new = "servers: {s: {host: h.example.com, protocol: kafka, security: [{$ref: '#/components/securitySchemes/b'}]}}\n"
    old = "servers: {s: {url: h.example.com, protocol: kafka, security: [{a: [], c: []}]}}\n"
    facts = read(tmp_path, HEAD + schemes + new)
    assert [f.security.value for f in facts if isinstance(f, MessageServer)] == [("X509",)]
    assert [s.value for f in facts if isinstance(f, Api) for s in f.servers] == [UNKNOWN]
    facts = read(tmp_path, (HEAD + schemes + old).replace("3.0.0", "2.6.0"))
    assert [f.security.value for f in facts if isinstance(f, MessageServer)] == [("userPassword", "")]
    assert [u.value for f in facts if isinstance(f, SecurityDemand) for u in f.undeclared] == ["c"]
    assert [f.kind.value for f in facts if isinstance(f, SecurityScheme)] == ["userPassword", "X509"]
    facts = read(tmp_path, HEAD + "servers: {s: {host: h.example.com, protocol: kafka}}\n")
    assert [f.security.value for f in facts if isinstance(f, MessageServer)] == [ABSENT]


def test_a_broken_reference_is_a_problem(tmp_path: Path) -> None:
    facts = read(tmp_path, HEAD + "servers:\n  a: {$ref: '#/components/servers/gone'}\n")
    assert [(p.line, bool(p.hint)) for p in facts if isinstance(p, Problem)] == [(5, True)]


def test_no_facts_of_what_is_no_document(tmp_path: Path) -> None:
    assert read(tmp_path, '{"dependencies": {"asyncapi": "2.0.0"}}', "package.json") == []


DOCUMENT = {
    "asyncapi": "2.6.0",
    "info": {"title": "t", "version": "1"},
    "servers": {
        "a": {"url": "amqp://rabbit.example.com:5672/x", "protocol": "amqp"},
        "b": {"url": "live.example.com/x", "protocol": "ws", "description": "For browsers."},
    },
    "components": {
        "securitySchemes": {"key": {"type": "httpApiKey", "in": "query", "name": "k"}},
    },
}


@pytest.mark.parametrize("indent", [None, 2])
def test_fixes_read_back_and_are_done_once(indent: int | None, tmp_path: Path) -> None:
    text = json.dumps(DOCUMENT, indent=indent)
    first = reviewed(tmp_path, text, "a.json")
    assert len({f.control for f in first.findings}) == 3 and first.problems == []
    fixes = [f.fix for f in first.findings if f.fix is not None and f.fix.safety is not Safety.VALUE]
    mended = apply(text, [e for fix in fixes for e in fix.edits])
    again = reviewed(tmp_path, mended, "a.json")
    assert again.problems == [] and again.findings == []


WORDS = """
asyncapi servers channels operations components securitySchemes host url protocol security variables
default type in name flows implicit authorizationUrl publish subscribe $ref a b
"""
KEYS = st.sampled_from(WORDS.split())
LEAVES = st.sampled_from(
    ["#/servers/a", "#", "x.yaml", "../x", "mqtt", "{a}", "a:b:c", "[", "mqtt://[", "X509", "oauth2", ""]
)
VALUES = st.recursive(
    LEAVES | st.none() | st.booleans() | st.integers(-2, 10**20),
    lambda below: st.lists(below, max_size=3) | st.dictionaries(KEYS, below, max_size=4),
    max_leaves=30,
)


@settings(max_examples=200, deadline=None)
@given(st.dictionaries(KEYS, VALUES, max_size=5), st.sampled_from(["2.6.0", "3.0.0", "9", 2]))
def test_any_document_gives_facts_or_problems(document: dict[str, object], version: object) -> None:
    text = json.dumps({**document, "asyncapi": version})
    root = Path("/nonexistent")
    try:
        outcomes = read(root, text, "a.json")
    except (SyntaxProblem, Unreadable) as error:
        assert error.hint
        return
    assert all(o.hint for o in outcomes if isinstance(o, Problem))
    result = reviewed(root, text, "a.json")
    assert all("internal error" not in p.hint for p in result.problems)
    assert all("internal error" not in f.fix.question for f in result.findings if f.fix is not None)
