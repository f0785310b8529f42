"""One finding whole: its life, its evidence, what to do, and where else it is."""

from __future__ import annotations

from batten.model import Exchange
from batten.watch.ledger.details import Detail, Mending, packed
from batten.watch.ledger.waiving import Terms
from batten.watch.model import DAY, SERVICE, Happening, LifeState, Side
from batten.watch.store import waivers
from batten.watch.store.database import Database
from batten.watch.store.questions.filters import EVERY, Filter
from batten.watch.store.questions.findings import findings
from batten.watch.store.questions.one_finding import Told, one
from watch_assessments import seen, settled, whole
from watch_stores import environment

NOW = 100 * DAY


def told(store: Database, environment: int) -> Told:
    with store.read() as db:
        which = Filter(environment=environment, states=EVERY, waived=None)
        (listed,) = findings(db, SERVICE, which, now=NOW).findings
        found = one(db, SERVICE, listed.id, now=NOW)
    assert found is not None and found.finding == listed
    return found


def test_its_whole_life(store: Database) -> None:
    prod, staging = environment(store), environment(store, stage="staging", place=1)
    fix = Mending(title="send it", safety="risky", diff="+add_header")
    detail = Detail(why="it matters", exchange=Exchange("GET /", "200"), reach=("internet", "edge"), fix=fix)
    finding = seen(place="a b/nginx.conf", detail=packed(detail))
    settled(store, staging, whole(finding), DAY)
    for at, found in ((2, [finding]), (5, []), (7, [finding])):
        settled(store, prod, whole(*found), at * DAY)
    life = told(store, prod)
    assert life.detail == detail and life.why == "it matters"
    assert life.command == "batten fix --control hsts-sent --risky 'a b/nginx.conf'"
    assert [(time.opened, time.closed) for time in life.times] == [(2 * DAY, 5 * DAY), (7 * DAY, None)]
    assert life.open_for == 3 * DAY + 93 * DAY and life.finding.regressed == 1
    assert [where.environment.stage for where in life.elsewhere] == ["staging"] and life.in_environments == 1
    assert [event.what for event in life.events] == [
        Happening.FINDING_NEW, Happening.FINDING_FIXED, Happening.FINDING_REGRESSED,
    ]  # fmt: skip
    with store.begin() as db:
        waivers.propose(
            db, SERVICE, life.finding.id, Terms(owner="ben", reason="soon", until=NOW + DAY), 8 * DAY
        )
    after = told(store, prod)
    assert [waiver.owner for waiver in after.waivers] == ["ben"] and after.finding.waived == NOW + DAY


def test_without_a_fix_it_says_how_to_repair_it_by_hand(store: Database) -> None:
    prod = environment(store)
    settled(store, prod, whole(seen(side=Side.OBSERVED, place="https://orders/", detail=b"not json")), DAY)
    life = told(store, prod)
    assert life.command == "batten explain hsts-sent" and life.detail == Detail()
    assert life.why and life.references and life.finding.state is LifeState.OPEN


def test_there_is_none(store: Database) -> None:
    with store.read() as db:
        assert one(db, SERVICE, 99, now=NOW) is None
