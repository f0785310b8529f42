"""The tables. Times are milliseconds since 1970, UTC; what is JSON is text; what is an enumeration is its value, severities numbers.

A change here is a migration in `migrations/`, and a test holds the two against each other.
"""

from batten.watch.store.tables.accounts import attempt, audit, grant, session, token, user
from batten.watch.store.tables.alerts import channel, outbox, told
from batten.watch.store.tables.columns import metadata
from batten.watch.store.tables.environments import delivery, environment, run, team
from batten.watch.store.tables.findings import detail, event, interval, life, proof, span, waiver
from batten.watch.store.tables.service import assignment, repeat, setting, turn

__all__ = [
    "assignment",
    "attempt",
    "audit",
    "channel",
    "delivery",
    "detail",
    "environment",
    "event",
    "grant",
    "interval",
    "life",
    "metadata",
    "outbox",
    "proof",
    "repeat",
    "run",
    "session",
    "setting",
    "span",
    "team",
    "token",
    "told",
    "turn",
    "user",
    "waiver",
]

# A number is never given again, not even that of the last row when it was removed: grants, alerts and clients remember numbers.
for _table in metadata.tables.values():
    if "id" in _table.c:
        _table.dialect_options["sqlite"]["autoincrement"] = True
