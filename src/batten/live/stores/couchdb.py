"""CouchDB: the role of anonymous clients. In an "admin party" all clients are administrators (CouchDB 1 and 2)."""

from __future__ import annotations

from batten.live.exchange import Response, Steps
from batten.live.stores.door import Door
from batten.live.stores.sighting import Sighting, facts
from batten.live.stores.web import REFUSED, document, fetch, first, other, text_at, unclear


def recognised(response: Response) -> bool:
    return text_at(document(response), "couchdb") == "Welcome" or "CouchDB/" in response.header("server")


def probe(door: Door) -> Steps:
    door, root = yield from first(door, "/")
    if not recognised(root):
        raise other("CouchDB")
    session = yield from fetch(door, "/_session")
    context = document(session).get("userCtx")
    if session.status not in (200, *REFUSED) or (session.status == 200 and not isinstance(context, dict)):
        raise unclear("CouchDB", session)
    roles = context.get("roles") if isinstance(context, dict) else None
    party = session.status == 200 and isinstance(roles, list) and "_admin" in roles
    seen = Sighting(
        "couchdb",
        party,
        "GET /, GET /_session",
        "anonymous clients are administrators" if party else "anonymous clients have no role",
        text_at(document(root), "version"),
        root.address,
        tls=bool(door.tls),
        plain=not door.tls,
    )
    return facts(door, seen)
