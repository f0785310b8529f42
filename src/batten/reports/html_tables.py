"""The tables of the HTML report: what does not count, what was before, what is suppressed, and what was not assessed."""

from __future__ import annotations

from batten.engine.causes import Cause, causes
from batten.engine.outcome import Outcome
from batten.formats import Workspace
from batten.model import Problem
from batten.reports import created as said
from batten.reports import fleet, words
from batten.reports.html_filter import attributes
from batten.reports.html_text import TableRow, code, prose, table, text
from batten.reports.lowered import TITLE


def lowered(outcome: Outcome, workspace: Workspace) -> str:
    """What the change lowers, before all else."""
    rows = (
        TableRow(
            "",
            (
                code(one.subject),
                text(one.before),
                text(one.after),
                code(words.where(one.at, workspace)),
                f"{one.findings:,}",
            ),
        )
        for one in outcome.lowered
    )
    return table("lowered", TITLE, ("what", "from", "to", "where", "findings hidden or lowered"), rows)


def history(outcome: Outcome) -> str:
    rows = (
        TableRow(
            "",
            (
                code(p.control),
                p.state.value,
                p.severity.label,
                f"{text(p.environment or 'files')}<small>{text(words.past_place(p))}</small>",
                prose(p.message),
            ),
        )
        for p in outcome.past
    )
    return table("history", "Since the last run", ("control", "state", "severity", "where", "was"), rows)


def apart(outcome: Outcome) -> str:
    rows = (
        TableRow(
            attributes(c),
            (code(c.lead.control), c.lead.context.value, c.severity.label, _places(c), prose(c.message)),
        )
        for c in causes(outcome.apart)
    )
    title = words.apart(outcome)
    heads = ("control", "context", "severity", "where", "finding")
    return table("apart", title[:1].upper() + title[1:], heads, rows)


def suppressed(outcome: Outcome) -> str:
    rows = (
        TableRow(
            attributes(c),
            (
                code(c.lead.control),
                c.severity.label,
                _places(c),
                prose(c.message),
                f"{words.suppressed_by(c.lead.suppression)}<small>{text(words.reason(c.lead.suppression))}</small>",
            ),
        )
        for c in causes(outcome.suppressed)
        if c.lead.suppression is not None
    )
    return table("suppressed", "Suppressed", ("control", "severity", "where", "finding", "because"), rows)


def problems(outcome: Outcome) -> str:
    unreached = [
        Problem(e.name, "probe", f"{e.url}: {words.reached(e)}")
        for e in outcome.environments
        if not e.reached
    ]
    missed = [p for e in outcome.environments for p in (*e.not_assessed, *e.left_alone)]
    rows = (
        TableRow(
            "",
            (
                text(f"{p.source}:{p.line}" if p.line else p.source),
                text(p.stage),
                f"{prose(p.message)}<small>{prose(p.hint)}</small>",
            ),
        )
        for p in (*outcome.problems, *unreached, *missed)
    )
    return table("problems", "Not read, not assessed, or skipped", ("where", "stage", "what"), rows)


def hosts(outcome: Outcome) -> str:
    """Hosts with open ports: what listens at each, and the first finding about it."""
    if outcome.fleet is None:
        return ""
    rows = (
        TableRow(
            "",
            (
                text(fleet.host_name(host)),
                code(fleet.what(one)),
                one.worst.label if one.worst is not None else "",
                prose(fleet.found(one, outcome)),
            ),
        )
        for host in outcome.fleet.hosts
        for one in host.services
    )
    lead = f'<p class="dim">{text(fleet.tried(outcome.fleet))}</p>'
    title = fleet.title(outcome.fleet)
    return table(
        "hosts", title[:1].upper() + title[1:], ("host", "service", "severity", "first finding"), rows, lead
    )


def created(outcome: Outcome) -> str:
    """What an active assessment created: where, and whether it was removed."""
    rows = (
        TableRow(
            "",
            (text(name), text(said.what(one)), said.state(one), prose(said.reason(one))),
        )
        for name, one in said.everything(outcome)
    )
    title = said.title(outcome)
    return table("created", title[:1].upper() + title[1:], ("environment", "what", "state", "why"), rows)


def _places(cause: Cause) -> str:
    """Its first place, and how many more there are."""
    more = f"<small>and {len(cause.places) - 1:,} more</small>" if len(cause.places) > 1 else ""
    return f"{text(words.place(cause.lead))}{more}"
