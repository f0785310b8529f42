"""Caddy's native configuration in JSON: https://caddyserver.com/docs/json/."""

from __future__ import annotations

import re
from collections.abc import Iterator

from batten.facts import (
    AccessLog,
    Content,
    Fact,
    Feature,
    Limits,
    Listener,
    ResponseHeaders,
    WebRoot,
)
from batten.formats import Mapping, Node, Scalar, Sequence, Workspace, key_path
from batten.formats.json import parse
from batten.model import ABSENT, UNKNOWN, Kind, Location, Problem, Setting, Switch, Unknown
from batten.model.record import record
from batten.technologies import Unit
from batten.technologies.edges.caddy.features import outward
from batten.technologies.edges.caddy.limits import seconds
from batten.technologies.edges.caddy.tree import varies
from batten.technologies.shared.edges.headers import HeaderChange, fold
from batten.technologies.shared.transport.tls import between
from batten.technologies.shared.transport.upstreams import is_loopback, upstream_of

_LISTEN = re.compile(r"^(?:tcp[46]?/)?(.*?):(\d+)(?:-\d+)?$")
_ANSWERING = ("reverse_proxy", "file_server", "metrics", "templates", "static_response")
DEEPEST = 50  # subroutes in subroutes


@record
class Server:
    name: str
    node: Mapping
    source: str

    def at(self, node: Node | None, *keys: str) -> Location:
        """Of a node in it; of the server, to add to, when there is none."""
        pointer = "/".join(["apps/http/servers", self.name, *keys])
        where = self.node if node is None else node
        return Location(self.source, pointer, where.span, kind=Kind.BLOCK if node is None else Kind.VALUE)


@record
class Handler:
    """One handler, and whether it is reached by every request."""

    node: Mapping
    always: bool

    @property
    def kind(self) -> str:
        return self.node.text("handler") or ""


def is_native(path: str) -> bool:
    return path.endswith(".json")


def read(unit: Unit, workspace: Workspace) -> Iterator[Fact | Problem]:
    """The facts of one file. Raises SyntaxProblem and Unreadable."""
    root = workspace.document(unit.main, parse).tree
    yield from _admin(root, unit.main)
    yield from _debug(root, unit.main)
    servers = key_path(root, "apps", "http", "servers")
    for entry in servers if isinstance(servers, Mapping) else ():
        if isinstance(entry.value, Mapping):
            yield from _of_server(Server(str(entry.key.value), entry.value, unit.main))


def _admin(root: Node, source: str) -> Iterator[Feature]:
    listen = key_path(root, "admin", "listen")
    if isinstance(listen, Scalar) and isinstance(listen.value, str):
        at = Location(source, "admin/listen", listen.span)
        text = listen.value
        disabled = key_path(root, "admin", "disabled")
        off = isinstance(disabled, Scalar) and disabled.value is True
        yield Feature(
            at,
            Switch.CONSOLE,
            Setting(UNKNOWN if varies(text) else outward(text) and not off, at),
            "Caddy's admin API",
        )


def _debug(root: Node, source: str) -> Iterator[Feature]:
    level = key_path(root, "logging", "logs", "default", "level")
    if isinstance(level, Scalar) and level.text.upper() == "DEBUG":
        at = Location(source, "logging/logs/default/level", level.span)
        yield Feature(at, Switch.DEBUG_LOG, Setting(True, at), "Caddy's debug log")


def _of_server(server: Server) -> Iterator[Fact]:
    handlers = list(_handlers(server.node, True, 0))
    serves = any(h.kind in _ANSWERING for h in handlers)
    tls = _tls(server)
    listeners_serves = serves and not _redirects(handlers)
    for host, port, item in _ports(server):
        listeners_at = server.at(item, "listen")
        yield Listener(
            listeners_at,
            address=Setting(host or "0.0.0.0", listeners_at),
            port=Setting(port, listeners_at),
            tls=Setting(tls, listeners_at),
            names=tuple(_hosts(server.node)),
            serves=listeners_serves,
            protocols=Setting(ABSENT, server.at(None), between("TLSv1.2")),
        )
    if serves and not _redirects(handlers):
        changes = [c for h in handlers if h.kind == "headers" for c in _changes(server, h)]
        yield ResponseHeaders(
            server.at(None), over_tls=tls is True, sent=fold(changes), content=Content.UNKNOWN
        )
        logs = server.node.mapping("logs")
        access: Setting[bool] = Setting(ABSENT if logs is None else True, server.at(logs, "logs"), False)
        carried: tuple[Setting[str], ...] = ()
        flag = logs["should_log_credentials"] if logs is not None else None
        if isinstance(flag, Scalar) and flag.value is True:
            log_at = server.at(flag, "logs", "should_log_credentials")
            carried = (Setting("the Authorization and Cookie headers", log_at),)
        yield AccessLog(server.at(None), access, Setting(ABSENT, server.at(None), True), carried)
        node = server.node["read_timeout"]
        if not isinstance(node, Scalar):
            timeout: Setting[float] = Setting(ABSENT, server.at(None))
        else:
            value = seconds(node.text) if isinstance(node.value, str) else float(node.value or 0) / 1e9
            timeout = Setting(UNKNOWN if value is None else value, server.at(node, "read_timeout"))
        yield Limits(server.at(None), body_timeout=timeout)
    names_node = server.node["strict_sni_host"]
    if isinstance(names_node, Scalar) and names_node.value is False:
        at = server.at(names_node, "strict_sni_host")
        what = "the Host of a request may differ from the TLS server name"
        yield Feature(at, Switch.HOST_CHECK, Setting(False, at), what)
    for handler in handlers:
        if handler.kind == "reverse_proxy":
            yield from _upstreams(server, handler.node)
        elif handler.kind == "file_server":
            root_node = handler.node
            browse = root_node["browse"]
            root_at = server.at(root_node, "file_server")
            hides = [h.text for h in root_node.sequence("hide") or () if isinstance(h, Scalar)]
            listing: Setting[bool] = Setting(ABSENT, root_at, False)
            if isinstance(browse, Mapping):
                listing = Setting(True, server.at(browse, "file_server", "browse"))
            hidden: Setting[bool] = Setting(True if ".*" in hides else UNKNOWN, root_at)
            yield WebRoot(
                root_at,
                path=Setting(root_node.text("root") or UNKNOWN, root_at),
                listing=listing,
                denies_hidden=hidden,
            )


def _handlers(holder: Mapping, always: bool, depth: int) -> Iterator[Handler]:
    routes = holder.sequence("routes")
    for route in routes or () if depth < DEEPEST else ():
        if not isinstance(route, Mapping):
            continue
        whole = always and all(
            isinstance(m, Mapping) and set(m.entries) <= {"host"} for m in route.sequence("match") or ()
        )
        for node in route.sequence("handle") or ():
            if isinstance(node, Mapping):
                yield Handler(node, whole)
                if node.text("handler") == "subroute":
                    yield from _handlers(node, whole, depth + 1)


def _hosts(node: Mapping) -> Iterator[str]:
    for route in node.sequence("routes") or ():
        for match in (route.sequence("match") or ()) if isinstance(route, Mapping) else ():
            for host in (match.sequence("host") or ()) if isinstance(match, Mapping) else ():
                if isinstance(host, Scalar):
                    yield host.text


def _ports(server: Server) -> Iterator[tuple[str, int, Scalar]]:
    for item in server.node.sequence("listen") or ():
        found = _LISTEN.match(item.text) if isinstance(item, Scalar) else None
        if found and isinstance(item, Scalar) and not varies(item.text):
            yield found[1].strip("[]"), int(found[2]), item


def _tls(server: Server) -> bool | Unknown:
    """By its policies, or by automatic HTTPS for the names of its routes."""
    if server.node.sequence("tls_connection_policies"):
        return True
    ports = {port for _, port, _ in _ports(server)}
    automatic = server.node.mapping("automatic_https")
    off = automatic is not None and automatic.text("disable") == "true"
    if ports == {80} or off:
        return False
    return True if any(_hosts(server.node)) else UNKNOWN if 443 in ports else False


def _redirects(handlers: list[Handler]) -> bool:
    """Whether all that answers is a redirect."""
    ends = [h for h in handlers if h.kind in _ANSWERING]
    return bool(ends) and all(
        h.kind == "static_response" and (h.node.text("status_code") or "").startswith("3") for h in ends
    )


def _changes(server: Server, handler: Handler) -> Iterator[HeaderChange]:
    response = handler.node.mapping("response")
    if response is None:
        return
    deferred = response.text("deferred") == "true"
    for action in ("set", "add"):
        for entry in response.mapping(action) or ():
            values = entry.value if isinstance(entry.value, Sequence) else ()
            text = ", ".join(v.text for v in values if isinstance(v, Scalar))
            at = server.at(entry.value, "headers", str(entry.key.value))
            value: Setting[str] = Setting(UNKNOWN if varies(text) else text, at)
            yield HeaderChange(action, str(entry.key.value), value, not deferred, not handler.always)


def _upstreams(server: Server, proxy: Mapping) -> Iterator[Fact]:
    tls = key_path(proxy, "transport", "tls")
    skip = key_path(proxy, "transport", "tls", "insecure_skip_verify")
    for number, upstream in enumerate(proxy.sequence("upstreams") or ()):
        dial = upstream["dial"] if isinstance(upstream, Mapping) else None
        if not isinstance(dial, Scalar):
            continue
        at = server.at(dial, "reverse_proxy", f"upstreams[{number}]")
        off = isinstance(skip, Scalar) and skip.value is True
        verified = Setting(not off, server.at(skip, "reverse_proxy/transport/tls") if off else at)
        unknown = varies(dial.text)
        local = is_loopback(dial.text.rpartition(":")[0])
        encrypted: Setting[bool] = Setting(isinstance(tls, Mapping), at)
        if number == 0 or not off or local:
            yield upstream_of(dial.text, at, verified, unknown, encrypted)
