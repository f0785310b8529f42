"""Caches that give what one client was answered to another."""

from __future__ import annotations

import re
from collections.abc import Iterator

from batten.facts import Content, Feature
from batten.model import Setting, Switch
from batten.model.record import record
from batten.technologies.edges.nginx.blocks import authenticated, content_of, locations, passes
from batten.technologies.edges.nginx.tree import Tree, inherited
from batten.technologies.edges.nginx.upstreams import takes_any_host
from batten.technologies.shared.edges.nodes import Item


@record
class _Names:
    """What the directives of one kind of upstream are called."""

    cache: str
    key: str
    methods: str
    ignored: str
    hidden: str
    spared: tuple[str, str]


_NAMES = {
    "proxy_pass": _Names("proxy_cache", "proxy_cache_key", "proxy_cache_methods", "proxy_ignore_headers",
                         "proxy_hide_header", ("proxy_no_cache", "proxy_cache_bypass")),
    "fastcgi_pass": _Names("fastcgi_cache", "fastcgi_cache_key", "fastcgi_cache_methods", "fastcgi_ignore_headers",
                           "fastcgi_hide_header", ("fastcgi_no_cache", "fastcgi_cache_bypass")),
    "uwsgi_pass": _Names("uwsgi_cache", "uwsgi_cache_key", "uwsgi_cache_methods", "uwsgi_ignore_headers",
                         "uwsgi_hide_header", ("uwsgi_no_cache", "uwsgi_cache_bypass")),
    "scgi_pass": _Names("scgi_cache", "scgi_cache_key", "scgi_cache_methods", "scgi_ignore_headers",
                        "scgi_hide_header", ("scgi_no_cache", "scgi_cache_bypass")),
}  # fmt: skip
_HOST = re.compile(r"\$\{?(?:host|http_host|server_name|http_x_forwarded_host)\b")


def caches(tree: Tree) -> Iterator[Feature]:
    seen: set[int] = set()
    for server in tree.servers:
        for location in locations(server):
            for item, what, switch in _of_location(tree, server, location):
                if id(item) not in seen:
                    seen.add(id(item))
                    yield Feature(item.place(), switch, Setting(True, item.place()), what)


def _of_location(tree: Tree, server: Item, location: Item) -> Iterator[tuple[Item, str, Switch]]:
    forward = passes(location)
    names = _NAMES.get(forward.name) if forward else None
    if names is None or content_of(location) is Content.ASSET:
        return
    zone = inherited(location, names.cache)
    if not zone or zone[-1].value in ("off", "") or any(inherited(location, n) != [] for n in names.spared):
        return  # where some requests go around the cache, somebody thought of it
    ignored = inherited(location, names.ignored) or []
    words = {w.lower() for i in ignored for w in i.values}
    if "set-cookie" in words and not _hides_cookies(location, names):
        yield ignored[-1], "answers are cached with their Set-Cookie headers", Switch.SHARED_CACHE
    elif words & {"cache-control", "expires"} and authenticated(location):
        yield ignored[-1], "the upstream's Cache-Control is ignored", Switch.SHARED_CACHE
    methods = inherited(location, names.methods)
    key = inherited(location, names.key)
    posts = methods and any(w.upper() == "POST" for i in methods for w in i.values)
    text = " ".join(v for i in key or () for v in i.values)
    if methods and posts and key is not None and "body" not in text:
        yield methods[-1], "answers to POST are cached regardless of the request body", Switch.SHARED_CACHE
    if key and not _HOST.search(text) and takes_any_host(tree, server) and _forwards_host(location):
        yield key[-1], f"`Host` is forwarded, and is not in `{names.key}`", Switch.UNKEYED_HEADER


def _hides_cookies(location: Item, names: _Names) -> bool:
    hidden = inherited(location, names.hidden)
    return hidden is None or any(i.value.lower() == "set-cookie" for i in hidden)


def _forwards_host(location: Item) -> bool:
    """FastCGI and its like get all headers; of `proxy_pass` it depends."""
    forward = passes(location)
    if forward is None or forward.name != "proxy_pass":
        return True
    sent = inherited(location, "proxy_set_header") or []
    return any(
        i.value.lower() in ("host", "x-forwarded-host") and _HOST.search(" ".join(i.values[1:])) for i in sent
    )
