"""One service of a Compose file, confined as all of them are (https://docs.docker.com/reference/compose-file/services/)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import Any

from batten.model.record import record

Json = Any
SECRETS = "/run/secrets"


@record(kw_only=True)
class Service:
    """`mounts` are folders below the project's, with their places; `secrets` are files below it, with theirs. `kept` are
    volumes with their places, `shown` those that it only reads, as a member of `groups`. `waits` are services, and whether each tells that it is healthy."""

    image: str
    user: int
    networks: tuple[str, ...]
    entrypoint: tuple[str, ...] = ()
    command: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    mounts: tuple[tuple[str, str], ...] = ()
    secrets: tuple[tuple[str, str], ...] = ()
    kept: tuple[tuple[str, str], ...] = ()
    shown: tuple[tuple[str, str], ...] = ()
    groups: tuple[int, ...] = ()
    writable: tuple[str, ...] = ()
    ports: tuple[str, ...] = ()
    healthy: tuple[str, ...] = ()
    waits: tuple[tuple[str, bool], ...] = ()
    memory: str = "256m"
    processor: str = "0.50"


def written(service: Service) -> Json:
    user = service.user
    made: Json = {"image": service.image}
    if service.entrypoint:
        made["entrypoint"] = list(service.entrypoint)
    if service.command:
        made["command"] = [text.replace("$", "$$") for text in service.command]
    made["user"] = f"{user}:{user}"
    if service.groups:
        made["group_add"] = [str(group) for group in service.groups]
    if service.environment:
        made["environment"] = dict(service.environment)
    made |= _storage(service)
    if service.ports:
        made["ports"] = list(service.ports)
    made["networks"] = list(service.networks)
    made |= {
        "read_only": True,
        "cap_drop": ["ALL"],
        "security_opt": ["no-new-privileges:true"],
        "init": True,
        "pids_limit": 200,
        "mem_limit": service.memory,
        "cpus": service.processor,
        "restart": "unless-stopped",
        "stop_grace_period": "30s",
        "logging": {"driver": "json-file", "options": {"max-size": "10m", "max-file": "3"}},
    }
    if service.healthy:
        made["healthcheck"] = {
            "test": ["CMD", *service.healthy],
            "interval": "10s",
            "timeout": "5s",
            "retries": 6,
            "start_period": "60s",
        }
    if service.waits:
        made["depends_on"] = {
            name: {"condition": "service_healthy" if tells else "service_started"}
            for name, tells in service.waits
        }
    return made


def _storage(service: Service) -> Json:
    made: Json = {}
    if service.secrets:
        made["secrets"] = [
            {"source": secret_name(path), "target": target} for path, target in service.secrets
        ]
    volumes: list[Json] = [
        {
            "type": "bind",
            "source": f"./{source}",
            "target": target,
            "read_only": True,
            "bind": {"create_host_path": False},
        }
        for source, target in service.mounts
    ]
    for name, target in service.kept:
        volumes.append({"type": "volume", "source": name, "target": target})
    for name, target in service.shown:
        volumes.append({"type": "volume", "source": name, "target": target, "read_only": True})
    if volumes:
        made["volumes"] = volumes
    if service.writable:
        options = f"size=64m,mode=0700,uid={service.user},gid={service.user},noexec,nosuid,nodev"
        made["tmpfs"] = [f"{path}:{options}" for path in service.writable]
    return made


def secret_name(path: str) -> str:
    """`secrets/db/tls.key` is db_tls-key: no name of a store holds an underscore, so no two files have one name."""
    return path.removeprefix("secrets/").replace("/", "_").replace(".", "-")
