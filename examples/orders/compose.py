"""compose.yaml, resolved for a machine without Docker: ports, paths and variables."""

from __future__ import annotations

import os
import re
import secrets
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

HERE = Path(__file__).resolve().parent
PORTS = {"edge": (8443, 8080), "api": (8000,), "cache": (6379,)}
VARIABLE = re.compile(r"\$(?:(\$)|\{(\w+)(?:(:?[-?])([^}]*))?\}|(\w+))")


@dataclass(frozen=True, slots=True)
class Stack:
    """compose.yaml, resolved for this machine: `ports` are by service and container port."""

    run: Path
    services: Mapping[str, Mapping[str, Any]]
    ports: Mapping[tuple[str, int], int]

    def localised(self, service: str, text: str) -> str:
        """The text with the service's container paths, and the names of its peers, made this machine's."""
        for (peer, port), here in self.ports.items():
            text = re.sub(rf"\b{peer}:{port}\b", f"127.0.0.1:{here}", text)
        paths = _mounts(self.run, service, self.services[service])
        if not paths:
            return text
        longest_first = "|".join(re.escape(path) for path in sorted(paths, key=len, reverse=True))
        pattern = re.compile(rf"(?<![\w.-])(?:{longest_first})(?![\w-])")
        return pattern.sub(lambda found: str(paths[found[0]]), text)

    def environment(self, service: str) -> dict[str, str]:
        settings = self.services[service]
        given = settings.get("environment", {})
        pairs = given if isinstance(given, dict) else dict(item.partition("=")[::2] for item in given)
        files = {k: v for name in _listed(settings.get("env_file")) for k, v in _pairs(HERE / name).items()}
        return {name: self.localised(service, str(value)) for name, value in {**files, **pairs}.items()}


def _pairs(path: Path) -> dict[str, str]:
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    pairs = (line.partition("=") for line in lines if "=" in line and not line.lstrip().startswith("#"))
    return {name.strip(): value.strip().strip("'\"") for name, _, value in pairs}


def _interpolated(node: Any, variables: dict[str, str]) -> Any:
    if isinstance(node, dict):
        return {key: _interpolated(value, variables) for key, value in node.items()}
    if isinstance(node, list):
        return [_interpolated(value, variables) for value in node]
    if isinstance(node, str):
        return VARIABLE.sub(lambda found: _value(found, variables), node)
    return node


def _value(found: re.Match[str], variables: dict[str, str]) -> str:
    """A variable that Compose would insist on is a secret: it gets a random value, kept for later."""
    dollar, braced, operator, alternative, bare = found.groups()
    if dollar:
        return "$"
    name = braced or bare
    if operator in ("?", ":?") and not variables.get(name):
        variables[name] = secrets.token_urlsafe(24)
    return variables.get(name) or (alternative if operator in ("-", ":-") else "") or ""


def load(run: Path) -> Stack:
    kept = _pairs(run / "secrets.env")
    outside = {**_pairs(HERE / ".env"), **kept, **os.environ}
    variables = dict(outside)
    document = _interpolated(yaml.safe_load((HERE / "compose.yaml").read_text(encoding="utf-8")), variables)
    made = {name: value for name, value in variables.items() if outside.get(name) != value}
    if made:
        _keep(run / "secrets.env", {**kept, **made})
    services = document["services"]
    return Stack(run, services, _ports(run, services))


def _keep(path: Path, pairs: Mapping[str, str]) -> None:
    path.touch(mode=0o600)
    path.write_text("".join(f"{name}={value}\n" for name, value in pairs.items()), encoding="utf-8")


def _ports(run: Path, services: Mapping[str, Mapping[str, Any]]) -> dict[tuple[str, int], int]:
    """The port on loopback of each service's container port: as published, or else a random one."""
    ports = {}
    for service, inside in PORTS.items():
        published = dict(_published(entry) for entry in services[service].get("ports", ()))
        for port in inside:
            ports[service, port] = published.get(port) or _free_port()
    return ports


def _published(entry: Any) -> tuple[int, int]:
    if isinstance(entry, dict):
        return int(entry["target"]), int(entry.get("published") or 0)
    *host, inside = str(entry).split("/")[0].split(":")
    return int(inside), int((host or ["0"])[-1] or 0)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _mounts(run: Path, service: str, settings: Mapping[str, Any]) -> dict[str, Path]:
    """Container path -> path here, of the service's binds, volumes and tmpfs."""
    mounts = {path.split(":")[0]: run / service / path.lstrip("/") for path in _listed(settings.get("tmpfs"))}
    for entry in settings.get("volumes", ()):
        if isinstance(entry, dict):
            source, target = str(entry.get("source", "")), str(entry["target"])
        else:
            source, target = str(entry).split(":")[:2]
        if source.startswith("./.run"):
            mounts[target] = run / source.removeprefix("./.run").lstrip("/")
        elif source.startswith("."):
            mounts[target] = (HERE / source).resolve()
        elif source and not source.startswith("/"):
            mounts[target] = run / "volumes" / source
    for path in mounts.values():
        if run in path.parents:
            path.mkdir(parents=True, exist_ok=True)
    return mounts


def _listed(value: Any) -> list[str]:
    return [value] if isinstance(value, str) else list(value or ())
