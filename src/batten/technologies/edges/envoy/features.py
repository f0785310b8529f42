"""Switches that are worth a control of their own: the admin interface, taps, lenient parsing, what errors tell."""

from __future__ import annotations

import re
from collections.abc import Iterator

from batten.facts import Feature, WebRoot
from batten.model import ABSENT, UNKNOWN, Setting, Switch
from batten.technologies.edges.envoy.access.reading import guards
from batten.technologies.edges.envoy.clusters import endpoints, forwards_anywhere
from batten.technologies.edges.envoy.fields import Field
from batten.technologies.edges.envoy.headers.reading import change_of, options
from batten.technologies.edges.envoy.managers import Manager, managers, path_of, routes_of
from batten.technologies.edges.envoy.tls.listeners import redirects
from batten.technologies.edges.envoy.tree import Tree
from batten.technologies.shared.edges.paths import console_at
from batten.technologies.shared.transport.upstreams import is_loopback

_METRICS = ("/stats", "/metrics")
# What an answer should not tell of the machines behind: command operators of Envoy's formatters.
_INTERNAL = re.compile(
    r"%(UPSTREAM_(?:REMOTE_ADDRESS|REMOTE_ADDRESS_WITHOUT_PORT|LOCAL_ADDRESS|HOST|HOST_NAME|TRANSPORT_FAILURE_REASON)"
    r"|DOWNSTREAM_LOCAL_ADDRESS|RESPONSE_CODE_DETAILS|CONNECTION_TERMINATION_DETAILS|HOSTNAME)\b"
)


def features(tree: Tree) -> Iterator[Feature]:
    yield from _admin(tree)
    consoles = _admin_clusters(tree)
    anywhere = {c["name"].text for c in tree.of("Cluster") if forwards_anywhere(c)}
    for manager in managers(tree):
        yield from _debuggers(manager)
        yield from _lenient(manager)
        # What Envoy answers by itself is text/plain, unless a header says otherwise.
        for fixed_host in manager.hosts:
            for route in routes_of(fixed_host):
                body = route.of("direct_response", "body", "inline_string")
                homes = [h for h in (route, fixed_host, manager.routes) if h is not None]
                said = [o for h in homes for o in h["response_headers_to_add"].items()]
                typed = any(o.of("header", "key").text.lower() == "content-type" for o in said)
                if body.text.lstrip().startswith(('{"', "[{", '["')) and not typed:
                    yield Feature(route.block, Switch.MEDIA_TYPE, Setting(False, route.block), "text/plain")
        if not manager.private:
            for host in manager.hosts:
                yield from _consoles(manager, host, consoles)
                yield from _open_proxy(manager, host, anywhere)
                # A star beside names lets every other name in.
                domains = list(host["domains"].items())
                star = next((d for d in domains if d.text == "*"), None)
                if star is not None and any(d.text != "*" and d.known for d in domains):
                    yield Feature(
                        star.here,
                        Switch.HOST_CHECK,
                        Setting(False, star.here),
                        "`domains` contains `*` beside the names",
                    )
    yield from _told(tree)


def _admin(tree: Tree) -> Iterator[Feature]:
    for document in tree.documents:
        admin = document["admin"]
        address = admin.of("address", "socket_address", "address")
        if address and not is_loopback(address.text):
            known = address.known and not admin["allow_paths"]
            yield Feature(
                address.here,
                Switch.CONSOLE,
                Setting(True if known else UNKNOWN, address.here),
                "Envoy's admin interface",
            )


def _admin_clusters(tree: Tree) -> set[str]:
    """Clusters whose only endpoint is Envoy's own admin interface."""
    ports = {d.of("admin", "address", "socket_address", "port_value").text for d in tree.documents} - {""}
    found = set()
    for cluster in tree.of("Cluster"):
        own = [
            s for s in endpoints(cluster) if s["address"].text in ("127.0.0.1", "localhost", "::1", "0.0.0.0")
        ]
        if own and all(s["port_value"].text in ports for s in own):
            found.add(cluster["name"].text)
    return found


def _consoles(manager: Manager, host: Field, consoles: set[str]) -> Iterator[Feature]:
    if guards(manager) or manager.opaque:
        return
    for route in routes_of(host):
        path, cluster = path_of(route)[0], route.of("route", "cluster")
        shown = route.of("route", "prefix_rewrite").text or path
        if cluster.text in consoles and shown not in ("/ready", "/server_info/ready"):
            kind = Switch.METRICS if shown.startswith(_METRICS) else Switch.CONSOLE
            what = "Envoy's metrics" if kind is Switch.METRICS else "Envoy's admin interface"
            yield Feature(route.block, kind, Setting(True, route.block), f"{what} at {path}")
        elif (
            cluster
            and (known := console_at(path))
            and not any(
                route["match"][key]
                for key in ("headers", "query_parameters", "tls_context", "dynamic_metadata")
            )
        ):
            yield Feature(route.block, known[0], Setting(True, route.block), f"{known[1]} at {path}")


def _open_proxy(manager: Manager, host: Field, anywhere: set[str]) -> Iterator[Feature]:
    everybody = any(d.text == "*" for d in host["domains"].items())
    if not everybody or guards(manager) or manager.opaque:
        return
    for route in routes_of(host):
        cluster = route.of("route", "cluster")
        fixed = route.of("route", "host_rewrite_literal") or any(
            c["host_rewrite_literal"] for _, c in route["typed_per_filter_config"].entries()
        )
        if cluster.text in anywhere and not fixed:
            yield Feature(cluster.here, Switch.OPEN_PROXY, Setting(True, cluster.here))


def _debuggers(manager: Manager) -> Iterator[Feature]:
    for filter in manager.all("tap"):
        if not filter.off:
            at = filter.item.block
            yield Feature(
                at,
                Switch.DEBUG,
                Setting(True, at),
                "the tap filter, which records requests with their credentials,",
            )
    for filter in manager.all("fault"):
        for path in (("abort", "header_abort"), ("delay", "header_delay")):
            led = filter.config.of(*path)
            if led.node is not None and not manager.private:
                what = f"`{path[1]}`, with which a request header of any client injects errors or delays,"
                yield Feature(led.at, Switch.DEBUG, Setting(True, led.at), what)


def _lenient(manager: Manager) -> Iterator[Feature]:
    both = manager.config.of("http_protocol_options", "allow_chunked_length")
    if both.flag().known(False):
        what = "requests with both Content-Length and Transfer-Encoding are accepted"
        yield Feature(both.here, Switch.INVALID_HEADERS, both.flag(), what)
    claimed = manager.config["forward_client_cert_details"]
    if claimed.text in ("ALWAYS_FORWARD_ONLY", "4") and not manager.private:
        what = "x-forwarded-client-cert of every client is forwarded, with a certificate or without one"
        yield Feature(claimed.here, Switch.INVALID_HEADERS, Setting(True, claimed.here), what)
    names = manager.config.of("common_http_protocol_options", "headers_with_underscores_action")
    edge = manager.config["use_remote_address"].flag().known(False) and not manager.private
    if edge and names.text.upper() in ("", "ALLOW", "0") and redirects(manager).known(True) is False:
        what = "header names with underscores are accepted, which many applications treat like dashes"
        place = names.here if names else manager.item.named(f"{manager.config.pointer}/underscores").block
        yield Feature(place, Switch.INVALID_HEADERS, Setting(True if names else ABSENT, place, True), what)


def _told(tree: Tree) -> Iterator[Feature]:
    """Headers and error bodies that name what is behind."""
    for option in options(tree):
        value = option.of("header", "value")
        yield from _details(value)
        change = change_of(option)
        led = re.match(r"(?:https?://)?%REQ\((?!:)([\w-]+)", value.text)
        if change is not None and change.name.lower() == "location" and led:
            what = f"`Location` from the header {led[1]}"
            yield Feature(value.here, Switch.OPEN_REDIRECT, Setting(True, value.here), what)
    for manager in managers(tree):
        config = manager.config["local_reply_config"]
        formats = [config["body_format"], *(m["body_format_override"] for m in config["mappers"].items())]
        for field in (f for b in formats for f in b.walk()):
            yield from _details(field)


def _details(field: Field) -> Iterator[Feature]:
    found = _INTERNAL.search(field.text)
    if found:
        what = f"internals (%{found[1]}%)"
        yield Feature(field.here, Switch.ERROR_DETAILS, Setting(True, field.here), what)


def rewrites(tree: Tree) -> Iterator[WebRoot]:
    """`prefix: /api` with `prefix_rewrite: /v1/api/` sends /api../secret to /v1/api/../secret."""
    for manager in managers(tree):
        for host in manager.hosts:
            for route in routes_of(host):
                prefix, target = route.of("match", "prefix"), route.of("route", "prefix_rewrite")
                open_end = bool(prefix.text) and not prefix.text.endswith("/")
                if open_end and prefix.known and target.text.endswith("/") and target.text.strip("/"):
                    yield _traversed(prefix, prefix.text, target.text)
                # The same by an expression: `^/api(.*)$` with the substitution `/v1/\1`.
                rewriting = route.of("route", "regex_rewrite")
                regex, substituted_target = rewriting.of("pattern", "regex"), rewriting["substitution"]
                found = _OPEN_END.fullmatch(regex.text) if regex.known else None
                if (
                    found is not None
                    and substituted_target.text.endswith("/\\1")
                    and substituted_target.text.removesuffix("\\1").strip("/")
                ):
                    yield _traversed(regex, found[1], substituted_target.text.removesuffix("\\1"))


_OPEN_END = re.compile(r"\^?((?:/[\w.-]{1,60}){1,20})\(\.[*+]\)\$?")


def _traversed(place: Field, prefix: str, path: str) -> WebRoot:
    at = place.here
    return WebRoot(
        at,
        path=Setting(path, at),
        listing=Setting(False, at),
        denies_hidden=Setting(UNKNOWN, at),
        prefix=prefix,
        traversal=Setting(True, at),
    )
