"""One finding over the API: evidence, history, fix, and where else it is."""

from __future__ import annotations

from sqlalchemy import Connection

from batten.watch.api import times
from batten.watch.api.asked import Asked, Reply
from batten.watch.api.problems import missing
from batten.watch.api.wire import shown
from batten.watch.store import waivers
from batten.watch.store.questions import one_finding

# Members of the answer in the order that clients know: evidence, then the finding, then its history.
_EVIDENCE = (
    "advice", "excerpt", "exchange", "reach", "also", "related", "also_breaks", "context", "technology", "fix", "accepted", "cut",
)  # fmt: skip
_SENTENCE = ("finding", "pointer", "why", "references")


def read_finding(db: Connection, asked: Asked) -> Reply:
    """One finding whole."""
    found = one_finding.one(db, asked.caller, asked.number("finding"), now=asked.now)
    if found is None:
        missing("finding")
    accepting = waivers.accepting(db, [one.id for one in found.waivers], asked.now)
    evidence = {name: getattr(found.detail, name) for name in _EVIDENCE}
    listed = [shown("Waiver", one, accepts=one.id in accepting) for one in found.waivers]
    body = shown(
        "FindingDetail", found, **evidence, waivers=listed, open_seconds=times.seconds(found.open_for)
    )
    return Reply(body={name: body[name] for name in (*_EVIDENCE, *_SENTENCE)} | body)
