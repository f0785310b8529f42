"""Which writer makes which remedy true."""

from __future__ import annotations

from batten.formats.document import Uneditable
from batten.model import (
    AllowHeaders,
    AllowMethods,
    AllowOrigins,
    Fix,
    Kind,
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
from batten.technologies.envoy.access import writing as access
from batten.technologies.envoy.fields import Field
from batten.technologies.envoy.headers import writing as headers
from batten.technologies.envoy.tls import writing as tls
from batten.technologies.envoy.tree import Tree


def fix_of(tree: Tree, at: Location, remedy: Remedy) -> Fix | None:
    found = tree.find(at)
    if found is None:
        return None
    try:
        return _written(tree, found, at.kind is Kind.VALUE, remedy)
    except Uneditable:
        return None  # an anchor shares it, say


def _written(tree: Tree, found: Field, written: bool, remedy: Remedy) -> Fix | None:
    match remedy:
        case SetHeader(name, value):
            return headers.set_header(tree, found, written, name, value)
        case RemoveHeader(name):
            return headers.remove_header(tree, found, name)
        case AllowOrigins(origins):
            return headers.allow_origins(tree, found, origins)
        case AllowMethods(names) if found.key == "regex":
            return access.allow_methods(tree, found, names)
        case AllowMethods(names) if written:
            return headers.listed(tree, found, names, "pages that use other methods")
        case AllowHeaders(names) if written:
            return headers.listed(tree, found, names, "pages that send other request headers")
        case RedirectToTls():
            return tls.redirect_to_tls(tree, found)
        case MinimumTls(version):
            return tls.minimum_tls(tree, found, written, version)
        case UseSuites(suites):
            return tls.use_suites(tree, found, suites)
        case Limit(resource):
            return access.limit(tree, found, written, resource)
        case RequireAuth(name):
            return access.from_environment(tree, found, name)
        case TurnOn(feature):
            return _turned_on(tree, found, written, feature)
        case TurnOff(feature):
            return _turned_off(tree, found, written, feature)
        case _:
            return None


def _turned_on(tree: Tree, found: Field, written: bool, feature: Switch) -> Fix | None:
    match feature:
        case Switch.VERIFY_TLS:
            return tls.verify(tree, found)
        case Switch.ACCESS_LOG:
            return access.access_log(tree, found)
        case Switch.ACCESS_RULE:
            return access.access_rule(tree, found, written)
        case Switch.COOKIE_FLAGS:
            return headers.cookie_flags(tree, found)
        case Switch.LOGIN:
            return access.keep_login(tree, found)
        case Switch.HOST_CHECK:
            return access.named_hosts(tree, found)
        case _:
            return None


def _turned_off(tree: Tree, found: Field, written: bool, feature: Switch) -> Fix | None:
    match feature:
        case Switch.BANNER:
            return headers.banner(tree, found)
        case Switch.CONSOLE:
            return access.private_admin(tree, found)
        case Switch.TRAVERSAL:
            return access.separated(tree, found)
        case Switch.DEBUG:
            return access.debugger_off(tree, found)
        case Switch.INVALID_HEADERS:
            return access.strict(tree, found, written)
        case Switch.ERROR_DETAILS:
            return headers.without(tree, found)
        case _:
            return None
