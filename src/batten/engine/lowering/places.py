"""Files that count for less than they did, or are not read any more, though nothing of batten.yaml has changed: they were moved
below `examples/`, into a folder that is skipped, or are no longer what a reader recognises."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from batten.engine.causes import LOWERING
from batten.engine.changed import Changes
from batten.engine.lowering.decisions import laxer
from batten.engine.lowering.lowering import Kind, Lowering
from batten.engine.moves import ALIKE, likeness
from batten.engine.review import Review
from batten.formats import Unreadable
from batten.model import Context, Finding, Location, Severity
from batten.policy import Rule

_SEARCHED = "credential_files"  # looks for secrets in copies of any file, and reads nothing else of them
_Part = tuple[str, str]
_Place = tuple[str, str, Location]
Mapped = Callable[[dict[str, Context]], Review]


def demoted(
    then: Review, now: Review, every: Iterable[Finding], changes: Changes, mapped: Mapped
) -> Iterator[Lowering]:
    """Files, and parts of them, whose findings count for less than those of the base; `every` are all findings of now. `mapped`
    reviews the files of now with these contexts."""
    before, here = _contexts(then), _contexts(now)
    found: dict[_Part, tuple[Context, Context, list[Finding]]] = {}
    for finding in every:
        if finding.environment or finding.suppression is not None or finding.control == LOWERING:
            continue
        part = _part(finding.at)
        former = changes.moved.get(part[0], part[0])
        name = (
            part[1] if (former, part[1]) in before and part in here else ""
        )  # a new part is compared with its file
        was, is_ = before.get((former, name)), here.get((part[0], name))
        if was is not None and is_ is not None and laxer(_rule(now, is_), _rule(now, was)):
            found.setdefault(part, (was, is_, []))[2].append(finding)
    whole = {path: was for (path, _), (was, _, _) in found.items()}
    if whole:
        # The findings that count, by what they are of.
        findings = mapped(whole).findings
        counting_found: dict[_Part, list[Finding]] = {}
        for counting_finding in findings:
            if counting_finding.suppression is None and counting_finding.counts:
                counting_found.setdefault(_part(counting_finding.at), []).append(counting_finding)
        counting = counting_found
    else:
        counting = {}
    for path in whole:
        yield _demoted(path, {part: one for part, one in found.items() if part[0] == path}, counting, changes)


def _demoted(
    path: str,
    parts: dict[_Part, tuple[Context, Context, list[Finding]]],
    counting: dict[_Part, list[Finding]],
    changes: Changes,
) -> Lowering:
    was, is_, _ = next(iter(parts.values()))
    hidden = [f for part, (_, _, found) in parts.items() for f in counting.get(part) or found]
    former = changes.moved.get(path, path)
    name = path if former == path else f"{former} → {path}"
    named = [part for _, part in parts if part]
    return Lowering(
        kind=Kind.CONTEXT,
        subject=f"{name}: {named[0]}" if former == path and len(parts) == 1 and named else name,
        before=was.value,
        after=is_.value,
        weight=max(f.severity for f in hidden),
        at=_at(path),
        hidden=tuple(hidden),
    )


def _part(at: Location) -> _Part:
    """A file and what of it a place is in, such as a service."""
    return at.source, at.pointer.partition("/")[0]


def _contexts(result: Review) -> dict[_Part, Context]:
    """The context of each file, and of each part of it, that facts are of: of several the one that counts most."""
    found: dict[_Part, Context] = {}
    for fact in result.facts:
        context = result.contexts.of(fact.at, result.readers.get(id(fact), ""))
        for key in {_part(fact.at), (fact.at.source, "")}:
            known = found.get(key)
            if known is None or laxer(_rule(result, known), _rule(result, context)):
                found[key] = context
    return found


def _rule(result: Review, context: Context) -> Rule:
    return result.contexts.rule(context)


def _at(path: str) -> Location:
    return Location(path, "", context=Context.PRODUCTION)


def unread(then: Review, now: Review, changes: Changes, only: tuple[str, ...]) -> Iterator[Lowering]:
    """Files that the base's review read, that are still there, and that this review does not read."""
    renamed = {old: new for new, old in changes.moved.items()}
    read = {fact.at.source for fact in now.facts if now.readers.get(id(fact)) != _SEARCHED}
    read |= {file for unit in now.units if unit.technology != _SEARCHED for file in unit.files}
    told = {problem.source for problem in now.problems}
    active: dict[str, list[Finding]] = {}
    for finding in then.findings:
        if finding.suppression is None and finding.counts:
            active.setdefault(finding.at.source, []).append(finding)
    units = {file for unit in then.units for file in unit.files}
    for (old, part), context in sorted(_contexts(then).items(), key=lambda one: one[0]):
        new = renamed.get(old, old)
        if part or old not in units or new in read or new in told or not now.workspace.exists(new):
            continue  # what another file included is read as long as it does
        hidden = active.get(old, [])
        concealed = new in changes.concealed
        if not then.contexts.rule(context).gate or (
            not hidden and changes.former.get(old) == _text(new, now)
        ):
            continue  # nothing of it counted, or what it says was judged
        if (
            new == old
            and not concealed
            and (
                not hidden
                or new not in changes.paths
                or likeness(_text(new, now), changes.former.get(old, "")) < ALIKE
            )
        ):
            continue  # the change does not touch it, or wrote it anew as something else
        yield Lowering(
            kind=Kind.UNREAD,
            subject=new if new == old else f"{old} → {new}",
            before="read",
            after=_why(new, concealed, only),
            weight=max((f.severity for f in hidden), default=Severity.MEDIUM),
            at=_at(new),
            hidden=tuple(hidden),
        )


def _text(path: str, now: Review) -> str:
    try:
        return now.workspace.text(path).text
    except Unreadable:
        return ""


def _why(path: str, concealed: bool, only: tuple[str, ...]) -> str:
    if concealed:
        return "in a folder that is not read"
    if only and not any(path == one or path.startswith(f"{one}/") for one in only):
        return "outside the reviewed paths"
    return "not recognised or left out"


def milder(then: Review, every: Iterable[Finding], changes: Changes) -> Iterator[Lowering]:
    """Findings of files that the change leaves alone and that are less severe than in the base, or gone: what it brings says that
    fewer people reach the place, or that it is meant."""
    now: dict[_Place, Finding] = {}
    for finding in every:
        key = (finding.control, finding.case, finding.at)
        if key not in now or now[key].severity < finding.severity:
            now[key] = finding
    rows: dict[tuple[str, Severity, str], list[Finding]] = {}
    for finding in then.findings:
        if finding.environment or finding.suppression is not None or not finding.counts:
            continue
        if finding.severity is Severity.INFO:
            continue
        found = now.get((finding.control, finding.case, finding.at))
        counts = found is None or (found.counts and found.suppression is None)
        if not counts or finding.at.source in changes.paths:
            continue  # what takes it out of the verdict has a row of its own
        if found is None or found.severity < finding.severity:
            after = "not reported" if found is None else found.severity.label
            rows.setdefault((finding.control, finding.severity, after), []).append(finding)
    for (control, was, after), hidden in rows.items():
        files = {finding.at.source for finding in hidden}
        yield Lowering(
            kind=Kind.MILDER,
            subject=f"{control} in {hidden[0].at.source if len(files) == 1 else f'{len(files):,} files'}",
            before=was.label,
            after=after,
            weight=Severity.INFO,
            at=hidden[0].at,
            hidden=tuple(hidden),
        )


def comments(refused: list[tuple[Location, Finding]]) -> Iterator[Lowering]:
    """Comments that suppress findings and that the base does not have for them."""
    by_place: dict[Location, list[Finding]] = {}
    for at, finding in refused:
        by_place.setdefault(at, []).append(finding)
    for at, hidden in by_place.items():
        for slug in dict.fromkeys(finding.control for finding in hidden):
            some = tuple(finding for finding in hidden if finding.control == slug)
            yield Lowering(
                kind=Kind.WAIVED,
                subject=slug,
                before="reported",
                after=f"waived by a comment in {at.source}",
                weight=max(finding.severity for finding in some),
                at=at,
                hidden=some,
            )
