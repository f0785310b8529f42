"""The address of an upstream, and what it says about the hop."""

from __future__ import annotations

import re

from batten.facts import Upstream
from batten.model import UNKNOWN, Location, Setting
from batten.model.record import record

_TARGET = re.compile(
    r"^(?:([a-z][a-z0-9+.-]*)://)?(?:[^@/]*@)?(unix:[^:]*|\[[^\]]*\]|[^/:?#]*)(?::(\d*))?(.*)$",
    re.DOTALL | re.IGNORECASE,
)
_LOOPBACK = re.compile(r"^(?:localhost|127(?:\.\d+){3}|\[?::1\]?|unix:.*|/.*)$", re.IGNORECASE)
_PORTS = {"http": 80, "h2c": 80, "grpc": 80, "ws": 80, "https": 443, "grpcs": 443, "wss": 443}
_SECURE = frozenset(("https", "grpcs", "wss", "suwsgi", "fcgis"))


@record
class Target:
    """The parts of an upstream's address: `scheme` in lower case, "" when none is written."""

    scheme: str
    host: str
    port: str
    path: str


def target_of(text: str) -> Target:
    found = _TARGET.match(text)
    if found is None:
        return Target("", text, "", "")
    return Target((found[1] or "").lower(), found[2], found[3] or "", found[4])


def is_loopback(host: str) -> bool:
    """Whether an address stays on this machine: loopback, or a socket of the file system."""
    return bool(_LOOPBACK.match(host))


def port_of(port: str, scheme: str) -> int:
    """The port written, or the scheme's; 0 when neither is known."""
    return int(port) if port.isdigit() else _PORTS.get(scheme, 0)


def upstream_of(
    text: str,
    at: Location,
    verified: Setting[bool] | None = None,
    unknown: bool = False,
    encrypted: Setting[bool] | None = None,
) -> Upstream:
    """The hop to a URL or host:port. `unknown`: a variable is in it. `encrypted` where something other
    than the scheme says it (an `ssl` option)."""
    target = target_of(text)
    secure = encrypted or Setting(target.scheme in _SECURE if target.scheme or not unknown else UNKNOWN, at)
    return Upstream(
        at,
        target=Setting(UNKNOWN if unknown else text, at),
        host="" if unknown else target.host.strip("[]"),
        port=0 if unknown else port_of(target.port, target.scheme),
        encrypted=secure,
        verified=verified if secure.known(False) else None,
        local=not unknown and is_loopback(target.host),
    )
