"""The stream of events: what is new, to those who may see it; bounded, and over with its session and with the service."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

import watch_stores
from batten.watch.model import Event, Grant, Happening, Role, Why
from batten.watch.pages import live
from batten.watch.store import events, runs, sessions, teams
from batten.watch.store.database import now
from watch_browser import Served, seeded_service
from watch_sessions import ADMIN, session, token, user

BOUND = 60.0


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    with seeded_service(tmp_path, empty=True) as service:
        yield service


@contextmanager
def stream(
    served: Served, headers: dict[str, str] | None = None, query: str = ""
) -> Iterator[Iterator[dict[str, Any]]]:
    """The messages of a stream: its event's name, id and data."""
    known = headers or {"cookie": f"batten={served.cookie['value']}"}
    with httpx.stream("GET", f"{served.url}/events{query}", headers=known, timeout=BOUND) as answer:
        assert answer.status_code == 200, answer.read()
        assert answer.headers["content-type"].startswith("text/event-stream")
        yield _messages(answer)


def _messages(answer: httpx.Response) -> Iterator[dict[str, Any]]:
    found: dict[str, Any] = {}
    for line in answer.iter_lines():
        name, _, value = line.partition(": ")
        if line == "" and "data" in found:
            yield found
            found = {}
        elif name in ("id", "event"):
            found[name] = value
        elif name == "data":
            found["data"] = json.loads(value)


def environment(served: Served, team: str) -> int:
    return watch_stores.environment(served.database, service=team, team=team)


def tell(served: Served, number: int, control: str = "hsts-sent") -> None:
    with served.database.begin() as db:
        events.tell(db, [Event(at=now(), what=Happening.FINDING_NEW, environment=number, control=control)])


def test_a_stream_says_what_happens_from_now_on(served: Served) -> None:
    one = environment(served, "shop")
    tell(served, one, "before")
    with stream(served) as messages:
        assert next(messages)["event"] == "progress"  # nothing is in progress
        tell(served, one, "after")
        message = next(messages)
        assert message["data"]["control"] == "after" and message["data"]["what"] == "finding-new"
        with served.database.begin() as db:
            runs.queue(db, one, Why.DEMAND, "tests", now())
        assert next(messages)["data"]["what"] == "run-queued"
        progress = next(messages)
        assert progress["event"] == "progress" and progress["data"][0]["state"] == "queued"


def test_a_stream_goes_on_where_it_ended(served: Served) -> None:
    one = environment(served, "shop")
    for control in ("a", "b", "c"):
        tell(served, one, control)
    cookie = {"cookie": f"batten={served.cookie['value']}"}
    for headers, query in ((cookie | {"last-event-id": "1"}, ""), (cookie, "?after=1")):
        with stream(served, headers, query) as messages:
            assert [next(messages)["data"]["control"] for _ in range(2)] == ["b", "c"]


def test_nothing_of_another_team_is_told(served: Served) -> None:
    mine, theirs = environment(served, "shop"), environment(served, "payments")
    with served.database.begin() as db:
        team = teams.named(db, "shop")
    sent = token(served.database, user(served.database, Grant(Role.VIEWER, team)), "read")
    with stream(served, {"authorization": f"Bearer {sent}"}) as messages:
        assert next(messages)["data"] == []
        with served.database.begin() as db:
            runs.queue(db, theirs, Why.DEMAND, "tests", now())
        tell(served, theirs)
        tell(served, mine, "mine")
        assert next(messages)["data"]["control"] == "mine"


def test_a_stream_ends_with_its_session(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "PAUSE", 0.01)
    number = user(served.database, *ADMIN)
    sent, _ = session(served.database, number)
    with stream(served, {"cookie": f"batten={sent}"}) as messages:
        next(messages)
        with served.database.begin() as db:
            sessions.end_all(db, number)
        assert next(messages) == {"event": "end", "data": {}}
        assert list(messages) == []


def test_a_stream_ends_with_the_service(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "PAUSE", 0.01)
    with stream(served) as messages:
        next(messages)
        served.watch.stopping.set()
        assert next(messages) == {"event": "end", "data": {}}


def test_streams_are_bounded_and_given_back(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "PAUSE", 0.01)
    monkeypatch.setattr(live, "MOST_OF_ONE", 1)
    cookie = {"cookie": f"batten={served.cookie['value']}"}
    with stream(served) as messages:
        next(messages)
        refused = httpx.get(f"{served.url}/events", headers=cookie)
        assert refused.status_code == 503 and refused.headers["retry-after"]
        assert refused.headers["content-type"] == "application/problem+json"
    for _ in range(200):  # until the server has noticed that the first one is gone
        with httpx.stream("GET", f"{served.url}/events", headers=cookie, timeout=BOUND) as again:
            if again.status_code == 200:
                return
    raise AssertionError("no stream is admitted after one has ended")


def test_a_stream_needs_a_session_or_a_token(served: Served) -> None:
    answer = httpx.get(f"{served.url}/events")
    assert answer.status_code == 401
