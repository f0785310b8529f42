"""Directories whose files are served, and what of them is refused."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from batten.facts import WebRoot
from batten.formats import Workspace
from batten.model import ABSENT, UNKNOWN, Setting
from batten.patterns import BadPattern, compiled
from batten.technologies.edges.lighttpd import versions
from batten.technologies.edges.lighttpd.access.reading import asks_login
from batten.technologies.edges.lighttpd.tls.listeners import serving
from batten.technologies.edges.lighttpd.tree import Held, Item, Scope, Tree, flag, setting
from batten.technologies.shared.edges.served import folder_of, sensitive_files

HIDDEN = ("/.git/config", "/.env", "/.bash_history")
MOST_RULES = 200  # people write a dozen
LISTINGS = ("dir-listing.activate", "server.dir-listing")


def roots(tree: Tree, workspace: Workspace) -> Iterator[WebRoot]:
    if not tree.fragment and not serving(tree):
        return
    for scope in tree.root.walk():
        nested = scope.up is not None or tree.fragment
        if "server.document-root" in scope.held or (listing_item(scope) and nested):
            yield from _root(tree, scope, workspace)


def listing_item(scope: Scope) -> Item | None:
    return next((scope.held[n].last for n in LISTINGS if n in scope.held), None)


def _root(tree: Tree, scope: Scope, workspace: Workspace) -> Iterator[WebRoot]:
    path = setting(scope, "server.document-root")
    # Whether a backend answers every path.
    forwarded_found = scope.find("proxy.server")
    all_forwarded = isinstance(forwarded_found, Held) and any(
        p.key in ("", "/") for p in forwarded_found.pairs
    )
    if all_forwarded or path.value is ABSENT:
        return
    folder = (
        folder_of(path.value, tree.files[0], workspace, versions.HOME) if isinstance(path.value, str) else ""
    )
    # What is refused: the operator and text of the condition on the URL ("" for none), and the endings.
    if tree.loaded("mod_access") is False:
        denied: list[tuple[str, str, list[str]]] = []
    else:
        made = [("", "", scope.find("url.access-deny"))]
        around = {id(s) for s in scope.around()}
        for one in _on_urls(tree):
            inside = any(s is scope for s in one.around())
            if one is not scope and one.block is not None and (inside or id(one.up) in around):
                condition = one.block.condition
                test = (condition.operator, condition.value.text) if condition is not None else ("", "")
                made.append((*test, one.held["url.access-deny"]))
        denied = [
            (operator, text, [p.value for p in found.pairs if isinstance(p.value, str)])
            for operator, text, found in made
            if isinstance(found, Held)
        ]
    sensitive = tuple(sensitive_files(folder, workspace)) if folder else ()
    found = [flag(scope, name, False) for name in LISTINGS]
    yield WebRoot(
        scope.block_at(),
        path=path,
        listing=next((f for f in found if f.written), found[0]),
        denies_hidden=_denies_hidden(tree, scope, denied),
        sensitive=tuple(f for f in sensitive if not _denied(f"/{f}", denied)),
        guarded=asks_login(scope),
    )


def _on_urls(tree: Tree) -> list[Scope]:
    """Conditions on the URL that refuse something; of more than people write, the first."""
    if tree.denying is None:
        every = (s for s in tree.root.walk() if "url.access-deny" in s.held and s.is_about("HTTP", "url"))
        tree.denying = list(islice(every, MOST_RULES))
    return tree.denying


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
    unsure = (
        len(_on_urls(tree)) == MOST_RULES
        or tree.loaded("mod_access") is None
        or any(s.hides("url.access-deny") for s in scope.around())
    )
    return Setting(UNKNOWN if unsure else False, at)
