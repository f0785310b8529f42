"""Bounds on what clients may send, and the edits that set them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from batten.facts import Limits
from batten.model import ABSENT, UNKNOWN, Edit, Fix, Quantity, Safety, Setting
from batten.technologies.edges.nginx import versions
from batten.technologies.edges.nginx.blocks import locations, only_redirects_or_refuses, refuses
from batten.technologies.edges.nginx.placement import in_http, into, replaced
from batten.technologies.edges.nginx.tree import Tree, home_of, inherited, setting, varies
from batten.technologies.shared.edges.nodes import Item

_LIMITS = {
    Quantity.BODY: ("client_max_body_size", "clients that send larger bodies"),
    Quantity.HEADER_TIMEOUT: ("client_header_timeout", "clients that take longer to send their headers"),
    Quantity.BODY_TIMEOUT: ("client_body_timeout", "clients that pause longer while they send a body"),
    Quantity.SEND_TIMEOUT: ("send_timeout", "clients that pause longer while they receive"),
}

_SIZE = re.compile(r"(\d+)([kmg]?)$", re.IGNORECASE)
_TIME = re.compile(r"(\d+)(ms|[smhdwMy]?)")
_UNITS = {
    "ms": 0.001,
    "": 1,
    "s": 1,
    "m": 60,
    "h": 3600,
    "d": 86400,
    "w": 604800,
    "M": 2592000,
    "y": 31536000,
}


def limits(tree: Tree) -> Iterator[Limits]:
    for server in tree.servers:
        if refuses(server) or only_redirects_or_refuses(server):
            continue
        home = home_of(server)
        # The rate of the server's limit_req, or of one of its locations': somebody thought of it.
        found = inherited(server, "limit_req")
        if found == []:
            found = server.below("limit_req")
        if found is None or (not found and any(i.hides("limit_req") for i in server.walk())):
            rate: Setting[str] = Setting(UNKNOWN, home.block())
        elif not found:
            rate = Setting(ABSENT, home.block())
        else:
            zone = next((v[5:] for v in found[0].values if v.startswith("zone=")), "")
            rate = Setting(_zone_rate(tree, zone) or UNKNOWN, found[0].place())
        yield Limits(
            server.block(),
            body=setting(server, "client_max_body_size", size, versions.BODY, home),
            headers=setting(server, "large_client_header_buffers", _buffers, versions.HEADERS, home),
            header_timeout=setting(server, "client_header_timeout", seconds, versions.TIMEOUT, home),
            body_timeout=setting(server, "client_body_timeout", seconds, versions.TIMEOUT, home),
            send_timeout=setting(server, "send_timeout", seconds, versions.TIMEOUT, home),
            rate=rate,
        )
        for location in locations(server):
            if location.first("client_max_body_size"):
                yield Limits(location.block(), body=setting(location, "client_max_body_size", size))


def size(values: list[str]) -> int | None:
    """Bytes of a size as nginx writes it: 8k, 1m, 1g."""
    found = _SIZE.match(values[0]) if values else None
    return int(found[1]) * 1024 ** " kmg".index(found[2].lower() or " ") if found else None


def seconds(values: list[str]) -> float | None:
    """Seconds of a time as nginx writes it: 30s, 1m, 1h30m."""
    if not values or re.sub(_TIME, "", values[0]).strip():
        return None
    return sum(int(number) * _UNITS[unit] for number, unit in _TIME.findall(values[0]))


def _buffers(values: list[str]) -> int | None:
    each = size(values[1:])
    return int(values[0]) * each if each is not None and values[0].isdigit() else None


def _zone_rate(tree: Tree, zone: str) -> str:
    for http in tree.http:
        for made in http.all("limit_req_zone"):
            if any(v.startswith(f"zone={zone}:") for v in made.values):
                rate = next((v[5:] for v in made.values if v.startswith("rate=")), "")
                return "" if varies(rate) else rate
    return ""


def limit(tree: Tree, item: Item, resource: Quantity, amount: str) -> Fix | None:
    if resource is Quantity.RATE:
        # A zone by client address, and its use; twice the rate may come at once.
        number = re.match(r"\d+", amount)
        if item.directive.body is None or number is None or not tree.servers:
            return None
        zone = f"limit_req_zone $binary_remote_addr zone=batten:10m rate={amount};"
        use = f"limit_req zone=batten burst={int(number[0]) * 2} nodelay;\nlimit_req_status 429;"
        there = any("zone=batten:" in v for h in tree.http for i in h.all("limit_req_zone") for v in i.values)
        if there:
            edits: tuple[Edit, ...] = (into(item, use, ("limit_", "client_", "server_name", "listen")),)
        elif item.name == "http":
            edits = (into(item, f"{zone}\n{use}", ("limit_", "client_")),)
        else:
            edits = (in_http(tree, zone), into(item, use, ("limit_", "client_", "server_name", "listen")))
        breaks = f"addresses that send more than {number[0]} requests per second, including NAT gateways"
        return Fix(f"limit the rate of requests to {amount}", edits, safety=Safety.RISKY, breaks=breaks)
    if resource not in _LIMITS:
        return None
    name, breaks = _LIMITS[resource]
    line = f"{name} {amount};"
    if item.name == name:
        edit = replaced(item, line)
    elif item.directive.body is not None:
        edit = into(item, line, ("client_", "send_timeout", "server_name", "listen"))
    else:
        return None
    return Fix(
        f"bound the {resource.value.replace('-', ' ')} to {amount}",
        (edit,),
        safety=Safety.RISKY,
        breaks=breaks,
    )
