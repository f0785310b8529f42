"""Findings to edits: chosen, proved on a copy in memory, and only then handed over to be written."""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import KW_ONLY, dataclass, field, replace
from enum import Enum

from batten.cell import NotAsked
from batten.engine.account import accounted, shortfalls
from batten.engine.ledger import Ledger
from batten.engine.proposals import work_out
from batten.engine.review import Review, review
from batten.files import Refused
from batten.formats import Workspace, apply, hcl_layout
from batten.model import Edit, Finding, Problem, Safety
from batten.model.record import record
from batten.policy import Policy
from batten.technologies import Unit, technologies

# Reviews that a round may make to find out which of its fixes disagree: each costs as much as there are facts.
FEWEST_TRIALS, MOST_TRIALS, TRIED = 12, 400, 60_000
ROUNDS = 10  # a fix may make room for the next one (overlapping edits); it never takes more than a few


class Why(Enum):
    """Why a finding stays."""

    RISKY = "risky"
    ANSWER = "answer"  # the user must say something first
    NO_FIX = "no-fix"
    REFUSED = "refused"  # it has a fix that was not, or must not be written


@record
class Left:
    """A finding that stays, and why."""

    finding: Finding
    why: Why
    reason: str


@dataclass(slots=True)
class Plan:
    """What would be written. `texts` holds the new text of each file that changes."""

    workspace: Workspace
    texts: dict[str, str] = field(default_factory=dict)
    fixed: list[Finding] = field(default_factory=list)
    left: list[Left] = field(default_factory=list)
    validated: list[str] = field(default_factory=list)  # technologies whose own validator agreed
    ledger: Ledger | None = None
    lacking: list[Problem] = field(default_factory=list)  # nothing was assessed
    unasked: list[NotAsked] = field(
        default_factory=list
    )  # validators that could not be asked, or did not answer


@record
class Wish:
    """What the user lets batten do."""

    accept: frozenset[Safety] = frozenset({Safety.SAFE})
    slugs: frozenset[str] = frozenset()  # empty: all
    validate: bool = True
    _: KW_ONLY
    marks: frozenset[tuple[str, str]] = frozenset()  # fingerprints with their sources; empty: all

    def names(self, finding: Finding) -> bool:
        """Whether it is one of the findings that are to be fixed."""
        return (not self.slugs or finding.control in self.slugs) and (
            not self.marks or _key(finding) in self.marks
        )


def plan(workspace: Workspace, policy: Policy, wish: Wish, only: Iterable[str] = ()) -> Plan:
    """Fix to a fixed point. Every fix is proved: it parses again, its control is silent there, nothing
    new is found; then the vendor's validator is asked about each changed unit."""
    scope = tuple(only)
    made = Plan(workspace)
    current = review(workspace, policy, scope)
    made.ledger = accounted(current)
    made.lacking = shortfalls(current, scope)
    refused: dict[tuple[str, str], str] = {}
    barred = Barred(workspace)
    for accepted in _stages(wish):
        for _ in range(ROUNDS):
            refused |= {_key(f): reason for f in _wanted(current, accepted) if (reason := barred.reason(f))}
            chosen = [f for f in _wanted(current, accepted) if _key(f) not in refused]
            if not chosen:
                break
            current, done = _round(current, chosen, Trial(policy, scope, accepted, refused))
            made.fixed += done
            if not done:
                break
    made.texts = _changed(workspace, current.workspace)
    if wish.validate:
        current = _validated(made, current, policy, scope, refused)
    made.left = [_left(f, wish, refused) for f in current.findings if f.suppression is None]
    return made


def _stages(wish: Wish) -> Iterator[Wish]:
    """What is safe first, for itself: no risky fix may keep it from being written. Then all that is accepted."""
    if Safety.SAFE in wish.accept and len(wish.accept) > 1:
        yield replace(wish, accept=frozenset({Safety.SAFE}))
    yield wish


@record
class Trial:
    """What a round is tried under. `refused` takes what is given up, with the reason."""

    policy: Policy
    scope: tuple[str, ...]
    wish: Wish
    refused: dict[tuple[str, str], str]


@dataclass(slots=True)
class Barred:
    """Files that are not written to, and why: links, what has several names, what is no regular file."""

    workspace: Workspace
    known: dict[str, str] = field(default_factory=dict)

    def reason(self, finding: Finding) -> str:
        """Why the finding's fix cannot be written; "" when it can."""
        assert finding.fix is not None
        return next(filter(None, (self._of(edit.source) for edit in finding.fix.edits)), "")

    def _of(self, path: str) -> str:
        if path not in self.known:
            try:
                self.workspace.files.writable(path)
                self.known[path] = ""
            except Refused as error:
                self.known[path] = f"{error}; {error.hint}"
            except OSError as error:
                self.known[path] = f"{path}: {error.strerror}"
        return self.known[path]


def _wanted(current: Review, wish: Wish) -> list[Finding]:
    work_out(f for f in current.findings if wish.names(f))
    return [
        f
        for f in current.findings
        if f.fix is not None
        and f.fix.edits
        and f.suppression is None
        and f.counts
        and f.fix.safety in wish.accept
        and wish.names(f)
    ]


def _key(finding: Finding) -> tuple[str, str]:
    return finding.fingerprint, finding.at.source


def _round(current: Review, chosen: list[Finding], trial: Trial) -> tuple[Review, list[Finding]]:
    """Apply what does not overlap, all at once when that proves right; else what touches the file that speaks against it apart
    from the rest, and then by halves, down to one by one."""
    done: list[Finding] = []
    pending = [_compatible(chosen)]
    most = left = max(FEWEST_TRIALS, min(MOST_TRIALS, TRIED // max(len(current.facts), 1)))
    while pending:
        group = _fresh(current, pending.pop())
        if not group:
            continue  # earlier fixes of this round mended them too
        left -= 1
        if left < 0:
            reason = f"not tried: {most} trials found fixes that disagree; run again with --control {{}}"
            trial.refused.update((_key(f), reason.format(f.control)) for f in group)
            continue
        after = review(_written(current.workspace, group), trial.policy, trial.scope)
        complaint = _complaint(current, after, group)
        if complaint is not None and len(group) == 1:
            after, complaint, group = _followed(current, after, group, complaint, trial)
        if complaint is None:
            current = after
            done += group
        elif len(group) == 1:
            trial.refused[_key(group[0])] = complaint.reason
        else:
            pending += _parted(group, complaint.source)
    return current, [*done, *_mended(current, chosen, done)]


def _mended(current: Review, chosen: list[Finding], done: list[Finding]) -> Iterator[Finding]:
    """The findings that the fixes of others ended."""
    known = {_key(f) for f in (*current.findings, *done)}
    return (f for f in chosen if _key(f) not in known)


def _parted(group: list[Finding], source: str) -> tuple[list[Finding], list[Finding]]:
    """The findings whose fixes touch a file, and the others, which are tried first; halves where that parts nothing."""
    touching = [f for f in group if f.fix is not None and any(e.source == source for e in f.fix.edits)]
    if 0 < len(touching) < len(group):
        return touching, [f for f in group if f not in touching]
    half = len(group) // 2
    return group[half:], group[:half]


FOLLOWED = 3  # fixes one after the other that a fix may need


def _followed(
    current: Review, after: Review, group: list[Finding], complaint: Complaint, trial: Trial
) -> tuple[Review, Complaint | None, list[Finding]]:
    """The review once what the fix brings to light is fixed as well, where that ends what speaks against it, and all that is
    fixed then."""
    known = Counter(_key(f) for f in current.findings)
    made = list(group)
    for _ in range(FOLLOWED):
        counted = Counter(_key(f) for f in after.findings)
        fresh = [f for f in _wanted(after, trial.wish) if counted[_key(f)] > known[_key(f)]]
        if not fresh:
            break
        made += _compatible(fresh)
        after = review(_written(after.workspace, _compatible(fresh)), trial.policy, trial.scope)
        if _complaint(current, after, group) is None:
            return after, None, made
    return after, complaint, group


def _fresh(current: Review, findings: list[Finding]) -> list[Finding]:
    """The same findings as they stand now, with the edits that fit the texts of now."""
    wanted = Counter(_key(f) for f in findings)
    found: list[Finding] = []
    for finding in current.findings:
        key = _key(finding)
        if wanted[key] > 0 and finding.fix is not None:
            wanted[key] -= 1
            found.append(finding)
    return found


def _compatible(findings: list[Finding]) -> list[Finding]:
    taken: dict[str, _Taken] = {}
    batch = []
    for finding in findings:
        assert finding.fix is not None
        edits = [(taken.setdefault(e.source, _Taken()), e) for e in finding.fix.edits]
        if not any(held.overlaps(edit) for held, edit in edits):
            batch.append(finding)
            for held, edit in edits:
                held.add(edit)
    return batch


class _Taken:
    """Edits of one file that do not overlap. Equal ones agree (they count once), and so do insertions at one place:
    both are made. Removals that touch wait for each other: what takes the last item of a list away takes its key along."""

    def __init__(self) -> None:
        self._edits: set[Edit] = set()
        self._spans: list[tuple[int, int]] = []  # of what is replaced
        self._points: list[int] = []  # of what is inserted
        self._removed: tuple[set[int], set[int]] = set(), set()  # where removals begin, and where they end

    def overlaps(self, edit: Edit) -> bool:
        if edit in self._edits:
            return False
        start, end = edit.span.start, edit.span.end
        starts, ends = self._removed
        if not edit.text and start < end and (start in ends or end in starts):
            return True
        at = bisect_left(self._spans, (end, -1))  # the spans before it begin before the end
        if at and self._spans[at - 1][1] > start and self._spans[at - 1][0] < end:
            return True
        point = bisect_right(self._points, start)
        return point < len(self._points) and self._points[point] < end

    def add(self, edit: Edit) -> None:
        if edit in self._edits:
            return
        self._edits.add(edit)
        if edit.span.start == edit.span.end:
            insort(self._points, edit.span.start)
        else:
            insort(self._spans, (edit.span.start, edit.span.end))
        if not edit.text:
            self._removed[0].add(edit.span.start)
            self._removed[1].add(edit.span.end)


def _written(workspace: Workspace, findings: Iterable[Finding]) -> Workspace:
    edits: dict[str, list[Edit]] = {}
    for finding in findings:
        assert finding.fix is not None
        for edit in finding.fix.edits:
            edits.setdefault(edit.source, []).append(edit)
    return workspace.with_overlay(
        {path: rewritten(path, _text(workspace, path), made) for path, made in edits.items()}
    )


def rewritten(path: str, text: str, edits: Iterable[Edit]) -> str:
    """The text with the edits made, in the columns of its format where it kept to them."""
    return hcl_layout.kept(path, text, apply(text, edits))


def _text(workspace: Workspace, path: str) -> str:
    return workspace.text(path).text if workspace.exists(path) else ""


@record
class Complaint:
    """Why fixes must not be made, and the file that shows it."""

    reason: str
    source: str


def _complaint(before: Review, after: Review, fixed: list[Finding]) -> Complaint | None:
    """Why the fixes must not be made; None when they prove right."""
    problems = {(p.source, p.message) for p in before.problems}
    for problem in after.problems:
        if (problem.source, problem.message) not in problems:
            reason = f"the fixed file would not parse: {problem.source}: {problem.message}"
            return Complaint(reason, problem.source)
    counted = Counter(_key(f) for f in after.findings)
    known = Counter(_key(f) for f in before.findings)
    for finding in fixed:
        if counted[_key(finding)] >= known[_key(finding)]:
            return Complaint("the finding would still be there", finding.at.source)
    fresh = next((f for f in after.findings if counted[_key(f)] > known[_key(f)]), None)
    if fresh is None:
        return None
    return Complaint(f"it would cause a new finding: {fresh.control}: {fresh.message}", fresh.at.source)


def _changed(before: Workspace, after: Workspace) -> dict[str, str]:
    texts = {}
    for path, text in after.overlay.items():
        known = before.overlay.get(path)
        old = known if known is not None else (before.text(path).text if before.exists(path) else None)
        if text != old:
            texts[path] = text
    return texts


def _validated(
    made: Plan, current: Review, policy: Policy, scope: tuple[str, ...], refused: dict[tuple[str, str], str]
) -> Review:
    """Ask the vendors' validators; a unit they refuse gets its old texts back."""
    bad: set[str] = set()
    for unit in current.units:
        if not made.texts.keys() & _files(unit, current):
            continue
        technology = technologies()[unit.technology]
        verdict = technology.validate(unit, current.workspace)
        if isinstance(verdict, NotAsked):
            made.unasked += [] if verdict in made.unasked else [verdict]
        elif isinstance(verdict, bool):
            made.validated += [unit.technology] if verdict else []
        elif not isinstance(technology.validate(unit, made.workspace), Problem):
            bad |= _files(unit, current)
            for finding in [f for f in made.fixed if f.at.source in bad]:
                refused[_key(finding)] = f"{technology.title} rejects it: {verdict.message}"
    if not bad:
        return current
    made.texts = {path: text for path, text in made.texts.items() if path not in bad}
    made.fixed = [f for f in made.fixed if f.at.source not in bad]
    return review(made.workspace.with_overlay(made.texts), policy, scope)


def _files(unit: Unit, current: Review) -> set[str]:
    return {*unit.files, *(path for path, owner in current.owners.items() if owner is unit)}


def _left(finding: Finding, wish: Wish, refused: dict[tuple[str, str], str]) -> Left:
    why, reason = _why_left(finding, wish, refused)
    return Left(finding, why, reason)


def _why_left(finding: Finding, wish: Wish, refused: dict[tuple[str, str], str]) -> tuple[Why, str]:
    if _key(finding) in refused:
        return Why.REFUSED, refused[_key(finding)]
    if not finding.counts:
        return (
            Why.REFUSED,
            f"{finding.context.value} files are changed only with --context {finding.context.value}",
        )
    fix = finding.fix
    if fix is None:
        return Why.NO_FIX, "there is no automatic fix; `batten explain` shows how to fix it by hand"
    if fix.safety is Safety.VALUE or not fix.edits:
        return Why.ANSWER, fix.question or "it needs your answer"
    if not wish.names(finding):
        return Why.REFUSED, "not selected"
    if fix.safety not in wish.accept:
        return Why.RISKY, f"risky: may affect {fix.breaks or 'clients'}; apply it with --risky"
    return Why.REFUSED, "its edits overlap with another fix; run again"
