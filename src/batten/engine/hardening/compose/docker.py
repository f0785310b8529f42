"""The Docker Engine of this machine, asked over its socket (https://docs.docker.com/reference/api/engine/)."""

from __future__ import annotations

import http.client
import json
import os
import socket
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import quote, urlencode

from batten.harden import HardenProblem
from batten.model.record import record

Json = object
SECONDS = 30.0  # for an answer
MOST = 16 * 1024 * 1024  # bytes of one
PROJECT = "com.docker.compose.project"  # the label of all that Compose makes
# Where Docker Engine, rootless Docker and Docker Desktop listen: https://docs.docker.com/engine/security/rootless/tips/ and
# https://docs.docker.com/desktop/setup/install/mac-permission-requirements/
USUAL = (
    "/var/run/docker.sock",
    "$XDG_RUNTIME_DIR/docker.sock",
    "~/.docker/run/docker.sock",
    "~/.docker/desktop/docker.sock",
)


class NotStarted(HardenProblem):
    """What a project needs is missing here."""


class NoEngine(NotStarted):
    """There is no engine here, or none that answers."""


class _OverSocket(http.client.HTTPConnection):
    def __init__(self, path: Path) -> None:
        super().__init__("localhost", timeout=SECONDS)
        self.path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(SECONDS)
        self.sock.connect(str(self.path))


@record
class Docker:
    """An engine that answers at this socket."""

    path: Path

    @property
    def address(self) -> str:
        return f"unix://{self.path}"

    def _ask(self, place: str, method: str = "GET") -> tuple[int, bytes]:
        """Raises NoEngine."""
        link = _OverSocket(self.path)
        try:
            link.request(method, place)
            answer = link.getresponse()
            return answer.status, answer.read(MOST)
        except (OSError, http.client.HTTPException) as error:
            raise NoEngine(f"the Docker Engine at {self.path} does not answer: {error}") from error
        finally:
            link.close()

    def answers(self) -> bool:
        """Raises NoEngine."""
        return self._ask("/_ping")[0] == 200

    def has_image(self, reference: str) -> bool:
        """Raises NoEngine."""
        return self._ask(f"/images/{quote(reference, safe='/:@')}/json")[0] == 200

    def mountpoint(self, volume: str) -> Path | None:
        """Where the data of a volume lie on the engine's machine; None where it does not say. Raises NoEngine."""
        found = _object(self._ask(f"/volumes/{quote(volume, safe='')}")[1]).get("Mountpoint")
        return Path(found) if isinstance(found, str) and found else None

    def of_project(self, name: str) -> tuple[str, ...]:
        """Every container, network and volume that a project has, each by kind and name; of all projects for "". Raises
        NoEngine."""
        containers = _rows(self._ask(f"/containers/json?all=true&{_chosen(name)}")[1])
        networks = _rows(self._ask(f"/networks?{_chosen(name)}")[1])
        volumes = _rows(_object(self._ask(f"/volumes?{_chosen(name)}")[1]).get("Volumes"))
        return (
            *(f"container {_name(row)}" for row in containers),
            *(f"network {_name(row)}" for row in networks),
            *(f"volume {_name(row)}" for row in volumes),
        )

    def unwell(self, name: str) -> tuple[str, ...]:
        """Services of a project whose containers do not run, or are not healthy. Raises NoEngine."""
        rows = _rows(self._ask(f"/containers/json?all=true&{_chosen(name)}")[1])
        return tuple(
            sorted(
                str(_object(row.get("Labels")).get("com.docker.compose.service"))
                for row in rows
                if not (row.get("State") == "running" and "unhealthy" not in str(row.get("Status")))
            )
        )


def _chosen(name: str) -> str:
    """What is asked for, by the label that Compose gives to all of a project."""
    return urlencode({"filters": json.dumps({"label": [f"{PROJECT}={name}" if name else PROJECT]})})


def _object(found: bytes | Json) -> dict[str, Json]:
    value = _decoded(found)
    return value if isinstance(value, dict) else {}


def _rows(found: bytes | Json) -> list[dict[str, Json]]:
    value = _decoded(found)
    return [row for row in value if isinstance(row, dict)] if isinstance(value, list) else []


def _decoded(found: bytes | Json) -> Json:
    try:
        return json.loads(found) if isinstance(found, bytes) else found
    except ValueError:
        return None


def _name(row: dict[str, Json]) -> str:
    names = row.get("Names")
    return str(names[0]).lstrip("/") if isinstance(names, list) and names else str(row.get("Name"))


def docker() -> Docker:
    """The engine that Docker's own client would ask, if it is on this machine. Raises NoEngine."""
    named = os.environ.get("DOCKER_HOST", "")
    if named and not named.startswith("unix://"):
        raise NoEngine(f"the Docker Engine at {named} is on another machine; unset DOCKER_HOST")
    sockets_named = named.removeprefix("unix://")
    places: Iterable[str] = (sockets_named,) if sockets_named else USUAL
    for place in places:
        sockets_path = os.path.expanduser(os.path.expandvars(place))
        if sockets_path.startswith("/"):
            path = Path(os.path.realpath(sockets_path))
            found = Docker(path)
            if path.is_socket() and _answers(found):
                return found
    raise NoEngine("no Docker Engine answers here; start it, or allow this user to use its socket")


def _answers(engine: Docker) -> bool:
    try:
        return engine.answers()
    except NoEngine:
        return False
