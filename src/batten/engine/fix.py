"""Findings to edits: chosen, proved on a copy in memory, and only then handed over to be written."""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import KW_ONLY, dataclass, field, replace
from enum import Enum
from itertools import pairwise

from batten.cell import NotAsked
from batten.engine.account import accounted, shortfalls
from batten.engine.ledger import Ledger
from batten.engine.proposals import work_out
from batten.engine.review import Review, order, review
from batten.files import Refused
from batten.formats import Workspace, apply, hcl_layout
from batten.model import Edit, Finding, Fix, Problem, Safety
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
    OTHER = "other"  # the user asked for others


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
    trials: int = 0  # reviews that were made to prove fixes
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
            current, done = _round(current, chosen, Trial(policy, scope, accepted, refused, made))
            made.fixed += done
            if not done:
                break
    made.texts = _changed(workspace, current.workspace)
    if wish.validate:
        current = _validated(made, current, policy, scope, refused)
    stays = [f for f in current.findings if f.suppression is None]
    work_out(f for f in stays if f.counts and wish.names(f))
    made.left = [_left(f, wish, refused) for f in stays]
    return made


def _stages(wish: Wish) -> Iterator[Wish]:
    """What is safe first, for itself: no risky fix may keep it from being written. Then all that is accepted."""
    if Safety.SAFE in wish.accept and len(wish.accept) > 1:
        yield replace(wish, accept=frozenset({Safety.SAFE}))
    yield wish


@record
class Trial:
    """What a round is tried under. `refused` takes what is given up, with the reason; `made` counts the trials."""

    policy: Policy
    scope: tuple[str, ...]
    wish: Wish
    refused: dict[tuple[str, str], str]
    made: Plan

    def after(self, workspace: Workspace, fixes: Iterable[Finding]) -> Review:
        """The review of the files with the fixes made."""
        self.made.trials += 1
        return review(_written(workspace, fixes), self.policy, self.scope)


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
        and not _contradicts(f.fix)
    ]


def _contradicts(fix: Fix) -> bool:
    """Whether two edits of one fix are about the same characters: such a fix is never made."""
    edits = sorted({(e.source, e.span.start, e.span.end) for e in fix.edits})
    return any(a[0] == b[0] and b[1] < a[2] for a, b in pairwise(edits))


def _key(finding: Finding) -> tuple[str, str]:
    return finding.fingerprint, finding.at.source


def _round(current: Review, chosen: list[Finding], trial: Trial) -> tuple[Review, list[Finding]]:
    """Apply what does not overlap, all at once when that proves right; else groups that touch no file in common are tried
    together, and each that something speaks against is parted, down to one by one."""
    done: list[Finding] = []
    queue = Queue(_islands(_compatible(chosen)))
    most = max(FEWEST_TRIALS, min(MOST_TRIALS, TRIED // max(len(current.facts), 1)))
    last = trial.made.trials + most
    while wave := queue.wave(current):
        if trial.made.trials >= last:
            reason = f"not tried: {most} trials found fixes that disagree; run again with --control {{}}"
            trial.refused.update((_key(f), reason.format(f.control)) for f in queue.rest())
            break
        fixes = [f for group in wave for f in group]
        after = trial.after(current.workspace, fixes)
        complaints = _complaints(current, after, fixes)
        if complaints and len(fixes) == 1:
            after, complaints, fixes = _followed(current, after, fixes, complaints, trial)
            if complaints:
                trial.refused[_key(fixes[0])] = complaints[0].reason
                queue.drop(wave)
                continue
        if complaints:
            queue.part(wave, complaints)
        else:
            current = after
            done += fixes
            queue.drop(wave)
            queue.widest = 0
    # The findings that the fixes of others ended.
    known = {_key(f) for f in (*current.findings, *done)}
    return current, sorted([*done, *(f for f in chosen if _key(f) not in known)], key=order)


@dataclass(slots=True)
class Queue:
    """Groups of fixes that wait for their trial, the next ones first."""

    groups: list[list[Finding]]
    alone: list[list[Finding]] = field(default_factory=list)  # that failed while others were tried, too
    widest: int = 0  # how many groups are tried together; 0: all

    def wave(self, current: Review) -> list[list[Finding]]:
        """The groups to try now, as they stand in this review: each touches no file of a group before it. Empty at the end."""
        self.groups = _fresh(current, self.groups)
        while not self.groups and self.alone:
            self.groups = _fresh(current, [self.alone.pop(0)])
        found: list[list[Finding]] = []
        taken: set[str] = set()
        for group in self.groups:
            files = set().union(*map(_touched, group))
            if not files & taken:
                found.append(group)
            taken |= files
        return found[: self.widest or None]

    def drop(self, wave: list[list[Finding]]) -> None:
        """Take the groups out: what becomes of them is known."""
        self.groups = [group for group in self.groups if not any(group is one for one in wave)]

    def part(self, wave: list[list[Finding]], complaints: list[Complaint]) -> None:
        """Part the groups that complaints are about; where that is none, fewer are tried next."""
        if len(wave) == 1:
            blamed = {id(wave[0]): {c.source for c in complaints}}
        else:
            about = ((id(group), _spoken_against(group, complaints)) for group in wave)
            blamed = {name: sources for name, sources in about if sources}
        if not blamed:
            self.widest = len(wave) // 2
            return
        self.alone += [group for group in self.groups if id(group) in blamed and len(group) == 1]
        self.groups = [part for group in self.groups for part in _parted(group, blamed.get(id(group)))]

    def rest(self) -> list[Finding]:
        """All that waits."""
        return [f for group in (*self.groups, *self.alone) for f in group]


def _touched(finding: Finding) -> set[str]:
    """The files that the finding and its edits are in."""
    assert finding.fix is not None
    return {finding.at.source, *(edit.source for edit in finding.fix.edits)}


def _islands(findings: Iterable[Finding]) -> list[list[Finding]]:
    """The findings in groups that touch no file in common, in the order of their first."""
    groups: list[tuple[set[str], list[Finding]]] = []
    for finding in findings:
        files, members = _touched(finding), [finding]
        joined = [group for group in groups if group[0] & files]
        for group in joined[1:]:
            groups.remove(group)
        if joined:
            files = files.union(*(group[0] for group in joined))
            members = [f for group in joined for f in group[1]] + members
            groups[groups.index(joined[0])] = (files, members)
        else:
            groups.append((files, members))
    return [members for _, members in groups]


def _spoken_against(group: list[Finding], complaints: Iterable[Complaint]) -> set[str]:
    """The files by which complaints are about the group; empty when none is."""
    files, keys = set().union(*map(_touched, group)), {_key(f) for f in group}
    return {c.source for c in complaints if c.source in files or c.about in keys}


def _parted(group: list[Finding], sources: set[str] | None) -> list[list[Finding]]:
    """What is tried next of a group that files speak against: the findings that touch none of them, then the others; halves where
    that parts nothing. A group that nothing speaks against stays; a single fix goes."""
    if sources is None:
        return [group]
    if len(group) == 1:
        return []
    touching = [f for f in group if _touched(f) & sources]
    if 0 < len(touching) < len(group):
        return [[f for f in group if f not in touching], *_islands(touching)]
    half = len(group) // 2
    return [group[:half], group[half:]]


FOLLOWED = 3  # fixes one after the other that a fix may need


def _followed(
    current: Review, after: Review, group: list[Finding], complaints: list[Complaint], trial: Trial
) -> tuple[Review, list[Complaint], list[Finding]]:
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
        after = trial.after(after.workspace, _compatible(fresh))
        if not _complaints(current, after, group):
            return after, [], made
    return after, complaints, group


def _fresh(current: Review, groups: list[list[Finding]]) -> list[list[Finding]]:
    """The same findings as they stand now, with the edits that fit the texts of now; without groups of which none is left."""
    wanted: dict[tuple[str, str], list[int]] = {}
    for number, group in enumerate(groups):
        for finding in group:
            wanted.setdefault(_key(finding), []).append(number)
    fresh: list[list[Finding]] = [[] for _ in groups]
    for finding in current.findings:
        numbers = wanted.get(_key(finding))
        if numbers and finding.fix is not None:
            fresh[numbers.pop(0)].append(finding)
    return [group for group in fresh if group]


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
        {
            path: rewritten(path, workspace.text(path).text if workspace.exists(path) else "", made)
            for path, made in edits.items()
        }
    )


def rewritten(path: str, text: str, edits: Iterable[Edit]) -> str:
    """The text with the edits made, in the columns of its format where it kept to them."""
    return hcl_layout.kept(path, text, apply(text, edits))


@record
class Complaint:
    """Why fixes must not be made, the file that shows it, and the finding (its key) whose fix it is about where that is known."""

    reason: str
    source: str
    about: tuple[str, str] | None = None


def _complaints(before: Review, after: Review, fixed: list[Finding]) -> list[Complaint]:
    """Why the fixes must not be made; none when they prove right."""
    problems = {(p.source, p.message) for p in before.problems}
    said = [
        Complaint(f"the fixed file would not parse: {problem.source}: {problem.message}", problem.source)
        for problem in after.problems
        if (problem.source, problem.message) not in problems
    ]
    counted = Counter(_key(f) for f in after.findings)
    known = Counter(_key(f) for f in before.findings)
    said += [
        Complaint("the finding would still be there", finding.at.source, _key(finding))
        for finding in fixed
        if counted[_key(finding)] >= known[_key(finding)]
    ]
    said += [
        Complaint(f"it would cause a new finding: {fresh.control}: {fresh.message}", fresh.at.source)
        for fresh in after.findings
        if counted[_key(fresh)] > known[_key(fresh)]
    ]
    return said


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
    if _key(finding) in refused:
        why, reason = Why.REFUSED, refused[_key(finding)]
    elif not finding.counts:
        why, reason = (
            Why.REFUSED,
            f"{finding.context.value} files are changed only with --context {finding.context.value}",
        )
    elif not wish.names(finding):
        why, reason = Why.OTHER, "not selected"
    else:
        fix = finding.fix
        if fix is None:
            why, reason = (
                Why.NO_FIX,
                "there is no automatic fix; `batten explain` shows how to fix it by hand",
            )
        elif fix.safety is Safety.VALUE or not fix.edits:
            why, reason = Why.ANSWER, fix.question or "it needs your answer"
        elif fix.safety not in wish.accept:
            why, reason = Why.RISKY, f"risky: may affect {fix.breaks or 'clients'}; apply it with --risky"
        else:
            why, reason = Why.REFUSED, "its edits overlap with another fix; run again"
    return Left(finding, why, reason)
