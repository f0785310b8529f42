"""Edits of unit files."""

from __future__ import annotations

import posixpath

from batten.controls._orchestrator import AskFlag, SetFlag
from batten.controls.workloads import DropCapabilities
from batten.formats.lines import appended, line_start, removal
from batten.model import Edit, Fix, Kind, Location, Remedy, Safety, Span, Switch
from batten.model import remedy as want
from batten.technologies.orchestration.systemd import containers
from batten.technologies.orchestration.systemd.daemons import hosts
from batten.technologies.orchestration.systemd.unit import UnitFile
from batten.technologies.shared.containers import switches

# feature -> a daemon's flag, its right value, what may break
_FLAGS = {
    Switch.ALWAYS_ALLOW: ("authorization-mode", "Webhook", "callers without a role that allows them"),
    Switch.ANONYMOUS_AUTH: ("anonymous-auth", "false", "probes and tools without credentials"),
    Switch.READ_ONLY_PORT: ("read-only-port", "0", "monitoring that reads this port"),
}


def fix_of(unit: UnitFile, remedy: Remedy, at: Location) -> Fix | None:
    key = at.pointer.partition("/")[2].partition("[")[0]
    if containers.is_containers(at) and (fix := containers.fix_of(unit, remedy, at)) is not None:
        return fix
    match remedy:
        case want.RunAs():
            breaks = "the service, if it writes outside StateDirectory=, or needs root"
            title = "run it as a dedicated user"
            if at.kind is Kind.VALUE:
                pair = unit.last("Service", "User")
                line = Edit(unit.path, pair.span, "DynamicUser=yes") if pair is not None else None
                return _risky(title, [line] if line is not None else [], breaks)
            return _risky(title, _added(unit, "DynamicUser=yes"), breaks)
        case want.TurnOn(Switch.NO_NEW_PRIVILEGES):
            breaks = "programs that it starts with sudo, or that are set-user-ID"
            title = "prevent privilege escalation (no new privileges)"
            if at.kind is Kind.VALUE and at.span is not None:
                return _risky(title, [Edit(unit.path, at.span, "yes")], breaks)
            return _risky(title, _added(unit, "NoNewPrivileges=yes"), breaks)
        case DropCapabilities(names):
            return _without(unit, names)
        case want.RequireAuth(name) if key == "Environment":
            return _from_file(unit, at, name)
        case want.RequireAuth() if key == "ListenStream":
            return _without_port(unit, at)
        case want.RequireAuth() if key == "ExecStart":
            return _on_socket(unit, at)
        case want.TurnOn(Switch.VERIFY_TLS) if key == "Environment" and at.span is not None:
            return _verified(unit, at.span)
        case want.TurnOff(feature):
            return _off(unit, feature, at, key)
        case AskFlag(title, question):
            return Fix(title, (), safety=Safety.VALUE, question=question)
        case SetFlag(name, value, breaks):
            # A daemon's flag with the right value, where both are one word.
            text = unit.source.text[at.span.start : at.span.end] if at.span is not None else ""
            if at.span is None or not value or value.startswith("+") or not text.startswith(f"--{name}="):
                return None
            return _risky(f"set {name}", [Edit(unit.path, at.span, f"--{name}={value}")], breaks)
        case _:
            return None


def _risky(title: str, edits: list[Edit], breaks: str) -> Fix | None:
    return Fix(title, tuple(edits), safety=Safety.RISKY, breaks=breaks) if edits else None


def _added(unit: UnitFile, line: str) -> list[Edit]:
    section = unit.of("Service")[0]
    return [appended(unit.source, section.span.end - 1, line)]


def _without(unit: UnitFile, names: tuple[str, ...]) -> Fix | None:
    breaks = f"operations of the service that need {', '.join(names)}"
    pairs = unit.pairs("Service", "AmbientCapabilities")
    if len(pairs) != 1:
        return None
    pair = pairs[0]
    kept = [w.text for w in unit.words(pair) if w.text.upper().removeprefix("CAP_") not in names]
    edit = Edit(unit.path, pair.value_span, " ".join(kept)) if kept else removal(unit.source, pair.span)
    return _risky("drop the capability", [edit], breaks)


def _from_file(unit: UnitFile, at: Location, name: str) -> Fix | None:
    """The variable in a file of its own; only where it has the line for itself."""
    stem = posixpath.basename(unit.path.partition(".service")[0]).partition("@")[0]
    for pair in unit.pairs("Service", "Environment"):
        found = unit.words(pair)
        if at.span is not None and len(found) == 1 and found[0].span == at.span and name:
            path = f"/etc/{stem}/{stem}.env"
            breaks = (
                f"the service, until {path} (readable by root only) contains {name}; rotate the old value"
            )
            edit = Edit(unit.path, pair.span, f"EnvironmentFile={path}")
            return _risky("read it from a file that only root can read", [edit], breaks)
    return None


def _on_socket(unit: UnitFile, at: Location) -> Fix | None:
    for command in unit.commands():
        found = list(hosts(command.words))
        for first, last, _ in found:
            if last.span == at.span:
                breaks = "clients that use this engine over TCP: use ssh://, or --tlsverify with certificates"
                edit = removal(unit.source, Span(first.span.start, last.span.end))
                if len(found) == 1:
                    edit = Edit(unit.path, Span(first.span.start, last.span.end), "-H fd://")
                return _risky("serve the API on its Unix socket only", [edit], breaks)
    return None


def _without_port(unit: UnitFile, at: Location) -> Fix | None:
    """Only where the socket of the file system is there beside it."""
    pairs = unit.pairs("Socket", "ListenStream")
    found = next((p for p in pairs if p.value_span == at.span), None)
    if found is None or not any((p.value or "").startswith(("/", "%t")) for p in pairs):
        return None
    breaks = "clients that use this engine over TCP: use ssh://"
    return _risky("serve the API on its Unix socket only", [removal(unit.source, found.span)], breaks)


def _off(unit: UnitFile, feature: Switch, at: Location, key: str) -> Fix | None:
    if at.span is None:
        return None
    text = unit.source.text[at.span.start : at.span.end]
    if key == "ExecStart" and feature in (Switch.DEBUG, Switch.RELOAD) and text.startswith("--"):
        start = line_start(unit.source.text, at.span.start)
        if not unit.source.text[start : at.span.start].strip():
            return None  # on a line of its own, whose backslash belongs to the others
        breaks = "developers who rely on it"
        return _risky(f"start it without {text.partition('=')[0]}", [removal(unit.source, at.span)], breaks)
    if key == "ExecStart" and feature in _FLAGS:
        flag, value, breaks = _FLAGS[feature]
        whole = text.startswith(f"--{flag}=") and "kubelet" in unit.source.text
        edits = [Edit(unit.path, at.span, f"--{flag}={value}")] if whole else []
        return _risky(f"set {flag} to {value}", edits, breaks)
    if key != "Environment" or feature is not Switch.DEBUG:
        return None
    name, _, value = text.strip("\"'").partition("=")
    wanted = switches.production(name, value.strip("\"'"))
    if wanted is None:
        return None
    edit = _assigned(unit, at.span, name, wanted)
    return _risky(f"turn {name} off", [edit], "developers who rely on debug pages")


def _verified(unit: UnitFile, span: Span) -> Fix | None:
    """The variable's value that verifies certificates; one that has none is for a person to take out."""
    name = unit.source.text[span.start : span.end].strip("\"'").partition("=")[0]
    if not switches.checks(name):
        return None  # a connection: its own options are changed, and nothing is taken away
    wanted = switches.verified(name)
    edits = [_assigned(unit, span, name, wanted)] if wanted is not None else []
    return _risky(f"set {name} to {wanted}", edits, "calls to servers with invalid certificates")


def _assigned(unit: UnitFile, span: Span, name: str, value: str) -> Edit:
    first = unit.source.text[span.start : span.start + 1]
    quote = first if first in ("'", '"') else ""
    return Edit(unit.path, span, f"{quote}{name}={value}{quote}")
