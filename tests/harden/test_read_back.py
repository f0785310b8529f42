"""Rendered, read by the technology's own adapter, and equal to what was asked for: any policy, any contract, each edge."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from batten.contract import Contract, load
from batten.engine.hardening.readback import compared
from batten.engine.review import review
from batten.formats import Workspace
from batten.harden import Options, targets
from batten.harden.intent import Intent
from batten.policy import Policy

EDGES = [target for target in targets.offered() if target in targets.EDGES]
KNOWN = {"host names", "TLS listener", "redirect", "headers", "upstream"}  # whatever the engine is
VERBS = ("get", "post", "put", "patch", "delete")
WORD = st.from_regex(r"[a-z][a-z0-9-]{0,11}", fullmatch=True)
SEGMENT = st.one_of(WORD, WORD.map(lambda name: "{" + name.replace("-", "") + "}"))
PATHS = st.lists(st.lists(SEGMENT, min_size=1, max_size=4), min_size=1, max_size=6)


def document(paths: list[list[str]], verbs: list[str], size: int) -> dict[str, object]:
    found: dict[str, object] = {}
    for segments in paths:
        names = dict.fromkeys(part[1:-1] for part in segments if part[0] == "{")
        if len(names) < sum(part[0] == "{" for part in segments):
            continue
        parameters = [
            {"name": name, "in": "path", "required": True, "schema": {"type": "string"}} for name in names
        ]
        body = {"content": {"application/json": {"schema": {"type": "string", "maxLength": size}}}}
        operations = {
            verb: {
                "responses": {"200": {"description": "ok"}},
                **({"requestBody": body} if verb in ("post", "put", "patch") else {}),
            }
            for verb in verbs
        }
        found[f"/{'/'.join(segments)}"] = {"parameters": parameters, **operations}
    found.setdefault("/health", {"get": {"responses": {"200": {"description": "ok"}}}})
    return {"openapi": "3.1.0", "info": {"title": "Any", "version": "1"}, "paths": found}


@st.composite
def intents(draw: st.DrawFn) -> tuple[dict[str, object], Policy, Options]:
    verbs = draw(st.lists(st.sampled_from(VERBS), min_size=1, max_size=5, unique=True))
    made = document(draw(PATHS), verbs, draw(st.integers(1, 5_000)))
    names = draw(st.lists(WORD.map(lambda name: f"{name}.example.com"), min_size=1, max_size=3, unique=True))
    origins = draw(st.lists(WORD.map(lambda name: f"https://{name}.example.net"), max_size=3, unique=True))
    policy = Policy(
        hosts=tuple(names), origins=tuple(origins), hsts_seconds=draw(st.integers(31_536_000, 99_999_999))
    )
    port = draw(st.integers(1_024, 60_000))
    secure = draw(st.booleans())
    upstream = f"https://api.internal:{port}" if secure else f"http://127.0.0.1:{port}"
    options = Options(
        upstream=upstream,
        listen=str(draw(st.sampled_from([443, 8443, 9443]))),
        plain=draw(st.sampled_from(["80", "8080", ""])),
        body=draw(st.sampled_from(["16k", "1m", "900"])),
    )
    return made, policy, options


def contract_of(folder: Path, text: dict[str, object]) -> Contract:
    return load(Workspace(folder, {"openapi.json": json.dumps(text)}), "openapi.json")[0]


@pytest.mark.parametrize("edge", EDGES)
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(drawn=intents())
def test_what_is_read_is_what_was_asked(
    edge: str, drawn: tuple[dict[str, object], Policy, Options], tmp_path: Path
) -> None:
    text, policy, options = drawn
    intent = Intent(contract_of(tmp_path, text), policy, options)
    for path, content in targets.render(edge, intent).files.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(content, encoding="utf-8")
    found = compared(intent.edge, review(tmp_path, Policy()).facts)
    assert found.differing == ()
    assert set(found.equal) >= KNOWN, found.unread


CHANGES = {
    "host names": ("server_name a.example.com;", "server_name b.example.com;"),
    "TLS listener": ("listen 443 ssl;", "listen 444 ssl;"),
    "redirect": ("return 308 https", "return 200 https"),
    "TLS versions": ("ssl_protocols TLSv1.2 TLSv1.3;", "ssl_protocols TLSv1.1 TLSv1.2;"),
    "cipher suites": ("ssl_ciphers ", "ssl_ciphers AES128-SHA:"),
    "headers": ('X-Frame-Options "DENY" always', 'X-Frame-Options "SAMEORIGIN" always'),
    "CORS": ('"https://shop.example.com";', '"https://evil.example.com";'),
    "routes and verbs": ("^(GET)$", "^(GET|PUT)$"),
    "upstream": ("server 127.0.0.1:8000;", "server 127.0.0.1:8001;"),
    "size of bodies": ("client_max_body_size 1m;", "client_max_body_size 2m;"),
}


@pytest.mark.parametrize("subject", CHANGES)
def test_what_differs_is_told(subject: str, tmp_path: Path) -> None:
    text = document([["things"]], ["get"], 10)
    policy = Policy(hosts=("a.example.com",), origins=("https://shop.example.com",))
    intent = Intent(contract_of(tmp_path, text), policy, Options())
    made = targets.render("nginx", intent).files["nginx.conf"]
    old, new = CHANGES[subject]
    assert old in made
    (tmp_path / "nginx.conf").write_text(made.replace(old, new), encoding="utf-8")
    found = compared(intent.edge, review(tmp_path, Policy()).facts)
    assert [line for line in found.differing if line.startswith(f"{subject}: ")], found
