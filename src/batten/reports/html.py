"""One self-contained page: no request, no script but its own, everything that was said escaped; it can be read without the
script, which filters."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from html import escape

from batten import __version__
from batten.engine.causes import Cause
from batten.engine.ledger import Ledger
from batten.engine.outcome import ExitCode, Outcome
from batten.formats import Workspace
from batten.model import State
from batten.reports import words
from batten.reports.html_findings import anchors, findings
from batten.reports.html_matrix import matrix
from batten.reports.html_script import SCRIPT
from batten.reports.html_style import STYLE, inline_hash
from batten.reports.html_tables import apart, created, history, hosts, lowered, problems, suppressed
from batten.reports.html_text import TableRow, prose, table, text
from batten.reports.html_trend import trend
from batten.reports.ledger import obscure, passed, read_by, said, summary, title, uncompared, used
from batten.reports.material import page_of
from batten.reports.words import plural


def render(outcome: Outcome, workspace: Workspace) -> str:
    every = outcome.causes
    sides = "Environments" if outcome.environments else "Controls"
    sections = (
        ("lowered", "Lowered", lowered(outcome, workspace)),
        ("trend", "Over time", trend(outcome.trend)),
        ("findings", "Findings", findings(page_of(outcome, workspace), every)),
        ("hosts", "Hosts", hosts(outcome)),
        ("matrix", sides, matrix(outcome, anchors(every))),
        ("apart", "Does not count", apart(outcome)),
        ("history", "Since the last run", history(outcome)),
        ("suppressed", "Suppressed", suppressed(outcome)),
        ("created", "Created", created(outcome)),
        ("problems", "Not assessed", problems(outcome)),
        ("unread", "Not read", _unread(outcome.ledger)),
        ("ledger", "Read", _ledger(outcome.ledger)),
    )
    links = "".join(f'<li><a href="#{name}">{title}</a></li>' for name, title, body in sections if body)
    contents = f'<nav aria-label="Contents"><ul>{links}</ul></nav>\n</header>\n<main>\n'
    bodies = (body for *_, body in sections)
    told = f"batten {__version__} · {outcome.today.isoformat()} · {words.dated()}"
    tiles = "".join(
        f'<li class="{s.label}"><a href="#{s.label}"><b>{n:,}</b>{s.label}</a></li>'
        if n
        else f'<li class="none"><b>0</b>{s.label}</li>'
        for s, n in outcome.count(every).items()
    )
    # A class of the verdict: what is clean because something was lowered does not look clean.
    clean = outcome.exit_code is ExitCode.CLEAN
    mood = "incomplete" if clean and words.is_lowered(outcome) else outcome.exit_code.name.lower()
    return "".join(
        (
            _head(outcome),
            f'<header>\n<h1>{text(_title(outcome))}</h1>\n<p class="verdict {mood}">'
            f'{text(words.verdict(outcome))}</p>\n<ul class="tiles">{tiles}</ul>\n'
            f'<p class="dim">{text(" · ".join(_story(outcome, every)))}</p>\n',
            contents,
            *bodies,
            f'</main>\n<footer class="dim">{text(told)}</footer>\n<script>{SCRIPT}</script>\n</body>\n</html>\n',
        )
    )


def _head(outcome: Outcome) -> str:
    policy = (
        f"default-src 'none'; style-src {inline_hash(STYLE)}; script-src {inline_hash(SCRIPT)}; require-trusted-types-for 'script'; "
        "trusted-types 'none'; base-uri 'none'; form-action 'none'"
    )
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{escape(policy)}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="referrer" content="no-referrer">\n<meta name="robots" content="noindex">\n'
        f"<title>{text(_title(outcome))}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n"
        '<a class="skip" href="#findings">Skip to the findings</a>\n'
    )


def _title(outcome: Outcome) -> str:
    return f"batten {outcome.command}: {words.root_name(outcome)}"


def _story(outcome: Outcome, every: Sequence[Cause]) -> list[str]:
    """How many findings there are, in which states, and what was read."""
    states = Counter(cause.lead.state for cause in every)
    fixed = len(words.fixed(outcome.past))
    story = [words.findings(every)]
    if outcome.command == "check" or set(states) - {State.NEW}:
        story += [f"{states[state]:,} {state.value}" for state in State if states[state]]
    story += [f"{fixed:,} fixed"] if fixed else []
    return story + ([summary(outcome.ledger)] if outcome.ledger is not None else [])


def _unread(told: Ledger | None) -> str:
    """What matters and was not read, by name."""
    if told is None:
        return ""
    rows = (TableRow("", (text(one.path), one.context.value, prose(said(one)))) for one in told.unread)
    return table("unread", title(len(told.unread)), ("file", "context", "what it is"), rows)


def _ledger(told: Ledger | None) -> str:
    """What was read, what stayed unknown, and what was left out."""
    if told is None:
        return ""
    lead = f"<p>{text(summary(told))}</p>"
    return table("ledger", "What was read", ("what", "which", "how many"), _rows(told), lead)


def _rows(told: Ledger) -> Iterator[TableRow]:
    for name, context, count in read_by(told):
        yield TableRow("", ("read", f"{text(name)} ({context})", plural(count, "file")))
    for one in told.together:
        yield TableRow("", ("used together", text(used(one)), plural(len(one.files), "file")))
    for reason, count in told.unknown.items():
        yield TableRow("", ("unknown", reason.said, plural(count, "setting")))
    if told.apart:
        yield TableRow("", ("unknown", "in files that do not count", plural(told.apart, "setting")))
    for setting in told.unjudged:
        yield TableRow("", ("setting not read", prose(passed(setting)), f"{setting.times:,}"))
    for dark in told.unclear:
        yield TableRow("", ("set, not understood", prose(obscure(dark)), "1"))
    for left, count in told.left_out.items():
        yield TableRow("", ("left out", text(left), f"{count:,}"))
    for line in uncompared(told.packages, all_of_them=True) if told.packages is not None else ():
        yield TableRow("", ("packages", prose(line), ""))
    if not told.read:
        yield TableRow("", ("read", "no file", "0"))
