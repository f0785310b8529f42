"""Blocks that take handshakes of WebSockets alone: their matcher asks for the header. https://caddyserver.com/docs/caddyfile/matchers"""

from __future__ import annotations

from collections.abc import Iterator

from batten.facts import SocketRoute
from batten.model import ABSENT, Setting
from batten.technologies.edges.caddy.flow import FORWARDS, directives, refuses, serves, status_of
from batten.technologies.edges.caddy.matchers import Matcher, matcher_of
from batten.technologies.edges.caddy.tree import NESTING, Item, Tree


def sockets(tree: Tree) -> Iterator[SocketRoute]:
    for site in tree.sites:
        for item in directives(site) if serves(site) else ():
            around = handshakes_of(item) if item.name in FORWARDS else None
            if around is not None:
                expressions = [test for test in around.of("path_regexp") if not test.negated and test.args]
                paths = around.paths
                yield SocketRoute(
                    item.head(),
                    server=site.pointer,
                    path=paths[0] if len(paths) == 1 else "",
                    match="exact" if len(paths) == 1 else "regex",
                    upstream=item.args[0] if item.args else "",
                    regex=expressions[0].args[-1] if len(expressions) == 1 else "",
                    origins=_origins(item),
                )


def handshakes_of(item: Item) -> Matcher | None:
    """The nearest matcher around it, where that takes nothing without an upgrade."""
    matcher, up = matcher_of(item), item.up
    while matcher.everything and up is not None and up.name in NESTING:
        matcher, up = matcher_of(up), up.up
    asks = any(
        test.kind.startswith("header")
        and not test.negated
        and test.args[:1]
        and test.args[0].lower() == "upgrade"
        for test in matcher.tests
    )
    return matcher if asks else None


def _origins(item: Item) -> Setting[tuple[str, ...]]:
    """Those that a rule beside it spares: `not header Origin https://…` for each."""
    for rule in item.up.items if item.up is not None else ():
        if refuses(rule) and status_of(rule) == 403:
            tests = [test for test in matcher_of(rule).of("header") if len(test.args) > 1]
            named = [test for test in tests if test.args[0].lower() == "origin"]
            if named and len(named) == len(tests) and any(not test.negated for test in named):
                return Setting(tuple(test.args[1] for test in named if test.negated), rule.head())
    return Setting(ABSENT, item.head())
