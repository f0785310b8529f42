"""Every question of the API, on a random estate: the guard holds each answer against the document, and callers see their own."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import httpx
import pytest
from sqlalchemy import literal, select

from batten.watch.access.rules import rule_of
from batten.watch.api.document import Operation, operations
from batten.watch.model import Caller, Channel, ChannelKind, Grant, Role
from batten.watch.store import channels, tables
from watch_api import ADMIN, Service, api, is_problem
from watch_estate import estate
from watch_stores import sqlite

QUESTIONS = [o for o in operations() if o.method == "GET"]
# What paths and required parameters name; each is of an environment, or of none.
NUMBERED = {
    "environment": tables.environment,
    "run": tables.run,
    "waiver": tables.waiver,
    "finding": tables.life,
    "user": tables.user,  # of no environment, as channels
    "channel": tables.channel,
}
REQUIRED = {"listChanges": {"since": "2025-09-20T00:00:00Z"}, "exportFindings": {"format": "json"}}


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    folder = tmp_path_factory.mktemp("estate")
    database = sqlite(folder)
    estate(database, 7)
    with database.begin() as db:
        channels.add(db, Channel(name="ops", kind=ChannelKind.SLACK, settings={"url": "${ALERT_URL}"}))
    with api(database, folder) as started:
        yield started


def _asked(
    service: Service, client: httpx.Client, operation: Operation
) -> Iterator[tuple[int, httpx.Response]]:
    """Each answer of an operation, with the environment that it is of (0: of no single one)."""
    name = next((n for n in NUMBERED if f"{{{n}}}" in operation.path), "")
    query = REQUIRED.get(operation.name, {})
    if "/compare/" in operation.path:
        yield from _compared(service, client, operation)
        return
    if not name:
        yield 0, client.get(operation.path, params=query)
        return
    for number, environment in _rows(service, name):
        yield environment, client.get(operation.path.replace(f"{{{name}}}", str(number)), params=query)


def _compared(
    service: Service, client: httpx.Client, operation: Operation
) -> Iterator[tuple[int, httpx.Response]]:
    """Neighbours: of environments, two of a service; of runs, two of an environment."""
    rows = _rows(service, "run" if operation.name == "compareRuns" else "environment", every=True)
    for (left, environment), (right, other) in pairwise(rows[::5]):
        if operation.name == "compareEnvironments" or environment == other:
            query = {"left": left, "right": right}
            yield environment if environment == other else 0, client.get(operation.path, params=query)


def _rows(service: Service, name: str, every: bool = False) -> list[tuple[int, int]]:
    table = NUMBERED[name]
    of = {"environment": table.c.id, "user": literal(0), "channel": literal(0)}.get(
        name, table.c.get("environment")
    )
    with service.database.read() as db:
        rows = db.execute(select(table.c.id, of).order_by(table.c.id)).all()
    return [(row[0], row[1]) for row in rows[:: 1 if every else max(len(rows) // 6, 1)]]


@pytest.mark.parametrize("operation", QUESTIONS, ids=lambda o: o.name)
def test_an_administrator_reads_everything(service: Service, operation: Operation) -> None:
    answers = list(_asked(service, _client(service, ADMIN), operation))
    assert answers
    for _, answer in answers:
        assert answer.status_code == 200, answer.text
        assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("operation", QUESTIONS, ids=lambda o: o.name)
@pytest.mark.parametrize(
    "grant", [Grant(Role.VIEWER, team=2), Grant(Role.OPERATOR, environment=1), None], ids=str
)
def test_nobody_reads_of_another(service: Service, operation: Operation, grant: Grant | None) -> None:
    caller = Caller(
        name=f"reader-{grant}".replace("(", "").replace(")", "")[:60], grants=(grant,) if grant else ()
    )
    visible = _visible(service, caller)
    hidden = set(_services(service, visible))
    for environment, answer in _asked(service, _client(service, caller), operation):
        if answer.status_code == 200 and environment:
            assert environment in visible
        elif environment in visible and rule_of("GET", operation.path).scope.value == "read":
            raise AssertionError(f"{operation.name} of {environment}: {answer.text}")
        elif environment:
            is_problem(answer, 403 if answer.status_code == 403 else 404)
        assert set(_environments(answer.json())) <= visible
        assert not hidden & set(_words(answer.text))


def _client(service: Service, caller: Caller) -> httpx.Client:
    """One client of each caller, kept for the module."""
    key = service.url, caller.name
    if key not in _KEPT:
        _KEPT[key] = service.client(caller)
    return _KEPT[key]


_KEPT: dict[tuple[str, str], httpx.Client] = {}


def _visible(service: Service, caller: Caller) -> set[int]:
    with service.database.read() as db:
        rows = db.execute(select(tables.environment.c.id, tables.environment.c.team)).all()
    return {r.id for r in rows for g in caller.grants if r.team == g.team or r.id == g.environment}


def _services(service: Service, visible: set[int]) -> Iterator[str]:
    """The names of services of which nothing is visible: an estate writes them into sentences, owners and places."""
    with service.database.read() as db:
        rows = db.execute(select(tables.environment.c.id, tables.environment.c.service)).all()
    yield from {r.service for r in rows} - {r.service for r in rows if r.id in visible}


def _words(text: str) -> list[str]:
    for mark in '"`/.,: ':
        text = text.replace(mark, " ")
    return text.split()


def _environments(found: Any) -> Iterator[int]:
    """The environments that an answer names."""
    if isinstance(found, list):
        for each in found:
            yield from _environments(each)
    elif isinstance(found, dict):
        if "service" in found and "control" not in found:
            yield found["id"]
        for name, value in found.items():
            if name == "environment" and isinstance(value, int) and value:
                yield value
            yield from _environments(value)
