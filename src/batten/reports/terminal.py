"""What people see first: a few lines a finding, worst first, and one line that sums up."""

from __future__ import annotations

import posixpath
from collections import Counter
from collections.abc import Iterable, Iterator

from batten.engine.outcome import EnvironmentOutcome, ExitCode, Outcome
from batten.engine.proposals import work_out
from batten.formats import Workspace
from batten.model import Context, Finding, Kind, Location, Problem, Safety, Severity, State
from batten.model.record import record
from batten.reports import words
from batten.reports.evidence import answered, asked
from batten.reports.excerpt import Excerpt, excerpt
from batten.reports.ledger import summary
from batten.reports.legible import cells, one_line
from batten.reports.masks import Masks, masks
from batten.reports.terminal_ledger import details, unread
from batten.reports.terminal_style import Style, fit, wrap

INDENT = "  "
LABEL = 7  # columns that "reach", "also", "fix" take, blanks included
MOST_SHOWN = 100  # findings in full; a longer list is counted
MOST_LINES = 9  # of a finding
MESSAGE_LINES = 2
NARROWEST = 40


@record
class Page:
    """What every line is made with."""

    outcome: Outcome
    workspace: Workspace
    hidden: Masks
    style: Style
    verbose: bool

    @property
    def width(self) -> int:
        return self.style.width


def render(
    outcome: Outcome,
    workspace: Workspace,
    *,
    color: bool = False,
    width: int = 100,
    verbose: bool = False,
    quiet: bool = False,
) -> str:
    style = Style(color, max(width, NARROWEST))
    page = Page(outcome, workspace, masks(outcome.findings, workspace), style, verbose)
    if quiet:
        return _joined((_findings(page), _problems(page)))
    sections = (
        _findings(page),
        _apart(page),
        _suppressed(page),
        _problems(page),
        _unread(page),
        _details(page),
        _environments(page),
        _past(page),
        _summary(page),
    )
    return _joined(sections)


def _joined(sections: Iterable[Iterable[str]]) -> str:
    return "\n".join("\n".join(s) + "\n" for s in map(list, sections) if s)


def _findings(page: Page) -> Iterator[str]:
    ordered = sorted(page.outcome.active, key=lambda f: -f.severity)
    shown = ordered if page.verbose else ordered[:MOST_SHOWN]
    told: set[str] = set()  # controls whose reason was given
    work_out(shown, edits=False)
    for index, finding in enumerate(shown):
        if index:
            yield ""
        yield from _finding(finding, page, finding.control not in told)
        told.add(finding.control)
    if len(shown) < len(ordered):
        yield ""
        yield from _counted_by_control(ordered[len(shown) :], page)


def _counted_by_control(rest: list[Finding], page: Page) -> Iterator[str]:
    """What nobody reads one by one, a line a control; --verbose shows all in full."""
    yield page.style.rule(f"{words.plural(len(rest), 'more finding')}, shown in full by --verbose")
    counts = Counter((f.severity, f.control) for f in rest)
    files = {key: len({f.at.source for f in rest if (f.severity, f.control) == key}) for key in counts}
    for (severity, control), count in sorted(counts.items(), key=lambda c: (-c[0][0], -c[1], c[0][1])):
        name = page.style.severity(severity)
        yield f"{INDENT}{count:>6,} × {name}  {control}, in {words.plural(files[severity, control], 'place')}"


def _finding(finding: Finding, page: Page, first: bool) -> list[str]:
    seen = excerpt(finding, page.workspace, page.hidden)
    source, caret = _source(seen, page) if seen else (_answer(finding, page), [])
    head = [_head(finding, page), *_message(finding, page)]
    why = _labelled("why", one_line(finding.why), page, 2) if first and finding.why else []
    tail = [
        *why,
        *_reach(finding, page),
        *_also(finding, page),
        *_called(finding, page),
        *_fix(finding, page),
    ]
    if len(head) + len(source) + len(caret) + len(tail) > MOST_LINES:
        caret = []
    return [*head, *source, *caret, *tail]


def _head(finding: Finding, page: Page) -> str:
    style = page.style
    notes = [one_line(finding.environment)] if finding.environment else []
    if finding.context is not Context.PRODUCTION:
        notes.append(finding.context.value)
    if finding.state is not State.NEW:
        notes.append(finding.state.value)
    place = one_line(words.place(finding))
    line = f"{style.paint(place, 'bold')}  {style.severity(finding.severity)}  {finding.control}"
    return line + style.paint(f"  · {', '.join(notes)}" if notes else "", "dim")


def _message(finding: Finding, page: Page) -> list[str]:
    lines = wrap(one_line(finding.message), page.width - len(INDENT), MESSAGE_LINES)
    return [INDENT + line for line in lines]


def _source(seen: Excerpt, page: Page) -> tuple[list[str], list[str]]:
    """The line with its number, and what underlines its part. A long line is cut around that part."""
    style, gutter = page.style, f"{seen.number:>6} │ "
    room = page.width - len(gutter) - 2
    dedented = seen.before.lstrip()
    before = dedented if cells(dedented) <= room // 2 else "…" + dedented[-(room // 2) :]
    marked = fit(seen.marked, max(room - cells(before), 8)).rstrip()
    after = fit(seen.after, max(room - cells(before) - cells(marked), 1)).rstrip()
    line = style.paint(gutter, "dim") + before + style.paint(marked, "bold") + after
    more = f" … and {words.plural(seen.more, 'line')} more" if seen.more else ""
    under = " " * cells(before) + style.paint("^" * max(cells(marked), 1), "red") + style.paint(more, "dim")
    return [line], [style.paint(" " * 6 + " │ ", "dim") + under]


def _answer(finding: Finding, page: Page) -> list[str]:
    if finding.at.kind is not Kind.WIRE:
        return []
    lines = [asked(finding), *answered(finding)]
    return [page.style.paint("     │ ", "dim") + fit(line, page.width - 9) for line in lines]


def _labelled(label: str, text: str, page: Page, limit: int = 1) -> list[str]:
    lines = wrap(text, page.width - len(INDENT) - LABEL, limit)
    first = INDENT + page.style.paint(f"{label:<{LABEL}}", "cyan") + lines[0]
    return [first, *(INDENT + " " * LABEL + line for line in lines[1:])]


def _reach(finding: Finding, page: Page) -> list[str]:
    if not finding.reach:
        return []
    return _labelled("reach", " → ".join(one_line(hop) for hop in finding.reach), page)


def _also(finding: Finding, page: Page) -> list[str]:
    return _labelled("also", f"at {_listed(finding.also, page)}", page) if finding.also else []


def _called(finding: Finding, page: Page) -> list[str]:
    """The callers whose arguments decide what is found in the file of a module."""
    return _labelled("called", f"by {_listed(finding.related, page)}", page) if finding.at.through else []


def _listed(places: Iterable[Location], page: Page) -> str:
    names = list(dict.fromkeys(one_line(words.where(at, page.workspace)) for at in places))
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")


def _fix(finding: Finding, page: Page) -> list[str]:
    fix = finding.proposal
    if fix is None:
        return _labelled("do", one_line(finding.advice), page, 2) if finding.advice else []
    breaks = f", may affect {one_line(fix.breaks)}" if fix.breaks else ""
    title = f"{one_line(fix.title)} ({words.SAFETY[fix.safety]}{breaks})"
    hint = one_line(words.hint(fix, finding))
    joined = f"{title} → {hint}" if hint else title
    if cells(joined) <= page.width - len(INDENT) - LABEL:
        return _labelled("fix", joined, page)
    follow = _labelled("", f"→ {hint}", page) if hint else []
    return [*_labelled("fix", title, page, 1 if finding.reach and finding.also else 2)[:2], *follow]


def _apart(page: Page) -> Iterator[str]:
    """What does not count towards the verdict: a line a context and control; --verbose shows all in full."""
    found = page.outcome.apart
    if not found:
        return
    yield page.style.rule(words.apart(page.outcome) + ("" if page.verbose else "; `--verbose` lists them"))
    if page.verbose:
        for finding in found:
            yield from _finding(finding, page, False)
        return
    groups: dict[tuple[str, str], list[Finding]] = {}
    for finding in sorted(found, key=lambda f: (f.context.value, -f.severity, f.control)):
        groups.setdefault((finding.context.value, finding.control), []).append(finding)
    for (context, control), alike in groups.items():
        places = _files({f.at.source for f in alike})
        name = page.style.severity(max(f.severity for f in alike))
        yield f"{INDENT}{len(alike):>6,} × {name}  {control}, in {places} ({context})"
    yield from _hanging(
        "  ", "If such a file is deployed, map it to production under `contexts:` in batten.yaml.", page
    )


def _files(paths: set[str]) -> str:
    """`dev/compose.yaml`, or `3 files below dev`."""
    if len(paths) == 1:
        return one_line(next(iter(paths))) or "1 file"
    folder = posixpath.commonpath(paths)
    return words.plural(len(paths), "file") + (f" below {one_line(folder)}" if folder else "")


def _suppressed(page: Page) -> Iterator[str]:
    quiet = page.outcome.suppressed
    if not quiet:
        return
    yield page.style.rule(f"{words.plural(len(quiet), 'suppressed finding')}")
    if page.verbose:
        for finding in quiet:
            yield from _quiet(finding, page)
        return
    tally = Counter(
        f"{words.suppressed_by(f.suppression)}: {words.reason(f.suppression)}"
        for f in quiet
        if f.suppression is not None
    )
    for reason, count in tally.most_common():
        yield from _hanging(f"{count:>3} × ", one_line(reason), page)


def _quiet(finding: Finding, page: Page) -> Iterator[str]:
    assert finding.suppression is not None
    place = one_line(words.place(finding))
    yield f"{INDENT}{place}  {finding.severity.label}  {finding.control}: {one_line(finding.message)}"
    because = f"{words.suppressed_by(finding.suppression)}: {words.reason(finding.suppression)}"
    yield from _hanging(INDENT, one_line(because), page)


def _hanging(start: str, text: str, page: Page) -> Iterator[str]:
    lead = INDENT + start
    lines = wrap(text, page.width - cells(lead))
    yield lead + lines[0]
    yield from (" " * cells(lead) + line for line in lines[1:])


def _problems(page: Page) -> Iterator[str]:
    problems = [p for p in page.outcome.problems if p.counts]
    apart = [p for p in page.outcome.problems if not p.counts]
    if problems:
        yield page.style.rule(f"{words.plural(len(problems), 'problem')}: not everything was read")
    for problem in problems:
        yield from _problem(problem, page)
    if apart:
        more = "" if page.verbose else "; `--verbose` lists them"
        yield page.style.rule(f"{words.plural(len(apart), 'problem')} in files that do not count{more}")
    for problem in apart if page.verbose else ():
        yield from _problem(problem, page)


def _problem(problem: Problem, page: Page) -> Iterator[str]:
    place = f"{problem.source}:{problem.line}" if problem.line else problem.source
    yield from _hanging("! ", one_line(f"{place} ({problem.stage}): {problem.message}"), page)
    if problem.hint:
        yield from _hanging("  ", one_line(problem.hint), page)


def _unread(page: Page) -> Iterator[str]:
    ledger = page.outcome.ledger
    return iter(()) if ledger is None else unread(ledger, page.style, page.verbose)


def _details(page: Page) -> Iterator[str]:
    ledger = page.outcome.ledger
    return iter(()) if ledger is None or not page.verbose else details(ledger, page.style)


def _environments(page: Page) -> Iterator[str]:
    if page.outcome.environments:
        yield page.style.rule("environments")
    for environment in page.outcome.environments:
        yield from _environment(environment, page)


def _environment(environment: EnvironmentOutcome, page: Page) -> Iterator[str]:
    whole = environment.reached and not environment.not_assessed
    mark = page.style.paint("✔", "green") if whole else page.style.paint("!", "yellow")
    name = page.style.paint(one_line(environment.name), "bold")
    yield f"{INDENT}{mark} {name}  {one_line(environment.url)}  {words.reached(environment)}"
    told = (*environment.not_assessed, *environment.left_alone)
    tally = Counter(f"{p.source}: {p.message}" for p in told)
    shown = tally.most_common(None if page.verbose else 5)
    for text, count in shown:
        yield from _hanging("  ", one_line(text) + (f" ({count} times)" if count > 1 else ""), page)
    if len(tally) > len(shown):
        yield f"{INDENT}  … and {len(tally) - len(shown)} more (--verbose lists them)"


def _past(page: Page) -> Iterator[str]:
    fixed, lost = words.fixed(page.outcome.past), words.not_comparable(page.outcome.past)
    if fixed:
        yield page.style.rule(f"{len(fixed)} fixed since the last run")
    for past in fixed:
        text = f"{past.control}  {words.past_place(past)}  {past.message}"
        yield f"{INDENT}{page.style.paint('✔', 'green')} {fit(one_line(text), page.width - 4)}"
    if lost:
        count = words.plural(len(lost), "earlier finding")
        yield f"{INDENT}? {count} could not be checked again: counted neither as fixed nor as standing"


def _summary(page: Page) -> Iterator[str]:
    outcome, style = page.outcome, page.style
    if outcome.findings or outcome.problems or outcome.environments or outcome.past:
        yield style.paint("─" * page.width, "dim")
    yield _tally(page)
    if outcome.ledger is not None:
        yield summary(outcome.ledger)
    mends = _mends(outcome.active)
    if mends:
        yield mends
    match outcome.exit_code:
        case ExitCode.CLEAN:
            mark, color = "✔", "green"
        case ExitCode.INCOMPLETE:
            mark, color = "!", "yellow"
        case _:
            mark, color = "✘", "red"
    yield style.paint(f"{mark} {words.verdict(outcome)}", color)


def _tally(page: Page) -> str:
    outcome = page.outcome
    active = len(outcome.active)
    parts = [words.plural(active, "finding")]
    if active:
        parts[0] += ": " + ", ".join(_counted(s, n, page) for s, n in outcome.count().items() if n)
    apart, quiet = len(outcome.apart), len(outcome.suppressed)
    fixed, problems = len(words.fixed(outcome.past)), len(outcome.problems)
    parts += [f"{apart:,} not counted"] if apart else []
    parts += [f"{quiet:,} suppressed"] if quiet else []
    parts += [f"{fixed:,} fixed"] if fixed else []
    parts += [words.plural(problems, "problem")] if problems else []
    parts += [words.dated()] if outcome.files else []
    return " · ".join(parts)


def _counted(severity: Severity, count: int, page: Page) -> str:
    name = "red" if severity is Severity.CRITICAL else severity.label
    return page.style.paint(f"{count:,} {severity.label}", name)


def _mends(active: list[Finding]) -> str:
    if len(active) > MOST_SHOWN:  # the others' fixes were not told, so they would have to be worked out
        return "`batten fix --diff` shows the fixes"
    proposed = [f.proposal for f in active]
    tiers = Counter(fix.safety for fix in proposed if fix is not None and fix.edits)
    if not tiers:
        return ""
    named = ", ".join(f"{tiers[s]} {words.SAFETY[s]}" for s in Safety if tiers[s])
    return f"batten can fix {tiers.total()} of {len(active)} ({named}): `batten fix --diff` shows how"
