"""Who a statement admits: whether an outsider can make a request that it allows and no other statement denies.

Sources: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html,
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from batten.facts import Admission, Admitted
from batten.model import UNKNOWN, Unknown
from batten.technologies.shared.aws.access.conditions import Condition, Given, Wanted, holds
from batten.technologies.shared.aws.access.documents import Principals, Statement, Word
from batten.technologies.shared.aws.access.requests import Caller, World, givens, wanted
from batten.technologies.shared.aws.access.scopes import Scope, covered, scopes
from batten.technologies.shared.aws.access.wildcards import contains, overlap

_WITH_TOKEN = "sts:assumerolewithwebidentity"
_STEPS = 4000  # how many combinations are tried before the answer is UNKNOWN
_ADMITTED = {
    Caller.ANONYMOUS: Admitted.EVERYONE,
    Caller.ACCOUNT: Admitted.ACCOUNTS,
    Caller.SERVICE: Admitted.SOURCES,
    Caller.SUBJECT: Admitted.SUBJECTS,
}
# Services that answer requests without a signature; all others know at least the caller's account.
_UNSIGNED = frozenset(
    ("*", "s3", "s3-object-lambda", "sqs", "sns", "es", "execute-api", "mediastore", "elasticfilesystem")
)


def admission(policy: list[Statement], asked: Statement, trust: bool = False) -> Admission:
    """Who the statement admits; `trust`: it says who may become a role."""
    if isinstance(asked.effect, Unknown):
        return Admission(UNKNOWN, unsure=("Effect",))
    if asked.effect != "Allow" or asked.who is None:
        return Admission(Admitted.NOBODY)
    unsure: set[str] = set()
    asking = Asking(policy, asked)
    for caller in outsiders(asked, asked.who, trust):
        actions = []
        for scope in scopes(asked, policy):
            found = reaches(asking, scope, caller)
            if found is True:
                actions.append(scope.shown)
            elif found is UNKNOWN:
                unsure |= _not_known(asked) or {"Deny"}
        if actions:
            return _admitting(asked, asked.who, caller, actions)
    if UNKNOWN in (*asked.who.named, *asked.who.services):
        unsure.add("Principal")
    if unsure:
        return Admission(UNKNOWN, unsure=tuple(sorted(unsure)))
    who = asked.who
    return Admission(
        Admitted.NAMED
        if (
            who is not None
            and bool(who.named or who.services or who.providers or who.everyone > asked.excepted)
        )
        else Admitted.NOBODY
    )


def _admitting(asked: Statement, who: Principals, caller: Caller, actions: list[str]) -> Admission:
    keys = dict.fromkeys(c.shown for c in asked.conditions) if isinstance(asked.conditions, tuple) else {}
    services = (s for s in who.services if isinstance(s, str))
    return Admission(
        _ADMITTED[caller],
        tuple(dict.fromkeys(actions)),
        services=tuple(services) if caller is Caller.SERVICE else (),
        despite=tuple(keys),
    )


def _not_known(asked: Statement) -> set[str]:
    if isinstance(asked.conditions, Unknown):
        return {"Condition"}
    return {c.shown for c in asked.conditions if UNKNOWN in c.values}


def outsiders(asked: Statement, who: Principals, trust: bool) -> Iterator[Caller]:
    """Outsiders that a statement may be for, those that are most first."""
    if asked.excepted != who.everyone:
        unsigned = any(a is UNKNOWN or a.partition(":")[0].lower() in _UNSIGNED for a in asked.actions)
        if not trust and (unsigned or asked.other):
            yield Caller.ANONYMOUS
        yield Caller.ACCOUNT
    if not trust and (asked.excepted != who.everyone or who.services):
        yield Caller.SERVICE
    # Whether tokens of OpenID Connect are what a role is given for: providers of SAML are of one's own.
    if (
        who.providers
        and not asked.excepted
        and any(isinstance(a, Unknown) or overlap(a.lower(), _WITH_TOKEN) for a in asked.actions)
    ):
        yield Caller.SUBJECT


def powers(policy: list[Statement], asked: Statement) -> tuple[tuple[str, ...], bool]:
    """The actions that a statement grants to the holders of the policy, and whether that depends on conditions."""
    if asked.effect != "Allow":
        return (), False
    asking = Asking(policy, asked)
    found = [(scope.shown, reaches(asking, scope, Caller.HOLDER)) for scope in scopes(asked, policy)]
    sure = [action for action, given in found if given is True]
    some = [action for action, given in found if given is UNKNOWN]
    return tuple(dict.fromkeys(a for a in sure or some if a)), not sure


def denies_plain(one: Statement) -> bool | Unknown:
    """Whether a statement of a bucket's policy denies every request without TLS; UNKNOWN where it may, or denies some."""
    if one.effect == "Allow":
        return False
    if isinstance(one.conditions, Unknown):
        return UNKNOWN
    about = [c for c in one.conditions if c.key == "aws:securetransport"]
    found = [holds(c, ("false",), c.values) for c in about]
    if False in found or (one.conditions and not about):
        return False
    everyone = one.who is not None and one.who.everyone and not one.excepted
    every = not one.other and any(isinstance(a, str) and contains(a.lower(), "s3:*") for a in one.actions)
    sure = one.effect == "Deny" and UNKNOWN not in found and len(about) == len(one.conditions)
    return True if everyone and every and sure else UNKNOWN


@dataclass(slots=True)
class Asking:
    """A statement of a policy that is asked about, and what is known of it: by whom, and by what may deny, for sure or not."""

    policy: list[Statement]
    asked: Statement
    known: dict[tuple[Caller, tuple[tuple[int, bool | Unknown], ...]], bool | Unknown] = field(
        default_factory=dict
    )


def reaches(asking: Asking, scope: Scope, caller: Caller) -> bool | Unknown:
    """Whether such a caller has a request within the scope that is allowed and not denied."""
    denying: list[tuple[Statement, bool | Unknown]] = []
    for other in asking.policy:
        if other.effect == "Allow" or other is asking.asked:
            continue
        # Whether a statement that denies is about such callers.
        who = other.who
        if who is None:
            is_for: bool | Unknown = caller is Caller.HOLDER
        elif other.excepted:
            is_for = False if who.everyone else UNKNOWN if _of(who, caller) else True
        elif who.everyone:
            is_for = True
        else:
            allowed = asking.asked.who or Principals()
            named, meant = set(_of(who, caller)), set(_of(allowed, caller))
            if meant and meant <= named - {UNKNOWN} and not (allowed.everyone or asking.asked.excepted):
                is_for = True
            else:
                is_for = UNKNOWN if UNKNOWN in (*who.named, *named) or (named and UNKNOWN in meant) else False
        over = _both(is_for, covered(scope, other))
        if isinstance(other.effect, Unknown):
            over = _both(over, UNKNOWN)
        if over is not False:
            denying.append((other, over))
    key = caller, tuple((id(other), over) for other, over in denying)
    if key not in asking.known:
        inner = () if caller is Caller.SERVICE else (World(caller, inner=True),)
        found = [_within(world, asking.asked, denying) for world in (World(caller), *inner)]
        asking.known[key] = True if True in found else UNKNOWN if UNKNOWN in found else False
    return asking.known[key]


def _both(one: bool | Unknown, two: bool | Unknown) -> bool | Unknown:
    return False if False in (one, two) else UNKNOWN if UNKNOWN in (one, two) else True


def _of(who: Principals, caller: Caller) -> tuple[Word, ...]:
    """The services, or providers, that a statement names where it is they who call."""
    match caller:
        case Caller.SERVICE:
            return who.services
        case Caller.SUBJECT:
            return who.providers
        case _:
            return ()


def _within(
    world: World, asked: Statement, denying: list[tuple[Statement, bool | Unknown]]
) -> bool | Unknown:
    """True: there is such a request for sure; UNKNOWN: there may be one."""
    if isinstance(asked.conditions, Unknown):
        return UNKNOWN if _search(world, (), denying, sure=False) else False
    if _search(world, asked.conditions, denying, sure=True):
        return True
    return UNKNOWN if _search(world, asked.conditions, denying, sure=False) else False


def _search(
    world: World, allowing: tuple[Condition, ...], denying: list[tuple[Statement, bool | Unknown]], sure: bool
) -> bool:
    """Whether values can be chosen so that all of the one and not all of any of the others hold. `sure`: whatever is not
    known is against it."""
    counted = [d for d, over in denying if over is True or sure]
    firm = [d.conditions for d in counted if isinstance(d.conditions, tuple)]
    if sure and len(firm) != len(counted):
        return False
    others: dict[str, list[Condition]] = {}
    for conditions in firm:
        for one in conditions:
            others.setdefault(one.key, []).append(one)
    search = _Search(world, allowing, others, sure)
    return search.escapes(0, sorted(firm, key=len), search.allowed())


@dataclass(slots=True)
class _Search:
    """Values that are left for each key, narrowed by one statement that denies after another."""

    world: World
    allowing: tuple[Condition, ...]
    others: dict[str, list[Condition]]
    sure: bool
    left: int = _STEPS
    known: dict[tuple[int, Given], bool | Unknown] = field(default_factory=dict)
    wanted: dict[int, tuple[Wanted, ...]] = field(default_factory=dict)

    def allowed(self) -> dict[str, list[Given]] | None:
        """The values that the statement itself allows; None when a key has none."""
        chosen: dict[str, list[Given]] = {}
        for key in dict.fromkeys([c.key for c in self.allowing] + list(self.others)):
            own = [c for c in self.allowing if c.key == key]
            tried = givens(self.world, key, own, self.others.get(key, []))
            chosen[key] = [g for g in tried if all(self._is(c, g, True) for c in own)]
            if not chosen[key]:
                return None
        return chosen

    def escapes(
        self, at: int, firm: list[tuple[Condition, ...]], chosen: dict[str, list[Given]] | None
    ) -> bool:
        if chosen is None:
            return False
        if at == len(firm):
            return True
        for condition in firm[at]:
            self.left -= 1
            if self.left < 0:
                return not self.sure
            kept = [g for g in chosen[condition.key] if self._is(condition, g, False)]
            if kept and self.escapes(at + 1, firm, {**chosen, condition.key: kept}):
                return True
        return False

    def _is(self, condition: Condition, given: Given, result: bool) -> bool:
        """Whether a condition comes out so; what is not known does where nothing has to be sure."""
        key = id(condition), given
        if key not in self.known:
            if id(condition) not in self.wanted:
                self.wanted[id(condition)] = wanted(condition, self.world)
            self.known[key] = holds(condition, given, self.wanted[id(condition)])
        found = self.known[key]
        return not self.sure if isinstance(found, Unknown) else found is result
