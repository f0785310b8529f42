"""etcd: its version, and how many keys there are, by the gRPC gateway's range query (v3) or by the old API (v2).

A range with `count_only` is a POST that reads (etcd's API reference); no key and no value is asked for.
"""

from __future__ import annotations

import re
from collections.abc import Generator

from batten.live.exchange import Answer, Question, Steps
from batten.live.stores.door import Door
from batten.live.stores.sighting import Sighting, facts
from batten.live.stores.web import REFUSED, document, fetch, first, other, text_at, unclear

_COUNT = b'{"key":"AA==","range_end":"AA==","count_only":true}'
_REFUSALS = re.compile(r"user name is empty|permission denied|invalid auth token")


def probe(door: Door) -> Steps:
    door, told = yield from first(door, "/version")
    version = text_at(document(told), "etcdserver")
    if not version:
        raise other("etcd")
    opened, asked = yield from _open(door)
    seen = Sighting(
        "etcd",
        opened,
        f"GET /version, {asked}",
        "answered" if opened else "refused",
        version,
        told.address,
        tls=bool(door.tls),
        plain=not door.tls,
    )
    return facts(door, seen)


def _open(door: Door) -> Generator[Question, Answer, tuple[bool, str]]:
    for path in ("/v3/kv/range", "/v3beta/kv/range"):
        counted = yield from fetch(door, path, (("Content-Type", "application/json"),), "POST", _COUNT)
        if counted.status != 404:
            told = document(counted)
            if counted.status == 200 and isinstance(told.get("header"), dict):
                verdict = True
            elif counted.status in REFUSED or _REFUSALS.search(
                text_at(told, "error") + text_at(told, "message")
            ):
                verdict = False
            else:
                raise unclear("etcd", counted)
            return verdict, f"POST {path} to count keys"
    listed = yield from fetch(door, "/v2/keys/?quorum=false")
    if listed.status == 200 and text_at(document(listed), "action") == "get":
        return True, "GET /v2/keys"
    if listed.status in REFUSED:
        return False, "GET /v2/keys"
    raise unclear("etcd", listed)
