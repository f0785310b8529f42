"""Consoles and metrics beside stores: Consul, Prometheus, Grafana. A login page alone is never reported."""

from __future__ import annotations

from batten.facts import Endpoint, Fact
from batten.live.catalogue.item import page
from batten.live.exchange import Response, Steps
from batten.live.stores.closing import closing
from batten.live.stores.door import Door
from batten.live.stores.sighting import Sighting, at_door, component, facts
from batten.live.stores.web import REFUSED, basic, document, fetch, first, items, other, text_at, unclear


def console(door: Door, path: str, what: str, response: Response, kind: str = "console") -> Endpoint:
    told = f"{response.status}, {len(response.body)} bytes, omitted: confidential"
    at = at_door(door, f"{kind} {what}", f"GET {path}, without credentials", told)
    known = closing("rabbitmq" if door.protocol.startswith("rabbitmq") else door.protocol)
    return Endpoint(
        at,
        method="GET",
        path=path,
        kind=kind,
        what=what,
        gains=known.gains,
        close=known.close,
        source=known.source,
        holds=known.holds,
    )


def consul(door: Door) -> Steps:
    """`/v1/acl/policies` says by itself that access control is disabled, or refuses (Consul's ACL API)."""
    door, lists = yield from first(door, "/v1/acl/policies")
    off = lists.status == 401 and "ACL support disabled" in lists.text
    listed = lists.status == 200 and items(lists) is not None
    refused = lists.status in REFUSED and ("Permission denied" in lists.text or "ACL" in lists.text)
    if not (off or listed or refused):
        raise other("Consul")
    myself = yield from fetch(door, "/v1/agent/self")
    version = text_at(document(myself), "Config", "Version") if myself.status == 200 else ""
    opened = off or listed
    if opened and not version:
        raise unclear("Consul", myself)
    seen = Sighting(
        "consul",
        opened,
        "GET /v1/acl/policies, GET /v1/agent/self; no token",
        "access control is disabled" if opened else "a token is required",
        version,
        lists.address,
        tls=bool(door.tls),
        plain=not door.tls,
    )
    made: list[Fact] = [*facts(door, seen)]
    if opened:
        made.append(console(door, "/v1/agent/self", "Consul's API", myself))
    return made


_PROMETHEUS_PAGES = ("/graph", "/query", "/classic/graph")  # where "/" leads, by version


def leads_to_prometheus(root: Response) -> bool:
    return 300 <= root.status < 400 and root.header("location").endswith(_PROMETHEUS_PAGES)


_PAGES = (
    (page(r"window\.grafanaBootData\b"), "grafana"),
    (page(r"<title>Consul\b", r"consul-ui/config/environment"), "consul"),
)


def recognised(root: Response) -> str:
    """The scheme of the console whose page this is, "" when it is none."""
    return next((scheme for proof, scheme in _PAGES if proof(root)), "")


def prometheus(door: Door) -> Steps:
    door, told = yield from first(door, "/api/v1/status/buildinfo")
    if told.status in REFUSED:
        return []
    data = document(told).get("data")
    version = text_at(data, "version")
    if told.status != 200 or not version or not text_at(data, "goVersion"):
        raise other("Prometheus")
    found = console(door, "/api/v1/status/buildinfo", "Prometheus", told, "metrics")
    return [found, component(door, "prometheus", version, found.at)]


def grafana(door: Door) -> Steps:
    """Everybody is told its version. That strangers may see the data sources takes a role that administrates."""
    door, health = yield from first(door, "/api/health")
    told = document(health)
    if health.status != 200 or "database" not in told or "version" not in told:
        raise other("Grafana")
    sources = yield from fetch(door, "/api/datasources")
    if sources.status not in (200, *REFUSED):
        raise unclear("Grafana", sources)
    opened = sources.status == 200 and items(sources) is not None
    known: bool | None = None
    if door.credentials and not opened:
        known = (yield from fetch(door, "/api/org", basic("admin", "admin"))).status == 200
    seen = Sighting(
        "grafana",
        None,
        "GET /api/health, GET /api/datasources"
        + (", then as admin with the password admin" if known is not None else ""),
        f"{sources.status}",
        text_at(told, "version"),
        health.address,
        tls=bool(door.tls),
        plain=not door.tls,
        default_credentials=known,
    )
    made: list[Fact] = [*facts(door, seen)]
    if opened:
        what = "Grafana with anonymous administrators"
        made.append(console(door, "/api/datasources", what, sources))
    return made
