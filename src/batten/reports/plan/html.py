"""The plan as one page in the look of the HTML report: no script, no request, everything that was said escaped."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from batten import __version__
from batten.engine.plan import Plan, Step
from batten.reports.html_style import STYLE, inline_hash
from batten.reports.html_text import TableRow, code, codes, prose, section, table, text
from batten.reports.plan import wording


def render(plan: Plan) -> str:
    rows = (
        TableRow("", (code(f"{p.source}:{p.line}" if p.line else p.source), text(p.message), text(p.hint)))
        for p in plan.problems
    )
    first_rows = "".join(
        f'<li>{_badge(step)} <a href="#s{number}">{prose(step.message)}</a>'
        f'<p class="dim">{text(wording.about(step))}</p></li>\n'
        for number, step in enumerate(plan.steps, 1)
    )
    return "".join(
        (
            _head(plan),
            section("first", "In this order", f"<ol>{first_rows}</ol>") if first_rows else "",
            *_articles(plan),
            table("problems", "Not assessed", ("where", "what", "what to do"), rows),
            f'</main>\n<footer class="dim">batten {text(__version__)}</footer>\n</body>\n</html>\n',
        )
    )


def _head(plan: Plan) -> str:
    policy = f"default-src 'none'; style-src {inline_hash(STYLE)}; base-uri 'none'; form-action 'none'"
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{escape(policy)}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="referrer" content="no-referrer">\n<meta name="robots" content="noindex">\n'
        f"<title>batten harden: plan</title>\n<style>{STYLE}</style>\n</head>\n<body>\n"
        '<a class="skip" href="#steps">Skip to the steps</a>\n<header>\n<h1>Hardening plan</h1>\n'
        f'<p class="verdict {plan.exit_code.name.lower()}">{text(wording.summary(plan))}</p>\n'
        '<p class="dim">Commands run in the folder that was reviewed.</p>\n</header>\n<main>\n'
    )


def _badge(step: Step) -> str:
    label = step.severity.label
    return f'<span class="badge {label}">{label}</span>'


def _articles(plan: Plan) -> Iterator[str]:
    if not plan.steps:
        return
    yield '<section id="steps" aria-labelledby="steps-title"><h2 id="steps-title">Steps</h2>\n'
    yield from (_article(number, step, plan) for number, step in enumerate(plan.steps, 1))
    yield "</section>\n"


def _article(number: int, step: Step, plan: Plan) -> str:
    told = wording.told(step, plan)
    do = "<br>".join(map(prose, told.do))
    rows = (
        ("why", prose(told.why)),
        ("reach", text(told.reach)),
        ("seen live", text(wording.live(step))),
        ("resolves", codes(wording.places(step))),
        ("do", do),
        ("could break", prose(told.breaks)),
        ("verify", f"{code(told.verify)}: {prose(told.prints)}"),
        ("undo", prose(told.undo)),
    )
    items = "".join(f"<dt>{name}</dt><dd>{body}</dd>" for name, body in rows if body)
    return (
        f'<article id="s{number}" class="{step.severity.label}"><h3>{number}. {_badge(step)} {prose(step.message)}</h3>'
        f'<p class="dim">{text(wording.about(step))}</p><dl>{items}</dl></article>\n'
    )
