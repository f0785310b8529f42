"""Who may read answers from a browser on another origin: the Access-Control-* headers HAProxy sets."""

from __future__ import annotations

import re
from collections.abc import Iterator

from batten.facts import CorsPolicy, OriginRule
from batten.model import ABSENT, UNKNOWN, Setting
from batten.technologies.edges.haproxy.conditions import Test, condition_of
from batten.technologies.edges.haproxy.headers.reading import (
    RESPONSE_RULES,
    Change,
    change_of,
    literal,
    serves,
)
from batten.technologies.edges.haproxy.tls.listeners import over_tls, redirects_to_tls, refuses
from batten.technologies.edges.haproxy.tree import Block, Tree
from batten.technologies.shared.edges.headers import listed
from batten.technologies.shared.edges.origins import escaped, no_policy, origin, pattern, reflected

ORIGIN = "access-control-allow-origin"
_EXPRESSION = re.compile(r"^%\[([^\]]*)\]$")
_VARIABLE = re.compile(r"^(?:http-request\s)?set-var\(([^),]+)\)$")
_HEADER = re.compile(r"^(?:req\.)?f?hdr(?:_\w+)?$")
# Tests that say nothing of who asks.
_ELSEWHERE = re.compile(
    r"^(?:path|url|base|method|ssl_fc|status|dst_port|res\.hdr|always_true|capture\.req\.(?:uri|method))"
)


def policies(tree: Tree) -> Iterator[CorsPolicy]:
    seen: set[int] = set()
    for front in tree.entrances:
        plain = not over_tls(front) and redirects_to_tls(tree, front).known(False)
        if refuses(front) or plain or not serves(tree, front):
            continue
        behind = tree.behind(front)
        parts = list({id(b): b for b in (front, *(behind or ()))}.values())
        saying = [b for b in parts if _written(b, ORIGIN)]
        for block in saying:
            if id(block) not in seen:
                seen.add(id(block))
                written = _written(block, ORIGIN)
                found = [_rules(tree, change) for change in written]
                rules = tuple(r for made in found if made is not None for r in made)
                credentials_found = _written(block, "access-control-allow-credentials")
                if not credentials_found:
                    credentials: Setting[bool] = Setting(ABSENT, block.block(), False)
                else:
                    value = literal(credentials_found[-1].value)
                    credentials = Setting(
                        UNKNOWN if value is None else value.lower() == "true",
                        credentials_found[-1].rule.place(),
                    )
                yield CorsPolicy(
                    block.block(),
                    origins=Setting(rules or UNKNOWN, written[0].rule.place()),
                    credentials=credentials,
                    methods=_listed(block, "access-control-allow-methods"),
                    headers=_listed(block, "access-control-allow-headers"),
                    varies=_varies(block),
                )
        if not saying and behind is not None:
            yield no_policy(front.block())


def changes(block: Block) -> Iterator[Change]:
    for rule in block.rules(*RESPONSE_RULES):
        change = change_of(rule)
        if change is not None and change.action in ("set-header", "add-header"):
            yield change


def _written(block: Block, name: str) -> list[Change]:
    return [c for c in changes(block) if c.name.lower() == name]


def _listed(block: Block, name: str) -> Setting[tuple[str, ...]]:
    found = _written(block, name)
    if not found:
        return Setting(ABSENT, block.block())
    value = literal(found[-1].value)
    return Setting(UNKNOWN if value is None else listed(value), found[-1].rule.place())


def _varies(block: Block) -> Setting[bool]:
    for change in _written(block, "vary"):
        value = literal(change.value)
        if value is None or {"origin", "*"} & {v.lower() for v in listed(value)}:
            return Setting(True, change.rule.place())
    return Setting(ABSENT, block.block(), False)


def _rules(tree: Tree, change: Change) -> list[OriginRule] | None:
    """The origins that one rule lets in; None when that is not known."""
    condition = condition_of(change.rule)
    at = change.rule.place()
    value = literal(change.value)
    if change.rule.varies:
        return None
    if value is not None:
        about = condition is not None and any(is_origin(tree, fetched(t)) for t in condition.tests)
        if value == "*" and about:
            return None
        return [origin(value, at)]
    expression = _EXPRESSION.match(change.value)
    if expression is None or not is_origin(tree, expression[1]):
        return None
    echo = reflected(at, change.value)
    if condition is None:
        return [echo]
    # Which origins an echo is kept to by its condition.
    if not condition.known:
        return None
    made: list[OriginRule] = []
    for tests in condition.alternatives:
        admitted_about = [t for t in tests if is_origin(tree, fetched(t))]
        if not admitted_about and all(_ELSEWHERE.match(t.fetch) for t in tests):
            made.append(echo)
            continue
        if condition.unless or len(admitted_about) != 1 or admitted_about[0].negated:
            return None
        rules = _of_test(admitted_about[0], echo)
        if rules is None:
            return None
        made += rules
    return made


def fetched(test: Test) -> str:
    return f"{test.fetch}({test.argument}){test.rest}"


def _of_test(test: Test, echo: OriginRule) -> list[OriginRule] | None:
    if test.from_file:
        return None
    at = echo.text.at

    match test.how:
        case "str":
            return [origin(p, at) for p in test.patterns]
        case "found":
            return [echo]
        case "reg":
            return [pattern(p, at) for p in test.patterns]
        case "end":
            return [pattern(escaped(p) + "$", at) for p in test.patterns]
        case "beg":
            return [pattern("^" + escaped(p), at) for p in test.patterns]
        case "sub":
            return [pattern(escaped(p), at) for p in test.patterns]
        case _:
            return None


def is_origin(tree: Tree, expression: str) -> bool:
    """Whether it fetches the request's Origin: by name, from a capture, or from a variable."""
    text = expression.strip().lower().removesuffix(",lower")
    found = re.match(r"^([\w.]+)\(([^)]*)\)$", text)
    if found is None:
        return False
    name, argument = found[1], found[2].strip()
    if _HEADER.match(name):
        return argument.partition(",")[0] == "origin"
    if name == "capture.req.hdr":
        return argument.isdigit() and argument in _captures(tree)
    return name == "var" and argument in variables(tree)


def _captures(tree: Tree) -> set[str]:
    """Positions at which a section captures the Origin."""
    found = set()
    for block in tree.of("frontend", "listen"):
        lines = [i.values for i in block.all("capture", "request", "header")]
        found |= {str(n) for n, words in enumerate(lines) if words[3:4] and words[3].lower() == "origin"}
    return found


def variables(tree: Tree) -> dict[str, str]:
    """Variables that a rule sets to the Origin, by lower-case name."""
    made: dict[str, str] = {}
    for block in tree.of("frontend", "listen", "backend", "defaults"):
        for rule in block.all("http-request"):
            named = _VARIABLE.match(rule.values[1]) if len(rule.values) > 2 else None
            if named and re.match(r"^(?:req\.)?f?hdr\(origin\)$", rule.values[2], re.IGNORECASE):
                made[named[1].lower()] = named[1]
    return made
