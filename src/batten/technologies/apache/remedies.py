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
    TurnOff,
    TurnOn,
    UseSuites,
)
from batten.technologies.apache import access_remedies as access
from batten.technologies.apache import header_remedies as headers
from batten.technologies.apache import mode_remedies as modes
from batten.technologies.apache import opening_remedies as openings
from batten.technologies.apache import tls_remedies as tls
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


def _off(tree: Tree, item: Item, feature: str) -> Fix | None:
    match feature:
        case "banner":
            return access.banner(item)
        case "trace":
            return access.trace(tree, item)
        case "listing":
            return access.listing(item)
        case "traversal":
            return access.traversal(item)
        case "client-upstream" | "open-redirect":
            return openings.close_host(item)
        case "open-proxy":
            return access.open_proxy(item)
        case "invalid-headers":
            return access.invalid_headers(item)
        case "metrics" | "console":
            return access.private(item)
        case "debug":
            return modes.debug_off(item)
        case "error-details":
            return modes.details_off(item)
        case "anonymous-writes":
            return modes.writes_off(item)
        case _:
            return modes.quirk(item)


def _on(tree: Tree, item: Item, feature: str) -> Fix | None:
    match feature:
        case "verify-tls":
            return tls.verify_tls(item)
        case "cookie-flags":
            return headers.cookie_flags(item)
        case "access-log" | "error-log":
            return access.log(item)
        case "access-rule":
            return access.access_rule(tree, item)
        case "host-check":
            return access.host_check(tree, item)
        case "login":
            return modes.login_on(item)
        case _:
            return None
