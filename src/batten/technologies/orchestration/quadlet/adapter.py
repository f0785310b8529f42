"""Quadlets, which systemd turns into `podman run`: facts out, remedies in.

Source: https://docs.podman.io/en/latest/markdown/podman-systemd.unit.5.html
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from batten.controls._hardening import KeepCapabilities, ReadOnlyRoot
from batten.controls.workloads import DropCapabilities, LimitAll
from batten.facts import BuildStep, Fact, Feature, Workload
from batten.formats import Workspace
from batten.formats.document import Text
from batten.formats.lines import appended, removal
from batten.formats.pairs import Pair
from batten.formats.systemd import Section, parse_unit, words
from batten.model import (
    UNKNOWN,
    Edit,
    Fix,
    Kind,
    Location,
    Problem,
    Quantity,
    Remedy,
    Safety,
    Setting,
    Span,
    Switch,
)
from batten.model import remedy as want
from batten.technologies import Unit
from batten.technologies.shared.containers import run, switches
from batten.technologies.shared.containers.run import Given
from batten.technologies.shared.secrets import credentials
from batten.technologies.shared.stores.command_line import fix_of_word
from batten.technologies.shared.text.field_edits import risky

# A key, and the option of `podman run` that it becomes, `option=` where the value belongs to it.
_OPTIONS = {
    "AddCapability": "cap-add",
    "AddDevice": "device",
    "DropCapability": "cap-drop",
    "Environment": "env",
    "EnvironmentFile": "env-file",
    "EnvironmentHost": "env-host",
    "HealthCmd": "health-cmd",
    "HostName": "hostname",
    "LogDriver": "log-driver",
    "Memory": "memory",
    "Mount": "mount",
    "Network": "network",
    "PidsLimit": "pids-limit",
    "PublishPort": "publish",
    "ReadOnly": "read-only",
    "UserNS": "userns",
    "User": "user",
    "Volume": "volume",
}
_SECURITY = {
    "AppArmor": "apparmor={}",
    "NoNewPrivileges": "no-new-privileges={}",
    "SeccompProfile": "seccomp={}",
    "SecurityLabelType": "label=type:{}",
    "Unmask": "unmask={}",
}
_MANY = frozenset(("AddCapability", "DropCapability", "Environment"))  # several words are several values
_SECTIONS = ("Container", "Pod", "Kube", "Image", "Build")


def read(unit: Unit, workspace: Workspace) -> Iterator[Fact | Problem]:
    """The facts of a quadlet. Raises SyntaxProblem and Unreadable."""
    document = workspace.document(unit.main, parse_unit)
    for section in document.tree:
        if section.name not in _SECTIONS:
            continue
        # Registries whose certificates are not verified, and credentials for them; builds in the host's network.
        path = unit.main
        creds = section.last("Creds")
        if creds is not None and ":" in (creds.value or "") and "%" not in (creds.value or ""):
            at = _at(path, creds, "Creds")
            password = (creds.value or "").partition(":")[2]
            held = credentials.found("password", password)
            if held is not None:
                yield credentials.in_config(at, "Creds", held)
        network = section.last("Network") if section.name == "Build" else None
        if network is not None and network.value == "host":
            yield BuildStep(_at(path, network, "Network"), Switch.HOST_NETWORK_STEP)
        pair = section.last("TLSVerify")
        if pair is not None and (pair.value or "").lower() in ("false", "no", "off", "0"):
            at = _at(path, pair, "TLSVerify")
            yield Feature(at, Switch.VERIFY_TLS, Setting(False, at), "TLSVerify")
        if section.name in ("Container", "Pod"):
            yield from _started(unit.main, section, document.source, workspace)


def _started(path: str, section: Section, source: Text, workspace: Workspace) -> Iterator[Fact]:
    found = _run(path, section, source)
    part = path.endswith(".conf")  # a drop-in, which is laid over the quadlet
    for fact in run.facts(found, workspace):
        yield run.as_written(fact) if part and isinstance(fact, Workload) else fact
    for number, feature, what in run.debuggers(found):
        at = found.arguments[number][1]
        yield Feature(at, feature, Setting(True, at), what)


def _run(path: str, section: Section, source: Text) -> run.Run:
    block = Location(path, section.name, section.span, kind=Kind.BLOCK)
    image, name = section.last("Image"), section.last("ContainerName")
    text = image.value if image is not None and image.value else ""
    built = text.endswith((".build", ".image"))  # a unit beside it says which
    at = _at(path, image, "Image") if image is not None else block
    arguments: list[tuple[str, Location]] = []
    for pair in (*section.all("Entrypoint"), *section.all("Exec")):
        for word in words(source.text, pair):
            arguments.append((word.text, Location(path, f"{pair.key}[{word.text}]", word.span)))
    return run.Run(
        name=name.value if name is not None and name.value else posixpath.basename(path).partition(".")[0],
        image=Setting(text, at) if text and not built and "%" not in text else Setting(UNKNOWN, at),
        given=tuple(_given(path, section, source)),
        block=block,
        arguments=tuple(arguments),
        podman=True,
    )


def _at(path: str, pair: Pair, name: str) -> Location:
    return Location(path, name, pair.value_span)


def _given(path: str, section: Section, source: Text) -> Iterator[Given]:
    for pair in section.pairs:
        value = pair.value or ""
        if pair.key in ("PodmanArgs", "GlobalArgs"):
            found = [
                (w.text, Location(path, f"PodmanArgs[{w.text.partition('=')[0]}]", w.span))
                for w in words(source.text, pair)
            ]
            yield from run.parsed(found)[0]
        elif pair.key in _MANY:
            for word in words(source.text, pair):
                name = word.text.partition("=")[0]
                yield Given(_OPTIONS[pair.key], word.text, Location(path, f"{pair.key}[{name}]", word.span))
        elif pair.key == "SecurityLabelDisable" and value.lower() in ("true", "yes", "on", "1"):
            yield Given("security-opt", "label=disable", _at(path, pair, pair.key))
        elif pair.key in _SECURITY:
            yield Given("security-opt", _SECURITY[pair.key].format(value), _at(path, pair, pair.key))
        elif pair.key in _OPTIONS and value:
            inner = value.split(":")[-1] if pair.key == "PublishPort" else value.split(":")[0]
            yield Given(_OPTIONS[pair.key], value, _at(path, pair, f"{pair.key}[{inner}]"))


_ADDED = {
    Switch.NO_NEW_PRIVILEGES: ("NoNewPrivileges", "true", "programs that use sudo, su or file capabilities"),
    Switch.ACCESS_LOG: ("LogDriver", "journald", "disk space of the host"),
    Switch.VERIFY_TLS: ("TLSVerify", "true", "pulls from registries with invalid certificates"),
}
_LIMITS = {Quantity.MEMORY: "--memory", Quantity.CPU: "--cpus"}


def write(unit: Unit, workspace: Workspace, remedy: Remedy, at: Location) -> Fix | None:
    """The edits that make the remedy true at that place, or None."""
    word = fix_of_word(workspace, remedy, at)
    return word if word is not None else _written(unit, workspace, remedy, at)


def _written(unit: Unit, workspace: Workspace, remedy: Remedy, at: Location) -> Fix | None:
    document = workspace.document(unit.main, parse_unit)
    section = next((s for s in document.tree if _within(s.span, at.span)), None)
    if section is None or at.span is None:
        return None
    pair = (
        next((p for p in section.pairs if _within(p.span, at.span)), None) if at.kind is Kind.VALUE else None
    )
    source = document.source
    match remedy:
        case want.TurnOff(feature) if feature in run.TAKEN_OUT and pair is not None:
            title, breaks = run.TAKEN_OUT[feature]
            # The whole setting, or the words among others that say it.
            whole = at.span == pair.value_span or len(list(words(source.text, pair))) == 1
            return risky(title, [removal(source, pair.span if whole else at.span)], breaks)
        case want.Unpublish() if pair is not None:
            made = _bound(source, pair, "127.0.0.1")
            return made or risky(
                "do not publish the port", [removal(source, pair.span)], "clients that use the port"
            )
        case want.TurnOff(Switch.CONSOLE | Switch.METRICS) if pair is not None:
            return _bound(source, pair, "127.0.0.1")
        case want.Bind(addresses) if addresses and pair is not None:
            return _bound(source, pair, addresses[0])
        case want.TurnOff(Switch.DEBUG | Switch.ERROR_DETAILS) if (
            pair is not None and pair.key == "Environment"
        ):
            return _debug_off(source, at.span)
        case KeepCapabilities():
            return _dropped(source, section, pair, remedy)
        case ReadOnlyRoot(scratch=folders):
            return _read_only(source, section, pair, folders)
        case want.TurnOn(feature) if feature in _ADDED:
            key, value, breaks = _ADDED[feature]
            if pair is not None and pair.key == key:
                return risky(f"set {key}", [Edit(source.path, pair.value_span, value)], breaks)
            return risky(f"set {key}", [appended(source, section.span.end - 1, f"{key}={value}")], breaks)
        case DropCapabilities(names):
            return _without(source, section, names)
        case want.RunAs(user):
            return _user(source, section, pair, user)
        case LimitAll(limits):
            lines = [f"{_LIMITS[one.resource]}={one.amount}" for one in limits if one.resource in _LIMITS]
            edit = appended(source, section.span.end - 1, f"PodmanArgs={' '.join(lines)}")
            return risky("limit its memory and processors", [edit], "programs that need more")
        case want.RequireAuth(name) if name and pair is not None and pair.key == "Environment":
            return _secret(source, pair, at.span, name)
        case _:
            return _asked(remedy)


def _dropped(source: Text, section: Section, pair: Pair | None, remedy: KeepCapabilities) -> Fix | None:
    """All capabilities dropped, and those that the image needs added back."""
    lines = [] if pair is not None and pair.key == "DropCapability" else ["DropCapability=all"]
    edits = [Edit(source.path, pair.value_span, "all")] if pair is not None and not lines else []
    given = {
        w.text.upper().removeprefix("CAP_")
        for p in section.all("AddCapability")
        for w in words(source.text, p)
    }
    kept = [name for name in remedy.names if name not in given and "ALL" not in given]
    lines += [f"AddCapability={' '.join(kept)}"] if kept else []
    edits += [appended(source, section.span.end - 1, "\n".join(lines))] if lines else []
    title = (
        f"drop all capabilities but {', '.join(remedy.names)}" if remedy.names else "drop all capabilities"
    )
    if remedy.unnoticed:
        return Fix(title, tuple(edits))
    return risky(title, edits, "programs that need others")


def _read_only(source: Text, section: Section, pair: Pair | None, folders: tuple[str, ...]) -> Fix | None:
    """The root file system read-only, with what the image writes in memory."""
    lines = [f"Tmpfs={folder}" for folder in folders]
    edits = []
    if pair is not None and pair.key == "ReadOnly":
        edits.append(Edit(source.path, pair.value_span, "true"))
    else:
        lines = ["ReadOnly=true", *lines]
    edits += [appended(source, section.span.end - 1, "\n".join(lines))] if lines else []
    return risky(
        "make the root file system read-only", edits, "a container that is set to write outside its volumes"
    )


def _asked(remedy: Remedy) -> Fix | None:
    """What only its operator knows."""
    match remedy:
        case want.TurnOn(Switch.HEALTH_CHECK):
            question = "which command in the container fails when the service is unhealthy (HealthCmd=)?"
            return Fix("add a health check", (), safety=Safety.VALUE, question=question)
        case want.Pin():
            question = "which version of the image should it run (Image=name:version@sha256:…)?"
            return Fix("pin the image", (), safety=Safety.VALUE, question=question)
        case _:
            return None


def _within(outer: Span, inner: Span | None) -> bool:
    return inner is not None and outer.start <= inner.start and inner.end <= outer.end


def _bound(source: Text, pair: Pair, address: str) -> Fix | None:
    if pair.key != "PublishPort" or not pair.value:
        return None
    rest, _, inner = pair.value.rpartition(":")
    host = rest.rpartition(":")[2] if not rest.endswith("]") else ""
    edit = Edit(source.path, pair.value_span, f"{address}:{host}:{inner}")
    return risky(f"publish the port on {address} only", [edit], "clients on other hosts")


def _debug_off(source: Text, span: Span) -> Fix | None:
    name, _, value = source.text[span.start : span.end].strip("\"'").partition("=")
    wanted = switches.production(name, value)
    if wanted is None:
        return None
    return risky(
        f"set {name} to {wanted}", [Edit(source.path, span, f"{name}={wanted}")], "developers who rely on it"
    )


def _without(source: Text, section: Section, names: tuple[str, ...]) -> Fix | None:
    pairs = section.all("AddCapability")
    edits: list[Edit] = []
    for pair in pairs:
        kept = [w.text for w in words(source.text, pair) if w.text.upper().removeprefix("CAP_") not in names]
        if kept != [w.text for w in words(source.text, pair)]:
            edits.append(
                Edit(source.path, pair.value_span, " ".join(kept)) if kept else removal(source, pair.span)
            )
    return risky(f"do not add {', '.join(names)}", edits, "programs that need them") if edits else None


def _user(source: Text, section: Section, pair: Pair | None, user: str) -> Fix | None:
    breaks = "programs in the image that write to root's files"
    if pair is not None and pair.key == "User":
        name, group = user.partition(":")[::2]
        edits = [Edit(source.path, pair.value_span, name)]
        own = section.last("Group")
        if own is not None:
            edits.append(Edit(source.path, own.value_span, group or name))
        return risky(f"run as user {name}", edits, breaks)
    if pair is not None:
        return None
    return risky(
        f"run as user {user}",
        [appended(source, section.span.end - 1, f"User={user.partition(':')[0]}")],
        breaks,
    )


def _secret(source: Text, pair: Pair, span: Span, name: str) -> Fix | None:
    """The variable from a secret of Podman's; only where it has the line for itself."""
    if len(list(words(source.text, pair))) != 1:
        return None
    secret = name.lower().replace("_", "-")
    edit = Edit(source.path, pair.span, f"Secret={secret},type=env,target={name}")
    breaks = f"the container, until the secret {secret} exists (podman secret create); rotate the old value"
    return risky("take it from a secret of Podman's", [edit], breaks)
