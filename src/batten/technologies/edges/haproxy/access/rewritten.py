"""Rules about a path that another rule rewrites: what the one compares is not what the other hands on.

Manual, 4.3 (http-request replace-path, replace-pathq, replace-uri, set-path, set-pathq, set-uri): rules run in their
order, and each sees the path as those before it left it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import chain, islice

from batten.model.record import record
from batten.technologies.edges.haproxy.conditions import Test, condition_of, split
from batten.technologies.edges.haproxy.tree import Block, Item, Tree

_REPLACES = ("replace-path", "replace-pathq", "replace-uri")
_SETS = ("set-path", "set-pathq", "set-uri")
_LITERAL = r"\^?((?:/[\w.-]{1,60}){1,20})"
# `/api/(.*)`, `^/api(/.*)$`: what is behind a literal path is kept.
_KEPT = re.compile(rf"{_LITERAL}/?\(/?\.[*+]\)\$?")
# `%[path,regsub(^/api,)]`, `%[path,regsub(^/api/,/)]`: a literal path is cut off.
_CUT = re.compile(rf"%\[(?:path|pathq|url),regsub\(\"?{_LITERAL}/?\"?,\s{{0,3}}\"?/?\"?(?:,\w{{0,2}})?\)\]")
_TESTS = {"path": "exact", "path_beg": "prefix", "path_dir": "prefix"}


@record
class Shortened:
    """A rule that takes a prefix off each path which has it."""

    rule: Item
    prefix: str


MOST = 50  # rewriting rules of one section that rules about paths are held against


@record
class Rewritings:
    """The rules that shorten paths, by their position among those of a section; those behind it come last."""

    positions: dict[int, int]
    shortened: tuple[tuple[int, Shortened], ...]


def rewritings(tree: Tree, block: Block) -> Rewritings:
    own = list(block.rules("http-request"))
    behind = (r for b in tree.behind(block) or () if b is not block for r in b.rules("http-request"))
    found = ((n, made) for n, rule in enumerate(chain(own, behind)) if (made := _shortened(rule)) is not None)
    return Rewritings({id(rule): n for n, rule in enumerate(own)}, tuple(islice(found, MOST)))


def defeated(found: Rewritings, rule: Item) -> tuple[str, Item] | None:
    """Why a rule about a path misses what servers get, and the rule that makes it so; None where none does."""
    paths = list(_refused(rule)) if found.shortened else []
    here = found.positions.get(id(rule), 0)
    for path in paths:
        for number, other in found.shortened:
            asked = f"{other.prefix}{path}"
            within = path.startswith(f"{other.prefix}/")
            name = other.rule.values[1]
            if number < here and within and _taken(other, path):
                return f"`{name}` has cut {other.prefix} off before it", other.rule
            meant = within or any(asked.startswith(p) for p in paths)
            if number > here and not meant and _taken(other, asked):
                return f"`{name}` turns {asked} into {path} after it", other.rule
    return None


def _refused(rule: Item) -> Iterator[str]:
    """The paths that a rule compares as they are, for every client."""
    condition = condition_of(rule)
    if condition is None or condition.unless or not condition.known or rule.varies:
        return
    for tests in condition.alternatives:
        for test in tests:
            if test.fetch in _TESTS and not test.negated and not test.from_file and test.how != "reg":
                yield from (p.rstrip("/") for p in test.patterns if re.match(r"/\w", p))


def _shortened(rule: Item) -> Shortened | None:
    words = split(rule.values)[0]
    action, rest = "".join(words[1:2]), words[2:]
    if rule.varies or not rest:
        return None
    found = None
    if action in _REPLACES and rest[1:2] in (["\\1"], ["/\\1"]):
        found = _KEPT.fullmatch(rest[0])
    elif action in _SETS:
        found = _CUT.fullmatch(rest[0])
    return None if found is None else Shortened(rule, found[1])


def _taken(found: Shortened, path: str) -> bool:
    """Whether the rewriting certainly happens for that path."""
    condition = condition_of(found.rule)
    if condition is None:
        return True
    if condition.unless or not condition.known:
        return False
    return any(all(_holds(test, path) for test in tests) for tests in condition.alternatives)


def _holds(test: Test, path: str) -> bool:
    kind = None if test.negated or test.from_file or test.rest else _TESTS.get(test.fetch)
    return kind is not None and any(
        path == p if kind == "exact" else path.startswith(p) for p in test.patterns
    )
