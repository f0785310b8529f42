"""Who may read answers from a browser on another origin: Access-Control-* headers, and what decides the origin."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial

from batten.facts import Content, CorsPolicy, OriginRule
from batten.model import Location, Setting
from batten.patterns import BadPattern, compiled
from batten.technologies.edges.apache.headers.reading import (
    Line,
    blocks_of,
    chain,
    dynamic,
    header_named,
    sent,
)
from batten.technologies.edges.apache.rewrites import rules
from batten.technologies.edges.apache.sections import content_of, only_redirects, passes, refuses, sections
from batten.technologies.edges.apache.tree import Item, Tree, root_of, varies
from batten.technologies.shared.edges.headers import cors_of
from batten.technologies.shared.edges.nodes import remembered
from batten.technologies.shared.edges.origins import origin, pattern, reflected

ORIGIN = "access-control-allow-origin"
SETS = ("setenvif", "setenvifnocase")
_STRANGER = "https://stranger.invalid"
_VARIABLE = re.compile(r"^%\{([\w.-]+)\}e$")
_REQUEST = re.compile(r"^expr=%\{(?:req|http):Origin\}$", re.IGNORECASE)
_GROUP = re.compile(r"(?<!\\)\((?!\?)((?:[^()\\]|\\.|\((?:[^()\\]|\\.)*\))*)\)")
_MATCHED = re.compile(
    r"%\{(?:req|http):Origin\}\s*(=~|==|-strcmatch|-strmatch|in)\s*(.+)$", re.IGNORECASE | re.DOTALL
)


def policies(tree: Tree) -> Iterator[CorsPolicy]:
    for server in tree.servers:
        if refuses(server) or only_redirects(server):
            continue
        whole = blocks_of(server)
        found = list(header_named(whole, ORIGIN))
        if found:
            yield _of(tree, server, whole, [line for line, _ in found])
        parts = [s for s in (*sections(server), *server.all("proxy")) if any(header_named([s], ORIGIN))]
        parts = [s for s in parts if s not in whole]
        for part in parts:
            yield _of(tree, part, chain(server, part), [line for line, _ in header_named([part], ORIGIN)])
        silent = not found and not parts and not any(b.hides("header") for b in whole)
        if silent and any(passes(b) for b in (server, *sections(server))):
            at = server.block()
            yield cors_of(at, {}, ())


def _of(tree: Tree, block: Item, blocks: list[Item], found: list[Line]) -> CorsPolicy:
    headers = sent(tree, blocks)
    rules_found: list[OriginRule] | None = []
    for line in found:
        if line.action == "unset":
            continue
        made = rules_of(line)
        rules_found = None if made is None or rules_found is None else [*rules_found, *made]
    known = None if rules_found is None else tuple(dict.fromkeys(rules_found))
    policy = cors_of(block.block(), headers, known, content_of(block) is Content.ASSET)
    at = found[0].item.place()
    unsure = [line for line, _ in header_named(blocks, "access-control-allow-credentials")]
    credentials = policy.credentials
    if (
        unsure
        and not credentials.is_known
        and unsure[-1].value.lower() == "true"
        and unsure[-1].test == found[-1].test
    ):
        credentials = Setting(True, unsure[-1].item.place())
    # A conditional `Vary: Origin` is sent where the origin is let in, which is enough for who gets it.
    return CorsPolicy(
        policy.at,
        origins=Setting(policy.origins.value, at),
        credentials=credentials,
        methods=policy.methods,
        headers=policy.headers,
        varies=next(
            (
                Setting(True, varies_line.item.place())
                for varies_line, _ in header_named(list(blocks), "vary")
                if "origin" in varies_line.value.lower() and varies_line.action != "unset"
            ),
            policy.varies,
        ),
        public=policy.public,
    )


def rules_of(line: Line) -> tuple[OriginRule, ...] | None:
    """The origins that one header lets in; None: cannot be known."""
    at = line.item.place()
    if not dynamic(line.value):
        return (origin(line.value, at),) if line.value else ()
    if line.action == "edit" or varies(line.value):
        return None
    if _REQUEST.match(line.value):
        # `expr=%{req:Origin}`: whatever asks, unless a condition stands behind it or around.
        if any(b.name in ("if", "elseif", "else") for b in line.item.around()):
            block = next(b for b in line.item.around() if b.name in ("if", "elseif", "else"))
            return expression_rules(block.value, block.place())
        if not line.test:
            return (reflected(at, line.value),)
        if line.test.startswith("expr="):
            return expression_rules(line.test[5:], at)
        return _of_gate(line, line.test.removeprefix("env="))
    variable = _VARIABLE.match(line.value)
    return None if variable is None else _of_variable(line, variable[1])


def expression_rules(text: str, at: Location) -> tuple[OriginRule, ...] | None:
    """The origins for which a condition of httpd's expression language holds."""
    found = _MATCHED.search(text.strip())
    if found is None or "||" in text or "&&" in text or text.lstrip().startswith("!"):
        return None
    operator, what = found[1].lower(), found[2].strip()
    if operator == "==":
        return (origin(what.strip("'\""), at),)
    if operator == "in":
        return tuple(origin(w, at) for w in re.findall(r"['\"]([^'\"]+)['\"]", what)) or None
    if operator == "=~":
        made = re.match(r"(?:m(.)|(/))(.*)(?:\1|\2)i?$", what, re.DOTALL)
        return (pattern(made[3], at),) if made else None
    return None


def _of_variable(line: Line, name: str) -> tuple[OriginRule, ...] | None:
    """`%{NAME}e`, which SetEnvIf or a RewriteRule made of the Origin."""
    gate = line.test.removeprefix("env=") if line.test.startswith("env=") else ""
    makers = list(_makers(line.item, name))
    if gate and gate != name and not gate.startswith("!") and makers:
        gated = _of_gate(line, gate)
        if gated is not None:
            return gated
    made = [rule for maker in makers for rule in [_made(maker, name)]]
    if not made or any(m is None for m in made):
        return None
    return tuple(m for m in made if m is not None)


def _of_gate(line: Line, gate: str) -> tuple[OriginRule, ...] | None:
    """The whole Origin is echoed where a variable is set: one that an expression over it sets, which may fit
    any part of it."""
    makers = [m for m in _makers(line.item, gate) if m.name in SETS]
    if not makers:
        return None
    return tuple(_pattern(m.values[1], m.place(), whole=False) for m in makers)


def _makers(item: Item, name: str) -> Iterator[Item]:
    """Directives that set the variable of the Origin, from the inside out."""
    for block in _contexts(item):
        yield from remembered(block, "makers", partial(_made_in, block)).get(name, ())


def _made_in(block: Item) -> dict[str, list[Item]]:
    """By variable, the directives of a block that set it of the Origin."""
    found: dict[str, list[Item]] = {}
    for other in block.items:
        for name in dict.fromkeys(v.lstrip("!").partition("=")[0] for v in other.values[2:]):
            if makes_origin(other):
                found.setdefault(name, []).append(other)
    for rule in rules(block):
        made = (v.partition(":")[0] for f, v in rule.flags.items() if f in ("e", "env"))
        for name in dict.fromkeys(made):
            found.setdefault(name, []).append(rule.item)
    return found


def _contexts(item: Item) -> Iterator[Item]:
    seen = [b for b in item.around() if b is not item]
    yield from seen
    root = root_of(item)
    yield from (s for s in root.all("location") if s.value == "/" and s not in seen)


def _made(maker: Item, name: str) -> OriginRule | None:
    if maker.name in SETS:
        value = next(v.partition("=")[2] for v in maker.values[2:] if v.lstrip("!").partition("=")[0] == name)
        return _captured(maker.values[1], value, maker.place())
    block = maker.up
    rule = next((r for r in rules(block) if r.item is maker), None) if block is not None else None
    if rule is None:
        return None
    value = next(
        v.partition(":")[2]
        for f, v in rule.flags.items()
        if f in ("e", "env") and v.partition(":")[0] == name
    )
    tests = [c for c in rule.conditions if c.test.lower() in ("%{http:origin}", "%{http_origin}")]
    if not tests or tests[-1].pattern.startswith(("!", "=")):
        return None
    if value.lower() in ("%{http:origin}", "%{http_origin}"):
        return _pattern(tests[-1].pattern, maker.place(), whole=False)
    if re.fullmatch(r"%[01]", value):
        return _captured(tests[-1].pattern, "$" + value[1:], maker.place())
    return None


def _captured(text: str, value: str, at: Location) -> OriginRule | None:
    """What an expression gives on: `$0` what it matched, which is the Origin only if it matched all of it."""
    if value == "$0":
        return _pattern(text, at, whole=True)
    groups = _GROUP.findall(text)
    if value == "$1" and groups:
        return _pattern(groups[0], at, whole=True)
    if re.fullmatch(r"https?://[\w.:-]+|\*", value):
        return origin(value, at)
    return None


def _pattern(text: str, at: Location, whole: bool) -> OriginRule:
    """An expression that admits everybody echoes what it is asked."""
    try:
        found = compiled(text).found(_STRANGER)
    except BadPattern:
        return pattern(text, at, whole)
    if found is not None and (not whole or found == _STRANGER):
        return reflected(at, text)
    return pattern(text, at, whole)


def makes_origin(item: Item) -> bool:
    """Whether a directive sets a variable of the Origin by an expression."""
    return item.name in SETS and item.value.lower() == "origin" and len(item.values) > 2
