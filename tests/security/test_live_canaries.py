"""Secrets in whatever a server can say, and in what it is sent: no report of `probe` shows one."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from canary_servers import scenarios, stores, web
from canary_trees import Canaries, seen
from click.testing import CliRunner

import batten.live.probes
import batten.live.stores
from batten import masking
from batten.cli import main
from batten.live.stores.door import SCHEMES
from batten.reports import FORMATS

CONTRACT = """
openapi: 3.0.3
info: {title: Orders, version: "1"}
servers: [{url: "http://a:CANARY@127.0.0.1"}]
security: [{key: []}]
components: {securitySchemes: {key: {type: apiKey, in: header, name: X-Api-Key}}}
paths:
  /v1/orders:
    get: {responses: {"200": {description: all, content: {application/json: {schema: {type: array}}}}}}
    post: {requestBody: {content: {application/json: {schema: {type: object}}}}, responses: {"201": {description: made}}}
  /v1/orders/{id}:
    get: {parameters: [{name: id, in: path, required: true, schema: {type: integer}}], responses: {"200": {description: one}}}
  /v1/shared: {get: {responses: {"200": {description: x}}}}
  /v1/private: {get: {responses: {"200": {description: x}, "401": {description: x}}}}
  /v1/search: {get: {parameters: [{name: q, in: query, schema: {type: string, enum: [a, b]}}], responses: {"200": {description: x}}}}
  /v1/reset: {get: {responses: {"302": {description: x}}}}
  /v1/account: {get: {responses: {"200": {description: x}, "401": {description: x}}}}
  /v1/cached: {get: {responses: {"200": {description: x}}}}
  /v1/rebound: {get: {responses: {"200": {description: x}}}}
  /v1/upgraded: {get: {responses: {"200": {description: x}}}}
  /v1/desync: {post: {requestBody: {content: {application/json: {schema: {type: object}}}}, responses: {"201": {description: made}}}}
  /login: {post: {requestBody: {content: {application/json: {schema: {type: object, properties: {username: {type: string}, password: {type: string}}}}}}, responses: {"200": {description: x}}}}
  /ws: {get: {responses: {"101": {description: x}}}}
  /transport: {get: {responses: {"200": {description: x}}}}
"""
POLICY = """
version: 1
contract: openapi.yaml
environments:
  staging:
    url: http://127.0.0.1:{port}
    plain: http://127.0.0.1:{port}/plain
    headers: {{Authorization: "Bearer ${{STAGING_TOKEN}}", X-Api-Key: "{literal}"}}
    roles: {{admin: {{Authorization: "Basic {basic}"}}, guest: {{X-Session: "{role}"}}}}
    active: true
    try-logins: true
    smuggling: true
    rate: 5000
    timeout: 2
"""
# Modules that speak to nobody: what others are built of.
NO_STORE = {"door", "sighting", "closing"}


@pytest.fixture
def said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Canaries, Path]]:
    for name in ("HOME", "XDG_CACHE_HOME", "XDG_STATE_HOME"):
        monkeypatch.setenv(name, str(tmp_path / "home"))
    root = tmp_path / "tree"
    root.mkdir()
    monkeypatch.chdir(root)
    for variable in ("XDG_STATE_HOME", "XDG_CACHE_HOME"):
        monkeypatch.setenv(variable, str(tmp_path / "kept" / variable))
    yield Canaries(5), root


def asked(words: list[str], canaries: Canaries) -> list[str]:
    masking.forget()
    result = CliRunner().invoke(main, words)
    assert result.exit_code in (0, 1, 3), result.output[-2000:]
    assert "internal error" not in result.output
    return [f"{' '.join(words[:3])}: {leak}" for leak in seen(result.output, canaries)]


def test_no_answer_of_an_api_gets_out(said: tuple[Canaries, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    canaries, root = said
    (root / "openapi.yaml").write_text(CONTRACT.replace("CANARY", canaries.fresh()))
    monkeypatch.setenv("STAGING_TOKEN", canaries.fresh())
    with web(canaries) as port:
        policy = POLICY.format(
            port=port, literal=canaries.fresh("json"), basic=canaries.fresh("basic"), role=canaries.fresh()
        )
        (root / "batten.yaml").write_text(policy)
        leaks = asked(["trust", "--yes"], canaries)
        # One assessment, written in every form.
        reports = {form: root.parent / f"report.{form}" for form in FORMATS}
        forms = [word for form, file in reports.items() for word in ("--format", form, "--output", str(file))]
        leaks += asked(["probe", *forms, "staging", "-v"], canaries)
        for form, file in reports.items():
            leaks += [f"{form}: {x}" for x in seen(file.read_text("utf-8"), canaries)]
        leaks += asked(["check", "--format", "json"], canaries)
    kept = [path for path in (root.parent / "kept").rglob("*") if path.is_file()]
    assert {"history.db", "trusted"} <= {path.name for path in kept}
    for path in kept:
        if path.name != "key":
            leaks += [f"{path}: {x}" for x in seen(path.read_bytes().decode("utf-8", "replace"), canaries)]
    assert not leaks, "\n".join(leaks[:20])


def test_no_answer_of_a_store_gets_out(said: tuple[Canaries, Path]) -> None:
    canaries, _ = said
    with stores(canaries) as urls:
        leaks = []
        for form in FORMATS:
            leaks += asked(["probe", "--format", form, "-v", "--timeout", "0.6", *urls], canaries)
        listed = [url for url in urls if url.startswith("ftp:")]
        files = CliRunner().invoke(
            main, ["probe", "--format", "json", *listed]
        )  # whole, whatever a line's width
    assert not leaks, "\n".join(leaks[:20])
    assert "file-not-served" in files.output, files.output
    assert masking.MASK in files.output, files.output


def test_the_api_is_seen_at_all(said: tuple[Canaries, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    """The canaries prove nothing if no probe finds what holds them."""
    canaries, root = said
    (root / "openapi.yaml").write_text(CONTRACT)
    monkeypatch.setenv("STAGING_TOKEN", canaries.fresh())
    with web(canaries) as port:
        (root / "batten.yaml").write_text(POLICY.format(port=port, literal="k", basic="b", role="r"))
        CliRunner().invoke(main, ["trust", "--yes"])
        told = json.loads(CliRunner().invoke(main, ["probe", "--format", "json", "staging"]).stdout)
    found = {finding["control"] for finding in told["findings"]}
    assert len(found) >= 8, found
    assert json.dumps(told, ensure_ascii=False).count(masking.MASK) >= 20


def test_every_probe_and_store_has_canaries() -> None:
    def modules(package: object, but: set[str]) -> set[str]:
        (folder,) = package.__path__  # type: ignore[attr-defined]
        return {p.stem for p in Path(folder).glob("*.py") if p.stem != "__init__"} - but

    told = scenarios("stores", Canaries(0))
    answers = {part for part, _, text in (*scenarios("answers", Canaries(0)), *told) if text}
    assert modules(batten.live.probes, set()) - answers == set()
    assert modules(batten.live.stores, NO_STORE) - {part for part, _, _ in told} == set()
    protocols = {SCHEMES[what][0] for _, what, _ in told if what in SCHEMES}
    assert {protocol for protocol, _, _ in SCHEMES.values()} - protocols <= {"clickhouse-native"}
