"""What is served and from where: limits, logs, web roots, upstreams, credentials."""

from __future__ import annotations

import re
from collections.abc import Iterator

from batten.facts import AccessLog, Limits, Secret, Upstream, WebRoot
from batten.formats import Workspace
from batten.model import ABSENT, UNKNOWN, Location, Setting, Unknown
from batten.patterns import BadPattern, compiled
from batten.technologies._edges import credential, is_loopback
from batten.technologies._edges.served import folder_of, sensitive_files
from batten.technologies._secrets import credentials
from batten.technologies.lighttpd import versions
from batten.technologies.lighttpd.listeners import redirects, servers
from batten.technologies.lighttpd.tree import Held, Item, Pair, Scope, Tree, flag, members, number, setting

_BACKENDS = ("proxy.server", "fastcgi.server", "scgi.server", "ajp13.server", "wstunnel.server")
HIDDEN = ("/.git/config", "/.env", "/.bash_history")
LISTINGS = ("dir-listing.activate", "server.dir-listing")
_LOGGED = re.compile(r"%\{([\w-]+)\}[ioC]")
_HEADERS = ("setenv.add-request-header", "setenv.set-request-header")
_VARIABLES = ("setenv.add-environment", "setenv.set-environment", "bin-environment")
_PASSWORDS = frozenset(
    ("auth.backend.ldap.bind-pw", "mysql-vhost.pass", "auth.backend.mysql.pass", "webdav.sqlite-pass")
)
_SCHEME = re.compile(r"^(?:Basic|Bearer|Token|ApiKey)\s+", re.IGNORECASE)


def serving(tree: Tree) -> bool:
    """Whether a socket answers with more than redirects."""
    return any(not (s.plain and redirects(tree, s).known(False)) for s in servers(tree))


def limits(tree: Tree) -> Iterator[Limits]:
    """Docs_ConfigurationOptions. lighttpd has no bound on the rate of requests."""
    root = tree.root
    if not tree.fragment and serving(tree):
        yield Limits(
            root.block_at(),
            body=_kilobytes(number(root, "server.max-request-size", versions.BODY)),
            headers=number(root, "server.max-request-field-size", versions.FIELDS),
            header_timeout=_seconds(root, "server.max-read-idle", versions.READ_IDLE),
            body_timeout=_seconds(root, "server.max-read-idle", versions.READ_IDLE),
            send_timeout=_seconds(root, "server.max-write-idle", versions.WRITE_IDLE),
        )
    for scope in root.walk():
        if scope is not root and "server.max-request-size" in scope.held:
            yield Limits(scope.block_at(), body=_kilobytes(number(scope, "server.max-request-size", 0)))


def _kilobytes(size: Setting[int]) -> Setting[int]:
    value = size.value * 1024 if isinstance(size.value, int) else size.value
    return Setting(value, size.at, size.default)


def _seconds(scope: Scope, name: str, default: float) -> Setting[float]:
    found = number(scope, name, 0)
    value = float(found.value) if isinstance(found.value, int) else found.value
    return Setting(value, found.at, default)


def logs(tree: Tree) -> Iterator[AccessLog]:
    if tree.fragment or not serving(tree):
        return
    root = tree.root
    at = root.block_at()
    yield AccessLog(at, _access(tree), Setting(UNKNOWN, at), tuple(_carried(tree)))


def _access(tree: Tree) -> Setting[bool]:
    """mod_accesslog writes to a file or to syslog, and nowhere unless it is told."""
    root = tree.root
    file, syslog = setting(root, "accesslog.filename"), setting(root, "accesslog.use-syslog")
    loaded = tree.loaded("mod_accesslog")
    said = file if file.written else syslog
    if loaded is None or UNKNOWN in (file.value, syslog.value):
        return Setting(UNKNOWN, said.at)
    if not loaded or (file.value in (ABSENT, "", "/dev/null") and syslog.value != "enable"):
        written = loaded and file.written
        return Setting(False, file.at if written else root.block_at())
    return Setting(True, said.at)


def _carried(tree: Tree) -> Iterator[Setting[str]]:
    for scope in tree.root.walk():
        for item in scope.items:
            if item.name == "accesslog.format":
                for name in _LOGGED.findall(item.assignment.value.text):
                    if credential(name):
                        yield Setting(f"the {name} header", item.place())


def roots(tree: Tree, workspace: Workspace) -> Iterator[WebRoot]:
    if not serving(tree):
        return
    for scope in tree.root.walk():
        if "server.document-root" in scope.held or (listing_item(scope) and scope.up is not None):
            yield from _root(tree, scope, workspace)


def listing_item(scope: Scope) -> Item | None:
    return next((scope.held[n].last for n in LISTINGS if n in scope.held), None)


def _root(tree: Tree, scope: Scope, workspace: Workspace) -> Iterator[WebRoot]:
    path = setting(scope, "server.document-root")
    if _all_forwarded(scope) or path.value is ABSENT:
        return
    folder = (
        folder_of(path.value, tree.files[0], workspace, versions.HOME) if isinstance(path.value, str) else ""
    )
    denied = _denying(tree, scope)
    sensitive = tuple(sensitive_files(folder, workspace)) if folder else ()
    yield WebRoot(
        scope.block_at(),
        path=path,
        listing=_listing(scope),
        denies_hidden=_denies_hidden(tree, scope, denied),
        sensitive=tuple(f for f in sensitive if not _denied(f"/{f}", denied)),
    )


def _listing(scope: Scope) -> Setting[bool]:
    found = [flag(scope, name, False) for name in LISTINGS]
    return next((f for f in found if f.written), found[0])


def _all_forwarded(scope: Scope) -> bool:
    """Whether a backend answers every path."""
    found = scope.find("proxy.server")
    return isinstance(found, Held) and any(p.key in ("", "/") for p in found.pairs)


def _denying(tree: Tree, scope: Scope) -> list[tuple[str, str, list[str]]]:
    """What is refused: the operator and text of the condition on the URL ("" for none), and the endings."""
    if tree.loaded("mod_access") is False:
        return []
    inside = [s for s in scope.walk() if s is scope or s.is_about("HTTP", "url")]
    outside = [s for s in tree.root.walk() if s.up in list(scope.around())[1:] and s.is_about("HTTP", "url")]
    made = []
    for one in (*inside, *outside):
        found = one.find("url.access-deny") if one is scope else one.held.get("url.access-deny")
        if isinstance(found, Held):
            condition = one.block.condition if one is not scope and one.block is not None else None
            endings = [p.value for p in found.pairs if isinstance(p.value, str)]
            test = (condition.operator, condition.value.text) if condition is not None else ("", "")
            made.append((*test, endings))
    return made


def _denied(path: str, denied: list[tuple[str, str, list[str]]]) -> bool:
    return any(
        _matches(operator, text, path) and any(path.endswith(e) for e in endings)
        for operator, text, endings in denied
    )


def _matches(operator: str, text: str, path: str) -> bool:
    match operator:
        case "":
            return True
        case "=~":
            try:
                return compiled(text).found(path) is not None
            except BadPattern:
                return False
        case "=^":
            return path.startswith(text)
        case "=$":
            return path.endswith(text)
        case _:
            return operator == "==" and path == text


def _denies_hidden(tree: Tree, scope: Scope, denied: list[tuple[str, str, list[str]]]) -> Setting[bool]:
    at = scope.block_at()
    if all(_denied(path, denied) for path in HIDDEN):
        return Setting(True, at)
    unsure = tree.loaded("mod_access") is None or any(s.hides("url.access-deny") for s in scope.around())
    return Setting(UNKNOWN if unsure else False, at)


def upstreams(tree: Tree) -> Iterator[Upstream]:
    """mod_proxy speaks plain HTTP to backends, as all modules do that forward requests."""
    for scope in tree.root.walk():
        for item in scope.items:
            if item.name in _BACKENDS:
                for pair in members(item.pairs):
                    if pair.key == "host":
                        yield _upstream(pair)


def _upstream(pair: Pair) -> Upstream:
    at = pair.place()
    host: str | Unknown = pair.value if isinstance(pair.value, str) else UNKNOWN
    return Upstream(
        at,
        target=Setting(host, at),
        host=host.strip("[]") if isinstance(host, str) else "",
        encrypted=Setting(UNKNOWN if host is UNKNOWN else False, at),
        local=isinstance(host, str) and is_loopback(host),
    )


def secrets(tree: Tree) -> Iterator[Secret]:
    for scope in tree.root.walk():
        for item in scope.items:
            for name, kind, at in _written(item):
                yield Secret(at, name=name, value=Setting(kind, at), place="config")


def _written(item: Item) -> Iterator[tuple[str, str, Location]]:
    text = item.assignment.value.text
    if item.name in _PASSWORDS and text and not credentials.placeholder(text):
        yield item.name, "password", item.place()
    for pair in members(item.pairs):
        value = pair.value
        if not isinstance(value, str) or not pair.key or credentials.placeholder(value):
            continue
        literal = _SCHEME.sub("", value)
        if item.name in _HEADERS:
            known = credential(pair.key) and pair.key.lower() != "cookie"
            if known and len(literal) >= 8 and not re.search(r"\s", literal):
                yield pair.key, "password" if value.lower().startswith("basic") else "token", pair.place()
        elif pair.key == "password" and item.name.startswith(("vhostdb.", "auth.backend.")):
            yield f"{item.name} password", "password", pair.place()
        else:
            kind = credentials.recognise(pair.key, value)
            if kind is not None and (item.name in _VARIABLES or item.name in _BACKENDS):
                yield pair.key, kind, pair.place()
