"""Files that matter for an API's security and that no technology here reads: what each is, by its name and its start.

A row is the kind, as people are told of it; globs on the path (without "/" on its last part); a pattern that the start of
the text shows where a name is not enough (multi-line mode), and one that it must not show. What batten learns to read leaves
these tables. Names and patterns are those of the vendors' documentation, which each group of rows names.
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module

from batten.formats import Workspace
from batten.technologies.shared.unread.catalogue import (
    candidates,
    is_template,
    may_be_template,
    row_of,
    shows,
    template_of,
)
from batten.technologies.shared.unread.kind import UnreadKind
from batten.technologies.shared.unread.scripts import scripts

__all__ = [
    "UnreadKind",
    "candidates",
    "elsewhere",
    "is_template",
    "may_be_template",
    "row_of",
    "scripts",
    "shows",
    "template_of",
]

_FETCHING = frozenset(("helm", "kustomize", "terraform", "cloudformation", "gitlab_ci"))


def elsewhere(technology: str, path: str, workspace: Workspace) -> Iterator[tuple[str, str]]:
    """(what it is, how the file names it) of each part that a file takes from another place when it is used."""
    if technology in _FETCHING:  # it needs a parser, which other trees do without
        yield from import_module("batten.technologies.shared.unread.fetched").fetched(
            technology, path, workspace
        )
