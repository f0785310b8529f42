"""What each address takes: the first rule that fits. What no rule names is for administrators of everything, unless it only
reads; so an address that is new is closed until a rule opens it. Within one environment its own code asks again (`scopes.may`).
"""

from __future__ import annotations

import re
from enum import Enum

from batten.model.record import record
from batten.watch.access.scopes import Scope, may_anywhere, may_everywhere, permits
from batten.watch.model import Caller

READS = frozenset({"GET", "HEAD"})


class Door(Enum):
    """Who comes to an address at all."""

    OPEN = "open"  # anyone; who it is is not looked at
    LOG_IN = "log-in"  # anyone; a session is looked at
    OWN = "own"  # every user, for what is the user's own; by a token with the scope `admin` where the rule names it, else by none
    CALLERS = "callers"  # those who may do what the scope says


@record
class Rule:
    """`path` is a pattern of the whole path; `writes` whether it is of the methods that change something, None: of all.
    `everywhere`: only who may do it over everything."""

    path: str
    door: Door = Door.CALLERS
    writes: bool | None = None
    scope: Scope = Scope.READ
    everywhere: bool = False


RULES = (
    Rule(r"/healthz|/readyz|/static/.*", Door.OPEN, False),
    Rule(r"/hooks/[^/]+", Door.OPEN, True),
    Rule(r"/login", Door.LOG_IN),
    Rule(r"/theme", Door.LOG_IN, True),
    Rule(r"/oidc/(login|callback)", Door.LOG_IN, False),
    Rule(r"/logout", Door.OWN, True),
    Rule(r"/settings/(password|sessions|tokens)(/.*)?", Door.OWN),
    Rule(r"/api/v1/tokens(/.*)?", Door.OWN, scope=Scope.ADMIN),
    Rule(r"/metrics", scope=Scope.READ, writes=False, everywhere=True),
    Rule(r"(/api/v1|/settings)/(users|audit|grants|assignments)(/.*)?", scope=Scope.ADMIN, everywhere=True),
    Rule(r"(/api/v1|/settings)/channels(/.*)?", scope=Scope.ADMIN),
    Rule(r"/settings/environments(/.*)?", scope=Scope.ADMIN),
    Rule(r"(/api/v1)?/environments/[^/]+/(run|runs|pause|resume)", writes=True, scope=Scope.RUN),
    Rule(r"(/api/v1)?/runs(/[^/]+(/cancel)?)?", writes=True, scope=Scope.RUN),
    Rule(r"(/api/v1)?/environments/[^/]+/reports", writes=True, scope=Scope.PUSH),
    Rule(r"(/api/v1)?/(waivers|findings/[^/]+)(/.*)?", writes=True, scope=Scope.WAIVE),
    Rule(r"(/api/v1)?/environments(/.*)?", writes=True, scope=Scope.ADMIN),
    Rule(r".*", writes=False),
    Rule(r".*", writes=True, scope=Scope.ADMIN, everywhere=True),
)  # fmt: skip
# ours: the rows above
_COMPILED = tuple((re.compile(rule.path, re.DOTALL), rule) for rule in RULES)


def rule_of(method: str, path: str) -> Rule:
    """The rule of a request."""
    writes = method not in READS
    return next(
        rule
        for pattern, rule in _COMPILED
        if (rule.writes is None or rule.writes is writes) and pattern.fullmatch(path)
    )


def allows(rule: Rule, caller: Caller) -> bool:
    """Whether the caller may do at least somewhere what the rule says. Who was granted nothing may read: there is nothing to see."""
    match rule.door:
        case Door.OPEN | Door.LOG_IN:
            return True
        case Door.OWN:
            return not caller.token or (rule.scope is Scope.ADMIN and permits(caller, rule.scope))
        case Door.CALLERS if rule.scope is Scope.READ and not rule.everywhere:
            return permits(caller, rule.scope)
        case Door.CALLERS:
            asks = may_everywhere if rule.everywhere else may_anywhere
            return asks(caller, rule.scope)
