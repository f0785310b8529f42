"""Paths that a variable gives names to, and the verbs that other rules leave to each name.

`http-request set-var(txn.route) str(orders) if { path /orders }`, then
`http-request deny deny_status 405 if { var(txn.route) -m str orders } !{ method GET POST }`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from batten.facts import Route
from batten.model import Setting
from batten.technologies.edges.haproxy.conditions import Test, condition_of
from batten.technologies.edges.haproxy.headers.named import answered
from batten.technologies.edges.haproxy.tree import Block, Item

_SETS = re.compile(r"set-var\(([\w.]+)\)")
_NAME = re.compile(r"str\(([^()]*)\)")
_REFUSING = ("deny", "reject", "tarpit", "silent-drop")


def named_routes(block: Block, upstream: str) -> Iterator[Route]:
    """Those whose verbs are known."""
    places: dict[str, Test] = {}
    for rule in block.all("http-request"):
        found = place_of(rule)
        if found is not None:
            places.setdefault(found[0], found[1])
    answers = answered(block) if places else {}
    for rule in block.all("http-request") if places else ():
        # The names for which a rule refuses all verbs but these.
        action, *words = rule.values[1:4] or [""]
        condition = (
            condition_of(rule)
            if (
                action in _REFUSING
                or (action == "return" and words[:1] == ["status"] and words[1][:1] == "4")
            )
            and not rule.varies
            else None
        )
        if (
            condition is not None
            and not condition.unless
            and condition.known
            and len(condition.alternatives) == 1
        ):
            (tests,) = condition.alternatives
            names = [t for t in tests if t.fetch == "var" and t.how == "str" and not t.negated]
            verbs = [
                t for t in tests if t.fetch == "method" and t.how == "str" and t.negated and not t.from_file
            ]
            if len(tests) == 2 and len(names) == len(verbs) == 1:
                for verbs_name in names[0].patterns:
                    name, methods = (
                        f"{names[0].argument} {verbs_name}",
                        tuple(verb.upper() for verb in verbs[0].patterns),
                    )
                    place = places.pop(name, None)
                    if place is not None:
                        sent = answers.get(name, {})
                        exact, (path,) = place.how == "str", place.patterns
                        yield Route(
                            rule.place(),
                            server=block.pointer,
                            path=path if exact else "/",
                            match="exact" if exact else "regex",
                            methods=Setting(methods, rule.place()),
                            upstream=upstream,
                            regex="" if exact else path,
                            sent=sent,
                        )


def place_of(rule: Item) -> tuple[str, Test] | None:
    """A name with its variable, and the one path that it is of."""
    words = rule.values
    variable, name = (
        (_SETS.fullmatch(words[1]), _NAME.fullmatch(words[2])) if len(words) > 2 else (None, None)
    )
    condition = condition_of(rule) if variable and name and not rule.varies else None
    if variable is None or name is None or condition is None or condition.unless or not condition.known:
        return None
    tests = [test for test in condition.tests if test.fetch != "var"]
    if len(condition.alternatives) != 1 or len(tests) != 1:
        return None
    (test,) = tests
    plain = test.fetch == "path" and not test.rest and not test.negated and not test.from_file
    if not plain or test.how not in ("str", "reg") or len(test.patterns) != 1:
        return None
    return f"{variable[1]} {name[1]}", test
