"""Files in which clients keep credentials, private keys, and what was copied out of stores, browsers and editors."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from batten import masking
from batten.facts import Fact, KeptFile, Secret
from batten.formats import Unreadable, Workspace
from batten.formats.gitignore import is_repository, kept_out
from batten.formats.lines import appended, line_break
from batten.model import DenyPaths, Edit, Fix, Location, Problem, Remedy, Safety, Span
from batten.technologies import Unit
from batten.technologies._registry import globbed
from batten.technologies.credentials.credential_files.harmless import harmless
from batten.technologies.shared.secrets import commands, credentials
from batten.technologies.shared.secrets.clients import held_by_clients, stands_in
from batten.technologies.shared.secrets.contents import HEAD, content
from batten.technologies.shared.secrets.evidence import Place
from batten.technologies.shared.secrets.names import CREDENTIALS, original

_TYPED_BY_HAND = 1_000_000  # bytes of a script of SQL whose statements are looked at one by one
_LONGEST = 4000  # characters of a line


def read(unit: Unit, workspace: Workspace) -> Iterator[Fact | Problem]:
    path, committed = unit.main, not kept_out(unit.main, workspace)
    of = original(path)
    if globbed(CREDENTIALS, of):
        for number, (entry, held) in enumerate(held_by_clients(of, workspace.text(path).text)):
            entries_at = Location(path, f"{entry.name}[{number}]", entry.span)
            yield credentials.secret(entries_at, entry.name, held, "file", committed)
        return
    found = content(path, of, workspace)
    if found is not None:
        at = Location(path, posixpath.basename(of), found.span)
        why = harmless(path, found, workspace)
        yield KeptFile(at, what=found.what, keeps=found.keeps, committed=committed, harmless=why)
    elif of.endswith(".sql"):
        yield from _statements(path, workspace, committed)
    elif of != path:
        # The first token in a copy of a file, where its issuer's format tells it.
        head = workspace.head(path, HEAD)
        if len(head) == HEAD or b"\0" in head:
            return
        text = workspace.text(path).text
        for kind, tokens_found in masking.tokens(text):
            tokens_at = Location(path, kind, Span(*tokens_found.span()))
            yield credentials.secret(tokens_at, kind, credentials.Found(kind), "file", committed)
            return


def _statements(path: str, workspace: Workspace, committed: bool) -> Iterator[Secret]:
    """Passwords that a script gives to accounts, as one that sets a database up does."""
    head = workspace.head(path, _TYPED_BY_HAND)
    if len(head) == _TYPED_BY_HAND or b"\0" in head:
        return
    source = workspace.text(path)
    start = 0
    for number, line in enumerate(source.text.split("\n"), 1):
        if "'" in line and not line.lstrip().startswith("--"):
            found = next((t for t in commands.typed(line[:_LONGEST]) if t.name == "SQL"), None)
            if found is not None and not stands_in(line[found.span.start : found.span.end]):
                span = Span(start + found.span.start, start + found.span.end)
                held = credentials.found("password", source.text[span.start : span.end], Place.CONSUMED)
                if held is not None:
                    yield credentials.secret(
                        Location(path, f"password[{number}]", span), "PASSWORD", held, "config", committed
                    )
        start += len(line) + 1


def write(unit: Unit, workspace: Workspace, remedy: Remedy, at: Location) -> Fix | None:
    """The file named in .gitignore, while git does not track it. What is tracked must be removed by hand, and from the
    history, too."""
    return ignoring(at.source, workspace) if isinstance(remedy, DenyPaths) else None


_MAGIC = frozenset("*?[]\\\n ")
_BREAKS = "deployment tools that leave out what .gitignore names"


def ignoring(path: str, workspace: Workspace) -> Fix | None:
    """A line in the nearest .gitignore around the file, or in a new one at the top of its repository; None where git
    tracks the file or where nothing shows that it does not (there is no repository, as in an unpacked archive), and for a name that a pattern cannot spell as it is."""
    place = _place(path, workspace)
    if place is None or not _MAGIC.isdisjoint(path) or not _in_a_repository(path, workspace):
        return None
    if workspace.tracked(path):
        return None
    line = f"/{posixpath.relpath(path, posixpath.dirname(place) or '.')}"
    try:
        source = workspace.text(place) if workspace.exists(place) else None
    except Unreadable:
        source = None
    if source is None or not source.text:
        edit = Edit(place, Span(0, 0), f"{line}\n")
    elif not source.text.endswith("\n"):
        edit = appended(source, len(source.text), line)
    else:
        end = len(source.text)
        edit = Edit(place, Span(end, end), line + line_break(source.text))
    return Fix(
        f"name {posixpath.basename(path)} in .gitignore",
        (edit,),
        safety=Safety.RISKY,
        breaks=_BREAKS,
    )


def _in_a_repository(path: str, workspace: Workspace) -> bool:
    folder = posixpath.dirname(path)
    while folder and not is_repository(folder, workspace):
        folder = posixpath.dirname(folder)
    return is_repository(folder, workspace) or workspace.tracked_below((posixpath.dirname(path),)) is not None


def _place(path: str, workspace: Workspace) -> str | None:
    folder = posixpath.dirname(path)
    while True:
        name = posixpath.join(folder, ".gitignore")
        if workspace.exists(name) or is_repository(folder, workspace):
            return name
        if not folder:
            return None
        folder = posixpath.dirname(folder)
