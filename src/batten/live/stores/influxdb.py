"""InfluxDB 1 to 3: whether anonymous clients may list databases or buckets, or may set it up."""

from __future__ import annotations

from collections.abc import Generator

from batten.live.exchange import Answer, Question, Response, Steps
from batten.live.stores.door import Door
from batten.live.stores.sighting import Sighting, facts
from batten.live.stores.web import REFUSED, document, fetch, first, other, unclear

_LISTS = {
    "1": ("/query?q=SHOW+DATABASES", "results"),
    "2": ("/api/v2/buckets?limit=1", "buckets"),
    "3": ("/api/v3/configure/database?format=json", ""),
}


def recognised(response: Response) -> bool:
    return bool(response.header("x-influxdb-version") or response.header("x-influxdb-build"))


def probe(door: Door) -> Steps:
    door, ping = yield from first(door, "/ping")
    if not recognised(ping):
        raise other("InfluxDB")
    version = ping.header("x-influxdb-version").removeprefix("v")
    opened, asked, told = yield from _open(door, version)
    seen = Sighting(
        "influxdb",
        opened,
        f"GET /ping, {asked}",
        told,
        version,
        ping.address,
        tls=bool(door.tls),
        plain=not door.tls,
    )
    return facts(door, seen)


def _open(door: Door, version: str) -> Generator[Question, Answer, tuple[bool, str, str]]:
    major = version[:1] if version[:1] in _LISTS else "1"
    if major == "2":
        setup = yield from fetch(door, "/api/v2/setup")
        if document(setup).get("allowed") is True:
            return True, "GET /api/v2/setup", "not set up: the first client becomes its administrator"
    path, key = _LISTS[major]
    listed = yield from fetch(door, path)
    if listed.status in REFUSED:
        return False, f"GET {path}", str(listed.status)
    if listed.status != 200 or (key and not _lists(listed, key)):
        raise unclear("InfluxDB", listed)
    return True, f"GET {path}", "200"


def _lists(response: Response, key: str) -> bool:
    rows = document(response).get(key)
    return isinstance(rows, list) and not any(isinstance(row, dict) and "error" in row for row in rows)
