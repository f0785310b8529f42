"""What to do first: one entry a cause, in the order in which it should be done."""

from __future__ import annotations

from batten.model import Severity
from batten.watch.ledger.details import Detail, Mending, packed
from batten.watch.ledger.waiving import Terms
from batten.watch.model import DAY, SERVICE, LifeState
from batten.watch.store import waivers
from batten.watch.store.database import Database
from batten.watch.store.questions.filters import ALL, Filter, Reach
from batten.watch.store.questions.findings import findings
from batten.watch.store.questions.today import Firsts, first
from watch_assessments import seen, settled, whole
from watch_stores import environment

NOW = 100 * DAY


def asked(store: Database, which: Filter = ALL, most: int = 10) -> Firsts:
    with store.read() as db:
        return first(db, SERVICE, which, now=NOW, most=most)


def test_a_cause_is_one_entry_with_all_its_places(store: Database) -> None:
    prod, staging = environment(store), environment(store, stage="staging", place=1)
    fix = packed(Detail(advice="Send it.", fix=Mending(title="send it", safety="risky")))
    settled(store, prod, whole(seen(detail=fix), seen(pointer="server[2]", detail=fix)), 2 * DAY)
    settled(store, staging, whole(seen(detail=fix)), DAY)
    (one,) = asked(store).causes
    assert (one.control, one.places, one.in_environments, one.since) == ("hsts-sent", 3, 2, DAY)
    assert [where.stage for where in one.environments] == ["prod", "staging"]
    assert one.environments[0].production and not one.environments[1].production
    assert (one.safety, one.advice, one.family) == ("risky", "Send it.", "transport")
    assert one.message == "`server` and `server[2]` break hsts-sent"


def test_the_order_is_severity_reach_production_spread_and_age(store: Database) -> None:
    prod, staging = environment(store), environment(store, stage="staging", place=1)
    high = {"severity": Severity.HIGH}
    in_prod = [
        seen("a", cause="public", public=True, **high),
        seen("b", cause="prod, old", **high),
        seen("c", cause="everywhere", **high),
        seen("d", cause="inside", public=False, **high),
        seen("e", cause="critical", severity=Severity.CRITICAL, public=False),
    ]
    in_staging = [seen("c", cause="everywhere", **high), seen("f", cause="staging", **high)]
    settled(store, prod, whole(*in_prod), DAY)
    settled(store, staging, whole(*in_staging), DAY)
    settled(store, prod, whole(*in_prod, seen("g", cause="prod, new", **high)), 2 * DAY)
    found = asked(store)
    order = ["critical", "public", "everywhere", "prod, old", "prod, new", "staging", "inside"]
    assert [one.cause for one in found.causes] == order and not found.more
    some = asked(store, most=2)
    assert [one.cause for one in some.causes] == order[:2] and some.more
    six = dict.fromkeys(reversed(Severity), 0) | {Severity.CRITICAL: 1, Severity.HIGH: 6}
    assert found.counts == some.counts == six


def test_what_is_fixed_waived_or_does_not_count_is_not_to_be_done(store: Database) -> None:
    prod = environment(store)
    three = [seen("a"), seen("b"), seen("c", counts=False)]
    settled(store, prod, whole(*three, seen("d")), DAY)
    settled(store, prod, whole(*three, judged=("a", "b", "c", "d")), 2 * DAY)
    with store.begin() as db:
        life = next(one for one in findings(db, SERVICE, now=NOW).findings if one.control == "a")
        terms = Terms(owner="amira", reason="a test machine", until=NOW + DAY)
        waivers.propose(db, SERVICE, life.id, terms, 3 * DAY)
    assert [one.control for one in asked(store).causes] == ["b"]
    assert [one.control for one in asked(store, Filter(waived=True)).causes] == ["a"]
    assert {one.control for one in asked(store, Filter(counts=None)).causes} == {"b", "c"}
    with store.read() as db:
        assert len(first(db, SERVICE, now=NOW + 2 * DAY).causes) == 2  # the waiver has ended
    settled(store, prod, whole(seen("a", value="another"), seen("b")), 4 * DAY)
    assert {one.control for one in asked(store).causes} == {"a", "b"}  # another value than the one waived


def test_filters_narrow(store: Database) -> None:
    prod, other = environment(store), environment(store, "payments", team="bank")
    settled(store, prod, whole(seen("hsts-sent", public=True), seen("own-control", cause="x")), DAY)
    settled(store, other, whole(seen("cors-closed", severity=Severity.LOW)), DAY)
    slugs = {
        "family": (Filter(family="transport"), {"hsts-sent"}),
        "other family": (Filter(family="other", team=0, service="orders"), {"own-control"}),
        "no such family": (Filter(family="nothing"), set()),
        "reach": (Filter(reach=Reach.PUBLIC), {"hsts-sent"}),
        "severity": (Filter(severity=Severity.MEDIUM), {"hsts-sent", "own-control"}),
        "service": (Filter(service="payments"), {"cors-closed"}),
        "environment": (Filter(environment=other), {"cors-closed"}),
        "stage": (Filter(stage="staging"), set()),
        "text": (Filter(text="CORS"), {"cors-closed"}),
        "text of the service": (Filter(text="ORDER"), {"hsts-sent", "own-control"}),
        "text is no pattern": (Filter(text="%"), set()),
        "state": (Filter(states=frozenset([LifeState.FIXED])), set()),
    }
    for name, (which, expected) in slugs.items():
        assert {one.control for one in asked(store, which).causes} == expected, name


def test_a_database_without_findings_has_nothing_to_do(store: Database) -> None:
    nothing = dict.fromkeys(reversed(Severity), 0)
    assert asked(store) == Firsts(causes=(), more=False, counts=nothing)
