"""Which of several contracts a request is judged by: one listener may serve several APIs, by host and first segments of the path."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from batten.guard.senders.hosts import Hosts
from batten.model.record import record

if TYPE_CHECKING:
    from batten.guard.compiled import Compiled


@record
class Service:
    """`hosts` is None for every host, `prefix` "" for every path."""

    name: str
    compiled: Compiled
    hosts: Hosts | None = None
    prefix: bytes = b""

    def takes(self, host: bytes, raw_path: bytes) -> bool:
        if self.hosts is not None and not self.hosts[host]:
            return False
        prefix = self.prefix
        return not prefix or raw_path == prefix or raw_path.startswith(prefix + b"/")


class Services:
    """At most one takes a request: longer prefixes come first, and named hosts before every host."""

    __slots__ = ("all",)

    def __init__(self, services: Iterable[Service]) -> None:
        self.all = tuple(sorted(services, key=lambda each: (-len(each.prefix), each.hosts is None)))

    def of(self, host: bytes, raw_path: bytes) -> Service | None:
        for service in self.all:
            if service.takes(host, raw_path):
                return service
        return None
