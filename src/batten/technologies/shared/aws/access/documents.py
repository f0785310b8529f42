"""Policy documents as statements. What is not known in one stays UNKNOWN where it stands.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TypeAlias

from batten.model import UNKNOWN, Unknown
from batten.model.record import record
from batten.technologies.shared.aws.access.conditions import Condition, conditions
from batten.technologies.shared.aws.resource import Value

Word: TypeAlias = str | Unknown
MOST = 3000  # words of a document; AWS takes none that is longer than 32 kB, but for search domains
EVERYONE = "*"
_SERVICES = (".amazonaws.com", ".amazonaws.com.cn", ".amazon.com")


@record
class Principals:
    """Whom a statement names; `providers` are those of identities that log in elsewhere. UNKNOWN in `named`: someone."""

    everyone: bool = False
    services: tuple[Word, ...] = ()
    providers: tuple[Word, ...] = ()
    named: tuple[Word, ...] = ()


@record(kw_only=True)
class Statement:
    """`excepted`: the principals are those of NotPrincipal; `other`: the actions those of NotAction; `beside`: the resources
    those of NotResource. `who` is None where a statement names no principal. `shapes`: the resources with what is known of
    their texts, a NUL for the rest."""

    effect: str | Unknown
    who: Principals | None
    excepted: bool = False
    actions: tuple[Word, ...]
    other: bool = False
    resources: tuple[Word, ...]
    shapes: tuple[Word, ...] = ()
    beside: bool = False
    conditions: tuple[Condition, ...] | Unknown
    sid: str = ""


def statements(document: Value) -> list[Statement]:
    """The statements of a document, those that cannot be told left out; none of one that AWS would not take."""
    if isinstance(document, str):
        document = parsed(document)
    version = document.get("Version") if isinstance(document, dict) else None
    found = [statement(held, version) for held in listed(document)[: MOST + 1]]
    return found if sum(map(_words_of, found)) <= MOST else []


def _words_of(one: Statement) -> int:
    tested = sum(len(c.values) for c in one.conditions) if isinstance(one.conditions, tuple) else 0
    return 1 + len(one.actions) + len(one.resources) + tested


def listed(document: Value) -> list[dict[str, Value]]:
    """The statements as they are written: of a document, of a text that is one, or of a list of them."""
    if isinstance(document, str):
        document = parsed(document)
    if isinstance(document, dict):
        document = document.get("Statement", document if "Effect" in document else None)
    items = document if isinstance(document, list) else [document]
    return [item for item in items if isinstance(item, dict)]


def complete(document: Value) -> bool:
    """Whether all statements of a document can be told."""
    if isinstance(document, str):
        document = parsed(document)
    held = document.get("Statement") if isinstance(document, dict) else UNKNOWN
    return all(isinstance(item, dict) for item in (held if isinstance(held, list) else [held]))


def parsed(text: str) -> Value:
    """A text as JSON; UNKNOWN when it is not, or when it is deeper than anybody writes."""
    try:
        held: Value = json.loads(text)
    except (ValueError, RecursionError):
        return UNKNOWN
    return held


def statement(held: Mapping[str, Value], version: Value = None) -> Statement:
    excepted, other, beside = ("NotPrincipal" in held, "NotAction" in held, "NotResource" in held)
    resources = _words(held.get("NotResource" if beside else "Resource", []))
    effect, sid = held.get("Effect", UNKNOWN), held.get("Sid")
    value = held.get("NotPrincipal" if excepted else "Principal")
    if value is None:
        principals: Principals | None = None
    elif not isinstance(value, dict):
        principals = _of_accounts(_words(value))
    else:
        kinds = {"*": "AWS"}
        found = {kinds.get(kind, kind): _words(named) for kind, named in value.items()}
        accounts = _of_accounts(found.pop("AWS", ()))
        services, providers = found.pop("Service", ()), found.pop("Federated", ())
        others = tuple(
            word for words in found.values() for word in words
        )  # canonical users, and what is not known
        principals = Principals(
            accounts.everyone,
            (*accounts.services, *services),
            tuple(p for p in providers if not _is_saml(p)),
            (*accounts.named, *filter(_is_saml, providers), *others),
        )
    return Statement(
        effect=effect if isinstance(effect, str) else UNKNOWN,
        who=principals,
        excepted=excepted,
        actions=_words(held.get("NotAction" if other else "Action", [])),
        other=other,
        resources=tuple(UNKNOWN if isinstance(r, str) and "\0" in r else r for r in resources),
        shapes=resources,
        beside=beside,
        conditions=conditions(held.get("Condition"), filled=version in ("2012-10-17", UNKNOWN)),
        sid=sid if isinstance(sid, str) else "",
    )


def _words(value: Value) -> tuple[Word, ...]:
    items = value if isinstance(value, list) else [value]
    return tuple(item if isinstance(item, str) else UNKNOWN for item in items)


def _of_accounts(words: tuple[Word, ...]) -> Principals:
    services = tuple(word for word in words if isinstance(word, str) and word.endswith(_SERVICES))
    named = tuple(word for word in words if word not in services and word != EVERYONE)
    return Principals(EVERYONE in words, services, (), named)


def _is_saml(provider: Word) -> bool:
    """A SAML provider is of one's own: who logs in there is known."""
    return isinstance(provider, str) and ":saml-provider/" in provider
