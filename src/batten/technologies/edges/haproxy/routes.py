"""Which requests pass, by path and verb."""

from __future__ import annotations

from collections.abc import Iterator

from batten.facts import Route
from batten.model import ABSENT, Setting
from batten.technologies.edges.haproxy.conditions import Test, condition_of
from batten.technologies.edges.haproxy.headers.reading import serves
from batten.technologies.edges.haproxy.named_routes import named_routes
from batten.technologies.edges.haproxy.tree import Block, Item, Tree

_REFUSING = ("deny", "reject", "tarpit", "silent-drop")
_HEADER = ("hdr", "req.hdr", "req.fhdr")
_PATHS = {"path": "exact", "path_beg": "prefix", "path_dir": "prefix"}


def routes(tree: Tree) -> Iterator[Route]:
    for block in tree.entrances:
        if not serves(tree, block):
            continue
        forward = block.inherited("default_backend")
        upstream = forward[-1].values[1] if forward and len(forward[-1].values) > 1 else ""
        yield Route(
            block.block(),
            server=block.pointer,
            path="/",
            match="prefix",
            methods=_methods(block),
            upstream=upstream,
            hosts=tuple(_hosts(block)),
        )
        yield from named_routes(block, upstream)
        for rule in _refusals(block):
            yield from _refused(block, rule)
        for rule in block.all("use_backend"):
            yield from _led(block, rule)


def _hosts(block: Block) -> Iterator[Setting[str]]:
    """The names that the conditions of its rules compare the Host header with."""
    for rule in (*block.all("use_backend"), *block.rules("http-request")):
        condition = condition_of(rule)
        for test in condition.tests if condition is not None and not rule.varies else ():
            if (
                test.fetch in _HEADER
                and test.argument.partition(",")[0] == "host"
                and test.how == "str"
                and not test.from_file
                and not test.negated
            ):
                yield from (Setting(name, rule.place()) for name in test.patterns)


def _refusals(block: Block) -> Iterator[Item]:
    return (r for r in block.rules("http-request") if r.values[1:2] and r.values[1] in _REFUSING)


def _methods(block: Block) -> Setting[tuple[str, ...]]:
    """The verbs of a rule that refuses all others; nothing written lets any pass."""
    for rule in _refusals(block):
        condition = condition_of(rule)
        if condition is None or not condition.known or rule.varies:
            continue
        single = all(len(a) == 1 for a in condition.alternatives)
        if single and condition.unless and all(_names_verbs(t) and not t.negated for t in condition.tests):
            return Setting(_verbs(condition.tests), rule.place())
        one = condition.alternatives[0] if len(condition.alternatives) == 1 else ()
        if one and not condition.unless and all(_names_verbs(t) and t.negated for t in one):
            return Setting(_verbs(one), rule.place())
    return Setting(ABSENT, block.block())


def _names_verbs(test: Test) -> bool:
    return test.fetch == "method" and test.how == "str" and not test.from_file


def _verbs(tests: list[Test] | tuple[Test, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(p.upper() for t in tests for p in t.patterns))


def _led(block: Block, rule: Item) -> Iterator[Route]:
    """Paths that have a backend named for them."""
    condition = condition_of(rule)
    name = rule.values[1] if len(rule.values) > 1 else ""
    if condition is None or condition.unless or not condition.known or rule.varies or "%" in name:
        return
    for tests in condition.alternatives:
        kind = _PATHS.get(tests[0].fetch) if len(tests) == 1 else None
        if kind and not tests[0].negated and not tests[0].from_file:
            for path in tests[0].patterns:
                yield Route(
                    rule.place(),
                    server=block.pointer,
                    path=path,
                    match=kind,
                    methods=Setting(ABSENT, rule.place()),
                    upstream=name,
                )


def _refused(block: Block, rule: Item) -> Iterator[Route]:
    """Paths that nobody gets."""
    condition = condition_of(rule)
    if condition is None or condition.unless or not condition.known or rule.varies:
        return
    for tests in condition.alternatives:
        kind = _PATHS.get(tests[0].fetch) if len(tests) == 1 else None
        if kind and not tests[0].negated and not tests[0].from_file:
            for path in tests[0].patterns:
                methods: Setting[tuple[str, ...]] = Setting(ABSENT, rule.place())
                yield Route(
                    rule.place(), server=block.pointer, path=path, match=kind, methods=methods, refuses=True
                )
