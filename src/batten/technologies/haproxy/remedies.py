"""Which writer makes which remedy true."""

from __future__ import annotations

from batten.model import (
    AllowHeaders,
    AllowMethods,
    AllowOrigins,
    Fix,
    Limit,
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
from batten.technologies.haproxy.access import writing as access
from batten.technologies.haproxy.headers import writing as headers
from batten.technologies.haproxy.tls import writing as tls
from batten.technologies.haproxy.tree import Block, Item, Tree


def fix_of(tree: Tree, block: Block, item: Item | None, remedy: Remedy) -> Fix | None:
    match remedy:
        case SetHeader(name, value):
            return headers.set_header(tree, block, item, name, value)
        case AllowOrigins(origins):
            return headers.allow_origins(tree, block, item, origins)
        case RedirectToTls():
            return tls.redirect_to_tls(tree, block)
        case Limit(resource, amount):
            return access.limit(block, item, resource, amount)
        case TurnOn(Switch.ACCESS_LOG):
            return access.access_log(tree, block, item)
        case TurnOff(Switch.BANNER):
            return access.banner(block) if item is None else headers.remove_header(item, "")
        case _:
            return None if item is None else _of_item(tree, item, remedy)


def _of_item(tree: Tree, item: Item, remedy: Remedy) -> Fix | None:
    """Remedies that change a statement that is there."""
    match remedy:
        case RemoveHeader(name):
            return headers.remove_header(item, name)
        case AllowMethods(methods):
            return headers.allow_methods(item, methods)
        case AllowHeaders(names):
            return headers.allow_headers(item, names)
        case MinimumTls(version):
            return tls.minimum_tls(item, version)
        case UseSuites(suites):
            return tls.use_suites(item, suites)
        case TurnOn(Switch.VERIFY_TLS):
            return tls.verify_tls(tree, item)
        case TurnOn(Switch.COOKIE_FLAGS):
            return headers.cookie_flags(item)
        case TurnOff(Switch.CONSOLE):
            socket = item.values[:2] == ["stats", "socket"]
            return access.private_socket(item) if socket else access.private_statistics(item)
        case TurnOn(Switch.MEDIA_TYPE):
            return access.media_type(item)
        case TurnOn(Switch.ACCESS_RULE):
            return access.access_rule(item)
        case RunAs():
            return access.not_root(item)
        case TurnOff(Switch.METRICS):
            return access.private_metrics(item)
        case TurnOff(Switch.INVALID_HEADERS):
            return access.invalid_requests(item)
        case _:
            return None
