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
from batten.model.record import record
from batten.technologies._edges import is_loopback
from batten.technologies._versions import companions
from batten.technologies.kong.tree import Item

LOGINS = frozenset(
    (
        "basic-auth",
        "header-cert-auth",
        "hmac-auth",
        "jwt",
        "jwt-signer",
        "key-auth",
        "key-auth-enc",
        "ldap-auth",
        "ldap-auth-advanced",
        "mtls-auth",
        "oauth2",
        "oauth2-introspection",
        "openid-connect",
        "saml",
        "upstream-oauth",
        "vault-auth",
    )
)
COUNTERS = frozenset(
    (
        "ai-rate-limiting-advanced",
        "graphql-rate-limiting-advanced",
        "rate-limiting",
        "rate-limiting-advanced",
        "response-ratelimiting",
        "service-protection",
    )
)
# Plugins that neither ask who calls, nor count calls, nor send headers but by their settings.
_PLAIN = frozenset(
    (
        "acl",
        "acme",
        "app-dynamics",
        "application-registration",
        "aws-lambda",
        "azure-functions",
        "bot-detection",
        "canary",
        "confluent",
        "correlation-id",
        "cors",
        "datadog",
        "degraphql",
        "file-log",
        "forward-proxy",
        "graphql-proxy-cache-advanced",
        "grpc-gateway",
        "grpc-web",
        "http-log",
        "injection-protection",
        "ip-restriction",
        "jq",
        "json-threat-protection",
        "kafka-log",
        "kafka-upstream",
        "loggly",
        "mocking",
        "oas-validation",
        "opa",
        "opentelemetry",
        "prometheus",
        "proxy-cache",
        "proxy-cache-advanced",
        "redirect",
        "request-size-limiting",
        "request-termination",
        "request-transformer",
        "request-transformer-advanced",
        "request-validator",
        "response-transformer",
        "response-transformer-advanced",
        "route-by-header",
        "route-transformer-advanced",
        "session",
        "statsd",
        "statsd-advanced",
        "syslog",
        "tcp-log",
        "tls-handshake-modifier",
        "tls-metadata-headers",
        "udp-log",
        "upstream-timeout",
        "websocket-size-limit",
        "websocket-validator",
        "xml-threat-protection",
        "zipkin",
    )
)
_REFUSERS = frozenset(("acl", "opa", "tls-handshake-modifier"))
_FORMAT = re.compile(r"^[ \t{]*[\"']?_format_version[\"']?[ \t]*:", re.MULTILINE)
_VERIFYING = re.compile(r"nginx_proxy_proxy_ssl_verify[\"']?\s*[:=]\s*[\"']?on\b", re.IGNORECASE)
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
        return lent if lent else Item(own.source, own.pointer, own.path, None, self.item.span)


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
        return any(n not in _PLAIN and n not in LOGINS and n not in COUNTERS for n in self.plugins)

    @property
    def plain(self) -> bool:
        return self.taken is not None and any(p in SECURE_OF for p in self.taken)

    @property
    def logins(self) -> list[Plugin]:
        return [p for n, p in self.plugins.items() if n in LOGINS]

    @property
    def refuses(self) -> bool:
        """Whether it answers by itself whoever calls."""
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
        return (
            found is not None and bool(allowed(found)) and not set(allowed(found).words() or ()) & EVERYBODY
        )

    @property
    def guarded(self) -> bool:
        return bool(self.logins) or self.opaque or self.listed or bool(_REFUSERS & set(self.plugins))


EVERYBODY = {"0.0.0.0/0", "::/0"}


def allowed(plugin: Plugin) -> Item:
    return plugin.setting("allow") or plugin.setting("whitelist")


class Gateway:
    """One file. Other files of its kind beside it may hold the rest of the configuration: what is missing
    here is then not known to be missing (`whole`)."""

    def __init__(self, root: Item, workspace: Workspace) -> None:
        self.root = root
        self.workspace = workspace

    @cached_property
    def whole(self) -> bool:
        return not any(
            _FORMAT.search(_text(f, self.workspace)) for f in _beside(self.root.source, self.workspace)
        )

    @cached_property
    def verifies(self) -> bool:
        """Whether Kong's own settings say that certificates of services are verified."""
        folder = posixpath.dirname(self.root.source)
        near = (posixpath.join(folder, "kong.conf"), *companions(self.root.source, self.workspace))
        return any(_VERIFYING.search(_text(f, self.workspace)) for f in near)

    @property
    def services(self) -> list[Item]:
        return list(self.root["services"].items())

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
        found += [(r, self._service(r["service"])) for r in self.root["routes"].items()]
        made = (self._way(route, service) for route, service in found)
        return [
            w for w in made if w.taken is None or not set(w.taken) & {"tcp", "udp", "tls", "tls_passthrough"}
        ]

    def _service(self, reference: Item) -> Item | None:
        return next((s for s in self.services if means(reference, s)), None)

    def _way(self, route: Item, service: Item | None) -> Way:
        given = self.root.of("_info", "defaults", "route", "protocols")
        protocols = route["protocols"] or given or route["protocols"]
        taken = protocols.listed(_DEFAULT_PROTOCOLS).known(None)
        return Way(route, service, self._in_force(route, service), protocols, taken)

    def _in_force(self, route: Item, service: Item | None) -> dict[str, Plugin]:
        found: dict[str, Plugin] = {}
        for plugin in self._top:
            if not plugin.item["service"] and not plugin.item["route"]:
                found[plugin.name] = plugin
        if service is not None:
            found |= self._of(service, "service", "route")
        found |= self._of(route, "route", "")
        return found

    @cached_property
    def _top(self) -> list[Plugin]:
        """Those of the file's own list that are in force for every caller."""
        made = (self._plugin(item) for item in self.root["plugins"].items())
        return [p for p in made if not p.off and not _personal(p.item)]

    def _of(self, owner: Item, kind: str, narrower: str) -> dict[str, Plugin]:
        nested = [self._plugin(i) for i in owner["plugins"].items()]
        named = [p for p in self._top if means(p.item[kind], owner) and not (narrower and p.item[narrower])]
        return {p.name: p for p in (*nested, *named) if not p.off and not _personal(p.item)}

    def consumer(self, name: str) -> Item | None:
        found = self.root["consumers"].items()
        return next((c for c in found if name in (c["username"].word, c["id"].word)), None)

    def plugins_of(self, consumer: Item) -> Iterator[Plugin]:
        for plugin in self.plugins:
            nested = plugin.item.path[: len(consumer.path)] == consumer.path
            if nested or means(plugin.item["consumer"], consumer):
                yield plugin


def means(reference: Item, owner: Item) -> bool:
    """Whether a reference (a name, an id, or a mapping with one of them) is to that entity."""
    words = {reference.word, reference["name"].word, reference["id"].word, reference["username"].word} - {""}
    return bool(words & {owner["name"].word, owner["id"].word, owner["username"].word})


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
