"""A folder with all below it, as far as a bound; what is beyond that is named."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from batten.formats import Workspace
from batten.model.record import record

_MOST_NAMED = 5


@record(kw_only=True)
class Walk:
    """`entries` and `depth` are the most that is looked at, `enters` says of a folder whether it is, and `what` is looked for,
    for people."""

    entries: int
    depth: int
    enters: Callable[[str], bool]
    what: str


def below(workspace: Workspace, walk: Walk, notes: list[str]) -> Iterator[str]:
    """Files and folders; folders that were not entered for their depth or number are among the `notes` at the end."""
    pending, seen, left = [("", 0)], 0, list[str]()
    while pending:
        here, depth = pending.pop()
        entries = workspace.entries(here)
        if depth > walk.depth or seen + len(entries) > walk.entries:
            left.append(here or ".")
            continue
        seen += len(entries)
        for path in entries:
            yield path
            if walk.enters(path) and workspace.is_directory(path):
                pending.append((path, depth + 1))
    if left:
        named = ", ".join(f"`{path}`" for path in sorted(left)[:_MOST_NAMED])
        more = f" and {len(left) - _MOST_NAMED} more" if len(left) > _MOST_NAMED else ""
        bounds = f"{walk.entries} entries, {walk.depth} folders deep"
        notes.append(f"not looked for {walk.what} in {named}{more}: at most {bounds}")
