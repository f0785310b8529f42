"""What an assessment of `batten watch` brought, in a few words, and runs that end with it."""

from __future__ import annotations

from batten.engine.identity import Identity, kin_of
from batten.model import Severity
from batten.watch.ledger.knowledge import Changes
from batten.watch.model import Assessed, Seen, Side, Why
from batten.watch.store import knowledge, runs
from batten.watch.store.database import Database

CONTROLS = ("hsts-sent", "cors-closed", "store-password")


def seen(
    control: str = "hsts-sent", place: str = "nginx.conf", side: Side = Side.DECLARED,
    severity: Severity = Severity.MEDIUM, value: str = "", **more: object,
) -> Seen:  # fmt: skip
    """A finding of a control at a place; its identity is made as batten's is."""
    pointer = str(more.pop("pointer", "server"))
    kin = kin_of(control, "absent", pointer)
    live = "prod" if side is Side.OBSERVED else ""
    name = Identity(kin, "" if live else place, live).fingerprint
    made: dict[str, object] = {
        "side": side, "fingerprint": name, "kin": kin, "control": control, "case": "absent", "severity": severity,
        "message": f"`{pointer}` breaks {control}", "place": place, "pointer": pointer, "cause": f"{control} absent",
        "value": value, "detail": b'{"why":"it matters"}',
    }  # fmt: skip
    return Seen(**{**made, **more})  # type: ignore[arg-type]


def whole(*found: Seen, judged: tuple[str, ...] = CONTROLS, version: str = "1") -> Assessed:
    """An assessment that left nothing out on either side."""
    return Assessed(
        found=found, judged={side: frozenset(judged) for side in Side}, complete=frozenset(Side), version=version,
        places=frozenset({"compose.yml"} | {one.place for one in found if one.side is Side.DECLARED}),
    )  # fmt: skip


def settled(database: Database, environment: int, assessed: Assessed, now: int) -> Changes:
    """What a run of an environment that ends with this assessment changes."""
    with database.begin() as db:
        run = runs.begin(db, environment, Why.DEMAND, "a test", now, 60_000, "worker")
        assert run is not None
        made = knowledge.settle(db, run, assessed, now)
        assert made is not None
        return made
