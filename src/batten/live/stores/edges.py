"""The administration of edges: Caddy's API, Envoy's console, HAProxy's statistics page. Read by one question each, and
found only where it answers without a log-in."""

from __future__ import annotations

from batten.facts import Fact
from batten.live.catalogue.item import keys, titled
from batten.live.exchange import Response, Steps
from batten.live.stores.consoles import console
from batten.live.stores.door import Door
from batten.live.stores.sighting import component
from batten.live.stores.web import REFUSED, document, fetch, first, other, text_at

STATISTICS = ("/", "/stats", "/haproxy?stats")
_ENVOY = keys("hot_restart_version", "command_line_options")
_HAPROXY = titled("Statistics Report for HAProxy")
_ENVOY_PAGE = titled("Envoy Admin")


def caddy(door: Door) -> Steps:
    """Who may read /config/ may write it too; Caddy asks for no more than a Host that it knows."""
    door, told = yield from first(door, "/config/")
    if told.status == 403 and "not allowed" in told.text[:300]:
        return []
    config = document(told)
    if told.status != 200 or not ("apps" in config or "admin" in config):
        raise other("Caddy's admin API")
    return [console(door, "/config/", "Caddy's admin API", told)]


def envoy(door: Door) -> Steps:
    door, told = yield from first(door, "/server_info")
    if told.status in REFUSED:
        return []
    if not _ENVOY(told):
        raise other("Envoy's admin interface")
    found = console(door, "/server_info", "Envoy's admin interface", told)
    version = text_at(document(told), "version").split("/")
    made: list[Fact] = [found]
    if len(version) > 1:  # revision/version/state of the sources/kind of build/library of TLS
        made.append(component(door, "envoy", version[1], found.at))
    return made


def haproxy(door: Door) -> Steps:
    """The page is wherever the configuration puts it: where most put it, and at HAProxy's own default."""
    door, told = yield from first(door, STATISTICS[0])
    for path in STATISTICS:
        told = told if path == STATISTICS[0] else (yield from fetch(door, path))
        if told.status == 401 and "HAProxy" in told.header("www-authenticate"):
            return []
        if _HAPROXY(told):
            return [console(door, path, "HAProxy statistics", told)]
    raise other("HAProxy's statistics page")


def recognised(root: Response) -> str:
    """The edge whose console the answer to "/" is."""
    if _ENVOY_PAGE(root):
        return "envoy"
    return "haproxy" if _HAPROXY(root) else ""
