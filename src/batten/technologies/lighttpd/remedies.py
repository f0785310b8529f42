"""Which writer makes which remedy true."""

from __future__ import annotations

from batten.model import (
    AllowHeaders,
    AllowMethods,
    AllowOrigins,
    DenyPaths,
    Fix,
    Limit,
    MinimumTls,
    RedirectToTls,
    Remedy,
    RemoveHeader,
    RequireAuth,
    RunAs,
    SetHeader,
    Switch,
    TurnOff,
    TurnOn,
    UseSuites,
)
from batten.technologies.lighttpd.access import writing as access
from batten.technologies.lighttpd.headers import writing as headers
from batten.technologies.lighttpd.tls import writing as tls
from batten.technologies.lighttpd.tree import Item, Pair, Scope, Tree


def fix_of(tree: Tree, scope: Scope, item: Item | None, pair: Pair | None, remedy: Remedy) -> Fix | None:
    match remedy:
        case SetHeader(name, value):
            return headers.set_header(tree, scope, pair, name, value)
        case AllowOrigins(origins):
            return headers.allow_origins(tree, scope, pair, origins)
        case RedirectToTls():
            return tls.redirect_to_tls(tree, scope)
        case MinimumTls(version):
            return tls.minimum_tls(scope, pair, version)
        case UseSuites(suites):
            return tls.use_suites(scope, item, pair, suites)
        case Limit(resource, amount):
            return access.limit(scope, item, resource, amount)
        case DenyPaths(patterns):
            return access.deny_paths(tree, tree.root if item is not None else scope, patterns)
        case TurnOff(Switch.BANNER):
            return headers.banner(tree, scope, item, pair)
        case TurnOff(Switch.LISTING):
            return access.listing(scope, item)
        case TurnOn(Switch.ACCESS_LOG):
            return access.access_log(tree, scope, item)
        case TurnOn(Switch.INHERIT_HEADERS):
            return headers.inherit_headers(scope)
        case _:
            return _of_pair(pair, remedy) if pair is not None else _of_item(tree, item, remedy)


def _of_pair(pair: Pair, remedy: Remedy) -> Fix | None:
    """Remedies that change a member of an array."""
    match remedy:
        case RemoveHeader(name):
            return headers.remove_header(pair, name)
        case AllowMethods(methods):
            return headers.listed(pair, methods, "clients that use other methods")
        case AllowHeaders(names):
            return headers.listed(pair, names, "pages that send other request headers")
        case RequireAuth(secret):
            return access.from_environment(pair, secret)
        case TurnOn(Switch.COOKIE_FLAGS):
            return headers.cookie_flags(pair)
        case TurnOff(Switch.INVALID_HEADERS):
            return access.strict(pair.item, pair)
        case _:
            return None


def _of_item(tree: Tree, item: Item | None, remedy: Remedy) -> Fix | None:
    """Remedies that change an assignment."""
    if item is None:
        return None
    match remedy:
        case TurnOff(Switch.METRICS):
            return access.private(item)
        case TurnOff(Switch.INVALID_HEADERS):
            return access.strict(item, None)
        case TurnOn(Switch.ACCESS_RULE):
            return access.access_rule(tree, item)
        case RunAs():
            return access.not_root(item)
        case _:
            return None
