"""Remedies written into Compose files."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from batten.controls.workloads import DropCapabilities, LimitAll
from batten.formats import Mapping, Node, Scalar, Sequence, Workspace, key_path, yaml
from batten.formats.document import Text, Uneditable
from batten.formats.paths import Path
from batten.formats.yaml_edits import append_item, remove, set_value
from batten.model import (
    Bind,
    Edit,
    Fix,
    Kind,
    Location,
    Pin,
    Remedy,
    RequireAuth,
    RunAs,
    Safety,
    Span,
    TurnOff,
    TurnOn,
    Unpublish,
)
from batten.model.record import record
from batten.technologies import Unit, _images, _switches
from batten.technologies.compose import credentials

_SERVICE = re.compile(r"services\[([^\]]+)\]")


@record
class Place:
    """Where a remedy is to be written. `path` leads to the thing that the violation pointed at."""

    source: Text
    root: Node
    path: Path
    service: str
    at: Location

    def set(self, *rest: str, value: str) -> list[Edit]:
        return set_value(self.source, self.root, (*self.path, *rest), value)

    def removed(self) -> list[Edit]:
        return remove(self.source, self.root, self.path, prune=True)

    @property
    def node(self) -> Node | None:
        return node_at(self.root, self.path)


def write(unit: Unit, workspace: Workspace, remedy: Remedy, at: Location) -> Fix | None:
    document = workspace.document(at.source, yaml.parse)
    path = path_of(document.tree, at.span) if at.span else None
    if path is None:
        return None
    named = _SERVICE.match(at.pointer)
    place = Place(document.source, document.tree, path, named[1] if named else "", at)
    try:
        return _written(place, remedy)
    except Uneditable:
        return None


def path_of(root: Node, span: Span) -> Path | None:
    """The way to the value, the alias or the whole entry that covers exactly this span; to the innermost,
    where a mapping covers no more than its only entry."""
    found: Path | None = None
    pending: list[tuple[Node, Path]] = [(root, ())]
    while pending:
        node, path = pending.pop()
        if node.span == span and (found is None or len(path) > len(found)):
            found = path
        for below, child, places in _children(node):
            if span in places and (found is None or len(path) >= len(found)):
                found = (*path, below)
            if child is not None:
                pending.append((child, (*path, below)))
    return found


def _children(node: Node) -> Iterator[tuple[str | int, Node | None, tuple[Span | None, ...]]]:
    """Keys or numbers, what to look into, and the places that stand for the entry as a whole."""
    if isinstance(node, Mapping):
        for entry in node:
            if not entry.merged:
                child = entry.value if entry.alias is None else None
                yield entry.key.text, child, (entry.span, entry.alias)
    elif isinstance(node, Sequence):
        for number, item in enumerate(node):
            yield number, None if number in node.aliases else item, (node.aliases.get(number),)


def node_at(root: Node, path: Path) -> Node | None:
    node: Node | None = root
    for part in path:
        if isinstance(node, Mapping):
            node = node[str(part)]
        elif isinstance(node, Sequence) and isinstance(part, int) and part < len(node.items):
            node = node.items[part]
        else:
            return None
    return node


def _written(place: Place, remedy: Remedy) -> Fix | None:
    match remedy:
        case TurnOff(feature):
            return _turned_off(place, feature)
        case TurnOn(feature):
            return _turned_on(place, feature)
        case DropCapabilities(names):
            return _without_capabilities(place, names)
        case LimitAll():
            return _limited(place, remedy)
        case RunAs(user):
            breaks = f"{place.service}, where it writes to files that another user owns"
            return _risky(
                f"run {place.service} as user {user}", _under(place, "user", json.dumps(user)), breaks
            )
        case Bind(addresses) if addresses:
            return _bound(place, addresses[0])
        case Unpublish():
            breaks = f"whoever reaches {place.service} through the host's port"
            return _risky("do not publish the port", place.removed(), breaks)
        case RequireAuth(secret):
            return credentials.required(place.source, place.root, place.path, place.service, secret)
        case Pin(version):
            return _pinned(place, version)
        case _:
            return None


def _risky(title: str, edits: list[Edit], breaks: str) -> Fix | None:
    return Fix(title, tuple(edits), Safety.RISKY, breaks) if edits else None


def _under(place: Place, key: str, value: str) -> list[Edit]:
    """The key set in the service, or the value replaced where it is written."""
    return place.set(value=value) if place.at.kind is Kind.VALUE else place.set(key, value=value)


# feature -> title, what may break; the item or key that the violation pointed at goes away
_REMOVED = {
    "host-network": (
        "take {} off the host's network",
        "callers of ports that it opened on the host: publish those that are needed",
    ),
    "host-pid": ("give {} its own processes", "tools in {} that look at the host's processes"),
    "host-ipc": ("give {} its own shared memory", "programs that share memory with the host"),
    "host-users": ("map the users of {} as the daemon does", "files that {} owns on the host"),
    "host-uts": ("give {} its own host name", "programs in {} that set the host's name"),
    "host-cgroup": ("give {} its own control groups", "programs in {} that manage the host's control groups"),
    "mount": ("take the host path away from {}", "whatever {} does with that path"),
    "device": ("take the host device away from {}", "whatever {} does with that device"),
    "seccomp-unconfined": (
        "filter the system calls of {}",
        "programs that make calls which Docker's profile refuses",
    ),
    "apparmor-unconfined": ("confine {} again", "programs that do what Docker's profile refuses"),
}


def _turned_off(place: Place, feature: str) -> Fix | None:
    if feature in _REMOVED:
        title, breaks = (words.format(place.service) for words in _REMOVED[feature])
        return _risky(title, place.removed(), breaks)
    if feature == "privileged":
        breaks = f"{place.service}, where it uses the host's devices or kernel"
        return _risky(f"run {place.service} without the host's privileges", place.set(value="false"), breaks)
    if feature == "debug":
        return _debug_off(place)
    return None


def _debug_off(place: Place) -> Fix | None:
    node, name = place.node, place.at.pointer.rpartition("[")[2].rstrip("]")
    if not isinstance(node, Scalar):
        return None
    written = node.text.partition("=")[2] if isinstance(place.path[-1], int) else node.text
    value = _switches.production(name, written)
    if value is None:
        return None
    text = f"{name}={value}" if isinstance(place.path[-1], int) else json.dumps(value)
    return _risky(f"turn {name} off", place.set(value=text), "developers who rely on debug pages")


def _turned_on(place: Place, feature: str) -> Fix | None:
    match feature:
        case "cap-drop-all":
            breaks = (
                f"{place.service}, where it changes owners or users when it starts: give back what it needs"
            )
            key = () if place.at.pointer.endswith("/cap_drop") else ("cap_drop",)
            return _risky("drop all capabilities", place.set(*key, value="[ALL]"), breaks)
        case "no-new-privileges":
            value = "no-new-privileges:true"
            if place.at.kind is Kind.VALUE:
                return Fix("forbid new privileges", tuple(place.set(value=value)))
            edits = append_item(place.source, place.root, (*place.path, "security_opt"), value)
            breaks = f"programs in {place.service} that use sudo, su or file capabilities"
            return _risky("forbid new privileges", edits, breaks)
        case "read-only-root":
            breaks = f"{place.service}, where it writes outside its volumes: give it a tmpfs there"
            return _risky("make the root file system read-only", _under(place, "read_only", "true"), breaks)
        case "internal":
            breaks = "services on this network that publish ports or call the internet over it"
            return _risky("make the network internal", _under(place, "internal", "true"), breaks)
        case "health-check":
            question = "which command, run in the container, fails when the service is not healthy?"
            return Fix("add a health check", (), Safety.VALUE, question=question)
        case _:
            return None


def _without_capabilities(place: Place, names: tuple[str, ...]) -> Fix | None:
    node = place.node
    if not isinstance(node, Sequence):
        return None
    given = [item.text for item in node if isinstance(item, Scalar)]
    kept = [name for name in given if name.upper().removeprefix("CAP_") not in names]
    edits = place.set(value=json.dumps(kept)) if kept else place.removed()
    return _risky(f"do not add {', '.join(names)}", edits, f"whatever {place.service} does with them")


_LIMITS = {"memory": "mem_limit", "cpu": "cpus", "pids": "pids_limit"}
_DEPLOYED = {"memory": "memory", "cpu": "cpus", "pids": "pids"}


def _limited(place: Place, remedy: LimitAll) -> Fix | None:
    deployed = isinstance(key_path(node_at(place.root, place.path), "deploy", "resources", "limits"), Mapping)
    edits: list[Edit] = []
    for limit in remedy.limits:
        if deployed:
            value = json.dumps(limit.amount) if limit.resource == "cpu" else limit.amount
            edits += place.set("deploy", "resources", "limits", _DEPLOYED[limit.resource], value=value)
        else:
            edits += place.set(_LIMITS[limit.resource], value=limit.amount)
    what = ", ".join(f"{limit.resource} {limit.amount}" for limit in remedy.limits)
    return _risky(f"bound {place.service} to {what}", edits, f"{place.service}, when it needs more than that")


def _bound(place: Place, address: str) -> Fix | None:
    node = place.node
    breaks = f"whoever reaches {place.service} from another machine"
    title = f"publish the port on {address} only"
    if isinstance(node, Mapping):
        return _risky(title, place.set("host_ip", value=address), breaks)
    if not isinstance(node, Scalar):
        return None
    rest, _, inner = node.text.rpartition(":")
    host = rest.rpartition(":")[2] if not rest.endswith("]") else ""
    if "${" in node.text:  # a colon may stand within a variable
        found = re.fullmatch(
            r"(?:[\d.]+:|\[[^\]]*\]:)?((?:\$\{[^}]*\}|[^:$])*):((?:\$\{[^}]*\}|[^:$])+)", node.text
        )
        if found is None:
            return None
        host, inner = found[1], found[2]
    value = json.dumps(f"{address}:{host}:{inner}")
    return _risky(title, set_value(place.source, place.root, place.path, value, keep_quotes=False), breaks)


def _pinned(place: Place, version: str) -> Fix | None:
    """Another version of the image; a store's data, or a base that the tag names, is not ours to move."""
    node = place.node
    known = isinstance(node, Scalar) and "$" not in node.text
    if not version or not known or not place.at.pointer.endswith("/image"):
        question = f"which version of the image should {place.service} run (image: name:version@sha256:…)?"
        return Fix("pin the image", (), Safety.VALUE, question=question)
    image = _images.retagged(node.text, version) if isinstance(node, Scalar) else ""
    breaks = f"{place.service}, where it relies on what changed up to {version}"
    return _risky(f"run {image}", place.set(value=image), breaks)
