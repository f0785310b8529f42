"""A place in the HTML report: its line or its exchange, and the change that fixes it."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from batten.model import Finding, Fix
from batten.reports import words
from batten.reports.diff import fix_diff
from batten.reports.evidence import curl
from batten.reports.excerpt import excerpt
from batten.reports.html_text import block, code, prose, text
from batten.reports.legible import legible
from batten.reports.material import Page


def evidence(finding: Finding, page: Page) -> str:
    """The line that a file has, or the request that shows it again."""
    seen = excerpt(finding, page.workspace, page.hidden)
    if seen is None:
        line = ""
    else:
        marked = f"<mark>{escape(seen.marked)}</mark>" if seen.marked else ""
        more = f"\n<small>and {words.plural(seen.more, 'line')} more</small>" if seen.more else ""
        line = f"<pre><b>{seen.number}</b> {escape(seen.before)}{marked}{escape(seen.after)}{more}</pre>"
    exchange_seen = finding.at.exchange
    if exchange_seen is None:
        exchange = ""
    else:
        command = curl(finding)
        again = f'<p class="dim">See it again:</p><pre>{text(command)}</pre>' if command else ""
        exchange = (
            f"{again}<details><summary>Request and response</summary><pre>{block(exchange_seen.request)}</pre>"
            f"<pre>{block(exchange_seen.response)}</pre></details>"
        )
    return line + exchange


def remedy(finding: Finding, page: Page, *, unfolded: bool) -> str:
    """The fix with its command, what it may break and its change; "" where batten writes none."""
    fix = finding.fix
    if fix is None:
        return ""
    hint = words.hint(fix, finding)
    waits = hint == fix.question
    told = f"<p>{prose(hint)}</p>" if waits and hint else f"<p>{code(hint)}</p>" if hint else ""
    lines = "".join(_changed(fix_diff(fix, page.workspace, page.hidden)))
    shown = " open" if unfolded else ""
    change = f"<details{shown}><summary>The change</summary><pre>{lines}</pre></details>" if lines else ""
    return f'<div class="fix"><p>{_titled(fix)}</p>{told}{change}</div>'


def brief_remedy(finding: Finding, page: Page) -> str:
    """The fix of a place among many: what it does, and the lines that it changes."""
    fix = finding.fix
    if fix is None:
        return ""
    diff = fix_diff(fix, page.workspace, page.hidden, context=0)
    elsewhere = any(edit.source != finding.at.source for edit in fix.edits)
    lines = "".join(_changed(diff if elsewhere else diff.partition("@@")[1] + diff.partition("@@")[2]))
    return f"<p>{_titled(fix)}</p>" + (f"<pre>{lines}</pre>" if lines else "")


def _titled(fix: Fix) -> str:
    breaks = f", may affect {text(fix.breaks)}" if fix.breaks else ""
    return f"<b>Fix</b> ({words.SAFETY[fix.safety]}{breaks}): {prose(fix.title)}"


def _changed(diff: str) -> Iterator[str]:
    for line in diff.rstrip("\n").split("\n") if diff else ():
        told = escape(legible(line.rstrip("\r")))
        if line.startswith(("+++ ", "--- ", "@", "\\")):
            yield f"<i>{told}</i>"
        elif line.startswith("+"):
            yield f"<ins>{told}</ins>"
        elif line.startswith("-"):
            yield f"<del>{told}</del>"
        else:
            yield f"{told}\n"
