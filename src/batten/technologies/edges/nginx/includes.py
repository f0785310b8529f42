"""Which files make one configuration, and what `include` brings in."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Sequence

from batten.formats import Document, SyntaxProblem, Unreadable, Workspace
from batten.formats.blocks import Directive
from batten.formats.nginx import parse
from batten.formats.placeholders import MARK
from batten.model import Problem
from batten.patterns import fits
from batten.technologies import Unit
from batten.technologies.edges.nginx.tree import MAIN, Tree, named
from batten.technologies.edges.nginx.versions import version_of
from batten.technologies.shared.containers.mounts import folders_named, sources_of, target_of
from batten.technologies.shared.edges.includes import Reading, weight
from batten.technologies.shared.edges.nodes import Item
from batten.technologies.shared.text.globs import matching

DEEPEST = 10  # includes in includes
FRAGMENT_FOLDERS = (
    "conf.d", "sites-enabled", "sites-available", "snippets", "templates", "vhosts", "http.d", "default.d",
    "location.d", "locations", "vhost.d",
)  # fmt: skip
SHARED_FOLDERS = ("conf.d", "sites-enabled", "http.d")  # everything in them is in one http block
PREFIXES = (
    "/etc/nginx/",
    "/usr/local/nginx/conf/",
    "/usr/local/etc/nginx/",
    "/usr/local/openresty/nginx/conf/",
    "/opt/bitnami/nginx/conf/",
    "/opt/homebrew/etc/nginx/",
)
# Files that packages install: what directives they can hold.
KNOWN: tuple[tuple[re.Pattern[str], tuple[str, ...]], ...] = (
    (re.compile(r"(^|/)mime\.types$"), ("types",)),
    (re.compile(r"(^|/)(fastcgi|uwsgi|scgi)_params$|(^|/)fastcgi\.conf$"), ("fastcgi_", "uwsgi_", "scgi_")),
    (re.compile(r"(^|/)fastcgi-php\.conf$"), ("fastcgi_", "try_files", "set")),
    (re.compile(r"(^|/)proxy_params$"), ("proxy_",)),
    (re.compile(r"(^|/)(koi-utf|koi-win|win-utf)$"), ("charset",)),
    (re.compile(r"(^|/)(modules-enabled|modules\.d|modules)/"), ("load_module",)),
    (re.compile(r"(^|/)(snakeoil|options-ssl-nginx)\.conf$"), ("ssl_",)),
)
# What an http or server block around a fragment may set for it. Lists of addresses and logins are not among it: no
# package's or image's nginx.conf restricts all servers, and whoever writes such a list writes it where it is meant.
AROUND = (
    "access_log", "add_header", "client_", "default_type", "error_log", "error_page", "expires", "fastcgi_",
    "gzip", "ignore_invalid_headers$", "index$", "keepalive_", "large_client", "limit_", "listen$", "log_", "map$",
    "merge_slashes$", "more_", "port_in_redirect$", "proxy_", "real_ip_", "resolver", "root$", "send_timeout$",
    "server_tokens$", "set_real_ip_from$", "ssl", "types$", "underscores_in_headers$", "uwsgi_", "grpc_", "reset_",
)  # fmt: skip

# What the server around a part of one may hold: anything but the lists of addresses and logins, as above. Spelled by
# how names begin.
INSIDE = (
    *"bcefghjklmnopqrtuvwxyz$@", "ab", "ac", "ad", "ai", "ali", "an", "ap", "auth_delay", "da", "def", "di",
    "if", "ig", "inc", "ind", "sc", "se", "sl", "sm", "sp", "ss", "st", "su",
)  # fmt: skip

# A file of this name that holds servers only takes the place of the one in the image: its nginx.conf sets nothing
# that is judged here (https://github.com/nginx/docker-nginx). Manifests hold what they mount beside it.
OWN_MAIN = ("nginx.conf", ".yaml", ".yml", ".json")

# Folders whose files nginx's image, and packages, include; a file elsewhere is one of a main file that somebody wrote.
_OF_IMAGE = re.compile(r"/(?:conf\.d|http\.d|default\.d|templates|sites-enabled|nginx\.conf)(?:/|$)")

# ours: names of directives
_INCLUDED = re.compile(r"\binclude\s+[\"']?([^;\"'{}\s]{1,400})")
_DUMP = "# configuration file "
_DUMPED = re.compile(r"^# configuration file ([^\n]{1,400}):\r?$", re.MULTILINE)
# ours: names of directives
_MAIN = re.compile(rf"^[ \t]*(?:{'|'.join(MAIN)})[ \t{{]", re.MULTILINE)


def load(unit: Unit, workspace: Workspace) -> Tree:
    """The unit's configuration. Raises SyntaxProblem and Unreadable of the main file."""
    return workspace.kept(("nginx", unit), lambda: _load(unit, workspace))


def _load(unit: Unit, workspace: Workspace) -> Tree:
    document = workspace.document(unit.main, parse)
    reading = _Reading(workspace, prefix_of(unit.main), [unit.main])
    root = Item(document.source, None, document.tree, [])
    # The directives of the main file: all, or what follows the first mark of `nginx -T`. Source: src/core/nginx.c,
    # ngx_dump_config: "# configuration file PATH:" before each file.
    marks = list(_DUMPED.finditer(document.text)) if _DUMP in document.text else []
    if not marks:
        dumped: list[Directive] = document.tree.children
    else:
        ends = [*(m.start() for m in marks[1:]), len(document.text)]
        children = document.tree.children
        for mark, end in zip(marks, ends, strict=True):
            here = [c for c in children if mark.start() <= c.span.start < end]
            reading.dump.setdefault(mark[1], here)
        dumped = reading.dump[marks[0][1]]
    _expand(dumped, document, root, reading, (unit.main,))
    tree = Tree(root, (), reading.problems, version_of(unit.main, workspace))
    if tree.fragment:
        # Put what is around a fragment there: an http block of this tree, the one of nginx's image, or what is not
        # known.
        main = reading.files[0]
        if Tree(root, (), []).inside_server:
            root.unread.append(INSIDE)
        else:
            root.up = _http_beside(main, reading.folder, workspace)
            placed = target_of(main, workspace, PREFIXES)
            usual = (
                _OF_IMAGE.search(placed) or posixpath.basename(posixpath.dirname(main)) in FRAGMENT_FOLDERS
            )
            if root.up is None and not (placed and usual) and not main.endswith(OWN_MAIN):
                root.unread.append(AROUND)
        for file in unit.files[1:]:
            if file not in reading.files:
                _bring(file, root, reading, (unit.main,))
    elif root.first("http", "stream", "mail") and not root.first("events") and not root.hides("events"):
        message = "there is no `events` block, without which nginx does not start"
        hint = "add `events {}`, or review the file together with the one that includes it"
        reading.problems.append(Problem(unit.main, "read", message, hint=hint))
    # What an http block without servers sets is for those of other files.
    for http in tree.own:
        if http.items and not http.first("server") and not http.hides("server"):
            http.unread.append(None)
    tree.files = tuple(reading.files)
    named(root)
    return tree


class _Reading(Reading):
    """`dump` has the files of `nginx -T`, which are all in one: their directives by their path."""

    __slots__ = ("dump",)

    def __init__(self, workspace: Workspace, folder: str, files: list[str]) -> None:
        super().__init__(workspace, folder, files)
        self.dump: dict[str, list[Directive]] = {}


def _http_beside(file: str, prefix: str, workspace: Workspace) -> Item | None:
    """The http block of the nginx.conf that a file of conf.d or sites-available lies below."""
    main = posixpath.join(prefix, "nginx.conf")
    if posixpath.basename(posixpath.dirname(file)) not in FRAGMENT_FOLDERS or not workspace.exists(main):
        return None
    try:
        tree = load(Unit("nginx", (main,)), workspace)
    except (SyntaxProblem, Unreadable):
        return None
    return None if tree.fragment or not tree.http else tree.http[0]


def prefix_of(path: str) -> str:
    """The folder that relative includes start from: the main file's, as nginx has it."""
    folder = posixpath.dirname(path)
    return posixpath.dirname(folder) if posixpath.basename(folder) in FRAGMENT_FOLDERS else folder


def _expand(
    directives: list[Directive],
    document: Document[Directive],
    into: Item,
    reading: _Reading,
    trail: tuple[str, ...],
) -> None:
    for directive in directives:
        if (
            directive.name == "include"
            and directive.values
            and directive.body is None
            and into.name != "types"
        ):
            pattern = directive.values[0]
            if reading.dump:
                # What a dump has of the files that are included; a glob that names none was empty.
                home = posixpath.dirname(next(iter(reading.dump)))
                wanted = posixpath.join(home, pattern)
                named = [path for path in reading.dump if fits(path, wanted)]
                for path in named:
                    if path not in trail and len(trail) <= DEEPEST and reading.left > 0:
                        reading.left -= 20
                        _expand(reading.dump[path], document, into, reading, (*trail, path))
                if not named and "*" not in pattern:
                    into.unread.append(next((holds for known, holds in KNOWN if known.search(pattern)), None))
            else:
                _include(pattern, into, reading, trail)
            continue
        if directive.name.startswith(MARK) and directive.body is None and into.name not in ("map", "geo"):
            into.unread.append(None)  # a renderer puts any directives there
            continue
        item = Item(document.source, into, directive, directive.values)
        into.items.append(item)
        if directive.children:
            _expand(directive.children, document, item, reading, trail)


def _include(pattern: str, into: Item, reading: _Reading, trail: tuple[str, ...]) -> None:
    files = list(included(pattern, reading))
    if not files or len(trail) > DEEPEST:
        into.unread.append(next((holds for known, holds in KNOWN if known.search(pattern)), None))
        return
    for file in files:
        if file not in trail:
            _bring(file, into, reading, trail)


def _bring(file: str, into: Item, reading: _Reading, trail: tuple[str, ...]) -> None:
    """The directives of one file, in place."""

    def expand(found: Document[Directive]) -> None:
        _expand(found.tree.children, found, into, reading, (*trail, file))

    reading.bring(file, parse, into.unread, weight, expand)


def included(pattern: str, reading: Reading) -> Iterator[str]:
    """The files that an include names, sorted; symbolic links count as what they name. Where none is at its place:
    what an image or a container is given there, else a folder of that name, the nearest to the main file."""
    workspace, main = reading.workspace, reading.files[0]
    for path in places(pattern, reading.folder):
        found = [workspace.real(f) for f in matching(path, workspace)]
        if found:
            yield from dict.fromkeys(f for f in found if f)
            return
    absolute = pattern if pattern.startswith("/") else f"/etc/nginx/{pattern}"
    given = [f for source in sources_of(absolute, main, workspace) for f in matching(source, workspace)]
    if given:
        yield from sorted(dict.fromkeys(given))
    else:
        folder, name = posixpath.split(pattern)
        wanted = posixpath.basename(folder)
        if wanted in FRAGMENT_FOLDERS and posixpath.basename(main) == "nginx.conf":
            lists = [
                matching(posixpath.join(found, name), workspace)
                for found in folders_named(wanted, posixpath.dirname(main), workspace)
            ]
            filled = [files for files in lists if files]
            if len(filled) == 1:
                yield from filled[0]


def places(pattern: str, prefix: str) -> Iterator[str]:
    """Where in the reviewed tree a path of the running system may lie."""
    if not pattern.startswith("/"):
        yield posixpath.normpath(posixpath.join(prefix, pattern))
        return
    for known in PREFIXES:
        if pattern.startswith(known):
            yield posixpath.normpath(posixpath.join(prefix, pattern[len(known) :]))
    if prefix == "etc/nginx" or prefix.endswith("/etc/nginx"):
        yield posixpath.normpath(prefix[: -len("etc/nginx")] + pattern[1:])


def units(files: Sequence[str], workspace: Workspace) -> list[Unit]:
    """Main files with what they include; then files that nobody includes, each in an http context of
    its own, or together where they lie in one conf.d."""
    mains: list[Unit] = []
    taken: set[str] = set()
    fragments: dict[str, tuple[str, ...]] = {}
    for file in files:
        alone = _alone(file, workspace)
        tree = _tree(file, workspace) if alone is None else None
        if alone is False:
            mains.append(Unit("nginx", (file,)))
        elif tree is None:
            fragments[file] = (file,)
        elif tree.fragment:
            fragments[file] = tree.files
            taken.update(tree.files[1:])
        else:
            mains.append(Unit("nginx", tree.files))
            taken.update(tree.files[1:])
    enabled = {_beside(f) for f in (*taken, *fragments) if "/sites-enabled/" in f"/{f}"}
    available = {_beside(f) for f in taken if "/sites-available/" in f"/{f}"}  # linked to from there
    orphans = {
        file: parts
        for file, parts in fragments.items()
        if file not in taken
        and not ("/sites-available/" in f"/{file}" and _beside(file) in enabled | available)
    }
    return [*mains, *_grouped(orphans, workspace)]


def _beside(path: str) -> str:
    return posixpath.dirname(posixpath.dirname(path))


def _grouped(orphans: dict[str, tuple[str, ...]], workspace: Workspace) -> Iterator[Unit]:
    groups: dict[str, list[str]] = {}
    for file in orphans:
        folder = posixpath.dirname(file)
        shared = posixpath.basename(folder) in SHARED_FOLDERS and _tree(file, workspace) is not None
        groups.setdefault(folder if shared else file, []).append(file)
    for group in groups.values():
        yield Unit("nginx", tuple(dict.fromkeys([*group, *(p for f in group for p in orphans[f])])))


def _alone(file: str, workspace: Workspace) -> bool | None:
    """Whether a file that includes nothing that is here is a fragment: known without parsing it. None: it may include."""
    try:
        text = workspace.text(file).text
    except Unreadable:
        return None
    if "include" in text:
        reading = _Reading(workspace, prefix_of(file), [file])
        patterns = dict.fromkeys(_INCLUDED.findall(text))
        if _DUMP in text or any(next(included(p, reading), "") for p in patterns):
            return None
    return _MAIN.search(text) is None


def _tree(file: str, workspace: Workspace) -> Tree | None:
    """The configuration below one file; None when it does not parse, which its reading will say."""
    try:
        return load(Unit("nginx", (file,)), workspace)
    except (SyntaxProblem, Unreadable):
        return None
