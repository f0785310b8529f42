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


@record(kw_only=True)
class ImageProfile:
    """How the containers of an image live, by its vendor's documentation and build files. What is not known is None, or "".

    `scratch` are the paths beside its volumes that it writes and that hold nothing at first, so that a tmpfs does for them.
    """

    product: str  # as it is written in a sentence
    source: str  # the vendor's page
    root: bool = False  # its entry point starts as root
    user: str = ""  # whom its processes run as, in the end: `999:999`
    capabilities: tuple[str, ...] | None = None  # what its start needs, of those that Docker gives by default
    file_capabilities: bool = False  # its program has some, and does not start where they are dropped
    gains: bool = False  # programs in it gain privileges while it runs
    scratch: tuple[str, ...] | None = None
    data: tuple[str, ...] = ()  # volumes that it declares
    memory: str = ""  # the least that its vendor requires
    health: str = ""  # a command in the image that fails when the service does not answer
    varies: bool = False  # a variable may name another image
    open: str = ""  # why the profile does not settle what is started here, as a clause

    @property
    def drops_nothing(self) -> bool:
        """Whether its processes have no capabilities anyway: they are nobody's that has any, and no file grants one."""
        return not self.root and not self.file_capabilities and self.capabilities == ()


def _within(path: str, folder: str) -> bool:
    return path == folder or path.startswith(f"{folder.rstrip('/')}/")
