"""Credentials in a text of assignments that another file holds: `name = value` and `name: value`, a line each."""

from __future__ import annotations

import re
from collections.abc import Iterator

from batten.model import Span
from batten.technologies.shared.secrets import credentials

_ASSIGNED = re.compile(r"[\"']?(?P<name>[\w.\-]+)[\"']?[ \t]*[:=][ \t]*(?P<value>\S.*)")
_LONGEST, _MOST_LINES = 1000, 10_000


def assigned(content: str, source: str, within: Span) -> Iterator[tuple[str, credentials.Found, Span]]:
    """The name, the credential and its line in `source`, the file that holds the content at `within`, with another indentation perhaps."""
    at = within.start
    for line in content.splitlines()[:_MOST_LINES]:
        written = line.strip()
        found = _ASSIGNED.fullmatch(written) if len(written) < _LONGEST else None
        at = max(source.find(written, at, within.end), at)
        value = found["value"].rstrip(",").strip("\"'") if found is not None else ""
        held = credentials.found(found["name"], value) if found is not None and "$" not in value else None
        if found is not None and held is not None:
            yield found["name"], held, Span(at, at + len(written))
