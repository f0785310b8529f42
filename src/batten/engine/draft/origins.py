"""Origins whose pages may read answers, as CORS settings name them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from batten.engine.draft.evidence import Find, deployed, joined, line_of
from batten.engine.draft.names import is_local
from batten.engine.review import Review
from batten.facts import CorsPolicy, OriginKind, OriginRule
from batten.model import UNKNOWN
from batten.model.record import record

_ORIGIN = re.compile(r"https?://(?P<host>[\w.-]+|\[[0-9a-fA-F:.]+\])(?::\d{1,5})?", re.ASCII)


@record
class Origins:
    """`local` are those of developers' machines; `open` are places that allow others, and which."""

    named: tuple[Find, ...]
    local: tuple[Find, ...]
    open: tuple[tuple[str, str], ...]


def origins(result: Review) -> Origins:
    """What production files allow; what serves only public files allows nothing that matters."""
    policies = [f for f in result.facts if isinstance(f, CorsPolicy) and deployed(f, result)]
    found = joined(one for policy in policies for one in _exact(policy, result))
    near = tuple(one for one in found if _is_local(one.value))
    said = dict.fromkeys(s for policy in policies if not policy.public for s in _open(policy, result))
    return Origins(tuple(one for one in found if one not in near), near, tuple(said))


def _exact(policy: CorsPolicy, result: Review) -> Iterator[Find]:
    for rule in policy.origins.known(()):
        value = rule.text.value
        if rule.kind is OriginKind.EXACT and isinstance(value, str) and _ORIGIN.fullmatch(value):
            yield Find(value, (line_of(rule.text.at, result, value),))


def _is_local(origin: str) -> bool:
    found = _ORIGIN.fullmatch(origin)
    return found is not None and ("." not in found["host"] or is_local(found["host"].lower()))


def _open(policy: CorsPolicy, result: Review) -> Iterator[tuple[str, str]]:
    if policy.origins.value is UNKNOWN:
        yield line_of(policy.origins.at, result), "origins that a variable decides"
    for rule in policy.origins.known(()):
        said = _said(rule)
        if said:
            yield line_of(rule.text.at, result), said


def _said(rule: OriginRule) -> str:
    match rule.kind:
        case OriginKind.ANY | OriginKind.REFLECTED | OriginKind.CHOSEN:
            return "any origin"
        case OriginKind.PATTERN:
            return "the origins that a pattern matches"
        case OriginKind.NULL:
            return "the origin `null`"
        case OriginKind.EXACT:
            return "" if isinstance(rule.text.value, str) else "an origin that a variable decides"
