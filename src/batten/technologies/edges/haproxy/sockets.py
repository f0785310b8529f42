"""Paths that take handshakes of WebSockets alone: a variable says which requests keep their upgrade.

`http-request set-var(txn.socket) bool(true) if … { var(txn.route) -m str live }`, and after all upgrades were removed
`http-request set-header Upgrade websocket if { var(txn.socket) -m bool }`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from batten.facts import SocketRoute
from batten.model import ABSENT, Setting
from batten.technologies.edges.haproxy.conditions import Condition, Test, condition_of
from batten.technologies.edges.haproxy.named_routes import place_of
from batten.technologies.edges.haproxy.tree import Block, Item, Tree

_SETS = re.compile(r"set-var\(([\w.]+)\)")


def sockets(tree: Tree) -> Iterator[SocketRoute]:
    for block in tree.entrances:
        for variable in _kept(block):
            forward = block.inherited("default_backend")
            upstream = forward[-1].values[1] if forward and len(forward[-1].values) > 1 else ""
            for rule, test in _places(block, variable):
                exact, (path,) = test.how == "str", test.patterns
                yield SocketRoute(
                    rule.place(),
                    server=block.pointer,
                    path=path if exact else "/",
                    match="exact" if exact else "regex",
                    upstream=upstream,
                    regex="" if exact else path,
                    origins=_origins(block, variable),
                )


def _known(rule: Item) -> Condition | None:
    condition = condition_of(rule) if not rule.varies else None
    return condition if condition is not None and condition.known and not condition.unless else None


def _kept(block: Block) -> Iterator[str]:
    """Variables that decide whether a request has an upgrade."""
    for rule in block.all("http-request"):
        if [word.lower() for word in rule.values[1:4]] == ["set-header", "upgrade", "websocket"]:
            condition = _known(rule)
            tests = condition.tests if condition is not None else []
            if len(tests) == 1 and tests[0].fetch == "var" and not tests[0].negated:
                yield tests[0].argument


def _places(block: Block, variable: str) -> Iterator[tuple[Item, Test]]:
    """Paths by the names of routes with which the variable is set."""
    named = dict(filter(None, map(place_of, reversed(block.all("http-request")))))
    for rule in block.all("http-request"):
        found = _SETS.fullmatch(rule.values[1]) if len(rule.values) > 2 else None
        condition = _known(rule) if found and found[1] == variable else None
        for test in condition.tests if condition is not None else ():
            if test.fetch == "var" and test.how == "str" and not test.negated:
                for name in test.patterns:
                    if place := named.get(f"{test.argument} {name}"):
                        yield rule, place


def _origins(block: Block, variable: str) -> Setting[tuple[str, ...]]:
    for rule in block.all("http-request"):
        condition = _known(rule) if "403" in rule.values else None
        tests = condition.tests if condition is not None else []
        mine = any(test.fetch == "var" and test.argument == variable for test in tests)
        spared = [test for test in tests if test.negated and test.argument == "origin" and test.how == "str"]
        if mine and spared:
            return Setting(tuple(origin for test in spared for origin in test.patterns), rule.place())
    return Setting(ABSENT, block.block())
