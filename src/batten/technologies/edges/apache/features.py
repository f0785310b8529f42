"""Switches that are worth a control of their own."""

from __future__ import annotations

import re
from collections.abc import Iterator

from batten.facts import Feature
from batten.model import Setting, Switch
from batten.technologies.edges.apache.rewrites import Rule, rules
from batten.technologies.edges.apache.sections import (
    guarded,
    locations,
    match_of,
    on,
    only_redirects,
    pass_of,
    passes,
    private,
    refuses,
    restricts,
    sections,
)
from batten.technologies.edges.apache.tls.listeners import is_default
from batten.technologies.edges.apache.tree import Item, Tree, root_of
from batten.technologies.shared.edges.paths import console_at

_HANDLERS = {
    "server-status": (Switch.METRICS, "server status"),
    "server-info": (Switch.CONSOLE, "server info"),
    "balancer-manager": (Switch.CONSOLE, "Apache's balancer manager"),
    "ldap-status": (Switch.METRICS, "the LDAP cache's status"),
}
_SYSTEM = (
    "/",
    "/etc",
    "/etc/apache2",
    "/etc/httpd",
    "/root",
    "/home",
    "/var",
    "/usr",
    "/proc",
    "/usr/local/apache2",
)
_LOOSE = {
    ("httpprotocoloptions", "unsafe"): "requests that violate HTTP syntax are accepted",
    (
        "rewriteoptions",
        "allowanyuri",
    ): "rewrite rules are given URLs that are not paths, which they compare wrongly",
    ("mergetrailers", "on"): "trailers are merged into the headers after all header checks",
    (
        "allowencodedslashes",
        "on",
    ): "%2F in a path is decoded to a slash, so rules and upstreams see different paths",
    (
        "mergeslashes",
        "off",
    ): "double slashes in paths are kept, so sections and upstreams see different paths",
}
_STORING = ("cachestoreprivate", "cachestorenostore")  # mod_cache: off unless they are written
_BY_HOST = re.compile(r"%\{(?:HTTP_HOST|HTTP:Host)\}", re.IGNORECASE)


def features(tree: Tree) -> Iterator[Feature]:
    yield from _loose(tree)
    for server in tree.servers:
        if refuses(server):
            continue
        if not private(tree, server):
            yield from _consoles(server)
        for system_item in server.all("documentroot", "alias"):
            folder = (system_item.values[-1].rstrip("/") or "/") if system_item.values else ""
            if folder in _SYSTEM:
                system_what = f"everything below {folder}"
                yield Feature(
                    system_item.place(), Switch.SYSTEM_ROOT, Setting(True, system_item.place()), system_what
                )
        yield from _hosts(tree, server)
    # ProxyRequests makes a proxy for everybody of the server, unless a <Proxy> section says for whom.
    for proxies_server in (tree.root, *tree.hosts):
        found = proxies_server.last("proxyrequests")
        if found is None or found.value.lower() != "on":
            continue
        blocks = [
            *proxies_server.all("proxy", "proxymatch"),
            *root_of(proxies_server).all("proxy", "proxymatch"),
        ]
        held = any(
            restricts(b) for b in (*blocks, *(s for s in locations(proxies_server)))
        ) or proxies_server.hides("proxy")
        if not held and not private(tree, proxies_server):
            yield Feature(found.place(), Switch.OPEN_PROXY, Setting(True, found.place()), "ProxyRequests")
    for item in tree.root.walk():
        if item.name in _STORING and item.value.lower() == "on":
            what = "it stores responses that are marked private, or not to be stored"
            yield Feature(item.place(), Switch.SHARED_CACHE, Setting(True, item.place()), what)
        elif item.name == "ldapverifyservercert" and item.value.lower() == "off":
            yield Feature(
                item.place(), Switch.VERIFY_TLS, Setting(False, item.place()), "LDAPVerifyServerCert"
            )


def _loose(tree: Tree) -> Iterator[Feature]:
    for item in tree.root.walk():
        at = item.place()
        for word in item.values:
            what = _LOOSE.get((item.name, word.lower()))
            if what:
                yield Feature(at, Switch.INVALID_HEADERS, Setting(True, at), what)
        if item.name in ("proxypass", "balancermember") and any(
            v.lower() == "upgrade=any" for v in item.values
        ):
            what = "clients may upgrade to any protocol, which bypasses the rules"
            yield Feature(at, Switch.INVALID_HEADERS, Setting(True, at), what)


def handler(section: Item) -> Item | None:
    """The SetHandler that makes a section a console."""
    return next((i for i in section.all("sethandler") if i.value.lower() in _HANDLERS), None)


def _consoles(server: Item) -> Iterator[Feature]:
    seen: set[int] = set()
    for section in sections(server):
        found = handler(section)
        if found is not None and section.name.startswith(("location", "files")):
            name, what = _HANDLERS[found.value.lower()]
            yield Feature(section.block(), name, Setting(not guarded(server, section), section.block()), what)
            seen.add(id(section))
    for section in locations(server):
        known = console_at(match_of(section).path)
        if known is not None and id(section) not in seen and passes(section):
            yield _console(section, section, guarded(server, section), known)
    for item in passes(server):
        path = pass_of(item)[0].rstrip("/")
        own = next((s for s in locations(server) if match_of(s).path == path), None)
        known = console_at(path)
        if known is not None:
            yield _console(item, own, guarded(server, own or server), known)


def _console(item: Item, section: Item | None, safe: bool, known: tuple[Switch, str]) -> Feature:
    at = section.block() if section is not None else item.place()
    return Feature(at, known[0], Setting(not safe, at), known[1])


def _hosts(tree: Tree, server: Item) -> Iterator[Feature]:
    """The first host of an address takes any Host; it matters where the name is used."""
    if only_redirects(server) or tree.kind == "part" or not is_default(tree, server):
        return
    if tree.kind == "sites" and len(tree.hosts) == 1 and server.first("servername") is not None:
        return  # a file beside it may hold the default
    if any(checks_host(r) for r in rules(server)) or on(server, "usecanonicalname"):
        return
    used = _uses_host(server)
    if used:
        yield Feature(
            server.block(), Switch.HOST_CHECK, Setting(False, server.block()), f"`{used}` forwards it"
        )


def checks_host(rule: Rule) -> bool:
    """A rule that refuses, or sends elsewhere, those who ask for other names."""
    tested = any(_BY_HOST.match(c.test) and c.pattern.startswith("!") for c in rule.conditions)
    return tested and rule.status >= 300


def _uses_host(server: Item) -> str:
    forwards = any(passes(b) for b in (server, *locations(server)))
    if forwards and (
        on(server, "proxypreservehost") or any(on(s, "proxypreservehost") for s in locations(server))
    ):
        return "ProxyPreserveHost"
    for rule in rules(server):
        if _BY_HOST.search(rule.target):
            return "RewriteRule"
    return ""
