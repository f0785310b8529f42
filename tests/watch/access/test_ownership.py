"""Two teams by everything that a setting can name: nothing of the other's is taken, when it is written and when it is used.

The rows are made of the records of settings and of the fields of channels, so that what is new is a row by itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import fields, replace
from pathlib import Path

import pytest

from batten.watch.alerts import loop
from batten.watch.alerts.addresses import Undelivered
from batten.watch.alerts.sending import kind_of
from batten.watch.assess.assessment import AssessProblem, assess
from batten.watch.assess.sources import SAYS, Live, Pushed, Repository, Says, Traffic, source_of
from batten.watch.model import (
    SERVICE,
    Asset,
    Assignment,
    Channel,
    ChannelKind,
    Environment,
    Grant,
    Owned,
    Role,
    Source,
)
from batten.watch.pages.sources import PREFIX
from batten.watch.schedule import acts
from batten.watch.store import assignments, channels, environments
from watch_sessions import Client, browser
from watch_two_teams import CONTRACT, TwoTeams, listening

RECORDS: Mapping[Source, type] = {
    Source.LIVE: Live,
    Source.REPOSITORY: Repository,
    Source.PUSHED: Pushed,
    Source.TRAFFIC: Traffic,
}
ROWS = [
    (source, part.name, SAYS[record][part.name])
    for source, record in RECORDS.items()
    for part in fields(record)
]
OWNED = (Says.SECRET, Says.SECRETS, Says.PATH, Says.TRAFFIC)
NAMING = [row for row in ROWS if row[2] in OWNED]
ADDRESSES = [row for row in ROWS if row[2] is Says.ADDRESS]
ENVIRONMENTS, CHANNELS = "/api/v1/environments", "/api/v1/channels"
THEIRS, THERE = "127.9.0.0/16", "127.9.9.9"  # a network of one team, and an address in it
REFUSED = "is not assigned to the team"


@pytest.fixture
def two(tmp_path: Path) -> TwoTeams:
    return TwoTeams(tmp_path, "127.0.0.0/8")


@pytest.fixture
def bank(two: TwoTeams) -> Client:
    """The administrator of the team bank."""
    return browser(two.app, two.database, Grant(Role.ADMIN, two.bank), name="eve")


def usual(two: TwoTeams, source: Source, team: str = "bank") -> dict[str, str]:
    """Settings of a source that a team may write."""
    match source:
        case Source.LIVE:
            return {"url": "http://127.0.0.1:9"}
        case Source.REPOSITORY:
            return {"url": str(two.repositories / team)}
        case Source.PUSHED:
            return {}
        case Source.TRAFFIC:
            return {"file": f"{team}.db", "contract": CONTRACT}


def naming(two: TwoTeams, source: Source, setting: str, says: Says, team: str) -> dict[str, str]:
    """Settings of a source, one of which names what is a team's."""
    given = usual(two, source)
    match says:
        case Says.SECRETS:
            value = f"Accept: a\nAuthorization: Bearer ${{TARGET_{team.upper()}}}"
        case Says.SECRET:
            value = f"TARGET_{team.upper()}"
        case Says.TRAFFIC:
            value = f"{team}.db"
        case Says.PATH if setting == "url":
            value = str(two.repositories / team)
        case Says.PATH:
            value = str(two.top / "keys" / team / "id")
        case _:
            raise AssertionError(f"{setting}: how does it name what is a team's?")
    return {**given, setting: value}


def wanted(two: TwoTeams, source: Source, settings: dict[str, str]) -> dict[str, object]:
    return {"team": two.bank, "service": "pay", "stage": "dev", "source": source.value, "settings": settings}


def used(two: TwoTeams, number: int, owned: Owned | None = None) -> object:
    """What comes of an assessment, by what the environment's team owns now."""
    with two.database.read() as db:
        one = environments.find(db, SERVICE, number)
        assert one is not None
        theirs = assignments.owned(db, one.team)
    return assess(one, two.watch.settings, lambda line: None, lambda: False, owned or theirs)


def test_every_setting_says_what_it_names() -> None:
    assert set(SAYS) == set(RECORDS.values())
    for record, says in SAYS.items():
        assert says.keys() == {part.name for part in fields(record)}
    assert {says for *_, says in ROWS} == set(Says)


@pytest.mark.parametrize(("source", "setting", "says"), NAMING)
def test_no_environment_names_what_is_anothers(
    two: TwoTeams, bank: Client, source: Source, setting: str, says: Says
) -> None:
    own, others = (naming(two, source, setting, says, team) for team in ("bank", "shop"))
    refused = bank.post(ENVIRONMENTS, json=wanted(two, source, others))
    assert refused.status_code == 422 and REFUSED in refused.text, refused.text
    made = bank.post(ENVIRONMENTS, json=wanted(two, source, own))
    assert made.status_code == 201, made.text
    place, change = made.headers["location"], {"Content-Type": "application/merge-patch+json"}
    change["If-Match"] = made.headers["etag"]
    changed = bank.request("PATCH", place, json={"settings": others}, headers=change)
    assert changed.status_code == 422 and REFUSED in changed.text
    form = {"service": "pay", "stage": "dev", "place": "1", "objective": "86400000", "csrf": bank.csrf}
    sent = form | {PREFIX + name: value for name, value in others.items()}
    page = bank.post(f"/settings/environments/{made.json()['id']}", data=sent)
    assert page.status_code == 422 and REFUSED in page.text
    new = bank.post("/settings/environments/new", data=sent | {"source": source.value, "team": str(two.bank)})
    assert new.status_code == 422 and REFUSED in new.text
    assert bank.get(place).json()["settings"] == own
    with pytest.raises(AssessProblem, match=REFUSED):  # as a restored backup may have it
        used(two, two.environment(source, others))


@pytest.mark.parametrize(("source", "setting", "says"), NAMING)
def test_what_an_environment_names_stays_behind_when_it_moves(
    two: TwoTeams, source: Source, setting: str, says: Says
) -> None:
    theirs = naming(two, source, setting, says, "shop") | (
        {"url": str(two.repositories / "shop")} if source is Source.REPOSITORY else {}
    )
    number = two.environment(source, theirs, two.shop)
    both = browser(two.app, two.database, Grant(Role.ADMIN, environment=number), Grant(Role.ADMIN, two.bank))
    read = both.get(f"{ENVIRONMENTS}/{number}")
    change = {"Content-Type": "application/merge-patch+json", "If-Match": read.headers["etag"]}
    moved = both.request("PATCH", f"{ENVIRONMENTS}/{number}", json={"team": two.bank}, headers=change)
    assert moved.status_code == 422 and REFUSED in moved.text
    renamed = both.request("PATCH", f"{ENVIRONMENTS}/{number}", json={"service": "pay2"}, headers=change)
    assert renamed.status_code == 200, renamed.text
    with two.database.begin() as db:  # as somebody with the database could
        one = environments.find(db, SERVICE, number)
        assert one is not None
        environments.change(db, replace(one, team=two.bank))
    with pytest.raises(AssessProblem, match=REFUSED):
        used(two, number)


@pytest.mark.parametrize(("source", "setting", "says"), NAMING)
def test_what_is_withdrawn_is_used_no_more(two: TwoTeams, source: Source, setting: str, says: Says) -> None:
    own = naming(two, source, setting, says, "bank")
    number = two.environment(source, own)
    for one in two.owned(two.bank).assignments:
        if one.team == two.bank:
            two.withdraw(one.asset, one.name, one.team)
    with pytest.raises(AssessProblem, match=REFUSED):
        used(two, number)


@pytest.mark.parametrize(("source", "setting", "says"), NAMING)
def test_what_is_assigned_to_nobody_is_nobodys(
    two: TwoTeams, bank: Client, source: Source, setting: str, says: Says
) -> None:
    given = naming(two, source, setting, says, "nobody")
    for value in (two.repositories / "nobody", two.top / "keys/nobody"):
        value.mkdir()
    answer = bank.post(ENVIRONMENTS, json=wanted(two, source, given))
    assert answer.status_code == 422 and REFUSED in answer.text
    with pytest.raises(AssessProblem, match=REFUSED):
        used(two, two.environment(source, given))


@pytest.mark.parametrize(("source", "setting", "says"), ADDRESSES)
def test_no_environment_reaches_what_is_in_anothers_network(
    two: TwoTeams, source: Source, setting: str, says: Says
) -> None:
    two.assign(Asset.NETWORK, THEIRS, two.shop)
    with listening(host=THERE) as server, listening() as other:
        url, mine = f"http://{THERE}:{server.port}", f"http://127.0.0.1:{other.port}"
        given = {
            "url": {"url": url},
            "plain": {"url": mine, "plain": url},
            "stores": {"url": mine, "stores": f"redis://{THERE}:{server.port}"},
            "tls": {"url": mine, "tls": f"smtps://{THERE}:{server.port}"},
            "allow": {"url": str(two.repositories / "bank"), "allow": url, "environment": "prod"},
        }[setting]
        (two.repositories / "bank/batten.yaml").write_text(
            f"environments:\n  prod:\n    url: {url}\n    rate: 1000\n    budget: 60\n"
        )
        few = {"rate": "1000", "timeout": "3"} if source is Source.LIVE else {}
        number = two.environment(source, given | few)
        with suppress(AssessProblem):
            used(two, number)
        assert server.heard == []
        two.assign(Asset.NETWORK, THEIRS, two.bank)
        with suppress(AssessProblem):  # it answers nothing that makes sense
            used(two, number)
        assert server.heard


def channel(kind: ChannelKind, **settings: str) -> dict[str, str]:
    """Settings of a kind, with the secrets of the team bank."""
    needed = {
        name: "${ALERT_BANK}" if field.secret else "587" if name == "port" else "http://127.0.0.1:9"
        for name, field in kind_of(kind).fields.items()
        if field.required or field.secret
    }
    return {**needed, **settings}


FIELDS = [(kind, name) for kind in ChannelKind for name in kind_of(kind).fields]


@pytest.mark.parametrize(("kind", "name"), FIELDS)
def test_no_channel_names_what_is_anothers(two: TwoTeams, bank: Client, kind: ChannelKind, name: str) -> None:
    secret = kind_of(kind).fields[name].secret
    written = "${ALERT_%s}" if secret else "http://127.0.0.1:9/${ALERT_%s}"
    own, others, nobodys = (channel(kind, **{name: written % team}) for team in ("BANK", "SHOP", "NOBODY"))
    new = {"name": "hook", "kind": kind.value, "team": two.bank}
    made = bank.post(CHANNELS, json={**new, "settings": own})
    assert made.status_code == 201, made.text
    change = {"Content-Type": "application/merge-patch+json", "If-Match": made.headers["etag"]}
    for settings in (others, nobodys):
        answer = bank.post(CHANNELS, json={**new, "name": "other", "settings": settings})
        assert answer.status_code == 422 and REFUSED in answer.text
        place = made.headers["location"]
        changed = bank.request("PATCH", place, json={"settings": settings}, headers=change)
        assert changed.status_code == 422 and REFUSED in changed.text
        form = {"name": "third", "kind": kind.value, "over": f"{two.bank}.0", "csrf": bank.csrf}
        sent = form | {f"kind.{key}": value for key, value in settings.items()}
        page = bank.post("/settings/channels/new", data=sent)
        assert page.status_code == 422 and REFUSED in page.text
        row = Channel(name="restored", kind=kind, settings=settings, team=two.bank)
        with pytest.raises(Undelivered, match=REFUSED):  # as a restored backup may have it
            loop.test(two.watch, row, "eve")


def test_a_channel_follows_its_environment(two: TwoTeams) -> None:
    number = two.environment(Source.PUSHED, {}, two.shop)
    with listening() as server, two.database.begin() as db:
        url = f"http://127.0.0.1:{server.port}"
        hook = Channel(
            name="a",
            kind=ChannelKind.WEBHOOK,
            settings={"url": url, "secret": "${ALERT_SHOP}"},
            environment=number,
        )
        hook = replace(hook, id=channels.add(db, hook))
    with listening() as server:
        hook = replace(hook, settings={**hook.settings, "url": f"http://127.0.0.1:{server.port}"})
        with pytest.raises(Undelivered, match="status 404"):
            loop.test(two.watch, hook, "ann")
        assert server.heard
        server.heard.clear()
        with two.database.begin() as db:
            one = environments.find(db, SERVICE, number)
            assert one is not None
            environments.change(db, replace(one, team=two.bank))
        with pytest.raises(Undelivered, match=REFUSED):
            loop.test(two.watch, hook, "ann")
        assert server.heard == []


@pytest.mark.parametrize("kind", ChannelKind)
def test_no_channel_reaches_what_is_in_anothers_network(two: TwoTeams, kind: ChannelKind) -> None:
    two.assign(Asset.NETWORK, "127.0.0.0/8", two.shop)
    with listening() as server:
        url = f"http://127.0.0.1:{server.port}/in"
        hook = url if kind is not ChannelKind.APPRISE else url.replace("http", "json")
        given = {"url": url, "host": "127.0.0.1", "port": str(server.port)}
        own = {
            name: given[name]
            for name, field in kind_of(kind).fields.items()
            if name in given and not field.secret
        }
        row = Channel(name="a", kind=kind, settings=channel(kind, **own), team=two.bank)
        if any(field.secret and name == "url" for name, field in kind_of(kind).fields.items()):
            two.secret("ALERT_BANK", hook)
        with pytest.raises(Undelivered):
            loop.test(two.watch, row, "eve")
        assert server.heard == []
        two.assign(Asset.NETWORK, "127.0.0.0/8", two.bank)
        with pytest.raises(Undelivered):
            loop.test(two.watch, row, "eve")
        assert server.heard


def test_only_administrators_of_everything_assign(two: TwoTeams, bank: Client) -> None:
    mine = {"asset": "secret", "name": "TARGET_SHOP", "team": two.bank}
    assert bank.post("/api/v1/assignments", json=mine).status_code == 403
    assert bank.get("/api/v1/assignments").status_code == 403
    assert bank.request("DELETE", "/api/v1/assignments", params={**mine, "team": two.shop}).status_code == 403
    assert bank.get("/settings/assignments").status_code == 403
    assert bank.post("/settings/assignments", data={**mine, "csrf": bank.csrf}).status_code == 403
    everything = browser(two.app, two.database, Grant(Role.ADMIN))
    answer = everything.post("/api/v1/assignments", json=mine)
    assert answer.status_code == 200 and mine in answer.json()["items"]
    assert "TARGET_SHOP" in everything.get("/settings/assignments").text
    gone = everything.request("DELETE", "/api/v1/assignments", params=mine)
    assert gone.status_code == 200 and mine not in gone.json()["items"]
    assert everything.request("DELETE", "/api/v1/assignments", params=mine).status_code == 422


@pytest.mark.parametrize(
    ("asset", "name"),
    [
        ("secret", "PATH"), ("secret", "${TARGET_A}"), ("secret", "target_a"), ("path", "srv"), ("path", "/srv/../etc"),
        ("traffic", "../a"), ("network", "10.0.0.1/8"), ("network", "::ffff:10.0.0.0/104"), ("network", "shop"),
    ],
)  # fmt: skip
def test_what_no_setting_can_name_is_not_assigned(two: TwoTeams, asset: str, name: str) -> None:
    everything = browser(two.app, two.database, Grant(Role.ADMIN))
    new = {"asset": asset, "name": name, "team": two.bank}
    assert everything.post("/api/v1/assignments", json=new).status_code == 422


def test_what_the_only_team_names_stays_its_own_when_there_is_another(two: TwoTeams, tmp_path: Path) -> None:
    alone = TwoTeams(tmp_path / "alone")
    with alone.database.begin() as db:
        for one in assignments.every(db):
            assignments.remove(db, one)
        db.exec_driver_sql("DELETE FROM team WHERE name = 'bank'")
        settings = {"url": "https://a.example", "headers": "X-Key: ${TARGET_SHOP}"}
        acts.create(db, SERVICE, _environment(alone.shop, settings), 0)  # nothing has to be assigned
        channels.add(
            db,
            Channel(name="a", kind=ChannelKind.SLACK, settings={"url": "${ALERT_SHOP}"}, team=alone.shop),
        )
        assert not acts.unassigned(db)
        number = acts.create_team(db, SERVICE, "new", 0).id
        assert {(one.name, one.team) for one in assignments.every(db)} == {
            ("TARGET_SHOP", alone.shop),
            ("ALERT_SHOP", alone.shop),
        }
        assert not acts.unassigned(db)
        with pytest.raises(acts.ActProblem, match=REFUSED):
            acts.create(db, SERVICE, _environment(number, settings), 0)
        environments.add(db, replace(_environment(number, settings), created=0))
        assert acts.unassigned(db) == [Assignment(asset=Asset.SECRET, name="TARGET_SHOP", team=number)]


def _environment(team: int, settings: Mapping[str, str]) -> Environment:
    return Environment(team=team, service="a", stage="b", source=Source.LIVE, settings=settings)


def test_a_channel_of_everything_names_what_is_assigned_to_nobody_or_to_it(two: TwoTeams) -> None:
    with two.database.read() as db:
        everything = assignments.owned(db, 0)
        assert "ALERT_SHOP" in everything.refusal(acts.named_by({"url": "${ALERT_SHOP}"}))
        assert not everything.refusal(acts.named_by({"url": "${ALERT_NOBODY}"}))
    two.assign(Asset.SECRET, "ALERT_SHOP", 0)
    assert not two.owned(0).refusal(acts.named_by({"url": "${ALERT_SHOP}"}))


def test_nobody_owns_what_no_team_is_named_for() -> None:
    assert Owned().refusal(acts.named_by({"url": "${ALERT_A}"}))


def test_settings_that_are_right_stay_so(two: TwoTeams) -> None:
    for source in Source:
        source_of(source, usual(two, source))
    found = used(two, two.environment(Source.REPOSITORY, usual(two, Source.REPOSITORY)))
    assert found.places == {"nginx.conf"}  # type: ignore[attr-defined]


def test_the_documentation_lists_everything_that_a_setting_can_name() -> None:
    page = (Path(__file__).parents[3] / "docs/watch.md").read_text()
    table = page.partition("### Whose secrets")[2].partition("### ")[0]
    for source, setting, says in ROWS:
        if says is not Says.ITSELF:
            kind = "address" if says is Says.ADDRESS else says.value.removesuffix("s")
            rows = [row for row in table.splitlines() if f"{source.value}:" in row and f"`{setting}`" in row]
            assert any(kind in row for row in rows), (source, setting)
