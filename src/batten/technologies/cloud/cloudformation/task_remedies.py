"""Remedies for the containers of ECS tasks."""

from __future__ import annotations

from batten.controls._hardening import KeepCapabilities, ReadOnlyRoot
from batten.controls.workloads import DropCapabilities, LimitAll
from batten.formats.tree import Plain
from batten.model import Edit, Fix, Kind, Location, Quantity, Remedy, Safety, Switch
from batten.model import remedy as want
from batten.technologies.cloud.cloudformation.changes import put_all
from batten.technologies.cloud.cloudformation.edits import drop, path_to, put
from batten.technologies.cloud.cloudformation.resources import Resource
from batten.technologies.cloud.cloudformation.values import Path
from batten.technologies.shared.containers import switches

TASKS = ("AWS::ECS::TaskDefinition", "AWS::Batch::JobDefinition")
_WRITES = "a program that writes outside its volumes"
_USER = "a program that writes to root's files, or listens on a port below 1024"
_MODES = {Switch.HOST_PID: "pid", Switch.HOST_IPC: "ipc", Switch.HOST_NETWORK: "network"}
_SWITCHES: dict[tuple[type[Remedy], Switch], tuple[str, str, Plain, str]] = {
    (want.TurnOff, Switch.PRIVILEGED): (
        "run it without privileges",
        "Privileged",
        False,
        "its access to the host",
    ),
    (want.TurnOn, Switch.NO_NEW_PRIVILEGES): (
        "prevent privilege escalation (no new privileges)",
        "DockerSecurityOptions",
        ["no-new-privileges"],
        "set-user-ID programs such as sudo",
    ),
}


def fix_of(resource: Resource, remedy: Remedy, at: Location) -> Fix | None:
    path = path_to(resource.template, at.span) if at.span is not None else None
    if path is None:
        return None
    match remedy:
        case want.TurnOff(Switch.DEBUG):
            return debug_off(resource, at)
        case want.RunAs(user):
            return _set(resource, _container(path), "run it as a non-root user", "User", user, _USER)
        case LimitAll(limits):
            return _limited(resource, _container(path), limits)
        case want.Limit():
            return _limited(resource, _container(path), (remedy,))
        case DropCapabilities(names):
            held = resource.template.plain_at(path)
            if at.kind is not Kind.VALUE or not isinstance(held, list):
                return None
            kept: list[Plain] = [name for name in held if str(name).upper().removeprefix("CAP_") not in names]
            edits = put(resource.template, path, kept) if kept else drop(resource.template, path)
            return Fix(
                "remove the capabilities", tuple(edits), safety=Safety.RISKY, breaks="programs that need them"
            )
        case want.TurnOff(feature) if feature in _MODES and at.kind is Kind.VALUE:
            title, breaks = (
                f"give it its own {_MODES[feature]} namespace",
                "programs that inspect other processes on the host",
            )
            return Fix(title, tuple(drop(resource.template, path)), safety=Safety.RISKY, breaks=breaks)
        case KeepCapabilities():
            return _dropped(resource, _container(path), remedy)
        case ReadOnlyRoot(scratch=folders):
            # The root file system read-only; a folder in memory is another volume in a task on Fargate, so none is
            # written there.
            base = _container(path)
            if folders:
                return None
            return _set(
                resource, base, "make its root file system read-only", "ReadonlyRootFilesystem", True, _WRITES
            )
        case want.TurnOn(feature) | want.TurnOff(feature):
            kind = want.TurnOn if isinstance(remedy, want.TurnOn) else want.TurnOff
            switch = _SWITCHES.get((kind, feature))
            return None if switch is None else _set(resource, _container(path), *switch)
    return None


def _dropped(resource: Resource, base: Path, remedy: KeepCapabilities) -> Fix:
    """All capabilities dropped, and those that the image needs added back."""
    values: dict[str, Plain] = {"LinuxParameters/Capabilities/Drop": ["ALL"]}
    if remedy.names:
        values["LinuxParameters/Capabilities/Add"] = list(remedy.names)
    edits = tuple(put_all(resource, base, values))
    if remedy.unnoticed:
        return Fix("drop every capability", edits)
    return Fix("drop every capability", edits, safety=Safety.RISKY, breaks="a program that needs others")


def _container(path: Path) -> Path:
    """The container that a place is in."""
    if "ContainerProperties" in path:
        return path[: path.index("ContainerProperties") + 1]
    index = path.index("ContainerDefinitions") if "ContainerDefinitions" in path else len(path)
    numbers = [n for n, part in enumerate(path) if n > index and isinstance(part, int)]
    return path[: numbers[-1] + 1] if numbers else path


def _set(resource: Resource, base: Path, title: str, key: str, value: Plain, breaks: str) -> Fix:
    edits: list[Edit] = put_all(resource, base, {key: value})
    return Fix(title, tuple(edits), safety=Safety.RISKY, breaks=breaks)


def _limited(resource: Resource, base: Path, limits: tuple[want.Limit, ...]) -> Fix | None:
    amount = next((limit.amount for limit in limits if limit.resource is Quantity.MEMORY), "")
    if not amount.endswith("m"):
        return None
    breaks = "a program that needs more"
    return _set(resource, base, "limit its memory", "Memory", int(amount[:-1]), breaks)


def debug_off(resource: Resource, at: Location) -> Fix | None:
    """The variable that turns a debug mode on, as it is in production."""
    path = path_to(resource.template, at.span) if at.span is not None and at.kind is Kind.VALUE else None
    if path is None:
        return None
    name = path[-1]
    if name == "Value":
        beside = resource.template.plain_at((*path[:-1], "Name"))
        name = beside if isinstance(beside, str) else ""
    value = switches.production(str(name), str(resource.template.plain_at(path)))
    if value is None:
        return None
    return Fix(f"turn {name} off", tuple(put(resource.template, path, value)))
