"""Environments side by side: what each control found in the files and in each environment, with links to the findings."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from html import escape

from batten.controls import Control
from batten.engine.causes import causes
from batten.engine.outcome import EnvironmentOutcome, Outcome, Past
from batten.model import Finding, Severity, State
from batten.model.record import record
from batten.reports import words
from batten.reports.html_filter import place_of
from batten.reports.html_text import code, reference, section, text

Place = tuple[str, str]  # a control's slug, and an environment's name or ""


@record
class Found:
    """What is in each cell, and where the page shows it."""

    findings: Mapping[Place, list[Finding]]
    fixed: Mapping[Place, list[Past]]
    anchors: Mapping[Place, str]


def matrix(outcome: Outcome, anchors: Mapping[Place, str]) -> str:
    """The table; empty when there is nothing to compare. `anchors` are the findings that cells link to. Controls of which all
    findings are in contexts that do not count have no row."""
    slugs: dict[str, Severity] = {}
    for finding in (*outcome.active, *outcome.suppressed):
        slugs[finding.control] = max(finding.severity, slugs.get(finding.control, finding.severity))
    for past in words.fixed(outcome.past):
        slugs.setdefault(past.control, past.severity)
    if not slugs:
        return ""
    heads = "".join(_head(e) for e in outcome.environments)
    found = _found(outcome, anchors)
    rows = "".join(_row(slug, outcome, found) for slug in sorted(slugs, key=lambda s: (-slugs[s], s)))
    files = '<th scope="col">files</th>' if _reads(outcome) else ""
    title = "Environments side by side" if outcome.environments else "Controls"
    return section(
        "matrix",
        title,
        f'<div class="scroll" tabindex="0" role="region" aria-labelledby="matrix-title"><table><thead><tr>'
        f'<th scope="col">control</th>{files}{heads}</tr></thead><tbody>{rows}</tbody></table></div>',
    )


def _found(outcome: Outcome, anchors: Mapping[Place, str]) -> Found:
    findings: dict[Place, list[Finding]] = defaultdict(list)
    fixed: dict[Place, list[Past]] = defaultdict(list)
    for finding in outcome.findings:
        findings[finding.control, finding.environment].append(finding)
    for past in words.fixed(outcome.past):
        fixed[past.control, past.environment].append(past)
    return Found(findings, fixed, anchors)


def _reads(outcome: Outcome) -> bool:
    """Whether files were looked at, or looked into before: where none was, none is in order either."""
    return (
        outcome.command != "probe" or bool(outcome.files) or any(not f.environment for f in outcome.findings)
    )


def _head(environment: EnvironmentOutcome) -> str:
    address = f"<small>{text(environment.url)}</small><small>{text(words.reached(environment))}</small>"
    address += "".join(
        f"<small>{text(said)}</small>"
        for said in (*words.answering(environment), *words.differing(environment))
    )
    return f'<th scope="col">{text(environment.name)}{address}</th>'


def _row(slug: str, outcome: Outcome, found: Found) -> str:
    control = words.control_of(slug)
    title = f"<small>{text(control.title)}</small>{_references(control)}" if control else ""
    cells = (_cell((slug, ""), found, True) if _reads(outcome) else "") + "".join(
        _cell((slug, e.name), found, e.reached, slug in e.judged) for e in outcome.environments
    )
    return f'<tr id="c-{escape(slug)}"><th scope="row">{code(slug)}{title}</th>{cells}</tr>\n'


def _references(control: Control) -> str:
    told = ", ".join(map(reference, control.references))
    return f"<small>see {told}</small>" if told else ""


def _cell(place: Place, found: Found, reached: bool, judged: bool = True) -> str:
    here = found.findings.get(place, [])
    active = [c.lead for c in causes(f for f in here if f.suppression is None and f.counts)]
    if active:
        worst = max(f.severity for f in active).label
        # To the first of them; the script shows only them.
        said = f"{worst} × {len(active):,}"
        slug, environment = place
        words = f'data-control="{escape(slug)}" data-where="{escape(place_of(environment))}"'
        link = f'<a href="#{found.anchors[place]}" {words}>{said}</a>'
        states = [f.state for f in active]
        state_words = ", ".join(f"{states.count(s):,} {s.value}" for s in State if s in states)
        return f'<td class="{worst}"><b>{link}</b><small>{state_words}</small></td>'
    if here:
        suppressed = sum(f.suppression is not None for f in here)
        apart = len(here) - suppressed
        told = (
            f'<a href="#suppressed">{suppressed:,} suppressed</a>' if suppressed else "",
            f'<a href="#apart">{apart:,} not counted</a>' if apart else "",
        )
        quiet = ", ".join(filter(None, told))
        return f'<td class="none">{quiet}</td>'
    if gone := found.fixed.get(place):
        return f'<td class="good"><b><a href="#history">✓ fixed × {len(gone):,}</a></b></td>'
    if not reached:
        return '<td class="none">not assessed</td>'
    return f'<td class="none">{"no finding" if judged else "not applicable"}</td>'
