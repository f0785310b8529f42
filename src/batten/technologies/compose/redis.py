"""redis and valkey as a Compose service runs them: the mounted configuration file, then the options."""

from __future__ import annotations

from collections.abc import Iterator

from batten.facts import Store, Workload
from batten.formats import SyntaxProblem, Unreadable, Workspace, directives
from batten.model import ABSENT, UNKNOWN, Setting, Unknown
from batten.technologies.compose.parts import Part
from batten.technologies.compose.project import env_files_known

_SERVERS = ("redis-server", "valkey-server")


def redis_store(
    part: Part, workload: Workload, product: str, version: str, command: tuple[str, ...], workspace: Workspace
) -> Store:
    """The store's settings. Whether a user file or a foreign start script adds a password is UNKNOWN."""
    path, readable = _configuration(command, workload, workspace)
    options = {**(_file_options(path, workspace) if path else {}), **dict(_options(command))}
    port = options.get("port", "6379")
    bind = options.get("bind")
    return Store(
        workload.at,
        product,
        _authentication(part, workload, options, readable, workspace),
        Setting(tuple(bind.split()), workload.at) if bind else Setting(ABSENT, workload.at, ("0.0.0.0",)),
        Setting(int(port) if port.isdigit() else UNKNOWN, workload.at),
        version,
        protected=Setting(_protected(options), workload.at),
        service=workload.name,
        configured_by=(path,) if path else (),
    )


def _protected(options: dict[str, str]) -> bool:
    """Docker's images turn protected mode off unless it is asked for."""
    return options.get("protected-mode", "no").lower() == "yes"


def _authentication(
    part: Part, workload: Workload, options: dict[str, str], readable: bool, workspace: Workspace
) -> Setting[bool]:
    environment = workload.environment
    asked = environment.get("REDIS_PASSWORD") or environment.get("VALKEY_PASSWORD")
    by_image = workload.image.known("").startswith(("bitnami/", "docker.io/bitnami/"))
    if options.get("requirepass", "") != "" or "aclfile" in options:
        known = "aclfile" not in options
        return Setting(True if known else UNKNOWN, workload.at)
    allowed = environment.get("ALLOW_EMPTY_PASSWORD")
    if by_image and allowed is not None:
        return Setting(allowed.known("no") != "yes", allowed.at)
    known_here = readable and env_files_known(part, workspace) and not (by_image or _extra(environment))
    if asked is not None and by_image:
        return Setting(True, asked.at)
    default: bool | Unknown = False if known_here else UNKNOWN
    return Setting(ABSENT, workload.at, default)


def _extra(environment: object) -> bool:
    """redis-stack takes options from a variable."""
    return isinstance(environment, dict) and "REDIS_ARGS" in environment


def _configuration(command: tuple[str, ...], workload: Workload, workspace: Workspace) -> tuple[str, bool]:
    """The configuration file on disk here, and whether everything the server reads is known."""
    starts = [n for n, word in enumerate(command) if word.rpartition("/")[2] in _SERVERS]
    if not command:
        return "", True
    first = command[starts[0] + 1 :] if starts else command
    if not starts and not first[0].startswith("--"):
        return "", False  # a script of the image's, or of the project's
    if not first or first[0].startswith("-"):
        return "", True
    for mount in workload.mounts:
        inside = first[0].removeprefix(mount.target.rstrip("/"))
        path = mount.path + inside if inside != first[0] and mount.path else ""
        if path and workspace.exists(path):
            return path, True
    return "", False


def _options(command: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """`--name value …`, as the server takes them after its file."""
    name, values = "", list[str]()
    for word in (*command, "--"):
        if word.startswith("--"):
            if name:
                yield name, " ".join(values)
            name, values = word[2:].lower(), []
        elif name:
            values.append(word)


def _file_options(path: str, workspace: Workspace) -> dict[str, str]:
    try:
        tree = workspace.document(path, directives.parse_directives).tree
    except (Unreadable, SyntaxProblem):
        return {"aclfile": path}  # the file's own reader reports it; here nothing is known of it
    return {line.keyword: " ".join(line.values) for line in tree}
