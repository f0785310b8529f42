"""A command that starts an application, as one of its files says it."""

from __future__ import annotations

from batten.model.record import record


@record(kw_only=True)
class Start:
    """`source` is the file, for people; `line` is quoted as for a shell. `port` and `health` are what stands beside it: 0 and ""
    where nothing does."""

    source: str
    line: str
    port: int = 0
    health: str = ""
