"""The HTML report's account of what was read and what was not."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from batten.engine.ledger import Ledger
from batten.reports.ledger import read_by, said, summary
from batten.reports.legible import one_line


def rows(ledger: Ledger) -> Iterator[tuple[str, str, str]]:
    """What, where or of which kind, and why: unread files first, then what was read, unknown and left out."""
    for one in ledger.unread:
        apart = "" if one.counts else f" ({one.context.value})"
        yield f"not read{apart}", one.path, said(one)
    for name, context, count in read_by(ledger):
        yield "read", f"{name} ({context})", f"{count:,} files"
    for reason, count in ledger.unknown.items():
        yield "unknown", f"{count:,} settings", reason.said
    for left, count in ledger.left_out.items():
        yield "left out", left, f"{count:,}"


def section(ledger: Ledger | None) -> str:
    if ledger is None:
        return ""
    body = "".join(
        f'<tr><th scope="row">{_text(what)}</th><td class="place">{_text(which)}</td><td>{_text(why)}</td></tr>\n'
        for what, which, why in rows(ledger)
    )
    head = "".join(f'<th scope="col">{h}</th>' for h in ("", "where", "what"))
    table = (
        '<div class="scroll" tabindex="0" role="region" aria-label="What was read"><table>'
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )
    return f'<section id="ledger"><h2>What was read</h2><p>{_text(summary(ledger))}</p>{table if body else ""}</section>\n'


def _text(value: str) -> str:
    return escape(one_line(value))
