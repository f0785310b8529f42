"""Trusted proxies: `set-src` and `expect-proxy` for connections from listed networks."""

from __future__ import annotations

from collections.abc import Iterator

from batten.facts import TrustedProxies
from batten.technologies.edges.haproxy.conditions import condition_of
from batten.technologies.edges.haproxy.tree import Block, Item, Tree


def clients(tree: Tree) -> Iterator[TrustedProxies]:
    for block in tree.entrances:
        for rule, announced in _rules(block):
            networks = _networks(rule)
            if networks:
                yield TrustedProxies(rule.place(), networks=networks, announced=announced)
                break  # a chain of rules for proxies behind proxies has one list


def _rules(block: Block) -> Iterator[tuple[Item, bool]]:
    for rule in block.all("tcp-request"):
        if rule.values[1:4] == ["connection", "expect-proxy", "layer4"] and not rule.varies:
            yield rule, True
    for rule in block.all("http-request"):
        if rule.values[1:2] == ["set-src"] and not rule.varies:
            yield rule, False


def _networks(rule: Item) -> tuple[str, ...]:
    """Of a rule that holds for these alone; () where it may hold for others, too."""
    condition = condition_of(rule)
    if condition is None or not condition.known or condition.unless:
        return ()
    found: list[str] = []
    for tests in condition.alternatives:
        listed = [t for t in tests if t.fetch == "src" and not t.negated and not t.from_file]
        if not listed:
            return ()
        found += listed[0].patterns
    return tuple(dict.fromkeys(found))
