"""SARIF's locations: relative URIs, and columns in UTF-16 code units where ours are in characters."""

from __future__ import annotations

import re
from urllib.parse import quote

from batten.formats import Unreadable, Workspace
from batten.formats.document import Text
from batten.masking import MASK, budget
from batten.model import Finding, Kind, Location, Region, Span
from batten.reports.evidence import message, request_line, status_line, url
from batten.reports.masks import Masks

Json = dict[str, object]

ROOT = "%SRCROOT%"
_STRAY_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")


def artifact(path: str) -> Json:
    """A file below the reviewed folder; the path of that folder is not disclosed."""
    return {"uri": quote(path, safe="/", errors="backslashreplace"), "uriBaseId": ROOT}


def live_artifact(address: str, source: str) -> Json:
    rest = address.removeprefix(source)
    return {"uri": _uri(source, "[]") + _uri(rest, "")}


def _uri(text: str, also: str) -> str:
    kept = _STRAY_PERCENT.sub("%25", text)
    return quote(kept, safe=":/?@!$&'()*+,;=%~" + also, errors="backslashreplace")


def location(finding: Finding, workspace: Workspace, hidden: Masks) -> Json:
    """The finding's own place, with the text that it is about."""
    at = finding.at
    if at.kind is Kind.WIRE:
        return {"physicalLocation": {"artifactLocation": live_artifact(url(finding), at.source)}} | _logical(
            at
        )
    physical: Json = {"artifactLocation": artifact(at.source)}
    if finding.region is not None:
        region = finding.region
        source = text_of(at.source, workspace)
        if source is None:
            physical["region"] = {"startLine": region.line}
        else:
            found = lines(source, region)
            if region.line == region.end_line:
                start = source.start_of(region.line) + region.column - 1
                end = start + region.end_column - region.column
                # The text of a region as it may be shown, a long one by its beginning and its end.
                if end - start <= budget.LINE:
                    shown = hidden.part(source, start, end)
                    snippet = MASK if MASK in shown else shown
                else:
                    tail = budget.LINE // 3
                    snippet = f"{hidden.part(source, start, start + budget.LINE - tail)}{budget.CUT}{hidden.part(source, end - tail, end)}"
                found["snippet"] = {"text": snippet}
            physical["region"] = found
    return {"physicalLocation": physical} | _logical(at)


def related(at: Location, number: int, why: str, workspace: Workspace) -> Json:
    place: Json = {"id": number, "message": {"text": why}}
    if at.kind is Kind.WIRE:
        place["physicalLocation"] = {"artifactLocation": live_artifact(at.source, at.source)}
        return place | _logical(at)
    return place | {"physicalLocation": _physical(at, workspace)} | _logical(at)


def _physical(at: Location, workspace: Workspace) -> Json:
    source = text_of(at.source, workspace)
    region = source.region(at) if source else None
    found: Json = {"artifactLocation": artifact(at.source)}
    return found | {"region": lines(source, region)} if source and region else found


def suppressing(at: Location, workspace: Workspace) -> Json:
    return {"physicalLocation": _physical(at, workspace)}


def _logical(at: Location) -> Json:
    """The place by name; what was seen live has no line, so the name of its system is part of it."""
    if not at.pointer:
        return {}
    named: Json = {"fullyQualifiedName": at.pointer}
    if at.kind is Kind.WIRE:
        named = {"name": at.pointer, "fullyQualifiedName": f"{at.source} {at.pointer}", "kind": "resource"}
    return {"logicalLocations": [named]}


def text_of(path: str, workspace: Workspace) -> Text | None:
    try:
        return workspace.text(path)
    except Unreadable:
        return None


def lines(source: Text, region: Region) -> Json:
    return {
        "startLine": region.line,
        "startColumn": _column(source, region.line, region.column),
        "endLine": region.end_line,
        "endColumn": _column(source, region.end_line, region.end_column),
    }


def _column(source: Text, line: int, column: int) -> int:
    start = source.start_of(line)
    return column + source.astral(start, start + column - 1)


def deleted(source: Text, span: Span) -> Json:
    """The region that an edit replaces; empty where it only inserts."""
    return lines(source, Region(*source.position(span.start), *source.position(span.end)))


def exchange(finding: Finding) -> Json:
    """The redacted request and answer, when they were HTTP."""
    seen = finding.at.exchange
    sent, got = request_line(finding), status_line(finding)
    if seen is None or sent is None or got is None:
        return {}
    request, response = message(seen.request), message(seen.response)
    return {
        "webRequest": {"protocol": "HTTP", "method": sent["method"], "target": sent["target"]}
        | _content(request.headers, request.body),
        "webResponse": {
            "protocol": "HTTP",
            "version": got["version"],
            "statusCode": int(got["status"]),
            "reasonPhrase": got["reason"] or "",
        }
        | _content(response.headers, response.body),
    }


def _content(headers: tuple[tuple[str, str], ...], body: str) -> Json:
    merged: dict[str, str] = {}
    content: Json = {"headers": merged}
    for name, value in headers:
        merged[name] = f"{merged[name]}, {value}" if name in merged else value
    return content | ({"body": {"text": body}} if body else {})
