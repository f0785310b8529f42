"""What guards saw, sorted by what it says about the API and its contract, and told as facts."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from datetime import date, timedelta
from enum import Enum

from batten.contract import Contract, response_of
from batten.contract.matcher import Match, Matcher
from batten.facts import Content, Endpoint, Fact, ObservedAnswer, VerbAnswer
from batten.guard.options import Rule
from batten.guard.traffic.traffic_file import TrafficRow
from batten.model import Exchange, Kind, Location, Setting
from batten.model.record import record

SOURCE = "traffic"  # of what was seen, instead of an origin
DAYS = 30  # what was not seen for longer says nothing about what runs now

_MISMATCHES = {r.value for r in (Rule.ANSWER_STATUS, Rule.ANSWER_MEDIA_TYPE, Rule.ANSWER_BODY)}
_UNDOCUMENTED = {Rule.PATH.value, Rule.VERB.value}
_BEFORE_THE_API = (429, 502, 503, 504)  # answers of what stands before it
_LOOKED_AT = (409, 412, 415, 422, 428)  # who answers so has read the request; 401 is said of any verb
_PLACEHOLDER = re.compile(r"\{[^{}/]*\}")
_OTHERS = "(others)"


class Sort(Enum):
    ENDPOINT = "answered, but the path is not declared"
    VERB = "answered, but the verb is not declared for the path"
    MISMATCH = "answers that differ from the contract"
    REQUEST = "requests that violate the contract"
    NOTHING = "requested, but not found"


@record
class Entry:
    sort: Sort
    row: TrafficRow

    @property
    def call(self) -> str:
        return f"{self.row.method} {self.row.path}"

    @property
    def about(self) -> str:
        """What was seen of it, in a few words."""
        row = self.row
        if self.sort is Sort.REQUEST:
            return (
                f"query parameter {row.reason}"
                if row.rule == Rule.UNDECLARED.value
                else row.reason or row.rule
            )
        if self.sort is Sort.NOTHING:
            return f"status {row.status}" if row.status else "refused"
        return row.reason if self.sort is Sort.MISMATCH and row.reason else f"status {row.status}"


def sorted_out(rows: Iterable[TrafficRow], contract: Contract | None) -> list[Entry]:
    """What still holds against the contract as it is now; None is where there is none to be held against."""
    match = Matcher(contract.operations).match if contract is not None else _nowhere
    return [entry for row in rows if (entry := _entry(row, match)) is not None]


def _nowhere(path: str) -> Match | None:
    return None


def _entry(row: TrafficRow, match: Callable[[str], Match | None]) -> Entry | None:
    found = match(_PLACEHOLDER.sub("0", row.path))
    operation = found.operations.get(row.method) if found is not None else None
    if row.rule in _UNDOCUMENTED:
        if operation is not None:
            return None  # it has been documented since
        # Success, and what asks a caller for more, is of something that is there.
        has_path = found is not None
        is_there = 200 <= row.status < 300 or row.status in _LOOKED_AT
        if row.enforced or row.path == _OTHERS or not (is_there or (row.status == 401 and not has_path)):
            undocumented = Sort.NOTHING
        elif has_path:
            undocumented = Sort.VERB
        else:
            is_site = row.reason == Content.ASSET.value or (
                row.reason == Content.PAGE.value and row.path.count("/") < 2
            )
            undocumented = Sort.NOTHING if is_site else Sort.ENDPOINT
        return Entry(undocumented, row)
    if row.rule in _MISMATCHES:
        if row.status in _BEFORE_THE_API or (found is not None and operation is None):
            return None
        declared = response_of(operation, row.status) if operation is not None else None
        if row.rule == Rule.ANSWER_STATUS.value and declared is not None:
            return None
        return Entry(Sort.MISMATCH, row)
    parameters = operation.parameters if operation is not None else ()
    if row.rule == Rule.UNDECLARED.value and any(p.name == row.reason for p in parameters):
        return None  # it has been declared since
    return Entry(Sort.MISMATCH if row.rule == Rule.ANSWER_ERROR.value else Sort.REQUEST, row)


def facts(entries: Iterable[Entry], today: date) -> Iterator[Fact]:
    """The facts that probes would have found, of what was seen lately."""
    oldest = (today - timedelta(days=DAYS)).isoformat()
    for entry in entries:
        row = entry.row
        if row.last < oldest:
            continue
        match entry.sort:
            case Sort.ENDPOINT:
                at = _at(entry, "response")
                yield Endpoint(
                    at,
                    method=row.method,
                    path=row.path,
                    kind="undocumented",
                    what="seen in traffic",
                    documented=Setting(False, at),
                )
            case Sort.VERB:
                automatic = row.method in ("HEAD", "OPTIONS")
                at = _at(entry, "response")
                yield VerbAnswer(
                    at,
                    method=row.method,
                    path=row.path,
                    template=row.path,
                    specified=False,
                    handled=True,
                    status=row.status,
                    automatic=automatic,
                )
            case Sort.MISMATCH if row.reason and row.rule in _MISMATCHES:
                yield ObservedAnswer(
                    _at(entry, "response.body"),
                    operation=entry.call,
                    status=row.status,
                    media_type="",
                    mismatch=row.reason,
                )


def _at(entry: Entry, pointer: str) -> Location:
    row = entry.row
    days = row.first if row.first == row.last else f"{row.first} to {row.last}"
    told = Exchange(f"{entry.call} HTTP/1.1\n", f"HTTP/1.1 {row.status}\n\n(seen {row.times} times, {days})")
    return Location(SOURCE, f"{entry.call} {pointer}", kind=Kind.WIRE, exchange=told)
