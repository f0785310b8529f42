"""Which writer makes which remedy true."""

from __future__ import annotations

from batten.model import Fix, Remedy, Switch
from batten.model import remedy as want
from batten.model.record import record
from batten.technologies.edges.lighttpd.access import writing as access
from batten.technologies.edges.lighttpd.headers import writing as headers
from batten.technologies.edges.lighttpd.tls import writing as tls
from batten.technologies.edges.lighttpd.tree import Item, Pair, Scope, Tree
from batten.technologies.shared.edges.writers import Writers


@record
class _Spot:
    tree: Tree
    scope: Scope
    item: Item | None
    pair: Pair | None


def fix_of(tree: Tree, scope: Scope, item: Item | None, pair: Pair | None, remedy: Remedy) -> Fix | None:
    """What a scope needs; else what a member of an array, or an assignment, does."""
    fix = _SCOPES.fix_of(_Spot(tree, scope, item, pair), remedy)
    if fix is not None:
        return fix
    if pair is not None:
        return _PAIRS.fix_of(pair, remedy)
    return _ITEMS.fix_of((tree, item), remedy) if item is not None else None


def _top(spot: _Spot) -> Scope:
    """Where paths are denied: everywhere, once an assignment is what is wrong."""
    return spot.tree.root if spot.item is not None else spot.scope


_SCOPES = Writers[_Spot](
    off={
        Switch.BANNER: lambda s: headers.banner(s.tree, s.scope, s.item, s.pair),
        Switch.LISTING: lambda s: access.listing(s.scope, s.item),
    },
    on={
        Switch.ACCESS_LOG: lambda s: access.access_log(s.tree, s.scope, s.item),
        Switch.INHERIT_HEADERS: lambda s: headers.inherit_headers(s.scope),
    },
)
_SCOPES.of(want.SetHeader, lambda s, r: headers.set_header(s.tree, s.scope, s.pair, r.name, r.value))
_SCOPES.of(want.AllowOrigins, lambda s, r: headers.allow_origins(s.tree, s.scope, s.pair, r.origins))
_SCOPES.of(want.RedirectToTls, lambda s, r: tls.redirect_to_tls(s.tree, s.scope))
_SCOPES.of(want.MinimumTls, lambda s, r: tls.minimum_tls(s.scope, s.pair, r.version))
_SCOPES.of(want.UseSuites, lambda s, r: tls.use_suites(s.scope, s.item, s.pair, r.suites))
_SCOPES.of(want.Limit, lambda s, r: access.limit(s.scope, s.item, r.resource, r.amount))
_SCOPES.of(want.DenyPaths, lambda s, r: access.deny_paths(s.tree, _top(s), r.patterns))

_PAIRS = Writers[Pair](
    off={
        Switch.INVALID_HEADERS: lambda s: access.strict(s.item, s),
    },
    on={
        Switch.COOKIE_FLAGS: lambda s: headers.cookie_flags(s),
    },
)
_PAIRS.of(want.RemoveHeader, lambda s, r: headers.remove_header(s, r.name))
_PAIRS.of(want.AllowMethods, lambda s, r: headers.listed(s, r.methods, "clients that use other methods"))
_PAIRS.of(
    want.AllowHeaders, lambda s, r: headers.listed(s, r.headers, "pages that send other request headers")
)
_PAIRS.of(want.RequireAuth, lambda s, r: access.from_environment(s, r.secret))

_ITEMS = Writers[tuple[Tree, Item]](
    off={
        Switch.METRICS: lambda s: access.private(s[1]),
        Switch.INVALID_HEADERS: lambda s: access.strict(s[1], None),
    },
    on={
        Switch.ACCESS_RULE: lambda s: access.access_rule(*s),
    },
)
_ITEMS.of(want.RunAs, lambda s, r: access.not_root(s[1]))
