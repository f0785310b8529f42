"""Elasticsearch and OpenSearch: product, version, and whether anonymous clients may list indices."""

from __future__ import annotations

from batten.live.exchange import Headers, Response, Steps
from batten.live.stores.door import Door
from batten.live.stores.sighting import Sighting, facts
from batten.live.stores.web import REFUSED, basic, document, fetch, first, items, other, text_at, unclear

_TAGLINES = {
    "You Know, for Search": "elasticsearch",
    "The OpenSearch Project: https://opensearch.org/": "opensearch",
}
# The passwords of the products' own first set-up: X-Pack before 6.0, OpenSearch's demonstration before 2.12.
_FIRST: dict[str, Headers] = {
    "elasticsearch": basic("elastic", "changeme"),
    "opensearch": basic("admin", "admin"),
}


def recognised(response: Response) -> str:
    """The product that answers "/" so, "" when it is neither."""
    named = _TAGLINES.get(text_at(document(response), "tagline"), "")
    if named or response.status not in REFUSED:
        return named
    realm = response.header("www-authenticate")
    if "OpenSearch Security" in realm:
        return "opensearch"
    told = "security_exception" in response.text or response.header("x-elastic-product") == "Elasticsearch"
    return "elasticsearch" if told or 'realm="security"' in realm else ""


def probe(door: Door) -> Steps:
    door, root = yield from first(door, "/")
    product = recognised(root)
    if not product:
        raise other("Elasticsearch or OpenSearch")
    version = text_at(document(root), "version", "number")
    opened, told = False, f"GET /: {root.status}"
    if root.status == 200:
        listed = yield from fetch(door, "/_cat/indices?format=json&h=index")
        if listed.status not in (200, *REFUSED):
            raise unclear(product, listed)
        opened = listed.status == 200 and items(listed) is not None
        told = f"the names of {len(items(listed) or ())} indices" if opened else f"{listed.status}"
    known: bool | None = None
    if door.credentials and not opened:
        known = (yield from fetch(door, "/", _FIRST[product])).status == 200 and root.status != 200
    seen = Sighting(
        product,
        opened,
        "GET /, GET /_cat/indices",
        told,
        version,
        root.address,
        tls=bool(door.tls),
        plain=not door.tls,
        default_credentials=known,
    )
    return facts(door, seen)
