"""A random estate of `batten watch`, written straight into its tables: teams, environments, runs, findings with their times open,
what is known of controls, waivers, and events. The same seed gives the same estate."""

from __future__ import annotations

import json
import random
from typing import Any

from sqlalchemy import insert

from batten.controls import all_controls
from batten.watch.model import DAY, HOUR, Happening, LifeState, RunState, Side, Status
from batten.watch.store import tables as t
from batten.watch.store.database import Database

NOW = 1_760_000_000_000
_STAGES = ("dev", "staging", "prod")
_SIDES = [side.value for side in Side]


def estate(database: Database, seed: int, teams: int = 3, services: int = 2, findings: int = 12) -> None:
    """Fill a database that has its tables and nothing else."""
    chance = random.Random(seed)
    slugs = chance.sample(sorted(all_controls()), 12)
    with database.begin() as db:
        for team in range(1, teams + 1):
            db.execute(insert(t.team), {"id": team, "name": f"team{team}"})
        environments = [
            _environment(chance, team, service, place)
            for team in range(1, teams + 1)
            for service in range(services)
            for place in range(3)
        ]
        for number, one in enumerate(environments, 1):
            one["id"] = number
            db.execute(insert(t.environment), one)
            runs = _runs(chance, number, one)
            db.execute(insert(t.run), runs)
            _findings(db, chance, number, one, runs, slugs, findings)
            _knowledge(db, chance, number, runs, slugs)


def _environment(chance: random.Random, team: int, service: int, place: int) -> dict[str, Any]:
    assessed = chance.choice([None, NOW - HOUR, NOW - HOUR, NOW - 3 * DAY])
    return {
        "team": team, "service": f"service{team}{service}", "stage": _STAGES[place], "place": place, "source": "live",
        "schedule": "1h", "objective": DAY, "created": NOW - 90 * DAY, "assessed": assessed,
        "overdue": bool(assessed and assessed < NOW - DAY), "paused": chance.random() < 0.1,
        "differences": json.dumps(["hsts-sent"]) if chance.random() < 0.3 else "",
    }  # fmt: skip


def _runs(chance: random.Random, number: int, one: dict[str, Any]) -> list[dict[str, Any]]:
    """Ten runs in the order of their ids, which are apart for each environment."""
    made = []
    for turn in range(10):
        at = NOW - (60 - 6 * turn) * DAY + chance.randrange(HOUR)
        state = RunState.FAILED if chance.random() < 0.2 else RunState.DONE
        made.append({
            "id": number * 1000 + turn, "environment": number, "why": "schedule", "state": state.value, "queued": at,
            "started": at, "ended": at + 60_000, "error": "the host did not answer" if state is RunState.FAILED else "",
            "problems": "", "by": f"{one['service']} scheduler",
        })  # fmt: skip
    return made


def _findings(
    db: Any,
    chance: random.Random,
    number: int,
    one: dict[str, Any],
    runs: list[dict[str, Any]],
    slugs: list[str],
    most: int,
) -> None:
    for turn in range(chance.randrange(most // 2, most + 1)):
        slug = chance.choice(slugs)
        case = chance.choice(["absent", "weak"])
        state = chance.choice(list(LifeState))
        first = chance.randrange(len(runs) - 2)
        times = _times(chance, runs, first, state)
        key = number * 1000 + turn
        since = times[-1]["closed"] if state is LifeState.FIXED else times[-1]["opened"]
        severity, counts = chance.randrange(5), chance.random() < 0.9
        digest = chance.choice(["", f"d{slug}"])
        db.execute(
            insert(t.life),
            {
                "id": key, "environment": number, "side": chance.choice(_SIDES), "fingerprint": f"{slug}{case}{turn}",
                "kin": slug, "control": slug, "case": case, "severity": severity,
                "message": f"`{one['service']}` breaks {slug}", "place": f"{one['service']}/nginx.conf", "line": turn,
                "cause": f"{slug}:{case}", "public": chance.choice([True, False, None]), "counts": counts,
                "value": chance.choice(["", "v1"]), "detail": digest, "state": state.value,
                "opened": times[0]["opened"], "opened_by": times[0]["opened_by"], "closed": times[-1]["closed"],
                "closed_by": times[-1]["closed_by"], "since": since, "regressed": len(times) - 1, "open_for": 0,
            },
        )  # fmt: skip
        db.execute(
            insert(t.span),
            [
                {
                    "life": key,
                    "environment": number,
                    "severity": severity,
                    "counts": counts,
                    "first": not turn,
                    **one_time,
                }
                for turn, one_time in enumerate(times)
            ],
        )
        _told(db, number, key, slug, times)
        if chance.random() < 0.3:
            _waive(db, chance, number, key)


def _times(
    chance: random.Random, runs: list[dict[str, Any]], first: int, state: LifeState
) -> list[dict[str, Any]]:
    """When it was open: once or twice, closed at the end where it is fixed."""
    marks = sorted(
        chance.sample(range(first, len(runs)), chance.choice([1, 3]) if len(runs) - first >= 3 else 1)
    )
    if state is LifeState.FIXED and marks[-1] == len(runs) - 1:
        marks = [first]
    found = []
    for begin, end in zip(marks[::2], [*marks[1::2], None], strict=False):
        stop = end if end is not None else (len(runs) - 1 if state is LifeState.FIXED else None)
        found.append({
            "opened": runs[begin]["ended"], "opened_by": runs[begin]["id"],
            "closed": None if stop is None else runs[stop]["ended"], "closed_by": None if stop is None else runs[stop]["id"],
        })  # fmt: skip
    return found


def _told(db: Any, number: int, key: int, slug: str, times: list[dict[str, Any]]) -> None:
    rows = []
    for turn, one in enumerate(times):
        what = Happening.FINDING_REGRESSED if turn else Happening.FINDING_NEW
        rows.append({"at": one["opened"], "what": what.value, "run": one["opened_by"]})
        if one["closed"] is not None:
            rows.append({"at": one["closed"], "what": Happening.FINDING_FIXED.value, "run": one["closed_by"]})
    rows.append(
        {"at": times[0]["opened"] - 5, "what": Happening.DEPLOYED.value, "run": 0, "life": 0, "control": ""}
    )
    for row in rows:
        shared = {
            "environment": number,
            "life": key,
            "control": slug,
            "by": "ci",
            "data": '{"deployment":"v1"}',
        }
        db.execute(insert(t.event), shared | row)


def _waive(db: Any, chance: random.Random, number: int, key: int) -> None:
    row = db.execute(t.life.select().where(t.life.c.id == key)).one()
    db.execute(
        insert(t.waiver),
        {
            "environment": number, "side": row.side, "fingerprint": row.fingerprint, "value": row.value if chance.random() < 0.8 else "other",
            "control": row.control, "message": row.message, "owner": f"owner of {number}", "reason": "known", "until": NOW + chance.choice([-DAY, DAY]),
            "state": chance.choice(["active", "active", "revoked"]), "created": NOW - DAY, "by": "alice",
        },
    )  # fmt: skip


def _knowledge(
    db: Any, chance: random.Random, number: int, runs: list[dict[str, Any]], slugs: list[str]
) -> None:
    for slug in slugs:
        side, start = chance.choice(_SIDES), runs[0]["ended"]
        marks = sorted(chance.sample(range(1, len(runs)), chance.randrange(4)))
        for begin, end in zip([0, *marks], [*marks, None], strict=True):
            status = chance.choice(list(Status))
            stop = None if end is None else runs[end]["ended"]
            row = {
                "environment": number,
                "side": side,
                "control": slug,
                "status": status.value,
                "run": runs[begin]["id"],
            }
            db.execute(insert(t.interval), row | {"start": start, "end": stop})
            start = stop or 0
    for side in _SIDES:
        db.execute(
            insert(t.proof),
            {"environment": number, "side": side, "run": runs[-1]["id"], "at": runs[-1]["ended"]},
        )
