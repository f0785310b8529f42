"""What Kong's response transformers put into answers, errors included, and cookies that plugins set.

`add` sets a header that the answer has not, `replace` changes one that it has, `append` adds to it.
Source: https://developer.konghq.com/plugins/response-transformer/
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from batten.facts import Banner, Cookie, ResponseHeaders
from batten.model import ABSENT, UNKNOWN, Kind, Location, Setting
from batten.technologies.edges.kong.gateway import ENCRYPTED, Gateway, Plugin, Way
from batten.technologies.edges.kong.tree import Item
from batten.technologies.shared.edges.headers import PRODUCTS, HeaderChange, fold, unknown_headers

TRANSFORMERS = ("response-transformer", "response-transformer-advanced")
ANSWERS = "answers"  # the place of headers that no transformer sends
_ACTIONS = {"remove": "remove", "replace": "set", "add": "default", "append": "add"}
_COOKIES = {"session": ("cookie_", "session"), "openid-connect": ("session_cookie_", "session")}


def answers(gateway: Gateway) -> Iterator[ResponseHeaders]:
    """One for each transformer that is in force, and one for all answers that none changes."""
    groups: dict[Location, list[Way]] = {}
    for way in gateway.ways:
        told = not way.opaque and not way.refuses and not way.moves and way.taken is not None
        if told and (gateway.whole or _transformers(way)):
            groups.setdefault(_place(gateway, way), []).append(way)
    for place, ways in groups.items():
        sent = fold(c for p in _transformers(ways[0]) for c in changes(p))
        if gateway.injects:
            sent = {**unknown_headers(place), **sent}
        secure = any(set(w.taken or ()) & ENCRYPTED for w in ways)
        yield ResponseHeaders(place, over_tls=secure, sent=sent, authenticated=any(w.logins for w in ways))


def _transformers(way: Way) -> list[Plugin]:
    return [way.plugins[name] for name in TRANSFORMERS if name in way.plugins]


def _place(gateway: Gateway, way: Way) -> Location:
    """A transformer of a service or a route by its name; all other answers keep theirs when they get one."""
    found = _transformers(way)
    last = found[-1].item if found else gateway.root
    if found and (last.path[0] != "plugins" or last["service"] or last["route"]):
        return last.block
    return Location(last.source, ANSWERS, last.span, kind=Kind.BLOCK)


def changes(plugin: Plugin) -> Iterator[HeaderChange]:
    for key, action in _ACTIONS.items():
        part = plugin.setting(key)
        conditional = key == "replace" or bool(part["if_status"])
        for item in part["headers"].items():
            name, _, value = item.text.partition(":")
            if name and (value or action == "remove"):
                setting = Setting(value.strip() if item.known else UNKNOWN, item.here)
                yield HeaderChange(action, name.strip(), setting, conditional=conditional)


def banners(gateway: Gateway) -> Iterator[Banner]:
    for plugin in gateway.plugins:
        for key in ("add", "append", "replace"):
            for item in plugin.setting(key, "headers").items() if plugin.name in TRANSFORMERS else ():
                name, _, value = item.word.partition(":")
                if name.lower() in PRODUCTS and re.search(r"\d", value):
                    yield Banner(
                        item.here,
                        product=value.partition("/")[0],
                        header=name,
                        shows_version=Setting(True, item.here),
                        shown=value.strip(),
                    )


def cookies(gateway: Gateway) -> Iterator[Cookie]:
    """The defaults are Secure, HttpOnly and SameSite; `cookie_secure`, `cookie_http_only` and `cookie_same_site` of the plugin
    `session` may say otherwise of the cookie `cookie_name`, and those of `openid-connect` and `saml` of theirs."""
    for plugin in gateway.plugins:
        if plugin.name in _COOKIES:
            prefix, name = _COOKIES[plugin.name]
            cookie_name = plugin.setting(f"{prefix}name").word or name
            site = _first(plugin, f"{prefix}same_site", f"{prefix}samesite")
            word = site.word.lower()
            same: Setting[str] = Setting(UNKNOWN, site.at)
            if word:
                same = Setting(ABSENT if word in ("off", "default") else word, site.here)
            yield Cookie(
                plugin.item.block,
                name=cookie_name,
                secure=plugin.setting(f"{prefix}secure").flag(UNKNOWN),
                http_only=_first(plugin, f"{prefix}http_only", f"{prefix}httponly").flag(UNKNOWN),
                same_site=same,
            )


def _first(plugin: Plugin, *keys: str) -> Item:
    return next((plugin.setting(k) for k in keys if plugin.setting(k)), plugin.setting(keys[0]))
