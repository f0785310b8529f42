"""What can be proved of an environment, from its tables; and its stage held against the one before."""

from __future__ import annotations

from dataclasses import replace

from batten.model import Severity
from batten.watch.ledger.figures import Figures, Share
from batten.watch.ledger.parity import Accepted, Gap
from batten.watch.ledger.waiving import Terms
from batten.watch.model import DAY, HOUR, SERVICE, Caller, Grant, Role, Side, Status
from batten.watch.store import environments, lives, waivers
from batten.watch.store.database import Database
from batten.watch.store.questions import one_environment
from batten.watch.store.questions.one_environment import one
from watch_assessments import seen, settled, whole
from watch_stores import environment

START = 1_000 * DAY


def test_the_story_of_a_control(store: Database) -> None:
    number = environment(store)
    for hours, found in ((0, [seen()]), (4, []), (10, [seen()]), (12, [])):
        settled(store, number, whole(*found, judged=("hsts-sent",)), START + hours * HOUR)
    now = START + 20 * HOUR
    with store.read() as db:
        told = one_environment.figures_of(db, number, START + HOUR, now)
        assert told[Side.DECLARED, "hsts-sent"] == Figures(
            status=Status.HOLDS, since=START + 12 * HOUR, held_since=START + 12 * HOUR, proved=START + 12 * HOUR,
            share=Share(holds=14 * HOUR, broken=5 * HOUR), fixes=2, mean_to_fix=3 * HOUR, regressed=1,
        )  # fmt: skip
        later = one_environment.figures_of(db, number, START + 30 * DAY, START + 31 * DAY)
        assert later[Side.DECLARED, "hsts-sent"].share.compliant == 1.0
    settled(store, number, replace(whole(judged=()), complete=frozenset()), now)
    with store.read() as db:
        lost = one_environment.figures_of(db, number, now + HOUR, now + 2 * HOUR)[Side.DECLARED, "hsts-sent"]
        assert (lost.status, lost.proved, lost.held_since) == (Status.UNKNOWN, now, None)
        shown = one(db, SERVICE, number, now=now + 2 * HOUR, days=1)
        assert shown is not None and shown.behind is None
        (line,) = shown.lines
        assert (line.declared.proved, line.declared.regressed, line.declared.fixes) == (now, 1, 2)


def test_production_behind_staging(store: Database) -> None:
    staging, prod = environment(store, stage="staging", place=1), environment(store)
    settled(store, staging, whole(seen("cors-closed"), judged=("hsts-sent", "cors-closed")), START)
    worse = seen("cors-closed", severity=Severity.HIGH)
    settled(store, prod, whole(seen(), worse, judged=("hsts-sent", "cors-closed")), START)
    with store.begin() as db:
        known = environments.find(db, SERVICE, prod)
        assert known is not None
        environments.change(db, replace(known, differences=("hsts-sent",)))
        (bad,) = [life for life in lives.standing(db, prod) if life.control == "cors-closed"]
        waivers.propose(db, SERVICE, bad.id, Terms(owner="a", reason="b", until=START + 2), START)
    blind = Caller(name="a", grants=(Grant(Role.VIEWER, environment=prod),))
    with store.read() as db:
        for now, accepted in ((START + 1, Accepted.WAIVED), (START + 2, None)):
            shown = one(db, SERVICE, prod, now=now)
            assert shown is not None and shown.behind is not None
            assert (shown.behind.stage.id, shown.behind.stage.stage) == (staging, "staging")
            lags = {lag.control: (lag.gap, lag.severity, lag.accepted) for lag in shown.behind.lags}
            assert lags == {
                "cors-closed": (Gap.WEAKER, Severity.HIGH, accepted),
                "hsts-sent": (Gap.WEAKER, Severity.MEDIUM, Accepted.DECLARED),
            }
        first, alone = one(db, SERVICE, staging, now=START), one(db, blind, prod, now=START)
        assert first is not None and first.behind is None and alone is not None and alone.behind is None


def test_what_a_file_accepts_is_broken_all_the_same(store: Database) -> None:
    """A comment beside a weakness takes it out of lists, not out of what can be proved."""
    staging, prod = environment(store, stage="staging", place=1), environment(store)
    settled(store, staging, whole(judged=("hsts-sent",)), START)
    accepted = seen(counts=False)
    settled(store, prod, whole(accepted, seen("cors-closed", counts=False, breaks=False)), START)
    with store.read() as db:
        shown = one(db, SERVICE, prod, now=START + 1)
        assert shown is not None and shown.behind is not None
        lines = {line.control: line.declared for line in shown.lines}
        bad, good = lines["hsts-sent"], lines["cors-closed"]
        assert (bad.status, bad.open, bad.waived, bad.worst) == (Status.BROKEN, 0, 1, None)
        assert (good.status, good.open, good.waived) == (Status.HOLDS, 0, 0)
        assert [(lag.control, lag.accepted) for lag in shown.behind.lags] == [("hsts-sent", Accepted.WAIVED)]
