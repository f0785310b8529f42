"""How callers are let in: passwords in clear text, keys in URLs, credentials written out."""

from __future__ import annotations

import re
from collections.abc import Iterator

from batten.facts import Feature, Secret
from batten.model import Location, Setting, Switch
from batten.technologies.edges.haproxy.conditions import split
from batten.technologies.edges.haproxy.tls.listeners import local_only, redirects_to_tls, speaks_tls
from batten.technologies.edges.haproxy.tree import Block, Item, Tree
from batten.technologies.shared.edges.credentials import SCHEME, credential
from batten.technologies.shared.secrets import credentials

_PARAMETER = re.compile(r"\b(?:urlp|url_param|urlp_val)(?:_\w+)?\(\s*([\w-]+)", re.IGNORECASE)
_HEADER = re.compile(r"^(?:req\.)?f?hdr(?:_\w+)?\(([\w-]+)")
_AUTH = re.compile(r"^AUTH\s+(?:\S+\s+)?(\S+)", re.IGNORECASE)


def logins(tree: Tree) -> Iterator[Feature]:
    for block in tree.of("frontend", "listen", "backend"):
        if block.http:
            yield from _plain(tree, block)
    for block in tree.of("defaults", "frontend", "listen", "backend"):
        for item in block.items:
            name = _in_url(item)
            if name:
                yield Feature(item.place(), Switch.CREDENTIAL_IN_URL, Setting(True, item.place()), name)


def _plain(tree: Tree, block: Block) -> Iterator[Feature]:
    """Basic authentication sends the password with every request, encoded and not encrypted."""
    asking = [r for r in block.all("http-request") if r.values[1:2] == ["auth"]]
    asking += [i for i in block.all("stats") if i.values[1:2] == ["auth"]]
    doors = [block] if block.kind != "backend" else tree.fronts(block)
    for door in doors:
        unsafe = asking and not local_only(door) and door.all("bind")
        # Whether it takes plain connections that no proxy in front has ended TLS of.
        if (
            unsafe
            and any(
                speaks_tls(b).known(True) is False and "accept-proxy" not in b.values
                for b in door.all("bind")
            )
            and redirects_to_tls(tree, door).known(True) is False
        ):
            what = f"`{' '.join(asking[0].values[:2])}`"
            yield Feature(asking[0].place(), Switch.PLAIN_LOGIN, Setting(True, asking[0].place()), what)
            return


def _in_url(item: Item) -> str:
    """The parameter of a URL that is taken for a credential; "" when none is."""
    words = item.values
    kind, text = words[0], ""
    if kind == "acl":
        text = " ".join(words[2:3])
    elif kind == "http-request" and words[1:2] in (["set-header"], ["add-header"]) and len(words) > 3:
        text = words[3] if credential(words[2]) else ""
    if kind in ("http-request", "use_backend"):
        text += " " + " ".join(split(words)[1])
    names = (n for n in _PARAMETER.findall(text) if credential(n) and "csrf" not in n.lower())
    return next((f"the parameter {n}" for n in names), "")


def secrets(tree: Tree) -> Iterator[Secret]:
    for block in tree.blocks:
        for item in block.items:
            for name, kind, number in _written(item):
                at = item.place()
                word = item.statement.words[number]
                yield Secret(
                    at,
                    name=name,
                    value=Setting(kind, Location(at.source, _pointer(item), word.span)),
                    place="config",
                )


def _pointer(item: Item) -> str:
    """Without what follows the keyword, which may be the credential."""
    return f"{item.home.pointer}/{item.values[0]}"


def _written(item: Item) -> Iterator[tuple[str, str, int]]:
    """Name, kind and the number of the word that holds it."""
    words = item.values
    if item.varies:
        return
    if words[:2] == ["stats", "auth"] and len(words) > 2:
        if not credentials.placeholder(words[2].partition(":")[2]):
            yield "stats auth", "password", 2
    elif words[0] == "user" and "insecure-password" in words[:-1]:
        number = words.index("insecure-password") + 1
        if not credentials.placeholder(words[number]):
            yield "insecure-password", "password", number
    elif words[:2] in (["http-request", "set-header"], ["http-request", "add-header"]) and len(words) > 3:
        if _literal(words[3]) and credential(words[2]) and words[2].lower() != "cookie":
            yield words[2], "password" if words[3].lower().startswith("basic") else "token", 3
    elif words[:2] == ["tcp-check", "send"] and len(words) > 2:
        found = _AUTH.match(words[2])
        if found and not credentials.placeholder(found[1]):
            yield "tcp-check send AUTH", "password", 2
    elif words[0] == "acl" and len(words) > 3:
        yield from _compared(words)


def _literal(value: str) -> bool:
    text = SCHEME.sub("", value)
    return len(text) >= 8 and "%" not in text and not credentials.placeholder(text) and " " not in text


def _compared(words: list[str]) -> Iterator[tuple[str, str, int]]:
    """`acl known req.hdr(x-api-key) -m str …`."""
    found = _HEADER.match(words[2])
    if found is None or not credential(found[1]) or found[1].lower() == "cookie" or "-f" in words:
        return
    if "-m" in words and words[words.index("-m") + 1] != "str":
        return
    if _literal(words[-1]) and not words[-1].startswith("-"):
        yield f"the {found[1]} header", "key", len(words) - 1
