"""What the user says that hosts and paths serve."""

from __future__ import annotations

from collections.abc import Iterable

from batten.facts import Content, of_all
from batten.model.record import record


@record
class Row:
    """A host name (`*`: any, `*.example.com`: those below it), a path and all below it, and what is served there."""

    host: str
    path: str
    content: Content


def content_at(rows: Iterable[Row], names: Iterable[str], path: str) -> Content:
    """What is served at and below a path of a site with these names; none: a site whose names are not known.

    The longest path counts, and with equal ones the more exact host. Rows for paths below add what they say."""
    kept = tuple(rows)
    return of_all(_of_name(kept, name.lower(), path) for name in tuple(names) or ("",))


def _of_name(rows: tuple[Row, ...], name: str, path: str) -> Content:
    meant = [row for row in rows if _names(row.host, name)]
    around = [row for row in meant if below(path, row.path)]
    best = max(around, key=lambda row: (len(row.path), row.host != "*", len(row.host)), default=None)
    inner = [row.content for row in meant if row.path != path and below(row.path, path)]
    return of_all([best.content if best is not None else Content.UNKNOWN, *inner])


def _names(pattern: str, name: str) -> bool:
    if pattern == "*":
        return True
    return name == pattern or (pattern.startswith("*.") and name.endswith(pattern[1:]))


def below(path: str, above: str) -> bool:
    """Whether a path is another one, or below it."""
    stem = above.rstrip("/")
    return path.rstrip("/") == stem or path.startswith(stem + "/")
