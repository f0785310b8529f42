"""The HTML report's account of what was read and what was not."""

from __future__ import annotations

from collections.abc import Iterator

from batten.engine.ledger import Ledger
from batten.reports.html_text import Row, prose, table, text
from batten.reports.ledger import obscure, passed, read_by, said, summary, title, uncompared, used
from batten.reports.words import plural


def unread(told: Ledger | None) -> str:
    """What matters and was not read, by name."""
    if told is None:
        return ""
    rows = (Row("", (text(one.path), one.context.value, prose(said(one)))) for one in told.unread)
    return table("unread", title(len(told.unread)), ("file", "context", "what it is"), rows)


def ledger(told: Ledger | None) -> str:
    """What was read, what stayed unknown, and what was left out."""
    if told is None:
        return ""
    lead = f"<p>{text(summary(told))}</p>"
    return table("ledger", "What was read", ("what", "which", "how many"), _rows(told), lead)


def _rows(told: Ledger) -> Iterator[Row]:
    for name, context, count in read_by(told):
        yield Row("", ("read", f"{text(name)} ({context})", plural(count, "file")))
    for one in told.together:
        yield Row("", ("used together", text(used(one)), plural(len(one.files), "file")))
    for reason, count in told.unknown.items():
        yield Row("", ("unknown", reason.said, plural(count, "setting")))
    if told.apart:
        yield Row("", ("unknown", "in files that do not count", plural(told.apart, "setting")))
    for setting in told.unjudged:
        yield Row("", ("setting not read", prose(passed(setting)), f"{setting.times:,}"))
    for dark in told.unclear:
        yield Row("", ("set, not understood", prose(obscure(dark)), "1"))
    for left, count in told.left_out.items():
        yield Row("", ("left out", text(left), f"{count:,}"))
    for line in uncompared(told.packages, all_of_them=True) if told.packages is not None else ():
        yield Row("", ("packages", prose(line), ""))
    if not told.read:
        yield Row("", ("read", "no file", "0"))
