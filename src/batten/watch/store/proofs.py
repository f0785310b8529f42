"""Up to when an environment's side is known: one row a side, written by each run that looked at it."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import Connection, select

from batten.watch.ledger.knowledge import Proof
from batten.watch.model import Side
from batten.watch.store.dialects import insert
from batten.watch.store.tables import proof


def of(db: Connection, environment: int) -> dict[Side, Proof]:
    """The proofs of an environment by side; a side that no run has looked at has none."""
    rows = db.execute(select(proof).where(proof.c.environment == environment))
    return {
        Side(row.side): Proof(at=row.at, run=row.run, version=row.version, missed=row.missed) for row in rows
    }


def write(db: Connection, environment: int, proofs: Mapping[Side, Proof]) -> None:
    """Write the proofs of the sides that a run looked at; those of others stay."""
    rows = [
        {
            "environment": environment,
            "side": side.value,
            "run": one.run,
            "at": one.at,
            "version": one.version,
            "missed": one.missed,
        }
        for side, one in proofs.items()
    ]
    if not rows:
        return
    made = insert(db, proof)
    new = {name: made.excluded[name] for name in ("run", "at", "version", "missed")}
    key = [proof.c.environment, proof.c.side]
    db.execute(made.on_conflict_do_update(index_elements=key, set_=new), rows)
