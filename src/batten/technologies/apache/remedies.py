"""Which writer makes which remedy true."""

from __future__ import annotations

from batten.model import (
    AllowHeaders,
    AllowMethods,
    AllowOrigins,
    DenyPaths,
    Fix,
    Limit,
    Location,
    MinimumTls,
    RedirectToTls,
    Remedy,
    RemoveHeader,
    RequireAuth,
    SetHeader,
    Switch,
    TurnOff,
    TurnOn,
    UseSuites,
)
from batten.technologies.apache.access import writing as access
from batten.technologies.apache.controls import WriteDirective
from batten.technologies.apache.headers import writing as headers
from batten.technologies.apache.modes import writing as modes
from batten.technologies.apache.openings import writing as openings
from batten.technologies.apache.tls import writing as tls
from batten.technologies.apache.tree import Item, Tree


def fix_of(tree: Tree, item: Item, remedy: Remedy, at: Location) -> Fix | None:
    match remedy:
        case SetHeader(name, value):
            return headers.set_header(tree, item, name, value)
        case RemoveHeader(name):
            return headers.remove_header(item, name)
        case RedirectToTls():
            return tls.redirect_to_tls(tree, item)
        case MinimumTls(version):
            return tls.minimum_tls(item, version)
        case UseSuites(suites):
            return tls.use_suites(item, suites)
        case AllowOrigins(origins):
            return headers.allow_origins(tree, item, origins)
        case AllowMethods(methods):
            return headers.allow_methods(item, methods)
        case AllowHeaders(names):
            return headers.allow_headers(item, names)
        case Limit(resource, amount):
            return access.limit(tree, item, resource, amount)
        case DenyPaths(patterns):
            return access.deny_paths(item, patterns)
        case RequireAuth(secret):
            return _from_environment(item, secret, at)
        case WriteDirective():
            return modes.quirk(item)
        case TurnOff(feature):
            return _off(tree, item, feature)
        case TurnOn(feature):
            return _on(tree, item, feature)
        case _:
            return None


def _from_environment(item: Item, secret: str, at: Location) -> Fix | None:
    """Where the credential is a word of its own."""
    index = next((n for n, a in enumerate(item.directive.args) if a.span == at.span), -1)
    alone = index == len(item.values) - 1 and item.name not in (
        "define",
        "proxypass",
        "balancermember",
        "dbdparams",
    )
    name = secret or (item.values[index - 1] if item.name == "requestheader" else "")
    return modes.from_environment(item, name, index) if name and index >= 0 and alone else None


def _off(tree: Tree, item: Item, feature: Switch) -> Fix | None:
    match feature:
        case Switch.BANNER:
            return access.banner(item)
        case Switch.TRACE:
            return access.trace(tree, item)
        case Switch.LISTING:
            return access.listing(item)
        case Switch.TRAVERSAL:
            return access.traversal(item)
        case Switch.CLIENT_UPSTREAM | Switch.OPEN_REDIRECT:
            return openings.close_host(item)
        case Switch.OPEN_PROXY:
            return access.open_proxy(item)
        case Switch.INVALID_HEADERS:
            return access.invalid_headers(item)
        case Switch.METRICS | Switch.CONSOLE:
            return access.private(item)
        case Switch.DEBUG:
            return modes.debug_off(item)
        case Switch.ERROR_DETAILS:
            return modes.details_off(item)
        case Switch.ANONYMOUS_WRITES:
            return modes.writes_off(item)
        case _:
            return None


def _on(tree: Tree, item: Item, feature: Switch) -> Fix | None:
    match feature:
        case Switch.VERIFY_TLS:
            return tls.verify_tls(item)
        case Switch.COOKIE_FLAGS:
            return headers.cookie_flags(item)
        case Switch.ACCESS_LOG | Switch.ERROR_LOG:
            return access.log(item)
        case Switch.ACCESS_RULE:
            return access.access_rule(tree, item)
        case Switch.HOST_CHECK:
            return access.host_check(tree, item)
        case Switch.LOGIN:
            return modes.login_on(item)
        case _:
            return None
