"""Where the API is once the edge is in front of it: its host names, over TLS, at every level that names servers."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator

from batten.contract import Contract, Operation, Place, Server
from batten.engine.hardening.contract.editing import Editing
from batten.formats.tree import Plain
from batten.harden.edge import Edge

_BEFORE = ("security", "tags", "paths", "webhooks", "components")  # what `servers` is written in front of
# Names that no one outside of a network resolves (RFC 6761, RFC 6762, ICANN's reservation of .internal).
_INSIDE = (".localhost", ".local", ".internal", ".test", ".invalid", ".home.arpa")


def put_servers(editing: Editing, edge: Edge) -> None:
    """Each list of servers in the place of what was there; the paths that they offer the API under stay."""
    contract = editing.contract
    if contract.version.startswith("2."):
        _put_hosts(editing, edge)
        return
    levels = dict(_levels(contract))
    whole = Place(contract.path)
    for place, servers in {whole: [], **levels}.items():
        bases = _bases(servers) or _bases(levels.get(whole, [])) or ("",)
        # What is said of an address that stays is kept.
        known = {one.get("url"): one for one in _written(contract, place) if isinstance(one.get("url"), str)}
        found: list[Plain] = []
        for base in bases:
            for name in edge.names:
                url = address(edge, name) + base
                found.append({"url": url, "x-internal": is_inside(name), **known.get(url, {})})
        editing.put(place, "servers", found, _BEFORE)


def _levels(contract: Contract) -> Iterator[tuple[Place, list[Server]]]:
    """What holds a list of servers: the document, paths, operations."""
    found: dict[Place, list[Server]] = {}
    for server in contract.servers:
        found.setdefault(Place(server.place.source, server.place.tokens[:-3]), []).append(server)
    yield from found.items()


def _bases(servers: list[Server]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(path for server in servers for path in server.paths))


def _written(contract: Contract, place: Place) -> list[dict[str, Plain]]:
    holder = contract.references.sources.files[place.source].value(place.tokens)
    servers = holder.get("servers") if isinstance(holder, dict) else None
    return (
        [one for one in servers if isinstance(one, dict) and "variables" not in one]
        if isinstance(servers, list)
        else []
    )


def address(edge: Edge, name: str) -> str:
    return f"https://{name}" if edge.public == 443 else f"https://{name}:{edge.public}"


def is_inside(name: str) -> bool:
    """Whether a host name is of one network only."""
    bare = name.strip("[]").lower().rstrip(".")
    try:
        return not ipaddress.ip_address(bare).is_global
    except ValueError:
        return "." not in bare or bare.endswith(_INSIDE)


def _put_hosts(editing: Editing, edge: Edge) -> None:
    """OpenAPI 2.0 has one host for all; operations may have schemes of their own."""
    contract = editing.contract
    before = ("basePath", "consumes", "produces", "paths")
    host = address(edge, edge.names[0]).removeprefix("https://")
    for place in dict.fromkeys(_holders(contract)):
        holder = editing.mapping(place)
        if holder is None or "schemes" in holder:
            editing.put(place, "schemes", ["https"])
    whole = Place(contract.path)
    editing.put(whole, "host", host, before)
    if "schemes" not in editing.top(contract.path):
        editing.put(whole, "schemes", ["https"], before)


def _holders(contract: Contract) -> Iterator[Place]:
    yield Place(contract.path)
    yield from (operation.place for operation in contract.operations if _has_schemes(contract, operation))


def _has_schemes(contract: Contract, operation: Operation) -> bool:
    value = contract.references.sources.files[operation.place.source].value(operation.place.tokens)
    return isinstance(value, dict) and "schemes" in value
