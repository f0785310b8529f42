"""An outcome as it may be told: every text in it has passed the filter, before a format encodes it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from batten.engine.ledger import Ledger
from batten.engine.outcome import EnvironmentOutcome, FleetOutcome, HostOutcome, Lowered, Outcome, Past
from batten.facts import Recognised
from batten.masking import brief_request, concise, masked, sentence, suspect
from batten.masking.budget import CUT
from batten.model import Created, Exchange, Finding, Fix, Kind, Location, Problem, Suppression, Twin
from batten.model.record import changed

_WINDOW = 4_000  # characters of a giant name that are filtered at each of its ends
_KEPT = 1_000  # … and kept of each: what is secret and begins in them is whole within the window


def _bounded(text: str, hide: Callable[[str], str]) -> str:
    """The text filtered; of a giant one, which only a hostile name makes, its beginning and its end."""
    if len(text) <= 2 * _WINDOW:
        return hide(text)
    return f"{hide(text[:_WINDOW])[:_KEPT]}{CUT}{hide(text[-_WINDOW:])[-_KEPT:]}"


def _short(text: str) -> str:
    """A sentence filtered, with its long parts shortened."""
    return concise(_bounded(text, sentence))


def shown(outcome: Outcome) -> Outcome:
    """The same outcome without secrets. Edits stay as they are: formats withhold or mask them."""
    # Most say nothing that must be hidden: those are told from the others all at once. Fixes are filtered when
    # somebody asks for them (`engine/review`).
    hidden = suspect(text for finding in outcome.findings for text in _texts(finding))
    made = []
    for finding in outcome.findings:
        giant = any(len(at.pointer) > 2 * _WINDOW for at in _places(finding))
        if finding.at.kind is Kind.WIRE or giant or (hidden and not hidden.isdisjoint(_texts(finding))):
            made.append(finding_shown(finding))
        else:
            short = (
                concise(finding.message) if len(finding.message) <= 2 * _WINDOW else _short(finding.message)
            )
            made.append(finding if short == finding.message else replace(finding, message=short))
    return replace(
        outcome,
        findings=made,
        problems=[problem_shown(p) for p in outcome.problems],
        environments=[_environment(e) for e in outcome.environments],
        past=[_past(p) for p in outcome.past],
        ledger=_ledger(outcome.ledger) if outcome.ledger is not None else None,
        lowered=tuple(map(_lowered, outcome.lowered)),
        fleet=_fleet(outcome.fleet) if outcome.fleet is not None else None,
    )


def _lowered(one: Lowered) -> Lowered:
    """Names and values are those of batten.yaml and of files."""
    subject, before, after = (concise(sentence(text)) for text in (one.subject, one.before, one.after))
    return replace(one, subject=subject, before=before, after=after, at=_place(one.at))


def source(text: str) -> str:
    """A file's path stays as it is, for files are opened by it; an address may hold a password."""
    return masked(text) if "://" in text or " " in text else text


def _texts(finding: Finding) -> Iterator[str]:
    yield finding.message[: 2 * _WINDOW]
    if finding.environment:
        yield finding.environment
    yield from finding.reach
    if finding.suppression is not None:
        yield from (finding.suppression.reason, finding.suppression.owner)
    for at in _places(finding):
        yield from _of_place(at)


def _places(finding: Finding) -> tuple[Location, ...]:
    return finding.at, *finding.also, *finding.related, *(twin.at for twin in finding.twins)


def _of_place(at: Location) -> Iterator[str]:
    yield at.pointer[: 2 * _WINDOW]
    if at.kind is Kind.WIRE:
        yield at.source
    if at.exchange is not None:
        yield from (at.exchange.request, at.exchange.response)
    for caller in at.through:
        yield from _of_place(caller)


def finding_shown(finding: Finding) -> Finding:
    return replace(
        finding,
        message=_short(finding.message),
        at=_place(finding.at),
        mend=finding.mend.through(fix_shown) if finding.mend is not None else None,
        reach=tuple(_bounded(step, masked) for step in finding.reach),
        also=tuple(map(_place, finding.also)),
        environment=masked(finding.environment),
        suppression=_suppression(finding.suppression) if finding.suppression is not None else None,
        related=tuple(map(_place, finding.related)),
        twins=tuple(map(_twin, finding.twins)),
    )


def _twin(twin: Twin) -> Twin:
    mend = twin.mend.through(fix_shown) if twin.mend is not None else None
    return replace(twin, at=_place(twin.at), environment=masked(twin.environment), mend=mend)


def said(finding: Finding) -> Finding:
    """The finding with its sentence filtered; its places and its remedy stay, for a fix is made of them."""
    return replace(finding, message=sentence(finding.message))


def _place(at: Location) -> Location:
    pointer, where = _bounded(at.pointer, masked), source(at.source)
    if at.kind is Kind.WIRE:
        pointer = concise(pointer)
    if pointer == at.pointer and where == at.source and at.exchange is None and not at.through:
        return at
    exchange = at.exchange and Exchange(
        brief_request(masked(at.exchange.request)), masked(at.exchange.response)
    )
    return replace(
        at, source=where, pointer=pointer, exchange=exchange, through=tuple(map(_place, at.through))
    )


def fix_shown(fix: Fix) -> Fix:
    title, breaks, question = map(_short, (fix.title, fix.breaks, fix.question))
    return changed(fix, title=title, breaks=breaks, question=question)


def _suppression(suppression: Suppression) -> Suppression:
    reason, owner = sentence(suppression.reason), sentence(suppression.owner)
    at = _place(suppression.at) if suppression.at is not None else None
    return replace(suppression, reason=reason, owner=owner, at=at)


def problem_shown(problem: Problem) -> Problem:
    message, hint = sentence(problem.message), sentence(problem.hint)
    return replace(problem, source=source(problem.source), message=message, hint=hint)


def _environment(environment: EnvironmentOutcome) -> EnvironmentOutcome:
    return replace(
        environment,
        name=masked(environment.name),
        url=masked(environment.url),
        not_assessed=tuple(map(problem_shown, environment.not_assessed)),
        left_alone=tuple(map(problem_shown, environment.left_alone)),
        answers=tuple(map(_answering, environment.answers)),
        created=tuple(map(_created, environment.created)),
    )


def _fleet(fleet: FleetOutcome) -> FleetOutcome:
    """Only the messages of findings come from others."""

    def host(one: HostOutcome) -> HostOutcome:
        services = tuple(replace(s, message=sentence(s.message)) for s in one.services)
        return replace(one, services=services)

    return replace(fleet, hosts=tuple(map(host, fleet.hosts)))


def _created(created: Created) -> Created:
    """An address holds what a server answered."""
    address, reason = masked(created.address), sentence(created.reason)
    return replace(created, url=masked(created.url), address=address, reason=reason)


def _answering(one: Recognised) -> Recognised:
    return replace(one, at=_place(one.at), evidence=tuple(map(masked, one.evidence)))


def _ledger(ledger: Ledger) -> Ledger:
    """Only paths, globs and names of packages in the ledger come from others."""
    read = tuple(replace(one, path=source(one.path)) for one in ledger.read)
    unread = tuple(replace(one, path=source(one.path), part=masked(one.part)) for one in ledger.unread)
    left_out = {masked(name): count for name, count in ledger.left_out.items()}
    together = tuple(
        replace(one, files=tuple(map(source, one.files)), shown=masked(one.shown)) for one in ledger.together
    )
    unjudged = tuple(replace(one, at=masked(one.at)) for one in ledger.unjudged)
    unclear = tuple(replace(one, setting=masked(one.setting), at=masked(one.at)) for one in ledger.unclear)
    if ledger.packages is None:
        packages = None
    else:
        # Packages and versions are a file's words, and so is an address that was named.
        compared = ledger.packages
        gaps = (replace(one, subject=masked(one.subject), said=sentence(one.said)) for one in compared.gaps)
        packages = replace(compared, origin=masked(compared.origin), gaps=tuple(gaps))
    return replace(
        ledger,
        read=read,
        unread=unread,
        left_out=left_out,
        together=together,
        unjudged=unjudged,
        unclear=unclear,
        packages=packages,
    )


def _past(past: Past) -> Past:
    message, pointer, where = sentence(past.message), masked(past.pointer), source(past.source)
    return replace(past, message=message, pointer=pointer, source=where, environment=masked(past.environment))
