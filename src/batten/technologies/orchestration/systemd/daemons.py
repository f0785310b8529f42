"""Docker, the kubelet and etcd, as their units start them.

Sources: https://docs.docker.com/reference/cli/dockerd/,
https://kubernetes.io/docs/reference/command-line-tools-reference/kubelet/
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from batten.facts import Daemon
from batten.formats.systemd import Word
from batten.model import ABSENT, UNKNOWN, Kind, Location, Setting
from batten.technologies.orchestration.kubernetes.daemons import opened
from batten.technologies.orchestration.systemd.unit import Command, UnitFile, known
from batten.technologies.shared.transport.upstreams import is_loopback, target_of

_KUBERNETES = frozenset(("kubelet", "kube-apiserver", "kube-controller-manager", "kube-scheduler"))
_SWITCHES = ("--tlsverify", "--tlsverify=true")
_TLS_PORT = "2376"
_PORT = re.compile(r"(?:(?P<host>[\w.:\[\]*-]+):)?(?P<port>\d{1,5})")


def daemons(unit: UnitFile) -> Iterator[Daemon]:
    for command in unit.commands():
        if command.key != "ExecStart":
            continue
        if command.program == "dockerd":
            verified = any(w.text in _SWITCHES for w in command.words)
            for _, word, address in hosts(command.words):
                if address.startswith("tcp://") and known(address):
                    at = Location(unit.path, f"Service/ExecStart[{address}]", word.span)
                    yield Daemon(at, "docker", {"hosts": Setting(_guarded(address, verified), at)})
        elif command.program in _KUBERNETES:
            # What its flags say; a file may say the rest.
            flags = _flags(unit, command)
            for port in {"read-only-port", "insecure-port"} & flags.keys():
                flags[port] = opened(flags[port])
            mode = flags.get("authorization-mode")
            if mode is not None and "AlwaysAllow" in mode.known("").split(","):
                flags["authorization-mode"] = Setting("AlwaysAllow", mode.at)
            yield Daemon(unit.at(command.pair), command.program, flags)
        elif command.program == "etcd":
            yield _etcd(unit, command)
    if unit.name.startswith("docker") and unit.name.endswith(".socket"):
        for pair in unit.pairs("Socket", "ListenStream"):
            found = _PORT.fullmatch(pair.value or "")
            if found is None or found["port"] == _TLS_PORT:
                continue
            at = Location(unit.path, f"Socket/ListenStream[{pair.value}]", pair.value_span)
            local = is_loopback(found["host"] or "*")
            yield Daemon(at, "docker", {"hosts": Setting("plain-local" if local else "plain", at)})


def hosts(words: list[Word]) -> Iterator[tuple[Word, Word, str]]:
    """The first and the last word of each `-H`, and the address."""
    for number, word in enumerate(words):
        name, sign, value = word.text.partition("=")
        if name in ("-H", "--host") and not sign and number + 1 < len(words):
            yield word, words[number + 1], words[number + 1].text
        elif name in ("-H", "--host") and sign:
            yield word, word, value


def _guarded(address: str, verified: bool) -> str:
    target = target_of(address)
    if verified or target.port == _TLS_PORT:  # daemon.json may ask for certificates
        return "closed"
    return "plain-local" if is_loopback(target.host) else "plain"


def _flags(unit: UnitFile, command: Command) -> dict[str, Setting[str]]:
    found: dict[str, Setting[str]] = {}
    for number, word in enumerate(command.words):
        name, sign, value = word.text.partition("=")
        if not name.startswith("--"):
            continue
        following = command.words[number + 1].text if number + 1 < len(command.words) else ""
        if not sign:
            value = "true" if following.startswith("-") or not following else following
        name = name.lstrip("-")
        at = Location(unit.path, f"Service/ExecStart[{name}]", word.span)
        found[name] = Setting(value if known(value) else UNKNOWN, at)
    return found


def _etcd(unit: UnitFile, command: Command) -> Daemon:
    flags = _flags(unit, command)
    variables = any(name.startswith("ETCD_") for name, *_ in unit.variables())
    told = variables or "config-file" in flags or bool(unit.pairs("Service", "EnvironmentFile"))
    urls = flags.get("listen-client-urls")
    beyond = urls is not None and any(
        u and not is_loopback(target_of(u).host) for u in urls.known("").split(",")
    )
    if beyond and not told and urls is not None:
        at = Location(unit.path, "Service/ExecStart[client-cert-auth]", urls.at.span, kind=Kind.BLOCK)
        flags.setdefault("client-cert-auth", Setting(ABSENT, at))
    return Daemon(unit.at(command.pair), "etcd", flags)
