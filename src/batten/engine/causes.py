"""Findings to causes: what one decision, or one repair, ends is said once, with all its places.

Identity stays with the place: the baseline, the history, waivers and `--changed-since` compare findings, so a tenth
service with a known weakness is new. Causes are made last, of what those have marked, and join only what is marked
alike: what is suppressed or does not count neither hides in a cause that counts nor hides one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import cache
from hashlib import sha256

from batten.controls import registered
from batten.model import Bundle, Context, Finding, Kind, Severity, State, Suppression
from batten.model.record import record

_QUOTED = re.compile(r"`[^`]*`")
_VALUE = re.compile(r"\([^()]*\)|'[^']*'|\"[^\"]*\"|\d[\d.,]*")
_NOUN = re.compile(r"(?:the )?(?:\w[\w-]* ){1,3}", re.IGNORECASE)
_ASIDE = re.compile(r"\b(?:to|from|for|with|by|in|on|at|behind) $")
_VERB = re.compile(r" (?:(?P<known>has|is|does|was)|(?P<verb>[a-z]+s))\b")
_KNOWN = {"has": "have", "is": "are", "does": "do", "was": "were"}
_BARE = frozenset(("absent", "turned-off"))  # cases that say nothing without their control
_OPENING = "product-open"  # the case that explains the others of its severity: said before them
LOWERING = "policy-not-lowered"  # what a change keeps from the verdict is said before what is in it
# What an outsider gains of a family's findings: 0 control or data at once, 2 nothing without a flaw of something else.
_GAINS = {
    **dict.fromkeys(("secrets", "stores", "logins", "exposure", "cloud", "cloud_access", "verbs"), 0),
    **dict.fromkeys(
        ("patches", "images", "headers", "confinement", "cloud_care", "governance", "contacts"), 2
    ),
}
NAMED = 2  # objects of a sentence about many; of three all are named


@record
class Cause:
    """Findings with one cause, the most exposed first, then in the order of their places. `message` is true of all of
    them; `covered` are those of other controls: broader ones, which say the same of the same places, or those of its
    bundle. `same` say it of the same text once more, for another service that takes it from one anchor or value."""

    message: str
    places: tuple[Finding, ...]
    covered: tuple[Finding, ...] = ()
    bundled: bool = False
    same: tuple[Finding, ...] = ()

    @property
    def lead(self) -> Finding:
        """The finding whose place is shown first; control, case, severity, context and state are those of all."""
        return self.places[0]

    @property
    def severity(self) -> Severity:
        return self.lead.severity

    @property
    def fingerprint(self) -> str:
        """That of its place; of several places another one, which changes with each place that is added."""
        marks = sorted(
            f.fingerprint for f in (*self.places, *self.same, *(self.covered if self.bundled else ()))
        )
        return marks[0] if len(marks) == 1 else sha256("\n".join(marks).encode()).hexdigest()[:24]

    @property
    def advice(self) -> str:
        """What to do; of a bundle, about each of its controls."""
        told = (self.lead, *self.covered) if self.bundled else (self.lead,)
        return " ".join(dict.fromkeys(f.advice for f in told if f.advice))

    @property
    def also_breaks(self) -> tuple[str, ...]:
        """The slugs of the other controls."""
        return tuple(dict.fromkeys(f.control for f in self.covered if f.control != self.lead.control))


def causes(findings: Iterable[Finding]) -> list[Cause]:
    """The causes of findings: what a change lowers, then worst first; of those that are as bad, first what outsiders reach, what gives
    them something at once, what was seen live, and what has the most places. Every finding is in exactly one cause. What outsiders reach
    is a cause of its own, unless all of it is low."""
    # Findings without those that a more specific control makes of the same place, credential or store; and these, by
    # the id of the finding that covers them. None is covered by one that is milder or marked otherwise.
    apart_findings = list(findings)
    wanted = {slug for f in apart_findings for slug in f.covers}
    broad: dict[tuple[object, ...], list[Finding]] = {}
    for apart_finding in apart_findings:
        for subject in _subjects(apart_finding) if apart_finding.control in wanted else ():
            broad.setdefault(subject, []).append(apart_finding)
    above: dict[int, Finding] = {}  # by the id of the covered one
    for apart_finding in apart_findings:
        for subject in _subjects(apart_finding) if apart_finding.covers else ():
            for other in broad.get(subject, ()):
                if (
                    other.control in apart_finding.covers
                    and id(other) not in above
                    and other.severity <= apart_finding.severity
                    and _marks(apart_finding)[1:] == _marks(other)[1:]
                ):
                    above[id(other)] = apart_finding
    taken: dict[int, list[Finding]] = {}
    for apart_finding in apart_findings:
        top = apart_finding
        while id(top) in above:
            top = above[id(top)]
        if top is not apart_finding:
            taken.setdefault(id(top), []).append(apart_finding)
    kept, covered = [f for f in apart_findings if id(f) not in above], taken
    groups: dict[tuple[object, ...], list[Finding]] = {}
    things: dict[tuple[object, ...], str] = {}  # what is at one place is one thing, whatever it is called
    for finding in sorted(kept, key=_distance):
        at = finding.at
        thing = things.setdefault(
            (
                finding.control,
                finding.case,
                at.source,
                at.span or at.pointer,
                finding.environment,
                finding.thing == "",
            ),
            finding.thing,
        )
        groups.setdefault(_key(finding, thing), []).append(finding)
    made = [_cause(group, covered) for group in groups.values()]
    return sorted(made, key=_order)


def _order(cause: Cause) -> tuple[bool, int, bool, int, int, bool, int]:
    lead = cause.lead
    seen = bool(lead.environment) or any(twin.environment for place in cause.places for twin in place.twins)
    gain = _GAINS.get(_families().get(lead.control, ""), 1)
    return (
        lead.control != LOWERING,
        -cause.severity,
        lead.case != _OPENING,
        _distance(lead),
        gain,
        not seen,
        -len(cause.places),
    )


@cache
def _families() -> dict[str, str]:
    return {control.slug: control.family for control in registered()}


def _cause(group: list[Finding], covered: dict[int, list[Finding]]) -> Cause:
    if group[0].made_by:
        return _made(group, covered)
    bundle = group[0].bundle
    group.sort(key=lambda f: -f.severity)  # a bundle holds what is low and what is less
    if bundle is not None and len({(f.control, f.case) for f in group}) > 1 and _bundled(group[0]):
        return _bundle(bundle, group)
    broader = tuple(other for finding in group for other in covered.get(id(finding), ()))
    texts: dict[object, Finding] = {}
    for finding in group:
        texts.setdefault(_text(finding), finding)
    same = tuple(f for f in group if texts[_text(f)] is not f)
    return Cause(summed_up([f.message for f in group]), tuple(texts.values()), broader, same=same)


def _made(group: list[Finding], covered: dict[int, list[Finding]]) -> Cause:
    """All that one handler or console answers, told by the worst: of those that are as bad, by what shows most."""
    lead = min(group, key=lambda f: (-f.severity, -len(_said(f.message))))
    rest = sorted((f for f in group if f is not lead), key=lambda f: -f.severity)
    alike = [f for f in (lead, *rest) if (f.control, f.case) == (lead.control, lead.case)]
    others = [f for f in rest if (f.control, f.case) != (lead.control, lead.case)]
    broader = (other for finding in group for other in covered.get(id(finding), ()))
    told = [_about(lead.message, found[0]) for f in alike if (found := _QUOTED.search(f.message))]
    return Cause(summed_up(told or [lead.message]), tuple(alike), (*others, *broader))


def _about(message: str, thing: str) -> str:
    """The sentence about another thing than the one that it names first."""
    named = _QUOTED.search(message)
    return message if named is None else f"{message[: named.start()]}{thing}{message[named.end() :]}"


def _text(finding: Finding) -> object:
    """What is written, and what is said of it: a value that two services take from one place is one thing to change."""
    if finding.at.kind is not Kind.VALUE or finding.at.span is None:
        return finding.fingerprint, id(finding)
    return finding.at.source, finding.at.span, finding.message


def _bundled(finding: Finding) -> bool:
    return finding.bundle is not None and not finding.thing and finding.severity <= Severity.LOW


def _bundle(bundle: Bundle, group: list[Finding]) -> Cause:
    """Findings of several controls, told by those of the worst; of several the one with the most places."""
    kinds: dict[tuple[str, str], list[Finding]] = {}
    for finding in group:
        kinds.setdefault((finding.control, finding.case), []).append(finding)
    ordered = sorted(kinds.values(), key=_weight)
    least = (
        group[0].severity if group[0].environment else Severity.INFO
    )  # of what was seen, what matters most is named
    named = (_QUOTED.search(f.message) for alike in ordered for f in alike if f.severity >= least)
    names = list(dict.fromkeys(found[0] for found in named if found is not None))
    cases = dict.fromkeys(_label(alike[0]) for alike in ordered)
    message = bundle.value.format(names=_enumerated(names), every=", ".join(names), cases=", ".join(cases))
    others = tuple(f for alike in ordered[1:] for f in alike)
    return Cause(message, tuple(ordered[0]), others, bundled=True)


def _weight(alike: list[Finding]) -> tuple[int, int, int]:
    """The worst, then that with the most places, then that which comes first in its family."""
    return -alike[0].severity, -len(alike), _ranks().get(alike[0].control, 0)


@cache
def _ranks() -> dict[str, int]:
    return {slug: rank for rank, slug in enumerate(dict.fromkeys(c.slug for c in registered()))}


def _label(finding: Finding) -> str:
    """What is wrong; where only the control says it, that this is not so: `not-health-checked`."""
    if finding.brief:
        return finding.brief
    return f"not-{finding.control.partition('-')[2]}" if finding.case in _BARE else finding.case


def _distance(finding: Finding) -> int:
    """0 for what outsiders reach or was seen live, 1 where nothing says who can, 2 for what is inside."""
    if finding.environment or finding.public:
        return 0
    return 1 if finding.public is None else 2


def _marks(finding: Finding) -> tuple[Severity, Context, bool, str, State, Suppression | None]:
    """What must agree between findings that are joined, whatever they say."""
    quiet = finding.suppression
    reason = replace(quiet, at=None) if quiet is not None else None
    return finding.severity, finding.context, finding.counts, finding.environment, finding.state, reason


def _key(finding: Finding, thing: str) -> tuple[object, ...]:
    if finding.made_by:
        return ("made by", finding.made_by, finding.at.source, _marks(finding)[1:])
    if _bundled(finding):
        return (finding.bundle, _marks(finding)[1:])
    inside = finding.public is False and finding.severity > Severity.LOW
    own = (finding.control, finding.case, inside, _marks(finding))
    if thing:
        return (*own, thing, "" if finding.credential else _said(finding.message))
    remedy = finding.remedy
    if remedy is None:
        return (*own, _said(finding.message))
    return (*own, remedy.decision, "" if remedy.together else _said(finding.message))


def cause_key(finding: Finding) -> str:
    """What its cause is called in every environment and run: of a decision, what is decided; of a thing that is repaired for
    itself, its place. How bad it is there and who reaches it are no part of that."""
    if _bundled(finding):
        return f"bundle:{finding.bundle.name.lower() if finding.bundle is not None else ''}"
    if finding.thing:
        where = "" if finding.at.kind is Kind.WIRE else finding.at.source
        parts: tuple[object, ...] = ("thing", where, finding.at.pointer)
    else:
        remedy = finding.remedy
        bundles = remedy is not None and remedy.together
        said = "" if bundles else _said(finding.message)
        parts = ("decision", remedy.decision if remedy is not None else (), finding.made_by or said)
    digest = sha256(repr(parts).encode("utf-8", "surrogateescape")).hexdigest()[:16]
    return f"{finding.control}:{finding.case}:{digest}"


def _said(message: str) -> str:
    """A sentence without what it names, quotes, counts and adds in parentheses."""
    return _VALUE.sub("", _QUOTED.sub("`", message))


def _subjects(finding: Finding) -> Iterator[tuple[object, ...]]:
    """What it is about, by which others may say the same."""
    span = finding.at.span
    if span is not None:
        yield "place", finding.at.source, span.start, span.end
    if finding.credential and finding.thing:
        yield "credential", finding.thing
    if finding.store:
        yield "store", finding.store


def summed_up(messages: list[str]) -> str:
    """One sentence for many that differ in what they name: "`api`, `web` and 7 more have no health check"."""
    kinds: dict[str, list[str]] = {}
    for message in messages:
        kinds.setdefault(_QUOTED.sub("`", message), []).append(message)
    alike = max(kinds.values(), key=len)  # the commonest; of several the first
    # The sentence about all objects; "" where more than one thing that it names differs.
    named = [_QUOTED.findall(message) for message in alike]
    differing = [i for i, column in enumerate(zip(*named, strict=True)) if len(set(column)) > 1]
    if not differing:
        told = alike[0]
    elif len(differing) > 1:
        told = ""
    else:
        place = [m.span() for m in _QUOTED.finditer(alike[0])][differing[0]]
        before, after = alike[0][: place[0]], alike[0][place[1] :]
        objects = _enumerated(list(dict.fromkeys(row[differing[0]] for row in named)))
        told = "".join(_agreeing(before, objects, after))
    left = len(messages) - len(alike) if told else len(set(messages)) - 1
    told = told or messages[0]
    return f"{told}; {left} more {'is' if left == 1 else 'are'} similar" if left else told


def _enumerated(names: list[str]) -> str:
    """`a`, `b` and `c`; or `a`, `b` and 7 more."""
    if len(names) <= NAMED + 1:
        return " and ".join(filter(None, (", ".join(names[:-1]), *names[-1:])))
    return f"{', '.join(names[:NAMED])} and {len(names) - NAMED:,} more"


def _agreeing(before: str, objects: str, after: str) -> Iterator[str]:
    """The parts of the sentence, noun and verb in the plural where the objects are its subject; behind "to" they are not."""
    verb = _VERB.match(after)
    noun = _NOUN.fullmatch(before)
    aside = _ASIDE.search(before) is not None
    if verb is None or aside or (before and (noun is None or " of " in before)):
        yield from (before, objects, after)
        return
    yield f"{_many(before.rstrip())} " if before else ""
    yield objects
    yield f" {_KNOWN[verb['known']] if verb['known'] else _base(verb['verb'])}"
    yield re.sub(r"\bit$", "them", re.sub(r"\bits\b", "their", after[verb.end() :]))


def _many(noun: str) -> str:
    if noun.endswith("y") and noun[-2:-1] not in ("a", "e", "o", "u"):
        return f"{noun[:-1]}ies"
    return f"{noun}es" if noun.endswith(("s", "x", "ch", "sh")) else f"{noun}s"


def _base(verb: str) -> str:
    """keeps → keep, carries → carry, passes → pass."""
    if verb.endswith("ies"):
        return f"{verb[:-3]}y"
    return verb[:-2] if verb.endswith(("sses", "ches", "shes", "xes", "zzes")) else verb[:-1]
