"""What people see first: a few lines a finding, worst first, and one line that sums up."""

from __future__ import annotations

import posixpath
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from batten.engine.causes import Cause, causes
from batten.engine.outcome import EnvironmentOutcome, ExitCode, HostOutcome, Outcome
from batten.engine.proposals import work_out
from batten.formats import Workspace
from batten.model import Problem, Safety, Severity
from batten.reports import created, fleet, words
from batten.reports.ledger import summary
from batten.reports.legible import cells, one_line
from batten.reports.lowered import TITLE, lines
from batten.reports.masks import masks
from batten.reports.terminal_findings import in_full
from batten.reports.terminal_first import findings
from batten.reports.terminal_ledger import details, packages, unclear, unread
from batten.reports.terminal_page import INDENT, Page, hanging
from batten.reports.terminal_style import Style, fit, wrap

MOST_HOSTS = 20
MOST_SERVICES = 12


NARROWEST = 40
MOST_COUNTED = 100  # findings whose fixes are counted
MOST_FIXED = 8  # of the last run's findings, a line each
FIXED_LINES = 3  # about more of them
MOST_CREATED = 8  # things that an active assessment created, of each kind
BESIDE = 12  # columns of a line about an environment that are no text of it
MOST_GROUPS = 6  # lines about what does not count, or is suppressed


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
    hidden = masks(outcome.findings, workspace)
    page = Page(outcome, tuple(outcome.causes), workspace, hidden, style, verbose)
    if quiet:
        return _joined((_lowered(page), findings(page), _problems(page)))
    sections = (
        _lowered(page),
        findings(page),
        _hosts(page),
        _apart(page),
        _suppressed(page),
        _problems(page),
        _unread(page),
        _details(page),
        _environments(page),
        _created(page),
        _past(page),
        _summary(page),
    )
    return _joined(sections)


def _joined(sections: Iterable[Iterable[str]]) -> str:
    return "\n".join("\n".join(s) + "\n" for s in map(list, sections) if s)


def _lowered(page: Page) -> Iterator[str]:
    """What a change lowers, a line each."""
    if page.outcome.lowered:
        yield page.style.rule(TITLE.lower())
    for line in lines(page.outcome, page.workspace):
        yield from hanging("↓ ", one_line(line), page)


def _apart(page: Page) -> Iterator[str]:
    """What does not count towards the verdict: a line a context and control; --verbose shows all in full."""
    found = causes(page.outcome.apart)
    if not found:
        return
    yield page.style.rule(words.apart(page.outcome) + ("" if page.verbose else "; `--verbose` lists them"))
    if page.verbose:
        for cause in found:
            yield from in_full(cause, page, False)
        return
    groups: dict[tuple[str, str], list[Cause]] = {}
    for cause in sorted(found, key=lambda c: (c.lead.context.value, -c.severity, c.lead.control)):
        groups.setdefault((cause.lead.context.value, cause.lead.control), []).append(cause)
    for (context, control), alike in list(groups.items())[:MOST_GROUPS]:
        # `dev/compose.yaml`, or `3 files below dev`.
        paths = {f.at.source for c in alike for f in c.places}
        if len(paths) == 1:
            places = one_line(next(iter(paths))) or "1 file"
        else:
            folder = posixpath.commonpath(paths)
            places = words.plural(len(paths), "file") + (f" below {one_line(folder)}" if folder else "")
        name = page.style.severity(max(c.severity for c in alike))
        yield f"{INDENT}{len(alike):>6,} × {name}  {control}, in {places} ({context})"
    if len(groups) > MOST_GROUPS:
        yield f"{INDENT}     … and {words.plural(len(groups) - MOST_GROUPS, 'more control')}"
    yield from hanging(
        "  ", "If such a file is deployed, map it to production under `contexts:` in batten.yaml.", page
    )


def _suppressed(page: Page) -> Iterator[str]:
    quiet = causes(page.outcome.suppressed)
    if not quiet:
        return
    yield page.style.rule(f"{words.plural(len(quiet), 'suppressed finding')}")
    if page.verbose:
        for cause in quiet:
            finding = cause.lead
            assert finding.suppression is not None
            place = one_line(words.place(finding))
            more = f" and {len(cause.places) - 1:,} more" if len(cause.places) > 1 else ""
            yield f"{INDENT}{place}{more}  {finding.severity.label}  {finding.control}: {one_line(cause.message)}"
            because = f"{words.suppressed_by(finding.suppression)}: {words.reason(finding.suppression)}"
            yield from hanging(INDENT, one_line(because), page)
        return
    tally = Counter(
        f"{words.suppressed_by(c.lead.suppression)}: {words.reason(c.lead.suppression)}"
        for c in quiet
        if c.lead.suppression is not None
    )
    for reason, count in tally.most_common(MOST_GROUPS):
        yield from hanging(f"{count:>3} × ", one_line(reason), page)
    if len(tally) > MOST_GROUPS:
        yield f"{INDENT}  … and {words.plural(len(tally) - MOST_GROUPS, 'more reason')}"


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
    yield from hanging("! ", one_line(f"{place} ({problem.stage}): {problem.message}"), page)
    if problem.hint:
        yield from hanging("  ", one_line(problem.hint), page)


def _unread(page: Page) -> Iterator[str]:
    ledger = page.outcome.ledger
    if ledger is not None:
        yield from unread(ledger, page.style, page.verbose)
        yield from unclear(ledger, page.style, page.verbose)
        yield from packages(ledger, page.style, page.verbose)


def _details(page: Page) -> Iterator[str]:
    ledger = page.outcome.ledger
    return iter(()) if ledger is None or not page.verbose else details(ledger, page.style)


def _environments(page: Page) -> Iterator[str]:
    # Whether there is more to say of it than its host's line says.
    told = [
        e
        for e in page.outcome.environments
        if page.verbose or page.outcome.fleet is None or bool(e.not_assessed) or not e.reached
    ]
    if told:
        yield page.style.rule("environments")
    for environment in told:
        yield from _environment(environment, page)


def _environment(environment: EnvironmentOutcome, page: Page) -> Iterator[str]:
    whole = environment.reached and not environment.not_assessed
    mark = page.style.paint("✔", "green") if whole else page.style.paint("!", "yellow")
    name = page.style.paint(one_line(environment.name), "bold")
    head = f"{INDENT}{mark} {name}  {one_line(environment.url)}  {words.reached(environment)}"
    answers = ", ".join(words.answering(environment))
    known = one_line(
        "; ".join(
            [*([f"answers: {answers}"] if answers else []), *words.differing(environment, page.verbose)]
        )
    )
    short = (
        cells(f"{environment.name}{environment.url}{words.reached(environment)}{known}")
        <= page.width - BESIDE
    )
    yield f"{head}; {known}" if known and short else head
    if known and not short:
        yield from hanging("  ", known, page)
    told = (*environment.not_assessed, *environment.left_alone)
    tally = Counter(p.message if p.source == environment.url else f"{p.source}: {p.message}" for p in told)
    shown = tally.most_common(None if page.verbose else 5)
    for text, count in shown:
        yield from hanging("  ", one_line(text) + (f" ({count} times)" if count > 1 else ""), page)
    if len(tally) > len(shown):
        yield f"{INDENT}  … and {len(tally) - len(shown)} more (--verbose lists them)"


def _created(page: Page) -> Iterator[str]:
    """What an active assessment created: what is left of it with the command that removes it, and how much is gone."""
    found = list(created.everything(page.outcome))
    if not found:
        return
    yield page.style.rule(created.title(page.outcome))
    left = [one for _, one in found if one.address and not one.removed]
    unknown = [one for _, one in found if not one.address]
    gone = [one for _, one in found if one.removed]
    for one in left if page.verbose else left[:MOST_CREATED]:
        yield from hanging("! ", one_line(f"{created.what(one)}: {created.reason(one)}"), page)
    if len(left) > MOST_CREATED and not page.verbose:
        yield f"{INDENT}  … and {len(left) - MOST_CREATED:,} more (--verbose lists them)"
    for one in unknown if page.verbose else unknown[:FIXED_LINES]:
        yield from hanging("? ", one_line(f"{created.what(one)}: {created.reason(one)}"), page)
    if len(unknown) > FIXED_LINES and not page.verbose:
        yield f"{INDENT}  … and {len(unknown) - FIXED_LINES:,} more (--verbose lists them)"
    for one in gone if page.verbose else gone[:MOST_CREATED]:
        yield f"{INDENT}{page.style.paint('✔', 'green')} {fit(one_line(f'{created.what(one)}: removed'), page.width - 4)}"
    if len(gone) > MOST_CREATED and not page.verbose:
        yield f"{INDENT}  … and {len(gone) - MOST_CREATED:,} more"


def _past(page: Page) -> Iterator[str]:
    fixed, lost = words.fixed(page.outcome.past), words.not_comparable(page.outcome.past)
    if fixed:
        yield page.style.rule(f"{len(fixed)} fixed since the last run")
    # A line each where they are few; otherwise the controls, with how many of each. --verbose lists all.
    if len(fixed) > MOST_FIXED and not page.verbose:
        counts = Counter(past.control for past in fixed)
        named = (f"{slug} × {count}" if count > 1 else slug for slug, count in counts.items())
        lines = wrap(", ".join(named), page.width - 4, FIXED_LINES)
        yield f"{INDENT}{page.style.paint('✔', 'green')} {lines[0]}"
        yield from (f"{INDENT}  {line}" for line in lines[1:])
    else:
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
    tally_outcome = page.outcome
    parts = [words.findings(page.causes)]
    if page.causes:
        counts = tally_outcome.count(page.causes)
        parts[0] += ": " + ", ".join(_counted(s, n, page) for s, n in counts.items() if n)
    apart, quiet = len(causes(tally_outcome.apart)), len(causes(tally_outcome.suppressed))
    fixed, problems = len(words.fixed(tally_outcome.past)), len(tally_outcome.problems)
    parts += [f"{apart:,} not counted"] if apart else []
    parts += [f"{quiet:,} suppressed"] if quiet else []
    parts += [f"{fixed:,} fixed"] if fixed else []
    parts += [words.plural(problems, "problem")] if problems else []
    parts += [words.dated()] if tally_outcome.files else []
    yield " · ".join(parts)
    if outcome.ledger is not None:
        yield summary(outcome.ledger)
    mends = _mends(page.causes)
    if mends:
        yield mends
    match outcome.exit_code:
        case ExitCode.CLEAN:
            mark, color = ("~", "yellow") if words.is_lowered(outcome) else ("✔", "green")
        case ExitCode.INCOMPLETE:
            mark, color = "!", "yellow"
        case _:
            mark, color = "✘", "red"
    yield style.paint(f"{mark} {words.verdict(outcome)}", color)


def _counted(severity: Severity, count: int, page: Page) -> str:
    name = "red" if severity is Severity.CRITICAL else severity.label
    return page.style.paint(f"{count:,} {severity.label}", name)


def _mends(found: Sequence[Cause]) -> str:
    if len(found) > MOST_COUNTED:  # their fixes would have to be worked out to be counted
        return "`batten fix --diff` shows the fixes"
    leads = [cause.lead for cause in found]
    work_out(leads, edits=False)
    proposed = [f.proposal for f in leads]
    tiers = Counter(fix.safety for fix in proposed if fix is not None and fix.edits)
    if not tiers:
        return ""
    named = ", ".join(f"{tiers[s]} {words.SAFETY[s]}" for s in Safety if tiers[s])
    return f"batten can fix {tiers.total()} of {len(found)} ({named}): `batten fix --diff` shows how"


def _hosts(page: Page) -> Iterator[str]:
    """What listens where; --verbose lists all."""
    found = page.outcome.fleet
    if found is None:
        return
    yield page.style.rule(fleet.title(found))
    yield from hanging("", fleet.tried(found), page)
    carried = [e.carried for e in page.outcome.environments if e.carried]
    if carried:
        since = f"{min(carried)} to {max(carried)}" if min(carried) != max(carried) else carried[0]
        yield f"{INDENT}{len(carried):,} assessed by an interrupted run, {since}, and carried over"
    for host in found.hosts if page.verbose else found.hosts[:MOST_HOSTS]:
        yield from _host(host, page)
    if len(found.hosts) > MOST_HOSTS and not page.verbose:
        yield f"{INDENT}… and {len(found.hosts) - MOST_HOSTS:,} more hosts (--verbose lists them)"


def _host(host: HostOutcome, page: Page) -> Iterator[str]:
    yield INDENT + page.style.paint(one_line(fleet.host_name(host)), "bold")
    for service in host.services if page.verbose else host.services[:MOST_SERVICES]:
        severity = f"{page.style.severity(service.worst)}  " if service.worst is not None else ""
        plain = len(service.worst.label) + 4 if service.worst is not None else 0
        service_told = one_line(f"{fleet.what(service)}  {fleet.found(service, page.outcome)}")
        yield f"{INDENT}  {severity}{fit(service_told, page.width - 4 - plain)}"
    if len(host.services) > MOST_SERVICES and not page.verbose:
        yield f"{INDENT}  … and {len(host.services) - MOST_SERVICES:,} more ports"
    if told := fleet.partly(host):
        yield from hanging("  ", told, page)
