"""Docker's daemon.json: facts out, remedies in.

Source: https://docs.docker.com/reference/cli/dockerd/#daemon-configuration-file
"""

from __future__ import annotations

import json as stdlib
import re
from collections.abc import Iterator

from batten.controls._addresses import host_of
from batten.controls._orchestrator import SetFlag
from batten.facts import AccessLog, ConnectionString, Daemon, Fact, Feature
from batten.formats import Mapping, Scalar, Sequence, SyntaxProblem, Workspace, json
from batten.formats.document import Uneditable
from batten.formats.json_edits import remove, set_value
from batten.formats.paths import Path
from batten.formats.tree import key_path
from batten.model import (
    UNKNOWN,
    Fix,
    Kind,
    Location,
    Problem,
    Remedy,
    RequireAuth,
    Safety,
    Setting,
    Switch,
    TurnOff,
    TurnOn,
)
from batten.technologies import Unit
from batten.technologies.shared.secrets import credentials
from batten.technologies.shared.text.used import used

_LOCAL = ("tcp://127.", "tcp://localhost", "tcp://[::1]")
_SOCKET = "unix:///var/run/docker.sock"


def read(unit: Unit, workspace: Workspace) -> Iterator[Fact | Problem]:
    document = workspace.document(unit.main, json.parse)
    root = document.tree
    if not isinstance(root, Mapping):
        raise SyntaxProblem("daemon.json must be one object", root.span.start, "start it with `{`")
    at = Location(unit.main, "daemon", root.span, kind=Kind.BLOCK)
    for host in _hosts(root):
        place = Location(unit.main, f"hosts[{host.text}]", host.span)
        yield Daemon(
            at, "docker", {"hosts": Setting(_kind(host.text, root.text("tlsverify") == "true"), place)}
        )
    if options := dict(_options(unit.main, root)):
        yield Daemon(at, "docker", options)
    yield from _registries(unit.main, root)
    # Containers whose output is thrown away, and servers of logs: their tokens, and whether they are verified.
    driver = root["log-driver"]
    if isinstance(driver, Scalar) and driver.text == "none":
        at = Location(unit.main, "log-driver", driver.span)
        yield AccessLog(at, Setting(False, at), Setting(UNKNOWN, at))
    for entry in root.mapping("log-opts") or ():
        if not isinstance(entry.value, Scalar):
            continue
        name, at = entry.key.text, Location(unit.main, f"log-opts/{entry.key.text}", entry.value.span)
        if name in _UNVERIFIED and entry.value.text.lower() == "true":
            yield Feature(at, Switch.VERIFY_TLS, Setting(False, at), name)
        elif (held := credentials.found(name, entry.value.text)) is not None:
            yield credentials.in_config(at, name, held)


_OPTIONS = (
    "seccomp-profile",
    "default-cgroupns-mode",
    "iptables",
    "allow-direct-routing",
    "builder.entitlements.security-insecure",
    "experimental",
    "userns-remap",
)
_HERE = re.compile(r"(?:https?://)?(?:localhost|127\.|\[::1\]|::1/|\[?::1)")
_UNVERIFIED = ("splunk-insecureskipverify", "syslog-tls-skip-verify")


def _options(path: str, root: Mapping) -> Iterator[tuple[str, Setting[str]]]:
    for name in _OPTIONS:
        node = key_path(root, *name.split("."))
        if isinstance(node, Scalar):
            yield name, Setting(node.text.lower(), Location(path, name, node.span))


def _registries(path: str, root: Mapping) -> Iterator[Fact]:
    """Registries whose certificates are not verified, mirrors without TLS, and proxies with a password."""
    for item in root.sequence("insecure-registries") or ():
        if isinstance(item, Scalar) and not _HERE.match(item.text):
            at = Location(path, f"insecure-registries[{item.text}]", item.span)
            yield Feature(at, Switch.VERIFY_TLS, Setting(False, at), item.text)
    for item in root.sequence("registry-mirrors") or ():
        if isinstance(item, Scalar) and item.text.startswith("http://") and not _HERE.match(item.text):
            at = Location(path, "registry-mirrors", item.span)
            yield ConnectionString(
                at,
                scheme="http",
                host=host_of(item.text),
                port=80,
                has_password=False,
                encrypted=Setting(False, at),
                verified=Setting(UNKNOWN, at),
                variable="registry-mirrors",
            )
    for name in ("http-proxy", "https-proxy"):
        node = key_path(root, "proxies", name)
        if isinstance(node, Scalar) and (held := credentials.found(name, node.text)) is not None:
            yield credentials.in_config(Location(path, f"proxies/{name}", node.span), name, held)
    address = root["metrics-addr"]
    if isinstance(address, Scalar) and address.text and not _HERE.match(address.text):
        at = Location(path, "metrics-addr", address.span)
        yield Feature(at, Switch.METRICS, Setting(True, at), "the engine's metrics endpoint")


def _hosts(root: Mapping) -> list[Scalar]:
    hosts = root.sequence("hosts")
    return [item for item in hosts or () if isinstance(item, Scalar)]


def _kind(host: str, verified: bool) -> str:
    """How an address of the API is guarded: sockets by the file system, TCP by client certificates."""
    if not host.startswith("tcp:") or verified:
        return "closed"
    return "plain-local" if host.startswith(_LOCAL) else "plain"


def settings(unit: Unit, workspace: Workspace) -> Iterator[tuple[str, Location]]:
    """The keys that the file uses, with dots between."""
    return used(unit.main, workspace.document(unit.main, json.parse).tree)


def write(unit: Unit, workspace: Workspace, remedy: Remedy, at: Location) -> Fix | None:
    """The API on its socket only, and settings taken out or turned. Certificates are a person's to make."""
    match remedy:
        case RequireAuth() if at.pointer.startswith("hosts"):
            return workspace.kept(("docker", at.source), lambda: _socket_only(at.source, workspace))
        case SetFlag(name, "", breaks):
            return _set(workspace, at, f"remove {name}", tuple(name.split(".")), None, breaks)
        case TurnOn(Switch.VERIFY_TLS) if at.pointer.startswith("insecure-registries"):
            breaks = "pulls from this registry, until the engine trusts its certificate (/etc/docker/certs.d)"
            root = workspace.document(at.source, json.parse).tree
            items = root.sequence("insecure-registries") if isinstance(root, Mapping) else None
            number = next((n for n, item in enumerate(items or ()) if item.span == at.span), None)
            return (
                None
                if number is None
                else _set(
                    workspace,
                    at,
                    "verify the registry's certificate",
                    ("insecure-registries", number),
                    None,
                    breaks,
                )
            )
        case TurnOn(Switch.VERIFY_TLS):
            name = at.pointer.partition("/")[2]
            return _set(
                workspace,
                at,
                f"turn {name} off",
                ("log-opts", name),
                '"false"',
                "log servers with invalid certificates",
            )
        case TurnOn(Switch.ACCESS_LOG):
            breaks = "disk space of the host: limit the log with log-opts"
            return _set(workspace, at, "log to files", ("log-driver",), '"local"', breaks)
        case TurnOff(Switch.METRICS):
            breaks = "monitoring on other hosts"
            return _set(
                workspace, at, "serve metrics on loopback", ("metrics-addr",), '"127.0.0.1:9323"', breaks
            )
        case _:
            return None


def _set(
    workspace: Workspace, at: Location, title: str, path: Path, value: str | None, breaks: str
) -> Fix | None:
    """The key with this value, or taken out."""
    document = workspace.document(at.source, json.parse)
    try:
        if value is None:
            edits = remove(document.source, document.tree, path, prune=True)
        else:
            edits = set_value(document.source, document.tree, path, value)
    except Uneditable:
        return None
    return Fix(title, tuple(edits), safety=Safety.RISKY, breaks=breaks) if edits else None


def _socket_only(file: str, workspace: Workspace) -> Fix | None:
    document = workspace.document(file, json.parse)
    root = document.tree
    if not isinstance(root, Mapping):
        return None
    hosts = root["hosts"]
    kept = [h.text for h in _hosts(root) if _kind(h.text, False) == "closed"] or [_SOCKET]
    if not isinstance(hosts, Sequence):
        return None
    try:
        edits = set_value(document.source, root, ("hosts",), stdlib.dumps(kept))
    except Uneditable:
        return None
    if not edits:
        return None
    breaks = "clients that use this engine over TCP: use ssh://, or set tlsverify with your own certificates"
    return Fix("serve the API on its Unix socket only", tuple(edits), safety=Safety.RISKY, breaks=breaks)
