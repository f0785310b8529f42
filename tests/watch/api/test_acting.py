"""What programs change over the API: runs, reports, waivers, users, tokens and webhooks; each act is in the audit log."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

import servers
from batten.engine.check import Order, check
from batten.formats import Workspace
from batten.policy import Policy
from batten.reports import render
from batten.watch.api.times import shown
from batten.watch.model import DAY, Caller, Environment, Grant, Role, Source, Why
from batten.watch.store import environments, runs
from batten.watch.store.database import Database, now
from watch_api import Service, api, is_problem
from watch_assessments import seen, settled, whole
from watch_sessions import session, user
from watch_stores import environment, sqlite

V1 = "/api/v1"
OPERATOR = Caller(name="otto", grants=(Grant(Role.OPERATOR, team=1),))
OTHER = Caller(name="olga", grants=(Grant(Role.OPERATOR, team=1),))
VIEWER = Caller(name="vera", grants=(Grant(Role.VIEWER, team=1),))
UNTIL = "2099-01-01T00:00:00Z"


@pytest.fixture
def service(store: Database, tmp_path: Path) -> Iterator[Service]:
    """With one environment, of which one finding is known."""
    settled(store, environment(store), whole(seen()), now() - 1000)
    with api(store, tmp_path) as started:
        yield started


def _audit(service: Service) -> list[str]:
    """What was done, the last first."""
    return [entry["action"] for entry in service.client().get(f"{V1}/audit").json()["items"]]


def _day(ahead: int) -> str:
    return shown(now() + ahead * DAY).isoformat()


def test_a_run_is_queued_once_read_and_cancelled(service: Service) -> None:
    client = service.client(OPERATOR)
    first = client.post(f"{V1}/environments/1/runs")
    assert (
        first.status_code == 202
        and first.json()["state"] == "queued"
        and first.json()["by"].startswith("otto")
    )
    again = client.post(f"{V1}/environments/1/runs")
    assert again.status_code == 200 and again.json()["id"] == first.json()["id"]
    place = first.headers["location"]
    assert client.get(place).json() == first.json()
    assert client.post(f"{place}/cancel").json()["state"] == "cancelled"
    assert client.post(f"{place}/cancel").json()["state"] == "cancelled"
    listed = client.get(f"{V1}/runs", params={"state": "cancelled"}).json()["items"]
    assert [run["id"] for run in listed] == [first.json()["id"]]
    assert _audit(service)[:2] == ["run-cancelled", "run-requested"]
    is_problem(service.client(VIEWER).post(f"{V1}/environments/1/runs"), 403)


def test_runs_are_pages(service: Service) -> None:
    database = service.database
    for turn in range(4):
        settled(database, 1, whole(seen()), now() + turn)
    client, ids, query = service.client(), [], {"limit": "2"}
    while query.get("cursor", "") is not None:
        page = client.get(f"{V1}/runs", params=query).json()
        ids += [run["id"] for run in page["items"]]
        query = {"limit": "2", "cursor": page["next"]}
    assert ids == [5, 4, 3, 2, 1]


def test_lists_are_pages_in_one_order(service: Service) -> None:
    database = service.database
    for name in ("carts", "things", "users"):
        for place, stage in enumerate(("dev", "prod")):
            environment(database, name, stage, place=place)
    client, seen, cursor = service.client(), [], ""
    while cursor is not None:
        page = client.get(
            f"{V1}/environments", params={"limit": "2", **({"cursor": cursor} if cursor else {})}
        ).json()
        seen += [(e["service"], e["stage"]) for e in page["items"]]
        cursor = page["next"]
    seen.remove(("orders", "prod"))
    assert seen == [(s, t) for s in ("carts", "things", "users") for t in ("dev", "prod")]
    assert len(client.get(f"{V1}/environments", params={"service": "carts"}).json()["items"]) == 2
    assert client.get(f"{V1}/environments", params={"paused": "true"}).json()["items"] == []
    is_problem(client.get(f"{V1}/environments", params={"cursor": "AAAA"}), 422)


def test_findings_in_long_places_are_pages(service: Service) -> None:
    places = [f"{'folder/' * 500}{name}" for name in ("a", "b")]
    settled(service.database, 1, whole(*(seen(place=place) for place in places)), now())
    client, found, query = service.client(), [], {"limit": "1", "sort": "place"}
    while query.get("cursor", "") is not None:
        page = client.get(f"{V1}/findings", params=query).json()
        found += [one["place"] for one in page["items"]]
        query = {"limit": "1", "sort": "place", "cursor": page["next"]}
    assert found == [place[:2000] for place in places]


def test_a_report_of_ci_becomes_a_run(service: Service, tmp_path_factory: pytest.TempPathFactory) -> None:
    pushed, report = _pushed(service), _report(tmp_path_factory.mktemp("reviewed"))
    client = service.client(OPERATOR)
    place, headers = f"{V1}/environments/{pushed}/reports", {"Content-Type": "application/json"}
    key = {"Idempotency-Key": "a-report-of-ci"}
    made = client.post(place, content=report, headers=headers | key, params={"commit": "0" * 40})
    assert made.status_code == 201, made.text
    assert (made.json()["state"], made.json()["why"], made.json()["commit"]) == ("done", "push", "0" * 40)
    again = client.post(place, content=report, headers=headers | key, params={"commit": "0" * 40})
    assert again.json() == made.json()
    is_problem(client.post(place, content=b"{}", headers=headers), 422)
    is_problem(client.post(place, content=report, headers=headers, params={"commit": "; rm"}), 400)
    with service.database.begin() as db:
        assert runs.begin(db, pushed, Why.DEMAND, "a test", now(), 60_000, "worker") is not None
    is_problem(client.post(place, content=report, headers=headers), 409)
    assert client.get(f"{V1}/findings", params={"environment": pushed}).json()["count"] > 0
    assert "report-pushed" in _audit(service)


def test_a_waiver_is_made_extended_and_revoked(service: Service) -> None:
    client = service.client(OPERATOR)
    body = {"finding": 1, "owner": "ann", "reason": "known", "ticket": "OPS-1", "until": _day(30)}
    made = client.post(f"{V1}/waivers", json=body)
    assert made.status_code == 201 and made.json()["state"] == "active" and made.json()["accepts"], made.text
    is_problem(client.post(f"{V1}/waivers", json=body), 422)
    place, tag = made.headers["location"], {"If-Match": made.headers["etag"]}
    assert client.get(f"{V1}/findings").json()["items"] == []
    assert len(client.get(f"{V1}/findings", params={"waived": "only"}).json()["items"]) == 1
    longer = client.post(
        f"{place}/extend", json={"until": _day(60), "reason": "the vendor is late"}, headers=tag
    )
    assert longer.status_code == 200 and longer.json()["until"] > made.json()["until"], longer.text
    is_problem(client.post(f"{place}/revoke", headers=tag), 412)
    ended = client.post(f"{place}/revoke", headers={"If-Match": longer.headers["etag"]})
    assert ended.json()["state"] == "revoked" and not ended.json()["accepts"]
    assert client.get(f"{V1}/waivers", params={"state": "active"}).json()["items"] == []
    assert _audit(service)[:3] == ["waiver-revoked", "waiver-extended", "waiver-created"]
    is_problem(service.client(VIEWER).post(f"{V1}/waivers", json=body), 403)
    is_problem(client.post(f"{V1}/waivers", json={**body, "finding": 99}), 404)
    is_problem(client.post(f"{V1}/waivers", json={**body, "until": "2000-01-01T00:00:00Z"}), 422)
    is_problem(client.post(f"{V1}/waivers", json={**body, "until": UNTIL}), 422)


def test_four_eyes_see_a_waiver(tmp_path: Path) -> None:
    database = sqlite(tmp_path)
    settled(database, environment(database), whole(seen()), now() - 1000)
    with api(database, tmp_path, four_eyes=True) as service:
        first, second = service.client(OPERATOR), service.client(OTHER)
        made = first.post(
            f"{V1}/waivers", json={"finding": 1, "owner": "ann", "reason": "known", "until": _day(9)}
        )
        assert made.json()["state"] == "proposed" and not made.json()["accepts"]
        place, tag = f"{made.headers['location']}/approve", {"If-Match": made.headers["etag"]}
        is_problem(first.post(place, headers=tag), 422)
        approved = second.post(place, headers=tag)
        assert approved.json()["state"] == "active" and approved.json()["approved"].startswith("olga")
        place = made.headers["location"]
        longer = first.post(
            f"{place}/extend",
            json={"until": _day(20), "reason": "late"},
            headers={"If-Match": approved.headers["etag"]},
        )
        assert longer.status_code == 202 and longer.json()["replaces"] == made.json()["id"]
        assert first.get(longer.headers["location"]).json() == longer.json()


def test_users_are_made_granted_and_disabled(service: Service) -> None:
    client = service.client()
    over = {"role": "viewer", "team": 1, "environment": 0}
    made = client.post(
        f"{V1}/users", json={"name": "new", "grants": [over]}, headers={"Idempotency-Key": "a-new-user"}
    )
    assert made.status_code == 201 and len(made.json()["password"]) >= 12, made.text
    again = client.post(
        f"{V1}/users", json={"name": "new", "grants": [over]}, headers={"Idempotency-Key": "a-new-user"}
    )
    assert "once" in is_problem(again, 409)["detail"] and made.json()["password"] not in again.text
    is_problem(client.post(f"{V1}/users", json={"name": "new"}), 409)
    place = made.headers["location"]
    assert client.get(place).json()["grants"] == [over]
    wider = client.post(f"{place}/grants", json={**over, "role": "operator"}).json()
    assert wider["grants"] == [{**over, "role": "operator"}]
    assert client.delete(f"{place}/grants", params={"team": 1}).json()["grants"] == []
    is_problem(client.delete(f"{place}/grants", params={"team": 1}), 422)
    is_problem(client.post(f"{place}/grants", json={**over, "team": 99}), 422)
    is_problem(client.post(f"{place}/grants", json={**over, "environment": 1}), 422)
    assert client.post(f"{place}/disable").json()["disabled"] is True
    assert client.post(f"{place}/enable").json()["disabled"] is False
    assert client.post(f"{place}/password").json()["password"] != made.json()["password"]
    me = client.get(f"{V1}/me").json()["user"]
    assert "administrator" in is_problem(client.post(f"{V1}/users/{me}/disable"), 422)["detail"]
    is_problem(service.client(OPERATOR).get(f"{V1}/users"), 403)
    assert "new" in [one["name"] for one in client.get(f"{V1}/users").json()["items"]]


def test_tokens_are_made_in_a_session_alone(service: Service) -> None:
    body = {"name": "ci", "scopes": ["push"], "environment": 1, "expires": _day(30)}
    is_problem(service.client().post(f"{V1}/tokens", json=body), 403)
    number = user(service.database, Grant(Role.ADMIN, team=1), name="tess")
    sent, csrf = session(service.database, number)
    with httpx.Client(
        base_url=service.url, cookies={"batten": sent}, headers={"X-CSRF-Token": csrf}
    ) as browser:
        made = browser.post(f"{V1}/tokens", json=body)
        assert made.status_code == 201, made.text
        is_problem(browser.post(f"{V1}/tokens", json={**body, "expires": "2000-01-01T00:00:00Z"}), 422)
        is_problem(browser.post(f"{V1}/tokens", json={**body, "environment": 9}), 404)
        listed = browser.get(f"{V1}/tokens").json()["items"]
        assert [(t["name"], t["scopes"], t["environment"]) for t in listed] == [("ci", ["push"], 1)]
        assert made.json()["token"] not in browser.get(f"{V1}/tokens").text
        mine = {"Authorization": f"Bearer {made.json()['token']}"}
        is_problem(httpx.get(f"{service.url}{V1}/environments", headers=mine), 403)
        assert browser.delete(made.headers["location"]).status_code == 204
        is_problem(browser.delete(made.headers["location"]), 404)
        is_problem(httpx.get(f"{service.url}{V1}/environments", headers=mine), 401)
        browser.headers["X-CSRF-Token"] = "x"
        is_problem(browser.post(f"{V1}/tokens", json=body), 403)


def test_of_changes_at_once_one_is_made(service: Service) -> None:
    clients = [service.client() for _ in range(6)]
    tag = {
        "If-Match": clients[0].get(f"{V1}/environments/1").headers["etag"],
        "Content-Type": "application/merge-patch+json",
    }

    def change(place: int) -> int:
        body = json.dumps({"place": place + 10, "settings": {"url": "https://api.example.com"}})
        return clients[place].patch(f"{V1}/environments/1", content=body, headers=tag).status_code

    with ThreadPoolExecutor(len(clients)) as pool:
        assert sorted(pool.map(change, range(len(clients)))) == [200, *[412] * 5]


def test_a_request_that_is_sent_twice_at_once_is_done_once(service: Service) -> None:
    sent = service.token()  # of one caller, whose key it is
    headers = {"Authorization": f"Bearer {sent}", "Idempotency-Key": "sent-by-two-threads"}

    def create(_: int) -> tuple[int, str]:
        answer = httpx.post(f"{service.url}{V1}/teams", json={"name": "bank"}, headers=headers, timeout=60)
        return answer.status_code, answer.text

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(create, range(8)))
    assert {status for status, _ in answers} == {201} and len(set(answers)) == 1
    assert _audit(service).count("team-created") == 1


def test_the_secret_of_a_webhook_is_shown_once(service: Service) -> None:
    client = service.client()
    first, second = client.post(f"{V1}/environments/1/hook"), client.post(f"{V1}/environments/1/hook")
    assert first.json()["path"] == "/hooks/1" and first.json()["secret"] != second.json()["secret"]
    assert client.delete(f"{V1}/environments/1/hook").status_code == 204
    is_problem(service.client(OPERATOR).post(f"{V1}/environments/1/hook"), 403)


def test_channels_are_made_changed_tested_and_removed(service: Service) -> None:
    client = service.client()
    nobody = f"http://127.0.0.1:{servers.free_port()}/"
    body = {"name": "ops", "kind": "slack", "settings": {"url": "${ALERT_URL}"}, "again_seconds": 86400}
    made = client.post(f"{V1}/channels", json=body)
    assert made.status_code == 201 and made.json()["severity"] == "medium", made.text
    is_problem(client.post(f"{V1}/channels", json=body), 409)
    is_problem(
        client.post(f"{V1}/channels", json={**body, "name": "other", "settings": {"url": nobody}}), 422
    )
    is_problem(client.post(f"{V1}/channels", json={**body, "name": "other", "quiet": "at night"}), 422)
    place, tag = made.headers["location"], {"If-Match": made.headers["etag"]}
    assert client.get(place).json() == made.json()
    change = {**tag, "Content-Type": "application/merge-patch+json"}
    changed = client.patch(place, content='{"severity": "high", "team": 1}', headers=change)
    assert changed.json() == {**made.json(), "severity": "high", "team": 1}
    is_problem(client.delete(place, headers=tag), 412)
    assert "ALERT_URL" in is_problem(client.post(f"{place}/test"), 502)["detail"]
    of_team = service.client(Caller(name="tom", grants=(Grant(Role.ADMIN, team=1),)))
    assert [one["channel"]["name"] for one in of_team.get(f"{V1}/channels").json()["items"]] == ["ops"]
    is_problem(of_team.post(f"{V1}/channels", json={**body, "name": "all"}), 403)
    wide = client.post(f"{V1}/channels", json={**body, "name": "all"}).headers["location"]
    is_problem(of_team.get(wide), 404)
    is_problem(service.client(OPERATOR).get(place), 403)
    assert client.delete(place, headers={"If-Match": changed.headers["etag"]}).status_code == 204
    assert _audit(service)[:3] == ["channel-removed", "channel-created", "channel-tested"]


def test_findings_are_exported_as_files(service: Service) -> None:
    client = service.client(VIEWER)
    answer = client.get(f"{V1}/findings/export", params={"format": "csv"})
    assert answer.headers["content-disposition"] == 'attachment; filename="findings.csv"'
    assert [row["control"] for row in csv.DictReader(io.StringIO(answer.text))] == ["hsts-sent"]
    assert client.get(f"{V1}/findings/export", params={"format": "json"}).json()[0]["control"] == "hsts-sent"
    sarif = client.get(f"{V1}/findings/export", params={"format": "sarif", "severity": "critical"}).json()
    assert sarif["version"] == "2.1.0" and sarif["runs"][0]["results"] == []
    is_problem(client.get(f"{V1}/findings/export"), 400)


def test_events_are_followed_by_their_ids(service: Service) -> None:
    client = service.client(VIEWER)
    first = client.get(f"{V1}/events", params={"after": 0, "limit": 2}).json()
    assert len(first["items"]) == 2 and first["last"] == first["items"][-1]["id"]
    rest = client.get(f"{V1}/events", params={"after": first["last"]}).json()
    assert "finding-new" in [event["what"] for event in [*first["items"], *rest["items"]]]
    newest = client.get(f"{V1}/events", params={"limit": 1}).json()
    assert newest["items"] == [rest["items"][-1]] and newest["last"] == rest["last"]
    assert client.get(f"{V1}/events", params={"after": rest["last"]}).json() == {
        "items": [],
        "last": rest["last"],
    }


def test_the_audit_log_is_verified_against_an_earlier_head(service: Service) -> None:
    client = service.client()
    client.post(f"{V1}/environments/1/pause")
    head = client.get(f"{V1}/audit/verification").json()["head"]
    client.post(f"{V1}/environments/1/resume")
    found = client.get(f"{V1}/audit/verification", params={"anchor": head}).json()
    assert found["whole"] and found["broken"] is None and found["head"] != head
    wrong = client.get(f"{V1}/audit/verification", params={"anchor": f"1:{'0' * 64}"}).json()
    assert not wrong["whole"] and wrong["broken"]["entry"] == 1


def _pushed(service: Service) -> int:
    """An environment that CI sends reports of."""
    one = Environment(team=1, service="orders", stage="ci", source=Source.PUSHED)
    with service.database.begin() as db:
        return environments.add(db, one)


def _report(folder: Path) -> bytes:
    """What `batten check --format json` says of a folder with a finding."""
    (folder / "nginx.conf").write_text(
        "http { server { listen 443 ssl; server_tokens on; } }\n", encoding="utf-8"
    )
    outcome = check(folder, Policy(), Order((), probe=False, history=False))
    return render("json", outcome, Workspace(folder)).encode()
