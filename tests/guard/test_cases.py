"""The table of what a guard must survive: every row has its cases, on every carrier that can be asked for it."""

from __future__ import annotations

from fnmatch import fnmatchcase

import pytest
from cases import answers, bodies, framing, origins, targets
from cases.case import Case
from export_differences import DIFFERENCES
from test_middleware import DIFFERENCES as SERVERS

SUITE = framing.CASES + targets.CASES + origins.CASES + bodies.CASES + answers.CASES
ENOUGH = 250

# What is to be survived, and the cases that ask for it. The bytes themselves are read by the server that a middleware
# stands behind, so the first group is of no carrier but those that read bytes.
BYTES = {
    "length and chunks together": ("CL and TE", "TE and CL 0"),
    "transfer codings": ("TE xchunked", "TE chunked, identity", "TE twice*", "TE space before colon", "TE tab before colon"),
    "lengths that differ or are none": ("CL twice*", "CL +5", "CL -1", "CL 5, 5", "CL overflow"),
    "bare LF": ("bare LF *",),
    "obs-fold and bare CR": ("obs-fold*", "bare CR *"),
    "control characters in a head": ("NUL in *", "control character *"),
    "blanks in the request line or a name": ("tab in the request line", "*space*in the request line", "space in a name"),
    "a line without a colon": ("line without a colon",),
    "chunk sizes": ("chunk size *", "chunk extension with a bare LF", "chunk data *"),
    "Host missing, twice or strange": ("no Host", "two*Hosts", "Host with *", "Host empty"),
    "other versions": ("HTTP/1.0", "HTTP/1.2", "HTTP/0.9", "HTTP/2 preface"),
    "verbs that are none": ("lower case", "invented", "mixed case"),
    "OPTIONS * and CONNECT": ("OPTIONS [*]", "CONNECT*"),
    "raw characters in the target": ("target '*#top'", "target '*\\\\*'", "target '*\\xc3*'"),
    "absolute form": ("target 'http*",),
    "upgrades, and what Connection names": ("Upgrade: h2c*", "WebSocket*", "Connection names *", "hop-by-hop*"),
    "heads that are too large": ("64 KB *",),
    "interim answers, trailers, and bodies where there is none": ("answer: 1?? first", "answer: trailers", "answer: 204 with a body", "answer: 304 with*"),
    "broken answers": ("replaced: cut*", "replaced: bare *", "replaced: cl and te", "replaced: two lengths", "broken stream: *"),
    "late and endless answers": ("replaced: hang", "replaced: half*", "endless answer"),
}  # fmt: skip
ALL = {
    "verbs that are not documented": ("HEAD /v1/things", "OPTIONS /v1/things", "TRACE /v1/things/7", "PROPFIND /v1/things"),
    "a documented HEAD": ("HEAD documented*",),
    "verbs by a header": ("X-HTTP-Method-Override", "X-Method-Override", "X-HTTP-Method", "override by underscores"),
    "dots and slashes in the target": ("target /v1/../*", "target /v1/%2e%2e/*", "target /v1/..;/*", "target /v1//*"),
    "escapes in the target": ("target /v1%2?things", "target *%5?*", "target *%00", "target *%252e*", "target *%c0%ae*"),
    "an escaped unreserved letter": ("target /v1/%?4hings", "target /v1/things/%37"),
    "other case, trailing slash": ("other case", "trailing slash"),
    "pipelines": ("two in one", "second forbidden", "first forbidden", "ten in one"),
    "underscores": ("underscore twin",),
    "too many headers, long targets": ("300 headers", "8 KB target"),
    "100-continue": ("100-continue*",),
    "GET with a body": ("GET with a body", "a request hidden *"),
    "an empty line first": ("one empty line first",),
    "204 and 304": ("answer: 204", "answer: 304"),
    "content codings": ("answer: gzip", "replaced: gzip*", "replaced: br"),
    "Range": ("Range where *", "answer: 206"),
    "cookies": ("answer: cookies",),
    "foreign origins": ("foreign origin *", "preflight of *"),
    "listed origins": ("listed origin", "preflight"),
    "bodies of requests": ("body: *", "too large*", "undeclared media type"),
    "bodies of answers": ("replaced: wrong type", "replaced: additional", "replaced: twice", "replaced: empty"),
    "statuses and media types of answers": ("replaced: undeclared status", "replaced: page", "replaced: redirect"),
    "traces and debug pages": ("replaced: trace", "replaced: debug page"),
}  # fmt: skip
# Rows of which no case is decided as here: what a server or an engine reads for itself comes first (the cases are
# listed by name in test_middleware.py and export_differences.py).
ITS_OWN = {
    "granian-wsgi": {"an escaped unreserved letter"},
    "gunicorn": {"100-continue"},
    "hypercorn": {"100-continue", "an empty line first"},
    "nginx": {"bare LF", "a line without a colon", "too many headers, long targets"},
    "envoy": {"bare LF", "absolute form", "other versions", "100-continue"},
    "haproxy": {"verbs that are none", "bare LF", "length and chunks together", "heads that are too large", "listed origins",
                "too many headers, long targets"},
}  # fmt: skip


def _cases(patterns: tuple[str, ...]) -> list[Case]:
    return [case for case in SUITE if any(fnmatchcase(case.name, pattern) for pattern in patterns)]


def _lost(rows: dict[str, tuple[str, ...]], asked: set[str]) -> set[str]:
    return {row for row, patterns in rows.items() if not any(case.name in asked for case in _cases(patterns))}


@pytest.mark.parametrize("row", [*BYTES, *ALL])
def test_row_has_cases(row: str) -> None:
    for pattern in {**BYTES, **ALL}[row]:
        assert _cases((pattern,)), f"no case is called {pattern}"


@pytest.mark.parametrize("server", ["uvicorn", "granian-asgi", "hypercorn", "granian-wsgi", "gunicorn"])
def test_middlewares(server: str) -> None:
    asked = {case.name for case in SUITE if not case.wire} - SERVERS.get(server, set())
    assert len(asked) >= ENOUGH
    assert _lost(ALL, asked) <= ITS_OWN.get(server, set())


@pytest.mark.parametrize(
    "engine", [name for name in DIFFERENCES if name != "kong"]
)  # of Kong, only its Lua is run
def test_engines(engine: str) -> None:
    asked = {case.name for case in SUITE} - DIFFERENCES[engine].keys()
    assert len(asked) >= ENOUGH
    lost = {
        row
        for row, patterns in {**BYTES, **ALL}.items()
        if not any(c.name in asked for c in _cases(patterns))
    }
    assert lost <= ITS_OWN[engine]


def test_the_proxy() -> None:
    assert len({case.name for case in SUITE}) == len(SUITE) >= ENOUGH
