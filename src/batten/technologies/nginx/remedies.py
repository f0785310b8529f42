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
    Switch,
    TurnOff,
    TurnOn,
    UseSuites,
)
from batten.technologies._edges.nodes import Item
from batten.technologies.nginx.access import writing as access
from batten.technologies.nginx.cors import writing as cors
from batten.technologies.nginx.headers import writing as headers
from batten.technologies.nginx.modes import writing as modes
from batten.technologies.nginx.tls import writing as tls
from batten.technologies.nginx.tree import Tree


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


def _off(item: Item, feature: Switch, at: Location) -> Fix | None:
    match feature:
        case Switch.BANNER:
            return access.banner(item)
        case Switch.LISTING:
            return access.listing(item)
        case Switch.TRAVERSAL:
            return access.traversal(item, at)
        case Switch.INVALID_HEADERS:
            return access.invalid_headers(item)
        case Switch.RESPONSE_SPLITTING:
            return access.response_splitting(item)
        case Switch.METRICS | Switch.CONSOLE:
            return access.private(item)
        case Switch.DEBUG:
            return modes.debug_off(item)
        case Switch.ERROR_DETAILS:
            return modes.details_off(item)
        case Switch.SHARED_CACHE:
            return modes.shared_cache_off(item)
        case Switch.ANONYMOUS_WRITES:
            return modes.writes_off(item)
        case _:
            return None


def _on(tree: Tree, item: Item, feature: Switch) -> Fix | None:
    match feature:
        case Switch.VERIFY_TLS:
            return tls.verify_tls(item)
        case Switch.INHERIT_HEADERS:
            return headers.inherit_headers(item)
        case Switch.COOKIE_FLAGS:
            return headers.cookie_flags(item)
        case Switch.ACCESS_LOG | Switch.ERROR_LOG:
            return access.log(item)
        case Switch.ACCESS_RULE:
            return access.access_rule(item)
        case Switch.HOST_CHECK:
            return access.host_check(tree, item)
        case Switch.LOGIN:
            return modes.login_on(item)
        case Switch.MEDIA_TYPE:
            return modes.media_type(item)
        case _:
            return None
