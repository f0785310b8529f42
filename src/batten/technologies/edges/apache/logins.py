"""Authentication: passwords over plain HTTP, sections without the login around them, anonymous uploads."""

from __future__ import annotations

import re
from collections.abc import Iterator

from batten.facts import Feature
from batten.model import Setting, Switch
from batten.technologies.edges.apache.rewrites import rules
from batten.technologies.edges.apache.sections import (
    DULL,
    guarded,
    locations,
    logs_in,
    match_of,
    only_redirects,
    private,
    refuses,
    requirement,
    restricts,
    sections,
    whole,
)
from batten.technologies.edges.apache.tls.listeners import plain
from batten.technologies.edges.apache.tree import METHODS, Item, Tree
from batten.technologies.shared.edges.credentials import credential

_ARGUMENT = re.compile(r"([A-Za-z_][\w-]*)=")
_BEHIND = ("remoteipheader", "remoteipproxyprotocol")  # another proxy, which may end TLS, is in front


def logins(tree: Tree) -> Iterator[Feature]:
    seen: set[object] = set()
    for server in tree.servers:
        if refuses(server):
            continue
        for feature in (*_plain(tree, server), *_given_up(server), *_writes(tree, server)):
            if (feature.name, feature.at) not in seen:
                seen.add((feature.name, feature.at))
                yield feature
    # A parameter that is held against a credential, or becomes one.
    for block in (tree.root, *(i for i in tree.root.walk() if i.section)):
        for rule in rules(block):
            for condition in rule.conditions:
                name = next((n for n in _ARGUMENT.findall(condition.pattern) if credential(n)), "")
                if condition.test == "%{QUERY_STRING}" and name and "csrf" not in name.lower():
                    at = condition.item.place()
                    yield Feature(at, Switch.CREDENTIAL_IN_URL, Setting(True, at), name)


def _plain(tree: Tree, server: Item) -> Iterator[Feature]:
    """Basic sends the password with every request, encoded but not encrypted."""
    if tree.kind == "part" or not plain(tree, server) or only_redirects(server) is not False:
        return
    words = " ".join(v for i in server.walk() for v in i.values).lower()
    if any(b.first(n) for b in server.around() for n in _BEHIND) or "x-forwarded-proto" in words:
        return
    for section in (server, *sections(server)):
        kind = section.last("authtype")
        if kind is not None and kind.value.lower() == "basic" and logs_in(section):
            yield Feature(kind.place(), Switch.PLAIN_LOGIN, Setting(True, kind.place()), "`AuthType Basic`")
            return


def _given_up(server: Item) -> Iterator[Feature]:
    """A section within one that demands a user, and that lets everybody in."""
    outer = next((s for s in locations(server) if whole(s) and logs_in(s)), None)
    if outer is None:
        return
    for section in locations(server):
        opened = next(
            (i for i in section.items if i.name == "require" and requirement(i.values) is False), None
        )
        path = match_of(section).path
        dull = DULL.search(path) or ".well-known" in path or match_of(section).kind == "regex"
        if section is not outer and opened is not None and not restricts(section) and not dull:
            yield Feature(opened.place(), Switch.LOGIN, Setting(False, opened.place()), path)


def _writes(tree: Tree, server: Item) -> Iterator[Feature]:
    """mod_dav: files may be uploaded and deleted."""
    for section in (server, *sections(server)):
        dav = section.last("dav")
        if dav is None or dav.value.lower() == "off" or private(tree, server):
            continue
        held = any(restricts(i) for i in section.walk() if i.name in METHODS)
        if not held and not guarded(server, section):
            where = f" below {match_of(section).path}" if section is not server else ""
            yield Feature(dav.place(), Switch.ANONYMOUS_WRITES, Setting(True, dav.place()), f"`Dav`{where}")
