"""Which writer makes which remedy true."""

from __future__ import annotations

from batten.formats.document import Uneditable
from batten.model import Fix, Kind, Location, Remedy, Switch
from batten.model import remedy as want
from batten.model.record import record
from batten.technologies.edges.envoy import limits
from batten.technologies.edges.envoy.access import writing as access
from batten.technologies.edges.envoy.fields import Field
from batten.technologies.edges.envoy.headers import writing as headers
from batten.technologies.edges.envoy.tls import writing as tls
from batten.technologies.edges.envoy.tree import Tree
from batten.technologies.shared.edges.writers import Writers


@record
class _Spot:
    tree: Tree
    found: Field
    written: bool


def fix_of(tree: Tree, at: Location, remedy: Remedy) -> Fix | None:
    found = tree.find(at)
    if found is None:
        return None
    try:
        return _WRITERS.fix_of(_Spot(tree, found, at.kind is Kind.VALUE), remedy)
    except Uneditable:
        return None  # an anchor shares it, say


def _methods(spot: _Spot, names: tuple[str, ...]) -> Fix | None:
    if spot.found.key == "regex":
        return access.allow_methods(spot.tree, spot.found, names)
    return _listed(spot, names, "pages that use other methods")


def _listed(spot: _Spot, names: tuple[str, ...], breaks: str) -> Fix | None:
    return headers.listed(spot.tree, spot.found, names, breaks) if spot.written else None


_WRITERS = Writers[_Spot](
    off={
        Switch.BANNER: lambda s: headers.banner(s.tree, s.found),
        Switch.CONSOLE: lambda s: access.private_admin(s.tree, s.found),
        Switch.TRAVERSAL: lambda s: access.separated(s.tree, s.found),
        Switch.DEBUG: lambda s: access.debugger_off(s.tree, s.found),
        Switch.INVALID_HEADERS: lambda s: access.strict(s.tree, s.found, s.written),
        Switch.ERROR_DETAILS: lambda s: headers.without(s.tree, s.found),
    },
    on={
        Switch.VERIFY_TLS: lambda s: tls.verify(s.tree, s.found),
        Switch.ACCESS_LOG: lambda s: limits.access_log(s.tree, s.found),
        Switch.ACCESS_RULE: lambda s: access.access_rule(s.tree, s.found, s.written),
        Switch.COOKIE_FLAGS: lambda s: headers.cookie_flags(s.tree, s.found),
        Switch.LOGIN: lambda s: access.keep_login(s.tree, s.found),
        Switch.MEDIA_TYPE: lambda s: access.media_type(s.tree, s.found),
        Switch.HOST_CHECK: lambda s: access.named_hosts(s.tree, s.found),
    },
)
_WRITERS.of(want.SetHeader, lambda s, r: headers.set_header(s.tree, s.found, s.written, r.name, r.value))
_WRITERS.of(want.RemoveHeader, lambda s, r: headers.remove_header(s.tree, s.found, r.name))
_WRITERS.of(want.AllowOrigins, lambda s, r: headers.allow_origins(s.tree, s.found, r.origins))
_WRITERS.of(want.AllowMethods, lambda s, r: _methods(s, r.methods))
_WRITERS.of(want.AllowHeaders, lambda s, r: _listed(s, r.headers, "pages that send other request headers"))
_WRITERS.of(want.RedirectToTls, lambda s, r: tls.redirect_to_tls(s.tree, s.found))
_WRITERS.of(want.MinimumTls, lambda s, r: tls.minimum_tls(s.tree, s.found, s.written, r.version))
_WRITERS.of(want.UseSuites, lambda s, r: tls.use_suites(s.tree, s.found, r.suites))
_WRITERS.of(want.Limit, lambda s, r: limits.limit(s.tree, s.found, s.written, r.resource))
_WRITERS.of(want.RequireAuth, lambda s, r: access.from_environment(s.tree, s.found, r.secret))
