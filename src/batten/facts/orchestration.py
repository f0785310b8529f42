"""Containers: how they are built, run and joined."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import field

from batten.facts.fact import Fact
from batten.facts.intent import HostNeeds, ImageProfile
from batten.model import Setting, Switch
from batten.model.record import record

# Loopback, private, link-local and shared addresses: RFC 1122, 1918, 3927, 4193, 4291, 6598.
_INSIDE = re.compile(
    r"127\.|10\.|192\.168\.|172\.(?:1[6-9]|2\d|3[01])\.|169\.254\.|100\.(?:6[4-9]|[7-9]\d|1[01]\d|12[0-7])\."
    r"|::1$|f[cd]..:|fe[89ab].:|localhost$",
    re.IGNORECASE,
)


@record(kw_only=True)
class Mount(Fact):
    """A host path, volume or socket in a container."""

    source: Setting[str]  # host path (relative to the file's folder when it starts with "."), or a name
    target: str
    kind: str  # "bind", "volume", "tmpfs", "config", "secret"
    read_only: Setting[bool]
    path: str = ""  # the source as a path below the root, when it is there
    needs: HostNeeds | None = None  # what the vendor of the container's image documents
    node: bool = False  # of the machine that an orchestrator happens to choose


@record(kw_only=True)
class PublishedPort(Fact):
    service: str
    host_address: Setting[str]  # "0.0.0.0" when none is written
    host_port: Setting[int]
    container_port: int
    protocol: str = "tcp"
    admin: str = ""  # who answers there ("redis", "ssh", "docker"), if it should be private
    guessed: bool = False  # only the number says who
    via: str = ""  # how it is published where no address says it: "every node", "a load balancer"
    offered: bool = False  # an image says that it listens there; what runs it may publish it

    @property
    def outside(self) -> bool:
        """Whether it is reachable from the internet; an unknown or private address counts as not."""
        address = self.host_address.known("127.0.0.1").strip("[]")
        return _INSIDE.match(address) is None


@record
class Network(Fact):
    name: str
    internal: Setting[bool]
    services: tuple[str, ...] = ()


@record(kw_only=True)
class Workload(Fact):
    """One kind of container as it will run. None: this orchestrator has no such setting."""

    name: str
    image: Setting[str]
    user: Setting[str]  # ABSENT default: "root" unless the image says otherwise (then UNKNOWN)
    privileged: Setting[bool]
    added_capabilities: Setting[tuple[str, ...]]
    dropped_capabilities: Setting[tuple[str, ...]]
    host_namespaces: tuple[Setting[Switch], ...] = ()  # Switch.HOST_*, those that it shares
    devices: tuple[Setting[str], ...] = ()
    mounts: tuple[Mount, ...] = ()
    no_new_privileges: Setting[bool] | None = None
    seccomp: Setting[str] | None = None  # "unconfined", "RuntimeDefault", a profile
    apparmor: Setting[str] | None = None
    read_only_root: Setting[bool] | None = None
    memory: Setting[str] | None = None
    cpus: Setting[str] | None = None
    pids: Setting[str] | None = None
    health: Setting[bool] | None = None  # False: turned off
    networks: tuple[str, ...] = ()
    ports: tuple[PublishedPort, ...] = ()
    environment: Mapping[str, Setting[str]] = field(default_factory=dict)
    build_context: str = ""  # path below the root, when the image is built here
    dockerfile: str = ""
    depends_on: tuple[str, ...] = ()
    edge: bool = False  # its image is a reverse proxy's
    theirs: bool = False  # its image is a product that others build, as its name shows
    drops: bool = False  # what starts it as root serves requests as another user
    once: bool = False  # others start when it has ended
    idle: bool = False  # an image that starts nothing and offers no port: others are built on it, or a pipeline runs its tools
    scope: str = ""  # what its names are unique in; "": its project
    project: tuple[str, ...] = ()  # the files that run together with its own, where it is not alone
    aliases: tuple[str, ...] = ()  # other names by which workloads of its scope call it
    entrances: tuple[str, ...] = ()  # edges that let the outside in to it: "Ingress shop"
    account: Setting[str] | None = None  # the account it has at its orchestrator
    token: Setting[bool] | None = None  # the account's credential is mounted in it
    root_refused: Setting[bool] | None = None  # the orchestrator does not start it as root
    sysctls: tuple[Setting[str], ...] = ()  # kernel settings that others on its machine notice
    unmasked: Setting[bool] | None = None  # files of /proc that its runtime hides from others are shown to it
    refusals: Mapping[Switch, str] = field(default_factory=dict)  # what is refused of it, and by which policy
    needs: HostNeeds | None = None  # what the vendor of its image documents
    profile: ImageProfile | None = None  # how containers of its image live
    words: tuple[str, ...] = ()  # its command line, as far as the file says it
    node_ports: tuple[Setting[int], ...] = ()  # of the machine that an orchestrator happens to choose


@record(kw_only=True)
class Image(Fact):
    """A reference to an image: which one, and how exactly it is named."""

    reference: Setting[str]
    name: str = ""  # without registry host default, tag and digest
    tag: str = ""
    digest: str = ""
    stage: bool = False  # names an earlier stage of the same build, or scratch
    built_here: bool = False
    usual: bool = False  # most images of the repository have no version, as it has none
    frequent: bool = False  # not most of them, but many
    given: str = ""  # the variable that names its version
    once: bool = False  # what it runs ends, and is not started again


@record
class BuildStep(Fact):
    """Something a build does that weakens what it builds."""

    weakness: Switch
    text: str = ""


@record(kw_only=True)
class BuildContext(Fact):
    """What `COPY` can take into an image, against what is kept out."""

    path: str
    copies_all: bool
    ignore_file: Setting[str]
    sensitive: tuple[str, ...] = ()  # files here that would be copied and must not be readable in the image
