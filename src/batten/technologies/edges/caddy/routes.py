"""Which requests pass, by path and verb."""

from __future__ import annotations

from collections.abc import Iterator

from batten.facts import Route
from batten.model import ABSENT, UNKNOWN, Setting
from batten.technologies.edges.caddy.flow import FORWARDS, directives, only_redirects, refuses, serves
from batten.technologies.edges.caddy.headers.varied import varied
from batten.technologies.edges.caddy.matchers import Matcher, Test, matcher_of
from batten.technologies.edges.caddy.sockets import handshakes_of
from batten.technologies.edges.caddy.tree import NESTING, Item, Tree


def routes(tree: Tree) -> Iterator[Route]:
    for site in tree.sites:
        if not serves(site) or only_redirects(site):
            continue
        # Rules that refuse all verbs but these.
        spared: list[tuple[Item, Setting[tuple[str, ...]]]] = []
        for rule in directives(site):
            tests = matcher_of(rule).tests
            if refuses(rule) and len(tests) == 1 and tests[0].kind == "method" and tests[0].negated:
                spared.append((rule, Setting(_verbs(tests[0]), tests[0].item.place())))
        for item in directives(site):
            if item.name in FORWARDS and handshakes_of(item) is not None:
                continue  # which are no requests of its path
            if item.name in (*FORWARDS, "file_server"):
                yield _route(site, item, spared)
            elif refuses(item):
                matcher = _matcher(item)
                if matcher.only_paths and len(matcher.tests) == 1:
                    for path in matcher.paths:
                        stem, match = (path[:-1], "prefix") if path.endswith("*") else (path, "exact")
                        yield Route(
                            item.head(),
                            server=site.pointer,
                            path=stem,
                            match=match,
                            methods=Setting(ABSENT, item.head()),
                            refuses=True,
                        )


def _route(site: Item, item: Item, spared: list[tuple[Item, Setting[tuple[str, ...]]]]) -> Route:
    matcher = _matcher(item)
    path, match = _path(matcher)
    expressions = [test for test in matcher.tests if test.kind == "path_regexp" and not test.negated]
    verbs = next((setting for rule, setting in spared if _concerns(rule, item)), None)
    forwards = item.name in FORWARDS
    target = item.args[0] if forwards and item.args else ""
    return Route(
        item.head(),
        server=site.pointer,
        path=path,
        match=match,
        methods=_methods(site, matcher, item) if verbs is None else verbs,
        upstream=target,
        serves_files=not forwards,
        regex=expressions[0].args[-1] if len(expressions) == 1 and expressions[0].args else "",
        sent=varied(item) if forwards else {},
    )


def _matcher(item: Item) -> Matcher:
    """Its own, or that of the nearest block around it."""
    matcher = matcher_of(item)
    up = item.up
    while matcher.everything and up is not None and up.name in NESTING:
        matcher, up = matcher_of(up), up.up
    return matcher


def _path(matcher: Matcher) -> tuple[str, str]:
    """Only one literal path, or one that ends with `*`, has a place among paths; others are expressions."""
    if not matcher.known or len(matcher.paths) > 1 or "*" in (matcher.paths or ("/",))[0].rstrip("*"):
        return "", "regex"
    path = (matcher.paths or ("/*",))[0]
    return (path[:-1], "prefix") if path.endswith("*") else (path, "exact")


def _methods(site: Item, matcher: Matcher, item: Item) -> Setting[tuple[str, ...]]:
    """The verbs of its matcher; nothing written lets any pass."""
    own = [t for t in matcher.of("method") if not t.negated]
    if own:
        return Setting(_verbs(own[0]), own[0].item.place())
    return Setting(UNKNOWN if not matcher.known or site.hides() else ABSENT, item.head())


def _concerns(rule: Item, item: Item) -> bool:
    """Whether a rule is for all requests that get to another directive: no block around it is for some of them only."""
    around, block = set(map(id, _blocks(item))), list(_blocks(rule))
    return all(id(one) in around or matcher_of(one).everything for one in block)


def _blocks(item: Item) -> Iterator[Item]:
    up = item.up
    while up is not None and not up.is_site:
        yield up
        up = up.up


def _verbs(test: Test) -> tuple[str, ...]:
    return tuple(a.upper() for a in test.args)
