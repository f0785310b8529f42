"""Who may read answers from a browser on another origin: the Access-Control-* headers that are sent."""

from __future__ import annotations

import re
from collections.abc import Iterator

from batten.facts import CorsPolicy, OriginRule
from batten.model import UNKNOWN, Setting
from batten.technologies.edges.caddy.flow import directives, only_redirects, serves
from batten.technologies.edges.caddy.headers.reading import Line, lines_down, lines_of
from batten.technologies.edges.caddy.matchers import Matcher, Test, matcher_of
from batten.technologies.edges.caddy.tree import NESTING, Item, Tree, varies
from batten.technologies.shared.edges.headers import HeaderChange, cors_of, fold
from batten.technologies.shared.edges.origins import origin, pattern, reflected, wildcard

ORIGIN = "access-control-allow-origin"
_ECHO = re.compile(r"^\{(?:http\.request\.)?header\.origin\}$", re.IGNORECASE)
_ELSEWHERE = ("path", "path_regexp", "method", "protocol", "host", "file")


def policies(tree: Tree) -> Iterator[CorsPolicy]:
    for site in tree.sites:
        if not serves(site) or only_redirects(site):
            continue
        groups: dict[int, list[Line]] = {}
        for item in directives(site):
            lines = lines_of(item) if item.name == "header" else lines_down(item)
            if item.up is not None:
                home = item.up if item.up.name in NESTING else site
                groups.setdefault(id(home), []).extend(lines)
        found = [_policy(site, lines) for lines in groups.values() if any(is_origin_line(i) for i in lines)]
        yield from found
        if not found and not site.hides():
            yield cors_of(site.block(), {}, ())


def is_origin_line(line: Line) -> bool:
    return line.name.lower() == ORIGIN and line.operation not in ("remove", "replace")


def _policy(site: Item, lines: list[Line]) -> CorsPolicy:
    written = [i for i in lines if is_origin_line(i)]
    made = [rules_of(line) for line in written]
    known = [r for rules in made if rules is not None for r in rules]
    home = written[0].directive.up or site
    changes = (
        HeaderChange(
            "set" if i.operation in ("default", "defer") else i.operation,
            i.name,
            Setting(UNKNOWN if varies(i.value) else i.value, i.item.place()),
        )
        for i in lines
        if i.operation not in ("remove", "replace")
    )
    policy = cors_of(home.block(), fold(changes), tuple(known) or None)
    return CorsPolicy(
        policy.at,
        origins=Setting(policy.origins.value, written[0].item.place()),
        credentials=policy.credentials,
        methods=policy.methods,
        headers=policy.headers,
        varies=policy.varies,
    )


def rules_of(line: Line) -> list[OriginRule] | None:
    """The origins that one line lets in; None when that is not known."""
    matcher, at = matcher_of(line.directive), line.item.place()
    about = about_origin(matcher)
    if not varies(line.value):
        return None if line.value == "*" and about else [origin(line.value, at)]
    if not _ECHO.match(line.value) or not matcher.known:
        return None
    if not about:
        return [reflected(at, line.value)] if all(t.kind in _ELSEWHERE for t in matcher.tests) else None
    if any(t.negated for t in about):
        return None
    return [r for t in about for r in _admitted(t, line)]


def about_origin(matcher: Matcher) -> list[Test]:
    named = ("header", "header_regexp")
    return [t for t in matcher.of(*named) if "origin" in [a.lower() for a in t.args[:2]]]


def _admitted(test: Test, line: Line) -> list[OriginRule]:
    at = line.item.place()
    if test.kind == "header_regexp":
        return [pattern(test.args[-1], at)]
    found = []
    if any(varies(v) for v in test.args[1:]):
        return []
    for value in test.args[1:]:
        if value == "*":
            found.append(reflected(at, line.value))
        else:
            found.append(wildcard(value, at) if "*" in value else origin(value, at))
    return found or [reflected(at, line.value)]
