"""Which writer makes which remedy true."""

from __future__ import annotations

from batten.formats import Workspace
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
    RunAs,
    SetHeader,
    TurnOff,
    TurnOn,
    UseSuites,
)
from batten.technologies.nginx import access_remedies as access
from batten.technologies.nginx import cors_remedies as cors
from batten.technologies.nginx import header_remedies as headers
from batten.technologies.nginx import mode_remedies as modes
from batten.technologies.nginx import tls_remedies as tls
from batten.technologies.nginx.tree import Item, Tree


def fix_of(tree: Tree, item: Item, remedy: Remedy, at: Location, workspace: Workspace) -> Fix | None:
    match remedy:
        case SetHeader(name, value):
            return headers.set_header(item, name, value)
        case RemoveHeader(name):
            return headers.remove_header(item, name)
        case RedirectToTls():
            return tls.redirect_to_tls(tree, item, workspace)
        case MinimumTls(version):
            return tls.minimum_tls(item, version)
        case UseSuites(suites):
            return tls.use_suites(item, suites)
        case AllowOrigins(origins):
            return cors.allow_origins(tree, item, origins)
        case AllowMethods(methods):
            return cors.allow_methods(item, methods)
        case AllowHeaders(names):
            return cors.allow_headers(item, names)
        case Limit(resource, amount):
            return access.limit(tree, item, resource, amount)
        case DenyPaths(patterns):
            return access.deny_paths(item, patterns)
        case RunAs():
            return modes.not_root(item)
        case TurnOff(feature):
            return _off(item, feature, at)
        case TurnOn(feature):
            return _on(tree, item, feature)
        case _:
            return None


def _off(item: Item, feature: str, at: Location) -> Fix | None:
    match feature:
        case "banner":
            return access.banner(item)
        case "listing":
            return access.listing(item)
        case "traversal":
            return access.traversal(item, at)
        case "invalid-headers":
            return access.invalid_headers(item)
        case "response-splitting":
            return access.response_splitting(item)
        case "metrics" | "console":
            return access.private(item)
        case "debug":
            return modes.debug_off(item)
        case "error-details":
            return modes.details_off(item)
        case "shared-cache":
            return modes.shared_cache_off(item)
        case "anonymous-writes":
            return modes.writes_off(item)
        case _:
            return None


def _on(tree: Tree, item: Item, feature: str) -> Fix | None:
    match feature:
        case "verify-tls":
            return tls.verify_tls(item)
        case "inherit-headers":
            return headers.inherit_headers(item)
        case "cookie-flags":
            return headers.cookie_flags(item)
        case "access-log" | "error-log":
            return access.log(item)
        case "access-rule":
            return access.access_rule(item)
        case "host-check":
            return access.host_check(tree, item)
        case "login":
            return modes.login_on(item)
        case "media-type":
            return modes.media_type(item)
        case _:
            return None
