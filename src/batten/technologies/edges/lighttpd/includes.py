"""Which files make one configuration, what `include` brings in, and what values are."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from batten.formats import Document, SyntaxProblem, Unreadable, Workspace
from batten.formats.document import Text
from batten.formats.lighttpd import Assignment, Block, Form, Include, Statement, Value, parse
from batten.model import ABSENT, UNKNOWN, Span
from batten.technologies import Unit
from batten.technologies.edges.lighttpd.tree import Held, Item, Known, Pair, Scope, Tree, full_name
from batten.technologies.edges.lighttpd.versions import HOME, version_of
from batten.technologies.shared.edges.includes import Reading
from batten.technologies.shared.text.globs import matching

DEEPEST = 10  # includes in includes
PREFIXES = ("/etc/lighttpd/", "/usr/local/etc/lighttpd/", "/opt/homebrew/etc/lighttpd/")
PARTS = ("conf.d", "vhosts.d", "conf-available", "conf-enabled")  # folders of what another file includes
# Programs and files that packages install: what they can set.
KNOWN = (
    (re.compile(r"(?:^|/)mime(?:-?types)?\.(?:conf|types)$"), ("mimetype.",)),
    (re.compile(r"(?:^|/)modules\.conf$"), ("server.modules",)),
    (re.compile(r"/create-mime[\w.]*\.pl$"), ("mimetype.",)),
    (re.compile(r"/use-ipv6\.pl\b"), ("$SERVER[socket]",)),
)
ENABLED = re.compile(r"/include-conf-enabled\.pl$")  # Debian's: includes what is in conf-enabled
MOST_COPIED = 20_000  # members of arrays that `+=` and `+` may copy, in one configuration
MOST_DIGITS = 19
LONGEST = 10_000  # characters of a text that is put together
_MAIN = frozenset(("server.document-root", "server.port", "server.username", "server.pid-file"))


@dataclass(slots=True)
class _Reading(Reading):
    copies: int = MOST_COPIED
    brought: dict[tuple[str, int], list[str]] = field(default_factory=dict)


def load(unit: Unit, workspace: Workspace) -> Tree:
    """The unit's configuration. Raises SyntaxProblem and Unreadable of the main file."""
    return workspace.kept(("lighttpd", unit), lambda: _load(unit, workspace))


def _load(unit: Unit, workspace: Workspace) -> Tree:
    document = workspace.document(unit.main, parse)
    tree = document.tree
    span = Span(tree[0].span.start, tree[-1].span.end) if tree else Span(0, 0)
    root = Scope(None, document.source, None, span)
    reading = _Reading(workspace, _home_of(unit.main), [unit.main])
    _expand(document.tree, document, root, reading, (unit.main,))
    fragment = _is_part(unit.main) or not any(name in root.held for name in _MAIN)
    if fragment:
        root.unread.append(None)
    version = version_of(unit.main, workspace)
    return Tree(root, tuple(reading.files), reading.problems, version, fragment, reading.brought)


def _is_part(path: str) -> bool:
    return posixpath.basename(posixpath.dirname(path)) in PARTS


def _home_of(path: str) -> str:
    """The folder that relative includes start from: the main file's."""
    folder = posixpath.dirname(path)
    return posixpath.dirname(folder) if posixpath.basename(folder) in PARTS else folder


def _expand(
    statements: list[Statement],
    document: Document[list[Statement]],
    scope: Scope,
    reading: _Reading,
    trail: tuple[str, ...],
) -> None:
    for statement in statements:
        match statement:
            case Assignment():
                _assign(Item(statement, document.source, scope), reading)
            case Include():
                _include(statement, document.source, scope, reading, trail)
            case Block(condition=None, otherwise=False):
                _expand(statement.statements, document, scope, reading, trail)  # `global { }`
            case Block():
                inner = Scope(statement, document.source, scope, statement.span)
                scope.scopes.append(inner)
                _expand(statement.statements, document, inner, reading, trail)


def _assign(item: Item, reading: _Reading) -> None:
    scope, name = item.scope, item.name
    value = _value(item.assignment.value, item, reading)
    item.pairs = value if isinstance(value, list) else []
    scope.items.append(item)
    before = scope.held.get(name)
    if before is None:
        outer = scope.find(name) if item.assignment.operator == "+=" else ABSENT
        # What the first assignment in a scope makes of what is in force around it.
        if isinstance(outer, Held):
            beginning = _added(_copy(outer.value, reading), value)
        else:
            beginning = UNKNOWN if outer is UNKNOWN else _copy(value, reading)
        scope.held[name] = Held(beginning, [item])
        return
    before.items.append(item)
    replaced = item.assignment.operator != "+="
    before.value = _copy(value, reading) if replaced else _added(before.value, value)


def _added(base: Known, value: Known) -> Known:
    """`base += value`; an array is lengthened in place."""
    if isinstance(base, list) and isinstance(value, list):
        base += value
        return base
    if isinstance(base, int) and isinstance(value, int):
        return base + value
    if isinstance(base, (str, int)) and isinstance(value, (str, int)):
        made = f"{base}{value}"
        return made if len(made) <= LONGEST else UNKNOWN
    return UNKNOWN


def _copy(value: Known, reading: _Reading) -> Known:
    """The value for another holder; UNKNOWN when all copies together are more than people write."""
    if not isinstance(value, list):
        return value
    reading.copies -= len(value)
    return list(value) if reading.copies >= 0 else UNKNOWN


def _value(value: Value, item: Item, reading: _Reading) -> Known:
    match value.form:
        case Form.STRING:
            return value.text
        case Form.NUMBER:
            return int(value.text) if len(value.text) < MOST_DIGITS else UNKNOWN
        case Form.NAME:
            found = item.scope.find(full_name(value.text))
            return _copy(found.value, reading) if isinstance(found, Held) else UNKNOWN
        case Form.ARRAY:
            return [_pair(number, value, item, reading) for number in range(len(value.entries))]
        case Form.SUM:
            made = _value(value.parts[0], item, reading)
            for part in value.parts[1:]:
                made = _added(made, _value(part, item, reading))
            return made


def _pair(number: int, value: Value, item: Item, reading: _Reading) -> Pair:
    entry = value.entries[number]
    key = _value(entry.key, item, reading) if entry.key is not None else ""
    held = _value(entry.value, item, reading)
    return Pair(
        str(key) if isinstance(key, (str, int)) else "",
        str(held) if isinstance(held, int) else held,
        entry,
        item,
    )


def _include(
    statement: Include, source: Text, scope: Scope, reading: _Reading, trail: tuple[str, ...]
) -> None:
    unnamed = Item(Assignment("include", "=", statement.pattern, statement.span), source, scope)
    pattern = _value(statement.pattern, unnamed, reading)
    if statement.shell:
        # Never run: the first word that is known says what it can set.
        words = (
            pattern
            if isinstance(pattern, str)
            else (statement.pattern.parts[0].text if statement.pattern.parts else statement.pattern.text)
        )
        if not ENABLED.search(words):
            scope.unread.append(_held_by(words))
            return
        pattern = "/etc/lighttpd/conf-enabled/*.conf"
    files = list(included(pattern, reading)) if isinstance(pattern, str) else []
    if not files or len(trail) > DEEPEST:
        if not isinstance(pattern, str):
            scope.unread.append(None)
        elif not _is_empty(pattern, reading):
            scope.unread.append(_held_by(pattern))
        return
    files = [f for f in files if f not in trail]
    reading.brought[source.path, statement.span.start] = files
    for file in files:
        _bring(file, scope, reading, trail)


def _held_by(words: str) -> tuple[str, ...] | None:
    """What something unread can set, where its name is known."""
    return next((holds for known, holds in KNOWN if known.search(words)), None)


def _is_empty(pattern: str, reading: _Reading) -> bool:
    """Whether the pattern's folder is here and has no such file; lighttpd includes nothing then."""
    folders = [posixpath.dirname(p) for p in places(pattern, reading.folder)]
    return "*" in posixpath.basename(pattern) and any(
        f and reading.workspace.is_directory(f) for f in folders
    )


def _bring(file: str, scope: Scope, reading: _Reading, trail: tuple[str, ...]) -> None:
    """The statements of one file, in place."""

    def expand(found: Document[list[Statement]]) -> None:
        _expand(found.tree, found, scope, reading, (*trail, file))

    reading.bring(file, parse, scope.unread, len, expand)


def included(pattern: str, reading: _Reading) -> Iterator[str]:
    """The files that an include names, sorted; symbolic links count as what they name."""
    for path in places(pattern, reading.folder):
        found = [reading.workspace.real(f) for f in matching(path, reading.workspace)]
        if found:
            yield from dict.fromkeys(f for f in found if f)
            return


def places(pattern: str, folder: str) -> Iterator[str]:
    """Where in the reviewed tree a path of the running system may lie."""
    if not pattern.startswith("/"):
        yield posixpath.normpath(posixpath.join(folder, pattern))
        return
    for known in PREFIXES:
        if pattern.startswith(known):
            yield posixpath.normpath(posixpath.join(folder, pattern[len(known) :]))
    if folder == HOME or folder.endswith(f"/{HOME}"):
        yield posixpath.normpath(folder[: -len(HOME)] + pattern[1:])


def units(files: Sequence[str], workspace: Workspace) -> list[Unit]:
    """Main files with what they include; then parts that nobody includes. Beside a main file, a part that it does
    not include is not in force."""
    mains: list[Unit] = []
    parts: list[str] = []
    homes: set[str] = set()
    taken: set[str] = set()
    for file in files:
        try:
            tree = load(Unit("lighttpd", (file,)), workspace)
        except (SyntaxProblem, Unreadable):
            parts.append(file)
            continue
        if tree.fragment:
            parts.append(file)
            continue
        mains.append(Unit("lighttpd", tree.files))
        homes.add(posixpath.dirname(file))
        taken.update(tree.files[1:])
    left = [p for p in parts if p not in taken and not (_is_part(p) and _home_of(p) in homes)]
    return [*(m for m in mains if m.main not in taken), *(Unit("lighttpd", (p,)) for p in left)]
