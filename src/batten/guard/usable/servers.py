"""Server URLs of which no path can be made."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from batten.contract import Contract, Place, Server
from batten.contract.keywords import Flaw, shown
from batten.contract.servers import read_servers
from batten.guard.usable.reading import Object

_URL = re.compile(r"(?:[A-Za-z][A-Za-z0-9+.-]*:)?//[^/?#\s]+(?:/[^?#\s]*)?|/[^?#\s]*|")
_HINT = "write https://host/path, or /path alone"


def server_flaws(contract: Contract, holder: Object, place: Place) -> Iterator[Flaw]:
    """Of a document, a path item or an operation."""
    if contract.version.startswith("2."):
        for key in ("host", "basePath"):
            value = holder.get(key)
            if value is not None and not isinstance(value, str):
                yield Flaw(place / key, f"`{key}` is {shown(value)}, not a string", "write it as a string")
        base, host = holder.get("basePath"), holder.get("host")
        if isinstance(base, str) and (
            _URL.fullmatch(base) is None or base[:1] not in ("", "/") or base[:2] == "//"
        ):
            yield Flaw(place / "basePath", f"the base path {shown(base)} is invalid", "start it with one /")
        if isinstance(host, str) and not (
            _URL.fullmatch(f"//{host}") and "/" not in host and _splits(f"//{host}")
        ):
            yield Flaw(
                place / "host",
                f"the host {shown(host)} is invalid",
                "write a host name, without a scheme or path",
            )
        return
    entries = holder.get("servers")
    if entries is None:
        return
    if not isinstance(entries, list):
        yield Flaw(
            place / "servers", f"`servers` is {shown(entries)}, not a list", "list objects with a `url`"
        )
        return
    for index, entry in enumerate(entries):
        if not isinstance(entry, dict) or not isinstance(entry.get("url"), str):
            at = place / "servers" / str(index)
            yield Flaw(at, "the server has no `url` that is a string", _HINT)
    for server in read_servers(holder, place, contract.version):
        yield from _url(server)


def _url(server: Server) -> Iterator[Flaw]:
    if server.url is None:
        message = f"a variable of the server URL {shown(server.written)} has no default"
        yield Flaw(server.place, message, "add it to `variables` with a `default`")
    elif _URL.fullmatch(server.url) is None or not _splits(server.url):
        yield Flaw(server.place, f"the server URL {shown(server.written)} is invalid", _HINT)


def _splits(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.port is None or parts.port >= 0
    except ValueError:
        return False
