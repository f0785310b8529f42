"""What nginx sends to upstreams in place of clients' own headers, and where it no longer does.

`proxy_set_header` and `grpc_set_header` are inherited only by a block that has none of its own, and what is not set is
passed on as the client sent it. Sources: ngx_http_proxy_module, proxy_set_header, proxy_pass_request_headers;
ngx_http_grpc_module, grpc_set_header.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from batten.facts import AccessRule, ReplacedHeaders
from batten.model import Setting
from batten.technologies.edges.nginx.blocks import (
    DULL,
    guarded,
    internal,
    locations,
    match_of,
    only_assets,
    passes,
    refuses,
)
from batten.technologies.edges.nginx.tree import Tree, inherited, varies
from batten.technologies.edges.nginx.upstreams import target_of
from batten.technologies.shared.edges.nodes import Item

_SETS = {"proxy_pass": "proxy_set_header", "grpc_pass": "grpc_set_header"}
# Headers by which upstreams know who asks, from where, and for what.
_BELIEVED = re.compile(
    r"(?i)(?:forwarded|x-forwarded-(?!prefix|server)[\w-]+|x-(?:real|client|cluster-client)-ip|true-client-ip|authorization|proxy"
    r"|(?:x-)?remote-[\w-]+|x-(?:auth|authenticated|user|webauth|ssl|client|consumer|original-ur[il]|rewrite-url)(?:-[\w-]+)?|ssl-client-[\w-]+)"
)
_NAMED_BY_LOGIN = re.compile(r"\$\{?(?:remote_user|ssl_client_\w+|jwt_claim_\w+|oidc_\w+)")


def lost_headers(tree: Tree) -> Iterator[ReplacedHeaders]:
    """Of each location that sets headers for its upstream, those of the block around that it no longer sets."""
    for server in tree.servers:
        for location in locations(server):
            forward = passes(location)
            name = _SETS.get(forward.name) if forward is not None else None
            own = location.all(name) if name is not None and not refuses(location) else []
            lost = lost_of(location, own[0]) if own else []
            if lost:
                dropped = {
                    i.value.lower(): Setting("" if varies(i.values[1]) else i.values[1], i.place())
                    for i in lost
                }
                yield ReplacedHeaders(own[0].place(), dropped)


def lost_of(location: Item, own: Item) -> list[Item]:
    """The directives of the blocks around a location that one of its own puts out of force, if upstreams believe what they set."""
    passed = inherited(location, "proxy_pass_request_headers")
    unsure = location.up is None or location.hides(own.name) or passed is None
    if unsure or (passed and passed[-1].value == "off"):
        return []
    set_here = {i.value.lower() for i in location.all(own.name)}
    around = inherited(location.up, own.name) if location.up is not None else None
    return [
        i
        for i in around or ()
        if len(i.values) > 1 and i.value.lower() not in set_here and _BELIEVED.fullmatch(i.value)
    ]


def believed_names(tree: Tree) -> Iterator[AccessRule]:
    """Names of users that one location sets after a login, where another passes on the client's own to the same upstream."""
    for server in tree.servers:
        named = {
            i.value.lower(): i for i in server.below("proxy_set_header") if len(i.values) > 1 and _by_login(i)
        }
        for item in named.values():
            location = next((b for b in item.around() if b.name == "location"), None)
            forward = passes(location) if location is not None else None
            if location is None or forward is None or not guarded(location):
                continue
            target = target_of(forward.value)
            for other in locations(server):
                if other is not location and _passes_own(
                    other, item.value.lower(), (target.host, target.port)
                ):
                    defeat = f"`location {' '.join(other.values)}` passes on {item.value} as clients send it"
                    yield AccessRule(item.place(), f"proxy_set_header {item.value}", defeat, partial=True)
                    break


def _by_login(item: Item) -> bool:
    """Whether the value is the name that a login gave, or another word of who logged in."""
    value = item.values[1]
    answers = {i.value.strip("${}") for b in item.around() for i in b.all("auth_request_set")}
    return bool(_NAMED_BY_LOGIN.search(value)) or any(n in answers for n in re.findall(r"\$\{?(\w+)", value))


def _passes_own(location: Item, name: str, target: tuple[str, str]) -> bool:
    forward = passes(location)
    if forward is None or forward.name != "proxy_pass" or internal(location) or refuses(location):
        return False
    match, there = match_of(location), target_of(forward.value)
    quiet = DULL.search(match.path) or (match.kind == "regex" and only_assets(match.path))
    if (there.host, there.port) != target or guarded(location) or quiet or match.kind == "named":
        return False
    found = inherited(location, "proxy_set_header")
    return found is not None and not any(i.value.lower() == name for i in found)
