"""Evidence that a deployment means what a control asks about: what it shows beside the setting itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field

from batten.model.record import record


@record(kw_only=True)
class HostNeeds:
    """The access to its host that the vendor of an image documents. Paths include all below them; what is read may not be
    written."""

    product: str  # as it is written in a sentence: "Traefik", "the Datadog Agent"
    source: str  # the vendor's page
    read: tuple[str, ...] = ()
    written: tuple[str, ...] = ()
    devices: frozenset[str] = frozenset()
    namespaces: frozenset[str] = frozenset()  # "pid", "network" … of `Switch.HOST_*`
    capabilities: frozenset[str] = frozenset()
    privileged: bool = False
    root: bool = False  # as the user of its processes
    socket: bool = False  # the container engine's
    filters: bool = False  # it is given the socket so that others are not
    despite: str = ""  # why the documentation does not settle what the socket is for here, as a clause
    certain: bool = True  # the image is at one of the vendor's own registries, or at a copy of Docker Hub
    safer: Mapping[str, str] = field(
        default_factory=dict
    )  # "socket", "written", "privileged": what would be safer

    def reads(self, path: str) -> bool:
        """Whether the documentation gives it a path of the host, at least read-only."""
        return self.writes(path) or any(_within(path, one) for one in self.read)

    def writes(self, path: str) -> bool:
        """Whether the documentation gives it a path of the host to write."""
        return any(_within(path, one) for one in self.written)


def _within(path: str, folder: str) -> bool:
    return path == folder or path.startswith(f"{folder.rstrip('/')}/")
