"""HAProxy's syntax: quoted words, and answers that it gives itself."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from batten.harden.documents import MEDIA, Says

MOST_VALUES = 50  # of a line


def quoted(text: str) -> str:
    """One word. Within double quotes `$` would begin a variable of the environment."""
    return "'" + text.replace("'", "'\\''") + "'"


def refused(status: int, says: Says, values: Mapping[str, str] | None = None) -> str:
    """An action that answers; the document's variables are those of a log format."""
    return f"return {replied(status, says)}{fields(values or {})}"


def replied(status: int, says: Says) -> str:
    text = says(status).replace('"', '\\"').replace(" ", "\\ ")
    return f'status {status} content-type {MEDIA} lf-string "{text}"'


def fields(values: Mapping[str, str]) -> str:
    return "".join(f' hdr {name} "{value}"' for name, value in values.items())


def listed(name: str, fetch: str, values: Iterable[str]) -> Iterator[str]:
    """A named condition; its lines are alternatives, for a line has 64 words at most."""
    found = list(values)
    for start in range(0, len(found), MOST_VALUES):
        yield f"acl {name} {fetch} -m str {' '.join(found[start : start + MOST_VALUES])}"


def section(head: str, lines: Iterable[str]) -> Iterator[str]:
    yield head
    yield from (f"    {line}" for line in lines)
    yield ""
