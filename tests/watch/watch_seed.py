"""A believable estate: twelve services in three stages, watched for sixty days. Pages, screenshots and benches stand on it.

What was found is of batten's own controls, in its own sentences; when, is drawn from a seeded generator, so that every run of
the tests sees the same. Nothing here is computed by what is under test: rows are written as they stand in the database.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from hashlib import sha256
from random import Random
from typing import Any

import msgspec
from sqlalchemy import Connection, func, insert, select, update

from batten.watch.model import (
    DAY,
    HOUR,
    MINUTE,
    SERVICE,
    Channel,
    ChannelKind,
    Environment,
    Event,
    Happening,
    LifeState,
    RunState,
    Side,
    Source,
    Status,
    Why,
)
from batten.watch.store import channels, environments, events, teams
from batten.watch.store.database import Database
from batten.watch.store.tables import detail, interval, life, proof, run, span, waiver
from watch_seed_findings import FINDINGS, Kind

TEAMS = {
    "shop": ("catalog", "orders", "pricing", "reviews"),
    "payments": ("accounts", "payments"),
    "platform": ("gateway", "notifications", "search"),
    "logistics": ("inventory", "reports", "shipping"),
}
STAGES = ("dev", "staging", "prod")
LIKELY = {"dev": 0.5, "staging": 0.36, "prod": 0.24}
PEOPLE = ("amira", "ben", "chen", "dana")


@dataclass
class Seeded:
    """An environment while its history is drawn."""

    one: Environment
    runs: list[dict[str, Any]]
    known: int  # up to when it was assessed


def seed(database: Database, now: int, days: int = 60, number: int = 14) -> None:
    """Fill a database that has its tables."""
    random = Random(number)
    with database.begin() as db:
        everything = list(_environments(db, random, now, days))
        _write_runs(db, everything)
        for seeded in everything:
            _history(db, random, seeded, now, days)
        _count(db)
        _pending(db, everything, now)
        channels.add(
            db, Channel(name="chat", kind=ChannelKind.SLACK, settings={"url": "${ALERT_CHAT}"}, created=now)
        )


def _count(db: Connection) -> None:
    """How many findings each run opened and closed."""
    for column, by in ((run.c.opened, span.c.opened_by), (run.c.fixed, span.c.closed_by)):
        counted = select(func.count()).where(by == run.c.id).scalar_subquery()
        db.execute(update(run).values({column: counted}))


def _environments(db: Connection, random: Random, now: int, days: int) -> Iterator[Seeded]:
    begin = now - days * DAY
    for name, services in TEAMS.items():
        team = teams.named(db, name)
        for service in services:
            for place, stage in enumerate(STAGES):
                one = Environment(
                    team=team, service=service, stage=stage, place=place, created=begin, schedule=("1d", "6h", "1h")[place],
                    source=Source.REPOSITORY if service in ("orders", "catalog") else Source.LIVE, objective=(3 * DAY, DAY, 12 * HOUR)[place],
                    settings={"url": f"https://{service}.{stage}.example.com"}, paused=(service, stage) == ("reports", "dev"),
                    differences=("debug-off",) if stage != "prod" else (),
                )  # fmt: skip
                never = (service, stage) == ("reviews", "dev")
                late = (service, stage) in (("search", "prod"), ("shipping", "staging"))
                known = now - random.randint(3, 50) * MINUTE if not late else now - (2 + place) * DAY
                one = replace(
                    one,
                    due=now + random.randint(5, 55) * MINUTE,
                    assessed=None if never else known,
                    overdue=late,
                )
                key = environments.add(db, one)
                yield Seeded(replace(one, id=key), _runs(random, key, begin, known, never), known)


def _runs(random: Random, key: int, begin: int, known: int, never: bool) -> list[dict[str, Any]]:
    """A run a day, and the last one; enough for any finding to have one that opened it."""
    ends = [] if never else [*range(begin + HOUR, known - HOUR, DAY), known]
    rows: list[dict[str, Any]] = []
    for end in ends:
        why = random.choices((Why.SCHEDULE, Why.WEBHOOK, Why.DEMAND), (8, 2, 1))[0]
        row: dict[str, Any] = {
            "environment": key, "why": why.value, "by": random.choice(PEOPLE) if why is Why.DEMAND else "", "state": RunState.DONE.value,
            "queued": end - 50_000, "started": end - 41_000, "ended": end, "worker": "watch-1", "version": "0.1.0",
            "commit": sha256(f"{key}{end // (5 * DAY)}".encode()).hexdigest()[:12], "attempt": 1,
            "deployment": f"release {end // DAY % 97}" if why is Why.WEBHOOK else "",
        }  # fmt: skip
        rows.append(row)
    return rows


def _write_runs(db: Connection, everything: list[Seeded]) -> None:
    """In the order in which they ended, as they are written."""
    for row in sorted((row for seeded in everything for row in seeded.runs), key=lambda row: row["ended"]):
        row["id"] = _one(db.execute(insert(run).values(**row)).inserted_primary_key)


def _one(key: object) -> int:
    assert key is not None
    return int(key[0])


def _history(db: Connection, random: Random, seeded: Seeded, now: int, days: int) -> None:
    if not seeded.runs:
        return
    told: list[Event] = []
    broken: dict[tuple[Side, str], list[tuple[int, int | None]]] = {}
    for kind in FINDINGS:
        if kind.only and seeded.one.service not in kind.only:
            continue
        if random.random() < LIKELY[seeded.one.stage]:
            times = _times(random, seeded)
            told += _life(db, random, seeded, kind, times)
            for first, last in times:
                open_ = (
                    int(seeded.runs[first]["ended"]),
                    None if last is None else int(seeded.runs[last]["ended"]),
                )
                broken.setdefault((kind.side, kind.control), []).append(open_)
    told += [
        Event(at=int(r["ended"]), what=Happening.DEPLOYED, environment=seeded.one.id, run=int(r["id"]), by="ci",
              data={"deployment": str(r["deployment"]), "commit": str(r["commit"])})
        for r in seeded.runs[-5:] if r["deployment"]
    ]  # fmt: skip
    events.tell(db, sorted(told, key=lambda e: e.at))
    _intervals(db, seeded, broken, now)


def _times(random: Random, seeded: Seeded) -> list[tuple[int, int | None]]:
    """When it was open, as indexes of runs: from … to …; None is still."""
    last = len(seeded.runs) - 1
    first = max(0, last - int(random.expovariate(1 / 24)) - 1) if random.random() < 0.9 else last
    if random.random() < 0.55 or first == last:
        return [(first, None)]
    closed = min(last, first + 1 + int(random.expovariate(1 / 9)))
    if closed < last and random.random() < 0.22:
        return [(first, closed), (random.randint(closed + 1, last), None)]
    return [(first, closed)]


def _life(
    db: Connection, random: Random, seeded: Seeded, kind: Kind, times: list[tuple[int, int | None]]
) -> Iterator[Event]:
    runs, environment = seeded.runs, seeded.one.id
    service, final = seeded.one.service, times[-1][1]
    opened = runs[times[0][0]]
    unknown = seeded.one.overdue and final is None and random.random() < 0.3
    state = LifeState.FIXED if final is not None else LifeState.UNKNOWN if unknown else LifeState.OPEN
    fingerprint = sha256(f"{kind.control}{kind.case}{kind.message}".encode()).hexdigest()[:24]
    row = {
        "environment": environment, "side": kind.side.value, "fingerprint": fingerprint, "kin": fingerprint[::-1], "control": kind.control,
        "case": kind.case, "severity": int(kind.severity), "message": kind.message, "line": kind.line, "public": kind.public, "counts": True,
        "place": kind.place or str(seeded.one.settings["url"]), "pointer": kind.pointer, "cause": f"{kind.control}/{kind.case}/{kind.message}",
        "value": sha256(kind.message.encode()).hexdigest()[:16], "detail": _detail(db, kind, service), "state": state.value,
        "opened": opened["ended"], "opened_by": opened["id"], "regressed": len(times) - 1,
        "closed": None if final is None else runs[final]["ended"], "closed_by": None if final is None else runs[final]["id"],
        "since": runs[times[-1][0] if final is None else final]["ended"],
    }  # fmt: skip
    key = _one(db.execute(insert(life).values(**row)).inserted_primary_key)
    for index, (first, last) in enumerate(times):
        begin, end = runs[first], None if last is None else runs[last]
        db.execute(
            insert(span).values(
                life=key, environment=environment, opened_by=begin["id"], opened=begin["ended"],
                closed_by=end and end["id"], closed=end and end["ended"], severity=int(row["severity"]), counts=True, first=not index,
            )
        )  # fmt: skip
        what = Happening.FINDING_REGRESSED if index else Happening.FINDING_NEW
        yield _event(begin, what, environment, key, kind)
        if end:
            yield _event(end, Happening.FINDING_FIXED, environment, key, kind)
    if final is None and kind.waivable and random.random() < 0.5:
        _waiver(db, random, row, seeded)


def _event(of: dict[str, Any], what: Happening, environment: int, key: int, kind: Kind) -> Event:
    return Event(
        at=int(of["ended"]), what=what, environment=environment, run=int(of["id"]), life=key, control=kind.control,
        severity=kind.severity, data={"message": kind.message, "cause": f"{kind.control}/{kind.case}/{kind.message}"},
    )  # fmt: skip


def _waiver(db: Connection, random: Random, row: dict[str, Any], seeded: Seeded) -> None:
    by = random.choice(PEOPLE)
    db.execute(
        insert(waiver).values(
            **{name: row[name] for name in ("environment", "side", "fingerprint", "value", "control", "message")},
            owner=random.choice(PEOPLE), reason="The vendor's client breaks without it; replaced with release 12.", ticket=f"SEC-{random.randint(100, 999)}",
            until=seeded.known + random.randint(2, 80) * DAY, state="active", created=seeded.known - 9 * DAY, by=by, approved="",
        )
    )  # fmt: skip


_digests: dict[str, str] = {}


def _detail(db: Connection, kind: Kind, service: str) -> str:
    body = msgspec.json.encode(kind.detail(service))
    digest = sha256(body).hexdigest()
    found = db.exec_driver_sql(f"SELECT 1 FROM detail WHERE digest = '{digest}'").first()
    if found is None:
        db.execute(insert(detail).values(digest=digest, body=zlib.compress(body)))
    return digest


def _intervals(
    db: Connection,
    seeded: Seeded,
    broken: dict[tuple[Side, str], list[tuple[int, int | None]]],
    now: int,
) -> None:
    environment, begin = seeded.one.id, int(seeded.runs[0]["ended"])
    rows: list[dict[str, Any]] = []
    for side, control in sorted(_judged(), key=lambda pair: (pair[0].value, pair[1])):
        joined = _joined(broken.get((side, control), []))
        rows += [
            {"environment": environment, "side": side.value, "control": control, "status": status.value, "start": start, "end": end,
             "run": seeded.runs[0]["id"]}
            for status, start, end in _statuses(joined, begin)
        ]  # fmt: skip
    db.execute(insert(interval), rows)
    last = int(seeded.runs[-1]["id"])
    for side in Side:
        db.execute(insert(proof).values(environment=environment, side=side.value, run=last, at=seeded.known))


def _judged() -> set[tuple[Side, str]]:
    return {(kind.side, kind.control) for kind in FINDINGS}


def _joined(times: Iterable[tuple[int, int | None]]) -> list[tuple[int, int | None]]:
    """Times at which any of them was open."""
    made: list[tuple[int, int | None]] = []
    for start, end in sorted(times, key=lambda t: t[0]):
        if made and (made[-1][1] is None or start <= made[-1][1]):
            before = made[-1]
            longer = None if before[1] is None or end is None else max(before[1], end)
            made[-1] = (before[0], longer)
        else:
            made.append((start, end))
    return made


def _statuses(broken: list[tuple[int, int | None]], begin: int) -> Iterator[tuple[Status, int, int | None]]:
    at: int | None = begin
    for start, end in broken:
        assert at is not None
        if start > at:
            yield Status.HOLDS, at, start
        yield Status.BROKEN, start, end
        at = end
    if at is not None:
        yield Status.HOLDS, at, None


def _pending(db: Connection, everything: list[Seeded], now: int) -> None:
    """What runs, what waits, and what failed."""
    by_name = {seeded.one.name: seeded.one.id for seeded in everything}
    plain = {"attempt": 1, "version": "0.1.0", "worker": "watch-1"}
    rows: list[dict[str, Any]] = [
        {"environment": by_name["orders/prod"], "why": "demand", "by": "amira", "state": "running", "queued": now - 40_000, "started": now - 31_000,
         "lease": now + 60_000, "progress": "probing 41 of 96 operations", **plain},
        {"environment": by_name["gateway/staging"], "why": "webhook", "by": "ci", "state": "queued", "queued": now - 12_000, **plain, "worker": "",
         "deployment": "release 41"},
        {"environment": by_name["search/prod"], "why": "schedule", "state": "failed", "queued": now - 50 * MINUTE, "started": now - 49 * MINUTE,
         "ended": now - 48 * MINUTE, "error": "search.prod.example.com does not answer: connection refused", **plain},
        {"environment": by_name["shipping/staging"], "why": "schedule", "state": "failed", "queued": now - 5 * HOUR, "started": now - 5 * HOUR,
         "ended": now - 5 * HOUR + MINUTE, "error": "the repository requires credentials that were not given", **plain},
    ]  # fmt: skip
    for row in rows:
        row["id"] = _one(db.execute(insert(run).values(**row)).inserted_primary_key)
    failed = [Event(at=int(r["ended"]), what=Happening.RUN_FAILED, environment=int(r["environment"]), run=int(r["id"]), data={"error": str(r["error"])})
              for r in rows if r["state"] == "failed"]  # fmt: skip
    late = [
        Event(at=s.known + s.one.objective, what=Happening.OVERDUE, environment=s.one.id)
        for s in everything
        if s.one.overdue
    ]
    events.tell(db, [*failed, *late])


def known(database: Database) -> list[Environment]:
    """The environments of a seeded database."""
    with database.read() as db:
        return environments.every(db, SERVICE)
