"""redis, valkey and KeyDB as a container runs them: the mounted configuration file, then the options."""

from __future__ import annotations

from dataclasses import replace

from batten.facts import Store
from batten.formats import SyntaxProblem, Unreadable, Workspace
from batten.model import Setting
from batten.technologies.shared.containers.container import Container, is_false
from batten.technologies.stores.redis.configuration import Configuration, configuration
from batten.technologies.stores.redis.store import store

_SERVERS = ("redis-server", "valkey-server", "keydb-server")


def redis_store(container: Container, workspace: Workspace) -> Store:
    """The store as the file and the command line make it; a start script of others' makes it UNKNOWN."""
    path, complete = _file(container, workspace)
    plain = container.complete and not container.bitnami and container.variable("REDIS_ARGS") is None
    told = Configuration((), container.at, complete and plain)
    if path:
        try:
            told = configuration(path, workspace)
        except (SyntaxProblem, Unreadable):
            told = replace(told, complete=False)  # the file's own reader reports it
    told = told.with_arguments(container.arguments)
    # Docker's images switch protected mode off unless the configuration asks for it.
    found = store(
        told,
        container.product,
        container.at,
        workspace,
        protected_default=False,
        service=container.workload.name,
    )
    if not found.authentication.written:
        # What the variables of Bitnami's images say.
        if not container.bitnami:
            by_image = None
        else:
            asked = container.variable(
                "REDIS_PASSWORD", "VALKEY_PASSWORD", "REDIS_PASSWORD_FILE", "VALKEY_PASSWORD_FILE"
            )
            if asked is not None and asked.known("set") != "":
                by_image = Setting(True, asked.at)
            else:
                allowed = container.variable("ALLOW_EMPTY_PASSWORD")
                by_image = is_false(allowed) if allowed is not None else None
    else:
        by_image = None
    return replace(
        found,
        version=container.version,
        authentication=by_image or found.authentication,
        configured_by=tuple(dict.fromkeys((*((path,) if path else ()), *found.configured_by))),
    )


def _file(container: Container, workspace: Workspace) -> tuple[str, bool]:
    """The configuration file on disk here, and whether all that the server reads is known."""
    command = container.command
    if not command:
        return "", True
    starts = [n for n, word in enumerate(command) if word.rpartition("/")[2] in _SERVERS]
    if not starts and not command[0].startswith("--"):
        return "", False  # a script of the image's, or of the project's
    rest = command[starts[0] + 1 :] if starts else command
    if not rest or rest[0].startswith("-"):
        return "", True
    for mount in container.workload.mounts:
        inside = rest[0].removeprefix(mount.target.rstrip("/"))
        path = mount.path + inside if mount.path and inside != rest[0] else ""
        if path and workspace.exists(path):
            return path, True
    return "", False
