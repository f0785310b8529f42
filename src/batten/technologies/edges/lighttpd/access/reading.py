"""Who is let in: rules by path, log-ins, pages about the server, modules that are not loaded."""

from __future__ import annotations

from collections.abc import Iterator

from batten.facts import AccessRule, Feature
from batten.model import Setting, Switch
from batten.technologies.edges.lighttpd.tls.listeners import redirects, servers
from batten.technologies.edges.lighttpd.tree import Held, Pair, Scope, Tree

_PAGES = {
    "status.status-url": "the status page",
    "status.config-url": "the list of modules",
    "status.statistics-url": "the statistics page",
}
_RULES = {
    "url.access-deny": "mod_access",
    "url.access-allow": "mod_access",
    "auth.require": "mod_auth",
}
_LENIENT = ("header-strict", "host-strict", "url-ctrls-reject")
_OLD_LENIENT = ("server.http-parseopt-header-strict", "server.http-parseopt-host-strict")


def demanding(scope: Scope, path: str = "/") -> Pair | None:
    """The entry of auth.require that covers a path: the first whose key the path begins with (mod_auth)."""
    found = scope.find("auth.require")
    pairs = found.pairs if isinstance(found, Held) else []
    return next((p for p in pairs if path.startswith(p.key)), None)


def asks_login(scope: Scope) -> bool:
    return demanding(scope) is not None


def narrowed(scope: Scope) -> bool:
    """Whether only some addresses get there."""
    return any(s.is_about("HTTP", "remoteip", "remote-ip") for s in scope.around())


def features(tree: Tree) -> Iterator[Feature]:
    yield from _pages(tree)
    yield from _lenient(tree)
    yield from _plain_logins(tree)
    for scope in tree.root.walk():
        for item in scope.items:
            if item.name == "server.username" and item.assignment.value.text == "root":
                at = item.place()
                yield Feature(at, Switch.ROOT_WORKER, Setting(True, at), "lighttpd runs")


def _pages(tree: Tree) -> Iterator[Feature]:
    """mod_status answers whoever asks."""
    found = servers(tree)
    local = bool(found) and all(s.local for s in found)
    if tree.loaded("mod_status") is False or local:
        return
    for scope in tree.root.walk():
        for item in scope.items:
            path = item.assignment.value.text
            if item.name not in _PAGES or not path:
                continue
            # Whether another block denies the path to strangers, or asks them to log in.
            known = not (
                narrowed(scope)
                or demanding(scope, path)
                or any(
                    demanding(s, path) is not None or (narrowed(s) and "url.access-deny" in s.held)
                    for s in tree.root.walk()
                )
            )
            at = item.whole()
            yield Feature(at, Switch.METRICS, Setting(known, at), f"{_PAGES[item.name]} at `{path}`")


def _lenient(tree: Tree) -> Iterator[Feature]:
    """Docs_Server_http-parseopts: all of these are on unless they are disabled."""
    for scope in tree.root.walk():
        for item in scope.items:
            if item.name in _OLD_LENIENT and item.assignment.value.text == "disable":
                at = item.place()
                what = f"requests that HTTP forbids are accepted: `{item.name}` is off"
                yield Feature(at, Switch.INVALID_HEADERS, Setting(True, at), what)
            for pair in item.pairs if item.name == "server.http-parseopts" else ():
                if pair.key in _LENIENT and pair.value == "disable":
                    at = pair.place()
                    what = f"requests that HTTP forbids are accepted: `{pair.key}` is off"
                    yield Feature(at, Switch.INVALID_HEADERS, Setting(True, at), what)


def _plain_logins(tree: Tree) -> Iterator[Feature]:
    """Basic authentication sends the password with every request, encoded and not encrypted."""
    behind = tree.loaded("mod_extforward") is not False
    doors = [s for s in servers(tree) if s.plain and not s.local]
    open_doors = [s for s in doors if redirects(tree, s).known(True) is False]
    if behind or not open_doors:
        return
    for scope in tree.root.walk():
        for pair in (p for i in scope.items if i.name == "auth.require" for p in i.pairs):
            inner = pair.value if isinstance(pair.value, list) else []
            basic = any(p.key == "method" and p.value == "basic" for p in inner)
            if basic:
                # Whether the scope lies in a socket with TLS, or in a condition on the scheme.
                secure = [s.scope for s in servers(tree) if s.tls.known(False) and s.scope is not tree.root]
                only_over_tls = any(s in secure or s.is_about("HTTP", "scheme") for s in scope.around())
                if not only_over_tls:
                    at = pair.place()
                    yield Feature(at, Switch.PLAIN_LOGIN, Setting(True, at), "`auth.require`")
                    return


def rules(tree: Tree) -> Iterator[AccessRule]:
    """lighttpd starts with a setting of a module that is not loaded, and warns in its log only. Of blocks that match one
    request the last decides, whatever an earlier one refused."""
    for scope in tree.root.walk():
        for item in scope.items:
            module = _RULES.get(item.name, "")
            if module and tree.loaded(module) is False:
                yield AccessRule(item.whole(), f"`{item.name}`", f"`{module}` is not in server.modules")
    if tree.loaded("mod_access") is not False:
        # Rules for any path, with a block for some paths below them that has a list of its own.
        later = ""
        for scope in reversed(tree.root.scopes):
            held = scope.held.get("url.access-deny")
            condition = scope.block.condition if scope.block is not None else None
            if held is None or condition is None or not scope.is_about("HTTP", "url"):
                continue
            whole = any(p.value == "" for p in held.pairs)
            if whole and later and condition.operator == "=~" and not condition.value.text.startswith("^"):
                why = f"the block for `{later}` below it replaces the list for the paths that both match"
                yield AccessRule(held.last.whole(), "`url.access-deny`", why, partial=True)
            elif not whole:
                later = condition.value.text
