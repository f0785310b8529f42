"""Which writer makes which remedy true."""

from __future__ import annotations

from batten.model import (
    AllowHeaders,
    AllowMethods,
    AllowOrigins,
    DenyPaths,
    Fix,
    Kind,
    Limit,
    Location,
    Quantity,
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
from batten.technologies.caddy import option_remedies as options
from batten.technologies.caddy.access import writing as access
from batten.technologies.caddy.headers import writing as headers
from batten.technologies.caddy.tls import writing as tls
from batten.technologies.caddy.tree import Item, Tree

_OPTIONS = (Quantity.HEADER_TIMEOUT, Quantity.BODY_TIMEOUT)


def fix_of(tree: Tree, item: Item, remedy: Remedy, at: Location) -> Fix | None:
    if _shared(item):
        return None
    match remedy:
        case Limit(resource, amount) if resource in _OPTIONS:
            return options.timeout(tree, item, resource, amount)
        case Limit(Quantity.BODY, amount):
            return options.body(item, amount)
        case SetHeader(name, value):
            return headers.set_header(item, at, name, value)
        case AllowOrigins(origins):
            return headers.allow_origins(item, at, origins)
        case RedirectToTls():
            return tls.serve_over_tls(tree, item, at)
        case TurnOn(Switch.ACCESS_LOG):
            return options.access_log(item, at)
        case DenyPaths(patterns):
            return access.deny_paths(item, patterns)
        case _:
            return None if at.kind is Kind.BLOCK else _of_item(tree, item, remedy, at)


def _shared(item: Item) -> bool:
    """A snippet's line holds for every site that imports it; one with arguments says something else to each."""
    return item.imported and any("{args" in w.text for w in item.statement.words)


def _of_item(tree: Tree, item: Item, remedy: Remedy, at: Location) -> Fix | None:
    """Remedies that change a statement that is there."""
    match remedy:
        case RemoveHeader() | TurnOff(Switch.BANNER):
            return headers.remove_header(item)
        case AllowMethods(methods):
            return headers.allow_methods(item, methods)
        case AllowHeaders(names):
            return headers.allow_headers(item, names)
        case UseSuites(suites):
            return tls.use_suites(item, suites)
        case RequireAuth():
            return access.environment(item, at)
        case TurnOn(feature):
            return _on(tree, item, feature)
        case TurnOff(feature):
            return _off(tree, item, feature)
        case _:
            return None


def _on(tree: Tree, item: Item, feature: Switch) -> Fix | None:
    match feature:
        case Switch.VERIFY_TLS:
            return tls.verify_tls(item)
        case Switch.COOKIE_FLAGS:
            return headers.cookie_flags(item)
        case Switch.ACCESS_RULE:
            return access.access_rule(tree, item)
        case Switch.HOST_CHECK:
            return options.check_host(item)
        case Switch.MEDIA_TYPE:
            return headers.media_type(item)
        case Switch.ERROR_LOG:
            return options.error_log(item)
        case _:
            return None


def _off(tree: Tree, item: Item, feature: Switch) -> Fix | None:
    match feature:
        case Switch.CONSOLE | Switch.METRICS:
            return options.private_admin(item) if item.name == "admin" else access.private(item)
        case Switch.DEBUG_LOG:
            return options.remove_option(item, "turn the debug log off") if item.name == "debug" else None
        case Switch.LISTING:
            return access.no_listing(item)
        case Switch.ERROR_DETAILS:
            return headers.error_details(item)
        case _:
            return None
