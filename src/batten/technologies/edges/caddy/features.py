"""Switches that are worth a control of their own."""

from __future__ import annotations

import re
from collections.abc import Iterator

from batten.facts import Feature
from batten.model import UNKNOWN, Setting, Switch
from batten.technologies.edges.caddy.addresses import catch_all, local_only
from batten.technologies.edges.caddy.flow import FORWARDS, directives, guarded, refuses, status_of
from batten.technologies.edges.caddy.matchers import matcher_of
from batten.technologies.edges.caddy.tree import NESTING, Item, Tree, varies
from batten.technologies.edges.caddy.upstreams import targets
from batten.technologies.shared.containers.versions import at_least
from batten.technologies.shared.edges.paths import console_at
from batten.technologies.shared.transport.upstreams import is_loopback

# From here on Caddy refuses on-demand TLS that nothing limits (modules/caddytls/automation.go of 2.7.0).
ASK_NEEDED = (2, 7)
INTERNALS = re.compile(r"\{(?:http\.error|err)\.(message|trace)\}")
_FROM_CLIENT = re.compile(
    r"^(?:https?://)?\{(?:http\.request\.)?(?:header|query|(?:orig_)?uri\.query|cookie)\.([^}]+)\}"
)
_OWN_HOST = re.compile(r"^\{(?:http\.request\.)?(?:host|hostport|header\.host)\}$", re.IGNORECASE)
_FORWARDED = re.compile(r"^\{(?:http\.request\.)?header\.x-forwarded-host\}$", re.IGNORECASE)
_SYSTEM = ("/", "/etc", "/etc/caddy", "/root", "/home", "/var", "/usr", "/proc")


def features(tree: Tree) -> Iterator[Feature]:
    yield from _admin(tree)
    yield from _debug(tree)
    yield from _on_demand(tree)
    servers = tree.option("servers")
    names_item = servers.first("strict_sni_host") if servers is not None else None
    if names_item is not None and names_item.texts[1:2] == ["insecure_off"]:
        what = "the Host of a request may differ from the TLS server name"
        yield Feature(names_item.place(), Switch.HOST_CHECK, Setting(False, names_item.place()), what)
    for site in tree.sites:
        # `{err.message}` names addresses behind Caddy, `{err.trace}` its source.
        for handler in site.all("handle_errors"):
            for errors_item in handler.walk():
                errors_found = next((m for t in errors_item.texts if (m := INTERNALS.search(t))), None)
                if errors_found is not None and errors_item.name in ("respond", "header"):
                    on: Setting[bool] = Setting(True, errors_item.place())
                    yield Feature(
                        errors_item.place(), Switch.ERROR_DETAILS, on, f"Caddy's internal {errors_found[0]}"
                    )
        if local_only(tree, site):
            continue
        for item in directives(site):
            if item.name == "metrics":
                yield Feature(
                    item.head(),
                    Switch.METRICS,
                    Setting(not guarded(item), item.head()),
                    "Caddy's metrics endpoint",
                )
            yield from _consoles(item)
            target = item.args[0] if item.name == "redir" and item.args else ""
            found = _FROM_CLIENT.match(target)
            if found:
                at = item.place()
                yield Feature(at, Switch.OPEN_REDIRECT, Setting(True, at), f"`redir` to {found[0]}")
            yield from _hosts(tree, item)
            # The plug-in that makes a forward proxy of Caddy, without a login.
            if item.name == "forward_proxy" and not item.hides():
                free = item.first("basic_auth", "acl", "hosts") is None and not guarded(item)
                yield Feature(item.head(), Switch.OPEN_PROXY, Setting(free, item.head()))
            if item.name == "root" and item.texts[1:]:
                folder = item.texts[-1].rstrip("/") or "/"
                served = any(i.name == "file_server" and not guarded(i) for i in directives(item.site))
                if folder in _SYSTEM and served:
                    system_at = item.place()
                    yield Feature(
                        system_at, Switch.SYSTEM_ROOT, Setting(True, system_at), f"everything below {folder}"
                    )


def admin_host(text: str) -> str:
    """The host of an address of the admin API; "" for every one."""
    plain = re.sub(r"^(?:tcp[46]?/|https?://)", "", text)
    return plain if plain.startswith("unix") else plain.rpartition(":")[0]


def outward(text: str) -> bool:
    """Whether others can reach the admin API at that address."""
    return text != "off" and not text.startswith("unix") and not is_loopback(admin_host(text))


def _admin(tree: Tree) -> Iterator[Feature]:
    """By default at localhost:2019. Who reaches it changes the whole configuration, and has no login."""
    item = tree.option("admin")
    if item is None or len(item.texts) < 2:
        return
    text = item.texts[1]
    on = Setting(UNKNOWN if varies(text) else outward(text), item.head())
    yield Feature(item.head(), Switch.CONSOLE, on, "Caddy's admin API")


def _debug(tree: Tree) -> Iterator[Feature]:
    item = tree.option("debug")
    if item is not None:
        yield Feature(item.place(), Switch.DEBUG_LOG, Setting(True, item.place()), "Caddy's debug log")


def _on_demand(tree: Tree) -> Iterator[Feature]:
    limit = tree.option("on_demand_tls")
    asked = limit is not None and (limit.first("ask", "permission") is not None or limit.hides())
    if asked or at_least(tree.version, ASK_NEEDED) or (tree.options is not None and tree.options.hides()):
        return
    for site in tree.sites:
        tls = site.first("tls")
        item = tls.first("on_demand") if tls is not None else None
        if item is not None and catch_all(tree, site):
            yield Feature(item.place(), Switch.ON_DEMAND_TLS, Setting(True, item.place()))


def _consoles(item: Item) -> Iterator[Feature]:
    """A path that is known for a console, or the admin API itself, passed on."""
    if item.name == "reverse_proxy" and any(t.endswith(":2019") for _, _, t in targets(item)):
        yield Feature(item.head(), Switch.CONSOLE, Setting(not guarded(item), item.head()), "an admin API")
        return
    # Paths that an item, or a `handle` with a proxy in it, passes on.
    nests = item.name in NESTING and item.first(*FORWARDS) is not None
    if (nests and any(refuses(i) for i in item.all("respond", "abort"))) or not (
        nests or item.name == "reverse_proxy"
    ):
        passed: tuple[str, ...] = ()
    else:
        matcher = matcher_of(item)
        passed = matcher.paths if matcher.only_paths else ()
    for path in passed:
        known = console_at(path.rstrip("*"))
        if known is not None:
            name, what = known
            safe = guarded(item, path) or any(guarded(i) for i in item.all(*FORWARDS))
            yield Feature(item.head(), name, Setting(not safe, item.head()), what)


def _hosts(tree: Tree, item: Item) -> Iterator[Feature]:
    """A Host that nobody checked is handed on, on purpose."""
    if item.name not in ("reverse_proxy", "php_fastcgi"):
        return
    for up in item.all("header_up"):
        words = [*up.texts[1:3], "", ""]
        name, value = words[0].lower().lstrip("+"), words[1]
        if name not in ("host", "x-forwarded-host"):
            continue
        open_site = catch_all(tree, item.site) and _OWN_HOST.match(value)
        if open_site or _FORWARDED.match(value):
            what = f"`header_up {words[0]} {value}` forwards it"
            yield Feature(up.place(), Switch.HOST_CHECK, Setting(False, up.place()), what)


def media_types(tree: Tree) -> Iterator[Feature]:
    """`respond` with JSON says so by itself; a `header Content-Type` may say otherwise."""
    for site in tree.sites:
        for item in directives(site):
            body = item.args[0] if item.name == "respond" and item.args else ""
            if not body.lstrip().startswith(('{"', "[{")) or status_of(item) != 200 or item.up is None:
                continue
            typed = next((h for h in item.up.all("header") if h.args[:1] == ["Content-Type"]), None)
            if typed is None:
                continue
            media = " ".join(typed.args[1:2])
            if typed.matched == item.matched and "json" not in media and not varies(media):
                yield Feature(typed.place(), Switch.MEDIA_TYPE, Setting(False, typed.place()), media)
