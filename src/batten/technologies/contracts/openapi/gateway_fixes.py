"""A gateway's CORS policy narrowed."""

from __future__ import annotations

from batten.formats import Mapping
from batten.formats.tree import Plain
from batten.model import Fix, Location, Safety
from batten.technologies.shared.text.entries import Page, Way

_BREAKS = "browsers on origins, or with verbs or headers, that are not listed"


def list_origins(page: Page, at: Location, origins: tuple[str, ...]) -> Fix | None:
    """Exactly these origins, in place of the list that `at` is an item of, or in a policy that has none."""
    title = "allow these origins only"
    if not origins:
        question = "which origins may read answers? List them under `origins:` in batten.yaml"
        return Fix(title, (), safety=Safety.VALUE, question=question)
    way = page.find(at.span) if at.span is not None else None
    if way is not None and isinstance(way.node, Mapping):
        edit = page.append(way.node, "allowOrigins", list(origins))
        return Fix(title, (edit,), safety=Safety.RISKY, breaks=_BREAKS)
    return _listed(page, way, origins, title)


def list_words(page: Page, at: Location, words: tuple[str, ...]) -> Fix | None:
    """These verbs or headers in place of the whole list."""
    way = page.find(at.span) if at.span is not None else None
    return _listed(page, way, words, "list what is needed")


def _listed(page: Page, way: Way | None, words: tuple[str, ...], title: str) -> Fix | None:
    if way is None or way.entry is None or way.entry.alias:
        return None
    value: list[Plain] = list(words)
    edit = page.rewrite(way.holders[-1], way.entry, value)
    return Fix(title, (edit,), safety=Safety.RISKY, breaks=_BREAKS)
