"""Directories whose files are served, and what lies in them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from batten.facts import WebRoot
from batten.formats import Workspace
from batten.model import ABSENT, UNKNOWN, Absent, Location, Setting, Unknown
from batten.model.record import record
from batten.patterns import BadPattern, compiled
from batten.technologies.edges.nginx.blocks import (
    authenticated,
    locations,
    match_of,
    only_assets,
    refuses,
    serves_files,
)
from batten.technologies.edges.nginx.captures import groups_of
from batten.technologies.edges.nginx.taint import raw
from batten.technologies.edges.nginx.tree import Tree, flag, inherited, setting, varies
from batten.technologies.edges.nginx.upstreams import target_of
from batten.technologies.edges.nginx.versions import HOME
from batten.technologies.shared.edges.nodes import Item, once, remembered
from batten.technologies.shared.edges.served import folder_of, sensitive_files

_HIDDEN_IN = r"uri.*\\?/\\?\."  # ours: in an `if`
_PRIVATE = ("auth_basic_user_file", "ssl_certificate_key", "auth_jwt_key_file", "ssl_password_file")
HIDDEN = ("/.git/config", "/.env", "/.bash_history")

_ANSWERS = "/.well-known/acme-challenge/"  # a folder that clients of ACME make and remove (RFC 8555, 8.3)
_QUERY = re.compile(r"\?|\$is_args\b|\$\{is_args\}")  # what is behind it is no path


def roots(tree: Tree, workspace: Workspace) -> Iterator[WebRoot]:
    for server in tree.servers:
        if refuses(server) or server.first("return"):
            continue
        refusing = _refusing(server)
        # The root that locations share, unless none of them serves files from it.
        found = inherited(server, "root")
        if not found:
            yield from _default_root(server)
        else:
            serving = [
                i for i in locations(server) if _open(i) and not i.first("root") and not i.first("alias")
            ]
            whole = any(match_of(i).path == "/" for i in locations(server))
            if not (whole and not serving):
                prefixes = [match_of(i).path for i in serving if match_of(i).kind == "prefix"]
                prefix = "/" if not whole or "/" in prefixes or not prefixes else prefixes[0]
                shared = _root(tree, refusing, server, found[-1], prefix, workspace)
                listings = [setting(i, "autoindex", flag, False) for i in (serving if whole else [server])]
                yield replace(shared, listing=next((i for i in listings if i.known(False)), listings[0]))
        for location in locations(server):
            yield from _of_location(tree, refusing, location, workspace)


@record
class _Refusing:
    """The locations below a block that answer nobody, and what of them refuses dot files."""

    scope: Item
    locations: list[Item]
    hidden: Item | None


def _refusing(scope: Item) -> _Refusing:
    return _Refusing(
        scope,
        [i for i in locations(scope) if refuses(i)],
        next(filter(_refuses_hidden, scope.below("location", "if")), None),
    )


def _default_root(server: Item) -> Iterator[WebRoot]:
    """A listing of a folder that is not named here: nginx's own (`html`), or that of the block around."""
    listing = server.last("autoindex")
    if listing is not None:
        unknown: Setting[bool] = Setting(UNKNOWN, server.block())
        path: Setting[str] = Setting(UNKNOWN, server.block())
        on = setting(server, "autoindex", flag, False)
        yield WebRoot(
            server.block(), path=path, listing=on, denies_hidden=unknown, guarded=authenticated(server)
        )


@once
def _open(location: Item) -> bool:
    """Whether it serves files of any name below its path."""
    match = match_of(location)
    if match.kind in ("exact", "named") or not serves_files(location):
        return False
    return not (match.kind == "regex" and (only_assets(match.path) or _hits_hidden(match.path)))


def _of_location(tree: Tree, refusing: _Refusing, location: Item, workspace: Workspace) -> Iterator[WebRoot]:
    here = location.first("alias") or location.first("root")
    match = match_of(location)
    if here is not None and here.values and _open(location):
        yield _root(tree, refusing, location, here, match.path, workspace)
    elif here is not None and serves_files(location) and raw(tree, here, here.value):
        yield _leaving(location, here, here.place())
    elif here is None and location.first("autoindex"):
        found = inherited(location, "root")
        if found and _open(location):
            yield _root(tree, refusing, location, found[-1], match.path, workspace)
        elif not found and _open(location):
            yield from (replace(r, prefix=match.path) for r in _default_root(location))
    named = location.all("try_files", "rewrite") if serves_files(location) else location.all("try_files")
    for item in named:
        words = item.values if item.name == "try_files" else item.values[1:2]
        if any(raw(tree, item, _QUERY.split(word)[0]) for word in words):
            yield _leaving(location, item, item.place())
    forward = location.first("proxy_pass")
    if forward is not None and forward.values:
        # The word of a location whose rest is put behind a path of the upstream, whatever it starts with.
        path = target_of(forward.value).path
        above_match = match_of(location)
        if above_match.kind == "prefix" and not above_match.path.endswith("/"):
            loose = len(path) > 1 and path.endswith("/") and not varies(path)
        else:
            head = path.partition("$")[0]
            loose = above_match.kind == "regex" and len(head) > 1 and _captures_above(above_match.path, path)
        at = location.word(len(location.values) - 1) if loose else None
        if at is not None:
            yield _leaving(location, forward, at)


def _leaving(location: Item, written: Item, at: Location) -> WebRoot:
    """A place whose requests get out of what is written."""
    unknown: Setting[bool] = Setting(UNKNOWN, location.block())
    path = written.value if written.name == "proxy_pass" and not varies(written.value) else UNKNOWN
    return WebRoot(
        location.block(),
        path=Setting(path, written.place()),
        listing=unknown,
        denies_hidden=unknown,
        prefix=match_of(location).path,
        traversal=Setting(True, at),
    )


def _root(
    tree: Tree, refusing: _Refusing, block: Item, written: Item, prefix: str, workspace: Workspace
) -> WebRoot:
    path = written.value
    known = not varies(path)
    folder = folder_of(path, tree.files[0], workspace, HOME) if known else ""
    sensitive = tuple(sensitive_files(folder, workspace)) if folder else ()
    sensitive += tuple(f for f in _named_below(block, path) if f not in sensitive) if known else ()
    if written.name == "root" and prefix not in ("", "/"):
        sensitive = tuple(f for f in sensitive if f"/{f}".startswith(prefix))
    answers = written.name == "root" and prefix.startswith(_ANSWERS)
    return WebRoot(
        block.block(),
        path=Setting(path if known else UNKNOWN, written.place()),
        listing=setting(block, "autoindex", flag, False),
        denies_hidden=Setting(True, block.block()) if answers else _denies_hidden(refusing, block),
        sensitive=tuple(f for f in sensitive if not _denied(refusing, f"{prefix.rstrip('/')}/{f}")),
        prefix=prefix,
        traversal=_traversal(tree, block, written),
        guarded=authenticated(block),
    )


def _named_below(block: Item, root: str) -> Iterator[str]:
    """Files of passwords and keys that the server itself names below its root."""
    server = next((b for b in block.around() if b.name == "server"), block)
    for path in remembered(server, "private files", lambda: _private_files(server)):
        if root.startswith("/") and path.startswith(f"{root.rstrip('/')}/"):
            yield path[len(root.rstrip("/")) + 1 :]


def _private_files(server: Item) -> list[str]:
    named = (i for i in server.below(*_PRIVATE) if i.value.startswith("/"))
    return list(dict.fromkeys(i.value for i in named if not varies(i.value)))


def _traversal(tree: Tree, block: Item, written: Item) -> Setting[bool] | None:
    """ngx_http_core_module, alias: the rest of the path is put behind it, whatever it starts with."""
    if "$" in written.value and raw(tree, written, written.value):
        return Setting(True, written.place())
    if written.name != "alias" or block.name != "location":
        return None
    match = match_of(block)
    if match.kind == "regex":
        above = _captures_above(match.path, written.value)
        return Setting(True, block.word(len(block.values) - 1)) if above else None
    loose = match.kind == "prefix" and not match.path.endswith("/") and written.value.endswith("/")
    return Setting(loose, block.word(len(block.values) - 1))


def _captures_above(pattern: str, target: str) -> bool:
    """`location ~ ^/img(.*)$` with `alias /data/img/$1` is the same hole: a capture that begins with `../`."""
    prefix, group, _ = pattern.partition("(")
    literal = prefix.lstrip("^").replace("\\", "")
    if not group or re.search(r"[\[\]{}*+?|.$]", literal) or literal.endswith("/"):
        return False
    names = ("1", *(name for name, _ in groups_of(pattern)[:1] if name))
    if not any(f"/${n}" in target or f"/${{{n}}}" in target for n in names):
        return False
    try:
        found = compiled(pattern.replace("(?<", "(?P<")).found(literal + "../x", 1)
    except BadPattern:
        return False
    return found is not None and found.startswith("../")


def _denies_hidden(server: _Refusing, block: Item) -> Setting[bool]:
    """Whether a location (or an `if`) refuses dot files. A `^~` location never asks the expressions."""
    bypassed = block.name == "location" and match_of(block).modifier == "^~"
    refusing = _refusing(block) if bypassed else server
    if refusing.hidden is not None:
        return Setting(True, refusing.hidden.place())
    if any(i.hides("location") for i in refusing.scope.around() if i.name in ("server", "location", "")):
        return Setting(UNKNOWN, block.block())
    default: bool | Absent | Unknown = False
    return Setting(ABSENT, block.block(), default)


def _refuses_hidden(item: Item) -> bool:
    if item.name == "location":
        if not refuses(item):
            return False
        match = match_of(item)
        if match.kind == "prefix":
            return match.path.endswith("/.") or match.path == "/."
        return match.kind == "regex" and _hits_hidden(match.path)
    return item.name == "if" and refuses(item) and bool(re.search(_HIDDEN_IN, " ".join(item.values)[:1000]))


def _hits_hidden(pattern: str) -> bool:
    try:
        expression = compiled(pattern)
    except BadPattern:
        return False
    return all(expression.search(path) for path in HIDDEN)


def _denied(refusing: _Refusing, path: str) -> bool:
    """Whether a location that matches the path refuses it."""
    for location in refusing.locations:
        match = match_of(location)
        if match.kind == "regex":
            try:
                if compiled(match.path, ignore_case=match.modifier == "~*").search(path):
                    return True
            except BadPattern:
                continue
        elif path == match.path or (
            match.kind == "prefix" and match.path != "/" and path.startswith(match.path)
        ):
            return True
    return False
