"""Directories whose files are served."""

from __future__ import annotations

from collections.abc import Iterator

from batten.facts import WebRoot
from batten.formats import Workspace
from batten.model import ABSENT, UNKNOWN, Absent, Setting, Unknown
from batten.patterns import fits
from batten.technologies.edges.caddy.flow import directives, refuses
from batten.technologies.edges.caddy.headers.reading import asks_everybody
from batten.technologies.edges.caddy.matchers import matcher_of, matches
from batten.technologies.edges.caddy.tls.listeners import HOME
from batten.technologies.edges.caddy.tree import NESTING, Item, Tree, varies
from batten.technologies.shared.edges.served import folder_of, sensitive_files

HIDDEN = ("/.git/config", "/.env", "/.bash_history")


def roots(tree: Tree, workspace: Workspace) -> Iterator[WebRoot]:
    for site in tree.sites:
        for item in directives(site):
            if item.name == "file_server":
                written = _written(item)
                path = written.texts[-1] if written is not None and len(written.texts) > 1 else ""
                known = bool(path) and not varies(path)
                folder = folder_of(path, tree.files[0], workspace, HOME) if known else ""
                found = tuple(sensitive_files(folder, workspace)) if folder else ()
                prefix = (matcher_of(item).paths or ("/",))[0].rstrip("*") or "/"
                names = [p.strip("/").split("/")[0] for p in HIDDEN]
                if all(_hides(item, n) for n in names) or all(_refused(item, p) for p in HIDDEN):
                    denies_hidden: Setting[bool] = Setting(True, item.head())
                else:
                    # Files of some endings only, or something unread that may refuse.
                    paths = matcher_of(item).paths
                    narrow = bool(paths) and all(
                        p.startswith("*.") or "." in p.rpartition("/")[2] for p in paths
                    )
                    by_file = any(
                        t.kind not in ("path", "method", "host", "not") for t in matcher_of(item).tests
                    )
                    default: bool | Absent | Unknown = (
                        UNKNOWN
                        if narrow or by_file or not matcher_of(item).known or item.site.hides() or item.unread
                        else False
                    )
                    denies_hidden = Setting(ABSENT, item.block(), default)
                if "browse" in item.args:
                    listing: Setting[bool] = Setting(True, item.head())
                else:
                    inner = item.first("browse")
                    if inner is not None:
                        listing = Setting(True, inner.place())
                    else:
                        listing = Setting(UNKNOWN if item.unread else ABSENT, item.block(), False)
                yield WebRoot(
                    item.block(),
                    path=Setting(path if known else UNKNOWN, item.head()),
                    listing=listing,
                    denies_hidden=denies_hidden,
                    sensitive=tuple(f for f in found if not _hides(item, f) and not _refused(item, f"/{f}")),
                    prefix=prefix,
                    guarded=asks_everybody(item.site),
                )


def _written(item: Item) -> Item | None:
    """The root in force: its own, or that of the nearest block around."""
    own = item.first("root")
    block = item.up
    while own is None and block is not None:
        own = block.first("root")
        block = block.up
    return own


def _hides(item: Item, path: str) -> bool:
    """`hide`: a pattern without a slash is held against each part of the path."""
    for line in item.all("hide"):
        for shape in line.texts[1:]:
            if "/" not in shape and any(fits(p, shape) for p in path.split("/")):
                return True
            if "/" in shape and (
                path == shape.lstrip("./") or path.startswith(shape.lstrip("./").rstrip("/") + "/")
            ):
                return True
    return False


def _refused(item: Item, path: str) -> bool:
    """Whether a rule of the same block, or of one around it, refuses the path before files are served."""
    block = item.up
    while block is not None and block.up is not None:
        rules = (
            block.items
            if block.up.up is None or block.name != "route"
            else block.items[: next((n for n, i in enumerate(block.items) if i is item), len(block.items))]
        )
        own = block is item.up
        for rule in rules:
            comes_first = own or rule.name in ("handle", "redir", "route")
            inner = [i for i in rule.items if refuses(i)] if rule.name in NESTING else []
            if comes_first and (refuses(rule) or inner):
                matcher = matcher_of(rule)
                if not matcher.known:
                    covers = True
                else:
                    positive = [t for t in matcher.tests if t.kind == "path" and not t.negated]
                    expressions = [t for t in matcher.tests if t.kind == "path_regexp" and not t.negated]
                    if expressions:
                        covers = True
                    else:
                        covers = bool(positive) and any(matches(p, path) for t in positive for p in t.args)
                if covers:
                    return True
        block = block.up
    return False
