"""The filtered list as CSV, JSON or SARIF 2.1.0, streamed: a piece of text at a time, whatever its length."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from enum import Enum
from typing import Any, assert_never

import msgspec
from sqlalchemy import Connection, select

from batten.masking import sentence, suspect
from batten.model.record import record
from batten.reports import sarif
from batten.reports.sarif_places import artifact, live_artifact
from batten.watch.model import Caller, LifeState, Side
from batten.watch.store.questions.filters import ALL, Filter, lives
from batten.watch.store.questions.findings import FindingRow, listed_of
from batten.watch.store.tables import life

LONGEST = 1_000_000  # findings of an export
_AT_ONCE = 1_000
# What a spreadsheet takes for the beginning of a formula, the full-width forms included:
# https://owasp.org/www-community/attacks/CSV_Injection
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")

# The part of a URL in which brackets may be: around an IPv6 address (RFC 3986, 3.2.2).
_SYSTEM = re.compile(r"[a-z][a-z0-9+.-]*://(?:\[[0-9A-Fa-f:.]+\]|[^/\[\]?#]*)")


class Format(Enum):
    CSV = "csv"
    JSON = "json"
    SARIF = "sarif"


@record(kw_only=True)
class ExportedFinding:
    """One finding as exports write it. Times are ISO 8601 in UTC, "" where there is none; `public` is "yes", "no" or "unknown"."""

    id: int
    team: str
    service: str
    stage: str
    side: str
    severity: str
    state: str
    control: str
    case: str
    family: str
    title: str
    message: str
    place: str
    line: int
    public: str
    opened: str
    since: str
    regressed: int
    waived_until: str
    fingerprint: str
    cause: str


def exported(
    db: Connection, caller: Caller, which: Filter = ALL, *, format: Format = Format.CSV, now: int
) -> Iterator[str]:
    """The text of an export, in pieces; the connection is read from until the last one."""
    match format:
        case Format.CSV:
            return _csv(db, caller, which, now)
        case Format.JSON:
            return _json(db, caller, which, now)
        case Format.SARIF:
            return _sarif(db, caller, which, now)
    assert_never(format)


def _findings(db: Connection, caller: Caller, which: Filter, now: int) -> Iterator[list[FindingRow]]:
    """Some findings at a time, the worst first."""
    order = (life.c.severity.desc(), life.c.since.desc(), life.c.id.desc())
    wanted = select(life).where(*lives(caller, which, now)).order_by(*order).limit(LONGEST)
    for rows in db.execute(wanted, execution_options={"yield_per": _AT_ONCE}).partitions():
        yield listed_of(rows, db, caller, now)


def _rows(db: Connection, caller: Caller, which: Filter, now: int) -> Iterator[list[ExportedFinding]]:
    for found in _findings(db, caller, which, now):
        bare = suspect(text for one in found for text in (one.message, one.place))
        yield [_row(one, bare) for one in found]


def _row(one: FindingRow, bare: set[str]) -> ExportedFinding:
    where = one.environment
    return ExportedFinding(
        id=one.id, team=where.team_name, service=where.service, stage=where.stage, side=one.side.value,
        severity=one.severity.label, state=one.state.value, control=one.control, case=one.case, family=one.family, title=one.title,
        message=_shown(one.message, bare), place=_shown(one.place, bare), line=one.line,
        public="unknown" if one.public is None else "yes" if one.public else "no", opened=_iso(one.opened),
        since=_iso(one.since), regressed=one.regressed, waived_until=_iso(one.waived), fingerprint=one.fingerprint,
        cause=one.cause,
    )  # fmt: skip


def _shown(text: str, bare: set[str]) -> str:
    """A text of a report; those that hold a secret were masked where they were made, and are again here."""
    return sentence(text) if text in bare else text


def _iso(at: int | None) -> str:
    return "" if at is None else datetime.fromtimestamp(at // 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


_NAMES = tuple(ExportedFinding.__dataclass_fields__)


def _csv(db: Connection, caller: Caller, which: Filter, now: int) -> Iterator[str]:
    yield _lines([_NAMES])
    for rows in _rows(db, caller, which, now):
        yield _lines([[_cell(getattr(row, name)) for name in _NAMES] for row in rows])


def _lines(rows: Sequence[Sequence[str]]) -> str:
    """As RFC 4180 has it, every cell quoted."""
    text = io.StringIO()
    csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\r\n").writerows(rows)
    return text.getvalue()


def _cell(value: str | int) -> str:
    text = str(value).replace("\0", "")
    return f"'{text}" if text.startswith(_FORMULA) else text


def _json(db: Connection, caller: Caller, which: Filter, now: int) -> Iterator[str]:
    mark = "[\n"
    for rows in _rows(db, caller, which, now):
        yield mark + ",\n".join(msgspec.json.encode(row).decode() for row in rows)
        mark = ",\n"
    yield "[]\n" if mark == "[\n" else "\n]\n"


def _sarif(db: Connection, caller: Caller, which: Filter, now: int) -> Iterator[str]:
    slugs = sorted(
        row[0] for row in db.execute(select(life.c.control).where(*lives(caller, which, now)).distinct())
    )
    rules = {slug: index for index, slug in enumerate(slugs)}
    head = {
        "tool": {"driver": sarif.driver(slugs)},
        "automationDetails": {"id": "batten/watch/"},
        "columnKind": "utf16CodeUnits",
    }
    opening = msgspec.json.encode(head).decode()[:-1]
    yield f'{{"$schema":"{sarif.SCHEMA}","version":"2.1.0","runs":[{opening},"results":['
    mark = "\n"
    for found in _findings(db, caller, which, now):
        bare = suspect(text for one in found for text in (one.message, one.place))
        results = (msgspec.json.encode(_result(one, rules[one.control], bare)).decode() for one in found)
        yield mark + ",\n".join(results)
        mark = ",\n"
    yield "\n]}]}\n"


def _result(one: FindingRow, rule: int, bare: set[str]) -> dict[str, Any]:
    result: dict[str, Any] = {
        "ruleId": one.control,
        "ruleIndex": rule,
        "level": sarif.level(one.severity),
        "message": {"text": sarif.sentence(_shown(one.message, bare))},
        "locations": [_location(one, bare)],
        "partialFingerprints": {sarif.FINGERPRINT: one.fingerprint},
        "baselineState": "absent" if one.state is LifeState.FIXED else "unchanged",
        "properties": _properties(one),
    }
    if one.waived is not None:
        reason = f"accepted until {_iso(one.waived)}"
        result["suppressions"] = [{"kind": "external", "status": "accepted", "justification": reason}]
    return result


def _location(one: FindingRow, bare: set[str]) -> dict[str, Any]:
    place = _shown(one.place, bare)
    if one.side is Side.OBSERVED:
        system = _SYSTEM.match(place)
        return {"physicalLocation": {"artifactLocation": live_artifact(place, system[0] if system else "")}}
    region = {"region": {"startLine": one.line}} if one.line > 0 else {}
    return {"physicalLocation": {"artifactLocation": artifact(place), **region}}


def _properties(one: FindingRow) -> dict[str, Any]:
    return {
        "environment": one.environment.name, "team": one.environment.team_name, "case": one.case, "severity": one.severity.label,
        "state": one.state.value, "opened": _iso(one.opened), "since": _iso(one.since), "regressed": one.regressed,
        "counts": one.counts, "finding": one.id,
    }  # fmt: skip
