"""Rules about a path that another rule rewrites: what the one compares is not what the other hands on.

Manual, 4.3 (http-request replace-path, replace-pathq, replace-uri, set-path, set-pathq, set-uri): rules run in their
order, and each sees the path as those before it left it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from batten.model.record import record
from batten.technologies.haproxy.conditions import Test, condition_of, split
from batten.technologies.haproxy.tree import Block, Item, Tree

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


def defeated(tree: Tree, block: Block, rule: Item) -> tuple[str, Shortened] | None:
    """Why a rule about a path misses what servers get, and the rule that makes it so; None where none does."""
    rules = list(block.rules("http-request"))
    number = next((n for n, other in enumerate(rules) if other is rule), 0)
    paths = list(_refused(rule))
    behind = [r for b in tree.behind(block) or () if b is not block for r in b.rules("http-request")]
    for later in _shortened((*rules[number + 1 :], *behind)):
        for path in paths:
            asked = f"{later.prefix}{path}"
            meant = path.startswith(f"{later.prefix}/") or any(asked.startswith(p) for p in paths)
            if not meant and _taken(later, asked):
                return f"`{later.rule.values[1]}` turns {asked} into {path} after it", later
    for earlier in _shortened(rules[:number]):
        for path in paths:
            if path.startswith(f"{earlier.prefix}/") and _taken(earlier, path):
                return f"`{earlier.rule.values[1]}` has cut {earlier.prefix} off before it", earlier
    return None


def _refused(rule: Item) -> Iterator[str]:
    """The paths that a rule compares as they are, whoever asks."""
    condition = condition_of(rule)
    if condition is None or condition.unless or not condition.known or rule.varies:
        return
    for tests in condition.alternatives:
        for test in tests:
            if test.fetch in _TESTS and not test.negated and not test.from_file and test.how != "reg":
                yield from (p.rstrip("/") for p in test.patterns if re.match(r"/\w", p))


def _shortened(rules: tuple[Item, ...] | list[Item]) -> Iterator[Shortened]:
    for rule in rules:
        words = split(rule.values)[0]
        action, rest = "".join(words[1:2]), words[2:]
        if rule.varies or not rest:
            continue
        found = None
        if action in _REPLACES and rest[1:2] in (["\\1"], ["/\\1"]):
            found = _KEPT.fullmatch(rest[0])
        elif action in _SETS:
            found = _CUT.fullmatch(rest[0])
        if found is not None:
            yield Shortened(rule, found[1])


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
