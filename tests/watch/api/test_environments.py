"""Environments over the API: the real application, the guard in front of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from batten.watch.model import Caller, Grant, Role
from watch_api import ADMIN, Service, api, is_problem, viewer
from watch_stores import environment, sqlite

ALL = "/api/v1/environments"
NEW = {"team": 1, "service": "orders", "stage": "prod", "source": "live", "settings": {"url": "https://a"}}


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    """With one environment, orders/prod of the team shop."""
    database = sqlite(tmp_path)
    environment(database)
    with api(database, tmp_path) as started:
        yield started


def test_a_new_environment_is_read_changed_and_removed(service: Service) -> None:
    client = service.client()
    made = client.post(ALL, json={**NEW, "stage": "staging", "objective_seconds": 3600})
    assert made.status_code == 201, made.text
    place = made.headers["location"]
    read = client.get(place)
    assert read.json() == made.json() and read.headers["etag"] == made.headers["etag"]
    assert read.json()["objective_seconds"] == 3600
    change = {"Content-Type": "application/merge-patch+json", "If-Match": read.headers["etag"]}
    changed = client.patch(place, content='{"schedule": "6h", "differences": ["hsts-sent"]}', headers=change)
    assert changed.status_code == 200, changed.text
    assert changed.json() == {**read.json(), "schedule": "6h", "differences": ["hsts-sent"]}
    is_problem(client.patch(place, content='{"schedule": "1h"}', headers=change), 412)
    is_problem(client.delete(place, headers={"If-Match": read.headers["etag"]}), 412)
    assert client.delete(place, headers={"If-Match": changed.headers["etag"]}).status_code == 204
    is_problem(client.get(place), 404)


def test_lost_updates_are_refused_without_the_version(service: Service) -> None:
    client, number = service.client(), 1
    is_problem(client.delete(f"{ALL}/{number}"), 400)


def test_a_stage_is_there_once(service: Service) -> None:
    client = service.client()
    is_problem(client.post(ALL, json=NEW), 409)


def test_a_request_that_is_sent_again_changes_nothing(service: Service) -> None:
    client = service.client()
    key = {"Idempotency-Key": "0123456789abcdef"}
    first = client.post(ALL, json={**NEW, "stage": "dev"}, headers=key)
    again = client.post(ALL, json={**NEW, "stage": "dev"}, headers=key)
    assert first.status_code == again.status_code == 201 and first.json() == again.json()
    assert first.headers["location"] == again.headers["location"]
    is_problem(client.post(ALL, json={**NEW, "stage": "test"}, headers=key), 422)
    other = service.client(Caller(name="bob", grants=ADMIN.grants))
    assert other.post(ALL, json={**NEW, "stage": "test"}, headers=key).status_code == 201
    refused = {"Idempotency-Key": "refused-0000"}
    is_problem(client.post(ALL, json=NEW, headers=refused), 409)
    assert client.post(ALL, json={**NEW, "stage": "qa"}, headers=refused).status_code == 201


def test_what_is_anothers_is_not_there(service: Service) -> None:
    mine, other = 1, environment(service.database, team="bank")
    client = service.client(viewer(environment=mine))
    assert [e["id"] for e in client.get(ALL).json()["items"]] == [mine]
    assert client.get(f"{ALL}/{mine}").status_code == 200
    there = is_problem(client.get(f"{ALL}/{other}"), 404)
    assert there == is_problem(client.get(f"{ALL}/999"), 404)
    is_problem(client.post(f"{ALL}/{mine}/pause"), 403)
    is_problem(client.post(f"{ALL}/{other}/pause"), 403)
    both = service.client(Caller(name="o", grants=(Grant(Role.OPERATOR, environment=mine),)))
    assert both.post(f"{ALL}/{mine}/pause").status_code == 200
    is_problem(both.post(f"{ALL}/{other}/pause"), 404)
    is_problem(client.post(ALL, json={**NEW, "stage": "qa"}), 403)
    assert client.get("/api/v1/teams").json() == {"items": [{"id": 1, "name": "shop"}]}


def test_an_operator_pauses_and_resumes(service: Service) -> None:
    client, number = service.client(), 1
    operator = service.client(Caller(name="o", grants=(Grant(Role.OPERATOR, team=1),)))
    assert operator.post(f"{ALL}/{number}/pause").json()["paused"] is True
    assert client.get(f"{ALL}/{number}/state").json()["paused"] is True
    assert operator.post(f"{ALL}/{number}/resume").json()["paused"] is False
    is_problem(operator.delete(f"{ALL}/{number}", headers={"If-Match": '"0123456789abcdef"'}), 403)


def test_a_token_does_no_more_than_its_scopes(service: Service) -> None:
    reads = service.client(Caller(name="ci", grants=ADMIN.grants, scopes=frozenset(["read"])))
    assert reads.get(f"{ALL}/1").status_code == 200
    assert "run" in is_problem(reads.post(f"{ALL}/1/pause"), 403)["detail"]
    assert reads.get("/api/v1/me").json()["scopes"] == ["read"]


def test_the_guard_refuses_what_the_document_does_not_have(service: Service) -> None:
    client, number = service.client(), 1
    is_problem(client.get("/api/v1/nothing"), 404)
    is_problem(client.put(f"{ALL}/{number}", json={}), 405)
    is_problem(client.get(ALL, params={"more": "1"}), 400)
    is_problem(client.post(ALL, json={**NEW, "more": 1}), 400)
    for name in ("", "a/b", " a", "a ", "a\0", "x" * 101):
        is_problem(client.post(ALL, json={**NEW, "service": name}), 400)
    is_problem(client.get(f"{ALL}/{number}", headers={"Authorization": ""}), 401)
    is_problem(service.client(None).get(f"{ALL}/{number}"), 401)


def test_a_new_team_is_made_once(service: Service) -> None:
    client = service.client()
    assert client.post("/api/v1/teams", json={"name": "bank"}).json()["name"] == "bank"
    is_problem(client.post("/api/v1/teams", json={"name": "bank"}), 409)
    assert client.post("/api/v1/teams", json={"name": "Überweisungen & Kärten"}).status_code == 201
    assert len(client.get("/api/v1/teams").json()["items"]) == 3
    is_problem(service.client(viewer()).post("/api/v1/teams", json={"name": "new"}), 403)
    assert client.get("/openapi.json").json()["openapi"] == "3.1.0"
    is_problem(service.client(None).get("/openapi.json"), 401)


def test_who_asks_too_often_waits(service: Service) -> None:
    client, query = service.client(), {"format": "json"}
    for _ in range(30):
        assert client.get("/api/v1/findings/export", params=query).status_code == 200
    late = client.get("/api/v1/findings/export", params=query)
    is_problem(late, 429)
    assert int(late.headers["retry-after"]) >= 1
    assert service.client(viewer()).get("/api/v1/findings/export", params=query).status_code == 200
