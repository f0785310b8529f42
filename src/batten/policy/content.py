"""What the user says that hosts and paths serve."""

from __future__ import annotations

import re
from collections.abc import Iterable

from batten.facts import Content, of_all
from batten.model.record import record

_FIRST = (Content.PAGE, Content.BOTH, Content.ASSET, Content.API, Content.UNKNOWN)
MOST_POLICY = 1_000  # characters
_SOURCE = r"[A-Za-z0-9'./:*_=+?&@~!-]+"
# Of a Content-Security-Policy, what ends no word in the configuration of any engine.
CSP = re.compile(rf"[a-z][a-z-]*(?: {_SOURCE})*(?:; ?[a-z][a-z-]*(?: {_SOURCE})*)*;?")


@record
class ContentRow:
    """A host name (`*`: any, `*.example.com`: those below it), a path and all below it, and what is served there. `policy` is
    the Content-Security-Policy that is sent with it, "" for the one that suits its kind."""

    host: str
    path: str
    content: Content
    policy: str = ""


def is_csp(text: str) -> bool:
    """Whether it may be sent as a Content-Security-Policy."""
    return len(text) <= MOST_POLICY and CSP.fullmatch(text) is not None


def row_of(rows: Iterable[ContentRow], name: str, path: str) -> ContentRow | None:
    """The row that counts for one path of a host."""
    return _best((row for row in rows if _names(row.host, name.lower())), path)


def content_at(rows: Iterable[ContentRow], names: Iterable[str], path: str) -> Content:
    """What is served at and below a path of a site with these names; none: a site whose names are not known.

    The longest path counts, and with equal ones the more exact host. Rows for paths below add what they say."""
    kept = tuple(rows)
    return of_all(_of_name(kept, name.lower(), path) for name in tuple(names) or ("",))


def _of_name(rows: tuple[ContentRow, ...], name: str, path: str) -> Content:
    meant = [row for row in rows if _names(row.host, name)]
    best = _best(meant, path)
    inner = [row.content for row in meant if row.path != path and below(row.path, path)]
    return of_all([best.content if best is not None else Content.UNKNOWN, *inner])


def said_of(rows: Iterable[ContentRow], names: Iterable[str], path: str) -> ContentRow | None:
    """What counts for one path of all these hosts, which are served alike: pages go first."""
    kept = tuple(rows)
    found = [row for name in names if (row := row_of(kept, name, path)) is not None]
    return min(found, key=lambda row: _FIRST.index(row.content), default=None)


def _best(meant: Iterable[ContentRow], path: str) -> ContentRow | None:
    around = (row for row in meant if below(path, row.path))
    return max(around, key=lambda row: (len(row.path), row.host != "*", len(row.host)), default=None)


def _names(pattern: str, name: str) -> bool:
    if pattern == "*":
        return True
    return name == pattern or (pattern.startswith("*.") and name.endswith(pattern[1:]))


def below(path: str, above: str) -> bool:
    """Whether a path is another one, or below it."""
    stem = above.rstrip("/")
    return path.rstrip("/") == stem or path.startswith(stem + "/")
