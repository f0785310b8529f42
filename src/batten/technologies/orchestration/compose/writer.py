"""Remedies written into Compose files."""

from __future__ import annotations

import json
import re

from batten.controls._hardening import KeepCapabilities, ReadOnlyRoot
from batten.controls.workloads import DropCapabilities, LimitAll
from batten.formats import Mapping, Scalar, Sequence, Workspace, key_path, yaml
from batten.formats.document import Uneditable
from batten.formats.tree import node_at
from batten.formats.yaml_edits import append_item, set_value
from batten.model import Edit, Fix, Kind, Location, Quantity, Remedy, Safety, Switch
from batten.model import remedy as want
from batten.technologies import Unit
from batten.technologies.orchestration.compose import credentials, options
from batten.technologies.orchestration.compose.places import Place, path_of
from batten.technologies.shared.containers import amounts, images
from batten.technologies.shared.stores.options import OPTIONS
from batten.technologies.shared.text.field_edits import risky

_SERVICE = re.compile(r"services\[([^\]]+)\]")


def write(unit: Unit, workspace: Workspace, remedy: Remedy, at: Location) -> Fix | None:
    if not at.source.endswith((".yaml", ".yml")):
        return None  # a file that a service mounts
    document = workspace.document(at.source, yaml.parse)
    path = path_of(document, at.span, workspace) if at.span else None
    if path is None:
        return None
    named = _SERVICE.match(at.pointer)
    place = Place(
        workspace=workspace,
        source=document.source,
        root=document.tree,
        path=path,
        service=named[1] if named else "",
        at=at,
    )
    try:
        return _written(place, remedy)
    except Uneditable:
        return None


def _written(place: Place, remedy: Remedy) -> Fix | None:
    match remedy:
        case want.TurnOff(feature):
            return _turned_off(place, feature)
        case KeepCapabilities():
            return _dropped(place, remedy)
        case ReadOnlyRoot(scratch=folders):
            return _read_only(place, folders)
        case want.TurnOn(feature):
            return _turned_on(place, feature)
        case DropCapabilities(names):
            node = place.node
            if not isinstance(node, Sequence):
                return None
            given = [item.text for item in node if isinstance(item, Scalar)]
            kept = [name for name in given if name.upper().removeprefix("CAP_") not in names]
            edits = place.set(value=json.dumps(kept)) if kept else place.removed()
            return risky(
                f"do not add {', '.join(names)}", edits, f"programs in {place.service} that need them"
            )
        case LimitAll():
            return _limited(place, remedy)
        case want.RunAs(user):
            breaks = f"{place.service}, if it writes to files of another user"
            return risky(
                f"run {place.service} as user {user}", _under(place, "user", json.dumps(user)), breaks
            )
        case want.Bind(addresses) if addresses:
            return _bound(place, addresses[0])
        case want.Unpublish():
            return _unpublished(place)
        case want.RequireAuth(secret):
            return credentials.required(
                place.workspace, place.source, place.root, place.path, place.service, secret
            )
        case want.Pin(version):
            return _pinned(place, version)
        case _:
            return None


_OUTSIDE = re.compile(
    r"(?<![\w.-])(?:[a-z0-9-]{1,63}\.){1,6}(?:com|net|org|io|co|dev|app|eu|de|fr|uk|us|cloud|email|ai)(?![\w.-])(?!/[\w-])"
)


def _on_this_network_alone(place: Place) -> str:
    """A service that has no other network, and whose variables name a host of the internet; "" where there is none."""
    services, name = key_path(place.root, "services"), str(place.path[-1])
    for entry in services if isinstance(services, Mapping) else ():
        networks = entry.value.entry("networks") if isinstance(entry.value, Mapping) else None
        held = networks.value if networks is not None else None
        names = [e.key.text for e in held] if isinstance(held, Mapping) else []
        if isinstance(held, Sequence):
            names = [item.text for item in held.items if isinstance(item, Scalar)]
        variables = entry.value.entry("environment") if isinstance(entry.value, Mapping) else None
        said = variables.value.span if variables is not None else None
        if names == [name] and said is not None and _OUTSIDE.search(place.source.text[said.start : said.end]):
            return entry.key.text
    return ""


def _under(place: Place, key: str, value: str) -> list[Edit]:
    """The key set in the service, or the value replaced where it is written."""
    return place.set(value=value) if place.at.kind is Kind.VALUE else place.set(key, value=value)


# feature -> title, what may break; the item or key that the violation pointed at goes away
_REMOVED = {
    Switch.HOST_NETWORK: (
        "remove {} from the host's network",
        "clients of ports that it opens on the host: publish the ports that are needed",
    ),
    Switch.HOST_PID: ("give {} its own process namespace", "tools in {} that inspect the host's processes"),
    Switch.HOST_IPC: ("give {} its own IPC namespace", "programs that share memory with the host"),
    Switch.HOST_USERS: ("use the daemon's user namespace for {}", "files that {} owns on the host"),
    Switch.HOST_UTS: ("give {} its own UTS namespace", "programs in {} that set the host name"),
    Switch.HOST_CGROUP: (
        "give {} its own cgroup namespace",
        "programs in {} that manage the host's control groups",
    ),
    Switch.MOUNT: ("remove the host path from {}", "programs in {} that use that path"),
    Switch.DEVICE: ("remove the host device from {}", "programs in {} that use that device"),
    Switch.SECCOMP_UNCONFINED: (
        "apply the default seccomp profile to {}",
        "programs that need system calls outside Docker's default profile",
    ),
    Switch.UNMASKED_PROC: (
        "hide the masked system paths from {}",
        "programs that use these paths of /proc and /sys",
    ),
    Switch.APPARMOR_UNCONFINED: (
        "apply the default AppArmor and SELinux confinement to {}",
        "programs that need access outside the default confinement",
    ),
}


def _turned_off(place: Place, feature: Switch) -> Fix | None:
    if feature in _REMOVED:
        title, breaks = (words.format(place.service) for words in _REMOVED[feature])
        return risky(title, place.removed(), breaks)
    if feature is Switch.PRIVILEGED:
        breaks = f"{place.service}, if it uses the host's devices or kernel"
        return risky(f"run {place.service} unprivileged", place.set(value="false"), breaks)
    match feature:
        case Switch.CONSOLE | Switch.METRICS if "/ports[" in place.at.pointer:
            return _bound(place, "127.0.0.1")
        case Switch.DEBUG | Switch.RELOAD | Switch.CONSOLE | Switch.ERROR_DETAILS:
            return options.debug_off(place)
        case Switch.PRIVILEGED_STEP | Switch.HOST_NETWORK_STEP:
            return risky("build without privileges", place.removed(), "builds that use the build host")
        case _ if feature in OPTIONS:
            return options.store_option_off(place, feature)
        case _:
            return None


def _turned_on(place: Place, feature: Switch) -> Fix | None:
    match feature:
        case Switch.NO_NEW_PRIVILEGES:
            value = "no-new-privileges:true"
            if place.at.kind is Kind.VALUE:
                return Fix("set no-new-privileges", tuple(place.set(value=value)))
            # The service of the file that a service extends, or itself: Compose adds the heir's lists to those of its
            # base, and rejects a list that has one item twice. Source:
            # https://docs.docker.com/reference/compose-file/services/#extends
            extended_path = place.path
            seen = [extended_path]
            while len(extended_path) == 2 and extended_path[0] == "services":
                extends = key_path(node_at(place.root, extended_path), "extends")
                target = (
                    extends["service"] if isinstance(extends, Mapping) and "file" not in extends else extends
                )
                extended_path = ("services", target.text) if isinstance(target, Scalar) else ()
                if (
                    not isinstance(node_at(place.root, extended_path), Mapping)
                    or not extended_path
                    or extended_path in seen
                ):
                    break
                seen.append(extended_path)
            path = seen[-1]
            edits = append_item(place.source, place.root, (*path, "security_opt"), value)
            whose = place.service if path == place.path else f"services that extend {path[-1]}"
            breaks = f"programs in {whose} that use sudo, su or file capabilities"
            return risky("set no-new-privileges", edits, breaks)
        case Switch.VERIFY_TLS:
            return options.verified(place)
        case Switch.ACCESS_LOG:
            breaks = "disk space of the host: limit the log with max-size and max-file"
            return risky(f"turn the log of {place.service} on", place.set(value="json-file"), breaks)
        case Switch.INTERNAL:
            if alone := _on_this_network_alone(place):
                question = f"does `{alone}` connect to the internet? this network is the only one it has: give it another, and make this one internal"
                return Fix("make the network internal", (), safety=Safety.VALUE, question=question)
            breaks = "services on this network that publish ports or connect to the internet"
            return risky("make the network internal", _under(place, "internal", "true"), breaks)
        case Switch.HEALTH_CHECK:
            question = "which command in the container fails when the service is unhealthy?"
            return Fix("add a health check", (), safety=Safety.VALUE, question=question)
        case _:
            return None


def _dropped(place: Place, remedy: KeepCapabilities) -> Fix | None:
    """All capabilities dropped, and those that the image needs added back beside those that the file adds."""
    written = place.at.pointer.endswith("/cap_drop")
    path = place.path[:-1] if written else place.path
    edits = place.set(*(() if written else ("cap_drop",)), value="[ALL]")
    added = node_at(place.root, (*path, "cap_add"))
    if isinstance(added, Sequence):
        given = {item.text.upper().removeprefix("CAP_") for item in added if isinstance(item, Scalar)}
        for name in remedy.names if not {"ALL"} & given else ():
            if name not in given:
                edits += append_item(place.source, place.root, (*path, "cap_add"), name)
    elif remedy.names:
        edits += set_value(place.source, place.root, (*path, "cap_add"), f"[{', '.join(remedy.names)}]")
    if remedy.unnoticed:
        return Fix("drop all capabilities", tuple(edits))
    kept = f" but {', '.join(remedy.names)}" if remedy.names else ""
    return risky(f"drop all capabilities{kept}", edits, f"programs in {place.service} that need others")


def _read_only(place: Place, folders: tuple[str, ...]) -> Fix | None:
    """The root file system read-only, with what the image writes in memory."""
    edits = _under(place, "read_only", "true")
    held = node_at(place.root, (*place.path, "tmpfs"))
    given = (
        [item.text.partition(":")[0] for item in held if isinstance(item, Scalar)]
        if isinstance(held, Sequence)
        else []
    )
    if isinstance(held, Scalar):
        edits += place.set("tmpfs", value=json.dumps([held.text, *folders])) if folders else []
    elif given:
        for folder in folders:
            if folder not in given:
                edits += append_item(place.source, place.root, (*place.path, "tmpfs"), folder)
    elif folders:
        edits += place.set("tmpfs", value=f"[{', '.join(folders)}]")
    breaks = f"{place.service}, if it is set to write outside its volumes"
    return risky("make the root file system read-only", edits, breaks)


_LIMITS = {Quantity.MEMORY: "mem_limit", Quantity.CPU: "cpus", Quantity.PIDS: "pids_limit"}
_DEPLOYED = {Quantity.MEMORY: "memory", Quantity.CPU: "cpus", Quantity.PIDS: "pids"}


def _limited(place: Place, remedy: LimitAll) -> Fix | None:
    deployed = isinstance(key_path(node_at(place.root, place.path), "deploy", "resources", "limits"), Mapping)
    edits: list[Edit] = []
    service = node_at(place.root, place.path)
    reserved = (
        key_path(service, "mem_reservation"),
        key_path(service, "deploy", "resources", "reservations", "memory"),
    )
    amount = next((limit.amount for limit in remedy.limits if limit.resource is Quantity.MEMORY), "")
    if any(isinstance(node, Scalar) and amounts.less(amount, node.text) for node in reserved):
        question = f"how much memory does {place.service} need at its peak, beyond its reservation?"
        return Fix("limit its memory", (), safety=Safety.VALUE, question=question)
    for limit in remedy.limits:
        if deployed:
            value = json.dumps(limit.amount) if limit.resource is Quantity.CPU else limit.amount
            edits += place.set("deploy", "resources", "limits", _DEPLOYED[limit.resource], value=value)
        else:
            edits += place.set(_LIMITS[limit.resource], value=limit.amount)
    what = ", ".join(f"{limit.resource.value} {limit.amount}" for limit in remedy.limits)
    return risky(f"limit {place.service} to {what}", edits, f"{place.service}, if it needs more")


def _bound(place: Place, address: str) -> Fix | None:
    node = place.node
    breaks = f"clients on other hosts that use {place.service}"
    title = f"publish the port on {address} only"
    if isinstance(node, Mapping):
        return risky(title, place.set("host_ip", value=address), breaks)
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
    return risky(title, set_value(place.source, place.root, place.path, value, keep_quotes=False), breaks)


def _unpublished(place: Place) -> Fix | None:
    """The port published on this machine alone, as port-exposure-minimal writes the other ports of the service; removed where no
    address can be written, and it is the only one."""
    made = _bound(place, "127.0.0.1")
    ports = node_at(place.root, place.path[:-1])
    if made is not None or (isinstance(ports, Sequence) and len(ports.items) > 1):
        return made
    breaks = f"clients that use {place.service} through the host's port"
    return risky("do not publish the port", place.removed(), breaks)


def _pinned(place: Place, version: str) -> Fix | None:
    """Another version of the image; a store's data, or a base that the tag names, is not ours to move."""
    node = place.node
    known = bool(version) and place.at.pointer.endswith("/image")
    image = (
        images.retagged(node.text, version)
        if known and isinstance(node, Scalar) and "$" not in node.text
        else ""
    )
    if not image:
        question = f"which version of the image should {place.service} run (image: name:version@sha256:…)?"
        return Fix("pin the image", (), safety=Safety.VALUE, question=question)
    breaks = f"{place.service}, if it relies on behaviour that changed up to {version}"
    return risky(f"run {image}", place.set(value=image), breaks)
