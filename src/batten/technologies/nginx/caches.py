"""Caches that give what one client was answered to another."""

from __future__ import annotations

from collections.abc import Iterator

from batten.facts import Content, Feature
from batten.model import Setting, Switch
from batten.technologies._edges.nodes import Item
from batten.technologies.nginx.blocks import authenticated, content_of, locations, passes
from batten.technologies.nginx.tree import Tree, inherited

_FAMILIES = {"proxy_pass": "proxy", "fastcgi_pass": "fastcgi", "uwsgi_pass": "uwsgi", "scgi_pass": "scgi"}


def caches(tree: Tree) -> Iterator[Feature]:
    seen: set[int] = set()
    for server in tree.servers:
        for location in locations(server):
            for item, what in _of_location(location):
                if id(item) not in seen:
                    seen.add(id(item))
                    yield Feature(item.place(), Switch.SHARED_CACHE, Setting(True, item.place()), what)


def _of_location(location: Item) -> Iterator[tuple[Item, str]]:
    forward = passes(location)
    family = _FAMILIES.get(forward.name) if forward else None
    if family is None or content_of(location) is Content.ASSET:
        return
    zone = inherited(location, f"{family}_cache")
    if not zone or zone[-1].value in ("off", "") or _spared(location, family):
        return
    ignored = inherited(location, f"{family}_ignore_headers") or []
    words = {w.lower() for i in ignored for w in i.values}
    if "set-cookie" in words and not _hides_cookies(location, family):
        yield ignored[-1], "answers are cached with their Set-Cookie headers"
    elif words & {"cache-control", "expires"} and authenticated(location):
        yield ignored[-1], "the upstream's Cache-Control is ignored"
    methods = inherited(location, f"{family}_cache_methods")
    key = inherited(location, f"{family}_cache_key")
    posts = methods and any(w.upper() == "POST" for i in methods for w in i.values)
    if methods and posts and key is not None and "body" not in " ".join(v for i in key for v in i.values):
        yield methods[-1], "answers to POST are cached regardless of the request body"


def _spared(location: Item, family: str) -> bool:
    """Whether some requests go around the cache: somebody thought of it."""
    return any(inherited(location, f"{family}_{name}") != [] for name in ("no_cache", "cache_bypass"))


def _hides_cookies(location: Item, family: str) -> bool:
    hidden = inherited(location, f"{family}_hide_header")
    return hidden is None or any(i.value.lower() == "set-cookie" for i in hidden)
