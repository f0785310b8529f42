"""What a worker holds for each of several APIs."""

from __future__ import annotations

import ssl
from collections.abc import Mapping

from batten.guard.accounting import Accounting
from batten.guard.proxy.clock import Clock
from batten.guard.proxy.meter import Meter
from batten.guard.proxy.settings import Settings, Upstream
from batten.guard.proxy.upstream import Pool
from batten.guard.requests.heads import is_plain
from batten.guard.tally import Tally
from batten.guard.verdicts import Head


class Lane:
    """One API: its books, and the connections to its upstream."""

    __slots__ = ("accounting", "meter", "pool")

    def __init__(self, accounting: Accounting, pool: Pool, meter: Meter) -> None:
        self.accounting = accounting
        self.pool = pool
        self.meter = meter


class Lanes:
    """By the name of the service."""

    def __init__(
        self,
        settings: Settings,
        clock: Clock,
        meter: Meter,
        accounting: Accounting,
        tls: Mapping[Upstream, ssl.SSLContext | None],
    ) -> None:
        self._lanes = {
            one.name: Lane(accounting, Pool(one.settings(settings), clock, meter, number, tls), meter)
            for number, one in enumerate(settings.services)
        }
        self._tallies = {name: Tally() for name in self._lanes}
        self.pools = [lane.pool for lane in self._lanes.values()]
        self.take(accounting)

    def take(self, common: Accounting) -> None:
        """The contracts that `common` brings, all at once."""
        self._services = common.compiled.services
        for service in self._services.all if self._services is not None else ():
            lane = self._lanes[service.name]
            tally = self._tallies[service.name]
            lane.accounting = Accounting(
                service.compiled, tally, common.traffic, common.buckets, service.name
            )
            lane.pool.forget_answers()

    def of(self, head: Head) -> Lane | None:
        """For a request, by its Host and path; None where no service takes it, or where its path may be read as another's."""
        if not is_plain(head.raw_path):
            return None
        host = next((value for name, value in head.headers if name == b"host"), b"")
        service = self._services.of(host, head.raw_path) if self._services is not None else None
        return None if service is None else self._lanes[service.name]
