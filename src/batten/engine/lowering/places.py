"""Files that count for less than they did, or are not read any more, though nothing of batten.yaml has changed: they were moved
below `examples/`, into a folder that is skipped, or are no longer what a reader recognises."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from batten.engine.changed import Changes
from batten.engine.lowering.decisions import laxer
from batten.engine.lowering.lowering import Kind, Lowering
from batten.engine.moves import ALIKE, likeness
from batten.engine.review import Review
from batten.formats import Unreadable
from batten.model import Context, Finding, Location, Severity
from batten.policy import Rule

Mapped = Callable[[dict[str, Context]], Review]


def demoted(then: Review, now: Review, changes: Changes, mapped: Mapped) -> Iterator[Lowering]:
    """Files whose findings count for less than those of the base. `mapped` reviews the files of now with these contexts."""
    before, here = _contexts(then), _contexts(now)
    found: dict[str, tuple[Context, Context]] = {}
    for path in sorted({f.at.source for f in now.findings if not f.environment and f.suppression is None}):
        former = changes.moved.get(path, path)
        was, is_ = before.get(former), here.get(path)
        if was is not None and is_ is not None and laxer(now.contexts.rule(is_), now.contexts.rule(was)):
            found[path] = (was, is_)
    if not found:
        return
    there = mapped({path: was for path, (was, _) in found.items()})
    for path, (was, is_) in found.items():
        former = changes.moved.get(path, path)
        hidden = [f for f in there.findings if f.at.source == path and f.suppression is None and f.counts]
        hidden = hidden or [f for f in now.findings if f.at.source == path and f.suppression is None]
        yield Lowering(
            kind=Kind.CONTEXT,
            subject=path if former == path else f"{former} → {path}",
            before=was.value,
            after=is_.value,
            weight=max((f.severity for f in hidden), default=Severity.LOW),
            at=_at(path),
            hidden=tuple(hidden),
        )


def _contexts(result: Review) -> dict[str, Context]:
    """The context of each file that facts are of: of several the one that counts most."""
    found: dict[str, Context] = {}
    for fact in result.facts:
        context = result.contexts.of(fact.at, result.readers.get(id(fact), ""))
        known = found.get(fact.at.source)
        if known is None or laxer(_rule(result, known), _rule(result, context)):
            found[fact.at.source] = context
    return found


def _rule(result: Review, context: Context) -> Rule:
    return result.contexts.rule(context)


def _at(path: str) -> Location:
    return Location(path, "", context=Context.PRODUCTION)


def unread(then: Review, now: Review, changes: Changes, only: tuple[str, ...]) -> Iterator[Lowering]:
    """Files that the base's review read, that are still there, and that this review does not read."""
    renamed = {old: new for new, old in changes.moved.items()}
    read = {fact.at.source for fact in now.facts} | {file for unit in now.units for file in unit.files}
    told = {problem.source for problem in now.problems}
    active: dict[str, list[Finding]] = {}
    for finding in then.findings:
        if finding.suppression is None and finding.counts:
            active.setdefault(finding.at.source, []).append(finding)
    for old, context in sorted(_contexts(then).items()):
        new = renamed.get(old, old)
        if (
            new in read
            or new in told
            or not then.contexts.rule(context).gate
            or not now.workspace.exists(new)
        ):
            continue
        hidden = active.get(old, [])
        concealed, same = new in changes.concealed, new == old and new not in changes.paths
        if not hidden and (not concealed or same or changes.former.get(old) == _text(new, now)):
            continue
        if new == old and not concealed and likeness(_text(new, now), changes.former.get(old, "")) < ALIKE:
            continue  # it was written anew, and is something else
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
