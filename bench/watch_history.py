"""A large, varied history of `batten watch`, written in bulk: environments that differ in what they run, causes of which few are
everywhere and most are rare, findings that are fixed soon, late or never, and some that come back."""

from __future__ import annotations

import random
import zlib
from bisect import bisect
from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import Any

from sqlalchemy import Table

from batten.controls import all_controls
from batten.watch.ledger.details import Detail, Mending, packed
from batten.watch.model import DAY, HOUR, Happening, LifeState, Side, Status
from batten.watch.store import tables as t
from batten.watch.store.database import Database

NOW = 1_760_000_000_000 - 1_760_000_000_000 % DAY + 15 * HOUR
DAYS = 365
_STAGES = ("dev", "staging", "prod")
_SEVERITIES = (0, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 4)
_SIDES = [side.value for side in Side]
_AT_ONCE = 20_000


def fill(database: Database, findings: int, environments: int) -> dict[str, int]:
    """Fill an empty database; returns the rows of each table."""
    chance = random.Random(14)
    made = _Estate(chance, findings, environments)
    counts = {}
    for table, rows in made.tables():
        counts[table.name] = _write(database, table, rows)
    with database.engine.connect() as db:
        db.exec_driver_sql("ANALYZE")
        db.commit()
    return counts


def _write(database: Database, table: Table, rows: Iterable[dict[str, Any]]) -> int:
    count, batch = 0, []
    for row in rows:
        batch.append(row)
        if len(batch) == _AT_ONCE:
            count += _flush(database, table, batch)
            batch = []
    return count + _flush(database, table, batch)


def _flush(database: Database, table: Table, rows: list[dict[str, Any]]) -> int:
    if not rows:
        return 0
    names = list(rows[0])
    quoted = ", ".join(f'"{name}"' for name in names)
    with database.begin() as db:
        raw: Any = db.connection.driver_connection
        if database.fleet:
            with raw.cursor() as cursor, cursor.copy(f'COPY "{table.name}" ({quoted}) FROM STDIN') as copy:
                for row in rows:
                    copy.write_row([row[name] for name in names])
        else:
            marks = ", ".join("?" * len(names))
            raw.executemany(
                f'INSERT INTO "{table.name}" ({quoted}) VALUES ({marks})',
                [list(row.values()) for row in rows],
            )
    return len(rows)


class _Estate:
    """What is decided once: which causes there are, and the hours of runs."""

    def __init__(self, chance: random.Random, findings: int, environments: int) -> None:
        self.chance, self.findings, self.environments = chance, findings, environments
        slugs = sorted(all_controls())
        self.slugs = slugs
        self.causes = [
            (slug, case, f"{slug} {case} {turn}", chance.choice(_SEVERITIES))
            for slug in slugs
            for case in ("absent", "weak", "open")
            for turn in range(chance.choice([1, 1, 2, 6]))
        ]
        chance.shuffle(self.causes)
        self.weights = [1 / (rank + 3) for rank in range(len(self.causes))]
        self.runs = [
            NOW - day * DAY + hour * HOUR
            for day in range(DAYS, 0, -1)
            for hour in ((6,) if day > 30 else range(24))
        ]

    def run(self, environment: int, at: int) -> int:
        """The id of the run that ended at the time of that place in the list."""
        return at * self.environments + environment

    def tables(self) -> Iterator[tuple[Table, Iterator[dict[str, Any]]]]:
        yield t.team, ({"id": n, "name": f"team {n}"} for n in range(1, 21))
        yield t.environment, (self._environment(n) for n in range(1, self.environments + 1))
        yield t.run, self._runs()
        yield t.detail, self._details()
        self.spans: list[dict[str, Any]] = []
        self.events: list[dict[str, Any]] = []
        self.waivers: list[dict[str, Any]] = []
        yield t.life, self._lives()
        yield t.span, iter(self.spans)
        yield t.waiver, iter(self.waivers)
        self.events.sort(key=lambda e: e["at"])
        yield t.event, iter(self.events)
        yield t.interval, self._intervals()
        yield (
            t.proof,
            (
                {
                    "environment": n,
                    "side": side,
                    "run": self.run(n, len(self.runs) - 1),
                    "at": self.runs[-1],
                    "version": "1",
                }
                for n in range(1, self.environments + 1)
                for side in _SIDES
            ),
        )

    def _environment(self, number: int) -> dict[str, Any]:
        service, place = divmod(number - 1, 3)
        late = self.chance.random() < 0.02
        return {
            "id": number, "team": service % 20 + 1, "service": f"service-{service:04}", "stage": _STAGES[place], "place": place,
            "source": "live", "settings": "", "schedule": "1h", "jitter": 0, "objective": DAY, "paused": False, "differences": "",
            "hook": "", "created": NOW - DAYS * DAY, "due": NOW + HOUR, "assessed": NOW - 3 * DAY if late else self.runs[-1], "overdue": late,
        }  # fmt: skip

    def _runs(self) -> Iterator[dict[str, Any]]:
        for turn, at in enumerate(self.runs):
            for number in range(1, self.environments + 1):
                failed = self.chance.random() < 0.01
                yield {
                    "id": self.run(number, turn), "environment": number, "why": "schedule", "by": "", "queued": at - 60_000,
                    "state": "failed" if failed else "done", "started": at - 30_000, "ended": at, "commit": f"{at:040x}",
                    "error": "the host did not answer" if failed else "", "problems": "", "worker": "one", "version": "1",
                }  # fmt: skip

    def _details(self) -> Iterator[dict[str, Any]]:
        for turn in range(4000):
            fix = Mending(
                title="require it", safety=self.chance.choice(["safe", "risky"]), diff="-a\n+b\n" * 10
            )
            text = " ".join(self.chance.choices(self.slugs, k=40))
            detail = Detail(why=text, advice="Require it.", reach=("internet", "port 443"), fix=fix)
            yield {"digest": f"d{turn}", "body": zlib.compress(packed(detail))}

    def _lives(self) -> Iterator[dict[str, Any]]:
        chance, last = self.chance, len(self.runs) - 1
        picked = iter(chance.choices(range(len(self.causes)), self.weights, k=self.findings))
        for key, cause in enumerate(picked, 1):
            number = chance.randrange(self.environments) + 1
            slug, case, name, severity = self.causes[cause]
            times = self._times(last)
            fixed = times[-1][1] is not None
            unknown = not fixed and chance.random() < 0.03
            state = LifeState.FIXED if fixed else LifeState.UNKNOWN if unknown else LifeState.OPEN
            first, (began, end) = times[0][0], times[-1]
            side = chance.choice(_SIDES)
            value, counts = chance.choice(["", "v"]), chance.random() < 0.9
            yield {
                "id": key, "environment": number, "side": side, "fingerprint": f"{key:024x}", "kin": f"{chance.randrange(findings_of(slug)):024x}",
                "control": slug, "case": case, "severity": severity, "message": f"`listener-{key % 97}` does not do what {name} requires",
                "place": f"deploy/{number}/nginx-{key % 13}.conf", "line": key % 400, "pointer": f"server[{key % 97}]/listen", "cause": name,
                "public": chance.choice([True, False, None]), "counts": counts, "value": value, "detail": f"d{key % 4000}",
                "state": state.value, "opened": self.runs[first], "opened_by": self.run(number, first),
                "closed": self.runs[end] if end is not None else None, "closed_by": self.run(number, end) if end is not None else None,
                "since": self.runs[end] if end is not None else self.runs[began], "began": self.runs[began], "regressed": len(times) - 1,
                "open_for": 0,
            }  # fmt: skip
            self._told(key, number, slug, severity, counts, times)
            if not fixed and chance.random() < 0.02:
                self.waivers.append({
                    "environment": number, "side": side, "fingerprint": f"{key:024x}", "value": value, "control": slug, "message": name,
                    "owner": "a", "reason": "b", "ticket": "", "until": NOW + 30 * DAY, "state": "active", "created": NOW, "by": "c",
                })  # fmt: skip

    def _times(self, last: int) -> list[tuple[int, int | None]]:
        """When it was open, as places in the list of runs, alike in every month: about one of twelve stands, and one of eight
        came back."""
        chance = self.chance
        stands = chance.random() < 0.08
        count = 4 if chance.random() < 0.12 else 2
        found: set[int] = set()
        while len(found) < count:
            found.add(min(bisect(self.runs, NOW - chance.random() * DAYS * DAY), last))
        marks = sorted(found)
        times: list[tuple[int, int | None]] = list(zip(marks[::2], marks[1::2], strict=True))
        return [*times[:-1], (times[-1][0], None)] if stands else times

    def _told(
        self,
        key: int,
        number: int,
        slug: str,
        severity: int,
        counts: bool,
        times: list[tuple[int, int | None]],
    ) -> None:
        shared = {
            "environment": number,
            "life": key,
            "control": slug,
            "severity": severity,
            "by": "",
            "data": '{"side":"declared"}',
        }
        for turn, (begin, end) in enumerate(times):
            self.spans.append({
                "life": key, "environment": number, "opened_by": self.run(number, begin), "opened": self.runs[begin],
                "closed_by": None if end is None else self.run(number, end), "closed": None if end is None else self.runs[end],
                "severity": severity, "counts": counts, "first": not turn,
            })  # fmt: skip
            what = Happening.FINDING_REGRESSED if turn else Happening.FINDING_NEW
            self.events.append(
                {"at": self.runs[begin], "what": what.value, "run": self.run(number, begin), **shared}
            )
            if end is not None:
                fixed = {
                    "at": self.runs[end],
                    "what": Happening.FINDING_FIXED.value,
                    "run": self.run(number, end),
                }
                self.events.append({**fixed, **shared})

    def _intervals(self) -> Iterator[dict[str, Any]]:
        chance, last = self.chance, len(self.runs) - 1
        statuses = [Status.HOLDS, Status.HOLDS, Status.HOLDS, Status.BROKEN, Status.UNKNOWN]
        for number in range(1, self.environments + 1):
            for slug in self.slugs:
                for side in _SIDES:
                    marks = [0, *sorted(chance.sample(range(1, last), chance.choice([0, 0, 1, 2, 6]))), None]
                    for begin, end in pairwise(marks):
                        assert begin is not None
                        yield {
                            "environment": number, "side": side, "control": slug, "status": chance.choice(statuses).value,
                            "start": self.runs[begin], "end": None if end is None else self.runs[end], "run": self.run(number, begin),
                        }  # fmt: skip


def findings_of(slug: str) -> int:
    """How many places by name a control has: so many that two environments share some and differ in others."""
    return 20 + len(slug)
