"""Headers of answers that a variable gives a name to, by the names of routes.

`http-response set-var(txn.answers) str(pages) if { var(txn.route) -m str docs }`, then
`http-after-response set-header Content-Security-Policy "…" if { var(txn.answers) -m str pages }`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from batten.model import UNKNOWN, Setting
from batten.technologies.edges.haproxy.conditions import Test, condition_of
from batten.technologies.edges.haproxy.headers.reading import change_of, literal
from batten.technologies.edges.haproxy.tree import Block, Item

_SETS = re.compile(r"set-var\(([\w.]+)\)")
_NAME = re.compile(r"str\(([^()]*)\)")


def answered(block: Block) -> dict[str, dict[str, Setting[str]]]:
    """By variable and name of a route, what its answers are sent with in place of those of all."""
    groups: dict[str, tuple[str, ...]] = dict(filter(None, map(_group, block.all("http-response"))))
    found: dict[str, dict[str, Setting[str]]] = {}
    for rule in block.all("http-after-response") if groups else ():
        for group, name, value in _sent(rule):
            for route in groups.get(group, ()):
                found.setdefault(route, {})[name] = value
    return found


def _group(rule: Item) -> tuple[str, tuple[str, ...]] | None:
    """A name of answers with its variable, and the routes that it is of."""
    words = rule.values
    condition = condition_of(rule) if len(words) > 2 and not rule.varies else None
    variable, name = (_SETS.fullmatch(words[1]), _NAME.fullmatch(words[2])) if condition else (None, None)
    if condition is None or variable is None or name is None or condition.unless or not condition.known:
        return None
    alone = all(len(tests) == 1 and _is_name(tests[0]) for tests in condition.alternatives)
    routes = tuple(f"{test.argument} {pattern}" for test in condition.tests for pattern in test.patterns)
    return (f"{variable[1]} {name[1]}", routes) if alone else None


def _is_name(test: Test) -> bool:
    return test.fetch == "var" and test.how == "str" and not test.negated and not test.from_file


def _sent(rule: Item) -> Iterator[tuple[str, str, Setting[str]]]:
    """The names of answers that get a header; what depends on more than the name has no value that is known."""
    change, condition = change_of(rule), condition_of(rule)
    if (
        change is None
        or change.action != "set-header"
        or condition is None
        or condition.unless
        or not condition.known
    ):
        return
    value = literal(change.value)
    for tests in condition.alternatives:
        names = [test for test in tests if _is_name(test)]
        sure = value is not None and len(names) == len(tests) and not rule.varies
        for test in names:
            for pattern in test.patterns:
                told = value if sure and value is not None else UNKNOWN
                yield f"{test.argument} {pattern}", change.name.lower(), Setting(told, rule.place())
