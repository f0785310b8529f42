"""From runs that wait to jobs of a fleet: in one transaction, so that neither is without the other."""

from __future__ import annotations

import time
from importlib.util import find_spec

from batten.watch.store.database import Database

_BATCH = 200
_LOOKS = 30.0  # seconds between two looks for a fleet, and for jobs that were lost


class Delivery:
    """Tells the workers of a fleet, where there are any, what waits."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self._installed = find_spec("procrastinate") is not None
        self._there = False
        self._looked = float("-inf")

    def once(self) -> None:
        """Deliver what was not yet. Raises SQLAlchemyError."""
        if not self._installed:
            return
        from batten.watch.store import jobs

        if time.monotonic() - self._looked >= _LOOKS:
            self._looked = time.monotonic()
            with self.database.begin() as db:
                self._there = jobs.are_there(db)
                if self._there:
                    jobs.lost(db)
        app = jobs.app() if self._there else None
        while app is not None:
            with self.database.begin() as db:
                found = jobs.undelivered(db, _BATCH)
                jobs.deliver(db, app, found) if found else None
            if len(found) < _BATCH:
                return
