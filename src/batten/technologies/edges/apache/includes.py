"""Which files make one configuration, and what `Include` brings in."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from batten.formats import Document, SyntaxProblem, Unreadable, Workspace
from batten.formats.apache import parse
from batten.formats.blocks import Directive
from batten.technologies import Unit
from batten.technologies.edges.apache.conditions import STARTUP, State
from batten.technologies.edges.apache.tree import Item, Tree, named
from batten.technologies.edges.apache.versions import version_of
from batten.technologies.shared.containers.mounts import folders_named, sources_of
from batten.technologies.shared.edges.includes import Reading, weight
from batten.technologies.shared.text.globs import matching

DEEPEST = 20  # includes in includes
MAIN = ("httpd.conf", "apache2.conf", "apache.conf")
_OF_MAIN = (
    "serverroot",
    "listen",
    "loadmodule",
    "pidfile",
    "user",
    "mutex",
    "startservers",
    "maxrequestworkers",
)
PREFIXES = (
    "/etc/apache2/",
    "/etc/httpd/",
    "/usr/local/apache2/",
    "/opt/bitnami/apache2/",
    "/opt/bitnami/apache/",
    "/usr/local/etc/apache24/",
)
# Files that packages install: what directives they can hold.
KNOWN: tuple[tuple[re.Pattern[str], tuple[str, ...]], ...] = (
    (re.compile(r"(^|/)(mods-enabled/\S*\.load|conf\.modules\.d/|modules\.d/\S*\.load)"), ("loadmodule",)),
    (re.compile(r"(^|/)ports\.conf$"), ("listen",)),
    (re.compile(r"(^|/)options-ssl-apache\.conf$"), ("ssl", "logformat", "customlog")),
    (re.compile(r"(^|/)proxy-html\.conf$"), ("proxyhtml",)),
    (re.compile(r"(^|/)httpd-(?:mpm|languages|multilang-errordoc)\.conf$"), ("startservers", "addlanguage")),
)
# What the main file of a distribution says, and a virtual host inherits. Headers and proxies it leaves alone.
OUTSIDE = (
    "traceenable", "servertokens", "serversignature", "sslprotocol", "sslciphersuite", "sslopensslconfcmd",
    "requestreadtimeout", "timeout", "limitrequest", "customlog", "transferlog", "errorlog", "logformat",
    "options", "allowoverride", "require", "order", "deny", "directory", "files", "location", "listen",
    "httpprotocoloptions", "loadmodule", "documentroot", "fileetag", "directoryindex", "redirectmatch",
)  # fmt: skip


@dataclass(slots=True)
class _Reading(Reading):
    state: State


def load(unit: Unit, workspace: Workspace) -> Tree:
    """The unit's configuration. Raises SyntaxProblem and Unreadable of the main file."""
    return workspace.kept(("apache", unit), lambda: _load(unit, workspace))


def _load(unit: Unit, workspace: Workspace) -> Tree:
    document = workspace.document(unit.main, parse)
    version = version_of(unit.main, workspace)
    reading = _Reading(workspace, posixpath.dirname(unit.main), [unit.main], State(version))
    root = Item(document.source, None, document.tree, [])
    _expand(document.tree, document, root, reading, (unit.main,))
    name = posixpath.basename(unit.main)
    main = name in MAIN or any(i.name in _OF_MAIN for i in root.items)
    if name != ".htaccess" and main and posixpath.basename(posixpath.dirname(unit.main)) not in _SHARED:
        kind = "main"
    else:
        kind = "sites" if any(i.name == "virtualhost" for i in root.items) else "part"
    if kind != "main":
        root.unread.append(OUTSIDE if kind == "sites" else None)
    modules = frozenset(reading.state.modules) if kind == "main" and reading.state.closed else None
    named(root)
    return Tree(root, kind, tuple(reading.files), reading.problems, modules, version)


_SHARED = (
    "sites-enabled", "sites-available", "conf-enabled", "conf-available", "mods-enabled", "mods-available",
    "conf.d", "extra", "vhosts.d", "vhosts", "conf.modules.d", "other",
)  # fmt: skip


def _expand(
    block: Directive, document: Document[Directive], into: Item, reading: _Reading, trail: tuple[str, ...]
) -> None:
    for directive in block.children:
        values = [reading.state.text(v) for v in directive.values]
        reading.state.learn(directive.name, values)
        if directive.name in ("include", "includeoptional") and values:
            _include(values[0], into, reading, trail)
        elif directive.name in STARTUP:
            _conditional(directive, values, document, into, reading, trail)
        elif directive.name in ("use", "perl", "lua"):
            into.unread.append(None)
        elif directive.name != "macro":
            item = Item(document.source, into, directive, values)
            into.items.append(item)
            _expand(directive, document, item, reading, trail)


def _conditional(
    directive: Directive,
    values: list[str],
    document: Document[Directive],
    into: Item,
    reading: _Reading,
    trail: tuple[str, ...],
) -> None:
    holds = reading.state.holds(directive.name, values)
    if holds:
        _expand(directive, document, into, reading, trail)
    elif holds is None:
        inside = set(_inside(directive))
        into.unread.append(tuple(f"{name}$" for name in sorted(inside)))
        reading.state.unread |= "loadmodule" in inside


def _inside(section: Directive) -> Iterator[str]:
    """Names of what a condition holds; what stands in its sections is theirs."""
    for child in section.children:
        if child.name in STARTUP:
            yield from _inside(child)
        else:
            yield child.name


def _include(pattern: str, into: Item, reading: _Reading, trail: tuple[str, ...]) -> None:
    files, there = included(pattern, reading.folder, reading.workspace)
    if not files and not there:
        # What an image or a container is given at the place; else what is in the only folder of that name.
        main = reading.files[0]
        workspace = reading.workspace
        roots = ("",) if pattern.startswith("/") else ("/etc/apache2/", "/usr/local/apache2/", "/etc/httpd/")
        given = [s for root in roots for s in sources_of(f"{root}{pattern}", main, workspace)]
        if not given and posixpath.basename(main) in MAIN:
            folder, name = posixpath.split(pattern)
            wanted = posixpath.basename(folder)
            near = folders_named(wanted, posixpath.dirname(main), workspace) if wanted in _SHARED else []
            given = [posixpath.join(f, name) for f in near]
            given = given if len(given) == 1 else []
        files = list(dict.fromkeys(f for g in given for f in matching(g, workspace)))
    if not files or len(trail) > DEEPEST:
        if not there:
            holds = next((holds for known, holds in KNOWN if known.search(pattern)), None)
            into.unread.append(holds)
            reading.state.unread |= holds is None or "loadmodule" in holds
        return
    for file in files:
        if file not in trail:
            _bring(file, into, reading, trail)


def _bring(file: str, into: Item, reading: _Reading, trail: tuple[str, ...]) -> None:
    """The directives of one file, in place."""

    def expand(found: Document[Directive]) -> None:
        _expand(found.tree, found, into, reading, (*trail, file))

    reading.bring(file, parse, into.unread, weight, expand)


def included(pattern: str, folder: str, workspace: Workspace) -> tuple[list[str], bool]:
    """The files that an include names, in httpd's order; and whether their folder is here, so that none
    means none. A folder stands for all files below it."""
    there = False
    for path in places(pattern, folder):
        if workspace.is_directory(path):
            path = posixpath.join(path, "*")
        found = [workspace.real(f) for f in matching(path, workspace)]
        if found:
            return [f for f in dict.fromkeys(found) if f], True
        parent = posixpath.dirname(path)
        there = there or ("*" in path and "*" not in parent and bool(workspace.entries(parent)))
    return [], there


def places(path: str, folder: str) -> Iterator[str]:
    """Where in the reviewed tree a path of the running system may lie. Relative ones start from
    ServerRoot, which is the main file's folder or the one above."""
    if varies_root(path):
        return
    for prefix in PREFIXES:
        if path.startswith(prefix):
            yield from _relative(path[len(prefix) :], folder)
            inside = prefix.strip("/")
            for home in (inside, f"{inside}/conf"):
                if folder == home or folder.endswith(f"/{home}"):
                    yield posixpath.normpath(folder[: len(folder) - len(home)] + path[1:])
    if not path.startswith("/"):
        yield from _relative(path, folder)


def varies_root(path: str) -> bool:
    return "${" in path


def _relative(path: str, folder: str) -> Iterator[str]:
    yield posixpath.normpath(posixpath.join(folder, path))
    if posixpath.basename(folder) in ("conf", *_SHARED):
        yield posixpath.normpath(posixpath.join(posixpath.dirname(folder), path))
    if path.startswith("conf/"):
        yield posixpath.normpath(posixpath.join(folder, path[5:]))


def units(files: Sequence[str], workspace: Workspace) -> list[Unit]:
    """Main files with what they include; then files that nobody includes, each by itself. What lies in
    `*-available` and is not enabled beside it is not in force."""
    mains: list[Unit] = []
    alone: list[Unit] = []
    taken: set[str] = set()
    for file in files:
        # The configuration below one file; None when it does not parse, which its reading will say.
        try:
            tree: Tree | None = load(Unit("apache", (file,)), workspace)
        except (SyntaxProblem, Unreadable):
            tree = None
        unit = Unit("apache", tree.files if tree else (file,))
        (mains if tree is not None and tree.kind == "main" else alone).append(unit)
        taken.update(unit.files[1:])
    return [
        *(u for u in mains if u.main not in taken),
        *(u for u in alone if u.main not in taken and not _left_out(u.main, workspace)),
    ]


def _left_out(file: str, workspace: Workspace) -> bool:
    folder = posixpath.dirname(file)
    if not folder.endswith("-available"):
        return False
    return bool(workspace.entries(folder.removesuffix("available") + "enabled"))
