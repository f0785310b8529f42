"""Environments side by side: what each control found in the files and in each environment."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

from batten.engine.causes import causes
from batten.engine.outcome import EnvironmentOutcome, Outcome
from batten.model import Finding, Severity, State
from batten.reports import words
from batten.reports.legible import one_line


def matrix(outcome: Outcome) -> str:
    """The table; empty when there is nothing to compare."""
    slugs: dict[str, Severity] = {}
    for finding in outcome.findings:
        slugs[finding.control] = max(finding.severity, slugs.get(finding.control, finding.severity))
    for past in words.fixed(outcome.past):
        slugs.setdefault(past.control, past.severity)
    if not slugs:
        return ""
    heads = "".join(_head(e) for e in outcome.environments)
    rows = "".join(_row(slug, outcome) for slug in sorted(slugs, key=lambda s: (-slugs[s], s)))
    files = '<th scope="col">files</th>' if _reads(outcome) else ""
    return (
        '<section id="matrix"><h2>Environments side by side</h2><div class="scroll" tabindex="0" role="region" '
        'aria-label="Controls by environment"><table><thead><tr><th scope="col">control</th>'
        f"{files}{heads}</tr></thead><tbody>{rows}</tbody></table></div></section>\n"
    )


def _reads(outcome: Outcome) -> bool:
    """Whether files were looked at, or looked into before: where none was, none is in order either."""
    return (
        outcome.command != "probe" or bool(outcome.files) or any(not f.environment for f in outcome.findings)
    )


def _head(environment: EnvironmentOutcome) -> str:
    address = f"<small>{escape(one_line(environment.url))}</small><small>{escape(words.reached(environment))}</small>"
    return f'<th scope="col">{escape(one_line(environment.name))}{address}</th>'


def _row(slug: str, outcome: Outcome) -> str:
    title = f"<small>{escape(words.title_of(slug))}</small>" if words.control_of(slug) else ""
    cells = (_cell(slug, "", outcome, True) if _reads(outcome) else "") + "".join(
        _cell(slug, e.name, outcome, e.reached, slug in e.judged) for e in outcome.environments
    )
    return f'<tr><th scope="row"><code>{escape(slug)}</code>{title}</th>{cells}</tr>\n'


def _cell(slug: str, environment: str, outcome: Outcome, reached: bool, judged: bool = True) -> str:
    found = [f for f in outcome.findings if f.control == slug and f.environment == environment]
    active = [c.lead for c in causes(f for f in found if f.suppression is None and f.counts)]
    gone = [p for p in words.fixed(outcome.past) if (p.control, p.environment) == (slug, environment)]
    if active:
        worst = max(f.severity for f in active)
        return f'<td class="{worst.label}"><b>{worst.label} × {len(active)}</b><small>{_states(active)}</small></td>'
    if found:
        quiet = sum(f.suppression is not None for f in found)
        told = (
            f"{quiet} suppressed" if quiet else "",
            f"{len(found) - quiet} not counted" if quiet < len(found) else "",
        )
        return f'<td class="none">{", ".join(filter(None, told))}</td>'
    if gone:
        return f'<td class="good"><b>✓ fixed × {len(gone)}</b></td>'
    if not reached:
        return '<td class="none">not assessed</td>'
    return f'<td class="none">{"no finding" if judged else "not applicable"}</td>'


def _states(findings: Iterable[Finding]) -> str:
    states = [f.state for f in findings]
    return ", ".join(f"{states.count(s)} {s.value}" for s in State if s in states)
