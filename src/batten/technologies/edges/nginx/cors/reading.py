"""Who may read answers from a browser on another origin: the Access-Control-* headers nginx adds."""

from __future__ import annotations

from collections.abc import Iterator

from batten.facts import Content, CorsPolicy
from batten.model import ABSENT, UNKNOWN, Setting
from batten.technologies.edges.nginx.blocks import content_of, only_redirects_or_refuses, passes, refuses
from batten.technologies.edges.nginx.headers.reading import Added, added
from batten.technologies.edges.nginx.origins import rules_of_value
from batten.technologies.edges.nginx.tree import Tree, varies
from batten.technologies.shared.edges.nodes import Item
from batten.technologies.shared.edges.origins import no_policy

ORIGIN = "access-control-allow-origin"
_ECHOED = ("$http_access_control_request_headers", "$http_access_control_request_method")


def policies(tree: Tree) -> Iterator[CorsPolicy]:
    for server in tree.servers:
        if refuses(server) or only_redirects_or_refuses(server):
            continue
        said = any(i.value.lower() == ORIGIN for i in server.below("add_header"))
        blocks = (
            [
                b
                for b in (server, *server.walk())
                if any(i.value.lower() == ORIGIN for i in b.all("add_header"))
            ]
            if said
            else []
        )
        outer = added(server)
        if not blocks and any(i.value.lower() == ORIGIN for i in outer.items):
            blocks = [server]
        yield from (_of_block(tree, block) for block in blocks)
        if not blocks and not outer.unknown and any(map(passes, server.below("location"))):
            yield no_policy(server.block())


def _of_block(tree: Tree, block: Item) -> CorsPolicy:
    here = added(block)
    origin = next(i for i in here.items if i.value.lower() == ORIGIN)
    rules = rules_of_value(tree, origin)
    value = UNKNOWN if rules is None else rules or ABSENT
    item = _written(here, "access-control-allow-credentials")
    if item is None:
        credentials: Setting[bool] = Setting(UNKNOWN if here.unknown else ABSENT, block.block(), False)
    else:
        credentials_value = item.values[1]
        if varies(credentials_value):
            results = {
                e.value
                for h in tree.http
                for m in h.all("map")
                if m.values[1:2] == [credentials_value]
                for e in m.items
            }
            known = bool(results) and not any(varies(r) for r in results)
            credentials = Setting("true" in results if known else UNKNOWN, item.place())
        else:
            credentials = Setting(credentials_value.strip().lower() == "true", item.place())
    return CorsPolicy(
        block.block(),
        origins=Setting(value, origin.place()),
        credentials=credentials,
        methods=_listed(here, block, "access-control-allow-methods"),
        headers=_listed(here, block, "access-control-allow-headers"),
        varies=_varies(here, block),
        public=content_of(block) is Content.ASSET or _of_files(block),
    )


def _of_files(block: Item) -> bool:
    """Whether a location answers with files of a folder of its own, and with nothing else."""
    own = block.first("root") or block.first("alias")
    others = (
        "try_files",
        "return",
        "rewrite",
        "dav_methods",
        "auth_basic",
        "auth_request",
        "error_page",
        "if",
    )
    return (
        block.name == "location"
        and own is not None
        and passes(block) is None
        and not any(block.first(name) for name in others)
    )


def _written(here: Added, name: str) -> Item | None:
    return next((i for i in here.items if i.value.lower() == name and len(i.values) > 1), None)


def _listed(here: Added, block: Item, name: str) -> Setting[tuple[str, ...]]:
    item = _written(here, name)
    if item is None:
        return Setting(UNKNOWN if here.unknown else ABSENT, block.block())
    value = item.values[1]
    if value in _ECHOED:
        return Setting(("*",), item.place())
    if varies(value):
        return Setting(UNKNOWN, item.place())
    return Setting(tuple(v.strip() for v in value.split(",") if v.strip()), item.place())


def _varies(here: Added, block: Item) -> Setting[bool]:
    for item in here.items:
        if item.value.lower() == "vary" and len(item.values) > 1:
            names = [v.strip().lower() for v in item.values[1].split(",")]
            if "origin" in names or "*" in names or varies(item.values[1]):
                return Setting(True, item.place())
    return Setting(UNKNOWN if here.unknown else ABSENT, block.block(), False)
