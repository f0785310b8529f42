"""Applications behind the guard with their own contracts: all that they document passes in enforce mode with the preset, and is
answered as without the guard; what they do not document is refused."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from guard_apps import ALL, App, Seen, document_of, played, serving
from guard_proxies import settings, working

from batten.contract import load
from batten.contract.matcher import Matcher
from batten.formats import Workspace
from batten.guard import Mode, Options
from batten.guard.lenience.given import leniency
from batten.guard.proxy.settings import Settings
from proofs import turn


@dataclass(frozen=True)
class Bare:
    app: App
    port: int
    contract: Path
    seen: list[Seen]


@pytest.fixture(scope="module", params=turn("applications", ALL, 4), ids=lambda app: app.name)
def bare(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bare]:
    """The application without the guard, what it answers, and the document that it publishes."""
    app: App = request.param
    folder = tmp_path_factory.mktemp(app.name)
    with serving(app, app.servers[0], folder) as port:
        contract = folder / "contract.json"
        contract.write_text(json.dumps(document_of(port, app)), encoding="utf-8")
        yield Bare(app, port, contract, played(port, app.journey))


@contextmanager
def _guarded(bare: Bare, carrier: str, mode: str = "enforce") -> Iterator[int]:
    if carrier == "run":
        with working(_settings(bare, mode)) as (port, _):
            yield port
        return
    given = {"GUARD_CONTRACT": str(bare.contract), "GUARD_FRAMEWORK": bare.app.framework, "GUARD_MODE": mode}
    with serving(bare.app, carrier, bare.contract.parent, **given) as port:
        yield port


def _settings(bare: Bare, mode: str) -> Settings:
    folder = bare.contract.parent / "run"
    folder.mkdir(exist_ok=True)
    chosen = Options(mode=Mode(mode), leniency=leniency(framework=bare.app.framework))
    made = settings(folder, bare.port, options=chosen)
    (folder / "openapi.yaml").write_bytes(bare.contract.read_bytes())
    (folder / "batten.yaml").write_text("{}", encoding="utf-8")
    return made


def test_the_journey_is_what_it_says(bare: Bare) -> None:
    assert [seen.status for seen in bare.seen] == [step.status for step in bare.app.journey]
    again = [_told(bare, bare.port, seen) for seen in played(bare.port, bare.app.journey)]
    assert again == [_told(bare, bare.port, seen) for seen in bare.seen], (
        "it leaves the application as it was"
    )


def test_each_documented_operation_is_called(bare: Bare) -> None:
    contract, _ = load(Workspace(bare.contract.parent), bare.contract.name)
    matcher, called = Matcher(contract.operations), set()
    for step in bare.app.journey:
        method, _, target = step.line.partition(" ")
        offered = matcher.offered(target.partition("?")[0])
        assert offered is not None, step
        if method in offered[1] and step.status < 400:
            called.add(offered[1][method].label)
    assert called == {operation.label for operation in contract.operations}


def test_what_is_documented_passes(bare: Bare) -> None:
    failed: list[Any] = []
    for carrier in ("run", *(name for name in bare.app.servers if name != "node")):
        with _guarded(bare, carrier) as port:
            for step, plain, got in zip(
                bare.app.journey, bare.seen, played(port, bare.app.journey), strict=True
            ):
                if _told(bare, port, got) != _told(bare, bare.port, plain):
                    failed.append((carrier, step.name, got, plain))
            failed += _let_through(bare, carrier, port)
    assert not failed


def _told(bare: Bare, port: int, seen: Seen) -> Seen:
    """Without the port that an application repeats; a page has a token that is new each time."""
    if seen.media_type.startswith("text/html"):
        return Seen(seen.status, seen.media_type, b"", "")
    here = f":{port}".encode()
    return Seen(
        seen.status,
        seen.media_type,
        seen.body.replace(here, b":1"),
        seen.location.replace(here.decode(), ":1"),
    )


def _let_through(bare: Bare, carrier: str, port: int) -> Iterator[Any]:
    """What was not refused, or not redirected, as it must be."""
    for line, status in bare.app.refused:
        method, _, target = line.partition(" ")
        answer = httpx.request(method, f"http://127.0.0.1:{port}{target}", trust_env=False, timeout=60)
        if answer.status_code != status or "Reference: " not in answer.text:
            yield carrier, line, answer.status_code, answer.text[:200]
    if bare.app.redirected is not None:
        target, status, location = bare.app.redirected
        answer = httpx.get(f"http://127.0.0.1:{port}{target}?a=1", trust_env=False, timeout=60)
        if (answer.status_code, answer.headers.get("location")) != (status, f"{location}?a=1"):
            yield carrier, target, answer.status_code, answer.headers
