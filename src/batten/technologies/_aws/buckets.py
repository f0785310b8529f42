"""What a bucket's parts mean, however they are written: its policy's statements, its rules' origins."""

from __future__ import annotations

import re
from collections.abc import Mapping

from batten.facts import BucketStatement, OriginKind, OriginRule
from batten.model import ABSENT, UNKNOWN, Location, Setting, Unknown

EVERYBODY = re.compile(r"groups/global/(?:AllUsers|AuthenticatedUsers)$")


def statement(held: Mapping[str, object], at: Location) -> BucketStatement:
    """A statement of a policy document."""
    principals = UNKNOWN if "NotPrincipal" in held else _principals(held.get("Principal", UNKNOWN))
    actions = UNKNOWN if "NotAction" in held else _words(held.get("Action", UNKNOWN))
    return statement_of(held.get("Effect", UNKNOWN), principals, actions, held.get("Condition"), at)


def statement_of(
    effect: object, principals: object, actions: object, condition: object, at: Location
) -> BucketStatement:
    """A statement of its parts: lists of words, or UNKNOWN."""
    denies = (
        effect == "Deny"
        and _is_list(principals, "*")
        and (_is_list(actions, "s3:*") or _is_list(actions, "*"))
        and _plain_only(condition)
    )
    return BucketStatement(
        at,
        effect=Setting(effect if isinstance(effect, str) else UNKNOWN, at),
        principals=Setting(_texts(principals), at),
        actions=Setting(_texts(actions), at),
        conditioned=Setting(ABSENT, at, False) if condition in (None, {}) else Setting(True, at),
        denies_plain=denies,
    )


def _is_list(value: object, member: str) -> bool:
    return isinstance(value, list) and member in value


def _texts(value: object) -> tuple[str, ...] | Unknown:
    """The words of a list; UNKNOWN when one is, unless "*" is among them, which says all there is to say."""
    if not isinstance(value, list):
        return UNKNOWN
    known = tuple(item for item in value if isinstance(item, str))
    return known if len(known) == len(value) or "*" in known else UNKNOWN


def _principals(value: object) -> object:
    """`"*"`, `{ AWS = "*" }` and `{ AWS = ["*"] }` are the same to everybody; services are nobody."""
    if isinstance(value, dict):
        named = [_words(held) for kind, held in value.items() if kind in ("AWS", "*")]
        lists = [held for held in named if isinstance(held, list)]
        return [item for held in lists for item in held] if len(lists) == len(named) else UNKNOWN
    return _words(value)


def _words(value: object) -> object:
    return [value] if isinstance(value, str) else value


def _plain_only(condition: object) -> bool:
    """Whether the condition is exactly that the request came without TLS."""
    if not isinstance(condition, dict) or list(condition) != ["Bool"]:
        return False
    return condition["Bool"] in [{"aws:SecureTransport": no} for no in ("false", False, ["false"], [False])]


def tls_only(statements: tuple[BucketStatement, ...], at: Location) -> Setting[bool]:
    """Whether the policy denies plain HTTP. Another Deny with conditions may do the same in other words."""
    denying = next((s for s in statements if s.denies_plain), None)
    if denying is not None:
        return Setting(True, denying.at)
    mentions = any(s.effect.value == "Deny" and s.conditioned.known(False) for s in statements)
    return Setting(UNKNOWN if mentions else False, at)


def open_to_all(acl: Setting[str], statements: Setting[tuple[BucketStatement, ...]]) -> bool:
    """Whether the bucket is public anyway."""
    allowed = (s for s in statements.known(()) if s.effect.value == "Allow" and "*" in s.principals.known(()))
    return acl.known("").startswith("public-read") or any(not s.conditioned.known(False) for s in allowed)


def origins(listed: Setting[tuple[str, ...]]) -> Setting[tuple[OriginRule, ...]]:
    """S3 allows one `*` in an origin, for any text."""
    if isinstance(listed.value, Unknown):
        return Setting(UNKNOWN, listed.at)
    rules = tuple(_rule(origin, listed.at) for origin in listed.known(()))
    return Setting(rules or ABSENT, listed.at)


def _rule(origin: str, at: Location) -> OriginRule:
    if origin == "*":
        return OriginRule(OriginKind.ANY, Setting(origin, at))
    if "*" in origin:
        return OriginRule(OriginKind.PATTERN, Setting(re.escape(origin).replace(r"\*", ".*"), at))
    return OriginRule(OriginKind.EXACT, Setting(origin, at))
