"""Which writer makes which remedy true."""

from __future__ import annotations

from batten.model import Fix, Location, Remedy, Switch
from batten.model import remedy as want
from batten.model.record import record
from batten.technologies.edges.apache import limits, openings
from batten.technologies.edges.apache.access import writing as access
from batten.technologies.edges.apache.headers import writing as headers
from batten.technologies.edges.apache.modes import writing as modes
from batten.technologies.edges.apache.tls import writing as tls
from batten.technologies.edges.apache.tree import Item, Tree
from batten.technologies.shared.edges.directive_checks import WriteDirective
from batten.technologies.shared.edges.writers import Writers


@record
class _Spot:
    tree: Tree
    item: Item
    at: Location


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


_WRITERS = Writers[_Spot](
    off={
        Switch.BANNER: lambda s: headers.banner(s.item),
        Switch.TRACE: lambda s: access.trace(s.tree, s.item),
        Switch.LISTING: lambda s: access.listing(s.item),
        Switch.TRAVERSAL: lambda s: access.traversal(s.item),
        Switch.CLIENT_UPSTREAM: lambda s: openings.close_host(s.item),
        Switch.OPEN_REDIRECT: lambda s: openings.close_host(s.item),
        Switch.OPEN_PROXY: lambda s: access.open_proxy(s.item),
        Switch.INVALID_HEADERS: lambda s: access.invalid_headers(s.item),
        Switch.METRICS: lambda s: access.private(s.item),
        Switch.CONSOLE: lambda s: access.private(s.item),
        Switch.DEBUG: lambda s: modes.debug_off(s.item),
        Switch.ERROR_DETAILS: lambda s: modes.details_off(s.item),
        Switch.SHARED_CACHE: lambda s: modes.shared_cache_off(s.item),
        Switch.ANONYMOUS_WRITES: lambda s: modes.writes_off(s.item),
    },
    on={
        Switch.VERIFY_TLS: lambda s: tls.verify_tls(s.item),
        Switch.COOKIE_FLAGS: lambda s: headers.cookie_flags(s.item),
        Switch.ACCESS_LOG: lambda s: access.log(s.item),
        Switch.ERROR_LOG: lambda s: access.log(s.item),
        Switch.ACCESS_RULE: lambda s: access.access_rule(s.tree, s.item),
        Switch.HOST_CHECK: lambda s: access.host_check(s.tree, s.item),
        Switch.LOGIN: lambda s: modes.login_on(s.item),
    },
)
_WRITERS.of(want.SetHeader, lambda s, r: headers.set_header(s.tree, s.item, r.name, r.value))
_WRITERS.of(want.RemoveHeader, lambda s, r: headers.remove_header(s.item, r.name))
_WRITERS.of(want.RedirectToTls, lambda s, r: tls.redirect_to_tls(s.tree, s.item))
_WRITERS.of(want.MinimumTls, lambda s, r: tls.minimum_tls(s.item, r.version))
_WRITERS.of(want.UseSuites, lambda s, r: tls.use_suites(s.item, r.suites))
_WRITERS.of(want.AllowOrigins, lambda s, r: headers.allow_origins(s.tree, s.item, r.origins))
_WRITERS.of(want.AllowMethods, lambda s, r: headers.allow_methods(s.item, r.methods))
_WRITERS.of(want.AllowHeaders, lambda s, r: headers.allow_headers(s.item, r.headers))
_WRITERS.of(want.Limit, lambda s, r: limits.limit(s.tree, s.item, r.resource, r.amount))
_WRITERS.of(want.DenyPaths, lambda s, r: access.deny_paths(s.item, r.patterns))
_WRITERS.of(want.RequireAuth, lambda s, r: _from_environment(s.item, r.secret, s.at))
_WRITERS.of(WriteDirective, lambda s, _: modes.directive(s.item))


def fix_of(tree: Tree, item: Item, remedy: Remedy, at: Location) -> Fix | None:
    return _WRITERS.fix_of(_Spot(tree, item, at), remedy)
