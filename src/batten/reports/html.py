"""One self-contained page: no script, no request, everything that was said escaped."""

from __future__ import annotations

from base64 import b64encode
from collections import Counter
from collections.abc import Iterable, Iterator
from hashlib import sha256
from html import escape

from batten.engine.causes import Cause, causes
from batten.engine.outcome import Outcome
from batten.formats import Workspace
from batten.model import Finding, Problem, Severity
from batten.reports import words
from batten.reports.diff import fix_diff
from batten.reports.evidence import curl
from batten.reports.excerpt import excerpt
from batten.reports.html_ledger import section as ledger_section
from batten.reports.html_matrix import matrix
from batten.reports.html_style import STYLE
from batten.reports.ledger import summary
from batten.reports.legible import legible, one_line
from batten.reports.material import Page, page_of


def render(outcome: Outcome, workspace: Workspace) -> str:
    page = page_of(outcome, workspace)
    sections = (
        matrix(outcome),
        _findings(page),
        _apart(outcome),
        _history(outcome),
        _suppressed(outcome),
        _problems(outcome),
        ledger_section(outcome.ledger),
    )
    return "".join((_top(outcome), "<main>\n", *sections, "</main>\n</body>\n</html>\n"))


def text(value: str) -> str:
    return escape(one_line(value))


def _top(outcome: Outcome) -> str:
    allowed = b64encode(sha256(STYLE.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{allowed}'; base-uri 'none'; form-action 'none'"
    title = f"batten {outcome.command}: {words.root_name(outcome)}"
    tiles = "".join(
        f'<li class="{s.label if n else "none"}"><b>{n:,}</b>{s.label}</li>'
        for s, n in outcome.count().items()
    )
    found = outcome.causes
    states = Counter(cause.lead.state.value for cause in found)
    fixed = len(words.fixed(outcome.past))
    story = [words.findings(found)]
    story += [f"{n:,} {state}" for state, n in sorted(states.items())]
    story += [f"{fixed:,} fixed"] if fixed else []
    story += [summary(outcome.ledger)] if outcome.ledger is not None else []
    story += [words.dated()]
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{escape(policy)}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="referrer" content="no-referrer">\n'
        f"<title>{text(title)}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<header>\n"
        f'<h1>{text(title)}</h1>\n<p class="verdict {outcome.exit_code.name.lower()}">{text(words.verdict(outcome))}</p>\n'
        f'<ul class="tiles">{tiles}</ul>\n'
        f'<p class="dim">{text(" · ".join(story))}</p>\n</header>\n'
    )


def _findings(page: Page) -> str:
    every = page.outcome.causes
    if not every:
        return '<section id="findings"><h2>Findings</h2><p>None.</p></section>\n'
    groups = []
    for severity in reversed(Severity):
        found = [c for c in every if c.severity is severity]
        if found:
            title = f"{severity.label.capitalize()} ({len(found):,})"
            groups.append(f"<h2>{title}</h2>\n{''.join(_article(c, page) for c in found)}")
    return f'<section id="findings">{"".join(groups)}</section>\n'


def _article(cause: Cause, page: Page) -> str:
    finding = cause.lead
    environment = f" · {text(finding.environment)}" if finding.environment else ""
    return (
        f'<article class="{finding.severity.label}"><h3><span class="badge {finding.severity.label}">'
        f"{finding.severity.label}</span><code>{text(finding.control)}</code></h3>"
        f'<p class="place"><code>{text(words.place(finding))}</code>'
        f'<span class="dim">{environment} · {finding.state.value}</span></p>'
        f"<p>{text(cause.message)}</p>"
        f"{_code(finding, page)}{_exchange(finding)}{_facts(cause, page)}{_fix(finding, page)}"
        f"{_more_places(cause, page)}</article>\n"
    )


def _more_places(cause: Cause, page: Page) -> str:
    """The other places, and those of the other controls, each with its line and its fix, folded."""
    others = (*cause.places[1:], *cause.covered)
    if not others:
        return ""
    told = "".join(
        f'<p class="place"><code>{text(words.place(f))}</code><span class="dim"> · {text(f.control)}</span></p>'
        f"<p>{text(f.message)}</p>"
        f"{_code(f, page)}{_exchange(f)}{_fix(f, page)}"
        for f in others
    )
    return f"<details><summary>{words.plural(len(others), 'more place')}</summary>{told}</details>"


def _code(finding: Finding, page: Page) -> str:
    seen = excerpt(finding, page.workspace, page.hidden)
    if seen is None:
        return ""
    marked = f"<mark>{escape(seen.marked)}</mark>" if seen.marked else ""
    return f"<pre>{seen.number:>5}  {escape(seen.before)}{marked}{escape(seen.after)}</pre>"


def _exchange(finding: Finding) -> str:
    seen = finding.at.exchange
    if seen is None:
        return ""
    command = curl(finding)
    again = f'<p class="again">See it again:</p><pre>{text(command)}</pre>' if command else ""
    return (
        f"{again}<details><summary>Request and answer</summary><pre>{_block(seen.request)}</pre>"
        f"<pre>{_block(seen.response)}</pre></details>"
    )


def _block(value: str) -> str:
    return escape(legible(value.replace("\r\n", "\n").rstrip("\n")))


def _facts(cause: Cause, page: Page) -> str:
    rows, finding = [], cause.lead
    if finding.reach:
        rows.append(("reach", text(" → ".join(finding.reach))))
    if finding.also:
        rows.append(("also at", _places(words.where(at, page.workspace) for at in finding.also)))
    if finding.related:
        rows.append(("related", _places(words.where(at, page.workspace) for at in finding.related)))
    if cause.also_breaks:
        rows.append(("also breaks", _places(cause.also_breaks)))
    if finding.why:
        rows.append(("why", text(finding.why)))
    if finding.advice:
        rows.append(("to do", text(finding.advice)))
    control = words.control_of(finding.control)
    if control is not None and control.references:
        rows.append(("see", text(", ".join(control.references))))
    return f"<dl>{''.join(f'<dt>{k}</dt><dd>{v}</dd>' for k, v in rows)}</dl>" if rows else ""


def _places(places: Iterable[str]) -> str:
    return ", ".join(f"<code>{text(p)}</code>" for p in dict.fromkeys(places))


def _fix(finding: Finding, page: Page) -> str:
    fix = finding.fix
    if fix is None:
        return ""
    breaks = f", may affect {text(fix.breaks)}" if fix.breaks else ""
    head = f"<p><b>Fix</b> ({words.SAFETY[fix.safety]}{breaks}): {text(fix.title)}</p>"
    question = f"<p>{text(fix.question)}</p>" if fix.question else ""
    diff = fix_diff(fix, page.workspace, page.hidden)
    lines = "".join(_diff_lines(diff))
    return (
        head
        + question
        + (f"<details open><summary>The change</summary><pre>{lines}</pre></details>" if lines else "")
    )


def _diff_lines(diff: str) -> Iterator[str]:
    for line in diff.rstrip("\n").split("\n") if diff else ():
        kind = {"+": "add", "-": "cut", "@": "hunk", "\\": "hunk"}.get(line[:1], "same")
        kind = "hunk" if line.startswith(("+++ ", "--- ")) else kind
        yield f'<span class="{kind}">{escape(legible(line.rstrip(chr(13))))}</span>'


def _history(outcome: Outcome) -> str:
    if not outcome.past:
        return ""
    rows = "".join(
        f'<tr><th scope="row"><code>{text(p.control)}</code></th><td>{p.state.value}</td><td>{p.severity.label}</td>'
        f'<td class="place">{text(p.environment or "files")}<small>{text(words.past_place(p))}</small></td>'
        f"<td>{text(p.message)}</td></tr>\n"
        for p in outcome.past
    )
    return _table("history", "Since the last run", ("control", "state", "severity", "where", "was"), rows)


def _apart(outcome: Outcome) -> str:
    rows = "".join(
        f'<tr><th scope="row"><code>{text(c.lead.control)}</code></th><td>{c.lead.context.value}</td>'
        f'<td>{c.severity.label}</td><td class="place">{_first_places(c)}</td><td>{text(c.message)}</td></tr>\n'
        for c in causes(outcome.apart)
    )
    heads = ("control", "context", "severity", "where", "finding")
    return _table("apart", _capital(words.apart(outcome)), heads, rows)


def _first_places(cause: Cause) -> str:
    """Its first place, and how many more there are."""
    more = f"<small>and {len(cause.places) - 1:,} more</small>" if len(cause.places) > 1 else ""
    return f"{text(words.place(cause.lead))}{more}"


def _capital(sentence: str) -> str:
    return sentence[:1].upper() + sentence[1:]


def _suppressed(outcome: Outcome) -> str:
    rows = "".join(
        f'<tr><th scope="row"><code>{text(c.lead.control)}</code></th><td>{c.severity.label}</td>'
        f'<td class="place">{_first_places(c)}</td><td>{text(c.message)}</td>'
        f"<td>{text(words.suppressed_by(c.lead.suppression))}<small>{text(words.reason(c.lead.suppression))}</small></td></tr>\n"
        for c in causes(outcome.suppressed)
        if c.lead.suppression is not None
    )
    return _table("suppressed", "Suppressed", ("control", "severity", "where", "finding", "because"), rows)


def _problems(outcome: Outcome) -> str:
    unreached = [
        Problem(e.name, "probe", f"{e.url}: {words.reached(e)}")
        for e in outcome.environments
        if not e.reached
    ]
    missed = [p for e in outcome.environments for p in (*e.not_assessed, *e.left_alone)]
    rows = "".join(
        f'<tr><th scope="row" class="place">{text(f"{p.source}:{p.line}" if p.line else p.source)}</th>'
        f"<td>{text(p.stage)}</td><td>{text(p.message)}<small>{text(p.hint)}</small></td></tr>\n"
        for p in (*outcome.problems, *unreached, *missed)
    )
    return _table("problems", "Not read, not assessed, or skipped", ("where", "stage", "what"), rows)


def _table(identity: str, title: str, heads: tuple[str, ...], rows: str) -> str:
    if not rows:
        return ""
    head = "".join(f'<th scope="col">{h}</th>' for h in heads)
    return (
        f'<section id="{identity}"><h2>{title}</h2><div class="scroll" tabindex="0" role="region" '
        f'aria-label="{title}"><table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div></section>\n'
    )
