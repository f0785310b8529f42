"""What HAProxy adds to answers: its own rules, and those of the sections behind that all share."""

from __future__ import annotations

from collections.abc import Iterator

from batten.facts import Cookie, ResponseHeaders, SentHeader
from batten.model import ABSENT, UNKNOWN, Setting
from batten.model.record import record
from batten.technologies.haproxy import versions
from batten.technologies.haproxy.conditions import condition_of, split
from batten.technologies.haproxy.listeners import over_tls, redirects_to_tls, refuses
from batten.technologies.haproxy.tree import Block, Item, Tree

RESPONSE_RULES = ("http-response", "http-after-response")
# What a section that is not here is most likely to send.
LIKELY = (
    "strict-transport-security",
    "x-content-type-options",
    "x-frame-options",
    "content-security-policy",
    "referrer-policy",
    "permissions-policy",
    "cross-origin-resource-policy",
    "cache-control",
)
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
            block.block(), tls, sent(tree, block), status=301 if redirects else 0, body=not redirects
        )


def sent(tree: Tree, block: Block) -> dict[str, SentHeader]:
    """Headers by lower-case name. Sections behind are asked first, as their rules come first."""
    behind = tree.behind(block)
    if behind is None:  # a section in a file that is not here may send them
        found = {name: SentHeader(Setting(UNKNOWN, block.block())) for name in LIKELY}
    else:
        others = [_of(tree, b, {}, block) for b in behind if b is not block]
        found = _common(others) if others and block not in behind else {}
    return _of(tree, block, found, block)


def _common(all_of: list[dict[str, SentHeader]]) -> dict[str, SentHeader]:
    """What every section sends. What only some send is not known for all answers."""
    names = dict.fromkeys(n for headers in all_of for n in headers)
    made = {}
    for name in names:
        values = [h[name] for h in all_of if name in h]
        same = len(values) == len(all_of) and len({v.value.value for v in values}) == 1
        first = values[0]
        errors = all(v.on_errors for v in values)
        made[name] = SentHeader(first.value if same else Setting(UNKNOWN, first.value.at), errors)
    return made


def _of(tree: Tree, block: Block, before: dict[str, SentHeader], front: Block) -> dict[str, SentHeader]:
    found = dict(before)
    # http-after-response rules are run after all http-response rules.
    for kind in RESPONSE_RULES:
        for rule in block.rules(kind):
            change = change_of(rule)
            if change is not None:
                _apply(found, change, tree, front)
    return found


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


def _apply(found: dict[str, SentHeader], change: Change, tree: Tree, front: Block) -> None:
    name, at = change.name.lower(), change.rule.place()
    condition = condition_of(change.rule)
    always = condition is None or (over_tls(front) and condition.always_over(tls=True))
    value = literal(change.value)
    unsure = not always or change.rule.varies or value is None or change.action.startswith("replace")
    # http-response leaves out what HAProxy answers by itself: 503, a denied request, a redirect.
    errors = change.rule.values[0] == "http-after-response"
    errors = errors or versions.at_least(tree.version, versions.AFTER_RESPONSE) is False
    if change.action == "del-header":
        if always and "-m" not in change.rule.values:
            found.pop(name, None)
    elif unsure or value is None:
        found[name] = SentHeader(Setting(UNKNOWN, at), errors)
    elif change.action == "add-header" and name in found and isinstance(found[name].value.value, str):
        earlier = found[name]
        joined = Setting(f"{earlier.value.value}, {value}", earlier.value.at)
        found[name] = SentHeader(joined, earlier.on_errors and errors)
    else:
        found[name] = SentHeader(Setting(value, at), errors)


def literal(value: str) -> str | None:
    """The text of a log format without variables; None when something is put into it."""
    plain = value.replace("%%", "")
    return None if "%" in plain else value.replace("%%", "%")


def cookies(tree: Tree) -> Iterator[Cookie]:
    """The cookie that keeps a client with its server. It names the server, and is no credential unless
    the application's own is used."""
    secure = any(over_tls(b) for b in tree.entrances)
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
    return Cookie(at, words[1], flag("secure"), flag("httponly"), same, _session(words[1]))


def _session(name: str) -> bool:
    return any(part in name.lower() for part in ("sess", "auth", "token", "sid"))
