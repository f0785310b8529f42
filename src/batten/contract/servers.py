"""Where an API says that it is."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from batten.contract.contract import Server
from batten.contract.source import Place
from batten.formats.tree import Plain

_VARIABLE = re.compile(r"\{([^{}]*)\}")


def read_servers(holder: dict[str, Plain], place: Place, version: str) -> tuple[Server, ...]:
    """The servers of a document, a path or an operation; none where it names none."""
    if version.startswith("2."):
        return _servers_of_2(holder, place)
    entries = holder.get("servers")
    if not isinstance(entries, list):
        return ()
    found = []
    for index, entry in enumerate(entries):
        url = entry.get("url") if isinstance(entry, dict) else None
        if isinstance(entry, dict) and isinstance(url, str):
            at = place / "servers" / str(index) / "url"
            variables = entry.get("variables")
            said = entry.get("description")
            found.append(
                Server(
                    _resolved(url, variables),
                    url,
                    at,
                    _settled(url, variables),
                    said if isinstance(said, str) else "",
                )
            )
    return tuple(found)


def base_path(servers: tuple[Server, ...], otherwise: str = "") -> str:
    """The path of the first server that is known, without its last slash."""
    for server in servers:
        if server.url is not None:
            try:
                return urlsplit(server.url).path.rstrip("/")
            except ValueError:
                return otherwise
    return otherwise


def _resolved(url: str, variables: Plain) -> str | None:
    for name in _VARIABLE.findall(url):
        variable = variables.get(name) if isinstance(variables, dict) else None
        default = variable.get("default") if isinstance(variable, dict) else None
        if not isinstance(default, (str, int, float)):
            return None
        url = url.replace("{" + name + "}", str(default))
    return url


def _settled(url: str, variables: Plain) -> bool:
    """Whether the variable that a URL begins with may be one value only."""
    found = _VARIABLE.match(url)
    variable = variables.get(found[1]) if found is not None and isinstance(variables, dict) else None
    choices = variable.get("enum") if isinstance(variable, dict) else None
    return isinstance(choices, list) and len(choices) == 1


def read_schemes_of_2(
    holder: dict[str, Plain], place: Place, document: dict[str, Plain]
) -> tuple[Server, ...]:
    """Where an operation of Swagger 2.0 is that names schemes of its own."""
    if not isinstance(document.get("host"), str) or not isinstance(holder.get("schemes"), list):
        return ()
    own = {"host": document["host"], "basePath": document.get("basePath"), "schemes": holder["schemes"]}
    return _servers_of_2(own, place)


def _servers_of_2(holder: dict[str, Plain], place: Place) -> tuple[Server, ...]:
    """Swagger 2.0 tells schemes, host and base path apart."""
    host, base, schemes = (holder.get(key) for key in ("host", "basePath", "schemes"))
    path = base if isinstance(base, str) else ""
    if not isinstance(host, str):
        return (Server(path, path, place / "basePath"),) if path else ()
    rest = f"//{host}{path}"
    if not isinstance(schemes, list) or not schemes:
        return (Server(rest, rest, place / "host"),)
    return tuple(
        Server(f"{scheme}:{rest}", f"{scheme}:{rest}", place / "schemes" / str(index))
        for index, scheme in enumerate(schemes)
    )
