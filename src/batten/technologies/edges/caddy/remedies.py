"""Which writer makes which remedy true."""

from __future__ import annotations

from batten.formats import Workspace
from batten.model import Fix, Kind, Location, Quantity, Remedy, Switch
from batten.model import remedy as want
from batten.model.record import record
from batten.technologies.edges.caddy import limits, logs
from batten.technologies.edges.caddy.access import writing as access
from batten.technologies.edges.caddy.headers import writing as headers
from batten.technologies.edges.caddy.tls import writing as tls
from batten.technologies.edges.caddy.tree import Item, Tree
from batten.technologies.shared.edges.writers import Writers

_OPTIONS = (Quantity.HEADER_TIMEOUT, Quantity.BODY_TIMEOUT)


@record
class _Spot:
    tree: Tree
    item: Item
    at: Location
    workspace: Workspace


def fix_of(tree: Tree, item: Item, remedy: Remedy, at: Location, workspace: Workspace) -> Fix | None:
    """What a block needs, or a statement; else what a statement that is there does."""
    # A snippet's line holds for every site that imports it; one with arguments says something else to each.
    if item.imported and any("{args" in w.text for w in item.statement.words):
        return None
    spot = _Spot(tree, item, at, workspace)
    fix = _ANYWHERE.fix_of(spot, remedy)
    return _STATEMENTS.fix_of(spot, remedy) if fix is None and at.kind is not Kind.BLOCK else fix


def _limit(spot: _Spot, remedy: want.Limit) -> Fix | None:
    if remedy.resource in _OPTIONS:
        return limits.timeout(spot.tree, spot.item, remedy.resource, remedy.amount, spot.workspace)
    return limits.body(spot.item, remedy.amount) if remedy.resource is Quantity.BODY else None


def _private(spot: _Spot) -> Fix | None:
    return access.private_admin(spot.item) if spot.item.name == "admin" else access.private(spot.item)


def _debug_log(item: Item) -> Fix | None:
    return access.remove_option(item, "turn the debug log off") if item.name == "debug" else None


_ANYWHERE = Writers[_Spot](
    off={},
    on={
        Switch.ACCESS_LOG: lambda s: logs.access_log(s.item, s.at),
    },
)
_ANYWHERE.of(want.Limit, lambda s, r: _limit(s, r))
_ANYWHERE.of(want.SetHeader, lambda s, r: headers.set_header(s.item, s.at, r.name, r.value))
_ANYWHERE.of(want.AllowOrigins, lambda s, r: headers.allow_origins(s.item, s.at, r.origins))
_ANYWHERE.of(want.RedirectToTls, lambda s, r: tls.serve_over_tls(s.tree, s.item, s.at))
_ANYWHERE.of(want.DenyPaths, lambda s, r: access.deny_paths(s.item, r.patterns))
_STATEMENTS = Writers[_Spot](
    off={
        Switch.BANNER: lambda s: headers.remove_header(s.item),
        Switch.CONSOLE: lambda s: _private(s),
        Switch.METRICS: lambda s: _private(s),
        Switch.DEBUG_LOG: lambda s: _debug_log(s.item),
        Switch.LISTING: lambda s: access.no_listing(s.item),
        Switch.ERROR_DETAILS: lambda s: headers.error_details(s.item),
    },
    on={
        Switch.VERIFY_TLS: lambda s: tls.verify_tls(s.item),
        Switch.COOKIE_FLAGS: lambda s: headers.cookie_flags(s.item),
        Switch.ACCESS_RULE: lambda s: access.access_rule(s.tree, s.item),
        Switch.HOST_CHECK: lambda s: access.check_host(s.item),
        Switch.MEDIA_TYPE: lambda s: headers.media_type(s.item),
        Switch.ERROR_LOG: lambda s: logs.error_log(s.item),
    },
)
_STATEMENTS.of(want.RemoveHeader, lambda s, r: headers.remove_header(s.item))
_STATEMENTS.of(want.AllowMethods, lambda s, r: headers.allow_methods(s.item, r.methods))
_STATEMENTS.of(want.AllowHeaders, lambda s, r: headers.allow_headers(s.item, r.headers))
_STATEMENTS.of(want.UseSuites, lambda s, r: tls.use_suites(s.item, r.suites))
_STATEMENTS.of(want.RequireAuth, lambda s, r: access.environment(s.item, s.at))
