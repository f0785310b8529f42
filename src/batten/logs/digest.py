"""What access logs say, as the rows, shapes and facts that recorded traffic has: one report, one draft and one judgement for both."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import date

from batten.contract import Contract
from batten.facts import Content, Fact, UrlCredential
from batten.guard.learning.digest import SOURCE, Entry, Sort, sorted_out
from batten.guard.learning.digest import facts as traffic_facts
from batten.guard.learning.sampling import query_shape
from batten.guard.options import Rule
from batten.guard.traffic.shapes import Shape, merged
from batten.guard.traffic.traffic_file import Learnt, TrafficRow
from batten.logs.tally import Told, Used
from batten.model import Exchange, Kind, Location

_ASSET = re.compile(
    r"(?i)\.(?:css|js|mjs|map|png|jpe?g|gif|svg|ico|webp|avif|woff2?|ttf|otf|eot|mp[34]|webm|pdf|txt)$"
)
_PAGE = re.compile(r"(?i)(?:/|\.html?)$")
_THERE = (Sort.ENDPOINT, Sort.VERB)
_METHOD = re.compile(r"[A-Z][A-Z-]{0,20}")


def rows_of(told: Told) -> list[TrafficRow]:
    return [_row(one) for one in told.used if _METHOD.fullmatch(one.method) and one.status.isdigit()]


def _row(one: Used) -> TrafficRow:
    reason = ""
    if _ASSET.search(one.path):
        reason = Content.ASSET.value
    elif _PAGE.search(one.path):
        reason = Content.PAGE.value
    seen = one.seen
    return TrafficRow(
        Rule.PATH.value,
        one.method,
        one.path,
        int(one.status),
        reason,
        enforced=False,
        times=seen.times,
        first=seen.first[:10],
        last=seen.last[:10],
    )


def entries_of(told: Told, contract: Contract | None) -> list[Entry]:
    """The calls that the contract does not have."""
    return sorted_out(rows_of(told), contract)


def facts_of(told: Told, contract: Contract, today: date) -> Iterator[Fact]:
    """What probes would have found, and credentials in URLs."""
    yield from traffic_facts(entries_of(told, contract), today)
    for leak in told.leaks:
        call = f"{leak.method} {leak.path}"
        days = " to ".join(sorted({leak.first[:10], leak.last[:10]}))
        shown = Exchange(
            f"{call}{'?' + leak.name + '=…' if leak.name else ''} HTTP/1.1\n",
            f"(in access logs {leak.times} times, {days})",
        )
        at = Location(SOURCE, f"{call} request.{leak.name or 'path'}", kind=Kind.WIRE, exchange=shown)
        yield UrlCredential(at, call=call, name=leak.name, times=leak.times)


def learnt_of(told: Told, contract: Contract | None) -> list[Learnt]:
    """The shapes that a draft of undeclared calls is made of: how they were answered, and the names in their queries. Logs hold no
    bodies."""
    undeclared = {
        (entry.row.method, entry.row.path) for entry in entries_of(told, contract) if entry.sort in _THERE
    }
    shapes: dict[tuple[str, str, str], Shape] = {}
    for one in told.used:
        if (one.method, one.path) not in undeclared or not ("200" <= one.status < "400"):
            continue
        call = one.method, one.path
        for part, shape in _parts(one):
            known = shapes.get((*call, part))
            shapes[(*call, part)] = merged(known, shape) if known is not None else shape
    return [Learnt(method, path, part, "", shape) for (method, path, part), shape in shapes.items()]


def _parts(one: Used) -> Iterable[tuple[str, Shape]]:
    yield one.status, Shape(count=one.seen.times)
    if one.seen.query:
        shape = query_shape(one.seen.query.lstrip(b"?"))
        if shape is not None:
            yield "query", shape
