"""Waivers in the database: who may, what they are pinned to, what is told of them, and when they end."""

from __future__ import annotations

from dataclasses import replace

import pytest

from batten.watch.ledger.waiving import ENDING, LONGEST, Terms, WaiverProblem
from batten.watch.model import DAY, SERVICE, Caller, Event, Grant, Happening, Life, Role, Waiver, WaiverState
from batten.watch.store import events, lives, waivers
from batten.watch.store.database import Database
from watch_assessments import seen, settled, whole
from watch_stores import environment

NOW = 1_000 * DAY
ANN = Caller(name="ann", user=1, grants=(Grant(Role.OPERATOR),))
BOB = Caller(name="bob", user=2, grants=(Grant(Role.OPERATOR),))
TERMS = Terms(owner="ann", reason="behind a VPN", ticket="OPS-1", until=NOW + 30 * DAY)


def standing(store: Database, number: int) -> Life:
    with store.read() as db:
        return lives.standing(db, number)[0]


def told(store: Database, *kinds: str) -> list[Event]:
    with store.read() as db:
        return [
            e for e in events.after(db, SERVICE, 0, 1000) if e.what.value.startswith(kinds or ("waiver",))
        ]


def waived(store: Database, number: int, four_eyes: bool = False) -> Waiver:
    """The waiver of the finding that stands."""
    with store.begin() as db:
        return waivers.propose(db, ANN, standing(store, number).id, TERMS, NOW, four_eyes)


def in_effect(store: Database, now: int = NOW, caller: Caller = SERVICE) -> list[int]:
    with store.read() as db:
        every = [one.id for one in waivers.every(db, caller)]
        return sorted(waivers.accepting(db, every, now))


def test_a_waiver_is_of_the_value_seen(store: Database) -> None:
    number = environment(store)
    settled(store, number, whole(seen(value="a")), NOW)
    one = waived(store, number)
    assert in_effect(store) == [one.id]
    settled(store, number, whole(seen(value="b")), NOW + 1)
    assert in_effect(store) == []
    (event,) = told(store)
    assert (event.what, event.life) == (Happening.VALUE_CHANGED, standing(store, number).id)
    assert event.data["waiver"] == str(one.id)
    settled(store, number, whole(seen(value="a")), NOW + 2)
    assert in_effect(store) == [one.id] and len(told(store)) == 1


def test_a_waiver_of_what_is_fixed_is_told_of_once(store: Database) -> None:
    number = environment(store)
    settled(store, number, whole(seen()), NOW)
    one = waived(store, number)
    settled(store, number, whole(), NOW + 1)
    settled(store, number, whole(), NOW + 2)
    assert [(e.what, e.data["waiver"]) for e in told(store)] == [(Happening.WAIVER_UNUSED, str(one.id))]
    assert in_effect(store) == []


def test_a_waiver_follows_a_renamed_file(store: Database) -> None:
    number = environment(store)
    settled(store, number, whole(seen(place="old.conf")), NOW)
    one = waived(store, number)
    settled(store, number, whole(seen(place="new.conf")), NOW + 1)
    assert in_effect(store) == [one.id] and not told(store)


def test_four_eyes(store: Database) -> None:
    number = environment(store)
    settled(store, number, whole(seen()), NOW)
    one = waived(store, number, four_eyes=True)
    assert one.state is WaiverState.PROPOSED and in_effect(store) == []
    token = replace(ANN, name="ann's token", token=9)
    with store.begin() as db:
        for same in (ANN, token):
            with pytest.raises(WaiverProblem, match="cannot approve"):
                waivers.approve(db, same, one.id, NOW)
        assert waivers.approve(db, BOB, one.id, NOW).approved == "bob"
        with pytest.raises(WaiverProblem, match="is active"):
            waivers.approve(db, BOB, one.id, NOW)
    assert in_effect(store) == [one.id]
    with store.begin() as db:
        longer = waivers.extend(db, BOB, one.id, NOW + 60 * DAY, "not yet", NOW, four_eyes=True)
        with pytest.raises(WaiverProblem, match="waits for approval"):
            waivers.extend(db, ANN, one.id, NOW + 90 * DAY, "not yet", NOW, four_eyes=True)
    assert in_effect(store) == [one.id]
    with store.begin() as db:
        with pytest.raises(WaiverProblem, match="cannot approve"):
            waivers.approve(db, BOB, longer.id, NOW)
        waivers.approve(db, ANN, longer.id, NOW)
        former = waivers.find(db, SERVICE, one.id)
        assert former is not None and former.state is WaiverState.REVOKED
    assert in_effect(store) == [longer.id] and in_effect(store, NOW + 59 * DAY) == [longer.id]


def test_what_has_changed_meanwhile_is_not_approved(store: Database) -> None:
    number = environment(store)
    settled(store, number, whole(seen(value="a")), NOW)
    one = waived(store, number, four_eyes=True)
    for now, found in ((NOW + 1, [seen(value="b")]), (NOW + 2, [])):
        settled(store, number, whole(*found), now)
        with store.begin() as db, pytest.raises(WaiverProblem, match="has changed or is fixed"):
            waivers.approve(db, BOB, one.id, now)
    settled(store, number, whole(seen(value="a")), NOW + 3)
    with store.begin() as db:
        assert waivers.approve(db, BOB, one.id, NOW + 3).state is WaiverState.ACTIVE


def test_what_is_refused(store: Database) -> None:
    number = environment(store)
    settled(store, number, whole(seen()), NOW)
    life, viewer = standing(store, number).id, Caller(name="v", user=3, grants=(Grant(Role.VIEWER),))
    other = Caller(name="o", user=4, grants=(Grant(Role.ADMIN, environment=number + 1),))
    refused: list[tuple[Caller, int, Terms, str]] = [
        (viewer, life, TERMS, "not yours"),
        (other, life, TERMS, "not yours"),
        (ANN, life + 9, TERMS, "no such finding"),
        (ANN, life, replace(TERMS, reason=" \n"), "no reason"),
        (ANN, life, replace(TERMS, owner=""), "no owner"),
        (ANN, life, replace(TERMS, reason="x" * 2001), "longer than 2000"),
        (ANN, life, replace(TERMS, until=NOW), "in the past"),
        (ANN, life, replace(TERMS, until=NOW + LONGEST + 1), "366 days"),
    ]
    for caller, of, terms, why in refused:
        with store.begin() as db, pytest.raises(WaiverProblem, match=why):
            waivers.propose(db, caller, of, terms, NOW)
    one = waived(store, number)
    with store.begin() as db:
        with pytest.raises(WaiverProblem, match="has a waiver already"):
            waivers.propose(db, BOB, life, TERMS, NOW)
        with pytest.raises(WaiverProblem, match="not later"):
            waivers.extend(db, ANN, one.id, TERMS.until, "again", NOW)
        for act in (waivers.revoke, waivers.approve):
            with pytest.raises(WaiverProblem, match="not yours"):
                act(db, viewer, one.id, NOW)
        assert waivers.revoke(db, ANN, one.id, NOW).ended_by == "ann"
        with pytest.raises(WaiverProblem, match="revoked already"):
            waivers.revoke(db, ANN, one.id, NOW)
        assert waivers.find(db, other, one.id) is None
    settled(store, number, whole(), NOW + 1)
    with store.begin() as db, pytest.raises(WaiverProblem, match="nothing to waive"):
        waivers.propose(db, ANN, life, TERMS, NOW)


def test_waivers_end(store: Database) -> None:
    number = environment(store)
    settled(store, number, whole(seen()), NOW)
    one = waived(store, number)
    early, late = TERMS.until - ENDING, TERMS.until
    with store.begin() as db:
        assert waivers.warn(db, early - 1) == [] and waivers.expire(db, late - 1) == []
        assert [w.id for w in waivers.warn(db, early)] == [one.id]
        assert waivers.warn(db, early + 1) == []
        waivers.extend(db, ANN, one.id, late + DAY, "one day more", early)
        assert [w.id for w in waivers.warn(db, late)] == [one.id]
        assert waivers.expire(db, late) == []
    assert in_effect(store, late) == [one.id] and in_effect(store, late + DAY) == []
    with store.begin() as db:
        (ended,) = waivers.expire(db, late + DAY)
        assert (ended.state, ended.ended) == (WaiverState.EXPIRED, late + DAY)
        assert waivers.expire(db, late + DAY) == []
        with pytest.raises(WaiverProblem, match="only an active"):
            waivers.extend(db, ANN, one.id, late + 9 * DAY, "more", late + DAY)
    kinds = [e.what for e in told(store)]
    assert kinds == [Happening.WAIVER_ENDING, Happening.WAIVER_ENDING, Happening.WAIVER_ENDED]


def test_secrets_of_reasons_are_masked(store: Database) -> None:
    number = environment(store)
    settled(store, number, whole(seen()), NOW)
    with store.begin() as db:
        terms = replace(TERMS, reason="the key is ghp_" + "a1B2" * 9 + "\0")
        one = waivers.propose(db, ANN, standing(store, number).id, terms, NOW)
    assert "a1B2a1B2" not in one.reason and "\0" not in one.reason
