"""What each path does, and with which verbs."""

from __future__ import annotations

import re
from collections.abc import Iterator

from batten.facts import Route
from batten.model import ABSENT, UNKNOWN, Setting, Unknown
from batten.technologies.edges.apache.rewrites import Rule, rules
from batten.technologies.edges.apache.sections import (
    denied,
    locations,
    match_of,
    pass_of,
    passes,
    refuses,
    whole,
    wholes,
)
from batten.technologies.edges.apache.tree import METHODS, Item, Tree, inherited, root_of

_HOLDING = ("limitexcept", "allowmethods", "require")
_VERBS = re.compile(r"^!?\^?\(?(?:\?:)?([A-Za-z|]+)\)?\$?$")


def routes(tree: Tree) -> Iterator[Route]:
    seen: set[object] = set()
    for server in tree.servers:
        if tree.kind != "part" and not refuses(server):
            # core: TraceEnable is on unless it is written, and neither <LimitExcept> nor AllowMethods holds TRACE.
            found = inherited(server, "traceenable")
            if isinstance(found, Item):
                trace: Setting[bool] = Setting(found.value.lower() != "off", found.place())
            else:
                at = (tree.root if tree.kind == "main" else server).block()
                if isinstance(found, Unknown) or any(_about_trace(r) for r in rules(server)):
                    trace = Setting(UNKNOWN, at)
                else:
                    trace = Setting(ABSENT, at, True)
            yield _route(server, server, "/", "prefix", "", None if trace.at in seen else trace)
            seen.add(trace.at)
        for item in passes(server):
            path, url = pass_of(item)
            kind = "regex" if item.name == "proxypassmatch" else "prefix"
            yield _route(
                server,
                next((s for s in locations(server) if match_of(s).path == path.rstrip("/")), None) or server,
                path,
                kind,
                url,
                None,
                item,
            )
        for section in locations(server):
            match = match_of(section)
            url = next((pass_of(i)[1] for i in passes(section)), "")
            if not whole(section) or url:
                yield _route(server, section, match.path, match.kind, url)


def _route(
    server: Item,
    block: Item,
    path: str,
    kind: str,
    upstream: str,
    trace: Setting[bool] | None = None,
    item: Item | None = None,
) -> Route:
    return Route(
        item.place() if item is not None else block.block(),
        server=server.pointer,
        path=path,
        match=kind,
        methods=methods_of(block, server),
        upstream=upstream,
        serves_files=False,
        refuses=block is not server and denied(block),
        regex=path if kind == "regex" else "",
        trace=trace,
    )


def _about_trace(rule: Rule) -> bool:
    tested = any("REQUEST_METHOD" in c.test for c in rule.conditions)
    return tested and 400 <= rule.status < 500


def methods_of(block: Item, server: Item) -> Setting[tuple[str, ...]]:
    """Verbs let through: <LimitExcept>, AllowMethods, `Require method`, or a RewriteRule that refuses others."""
    for around in dict.fromkeys((block, *wholes(server), server)):
        for item in around.all(*_HOLDING):
            if item.name == "limitexcept" and denied(item):
                verbs: tuple[str, ...] | None = _with_head(item.values)
            elif (
                item.name == "allowmethods"
                and item.values
                and item.value.lower() != "reset"
                and "-" not in item.value[:1]
            ):
                verbs = _with_head(item.values)
            elif item.name == "require" and item.value.lower() == "method":
                verbs = _with_head(item.values[1:])
            else:
                verbs = None
            if verbs is not None:
                return Setting(verbs, item.place())
        for rule in rules(around):
            allowed = allowed_by(rule)
            if allowed is not None:
                return Setting(allowed, rule.conditions[-1].item.place())
    unsure = any(block.hides(n) for n in METHODS) or root_of(server).hides("limitexcept")
    return Setting(UNKNOWN if unsure else ABSENT, block.block())


def _with_head(words: list[str]) -> tuple[str, ...]:
    verbs = tuple(v.upper() for v in words)
    return (*verbs, "HEAD") if "GET" in verbs and "HEAD" not in verbs else verbs


def allowed_by(rule: Rule) -> tuple[str, ...] | None:
    """The only verbs that `RewriteCond %{REQUEST_METHOD} !^(GET|POST)$` and a refusal let through."""
    if len(rule.conditions) != 1 or not 400 <= rule.status < 500 or not rule.takes("/a/b.c"):
        return None
    condition = rule.conditions[0]
    if condition.test != "%{REQUEST_METHOD}" or not condition.pattern.startswith("!"):
        return None
    verbs = _VERBS.match(condition.pattern)
    return tuple(v.upper() for v in verbs[1].split("|") if v) if verbs else None
