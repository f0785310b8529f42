"""The Content-Security-Policy that batten.yaml has for a path, with the answers of the guard."""

from __future__ import annotations

from pathlib import Path

import pytest

from batten.contract import load
from batten.facts import Content
from batten.formats import Workspace
from batten.guard import Compiled, Options, compile_contract
from batten.guard.replies.headers import with_header_bytes, with_headers
from batten.guard.served import Allow
from batten.policy.load import parse_policy

NAME = b"content-security-policy"
OWN = "default-src 'self'; img-src 'self' https://images.example.com"
CONTRACT = """openapi: 3.1.0
info: {title: Shop, version: '1'}
paths:
  /shop/{item}: {get: {responses: {'200': {description: o, content: {text/html: {}, application/json: {}}}}}}
  /docs: {get: {responses: {'200': {description: o, content: {text/html: {}}}}}}
"""


@pytest.fixture(scope="module")
def compiled() -> Compiled:
    contract = load(Workspace(Path("/nowhere"), {"openapi.yaml": CONTRACT}), "openapi.yaml")[0]
    policy = parse_policy("batten.yaml", f'content: {{/shop: {{serves: pages, csp: "{OWN}"}}}}')
    return compile_contract(contract, policy, Options())


@pytest.mark.parametrize(
    ("path", "content", "sent", "policies"),
    [
        (b"/shop/a", Content.PAGE, "", [OWN]),
        (b"/shop/a", Content.PAGE, "default-src *", [OWN]),
        (b"/shop/a", Content.PAGE, OWN, [OWN]),
        (b"/shop/a", Content.ASSET, "", [OWN]),
        (b"/shop/a", Content.API, "", ["default-src 'none'; frame-ancestors 'none'"]),
        (b"/docs", Content.PAGE, "", []),
        (b"/docs", Content.PAGE, "default-src 'self'", ["default-src 'self'"]),
    ],
)
def test_it_is_sent_with_pages_and_files_below_that_path(
    compiled: Compiled, path: bytes, content: Content, sent: str, policies: list[str]
) -> None:
    found = compiled.path(path)
    assert found is not None
    allow = Allow(found.served["GET"], "GET", True)
    given = ((NAME, sent.encode()),) if sent else ()
    made = [value.decode() for name, value in with_headers(compiled, allow, given, content) if name == NAME]
    assert made == policies
    lines = with_header_bytes(compiled, allow, given, content).decode().split("\r\n")
    assert [
        line.partition(": ")[2] for line in lines if line.startswith("content-security-policy:")
    ] == policies
