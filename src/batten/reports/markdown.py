"""Markdown for a pull request's comment: a table, findings by severity, diffs, the rest folded away."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import quote

from batten.engine.causes import Cause, causes
from batten.engine.outcome import HostOutcome, Outcome, ServiceOutcome
from batten.formats import Workspace
from batten.model import Finding, Kind, Problem, Severity, State
from batten.reports import created, fleet, words
from batten.reports.diff import fix_diff
from batten.reports.evidence import answered, asked
from batten.reports.excerpt import excerpt
from batten.reports.ledger import said, summary, title, uncompared
from batten.reports.legible import legible, one_line
from batten.reports.lowered import TITLE as LOWERED
from batten.reports.lowered import lines as lowered_lines
from batten.reports.material import Page, page_of

MOST_PLACES = 10  # of a finding, and as many that lie within them
MOST_UNREAD = 30  # files that matter and were not read
MOST_APART = 50  # findings that do not count, a line each
LONGEST = 60_000  # characters; a comment on GitHub holds 65,536
_SPECIAL = re.compile(r"([\\`*_{}\[\]()#+\-.!|~=:@$^])")


def render(outcome: Outcome, workspace: Workspace) -> str:
    page = page_of(outcome, workspace)
    lines = [_problem(p) for p in page.outcome.problems]
    fixed = [
        f"{code(p.control)} {code(words.past_place(p))} {escaped(p.message)}"
        for p in words.fixed(page.outcome.past)
    ]
    apart_lines = [
        f"{c.lead.context.value}, {c.severity.label}: {code(c.lead.control)} {_link(c.lead)} {escaped(c.message)}"
        for c in causes(page.outcome.apart)
    ]
    more = [f"… and {len(apart_lines) - MOST_APART:,} more"] if len(apart_lines) > MOST_APART else []
    # Services at open ports, the worst first.
    if page.outcome.fleet is None:
        hosts = ""
    else:
        hosts_lines = [
            _service(host, one, page) for host in page.outcome.fleet.hosts for one in host.services
        ]
        hosts_more = (
            [f"… and {len(hosts_lines) - MOST_APART:,} more"] if len(hosts_lines) > MOST_APART else []
        )
        hosts = _folded(fleet.title(page.outcome.fleet), [*hosts_lines[:MOST_APART], *hosts_more])
    suppressed_lines = []
    for suppressed_cause in causes(page.outcome.suppressed):
        finding = suppressed_cause.lead
        if finding.suppression is not None:
            because = f"{words.suppressed_by(finding.suppression)}: {words.reason(finding.suppression)}"
            suppressed_lines.append(f"{code(finding.control)} {_link(finding)} ({escaped(because)})")
    end = "".join(
        (
            hosts,
            _folded(words.apart(page.outcome), [*apart_lines[:MOST_APART], *more]),
            _folded(words.plural(len(suppressed_lines), "suppressed finding"), suppressed_lines),
            _folded(f"{words.plural(len(lines), 'problem')}: not everything was read", lines),
            _unread(page),
            _environments(page),
            _created(page),
            _folded(f"{len(fixed)} fixed since the last run", fixed),
        )
    )
    parts, length, left = [_head(page)], len(end), 0
    every = outcome.causes
    for severity in reversed(Severity):
        found = [c for c in every if c.severity is severity]
        for index, cause in enumerate(found):
            title = f"### {severity.label.capitalize()}\n\n" if not index else ""
            part = title + "".join(_finding(cause, page))
            if left or length + len(part) > LONGEST:
                left += 1
                continue
            parts.append(part)
            length += len(part)
    if left:
        parts.append(
            f"*… and {words.plural(left, 'more finding')} omitted: the comment would be too long.*\n\n"
        )
    return ("".join(parts) + end).rstrip("\n") + "\n"


def escaped(text: str) -> str:
    """Text that Markdown and HTML show as it is, on one line, and that notifies nobody."""
    plain = _SPECIAL.sub(r"\\\1", one_line(text))
    return plain.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def code(text: str) -> str:
    """A code span: fenced by more backticks than the text holds in a row."""
    text = one_line(text)
    fence = "`" * (_longest_run(text) + 1)
    pad = " " if text.startswith("`") or text.endswith("`") or not text else ""
    return f"{fence}{pad}{text}{pad}{fence}"


def block(text: str, language: str = "") -> str:
    text = "\n".join(legible(line.rstrip("\r")) for line in text.rstrip("\n").split("\n"))
    fence = "`" * max(_longest_run(text) + 1, 3)
    return f"{fence}{language}\n{text}\n{fence}\n\n"


def _longest_run(text: str) -> int:
    return max((len(run) for run in re.findall("`+", text)), default=0)


def _head(page: Page) -> str:
    outcome = page.outcome
    clean = "☑️" if words.is_lowered(outcome) else "✅"
    mark = {0: clean, 1: "❌"}.get(int(outcome.exit_code), "⚠️")
    lines = [f"## {mark} batten {escaped(outcome.command)}: {escaped(words.verdict(outcome))}", ""]
    if outcome.lowered:
        lowered = [f"- {escaped(line)}" for line in lowered_lines(outcome, page.workspace)]
        lines += [f"### {LOWERED}", "", *lowered, ""]
    lines += [escaped(summary(outcome.ledger)), ""] if outcome.ledger is not None else []
    found = outcome.causes
    counts = outcome.count(found)
    if found:
        lines += [f"{words.findings(found)}.", ""]
        names = [s.label for s in counts]
        lines += [f"| {' | '.join(names)} |", f"|{'---:|' * len(names)}"]
        lines += [f"| {' | '.join(str(n) for n in counts.values())} |", ""]
    return "\n".join(lines) + "\n"


def _finding(cause: Cause, page: Page) -> Iterator[str]:
    finding = cause.lead
    notes = [finding.environment] if finding.environment else []
    notes += [finding.state.value] if finding.state is not State.NEW else []
    noted = f" · {escaped(', '.join(notes))}" if notes else ""
    yield f"#### {code(finding.control)} {_link(finding)}{noted}\n\n{escaped(cause.message)}\n\n"
    seen = excerpt(finding, page.workspace, page.hidden)
    if seen is not None:
        yield block(seen.text.strip())
    elif finding.at.kind is Kind.WIRE:
        yield block("\n".join((asked(finding), *answered(finding))))
    if finding.reach:
        yield f"Reach: {' → '.join(escaped(h) for h in finding.reach)}\n\n"
    links = [_link(f) for f in cause.places[1 : MOST_PLACES + 1]]
    links += [code(words.where(at, page.workspace)) for f in cause.places for at in f.also][:MOST_PLACES]
    if links:
        left = len(cause.places) - 1 + sum(len(f.also) for f in cause.places) - len(links)
        yield f"Also at {', '.join(links)}{f' and {left} more' if left else ''}\n\n"
    if cause.also_breaks:
        yield f"Also breaks {', '.join(map(code, cause.also_breaks))}\n\n"
    yield from _fix(cause, page)
    yield from _other_side(cause)
    if cause.fingerprint in page.explained:
        yield f"More: {code(words.explanation(finding))}\n\n"
    if len(cause.places) > 1 and finding.fix is not None and finding.fix.edits:
        yield "The other places are fixed in the same way.\n\n"


def _fix(cause: Cause, page: Page) -> Iterator[str]:
    fix = cause.lead.fix
    if fix is None:
        yield f"**To do**: {escaped(cause.advice)}\n\n" if cause.advice else ""
        return
    breaks = f", may affect {escaped(fix.breaks)}" if fix.breaks else ""
    yield f"**Fix** ({words.SAFETY[fix.safety]}{breaks}): {escaped(fix.title)}\n\n"
    if fix.question:
        yield f"{escaped(fix.question)}\n\n"
    diff = fix_diff(fix, page.workspace, page.hidden)
    if diff:
        yield block(diff, "diff")


def _other_side(cause: Cause) -> Iterator[str]:
    """Where files declare what was seen live, or where what they declare was seen."""
    declared = list(dict.fromkeys(text for f in cause.places for text in words.declared(f)))
    seen = list(dict.fromkeys(text for f in cause.places for text in words.seen_at(f)))
    if declared:
        changed = words.changed_by_fix(cause.lead)
        yield f"Declared at {', '.join(map(code, declared[:MOST_PLACES]))}{f'; {escaped(changed)}' if changed else ''}\n\n"
    if seen:
        yield f"Seen live: {', '.join(map(code, seen[:MOST_PLACES]))}\n\n"


def _link(finding: Finding) -> str:
    label = escaped(words.place(finding))
    if finding.at.kind is Kind.WIRE:
        return code(words.place(finding))
    line = f"#L{finding.region.line}" if finding.region else ""
    return f"[{label}]({quote(finding.at.source, safe='/', errors='backslashreplace')}{line})"


def _folded(summary: str, lines: list[str]) -> str:
    """`summary` is words of ours: inside HTML, Markdown's escapes would show."""
    if not lines:
        return ""
    items = "".join(f"- {line}\n" for line in lines)
    return f"<details><summary>{summary}</summary>\n\n{items}\n</details>\n\n"


def _unread(page: Page) -> str:
    missed = page.outcome.ledger.missed if page.outcome.ledger is not None else ()
    lines = [f"{code(one.path)} {escaped(said(one))}" for one in missed[:MOST_UNREAD]]
    more = [f"… and {len(missed) - MOST_UNREAD:,} more"] if len(missed) > MOST_UNREAD else []
    ledger = page.outcome.ledger
    uncompared_lines = (
        uncompared(ledger.packages) if ledger is not None and ledger.packages is not None else []
    )
    return _folded(title(len(missed)), [*lines, *more]) + _folded(
        "packages not compared with advisories", [escaped(line) for line in uncompared_lines[:MOST_UNREAD]]
    )


def _problem(problem: Problem) -> str:
    place = f"{problem.source}:{problem.line}" if problem.line else problem.source
    hint = f" ({escaped(problem.hint)})" if problem.hint else ""
    return f"{code(place)} {escaped(problem.message)}{hint}"


def _environments(page: Page) -> str:
    rows = "".join(
        f"| {escaped(e.name)} | {escaped(e.url)} | {escaped(words.reached(e))} | {escaped(', '.join(words.answering(e)))} |\n"
        for e in page.outcome.environments
    )
    apart = [
        f"{escaped(e.name)}: {escaped(line)}"
        for e in page.outcome.environments
        for line in words.differing(e)
    ]
    missed = [_problem(p) for e in page.outcome.environments for p in e.not_assessed]
    left = [_problem(p) for e in page.outcome.environments for p in e.left_alone]
    table = f"| environment | address | assessed | answers |\n|---|---|---|---|\n{rows}\n" if rows else ""
    rows_apart = "".join(f"- {line}\n" for line in apart)
    table += f"{rows_apart}\n" if apart else ""
    folded = _folded(f"{len(left)} skipped on purpose", left)
    return table + _folded(f"{len(missed)} not assessed", missed) + folded


def _created(page: Page) -> str:
    """What an active assessment created: what is left, with what removes it, and what was removed."""
    found = [one for _, one in created.everything(page.outcome)]
    lines = [
        f"{code(created.what(one))} {created.state(one)}: {escaped(created.reason(one))}" for one in found
    ]
    more = [f"… and {len(lines) - MOST_APART:,} more"] if len(lines) > MOST_APART else []
    return _folded(created.title(page.outcome), [*lines[:MOST_APART], *more])


def _service(host: HostOutcome, service: ServiceOutcome, page: Page) -> str:
    worst = f"**{service.worst.label}** " if service.worst is not None else ""
    place = fleet.what(service) if service.target else f"{host.host}, {fleet.what(service)}"
    return f"{worst}{code(place)} {escaped(fleet.found(service, page.outcome))}"
