"""Containers that units start with `docker run` and its like."""

from __future__ import annotations

from collections.abc import Iterator

from batten.controls._hardening import KeepCapabilities, ReadOnlyRoot
from batten.controls.workloads import DropCapabilities, LimitAll
from batten.facts import Fact, Secret
from batten.formats import Workspace
from batten.formats.systemd import Word
from batten.model import UNKNOWN, Edit, Fix, Kind, Location, Quantity, Remedy, Safety, Setting, Span, Switch
from batten.model import remedy as want
from batten.technologies.orchestration.systemd.unit import UnitFile, known
from batten.technologies.shared.containers import run, run_edits

BLOCK = "Service/container"
_ENGINES = ("docker", "podman", "nerdctl")


def containers(unit: UnitFile, workspace: Workspace) -> Iterator[Fact]:
    """Containers that the unit starts with `docker run`."""
    for command in unit.commands():
        words = [
            (w.text, Location(unit.path, f"Service/{command.key}[{w.text.partition('=')[0]}]", w.span))
            for w in command.words
        ]
        names = [text for text, _ in words]
        start = names.index("run") + 1 if command.program in _ENGINES and "run" in names else 0
        if not start or command.key != "ExecStart":
            continue
        given, count = run.parsed(words[start:])
        rest = words[start + count :]
        if rest:
            text, at = rest[0]
            block = Location(unit.path, BLOCK, command.pair.value_span, kind=Kind.BLOCK)
            image: Setting[str] = Setting(text if known(text) and "$" not in text else UNKNOWN, at)
            name = run.name_of(given, text)
            started = run.Run(
                name=name,
                image=image,
                given=tuple(given),
                block=block,
                arguments=tuple(rest[1:]),
                podman=command.program == "podman",
            )
            # Credentials in commands are told of every command.
            yield from (f for f in run.facts(started, workspace) if not isinstance(f, Secret))


_ADDED = {
    Switch.NO_NEW_PRIVILEGES: ("--security-opt=no-new-privileges", "programs that use sudo or su"),
}
_LIMITS = {Quantity.MEMORY: "--memory", Quantity.CPU: "--cpus", Quantity.PIDS: "--pids-limit"}


def is_containers(at: Location) -> bool:
    """Whether a place is a container's that a unit starts, or an option of its."""
    return at.pointer == BLOCK or (at.pointer.startswith("Service/ExecStart[-") and at.span is not None)


def fix_of(unit: UnitFile, remedy: Remedy, at: Location) -> Fix | None:
    """The option added, taken out or narrowed; None where that is not a container's."""
    match remedy:
        case KeepCapabilities(names=names):
            options = " ".join(("--cap-drop=ALL", *(f"--cap-add={name}" for name in names)))
            made = _added(unit, at, options, "programs that need others")
            return Fix(made.title, made.edits) if made is not None and remedy.unnoticed else made
        case ReadOnlyRoot(scratch=folders):
            options = " ".join(("--read-only", *(f"--tmpfs={folder}" for folder in folders)))
            return _added(unit, at, options, "a container that is set to write outside its volumes")
        case want.TurnOn(feature) if feature in _ADDED:
            option, breaks = _ADDED[feature]
            return _added(unit, at, option, breaks)
        case LimitAll(limits):
            bounds = [f"{_LIMITS[one.resource]}={one.amount}" for one in limits if one.resource in _LIMITS]
            return _added(unit, at, " ".join(bounds), "programs that need more")
        case want.RunAs(user) if at.kind is Kind.VALUE and at.span is not None:
            edit = Edit(unit.path, at.span, f"--user={user}")
            return _risky(f"run the container as user {user}", edit, "programs that write to root's files")
        case want.TurnOff(Switch.CONSOLE | Switch.METRICS) | want.Bind():
            return run_edits.bound(unit.source, at.span or Span(0, 0))
        case want.Unpublish() if at.span is not None:
            return run_edits.unpublished(unit.source, at.span)
        case want.TurnOff(feature) if feature in run.TAKEN_OUT and at.span is not None:
            return run_edits.without(unit.source, at.span, run.TAKEN_OUT[feature])
        case DropCapabilities() if at.span is not None:
            return run_edits.without(unit.source, at.span, ("drop the capability", "programs that need it"))
        case _:
            return None


def _risky(title: str, edit: Edit, breaks: str) -> Fix:
    return Fix(title, (edit,), safety=Safety.RISKY, breaks=breaks)


def _added(unit: UnitFile, at: Location, option: str, breaks: str) -> Fix | None:
    """An option right behind `run`."""
    words = [
        w
        for command in unit.commands()
        for w in command.words
        if at.span is not None
        and command.pair.value_span.start <= at.span.start
        and at.span.end <= command.pair.value_span.end
    ]
    word: Word | None = next((w for w in words if w.text == "run"), None)
    if word is None or not option:
        return None
    edit = Edit(unit.path, Span(word.span.end, word.span.end), f" {option}")
    return _risky(f"run the container with {option}", edit, breaks)
