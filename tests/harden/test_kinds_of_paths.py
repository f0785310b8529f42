"""What the policy and the contract make of each path, before any engine renders it."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

from batten.contract import Contract, load
from batten.facts import Content
from batten.formats import Workspace
from batten.harden import HardenProblem, Options, targets
from batten.harden.edge import edge_of
from batten.harden.intent import Intent
from batten.harden.kinds import ABOUT_SCRIPTS, OWN, STRICT
from batten.policy import Policy, PolicyProblem
from batten.policy.content import CSP as SENDABLE
from batten.policy.content import ContentRow
from batten.policy.headers import CSP, of_files, of_pages
from batten.policy.load import parse_policy
from spending import at_most

PATHS = {
    "/page": "text/html",
    "/page/{part}": "text/html",
    "/data": "application/json",
    "/file": "image/png",
    "/unsaid": "",
}
HOSTS = ("a.example.com", "b.example.com")


def contract_of(media: dict[str, str] = PATHS) -> Contract:
    found = {
        path: {
            "parameters": [
                {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
                for name in re.findall(r"\{(\w+)\}", path)
            ],
            "get": {"responses": {"200": {"description": "o", **({"content": {kind: {}}} if kind else {})}}},
        }
        for path, kind in media.items()
    }
    document = {"openapi": "3.1.0", "info": {"title": "Kinds", "version": "1"}, "paths": found}
    return load(Workspace(Path("/nowhere"), {"openapi.json": json.dumps(document)}), "openapi.json")[0]


def kinds_by(said: str) -> dict[str, str]:
    policy = replace(parse_policy("batten.yaml", said), hosts=HOSTS)
    return {path: kind.name for path, kind in edge_of(contract_of(), policy, Options()).kinds.items()}


@pytest.mark.parametrize(
    ("said", "kinds"),
    [
        ("", {"/page": "pages", "/page/{part}": "pages", "/file": "files"}),
        ("content: api", {}),
        ("content: assets", dict.fromkeys(PATHS, "files")),
        ("content: both", {"/page": "pages", "/page/{part}": "pages", "/file": "files", "/unsaid": "pages"}),
        ("content: {/data: pages, /page: api}", {"/data": "pages", "/file": "files"}),
        ("content: {/page: api, '/page/{part}': assets}", {"/page/{part}": "files", "/file": "files"}),
        ("content: {a.example.com: api}", {}),
        ("content: {a.example.com: api, b.example.com/data: pages}", {"/data": "pages"}),
        ("content: {c.example.com: api}", {"/page": "pages", "/page/{part}": "pages", "/file": "files"}),
        (
            "content: {/page: {serves: pages, csp: \"default-src 'self'\"}, /data: {serves: pages}}",
            {"/page": "pages_1", "/page/{part}": "pages_1", "/data": "pages", "/file": "files"},
        ),
    ],
)
def test_the_policy_wins_over_the_contract(said: str, kinds: dict[str, str]) -> None:
    assert kinds_by(said) == kinds


def test_a_policy_of_the_author_is_sent_as_it_is() -> None:
    own = "default-src 'self'; img-src *"
    policy = parse_policy(
        "batten.yaml",
        f'hosts: a\ncontent: {{/page: {{serves: both, csp: "{own}"}}, /file: {{serves: assets, csp: sandbox}}}}',
    )
    kinds = edge_of(contract_of(), policy, Options()).kinds
    assert (kinds["/page"].sent[CSP], kinds["/page"].keeps) == (own, False)
    assert kinds["/page"].sent == of_pages(own) and kinds["/file"].sent == of_files("sandbox")


@pytest.mark.parametrize("engine", targets.EDGES)
def test_data_alone_is_rendered_as_if_nothing_were_declared(engine: str) -> None:
    """No byte is spent on kinds where there is one."""
    data, unsaid = (dict.fromkeys(PATHS, media) for media in ("application/json", ""))
    policy = Policy(hosts=HOSTS, origins=("https://shop.example.net",))
    made = [targets.render(engine, Intent(contract_of(media), policy, Options())) for media in (data, unsaid)]
    assert made[0] == made[1]
    (text,) = (text for name, text in made[0].files.items() if name != "traefik.yaml")
    assert "pages" not in text and "sandbox" not in text


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ("{/a: {csp: \"default-src 'self'\"}}", "what is served is missing; write `serves:`"),
        ("{/a: {serves: api, csp: \"default-src 'self'\"}}", "data has no policy of its own; omit `csp:`"),
        (
            "{/a: {serves: pages, csp: 'default-src \"x\"'}}",
            "this cannot be sent as a Content-Security-Policy; write",
        ),
        ("{/a: {serves: pages, csp: \"default-src 'self', x\"}}", "this cannot be sent as a"),
        ("{/a: {serves: pages, csp: 'default-src $HOME'}}", "this cannot be sent as a"),
        ("{/a: {serves: pages, csp: 'default-src {env.A}'}}", "this cannot be sent as a"),
        ("{/a: {serves: pages, csp: 'default-src %[src]'}}", "this cannot be sent as a"),
        ('{/a: {serves: pages, csp: "a\\nb c"}}', "this cannot be sent as a"),
        ("{/a: {serves: pages, csp: ''}}", "this cannot be sent as a"),
        (f"{{/a: {{serves: pages, csp: '{'a ' * 501}'}}}}", "this cannot be sent as a"),
        ("{/a: {serves: pages, policy: x}}", "content has no key 'policy'; its keys are: serves, csp"),
    ],
)
def test_what_no_edge_can_send_is_refused_with_its_line(said: str, sentence: str) -> None:
    with pytest.raises(PolicyProblem, match=r"batten\.yaml:2: ") as found:
        parse_policy("batten.yaml", f"hosts: a\ncontent: {said}")
    assert sentence in str(found.value)


def test_a_policy_that_no_loader_saw_is_refused_too() -> None:
    rows = (ContentRow("*", "/page", Content.PAGE, "default-src 'self'\"; return 200"),)
    with pytest.raises(HardenProblem, match="cannot be sent as a Content-Security-Policy"):
        edge_of(contract_of(), Policy(hosts=HOSTS, content=rows), Options())


STRICTS = (
    "default-src 'self'",
    "script-src 'nonce-cmFuZG9t'; style-src 'unsafe-inline'",
    "script-src 'nonce-r' 'strict-dynamic' https: 'unsafe-inline'; object-src 'none'",
    "default-src 'none'; script-src 'self' https://cdn.example.com/lib/ *.example.net:8443;",
    "Script-Src 'SHA256-abc='; upgrade-insecure-requests; sandbox allow-scripts",
)
LOOSE = (
    "",
    "frame-ancestors 'self'",
    "script-src",
    "default-src *",
    "script-src https:",
    "script-src 'nonce-r' 'unsafe-inline'",
    "script-src 'strict-dynamic' 'unsafe-eval'",
    "script-src 'self'; script-src-elem data:",
    "default-src 'self', default-src *",
    "script-src 'self' http://cdn.example.com",
    "script-src 'self' https://*",
    "img-src default-src 'self'",
    "style-src 'nonce-r'; script-src 'unsafe-inline'",
)


def test_strict_policies_are_told_from_loose_ones_with_and_without_look_ahead() -> None:
    def strict(policy: str) -> bool:
        linear = [re.compile(text, re.IGNORECASE) for text in (STRICT, ABOUT_SCRIPTS + ".*")]
        ahead = re.search(OWN, policy, re.IGNORECASE) is not None
        assert all(each.fullmatch(policy) for each in linear) is ahead, policy
        return ahead

    assert [policy for policy in STRICTS if not strict(policy)] == []
    assert [policy for policy in LOOSE if strict(policy)] == []


@pytest.mark.parametrize(
    "part",
    [
        "default-src 'self' ",
        "default-src 'unsafe-inline' 'strict-dynamic';",
        "script-src 'nonce-a' 'unsafe-inline' https: ",
        "a a; ",
        "a.-",
        " ",
        "; ",
    ],
)
def test_a_strangers_policy_costs_linear_time(part: str) -> None:
    text = part * (50_000 // len(part))
    with at_most(2):
        assert re.search(OWN, f"default-src {text}*", re.IGNORECASE) is None
        assert SENDABLE.fullmatch(f"default-src {text}$") is None
