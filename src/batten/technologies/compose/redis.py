"""redis and valkey as a Compose service runs them: the mounted configuration file, then the options."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from batten.facts import Store, Workload
from batten.formats import SyntaxProblem, Unreadable, Workspace
from batten.model import Location, Setting
from batten.technologies.compose.command import split, words
from batten.technologies.compose.parts import Part
from batten.technologies.compose.project import env_files_known
from batten.technologies.redis.configuration import Configuration, configuration
from batten.technologies.redis.store import store

_SERVERS = ("redis-server", "valkey-server")


def redis_store(part: Part, workload: Workload, product: str, version: str, workspace: Workspace) -> Store:
    """The store as the file and the command line make it; a start script of others' makes it UNKNOWN."""
    path, complete = _file(words(part), workload, workspace)
    told = Configuration((), workload.at, complete and _plain_image(part, workload, workspace))
    if path:
        try:
            told = configuration(path, workspace)
        except (SyntaxProblem, Unreadable):
            told = replace(told, complete=False)  # the file's own reader reports it
    told = told.with_arguments(_arguments(part, workload))
    # Docker's images switch protected mode off unless the configuration asks for it.
    found = store(told, product, workload.at, workspace, protected_default=False, service=workload.name)
    by_image = _by_image(workload) if not found.authentication.written else None
    return replace(
        found,
        version=version,
        authentication=by_image or found.authentication,
        configured_by=tuple(dict.fromkeys((*((path,) if path else ()), *found.configured_by))),
    )


def _arguments(part: Part, workload: Workload) -> Iterator[tuple[str, Location]]:
    """The command's words, each with the place it is written at; those of a script with the script's."""
    pointer = f"services[{workload.name}]/command"
    command = part["command"]
    if command is None:
        return
    if command.items is None:
        yield from ((word, command.at(pointer)) for word in split(command.text))
        return
    for item in command.items:
        inner = split(item.text) if " " in item.text else [item.text]
        yield from ((word, item.at(pointer)) for word in inner)


def _plain_image(part: Part, workload: Workload, workspace: Workspace) -> bool:
    """Whether nothing but file and command configures the server: some images take variables."""
    return (
        env_files_known(part, workspace)
        and "REDIS_ARGS" not in workload.environment
        and not workload.image.known("").removeprefix("docker.io/").startswith("bitnami/")
    )


def _by_image(workload: Workload) -> Setting[bool] | None:
    """What the variables of Bitnami's images say."""
    if not workload.image.known("").removeprefix("docker.io/").startswith("bitnami/"):
        return None
    allowed = workload.environment.get("ALLOW_EMPTY_PASSWORD")
    if allowed is not None:
        return Setting(allowed.known("no").lower() not in ("yes", "true", "1"), allowed.at)
    names = ("REDIS_PASSWORD", "VALKEY_PASSWORD", "REDIS_PASSWORD_FILE", "VALKEY_PASSWORD_FILE")
    asked = next((s for n in names if (s := workload.environment.get(n)) is not None), None)
    return Setting(True, asked.at) if asked is not None else None


def _file(command: tuple[str, ...], workload: Workload, workspace: Workspace) -> tuple[str, bool]:
    """The configuration file on disk here, and whether all that the server reads is known."""
    if not command:
        return "", True
    starts = [n for n, word in enumerate(command) if word.rpartition("/")[2] in _SERVERS]
    if not starts and not command[0].startswith("--"):
        return "", False  # a script of the image's, or of the project's
    rest = command[starts[0] + 1 :] if starts else command
    if not rest or rest[0].startswith("-"):
        return "", True
    for mount in workload.mounts:
        inside = rest[0].removeprefix(mount.target.rstrip("/"))
        path = mount.path + inside if mount.path and inside != rest[0] else ""
        if path and workspace.exists(path):
            return path, True
    return "", False
