"""Which writer makes which remedy true."""

from __future__ import annotations

from batten.formats.lines import remove, replace
from batten.model import Edit, Fix, Remedy, Span, Switch
from batten.model import remedy as want
from batten.model.record import record
from batten.technologies.edges.haproxy import limits, logs
from batten.technologies.edges.haproxy.access import writing as access
from batten.technologies.edges.haproxy.controls import CHECKS, WriteStatement
from batten.technologies.edges.haproxy.headers import writing as headers
from batten.technologies.edges.haproxy.tls import writing as tls
from batten.technologies.edges.haproxy.tree import Block, Item, Tree
from batten.technologies.shared.edges.directive_checks import right_of, write
from batten.technologies.shared.edges.writers import Writers


@record
class _Spot:
    tree: Tree
    block: Block
    item: Item | None


def fix_of(tree: Tree, block: Block, item: Item | None, remedy: Remedy) -> Fix | None:
    """What a section needs; else what a statement that is there does."""
    fix = _SECTIONS.fix_of(_Spot(tree, block, item), remedy)
    return _STATEMENTS.fix_of((tree, item), remedy) if fix is None and item is not None else fix


def _banner(spot: _Spot) -> Fix | None:
    return headers.banner(spot.block) if spot.item is None else headers.remove_header(spot.item)


def _console(item: Item) -> Fix | None:
    socket = item.values[:2] == ["stats", "socket"]
    return access.private_socket(item) if socket else access.private_statistics(item)


def _written(item: Item, name: str) -> Fix | None:
    """The statement as it should be, by what is wrong with it."""
    if name == "bind":
        words = item.statement.words
        number = item.values.index("allow-0rtt")
        edit = Edit(item.source.path, Span(words[number - 1].span.end, words[number].span.end), "")
        return write("do not accept early data", edit, "clients that resume connections faster")
    if name == "http-request":
        edit = remove(item.source, item.statement)
        return write("keep the verb of the request", edit, "clients that name another verb in a header")
    check = right_of(CHECKS, name)
    if check is None:
        return None
    return write(f"write `{check.right}`", replace(item.source, item.statement, check.right), check.breaks)


_SECTIONS = Writers[_Spot](
    off={
        Switch.BANNER: lambda s: _banner(s),
    },
    on={
        Switch.ACCESS_LOG: lambda s: logs.access_log(s.tree, s.block, s.item),
    },
)
_SECTIONS.of(want.SetHeader, lambda s, r: headers.set_header(s.tree, s.block, s.item, r.name, r.value))
_SECTIONS.of(want.AllowOrigins, lambda s, r: headers.allow_origins(s.tree, s.block, s.item, r.origins))
_SECTIONS.of(want.RedirectToTls, lambda s, r: tls.redirect_to_tls(s.tree, s.block))
_SECTIONS.of(want.Limit, lambda s, r: limits.limit(s.block, s.item, r.resource, r.amount))
_STATEMENTS = Writers[tuple[Tree, Item]](
    off={
        Switch.CONSOLE: lambda s: _console(s[1]),
        Switch.METRICS: lambda s: access.private_metrics(s[1]),
        Switch.INVALID_HEADERS: lambda s: access.invalid_requests(s[1]),
    },
    on={
        Switch.VERIFY_TLS: lambda s: tls.verify_tls(*s),
        Switch.COOKIE_FLAGS: lambda s: headers.cookie_flags(s[1]),
        Switch.MEDIA_TYPE: lambda s: access.media_type(s[1]),
        Switch.ACCESS_RULE: lambda s: access.access_rule(*s),
    },
)
_STATEMENTS.of(want.RemoveHeader, lambda s, r: headers.remove_header(s[1]))
_STATEMENTS.of(want.AllowMethods, lambda s, r: headers.allow_methods(s[1], r.methods))
_STATEMENTS.of(want.AllowHeaders, lambda s, r: headers.allow_headers(s[1], r.headers))
_STATEMENTS.of(want.MinimumTls, lambda s, r: tls.minimum_tls(s[1], r.version))
_STATEMENTS.of(want.UseSuites, lambda s, r: tls.use_suites(s[1], r.suites))
_STATEMENTS.of(want.RunAs, lambda s, r: access.not_root(s[1]))
_STATEMENTS.of(WriteStatement, lambda s, r: _written(s[1], r.name))
