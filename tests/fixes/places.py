"""Where an edge runs, and the sites that it serves."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from pathlib import Path

from batten.model.record import record

# The user that a site with a login knows, and what the edges keep of the password.
USER, PASSWORD = "ann", "pen"
DIGEST = "{SHA}" + base64.b64encode(hashlib.sha1(PASSWORD.encode()).digest()).decode()


@record
class Site:
    """A virtual host with its upstream's port; `static` is a folder that edges which serve files serve as /static/, or,
    without an upstream, as the whole site; `pool` is the port of PHP-FPM for its scripts. An `api` listens on ports of its own, as gateways of APIs do."""

    host: str
    upstream: int = 0
    static: Path | None = None
    pool: int = 0
    api: bool = False

    @property
    def name(self) -> str:
        return self.host.removesuffix(".test").replace(".", "-")


@record
class Place:
    """Where an edge is: `folder` holds what batten fixes, `room` what the server keeps. `ports` are those for plain HTTP and
    for TLS, by the hosts that have their own; "" is all others."""

    folder: Path
    room: Path
    cert: Path
    key: Path
    ports: dict[str, tuple[int, int]]
    sites: tuple[Site, ...]

    @property
    def plain(self) -> int:
        return self.ports[""][0]

    @property
    def tls(self) -> int:
        return self.ports[""][1]

    def of(self, host: str) -> tuple[int, int]:
        return self.ports.get(host, self.ports[""])

    def origin(self, scheme: str, host: str) -> str:
        return f"{scheme}://{host}:{self.of(host)[scheme == 'https']}"

    @property
    def origins(self) -> list[str]:
        """Those whose pages call an API of another."""
        return [self.origin(scheme, "spa.shop.test") for scheme in ("http", "https")]

    @property
    def apis(self) -> list[Site]:
        return [s for s in self.sites if s.api]

    @property
    def web(self) -> list[Site]:
        return [s for s in self.sites if not s.api and s.upstream]

    @property
    def files(self) -> list[Site]:
        """Sites that consist of files."""
        return [s for s in self.sites if not s.upstream]


@record
class Edge:
    """`files` writes the configuration, `command` starts what is written."""

    files: Callable[[Place], dict[str, str]]
    command: Callable[[Place], list[str]]
    serves_files: bool = True


def each(sites: list[Site], made: Callable[[Site], str]) -> str:
    return "\n".join(map(made, sites))


def users(at: Place) -> Path:
    """The file of those who may log in."""
    made = at.room / "users"
    made.write_text(f"{USER}:{DIGEST}\n")
    return made
