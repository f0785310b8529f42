"""What HAProxy adds to answers: its own rules, and those of the sections behind that all share."""

from __future__ import annotations

import re
from collections.abc import Iterator

from batten.facts import Banner, Cookie, ResponseHeaders, SentHeader
from batten.model import ABSENT, UNKNOWN, Setting
from batten.model.record import record
from batten.technologies.edges.haproxy import versions
from batten.technologies.edges.haproxy.conditions import Condition, condition_of, host_names, split
from batten.technologies.edges.haproxy.tls.listeners import (
    anywhere_over_tls,
    over_tls,
    redirects_to_tls,
    refuses,
)
from batten.technologies.edges.haproxy.tree import Block, Item, Tree
from batten.technologies.shared.containers.versions import at_least
from batten.technologies.shared.edges.headers import (
    PRODUCTS,
    HeaderChange,
    cookie_of,
    fold,
    session_name,
    unknown_headers,
)

RESPONSE_RULES = ("http-response", "http-after-response")
_CHANGES = ("set-header", "add-header", "del-header", "replace-header", "replace-value")


def serves(tree: Tree, block: Block) -> bool:
    """Whether something stands behind it; a section that only shows statistics has no API's answers."""
    behind = tree.behind(block)
    return behind is None or bool(behind)


def answers(tree: Tree) -> Iterator[ResponseHeaders]:
    for block in tree.entrances:
        if refuses(block) or not serves(tree, block):
            continue
        tls = over_tls(block)
        redirects = not tls and redirects_to_tls(tree, block).known(False)
        yield ResponseHeaders(
            block.block(),
            over_tls=tls,
            sent=sent(tree, block),
            status=301 if redirects else 0,
            authenticated=asks_everybody(block),
            body=not redirects,
            names=host_names(block),
        )


def asks_everybody(block: Block) -> bool:
    """Whether every request must log in: `auth` without a condition, or unless the user is known."""
    for rule in block.rules("http-request"):
        condition = split(rule.values)[1]
        known = condition[:1] == ["unless"] and "http_auth" in " ".join(condition) and "or" not in condition
        if rule.values[1:2] == ["auth"] and (known or not condition):
            return True
    return False


def sent(tree: Tree, block: Block) -> dict[str, SentHeader]:
    """Headers by lower-case name. Sections behind are asked first, as their rules come first."""
    behind = tree.behind(block)
    if behind is None:  # a section in a file that is not here may send them
        found = unknown_headers(block.block())
    else:
        others = [_of(tree, b, {}, block) for b in behind if b is not block]
        if others and block not in behind:
            # What every section sends. What only some send is not known for all answers.
            names = dict.fromkeys(n for headers in others for n in headers)
            made = {}
            for name in names:
                values = [h[name] for h in others if name in h]
                same = len(values) == len(others) and len({v.value.value for v in values}) == 1
                first = values[0]
                errors = all(v.on_errors for v in values)
                made[name] = SentHeader(first.value if same else Setting(UNKNOWN, first.value.at), errors)
            found = made
        else:
            found = {}
    return _of(tree, block, found, block)


def _of(tree: Tree, block: Block, before: dict[str, SentHeader], front: Block) -> dict[str, SentHeader]:
    # http-after-response rules are run after all http-response rules.
    changes = (change_of(rule) for kind in RESPONSE_RULES for rule in block.rules(kind))
    made = (_header_change(c, tree, front) for c in changes if c is not None and not _never(c, front))
    return fold(made, before)


def _never(change: Change, front: Block) -> bool:
    """Whether the rule is for requests of the other transport only."""
    condition = condition_of(change.rule)
    return condition is not None and condition.never_over(tls=over_tls(front))


@record
class Change:
    """One rule that changes a header of answers."""

    action: str
    name: str
    value: str
    rule: Item


def change_of(rule: Item) -> Change | None:
    words = split(rule.values)[0]
    if len(words) < 3 or words[1] not in _CHANGES:
        return None
    return Change(words[1], words[2], words[3] if len(words) > 3 else "", rule)


def _header_change(change: Change, tree: Tree, front: Block) -> HeaderChange:
    at = change.rule.place()
    condition = condition_of(change.rule)
    default = condition is not None and _where_absent(condition, change.name)
    always = condition is None or default or (over_tls(front) and condition.always_over(tls=True))
    value = literal(change.value)
    removes = change.action == "del-header"
    unsure = not always or (change.rule.varies and not removes) or change.action.startswith("replace")
    # http-response leaves out what HAProxy answers by itself: 503, a denied request, a redirect.
    errors = change.rule.values[0] == "http-after-response"
    errors = errors or at_least(tree.version, versions.AFTER_RESPONSE) is False
    action = "default" if default else {"del-header": "remove", "add-header": "add"}.get(change.action, "set")
    unsure = unsure or (removes and "-m" in change.rule.values)
    return HeaderChange(action, change.name, Setting(UNKNOWN if value is None else value, at), errors, unsure)


def _where_absent(condition: Condition, name: str) -> bool:
    """Whether a rule holds for the answers that lack a header, and for no others."""
    test = condition.tests[0] if condition.known and len(condition.tests) == 1 else None
    if test is None or test.negated is condition.unless or test.how != "found" or test.rest:
        return False
    return test.fetch in ("res.hdr", "res.fhdr", "hdr") and test.argument.lower() == name.lower()


def literal(value: str) -> str | None:
    """The text of a log format without variables; None when something is put into it."""
    plain = value.replace("%%", "")
    return None if "%" in plain else value.replace("%%", "%")


def written_cookies(tree: Tree) -> Iterator[Cookie]:
    """Set-Cookie headers that rules write."""
    for block in tree.of("frontend", "listen", "backend"):
        for rule in block.all("http-response"):
            change = change_of(rule)
            if (
                change is None
                or change.name.lower() != "set-cookie"
                or change.action not in ("set-header", "add-header")
            ):
                continue
            unsure = rule.varies or any("%" in p for p in change.value.split(";")[1:])
            yield cookie_of(change.value, rule.place(), unsure)


def told(tree: Tree) -> Iterator[Banner]:
    """Products that a rule names."""
    for block in tree.of("defaults", "frontend", "listen", "backend"):
        for rule in block.all("http-response", "set-header"):
            change = change_of(rule)
            value = literal(change.value) if change is not None else None
            if change is not None and change.name.lower() in PRODUCTS and re.search(r"\d", value or ""):
                yield Banner(
                    rule.place(),
                    product=change.name,
                    header=change.name,
                    shows_version=Setting(not rule.varies, rule.place()),
                    shown=value or "",
                )


def cookies(tree: Tree) -> Iterator[Cookie]:
    """The cookie that keeps a client with its server. It names the server, and is no credential unless
    the application's own is used."""
    secure = anywhere_over_tls(tree)
    for block in tree.of("backend", "listen"):
        found = block.inherited("cookie")
        if not found or not block.http or not secure:
            continue
        words = found[-1].values
        if len(words) < 3 or not {"insert", "rewrite"} & set(words):
            continue
        yield _cookie(found[-1], words)


def _cookie(item: Item, words: list[str]) -> Cookie:
    at = item.place()
    attributes = " ".join(words).lower()
    site = attributes.partition("samesite=")[2].split(" ")[0]

    def flag(name: str) -> Setting[bool]:
        return Setting(UNKNOWN if item.varies else name in words, at)

    same: Setting[str] = Setting(UNKNOWN if item.varies else site or ABSENT, at)
    return Cookie(
        at,
        name=words[1],
        secure=flag("secure"),
        http_only=flag("httponly"),
        same_site=same,
        sensitive=session_name(words[1]),
    )
