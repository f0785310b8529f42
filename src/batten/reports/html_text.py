"""What of others may be in the page: escaped, legible, and never an address that is fetched."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from typing import NamedTuple

from batten.reports.legible import legible, one_line
from batten.reports.references import published


class TableRow(NamedTuple):
    """A table's row: its attributes, and its cells as HTML, the first of which is the row's heading."""

    attributes: str
    cells: tuple[str, ...]


def text(value: str) -> str:
    return escape(one_line(value))


def code(value: str) -> str:
    return f"<code>{text(value)}</code>"


def block(value: str) -> str:
    """Lines as they are."""
    return escape(legible(value.replace("\r\n", "\n").rstrip("\n")))


def codes(values: Iterable[str]) -> str:
    return ", ".join(code(value) for value in dict.fromkeys(values))


def prose(value: str) -> str:
    """A sentence of batten's, with what it names between backquotes as code."""
    parts = text(value).split("`")
    if len(parts) % 2 == 0:
        return "`".join(parts)
    return "".join(f"<code>{part}</code>" if index % 2 else part for index, part in enumerate(parts))


def reference(value: str) -> str:
    """A reference of a control, as a link where its address is known; an address is named by its host."""
    address = published(value)
    named = value.removeprefix("https://").partition("/")[0] if value == address else value
    return f'<a href="{escape(address)}" rel="noreferrer">{text(named)}</a>' if address else text(value)


def table(identity: str, title: str, heads: tuple[str, ...], rows: Iterable[TableRow], lead: str = "") -> str:
    """A section with a table that becomes a list on a phone; "" without rows. `title` is plain text, `lead` is HTML."""
    body = "".join(_row(row, heads) for row in rows)
    if not body:
        return ""
    head = "".join(f'<th scope="col">{h}</th>' for h in heads)
    return section(
        identity,
        title,
        f'{lead}<div class="sheet"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>',
    )


def _row(row: TableRow, heads: tuple[str, ...]) -> str:
    first, *rest = row.cells
    cells = "".join(f'<td data-h="{h}">{cell}</td>' for h, cell in zip(heads[1:], rest, strict=True))
    return f'<tr{row.attributes}><th scope="row">{first}</th>{cells}</tr>\n'


def section(identity: str, title: str, body: str) -> str:
    """A landmark with its heading. `title` is plain text, `body` is HTML."""
    heading = f"{identity}-title"
    return f'<section id="{identity}" aria-labelledby="{heading}"><h2 id="{heading}">{text(title)}</h2>{body}</section>\n'
