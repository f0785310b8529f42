"""What lighttpd adds to answers: mod_setenv's two lists, and what an inner `=` loses of an outer one."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from batten.facts import Banner, Cookie, CorsPolicy, ResponseHeaders, SentHeader
from batten.model import ABSENT, UNKNOWN, Setting
from batten.technologies.edges.lighttpd.access.reading import asks_login
from batten.technologies.edges.lighttpd.tls.listeners import redirects, servers
from batten.technologies.edges.lighttpd.tree import Held, Pair, Scope, Tree, setting
from batten.technologies.shared.edges.headers import (
    PRODUCTS,
    PROTECTIVE,
    HeaderChange,
    cookie_of,
    cors_of,
    fold,
    unknown_headers,
)
from batten.technologies.shared.edges.origins import origin

ADD, SET = (
    "setenv.add-response-header",
    "setenv.set-response-header",
)  # in the order in which they are applied
LISTS = {ADD: "add", SET: "set"}
MISSED = (*PROTECTIVE, "access-control-allow-origin", "vary")
ORIGIN = "access-control-allow-origin"


def answers(tree: Tree) -> Iterator[ResponseHeaders]:
    every = {id(s.scope): s for s in servers(tree)}
    serving = [s for s in every.values() if not (s.plain and redirects(tree, s).known(False))]
    tops = {id(_teller(s.scope)) for s in serving}
    secure = {id(_teller(s.scope)) for s in serving if not s.plain}
    anywhere = any(not s.plain for s in serving)
    for scope in tree.root.walk():
        if id(scope) in tops:
            yield _of_scope(tree, scope, id(scope) in secure)
        elif tells(scope):
            door = next((every[id(s)] for s in scope.around() if s.up is not None and id(s) in every), None)
            if door is None or door in serving:
                yield _of_scope(tree, scope, anywhere if door is None else not door.plain)


def tells(scope: Scope) -> bool:
    """Whether the scope has a list of headers of its own."""
    return any(name in scope.held for name in LISTS)


def _teller(scope: Scope) -> Scope:
    """The scope whose lists are in force for a socket: its own, or the file's top."""
    return next((s for s in scope.around() if tells(s) or s.up is None), scope)


def _of_scope(tree: Tree, scope: Scope, over_tls: bool) -> ResponseHeaders:
    return ResponseHeaders(
        scope.block_at(),
        over_tls=over_tls,
        sent=sent(tree, scope),
        dropped=dict(dropped(scope)),
        authenticated=asks_login(scope),
    )


def sent(tree: Tree, scope: Scope) -> Mapping[str, SentHeader]:
    """Of the answers there, errors included (core: headers are added to every answer)."""
    at = scope.block_at()
    made: dict[str, SentHeader] = {}
    for name, action in LISTS.items() if tree.loaded("mod_setenv") is not False else ():
        found = scope.find(name)
        if found is UNKNOWN or (isinstance(found, Held) and not isinstance(found.value, list)):
            made = {**unknown_headers(at), **made}
        elif isinstance(found, Held):
            made = fold((_change(p, action) for p in found.pairs), made)
    expires = tree.loaded("mod_expire") is not False and scope.find("expire.url") is not ABSENT
    if expires and "cache-control" not in made:
        made["cache-control"] = SentHeader(Setting(UNKNOWN, at))
    return made


def _change(pair: Pair, action: str) -> HeaderChange:
    """mod_setenv: an empty value in the set list takes the header away."""
    value = pair.value if isinstance(pair.value, str) else UNKNOWN
    how = "remove" if value == "" and action == "set" else action
    return HeaderChange(how, pair.key, Setting(value, pair.place()))


def dropped(scope: Scope) -> Iterator[tuple[str, Setting[str]]]:
    """Headers of the scope around it that an inner `=` does not repeat. Only those are looked for that somebody would
    miss: a hostile file has thousands."""
    now = [_named(scope, name) for name in LISTS]
    for name in LISTS:
        if scope.up is None or name not in scope.held or not isinstance(scope.held[name].value, list):
            continue
        outer = _named(scope.up, name)
        for header in (h for h in MISSED if h in outer and not any(h in own for own in now)):
            value = outer[header].value
            yield header, Setting(value if isinstance(value, str) else UNKNOWN, outer[header].place())


def _named(scope: Scope, name: str) -> dict[str, Pair]:
    found = scope.find(name)
    return found.named if isinstance(found, Held) else {}


def held_pairs(scope: Scope, name: str) -> list[Pair]:
    found = scope.find(name)
    return found.pairs if isinstance(found, Held) else []


def own_pairs(scope: Scope) -> Iterator[Pair]:
    """The headers that are written in the scope itself."""
    return (p for i in scope.items if i.name in LISTS for p in i.pairs)


def banners(tree: Tree) -> Iterator[Banner]:
    """Docs_ConfigurationOptions: server.tag is lighttpd and its version unless it is written."""
    told = [s for s in tree.root.walk() if "server.tag" in s.held]
    if tree.root not in told and not tree.fragment:
        told.append(tree.root)
    for scope in told:
        tag = setting(scope, "server.tag")
        shows = bool(re.search(r"\d", tag.value)) if isinstance(tag.value, str) else tag.value
        shown = (
            tag.value if isinstance(tag.value, str) else (f"lighttpd/{tree.version}" if tree.version else "")
        )
        yield Banner(
            scope.block_at(),
            product="lighttpd",
            header="Server",
            shows_version=Setting(shows, tag.at, True),
            shown=shown,
        )
    for scope in tree.root.walk():
        for pair in own_pairs(scope):
            told_it = pair.key.lower() in PRODUCTS and isinstance(pair.value, str)
            if told_it and re.search(r"\d", str(pair.value)):
                at = pair.place()
                yield Banner(
                    at,
                    product=pair.key,
                    header=pair.key,
                    shows_version=Setting(True, at),
                    shown=str(pair.value),
                )


def cookies(tree: Tree) -> Iterator[Cookie]:
    for scope in tree.root.walk():
        for pair in own_pairs(scope):
            if pair.key.lower() == "set-cookie" and isinstance(pair.value, str):
                yield cookie_of(pair.value, pair.place())


def policies(tree: Tree) -> Iterator[CorsPolicy]:
    """mod_setenv sends what is written and nothing of the request, so an origin is let in literally."""
    for scope in tree.root.walk():
        own = [p for p in own_pairs(scope) if p.key.lower() == ORIGIN]
        if not own:
            continue
        value = own[-1].value
        rules = (origin(value, own[-1].place()),) if isinstance(value, str) else None
        yield cors_of(scope.block_at(), sent(tree, scope), rules)
    if not tree.fragment and not any(p.key.lower() == ORIGIN for s in tree.root.walk() for p in own_pairs(s)):
        yield cors_of(tree.root.block_at(), sent(tree, tree.root), ())
