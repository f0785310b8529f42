"""A program that writes runs to a database until it is ended: `python watch_writer.py URL NAME ENVIRONMENT`.

It says the number of each run after the database has confirmed its end, and "! " with a sentence for what went wrong. What a former
one of its name left unfinished it gives up first, as a service does.
"""

from __future__ import annotations

import sys

from sqlalchemy.exc import DBAPIError

from batten.watch.model import MINUTE, SERVICE, Happening, Why
from batten.watch.store import audit, runs
from batten.watch.store.database import Database, now, open_database, unavailable
from batten.watch.store.runs import Result


def once(database: Database, name: str, number: int) -> int:
    """A run from its beginning to its end, in two transactions; its number."""
    with database.begin() as db:
        for left in runs.running(db):
            if left.worker == name:
                runs.lost(db, left, now())
                runs.cancel(db, SERVICE, left.id, now())
        held = runs.begin(db, number, Why.DEMAND, name, now(), MINUTE, name)
        assert held is not None
    with database.begin() as db:
        assert runs.finish(db, held, now(), Result(standing=held.id))
        audit.append(db, now(), name, Happening.RUN_DONE.value, str(held.id), number, {"text": "x" * 500})
    return held.id


def say(text: str) -> None:
    print(text, flush=True)


def main(url: str, name: str, number: int) -> None:
    database = open_database(url)
    while True:
        try:
            say(str(once(database, name, number)))
        except DBAPIError as error:
            say(f"! {unavailable(error)}")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
