"""Requests that somebody out there can make: the values that each of them may have for a condition key.

Of each key it is enough to try a few values: those that the policy's own conditions tell apart.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from enum import Enum

from batten.model import UNKNOWN, Unknown
from batten.model.record import record
from batten.technologies.shared.aws.access.addresses import Ranges, places, ranges
from batten.technologies.shared.aws.access.conditions import (
    FOREIGN,
    OWN,
    Condition,
    Given,
    Wanted,
    moment,
    number,
)
from batten.technologies.shared.aws.access.keys import Domain, Key, key_of
from batten.technologies.shared.aws.access.wildcards import varies

SOON = 1_767_225_600  # requests come from here on: 2026-01-01
_MOST = 120  # values that are tried for one key
_OTHER = "\ue003"  # a text that no policy names
_VARIABLE = re.compile(r"\$\{([^{},]{0,300})(?:,\s{0,9}'([^']{0,300})'\s{0,9})?\}")


class Caller(Enum):
    """Who may be out there: a client without credentials, a caller of another account, a service for another account's
    resource, a subject of an identity provider; and who holds a policy, which is no outsider."""

    ANONYMOUS = "anonymous"
    ACCOUNT = "account"
    SERVICE = "service"
    SUBJECT = "subject"
    HOLDER = "holder"


@record
class World:
    """`inner`: the request comes through an endpoint in the caller's own private network."""

    caller: Caller
    inner: bool = False


_BOTH: tuple[Given, ...] = (("true",), ("false",))
_ABSENT: tuple[Given, ...] = (None,)
_UNSURE: tuple[Given, ...] = ((UNKNOWN,),)
# What these callers have for a key, whatever its kind.
_SAID: dict[tuple[Caller, str], tuple[Given, ...]] = {
    (Caller.ANONYMOUS, "aws:userid"): (("anonymous",),),
    (Caller.ANONYMOUS, "aws:principaltype"): (("Anonymous",),),
    (Caller.ANONYMOUS, "lambda:functionurlauthtype"): (("NONE",),),
    (Caller.ANONYMOUS, "aws:viaawsservice"): (("false",),),
    (Caller.SERVICE, "aws:viaawsservice"): (("false",),),
    (Caller.SERVICE, "aws:principalisawsservice"): (("true",),),
    (Caller.ANONYMOUS, "aws:principalisawsservice"): (("false",),),
    (Caller.ACCOUNT, "aws:principalisawsservice"): (("false",),),
    (Caller.ACCOUNT, "aws:principaltype"): (("AssumedRole",), ("User",), ("Account",), ("FederatedUser",)),
}


def givens(world: World, name: str, own: list[Condition], others: list[Condition]) -> list[Given]:
    """The values of a key that are worth a try: `own` are the conditions on it of the statement that is asked about,
    `others` those of statements that deny."""
    said = _SAID.get((world.caller, name))
    if said is not None:
        return list(said)
    key = key_of(name)
    tried = [*own, *others]
    made = _of(key, world, tried)
    if isinstance(made, tuple):
        return list(made)
    # Whether a request that may have the key may also come without.
    if key.domain in (Domain.FREE, Domain.HEADER, Domain.SESSION, Domain.VIA, Domain.SECRET):
        may_lack = True
    else:
        may_lack = "org" in name and key.domain in (Domain.IDENTITY, Domain.NETWORK)
    unset = [None] if may_lack else []
    return list(dict.fromkeys([*_limited(made(key, world, tried)), *unset]))


def _limited(made: Iterable[Given]) -> Iterator[Given]:
    for count, given in enumerate(made):
        if count >= _MOST:
            return
        yield given


Maker = Callable[[Key, World, list[Condition]], Iterable[Given]]


def _of(key: Key, world: World, tried: list[Condition]) -> tuple[Given, ...] | Maker:
    caller = world.caller
    match key.domain:
        case Domain.UNLISTED:
            return _UNSURE
        case Domain.TLS:
            return _BOTH
        case Domain.TIME:
            return _moments
        case Domain.HEADER:
            return _any
    if caller is Caller.HOLDER:
        return _UNSURE
    match key.domain:
        case Domain.OWNER:
            return ((OWN,),)
        case Domain.FREE:
            return _any
        case Domain.SECRET:
            return _foreign
        case Domain.SOURCE | Domain.SERVICE:
            return (
                _ABSENT if caller is not Caller.SERVICE else _foreign if key.domain is Domain.SOURCE else _any
            )
        case Domain.CLAIM:
            return _foreign if caller is Caller.SUBJECT else _ABSENT
        case Domain.IDENTITY:
            return _foreign if caller is Caller.ACCOUNT else _ABSENT
        case Domain.SESSION:
            return _any if caller in (Caller.ACCOUNT, Caller.SUBJECT) else _ABSENT
        case Domain.VIA:
            return _any if caller is Caller.ACCOUNT else _ABSENT
        case Domain.NETWORK | Domain.INNER:
            return _ABSENT if not world.inner else _foreign if key.domain is Domain.NETWORK else _inner
    return _ABSENT if world.inner else _outer


def _any(key: Key, world: World, tried: list[Condition]) -> Iterator[Given]:
    """Whatever the caller likes."""
    for condition in tried:
        if condition.test.endswith("ipaddress"):
            yield from _inner(key, world, [condition])
        elif condition.test.startswith(("numeric", "date")):
            read = number if condition.test.startswith("numeric") else moment
            for value in (read(v) for v in condition.values if isinstance(v, str)):
                yield from ((repr(value + step),) for step in (-1, 0, 1) if value is not None)
        elif condition.test == "bool":
            yield from _BOTH
        else:
            yield from (
                (text,) for w in wanted(condition, world) if isinstance(w, str) for text in _filled(w)
            )
    yield (_OTHER,)


def _filled(pattern: str) -> Iterator[str]:
    """Texts that a pattern has the shape of."""
    yield pattern.replace("*", "x").replace("?", "x")
    if "*" in pattern:
        yield pattern.replace("*", "").replace("?", "x")


def _moments(key: Key, world: World, tried: list[Condition]) -> Iterator[Given]:
    yield (repr(float(SOON)),)
    for condition in tried:
        for value in (moment(v) for v in condition.values if isinstance(v, str)):
            yield from ((repr(value + n),) for n in (-1, 0, 1) if value is not None and value + n >= SOON)


def _outer(key: Key, world: World, tried: list[Condition]) -> Iterator[Given]:
    """Public addresses in the policy that no network is assigned."""
    named = list(_ranges(tried))
    yield from ((place,) for place in places(named, named))


def _inner(key: Key, world: World, tried: list[Condition]) -> Iterator[Given]:
    yield from ((place,) for place in places(list(_ranges(tried)), [], inner=True))


def _ranges(tried: list[Condition]) -> Iterator[Ranges]:
    for condition in tried:
        known = tuple(v for v in condition.values if isinstance(v, str))
        found = ranges(known) if condition.test.endswith("ipaddress") else None
        if found is not None:
            yield found


_SOMEBODY = {
    "arn": f"arn:aws:iam::{FOREIGN}:role/x",
    "colon": f"{FOREIGN}:x",
    "slash": f"{FOREIGN}/x",
    "sub": f"repo:{FOREIGN}/x:ref:x",
}


def _foreign(key: Key, world: World, tried: list[Condition]) -> Iterator[Given]:
    """What an outsider has instead of the resource's own; also where a pattern leaves open whose it is."""
    yield (_SOMEBODY.get(key.form, FOREIGN),)
    for condition in tried:
        for one in wanted(condition, world):
            if isinstance(one, str) and (FOREIGN in one or not fixes(key.form, one)):
                yield from ((text,) for text in _filled(one))


def fixes(form: str, value: str) -> bool:
    """Whether a value says whom it means: the part of it that does has no wildcard."""
    if not varies(value):
        return True
    before = re.split(r"[*?]", value, maxsplit=1)[0]
    match form:
        case "arn":
            # By the account; where the service's names are unique without one, by the name.
            parts = value.split(":", 5)
            if re.search(r"(?<!\d)\d{12}(?!\d)", value):
                return True
            if len(parts) < 6 or (parts[2] not in ("s3", "execute-api") and parts[4]):
                return False
            return not varies(re.split("[/:]", parts[5], maxsplit=1)[0])
        case "colon" | "slash":
            return (":" if form == "colon" else "/") in before
        case "sub":
            return "/" in before or before.count(":") > 1
        case "any" | "place":
            return re.sub(r"^https?:", "", value).strip("*?:/@") != ""
        case _:
            return False


def wanted(condition: Condition, world: World) -> tuple[Wanted, ...]:
    """What the condition compares with, variables filled in; a value with one that the request lacks matches nothing."""
    if not condition.filled:
        return condition.values
    made = (
        v if isinstance(v, Unknown) or "${" not in v else _with_variables(v, world) for v in condition.values
    )
    return tuple(one for one in made if one is not None)


def _with_variables(value: str, world: World) -> Wanted | None:
    found = [(m, _variable(m[1].strip().lower(), m[2], world)) for m in _VARIABLE.finditer(value)]
    if any(text is None for _, text in found):
        return None
    if any(isinstance(text, Unknown) for _, text in found):
        return UNKNOWN
    if len(found) == 1 and found[0][0][0] == value and found[0][1] is OWN:
        return OWN
    at, parts = 0, []
    for match, text in found:
        parts += [value[at : match.start()], "\ue004own" if text is OWN else str(text)]
        at = match.end()
    return "".join((*parts, value[at:]))


def _variable(name: str, default: str | None, world: World) -> Wanted | None:
    """What stands for a variable; None where the request has no such key."""
    if name in ("*", "?", "$"):
        return name
    given = givens(world, name, [], [])[0]
    if given is None:
        return default
    return given[0] if given[0] != _OTHER else "x"
