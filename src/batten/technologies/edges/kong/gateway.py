"""Services, routes and the plugins that are in force on them.

Of the instances of a plugin the one with the narrowest scope runs: the route's, else the service's, else the
global one. Those of consumers are left out: they are in force for some callers only.
Source: https://developer.konghq.com/gateway/entities/plugin/#plugin-precedence
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from functools import cached_property

from batten.formats import Unreadable, Workspace
from batten.model import Location
from batten.model.networks import everybody
from batten.model.record import record
from batten.technologies.edges.kong.plugins import COUNTERS, LOGINS, PLAIN, REFUSERS
from batten.technologies.edges.kong.tree import Item, places
from batten.technologies.shared.containers.versions import companions
from batten.technologies.shared.transport.upstreams import is_loopback

_FORMAT = re.compile(r"^[ \t{]*[\"']?_format_version[\"']?[ \t]*:", re.MULTILINE)
_VERIFYING = re.compile(r"nginx_proxy_proxy_ssl_verify[\"']?\s*[:=]\s*[\"']?on\b", re.IGNORECASE)
_INJECTED = re.compile(
    r"nginx_(?:proxy|http|location)_(?:add_header|more_set_headers|include)", re.IGNORECASE
)
_INSIDE = (".internal", ".local", ".localhost", ".svc", ".lan", ".test")
ENCRYPTED = frozenset(("https", "grpcs", "wss", "tls", "tls_passthrough"))
SECURE_OF = {"http": "https", "grpc": "grpcs", "ws": "wss"}
_DEFAULT_PROTOCOLS = ("http", "https")


@record
class Plugin:
    """`shared` is the part of its settings that decK keeps under `_plugin_configs`."""

    item: Item
    name: str
    shared: Item | None = None

    @property
    def off(self) -> bool:
        return self.item["enabled"].flag(True).known(True) is False

    def setting(self, *keys: str) -> Item:
        """What is written; else the place of it, shown as the plugin."""
        own = self.item.of("config", *keys)
        if own:
            return own
        lent = self.shared.of(*keys) if self.shared is not None else own
        return lent if lent else Item(own.source, own.pointer, own.path, None, self.item.span, own.root)


@record
class Way:
    """A route with the plugins that are in force on it, by name."""

    route: Item
    service: Item | None
    plugins: dict[str, Plugin]
    protocols: Item
    taken: tuple[str, ...] | None  # protocols that it takes; None where they are not known

    @property
    def name(self) -> str:
        return self.route["name"].word or "a route without a name"

    @property
    def opaque(self) -> bool:
        """Whether a plugin that batten does not know, or code, may do anything."""
        return any(n not in PLAIN and n not in LOGINS and n not in COUNTERS for n in self.plugins)

    @property
    def plain(self) -> bool:
        return self.taken is not None and any(p in SECURE_OF for p in self.taken)

    @property
    def logins(self) -> list[Plugin]:
        return [p for n, p in self.plugins.items() if n in LOGINS]

    @property
    def refuses(self) -> bool:
        """Whether it answers all clients itself."""
        found = self.plugins.get("request-termination")
        return found is not None and not found.setting("trigger")

    @property
    def moves(self) -> bool:
        found = self.plugins.get("redirect")
        return found is not None and found.setting("location").text.startswith("https:")

    @property
    def inside(self) -> bool:
        """Whether it answers for names or addresses of a private network only."""
        hosts = self.route["hosts"].words() or ()
        named = bool(hosts) and all(h == "localhost" or h.endswith(_INSIDE) for h in hosts)
        return named or self.listed

    @property
    def listed(self) -> bool:
        """Whether only some addresses are let in."""
        found = self.plugins.get("ip-restriction")
        return found is not None and bool(allowed(found)) and not everybody(allowed(found).words() or ())

    @property
    def guarded(self) -> bool:
        return bool(self.logins) or self.opaque or self.listed or bool(REFUSERS & set(self.plugins))


def allowed(plugin: Plugin) -> Item:
    return plugin.setting("allow") or plugin.setting("whitelist")


class Gateway:
    """One file. Other files of its kind beside it may hold the rest of the configuration: what is missing
    here is then not known to be missing (`whole`)."""

    def __init__(self, root: Item, workspace: Workspace) -> None:
        self.root = root
        self.workspace = workspace

    @cached_property
    def by_path(self) -> dict[tuple[str | int, ...], Item]:
        """Every item of the file."""
        return {item.path: item for item in self.root.walk()}

    @cached_property
    def places(self) -> dict[str, Item]:
        return places(self.root)

    @cached_property
    def whole(self) -> bool:
        return bool(self.root["_format_version"]) and not any(
            _FORMAT.search(_text(f, self.workspace)) for f in _beside(self.root.source, self.workspace)
        )

    @cached_property
    def verifies(self) -> bool:
        """Whether Kong's own settings say that certificates of services are verified."""
        return any(_VERIFYING.search(text) for text in self._settings)

    @cached_property
    def injects(self) -> bool:
        """Whether Kong's own settings write into nginx's what may send headers."""
        return any(_INJECTED.search(text) for text in self._settings)

    @cached_property
    def _settings(self) -> list[str]:
        """The texts beside it that may hold Kong's own settings."""
        folder = posixpath.dirname(self.root.source)
        near = (posixpath.join(folder, "kong.conf"), *companions(self.root.source, self.workspace))
        return [_text(f, self.workspace) for f in near]

    @cached_property
    def services(self) -> list[Item]:
        return list(self.root["services"].items())

    @cached_property
    def globals(self) -> dict[str, Plugin]:
        """Those that are in force wherever nothing narrower is."""
        return {p.name: p for p in self._top if not p.item["service"] and not p.item["route"]}

    @cached_property
    def plugins(self) -> list[Plugin]:
        """Every instance that is on, wherever it is."""
        lists = [i for i in self.root.walk() if i.path and i.path[-1] == "plugins" and "config" not in i.path]
        made = (self._plugin(item) for found in lists for item in found.items())
        return [p for p in made if not p.off]

    def _plugin(self, item: Item) -> Plugin:
        shared = item["_config"].word
        return Plugin(item, item["name"].word, self.root["_plugin_configs"][shared] if shared else None)

    @cached_property
    def ways(self) -> list[Way]:
        """The routes of HTTP: those of services, and those that stand for themselves."""
        found: list[tuple[Item, Item | None]] = [(r, s) for s in self.services for r in s["routes"].items()]
        found += [
            (r, next((self._named[name] for name in names(r["service"]) if name in self._named), None))
            for r in self.root["routes"].items()
        ]
        made = (self._way(route, service) for route, service in found)
        return [
            w for w in made if w.taken is None or not set(w.taken) & {"tcp", "udp", "tls", "tls_passthrough"}
        ]

    @cached_property
    def _named(self) -> dict[str, Item]:
        return {name: service for service in self.services for name in names(service)}

    def _way(self, route: Item, service: Item | None) -> Way:
        given = self.root.of("_info", "defaults", "route", "protocols")
        protocols = route["protocols"] or given or route["protocols"]
        taken = protocols.listed(_DEFAULT_PROTOCOLS).known(None)
        found = dict(self.globals)
        if service is not None:
            found |= self._of(service, "service")
        return Way(route, service, found | self._of(route, "route"), protocols, taken)

    @cached_property
    def _top(self) -> list[Plugin]:
        """Those of the file's own list that are in force for every caller."""
        made = (self._plugin(item) for item in self.root["plugins"].items())
        return [p for p in made if not p.off and not _personal(p.item)]

    @cached_property
    def _scoped(self) -> dict[tuple[str, str], list[Plugin]]:
        """Those of them that are for a route or a service, by its names."""
        found: dict[tuple[str, str], list[Plugin]] = {}
        for plugin in self._top:
            kind = "route" if plugin.item["route"] else "service"
            for name in names(plugin.item[kind]):
                found.setdefault((kind, name), []).append(plugin)
        return found

    def _of(self, owner: Item, kind: str) -> dict[str, Plugin]:
        nested = [self._plugin(i) for i in owner["plugins"].items()]
        named = [p for name in names(owner) for p in self._scoped.get((kind, name), ())]
        return {p.name: p for p in (*nested, *named) if not p.off and not _personal(p.item)}

    def consumer(self, name: str) -> Item | None:
        return self._consumers.get(name)

    @cached_property
    def _consumers(self) -> dict[str, Item]:
        found = self.root["consumers"].items()
        return {name: c for c in found for name in (c["username"].word, c["id"].word) if name}

    @cached_property
    def _handled(self) -> set[str]:
        """The consumers that a plugin elsewhere is for."""
        return {name for plugin in self.plugins for name in names(plugin.item["consumer"])}

    def handles(self, consumer: Item) -> bool:
        """Whether some plugin is in force for this consumer only."""
        nested = any(not self._plugin(i).off for i in consumer["plugins"].items())
        return nested or bool(names(consumer) & self._handled)


def names(item: Item) -> set[str]:
    """What an entity is called by, or a reference calls it: a name, an id, or a mapping with one of them."""
    return {item.word, item["name"].word, item["id"].word, item["username"].word} - {""}


def _personal(item: Item) -> bool:
    return bool(item["consumer"]) or bool(item["consumer_group"])


def _beside(file: str, workspace: Workspace) -> Iterator[str]:
    folder = posixpath.dirname(file)
    found = [f for f in workspace.entries(folder) if f.endswith((".yml", ".yaml", ".json")) and f != file]
    yield from found[:50]


def _text(file: str, workspace: Workspace) -> str:
    try:
        return workspace.text(file).text[:20_000] if workspace.exists(file) else ""
    except Unreadable:
        return ""


def once(places: set[Location], at: Location) -> bool:
    """Whether a place is met for the first time: what several routes share is told once."""
    new = at not in places
    places.add(at)
    return new


def to_itself(host: str, port: int) -> bool:
    """Whether an upstream is Kong's own Admin API."""
    return port in (8001, 8444) and (is_loopback(host) or host == "kong" or host.startswith("kong-admin"))
