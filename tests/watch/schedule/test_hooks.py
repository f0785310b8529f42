"""Webhooks: what is signed is taken once, what is not is refused, and nothing of a sender does more than be shown."""

from __future__ import annotations

import hmac
import json
import os
import subprocess
import sys
from base64 import b64decode
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from batten.watch.model import SECOND, SERVICE, Caller, Event, Grant, Happening, Role, Run, Source, Why
from batten.watch.schedule.hook_senders import PREFIX, Delivery, Deployment, HookProblem, read, signed
from batten.watch.schedule.hooks import end, renew, take
from batten.watch.settings import Settings, Watch
from batten.watch.store import clock, environments, events, runs
from batten.watch.store.database import Database
from watch_api import api
from watch_stores import environment, sqlite

_BODY = b'{"commit": "4f1c2a", "deployment": "v7", "by": "ann"}'
_PUSH = {"after": "4f1c2a", "ref": "refs/heads/main", "pusher": {"name": "ann", "email": None}}
_STATUS = {
    "deployment": {"sha": "4f1c2a", "ref": "v7", "environment": "production"},
    "deployment_status": {"state": "success"},
    "sender": {"login": "ann"},
}  # fmt: skip
_GITLAB = {
    "object_kind": "deployment", "status": "success", "environment": "production", "short_sha": "4f1c2a", "ref": "v7",
    "user": {"username": "ann"},
}  # fmt: skip


def _watch(store: Database, folder: Path) -> Watch:
    return Watch(store, Settings(folder=folder))


def renewed(watch: Watch, caller: Caller, number: int) -> str | None:
    with watch.database.begin() as db:
        return renew(db, watch, caller, number, clock.now(db))


def ended(watch: Watch, caller: Caller, number: int) -> bool:
    with watch.database.begin() as db:
        return end(db, caller, number, clock.now(db))


def _signed(secret: str, at: int, body: bytes = _BODY, identity: str = "m1") -> Delivery:
    key = b64decode(secret.removeprefix(PREFIX))
    signature = "v1,AAAA " + signed(identity, at, body, key)
    headers = {"webhook-id": identity, "webhook-timestamp": str(at), "webhook-signature": signature}
    return Delivery(headers, body)


def _now(store: Database) -> int:
    with store.read() as db:
        return clock.now(db) // SECOND


def _run(store: Database, number: int) -> Run:
    with store.read() as db:
        found = runs.find(db, SERVICE, number)
    assert found is not None
    return found


def _told(store: Database) -> list[Event]:
    with store.read() as db:
        return [one for one in events.after(db, SERVICE, 0) if one.what is Happening.DEPLOYED]


def test_a_signed_deployment_is_assessed_once(store: Database, tmp_path: Path) -> None:
    watch, number = _watch(store, tmp_path), environment(store)
    secret = renewed(watch, SERVICE, number)
    assert secret is not None and secret.startswith("whsec_") and len(secret) > 40
    given = _signed(secret, _now(store))
    run = _run(store, take(watch, number, given).run)
    assert (run.why, run.by, run.deployment) == (Why.WEBHOOK, "ann", "v7")
    (event,) = _told(store)
    assert (event.environment, event.by, event.data) == (
        number,
        "ann",
        {"commit": "4f1c2a", "deployment": "v7"},
    )
    again = take(watch, number, given)
    assert not again.run and again.why == "the delivery was received before" and len(_told(store)) == 1


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"webhook-signature": "v1,AAAA"}, "the signature does not hold"),
        ({"webhook-signature": "v2,é"}, "the signature does not hold"),
        ({"webhook-id": "m2"}, "the signature does not hold"),
        ({"webhook-timestamp": "soon"}, "webhook-id and webhook-timestamp"),
        ({"webhook-id": ""}, "webhook-id and webhook-timestamp"),
    ],
)
def test_what_is_not_signed_is_refused(
    store: Database, tmp_path: Path, changed: dict[str, str], said: str
) -> None:
    watch, number = _watch(store, tmp_path), environment(store)
    secret = renewed(watch, SERVICE, number) or ""
    given = _signed(secret, _now(store))
    with pytest.raises(HookProblem, match=said) as refused:
        take(watch, number, Delivery({**given.headers, **changed}, given.body))
    assert refused.value.status == 401 and not _told(store)


def test_old_deliveries_and_other_bodies_are_refused(store: Database, tmp_path: Path) -> None:
    watch, number, at = _watch(store, tmp_path), environment(store), _now(store)
    secret = renewed(watch, SERVICE, number) or ""
    for away in (-301, 302):
        with pytest.raises(HookProblem, match="5 minutes away"):
            take(watch, number, _signed(secret, at + away))
    with pytest.raises(HookProblem, match="does not hold"):
        take(watch, number, Delivery(_signed(secret, at).headers, b"{}"))
    with pytest.raises(HookProblem, match="not signed"):
        take(watch, number, Delivery({}, _BODY))


def test_a_new_secret_ends_the_one_before_and_one_environment_s_is_not_another_s(
    store: Database, tmp_path: Path
) -> None:
    watch, at = _watch(store, tmp_path), _now(store)
    one, other, without = environment(store), environment(store, "payments"), environment(store, "users")
    first = renewed(watch, SERVICE, one) or ""
    foreign = renewed(watch, SERVICE, other) or ""
    second = renewed(watch, SERVICE, one) or ""
    assert len({first, foreign, second}) == 3
    assert take(watch, one, _signed(second, at)).run
    refusals = {(one, first), (one, foreign), (without, second), (0, second), (1 << 80, second)}
    for number, secret in refusals:
        with pytest.raises(HookProblem, match="does not hold"):
            take(watch, number, _signed(secret, at))
    assert ended(watch, SERVICE, one)
    with pytest.raises(HookProblem, match="does not hold"):
        take(watch, one, _signed(second, at, identity="m9"))
    third = renewed(watch, SERVICE, one)
    assert third not in (first, second)


def test_secrets_are_for_administrators_and_kept_nowhere(store: Database, tmp_path: Path) -> None:
    watch, number = _watch(store, tmp_path), environment(store)
    operator = Caller(name="op", grants=(Grant(Role.OPERATOR),))
    assert renewed(watch, operator, number) is None and not ended(watch, operator, number)
    secret = renewed(watch, SERVICE, number) or ""
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert not any(secret.removeprefix(PREFIX).encode() in path.read_bytes() for path in files)
    key = tmp_path / "key"
    assert key.stat().st_mode & 0o777 == 0o600
    again = renewed(Watch(store, Settings(folder=tmp_path)), SERVICE, number)
    assert again is not None and again != secret


def test_github_signs_the_body(store: Database, tmp_path: Path) -> None:
    watch, number = _watch(store, tmp_path), environment(store)
    secret = renewed(watch, SERVICE, number) or ""
    body = json.dumps(_STATUS).encode()
    signature = "sha256=" + hmac.new(secret.encode(), body, sha256).hexdigest()
    headers = {
        "x-hub-signature-256": signature,
        "x-github-event": "deployment_status",
        "x-github-delivery": "g",
    }
    assert (
        take(watch, number, Delivery(headers, body), only="staging").why
        == "the deployment is to `production`, not to `staging`"
    )
    assert take(watch, number, Delivery(headers, body), only="production").run
    replayed = Delivery({**headers, "x-github-delivery": "h"}, body)
    assert take(watch, number, replayed).why == "the delivery was received before"
    with pytest.raises(HookProblem, match="does not hold"):
        take(watch, number, Delivery(headers, body + b" "))


def test_gitlab_sends_a_token_or_signs(store: Database, tmp_path: Path) -> None:
    watch, number = _watch(store, tmp_path), environment(store)
    secret = renewed(watch, SERVICE, number) or ""
    body = json.dumps(_GITLAB).encode()
    headers = {"x-gitlab-token": secret, "x-gitlab-event": "Deployment Hook", "idempotency-key": "k"}
    assert take(watch, number, Delivery(headers, body)).run
    assert not take(watch, number, Delivery(headers, body)).run
    with pytest.raises(HookProblem):
        take(watch, number, Delivery({**headers, "x-gitlab-token": "guess"}, body))
    own = _signed(secret, _now(store), body)
    assert take(watch, number, Delivery({**own.headers, "x-gitlab-event": "Deployment Hook"}, body)).run


@pytest.mark.parametrize(
    ("headers", "body", "meant"),
    [
        ({}, {}, Deployment()),
        ({"x-github-event": "push"}, _PUSH, Deployment(commit="4f1c2a", name="refs/heads/main", by="ann")),
        ({"x-github-event": "push"}, {**_PUSH, "after": "0" * 40}, None),
        ({"x-github-event": "ping"}, {"zen": "x"}, None),
        ({"x-github-event": "issues"}, {"after": 7}, None),
        (
            {"x-github-event": "deployment_status"},
            {**_STATUS, "deployment_status": {"state": "failure"}},
            None,
        ),
        (
            {"x-gitlab-event": "Push Hook"},
            {"after": "4f1c2a", "ref": None, "user_username": "a\x1b[2Jnn\n"},
            Deployment(commit="4f1c2a", by="a [2Jnn"),
        ),
        ({"x-gitlab-event": "Deployment Hook"}, {**_GITLAB, "status": "running"}, None),
    ],
)
def test_what_a_delivery_tells_of(headers: dict[str, str], body: object, meant: Deployment | None) -> None:
    assert read(Delivery(headers, json.dumps(body).encode())) == meant


@pytest.mark.parametrize(
    "body", [b"", b"[]", b'{"commit": 7}', b'{"branch": "x"}', b"[" * 100_000, b'{"by": "\xff"}']
)
def test_a_body_that_cannot_be_read_is_said_to_be_so(body: bytes) -> None:
    with pytest.raises(HookProblem, match="the body cannot be read") as refused:
        read(Delivery({}, body))
    assert refused.value.status == 400 and len(str(refused.value)) < 300


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    headers=st.dictionaries(
        st.sampled_from(
            ["webhook-id", "webhook-timestamp", "webhook-signature", "x-hub-signature-256", "x-gitlab-token"]
        ),
        st.text(max_size=40),
    ),
    body=st.binary(max_size=40),
)
def test_no_stranger_comes_further(
    tmp_path_factory: pytest.TempPathFactory, headers: dict[str, str], body: bytes
) -> None:
    global _strangers
    if _strangers is None:
        _strangers = _watch(sqlite(tmp_path_factory.mktemp("hooks")), tmp_path_factory.mktemp("data"))
        environment(_strangers.database)
        renewed(_strangers, SERVICE, 1)
    with pytest.raises(HookProblem) as refused:
        take(_strangers, 1, Delivery(headers, body))
    assert refused.value.status == 401


_strangers: Watch | None = None


def test_the_address_answers_in_json(store: Database, tmp_path: Path) -> None:
    watch, number = _watch(store, tmp_path), environment(store)
    with store.begin() as db:
        one = environments.find(db, SERVICE, number)
        assert one is not None
        pushed = environments.add(db, replace(one, id=0, stage="ci", source=Source.PUSHED))
    secret, other = renewed(watch, SERVICE, number) or "", renewed(watch, SERVICE, pushed) or ""
    with api(store, tmp_path) as service, httpx.Client(base_url=service.url) as client:
        headers = dict(_signed(secret, _now(store)).headers)
        taken = client.post(f"/hooks/{number}", content=_BODY, headers=headers)
        assert (taken.status_code, list(taken.json())) == (202, ["run"])
        refused = client.post(f"/hooks/{number}", content=_BODY)
        assert (refused.status_code, refused.json()["status"]) == (401, 401)
        headers = dict(_signed(other, _now(store)).headers)
        ignored = client.post(f"/hooks/{pushed}", content=_BODY, headers=headers)
        assert ignored.status_code == 200 and "pushed" in ignored.json()["ignored"]
        assert client.post(f"/hooks/{number}", content=b"x" * 2_000_000).status_code == 413


def test_the_script_of_the_documentation_is_taken(store: Database, tmp_path: Path) -> None:
    watch, number = _watch(store, tmp_path), environment(store)
    secret = renewed(watch, SERVICE, number) or ""
    page = (Path(__file__).parents[3] / "docs" / "watch.md").read_text()
    script = page.partition("```python\n")[2].partition("```")[0]
    with api(store, tmp_path) as service:
        surroundings = {**os.environ, "SECRET": secret, "HOOK": f"{service.url}/hooks/{number}"}
        subprocess.run([sys.executable, "-c", script], env=surroundings, check=True)
    (event,) = _told(store)
    assert event.data == {"commit": "4f1c2a", "deployment": "v7"}
