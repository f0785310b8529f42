"""Rules that restrict access, and the ways around them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from batten.facts import AccessRule
from batten.technologies.edges.haproxy.access.rewritten import defeated, rewritings
from batten.technologies.edges.haproxy.conditions import Condition, Test, condition_of
from batten.technologies.edges.haproxy.features import REFUSING, asks_who, uri_of
from batten.technologies.edges.haproxy.tls.listeners import over_tls, parameter
from batten.technologies.edges.haproxy.tree import Block, Item, Tree

_FORWARDED = re.compile(
    r"^(?:req\.)?(?:f?hdr)(?:_ip)?\((x-forwarded-for|x-real-ip|x-client-ip|true-client-ip)\)$"
)
_LOOKS = re.compile(r"\bssl_c_|ssl_fc_has_crt")
_PATHS = ("path", "path_beg", "path_dir", "path_end", "path_sub", "url", "url_beg", "base", "base_beg")
_EXPRESSIONS = ("path_reg", "url_reg")
_LITERAL = re.compile(r"\^(/[a-z][\w-]{0,60})")


def rules(tree: Tree) -> Iterator[AccessRule]:
    for block in tree.of("frontend", "listen", "backend"):
        yield from _order(tree, block)
        yield from _forged(block)
    for block in tree.of("frontend", "listen"):
        # `verify optional` asks for a certificate, and then somebody has to look.
        parts = [block, *block.outer, *(tree.behind(block) or ())]
        text = " ".join(w for b in parts for i in b.items for w in i.values)
        for bind in block.all("bind"):
            asks = parameter(bind.values, "verify") == "optional" and not bind.varies
            if asks and tree.behind(block) is not None and not _LOOKS.search(text):
                defeat = "ssl_c_used is never checked, so clients without a certificate are admitted"
                yield AccessRule(bind.place(), "bind … verify optional", defeat)
        yield from _ignored(tree, block)
        # Rules compare `src`, after `set-src` has taken it from a header that every client may write.
        if over_tls(block) and not any("accept-proxy" in b.values for b in block.all("bind")):
            rules = list(block.all("http-request"))
            for number, rule in enumerate(rules):
                words = rule.values
                taken = words[1:2] == ["set-src"] and _FORWARDED.match("".join(words[2:3]).lower())
                if not taken or rule.varies or condition_of(rule) is not None:
                    continue
                for later in rules[number + 1 :]:
                    if later.values[1] in REFUSING and _compares_address(condition_of(later)):
                        renamed_defeat = (
                            f"`set-src` takes the address from {taken[1]}, which clients set freely"
                        )
                        yield AccessRule(later.place(), f"http-request {later.values[1]}", renamed_defeat)


def _order(tree: Tree, block: Block) -> Iterator[AccessRule]:
    """The first `allow` without a condition ends the evaluation: rules below it are never read."""
    opened, found = False, rewritings(tree, block)
    decoded = any(r.values[1:2] == ["normalize-uri"] for r in block.rules("http-request"))
    for rule in block.all("http-request"):
        action = rule.values[1:2]
        opened = opened or (action == ["allow"] and condition_of(rule) is None)
        if not action or action[0] not in REFUSING:
            continue
        path = "" if decoded or opened else _raw_path(block, rule)
        # `path_beg /admin` does not match /%61dmin, which servers decode to the same path.
        defeat = (
            "an unconditional allow precedes it"
            if opened
            else (
                f"it does not match /%{ord(path[1]):x}{path[2:]}, which servers decode to {path}"
                if path
                else ""
            )
        )
        rewritten = None if opened else defeated(found, rule)
        if rewritten is not None:
            defeat = rewritten[0]
        partial = bool(path) or rewritten is not None
        yield AccessRule(rule.place(), f"http-request {action[0]}", defeat, partial=partial)


def _raw_path(block: Block, rule: Item) -> str:
    """A path, as it is written, that some must not get."""
    condition = condition_of(rule)
    if condition is None or condition.unless or not condition.known or rule.varies:
        return ""
    for tests in condition.alternatives:
        who = any(asks_who(t) and t.negated for t in tests)
        raw = [t for t in tests if not t.rest and not t.negated and not t.from_file]
        own = uri_of(block).partition("?")[0]
        named = [p for t in raw for p in _compared(t) if re.match(r"/[a-z]", p) and not p.startswith(own)]
        if who and named:
            return named[0]
    return ""


def _compared(test: Test) -> Iterator[str]:
    """The paths that a test holds the request's against, as far as they are literal."""
    if test.fetch in _PATHS:
        yield from test.patterns
    elif test.fetch in _EXPRESSIONS:
        yield from (found[1] for p in test.patterns if (found := _LITERAL.match(p)))


def _forged(block: Block) -> Iterator[AccessRule]:
    """A list of addresses that is held against a header every client may write."""
    if not over_tls(block) or any("accept-proxy" in b.values for b in block.all("bind")):
        return
    changed = [
        r for r in block.rules("http-request") if " ".join(r.values[1:3]).lower().endswith("x-forwarded-for")
    ]
    for rule in block.all("http-request"):
        condition = condition_of(rule)
        if condition is None or changed or not rule.values[1:2] or rule.values[1] not in REFUSING:
            continue
        for tests in condition.alternatives:
            found = [
                m
                for t in tests
                if (m := _FORWARDED.match(f"{t.fetch}({t.argument})")) and _lets_in(t.negated, condition)
            ]
            if found and not any(t.fetch == "src" for t in tests):
                yield AccessRule(
                    rule.place(),
                    f"http-request {rule.values[1]}",
                    f"clients set {found[0][1]} freely",
                )


def _ignored(tree: Tree, block: Block) -> Iterator[AccessRule]:
    """`crt-ignore-err all` admits certificates of anyone, unless ssl_c_verify is looked at (manual, 5.1)."""
    parts = [block, *block.outer, *(tree.behind(block) or ())]
    text = " ".join(w for b in parts for i in b.items for w in i.values)
    for bind in block.all("bind"):
        requires = parameter(bind.values, "verify") == "required" and not bind.varies
        ignores = parameter(bind.values, "crt-ignore-err") == "all"
        if requires and ignores and tree.behind(block) is not None and "ssl_c_verify" not in text:
            defeat = "`crt-ignore-err all` accepts certificates that no trusted authority has signed"
            yield AccessRule(bind.place(), "bind … verify required", defeat)


def _compares_address(condition: Condition | None) -> bool:
    """Whether clients are admitted by the address that they have."""
    return (
        condition is not None
        and condition.known
        and any(
            t.fetch == "src" and _lets_in(t.negated, condition)
            for tests in condition.alternatives
            for t in tests
        )
    )


def _lets_in(negated: bool, condition: Condition) -> bool:
    return negated is not condition.unless
