"""Where batten.yaml points to is believed on the user's word only."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from batten.cli import main
from batten.engine.trust import addresses, allowing, trust, variables, vouched
from batten.files import Root, state_of
from batten.policy import Environment, Policy

STAGING = Environment(
    "staging",
    "https://api.example.com:8443/v1",
    plain="http://api.example.com",
    ca="/etc/ssl/own.pem",
    headers={"Authorization": "Bearer ${TOKEN}"},
    roles={"admin": {"X-Key": "${KEY}", "X-Literal": "$OTHER"}},
    stores=("redis://cache.example.com:6379", "db.example.com"),
    active=True,
    default_credentials=True,
)
PLACES = (
    "api.example.com:8443",
    "http://api.example.com",
    "redis://cache.example.com",
    "db.example.com:*",
)
LOANS = ("TOKEN", "KEY")


@pytest.fixture(autouse=True)
def _state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    for name in ("BATTEN_ALLOW", "BATTEN_ALLOW_ENV"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def root(tmp_path: Path) -> Root:
    (tmp_path / "root").mkdir()
    return Root(tmp_path / "root")


def test_everything_that_would_be_asked_and_sent_is_told() -> None:
    assert len(addresses(STAGING)) == 4
    assert variables(STAGING) == ("KEY", "TOKEN")
    options = [f"--allow {place}" for place in PLACES[:3]] + ["--allow 'db.example.com:*'"]
    assert allowing(STAGING) == " ".join([*options, "--allow-env KEY", "--allow-env TOKEN"])


def test_nothing_is_asked_without_a_word(root: Root) -> None:
    policy, refused = vouched(root, Policy(environments=(STAGING,)))
    assert refused.keys() == {"staging"} and policy.environments == (STAGING,)
    for some in (PLACES[:3], ("example.com", *PLACES[1:]), ("*",)):
        assert vouched(root, Policy(environments=(STAGING,)), some, LOANS)[1].keys() == {"staging"}


def test_allowed_places_are_asked_harmless_things(root: Root, monkeypatch: pytest.MonkeyPatch) -> None:
    (asked,) = vouched(root, Policy(environments=(STAGING,)), PLACES, LOANS)[0].environments
    assert (asked.active, asked.default_credentials, asked.ca) == (False, False, "")
    assert asked.headers == STAGING.headers
    monkeypatch.setenv("BATTEN_ALLOW", ", ".join(PLACES).upper())
    monkeypatch.setenv("BATTEN_ALLOW_ENV", ", ".join(LOANS))
    assert not vouched(root, Policy(environments=(STAGING,)))[1]


def test_trust_is_for_exactly_these_rows(root: Root) -> None:
    trust(root, [STAGING])
    policy, refused = vouched(root, Policy(environments=(STAGING,)))
    assert not refused and policy.environments == (STAGING,)
    for change in (
        {"url": "https://evil.example.com"},
        {"headers": {"Authorization": "Bearer ${TOKEN}", "X": "${AWS_SECRET_ACCESS_KEY}"}},
        {"stores": ("redis://169.254.169.254",)},
        {"ca": ""},
        {"budget": 10**6},
    ):
        from dataclasses import replace

        assert vouched(root, Policy(environments=(replace(STAGING, **change),)))[1].keys() == {"staging"}  # type: ignore[arg-type]
    assert vouched(Root("/"), Policy(environments=(STAGING,)))[1].keys() == {"staging"}, "another root"


def test_a_forged_word_counts_for_nothing(root: Root) -> None:
    trust(root, [STAGING])
    state = state_of(root.path)
    sealed = state.files.read(state.path("trusted"))
    state.files.replace(state.path("trusted"), sealed[:-3] + b"x]\n", 0o600)
    assert vouched(root, Policy(environments=(STAGING,)))[1].keys() == {"staging"}


class _Counting(BaseHTTPRequestHandler):
    seen: list[str]

    def do_GET(self) -> None:
        type(self).seen.append(self.headers.get("X-Token", ""))
        self.send_error(404)

    do_HEAD = do_OPTIONS = do_GET

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def server() -> Iterator[tuple[int, list[str]]]:
    handler = type("Handler", (_Counting,), {"seen": []})
    with HTTPServer(("127.0.0.1", 0), handler) as made:
        thread = threading.Thread(target=made.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield made.server_port, handler.seen
        made.shutdown()
        thread.join()


def run(folder: str, *arguments: str) -> Result:
    before = os.getcwd()
    os.chdir(folder)
    try:
        return CliRunner().invoke(main, arguments)
    finally:
        os.chdir(before)


def test_a_check_connects_and_sends_on_the_users_word(
    root: Root, server: tuple[int, list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    port, seen = server
    monkeypatch.setenv("VERY_SECRET", "canary-of-the-environment")
    text = f"environments:\n  local:\n    url: http://127.0.0.1:{port}\n    headers: {{X-Token: '${{VERY_SECRET}}'}}\n    budget: 40\n"
    Path(root.path, "batten.yaml").write_text(text)

    first = run(root.path, "check", "--format", "json", "--gate", "critical")
    assert first.exit_code == 3 and seen == []
    (environment,) = json.loads(first.stdout)["environments"]
    assert not environment["reached"] and "batten trust" in environment["not_assessed"][0]["hint"]
    assert "not probed" in run(root.path, "check").output
    assert run(root.path, "probe", "local").exit_code == 2 and seen == []
    assert run(root.path, "trust").exit_code == 2, "nobody is here to answer"

    shown = run(root.path, "trust", "--yes")
    assert (
        shown.exit_code == 0 and f"http://127.0.0.1:{port}" in shown.output and "VERY_SECRET" in shown.output
    )
    run(root.path, "check", "--format", "json")
    assert "canary-of-the-environment" in seen
    Path(root.path, "batten.yaml").write_text(text.replace("local", "other"))
    count = len(seen)
    run(root.path, "check")
    assert len(seen) == count, "another row needs another word"
    run(root.path, "check", "--allow", f"http://127.0.0.1:{port}", "--allow-env", "VERY_SECRET")
    assert len(seen) > count
