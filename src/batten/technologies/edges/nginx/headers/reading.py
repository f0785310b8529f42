"""What nginx adds to answers, block by block, and what a nested block loses."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from batten.facts import Banner, Cookie, ResponseHeaders, SentHeader
from batten.model import UNKNOWN, Setting
from batten.technologies.edges.nginx.blocks import (
    authenticated,
    content_of,
    locations,
    only_redirects_or_refuses,
    refuses,
    returned,
    silent,
)
from batten.technologies.edges.nginx.limits import seconds
from batten.technologies.edges.nginx.tls.listeners import over_tls
from batten.technologies.edges.nginx.tree import Tree, flag, home_of, inherited, setting, varies
from batten.technologies.shared.edges.headers import PRODUCTS, cookie_of, joined, unknown_headers
from batten.technologies.shared.edges.nodes import Item, once

# What sends headers of its own: njs, Lua.
_PROGRAMS = ("js_header_filter", "header_filter_by_lua")
ENDLESS = "max-age=315360000"  # ngx_http_headers_module: expires max


@dataclass(slots=True)
class Added:
    """The add_header directives in force in a block, and the block that holds the innermost of them.
    `unknown`: an unread include may add more."""

    items: list[Item] = field(default_factory=list)
    holder: Item | None = None
    unknown: bool = False


@once
def added(block: Item) -> Added:
    """ngx_http_headers_module: directives are inherited only by a block that has none of its own,
    unless add_header_inherit (1.29.3) says `merge`."""
    own = block.all("add_header")
    programs = any(name.startswith(_PROGRAMS) for name in block.spelled())
    mode = inherited(block, "add_header_inherit")
    how = mode[-1].value if mode else "on"
    outer = Added() if block.up is None or block.name == "http" or how == "off" else added(block.up)
    if own and how != "merge":
        return Added(own, block, programs or block.hides("add_header"))
    unknown = outer.unknown or programs or block.hides("add_header") or mode is None
    return Added([*outer.items, *own], block if own else outer.holder, unknown)


def answers(tree: Tree) -> Iterator[ResponseHeaders]:
    for server in tree.servers:
        if refuses(server):
            continue
        tls = over_tls(server)
        yield _of_block(tree, server, tls)
        for block in server.below("location", "if"):
            if block.first("add_header") and not silent(block):
                yield _of_block(tree, block, tls)


def _of_block(tree: Tree, block: Item, tls: bool) -> ResponseHeaders:
    here = added(block)
    # The status of a server that answers with redirects only: there is nothing to render.
    answer = returned(block)
    if answer is not None and 300 <= answer.status < 400:
        status = answer.status
    else:
        status = 301 if block.name == "server" and only_redirects_or_refuses(block) else 0
    sent: dict[str, SentHeader] = {}
    if here.unknown:
        sent = unknown_headers(block.block())
    for item in here.items:
        name, header = sent_header(tree, item)
        if header is None:
            continue
        sent[name] = joined(sent[name], header) if name in sent else header
    sent.update(_more(block))
    expires = inherited(block, "expires")
    if expires and "cache-control" not in sent:
        sent["cache-control"] = SentHeader(_expires(expires[-1]), False)
    return ResponseHeaders(
        block.block(),
        over_tls=tls,
        sent={name: h for name, h in sent.items() if h.value.value != "off"},
        dropped={} if here.unknown or (status and not tls) else dropped(block, here),
        content=content_of(block),
        status=status,
        authenticated=authenticated(block),
        body=not status,
        written_at=(here.holder or block).block(),
    )


def sent_header(tree: Tree, item: Item) -> tuple[str, SentHeader | None]:
    """Name and value of an add_header; None when nothing is sent (an empty value)."""
    words = item.values
    if len(words) < 2 or not words[1]:
        return (words[0].lower() if words else ""), None
    value = words[1]
    if varies(value):
        known = _mapped(tree, value)
        return words[0].lower(), SentHeader(Setting(known or UNKNOWN, item.place()), "always" in words[2:])
    return words[0].lower(), SentHeader(Setting(value, item.place()), "always" in words[2:])


def _mapped(tree: Tree, value: str) -> str:
    """The value of a variable that a map gives the same text in every case; "" otherwise."""
    for http in tree.http:
        for made in http.all("map"):
            if made.values[1:2] == [value]:
                results = {i.value for i in made.items if i.values}
                single = results.pop() if len(results) == 1 else ""
                return "" if varies(single) or not made.first("default") else single
    return ""


def _expires(item: Item) -> Setting[str]:
    words = item.values
    last = words[-1] if words else ""
    if last == "off":
        return Setting("off", item.place())
    if not words or varies(last) or words[0] == "modified":
        return Setting(UNKNOWN, item.place())
    if last == "epoch" or last.startswith("-"):
        return Setting("no-cache", item.place())
    age = seconds([last])
    return Setting(
        ENDLESS if last == "max" else UNKNOWN if age is None else f"max-age={age:.0f}", item.place()
    )


def _more(block: Item) -> Iterator[tuple[str, SentHeader]]:
    """ngx_headers_more: sent with every status, and not dropped by nested blocks."""
    for around in reversed(list(block.around())):
        for item in around.all("more_set_headers"):
            if any(v in ("-s", "-t") for v in item.values):
                continue
            for word in item.values:
                name, _, value = word.partition(":")
                value = value.strip()
                setting_of = Setting(UNKNOWN if varies(value) else value, item.place())
                yield name.strip().lower(), SentHeader(setting_of)


def dropped(block: Item, here: Added) -> dict[str, Setting[str]]:
    """Headers that the block around sends and this one does not, because it adds one of its own."""
    if here.holder is not block or block.up is None:
        return {}
    outer = added(block.up)
    mode = inherited(block, "add_header_inherit")
    if mode and mode[-1].value in ("merge", "off"):
        return {}
    own = {i.value.lower() for i in here.items} | {name for name, _ in _more(block)}
    return {
        i.value.lower(): Setting(_known(i.values[1]), i.place())
        for i in outer.items
        if i.value.lower() not in own and len(i.values) > 1 and i.values[1]
    }


def _known(value: str) -> str:
    return "" if varies(value) else value


def banners(tree: Tree) -> Iterator[Banner]:
    """ngx_http_core_module: server_tokens is on unless it is written."""
    seen = set()
    hidden: dict[int, bool] = {}
    told = (i for s in tree.servers for i in (s, *(j for j in locations(s) if j.first("server_tokens"))))
    for server in told:
        shown = setting(server, "server_tokens", _tokens, True, home_of(server))
        if _hidden(server, hidden) or shown.at in seen:
            continue
        seen.add(shown.at)
        yield Banner(
            shown.at,
            product="nginx",
            header="Server",
            shows_version=shown,
            shown=f"nginx/{tree.version}" if tree.version else "",
        )
    yield from _told(tree)


def _told(tree: Tree) -> Iterator[Banner]:
    """Products that nginx is told to name."""
    for server in tree.servers:
        nested = (i for i in server.below("add_header") if i.up is not server)
        for item in (*server.all("add_header"), *nested):
            told = item.value.lower() in PRODUCTS and len(item.values) > 1
            if told and re.search(r"\d", item.values[1]) and not varies(item.values[1]):
                yield Banner(
                    item.place(),
                    product=item.value,
                    header=item.value,
                    shows_version=Setting(True, item.place()),
                    shown=item.values[1],
                )


def _tokens(values: list[str]) -> bool | None:
    return True if values[:1] == ["build"] else flag(values)


def _hidden(server: Item, known: dict[int, bool]) -> bool:
    """Whether ngx_headers_more takes the Server header away or sets it. `known` tells of blocks that were looked at."""
    for around in server.around():
        if id(around) not in known:
            known[id(around)] = any(
                map(_takes_server_away, around.all("more_clear_headers", "more_set_headers"))
            )
        if known[id(around)]:
            return True
    return False


def _takes_server_away(item: Item) -> bool:
    return any(re.match(r"server\s*(?::|$)", v, re.IGNORECASE) for v in item.values)


def cookies(tree: Tree) -> Iterator[Cookie]:
    """Cookies whose flags are written here: proxy_cookie_flags, and Set-Cookie added by nginx."""
    for server in tree.servers:
        for item in server.below("proxy_cookie_flags", "add_header", "more_set_headers"):
            if item.name == "proxy_cookie_flags" and len(item.values) > 1:
                yield _flagged(item)
            elif item.name == "add_header" and item.value.lower() == "set-cookie" and len(item.values) > 1:
                text = item.values[1]
                yield cookie_of(text, item.place(), any(varies(p) for p in text.split(";")[1:]))
            elif item.name == "more_set_headers":
                for word in (w for w in item.values if w.lower().startswith("set-cookie:")):
                    text = word.partition(":")[2].strip()
                    yield cookie_of(text, item.place(), any(varies(p) for p in text.split(";")[1:]))
    # ngx_http_userid_module: a cookie by which visitors are counted; `userid_flags` since 1.19.3.
    seen: set[int] = set()
    for server in tree.servers:
        for item in inherited(server, "userid") or ():
            flags = inherited(server, "userid_flags")
            if item.value not in ("on", "v1") or id(item) in seen or flags is None:
                continue
            seen.add(id(item))
            names = inherited(server, "userid_name")
            words = "; ".join(v for i in flags for v in i.values if v != "off")
            yield cookie_of(f"{names[-1].value if names else 'uid'}=x; {words}", item.place())


def _flagged(item: Item) -> Cookie:
    """What is not written stays as the upstream sets it, which is not known."""
    words = {w.lower() for w in item.values[1:]}
    at = item.place()

    def of(name: str) -> Setting[bool]:
        return Setting(True if name in words else False if f"no{name}" in words else UNKNOWN, at)

    same = next((w.partition("=")[2] for w in words if w.startswith("samesite=")), None)
    return Cookie(
        at,
        name=item.value,
        secure=of("secure"),
        http_only=of("httponly"),
        same_site=Setting(same or UNKNOWN, at),
    )
