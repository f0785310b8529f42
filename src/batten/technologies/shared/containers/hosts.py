"""Products whose vendors document that they need parts of their host.

`hosts.json` has a row a product with its images, the vendor's page, and what that page gives it; a row without a page does not
go in. An image is the vendor's only under the vendor's whole name: Docker Hub, Quay and GitHub let anyone register a name, so
`evil/traefik` is not Traefik. Behind another registry's host the same name is most likely a copy, which nothing proves.
"""

from __future__ import annotations

import json
import posixpath
import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import cache
from typing import NotRequired, TypedDict, cast

from batten.facts import HostNeeds, Workload
from batten.files.own import own_text
from batten.technologies.shared.containers import images


class _Product(TypedDict):
    """`read`, `written`: host paths; `asked`: words, one of which its options, variables or files must name before it uses
    the socket; `commands`: those who log in to it command the engine."""

    name: str
    images: list[str]
    source: str
    read: NotRequired[list[str]]
    written: NotRequired[list[str]]
    devices: NotRequired[list[str]]
    namespaces: NotRequired[list[str]]
    capabilities: NotRequired[list[str]]
    privileged: NotRequired[bool]
    root: NotRequired[bool]
    socket: NotRequired[bool]
    asked: NotRequired[list[str]]
    filters: NotRequired[bool]
    commands: NotRequired[bool]
    safer: NotRequired[dict[str, str]]


_VARIABLE_TAG = re.compile(r"[:@][^/:@]*\0.*$")  # a tag that only the shell which starts it knows
_PROXY = "Give it a proxy of the socket that passes on only the calls that it needs."
# Registries at which anyone may register a name: there, only the vendor's whole name says whose an image is.
_OPEN = frozenset(
    ("docker.io", "quay.io", "ghcr.io", "gcr.io", "public.ecr.aws", "registry.gitlab.com", "codeberg.org", "lscr.io",
     "registry.k8s.io", "k8s.gcr.io", "mcr.microsoft.com", "docker.elastic.co", "nvcr.io", "cr.fluentbit.io")
)  # fmt: skip
# Copies of Docker Hub that their operators make, name for name.
COPIES = ("mirror.gcr.io/library/", "mirror.gcr.io/", "public.ecr.aws/docker/library/")
# Programs that run what they are given: in the place of the vendor's own, the image's name says nothing.
_SHELLS = frozenset(
    [
        "sh",
        "ash",
        "bash",
        "dash",
        "zsh",
        "ksh",
        "busybox",
        "python",
        "python3",
        "perl",
        "ruby",
        "node",
        "nsenter",
        "chroot",
        "env",
        "eval",
        "curl",
        "wget",
    ]
)


def with_needs(
    workload: Workload, image: str, words: Sequence[str] = (), hints: Iterable[str] | None = None
) -> Workload:
    """The workload, and its mounts, with what the vendor of its image documents.

    `image` may have a tag that is not known; `words` replace its own entry point or command; `hints` name what configures it
    (options, variables, mounted files), where all of that is known.
    """
    if workload.build_context or workload.dockerfile:
        return workload
    exposed = any(port.outside for port in workload.ports)
    found = needs(image, words, hints, exposed=exposed)
    if found is None:
        return workload
    mounts = tuple(replace(mount, needs=found) for mount in workload.mounts)
    return replace(workload, needs=found, mounts=mounts)


def needs(
    image: str, words: Sequence[str] = (), hints: Iterable[str] | None = None, *, exposed: bool = False
) -> HostNeeds | None:
    """What the vendor of an image documents that it needs of its host; None where the image, or what is started in it, is
    not known to be the vendor's. `exposed`: a port of it is published on every address."""
    # Whether the container starts a shell or an interpreter, with what is written to it.
    if not image or any(posixpath.basename(word.split()[0]) in _SHELLS for word in words[:1] if word.strip()):
        return None
    row, certain = _row(images.parse(_VARIABLE_TAG.sub("", image)).name)
    if row is None:
        return None
    asked, despite = row.get("asked"), ""
    if exposed and row.get("commands"):
        despite = "its port is published, and who logs in to it commands the engine"
    elif asked and hints is not None and not any(word in hint.lower() for hint in hints for word in asked):
        despite = "nothing turns on the provider that uses it"
    return replace(_needs(row["name"]), certain=certain, despite=despite)


def node_plugin(images_of_pod: Iterable[str]) -> HostNeeds | None:
    """What a driver of volumes needs of each node, as the Container Storage Interface has it; None where no registrar that
    Kubernetes' or a vendor's registry holds runs beside it. The driver itself may be anybody's."""
    for image in images_of_pod:
        row, certain = _row(images.parse(_VARIABLE_TAG.sub("", image)).name)
        if certain and row is not None and images.parse(image).name.endswith("node-driver-registrar"):
            return _needs("the Container Storage Interface")
    return None


def joined(every: Sequence[HostNeeds | None]) -> HostNeeds | None:
    """What containers with a common host need together; None where one of them is not known."""
    known = [one for one in every if one is not None]
    if not known or len(known) < len(every):
        return None
    lead = max(known, key=_breadth)
    return replace(
        lead,
        read=tuple(path for one in known for path in one.read),
        written=tuple(path for one in known for path in one.written),
        devices=frozenset().union(*(one.devices for one in known)),
        namespaces=frozenset().union(*(one.namespaces for one in known)),
        socket=any(one.socket for one in known),
        certain=all(one.certain for one in known),
    )


def _breadth(one: HostNeeds) -> int:
    return len(one.read) + len(one.written) + len(one.namespaces) + one.privileged + one.socket


def _row(name: str) -> tuple[_Product | None, bool]:
    """The product of an image's name, and whether the name proves it."""
    rows = _rows()
    for prefix in COPIES:
        name = name.removeprefix(prefix)
    if name in rows:
        return rows[name], True
    host, _, path = name.partition("/")
    foreign = (not set(".:\0").isdisjoint(host) or host == "localhost") and host not in _OPEN
    return next(
        (rows[n] for n in images.familiar(name) if n in rows), None
    ) if foreign and path else None, False


@cache
def _table() -> dict[str, _Product]:
    return cast(
        dict[str, _Product], json.loads(own_text("technologies/shared/containers/hosts.json") or "{}")
    )


@cache
def _rows() -> dict[str, _Product]:
    return {image: row for row in _table().values() for image in row["images"]}


@cache
def _needs(name: str) -> HostNeeds:
    row = next(row for row in _table().values() if row["name"] == name)
    socket = row.get("socket", False)
    return HostNeeds(
        product=name,
        source=row["source"],
        read=tuple(row.get("read", ())),
        written=tuple(row.get("written", ())),
        devices=frozenset(row.get("devices", ())),
        namespaces=frozenset(row.get("namespaces", ())),
        capabilities=frozenset(row.get("capabilities", ())),
        privileged=row.get("privileged", False),
        root=row.get("root", False),
        socket=socket,
        filters=row.get("filters", False),
        safer={"socket": _PROXY, **row.get("safer", {})}
        if socket and not row.get("filters")
        else row.get("safer", {}),
    )
