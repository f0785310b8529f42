"""What pages answer to requests: acts with what they lead to, what cannot be, and who sees what."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from batten.watch.model import SERVICE, Environment, Grant, Role, RunState, WaiverState
from batten.watch.service import application
from batten.watch.settings import Settings, Watch
from batten.watch.store import channels, environments, runs, teams, tokens, users, waivers
from batten.watch.store.database import now
from batten.watch.store.questions.filters import Filter
from batten.watch.store.questions.findings import findings
from watch_seed import seed
from watch_sessions import Client, browser
from watch_stores import sqlite

DAY = "2027-05-01"


@pytest.fixture(scope="module")
def watch(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watch]:
    """The seeded estate; tests change what they change in environments of their own."""
    folder: Path = tmp_path_factory.mktemp("watch")
    database = sqlite(folder)
    seed(database, now())
    yield Watch(database, Settings(folder=folder))
    database.close()


@pytest.fixture(scope="module")
def admin(watch: Watch) -> Client:
    return browser(application(watch), watch.database, Grant(Role.ADMIN), name="admin")


def of_team(watch: Watch, role: Role, team: str) -> Client:
    with watch.database.begin() as db:
        number = teams.named(db, team)
    return browser(application(watch), watch.database, Grant(role, number))


def named(watch: Watch, name: str) -> Environment:
    with watch.database.read() as db:
        return next(one for one in environments.every(db, SERVICE) if one.name == name)


def a_finding(watch: Watch, name: str) -> int:
    with watch.database.read() as db:
        which = Filter(environment=named(watch, name).id)
        return findings(db, SERVICE, which, now=now()).findings[0].id


def said(text: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", text))


def test_what_is_another_teams_is_not_there(watch: Watch) -> None:
    one = of_team(watch, Role.ADMIN, "shop")
    theirs = named(watch, "payments/prod").id
    for path in (
        f"/environments/{theirs}",
        f"/findings/{a_finding(watch, 'payments/prod')}",
        f"/settings/environments/{theirs}",
    ):
        assert one.get(path).status_code == 404
    for path in (
        "/",
        "/map",
        "/environments",
        "/findings",
        "/runs",
        "/waivers",
        "/compare",
        "/trends",
        "/report",
        "/findings.csv",
    ):
        answer = one.get(path)
        assert answer.status_code == 200
        assert "payments" not in answer.text and "shipping" not in answer.text, path
    for act in ("run", "pause", "resume"):
        assert one.post(f"/environments/{theirs}/{act}").status_code == 404


def test_a_viewer_is_offered_no_acts_and_may_not_do_them(watch: Watch) -> None:
    viewer = of_team(watch, Role.VIEWER, "shop")
    one = named(watch, "orders/staging").id
    page = viewer.get(f"/environments/{one}").text
    assert "<button" not in page[page.index("<main") : page.index("</main>")]
    assert viewer.post(f"/environments/{one}/run").status_code == 403
    life = a_finding(watch, "orders/staging")
    assert f"/findings/{life}/waive" not in viewer.get(f"/findings/{life}").text
    assert (
        viewer.post(f"/findings/{life}/waive", data={"owner": "x", "reason": "x", "until": DAY}).status_code
        == 403
    )
    assert viewer.get("/settings/users").status_code == 403


def test_an_environment_is_run_paused_and_resumed(watch: Watch, admin: Client) -> None:
    one = named(watch, "catalog/dev")
    answer = admin.post(f"/environments/{one.id}/run")
    assert answer.status_code == 303
    assert "The run is queued." in admin.get(answer.headers["location"]).text
    assert admin.post(f"/environments/{one.id}/run").headers["location"].endswith("done=pending")
    with watch.database.read() as db:
        pending = runs.pending(db, one.id)
    assert pending is not None
    admin.post(f"/runs/{pending.id}/cancel")
    with watch.database.read() as db:
        found = runs.find(db, SERVICE, pending.id)
    assert found is not None and found.state is RunState.CANCELLED
    admin.post(f"/environments/{one.id}/pause")
    assert named(watch, "catalog/dev").paused
    assert "Resume" in admin.get(f"/environments/{one.id}").text
    admin.post(f"/environments/{one.id}/resume")
    assert not named(watch, "catalog/dev").paused


def test_a_finding_is_waived_extended_and_the_waiver_revoked(watch: Watch, admin: Client) -> None:
    life = a_finding(watch, "inventory/staging")
    wrong = admin.post(
        f"/findings/{life}/waive", data={"owner": "", "reason": "because", "until": "tomorrow"}
    )
    assert wrong.status_code == 422
    assert "is not a date; write it as 2027-01-31" in said(wrong.text).replace("&#39;", "'")
    assert "because" in wrong.text
    answer = admin.post(f"/findings/{life}/waive", data={"owner": "ben", "reason": "replaced", "until": DAY})
    assert answer.headers["location"] == f"/findings/{life}?done=waived"
    with watch.database.read() as db:
        made = waivers.every(db, SERVICE)[0]
    assert (made.owner, made.state, made.by) == ("ben", WaiverState.ACTIVE, "admin")
    assert "The finding is waived." in admin.get(answer.headers["location"]).text
    longer = {"until": "2027-06-01", "reason": "later"}
    assert admin.post(f"/waivers/{made.id}/extend", data=longer).headers["location"].endswith("done=extended")
    assert admin.post(f"/waivers/{made.id}/extend", data=longer).status_code == 409
    admin.post(f"/waivers/{made.id}/revoke")
    with watch.database.read() as db:
        found = waivers.find(db, SERVICE, made.id)
    assert found is not None and found.state is WaiverState.REVOKED


def test_exports_are_what_the_filter_selects(admin: Client) -> None:
    rows = list(csv.DictReader(io.StringIO(admin.get("/findings.csv?severity=critical").text)))
    assert rows and {row["severity"] for row in rows} == {"critical"}
    assert len(json.loads(admin.get("/findings.json?severity=critical").text)) == len(rows)
    sarif = admin.get("/findings.sarif?severity=critical")
    assert sarif.headers["content-type"].startswith("application/sarif+json")
    assert json.loads(sarif.text)["version"] == "2.1.0"


def test_what_is_no_filter_is_said(admin: Client) -> None:
    answer = admin.get("/findings?severity=terrible&state=fixed")
    assert "severity=terrible" in answer.text and "was left out" in answer.text
    assert admin.get("/findings?after=nonsense").headers["location"] == "/findings"
    assert admin.get("/compare?left=99999&right=1").status_code == 200


def test_an_environment_is_added_changed_and_removed(watch: Watch, admin: Client) -> None:
    form = {
        "source": "live",
        "new_team": "data",
        "service": "lake",
        "stage": "prod",
        "place": "2",
        "schedule": "6h",
        "objective": "86400000",
    }
    wrong = admin.post("/settings/environments/new", data=form)
    assert wrong.status_code == 422
    assert "url: it is missing" in wrong.text and 'value="lake"' in wrong.text
    form |= {"source.url": "https://lake.example.com"}
    assert admin.post("/settings/environments/new", data={**form, "schedule": "often"}).status_code == 422
    answer = admin.post("/settings/environments/new", data=form)
    assert answer.status_code == 303
    one = named(watch, "lake/prod")
    assert one.settings == {"url": "https://lake.example.com"}
    again = admin.post("/settings/environments/new", data={**form, "new_team": "", "team": str(one.team)})
    assert again.status_code == 422 and "choose another name" in again.text
    changed = {**form, "stage": "live", "differences": "hsts-sent, csp-sent"}
    admin.post(f"/settings/environments/{one.id}", data=changed)
    assert named(watch, "lake/live").differences == ("hsts-sent", "csp-sent")
    assert admin.post(f"/settings/environments/{one.id}/remove", data={"name": "lake"}).status_code == 422
    admin.post(f"/settings/environments/{one.id}/remove", data={"name": "lake/live"})
    assert admin.get(f"/environments/{one.id}").status_code == 404


def test_a_team_admin_adds_environments_to_the_own_team_alone(watch: Watch) -> None:
    one = of_team(watch, Role.ADMIN, "shop")
    with watch.database.begin() as db:
        other = teams.named(db, "payments")
    form = {
        "source": "pushed",
        "service": "gifts",
        "stage": "prod",
        "place": "2",
        "schedule": "",
        "objective": "86400000",
    }
    assert one.post("/settings/environments/new", data={**form, "team": str(other)}).status_code == 422
    assert one.post("/settings/environments/new", data={**form, "new_team": "mine"}).status_code == 422


def test_a_token_is_shown_once(watch: Watch, admin: Client) -> None:
    assert admin.post("/settings/tokens", data={"name": "ci"}).status_code == 422
    answer = admin.post("/settings/tokens", data={"name": "ci", "scope.push": "true", "until": DAY})
    (sent,) = set(re.findall(r"bt_[A-Za-z0-9_-]{20,}", answer.text))
    assert answer.headers["cache-control"] == "no-store"
    assert sent not in admin.get("/settings/tokens").text
    with watch.database.read() as db:
        (kept,) = [one for one in tokens.every(db) if one.name == "ci"]
    assert kept.scopes == ("push",) and sent.startswith(kept.hint)
    admin.post(f"/settings/tokens/{kept.id}/revoke")
    with watch.database.read() as db:
        assert tokens.one(db, kept.id) is None


def test_users_get_roles_and_the_last_administrator_stays(watch: Watch, admin: Client) -> None:
    answer = admin.post("/settings/users", data={"name": "dana", "role": "viewer", "over": "0.0"})
    assert answer.status_code == 200 and "Password of dana" in answer.text
    again = admin.post("/settings/users", data={"name": "dana", "role": "viewer", "over": "0.0"})
    assert again.status_code == 422
    with watch.database.read() as db:
        dana, me = users.named(db, "dana"), users.named(db, "admin")
    assert dana is not None and me is not None
    admin.post(f"/settings/users/{dana.id}/grant", data={"role": "operator", "over": "1.0"})
    with watch.database.read() as db:
        assert Grant(Role.OPERATOR, 1) in users.grants(db, dana.id)
    admin.post(f"/settings/users/{dana.id}/revoke", data={"over": "1.0"})
    admin.post(f"/settings/users/{dana.id}/disable")
    with watch.database.read() as db:
        assert users.grants(db, dana.id) == (Grant(Role.VIEWER),)
        assert users.find(db, dana.id).disabled  # type: ignore[union-attr]
    alone = admin.post(f"/settings/users/{me.id}/revoke", data={"over": "0.0"})
    assert alone.status_code == 422 and "last administrator" in alone.text


def test_a_channel_is_set_up_and_its_secrets_are_names(watch: Watch, admin: Client) -> None:
    form = {
        "kind": "slack",
        "name": "team chat",
        "over": "0.0",
        "severity": "high",
        "again": "0",
        "quiet": "",
    }
    bare = admin.post(
        "/settings/channels/new", data={**form, "kind.url": "https://hooks.slack.com/services/T0/B0/x"}
    )
    assert bare.status_code == 422 and "is a secret" in bare.text
    assert (
        admin.post(
            "/settings/channels/new", data={**form, "kind.url": "${ALERT_CHAT}", "quiet": "late"}
        ).status_code
        == 422
    )
    assert admin.post("/settings/channels/new", data={**form, "kind.url": "${ALERT_CHAT}"}).status_code == 303
    with watch.database.read() as db:
        (made,) = [one for one in channels.every(db) if one.name == "team chat"]
    tested = admin.post(f"/settings/channels/{made.id}/test")
    assert tested.status_code == 502 and "the secret ALERT_CHAT is not set" in tested.text
    assert of_team(watch, Role.ADMIN, "shop").get(f"/settings/channels/{made.id}").status_code == 404
    admin.post(f"/settings/channels/{made.id}/remove")
    assert admin.get(f"/settings/channels/{made.id}").status_code == 404


def test_acts_are_in_the_audit_log(watch: Watch, admin: Client) -> None:
    one = named(watch, "accounts/dev")
    admin.post(f"/environments/{one.id}/run")
    admin.post("/settings/tokens", data={"name": "audited", "scope.read": "true"})
    answer = admin.get("/settings/audit?verify=1")
    assert "The chain is whole." in answer.text
    assert "run requested" in answer.text and "token created" in answer.text
    assert one.name in answer.text


def test_the_theme_is_chosen_without_javascript(admin: Client) -> None:
    answer = admin.post("/theme", data={"theme": "dark", "next": "//evil.example.com"})
    assert answer.headers["location"] == "/"
    assert 'data-theme="dark"' in admin.get("/map").text
    admin.post("/theme", data={"theme": "", "next": "/map"})
    assert "data-theme" not in admin.get("/map").text


@pytest.mark.parametrize("role", [Role.ADMIN, Role.VIEWER])
def test_an_empty_service_says_what_to_do_next(tmp_path: Path, role: Role) -> None:
    watch = Watch(sqlite(tmp_path), Settings(folder=tmp_path))
    one = browser(application(watch), watch.database, Grant(role))
    for path in ("/", "/map", "/environments"):
        page = one.get(path).text
        assert "No environment yet" in page
        assert ("Add an environment</a>" in page) == (role is Role.ADMIN)
    for path in (
        "/findings",
        "/compare",
        "/trends",
        "/waivers",
        "/runs",
        "/report",
        "/settings",
        "/settings/tokens",
    ):
        assert one.get(path).status_code == 200
    watch.database.close()


def test_what_others_wrote_is_escaped(watch: Watch, admin: Client) -> None:
    form = {
        "source": "pushed",
        "new_team": "<b>x",
        "service": "<script>alert(1)</script>",
        "stage": "a",
        "place": "1",
        "schedule": "",
        "objective": "86400000",
    }
    assert admin.post("/settings/environments/new", data=form).status_code == 422  # a slash
    form |= {"service": '"><script src=x>'}
    assert admin.post("/settings/environments/new", data=form).status_code == 303
    for path in ("/environments", "/map", "/", "/compare", "/settings/users"):
        assert "<script src=x>" not in admin.get(path).text
