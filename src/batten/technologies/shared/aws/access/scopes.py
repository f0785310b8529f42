"""What statements are about: actions and resources, and which of them another statement covers."""

from __future__ import annotations

from collections.abc import Iterator

from batten.model import UNKNOWN, Unknown
from batten.model.record import record
from batten.technologies.shared.aws.access.documents import Statement, Word
from batten.technologies.shared.aws.access.wildcards import contains, overlap

_MOST = 300  # scopes of a statement


@record
class Scope:
    """Actions of one shape on resources of one shape; `but`: except those. UNKNOWN: some. `shown` is as it is written."""

    action: Word
    resource: Word
    but: tuple[str, ...] = ()
    shown: str = ""


def scopes(asked: Statement, policy: list[Statement]) -> list[Scope]:
    """What a statement allows, piece by piece: what others deny by NotAction splits it."""
    resources: tuple[Word, ...] = asked.resources if asked.resources and not asked.beside else ("*",)
    found: list[Scope] = []
    for resource in resources:
        for scope in _actions(asked, resource):
            found += _split(scope, policy)
    return found[:_MOST]


def _actions(asked: Statement, resource: Word) -> Iterator[Scope]:
    if asked.other:
        but = tuple(a.lower() for a in asked.actions if isinstance(a, str))
        yield Scope("*", resource, but, "*")
        return
    for action in asked.actions:
        if isinstance(action, Unknown):
            yield Scope(UNKNOWN, resource)
        else:
            yield Scope(action.lower(), resource, (), action)


def _split(scope: Scope, policy: list[Statement]) -> list[Scope]:
    """The part of a scope that each action spared by a NotAction makes, and the rest."""
    made = [scope]
    if isinstance(scope.action, Unknown):
        return made
    spared = dict.fromkeys(
        a.lower() for s in policy if s.effect == "Deny" and s.other for a in s.actions if isinstance(a, str)
    )
    for action in list(spared)[:_MOST]:
        within = action != scope.action and contains(scope.action, action)
        if within and not any(contains(but, action) for but in scope.but):
            made.append(Scope(action, scope.resource, (), action))
    if len(made) > 1:
        but = (*scope.but, *(str(s.action) for s in made[1:]))
        made[0] = Scope(scope.action, scope.resource, but, scope.shown)
    return made


def covered(scope: Scope, other: Statement) -> bool | Unknown:
    """Whether a statement is about all of a scope."""
    known = [a.lower() for a in other.actions if isinstance(a, str)]
    complete = len(known) == len(other.actions)
    if isinstance(scope.action, Unknown):
        acts: bool | Unknown = True if "*" in known and not other.other else UNKNOWN
    elif other.other:
        spared = [a for a in known if overlap(a, scope.action) and not any(contains(b, a) for b in scope.but)]
        acts = False if spared else True if complete else UNKNOWN
    elif any(contains(a, scope.action) for a in known):
        acts = True
    else:
        acts = False if complete else UNKNOWN
    found = (acts, _concerns(scope.resource, other))
    return False if False in found else UNKNOWN if UNKNOWN in found else True


def _concerns(resource: Word, other: Statement) -> bool | Unknown:
    if not other.resources or (other.resources == (UNKNOWN,) and other.beside):
        return True if not other.resources else UNKNOWN
    known = [r for r in other.resources if isinstance(r, str)]
    if isinstance(resource, Unknown):
        return True if "*" in known and not other.beside else UNKNOWN
    if other.beside:
        spared = any(overlap(r, resource) for r in known)
        return False if spared else True if len(known) == len(other.resources) else UNKNOWN
    if any(contains(r, resource) for r in known):
        return True
    return False if len(known) == len(other.resources) else UNKNOWN
