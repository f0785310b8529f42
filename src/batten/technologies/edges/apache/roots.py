"""Folders whose files are served, and what lies in them."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from batten.facts import WebRoot
from batten.formats import Workspace
from batten.model import ABSENT, UNKNOWN, Location, Setting
from batten.patterns import BadPattern, compiled, fits
from batten.technologies.edges.apache.rewrites import redirects, rules
from batten.technologies.edges.apache.sections import (
    authenticated,
    denied,
    forwards_all,
    match_of,
    only_redirects,
    refuses,
    sections,
)
from batten.technologies.edges.apache.tree import Item, Tree, root_of, varies
from batten.technologies.edges.apache.versions import HOMES
from batten.technologies.shared.edges.served import folder_of, sensitive_files

HIDDEN = ("/.git/config", "/.env", "/.bash_history")
_LISTED = ("", "virtualhost", "directory", "directorymatch", "location")
_ALIASES = ("alias", "aliasmatch", "scriptalias", "scriptaliasmatch")


def roots(tree: Tree, workspace: Workspace) -> Iterator[WebRoot]:
    listed: set[Location] = set()
    for server in tree.servers:
        if refuses(server) or only_redirects(server):
            continue
        for item, prefix in _served(server):
            path = item.values[-1]
            known = not varies(path) and "$" not in path and path != "/"
            here = folder_of(path, tree.files[0], workspace, *HOMES) if known else ""
            sensitive = (
                tuple(
                    f
                    for f in sensitive_files(here, workspace)
                    if not _refused(server, posixpath.join(prefix.rstrip("/") or "/", f))
                )
                if here
                else ()
            )
            unknown: Setting[bool] = Setting(UNKNOWN, server.block())
            script = item.name.startswith("script")
            root = WebRoot(
                server.block(),
                path=Setting(path if known else UNKNOWN, item.place()),
                listing=listing_of(tree, server, path) if known and not script else unknown,
                denies_hidden=denies_hidden(tree, server) if item.name == "documentroot" else unknown,
                sensitive=sensitive,
                prefix=prefix,
                traversal=_traversal(item),
                guarded=authenticated(server),
            )
            again = root.listing.at in listed
            listed.add(root.listing.at)
            yield _quiet(root) if again else root
    yield from _listed_elsewhere(tree, listed)


def _quiet(root: WebRoot) -> WebRoot:
    """The same without its listing, which another root's finding names."""
    unknown: Setting[bool] = Setting(UNKNOWN, root.at)
    return WebRoot(
        root.at,
        path=root.path,
        listing=unknown,
        denies_hidden=root.denies_hidden,
        sensitive=root.sensitive,
        prefix=root.prefix,
        traversal=root.traversal,
    )


def _served(server: Item) -> Iterator[tuple[Item, str]]:
    """DocumentRoot, where requests get to it, and the folders of Alias and its kin."""
    folder = server.last("documentroot")
    if folder is not None and folder.values and not forwards_all(server):
        yield folder, "/"
    for item in server.all(*_ALIASES):
        if len(item.values) > 1:
            yield item, item.value


def _traversal(item: Item) -> Setting[bool] | None:
    """AliasMatch ^/img(.*)$ /data/img/$1: the capture may begin with `../`. `Alias` itself is safe."""
    if not item.name.endswith("match") or "/$1" not in item.values[1]:
        return None
    literal = item.value.partition("(")[0].lstrip("^").replace("\\", "")
    if literal.endswith("/") or re.search(r"[\[\]{}*+?|.$]", literal):
        return None
    try:
        found = compiled(item.value).found(literal + "../x", 1)
    except BadPattern:
        return None
    return Setting(found is not None and found.startswith("../"), item.word(0))


# --- listings ---


def options(words: list[str], before: frozenset[str]) -> frozenset[str]:
    """The options in force after one `Options`: words with a sign change what stands, others begin anew."""
    signed = any(w.startswith(("+", "-")) for w in words)
    found = set(before if signed else ())
    for word in words:
        name = word.lstrip("+-").lower()
        group = {"indexes", "includes", "followsymlinks", "execcgi"} if name == "all" else {name}
        found = found - group if word.startswith("-") or name == "none" else found | group
    return frozenset(found)


def listing_of(tree: Tree, server: Item, path: str) -> Setting[bool]:
    """Whether mod_autoindex lists a folder: Options, from the shortest <Directory> to the longest."""
    root = root_of(server)
    if tree.modules is not None and "autoindex" not in tree.modules:
        return Setting(False, server.block())
    held: frozenset[str] = frozenset({"followsymlinks"})
    last: Item | None = None
    unsure = root.hides("options")
    for block in (root, server, *(s for s in sections(server) if _holds(s, path))):
        for item in block.all("options"):
            if any(varies(v) for v in item.values):
                return Setting(UNKNOWN, item.place())
            signed = any(v.startswith(("+", "-")) for v in item.values)
            unsure = unsure and signed and "indexes" not in {v.lstrip("+-").lower() for v in item.values}
            before = held
            held = options(item.values, before)
            last = item if "indexes" in held ^ before or ("indexes" in held and not signed) else last
    if unsure:
        return Setting(UNKNOWN, server.block())
    at = last.place() if last is not None else server.block()
    return Setting("indexes" in held, at)


def _holds(section: Item, path: str) -> bool:
    match = match_of(section)
    if section.name == "directory" and match.kind == "folder":
        return f"{path.rstrip('/')}/".startswith(f"{match.path.rstrip('/')}/") or fits(path, match.path)
    if section.name.startswith("directory"):
        return _found(match.path, path)
    return match.path in ("/", "*", ".*", "^/")


def _listed_elsewhere(tree: Tree, seen: set[Location]) -> Iterator[WebRoot]:
    """Sections that turn the listing on below a root, or where no root is written here."""
    served = [i.values[-1].rstrip("/") for s in tree.servers for i, _ in _served(s)]
    for section in (tree.root, *tree.root.walk()):
        if section is tree.root and tree.kind != "part":
            continue
        for item in section.all("options"):
            on = "indexes" in options(item.values, frozenset()) and item.place() not in seen
            if on and section.name in _LISTED and not denied(section):
                # Whether requests get to the section's folder; what holds above a root was weighed with the root.
                match = match_of(section)
                if section.name != "directory" or match.kind == "regex":
                    reached = True
                else:
                    reached = not served or any(
                        f"{match.path}/".startswith(f"{root}/") and match.path != root for root in served
                    )
                if reached:
                    unknown: Setting[bool] = Setting(UNKNOWN, section.block())
                    path = match_of(section).path if section.name else "/"
                    at = section.block()
                    yield WebRoot(
                        at,
                        path=Setting(path, at),
                        listing=Setting(True, item.place()),
                        denies_hidden=unknown,
                        sensitive=(),
                        prefix=path,
                    )


# --- files that nobody should get ---


def denies_hidden(tree: Tree, server: Item) -> Setting[bool]:
    """Whether something refuses dot files, those in hidden folders too: <Files> sees a file's own name only."""
    if all(_refused(server, path) for path in HIDDEN):
        return Setting(True, server.block())
    root = root_of(server)
    unsure = any(
        b.hides(n)
        for b in {id(root): root, id(server): server}.values()
        for n in ("redirectmatch", "directorymatch")
    )
    return Setting(UNKNOWN if unsure or tree.kind == "part" else ABSENT, server.block(), False)


def _refused(server: Item, path: str) -> bool:
    return any(_section_refuses(s, path) for s in sections(server)) or _answered(server, path)


def _section_refuses(section: Item, path: str) -> bool:
    if not denied(section):
        return False
    match = match_of(section)
    name = posixpath.basename(path)
    if match.kind == "regex":
        return _found(match.path, name if section.name.startswith("files") else path)
    if match.kind == "glob":
        return fits(name, match.path)
    return section.name == "location" and match.path != "/" and path.startswith(match.path)


def _answered(server: Item, path: str) -> bool:
    """By RedirectMatch 404, or a RewriteRule with F; the main server's rules do not hold in its hosts."""
    root = root_of(server)
    blocks = [server, root, *(s for s in sections(server) if s.name == "directory")]
    for block in blocks:
        if any(r.expression and 400 <= r.status < 500 and _found(r.path, path) for r in redirects(block)):
            return True
        if block is not root or server is root:
            for rule in rules(block):
                tests = [c for c in rule.conditions if c.test != "%{REQUEST_URI}"]
                uri = all(
                    (_found(c.pattern.lstrip("!"), path) is not c.pattern.startswith("!"))
                    for c in rule.conditions
                )
                if 400 <= rule.status < 500 and not tests and uri and rule.takes(path):
                    return True
    return False


def _found(pattern: str, text: str) -> bool:
    try:
        return compiled(pattern).search(text) is True
    except BadPattern:
        return False
