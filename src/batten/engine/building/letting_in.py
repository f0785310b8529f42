"""Files with the name of a credential or a dump that hold none: they get into the image by name."""

from __future__ import annotations

import posixpath
import re

from batten.engine.building.folders import Walk, below
from batten.engine.hardening.shown import Shown
from batten.formats import Unreadable, Workspace
from batten.technologies._registry import globbed
from batten.technologies.shared.secrets.files import sensitive
from batten.technologies.shared.secrets.names import CREDENTIALS, LEFT, PROVED, SURE

_SKIPPED = frozenset(("node_modules", ".venv", "venv", "__pycache__", ".tox", "target", "build", "vendor"))
_DATA = (
    "*.dump",
    "*.dump.gz",
    "*.pgdump",
    "*.rdb",
    "*.archive",
    "*.sqlite",
    "*.sqlite3",
    "*.db",
    "*.mdb",
    "*.accdb",
    "*.har",
    "*.sql.gz",
)
_PLAIN = re.compile(r"(?!\.\./)[\w@+.-]+(?:/[\w@+.-]+)*")
# What pg_dump, mysqldump and mariadb-dump write, and what such files are called: rows are private without a password in them, too.
_DUMP = re.compile(
    r"^-- (?:PostgreSQL database|MySQL|MariaDB) dump|^COPY [^\n]* FROM stdin", re.MULTILINE | re.IGNORECASE
)
_DUMP_NAME = re.compile(r"dump|backup|export|snapshot", re.IGNORECASE)
_MOST = 100  # patterns


def let_in(workspace: Workspace, shown: Shown) -> tuple[str, ...]:
    """Patterns, sorted. Scripts of SQL are let in by the folder, so that the next migration is not forgotten."""
    # The files whose names the list keeps out, and folders, which stay out as a whole.
    files = [
        named_path
        for named_path in below(workspace, _WALK, shown.notes)
        if not _is_passed(named_path) and _has_such_a_name(named_path)
    ]
    harmless = [path for path in files if not globbed(_DATA, path) and _is_harmless(path, workspace)]
    found = {path: _pattern(path, files, harmless) for path in harmless}
    plain = sorted({pattern for pattern in found.values() if _PLAIN.fullmatch(pattern.replace("*", "x"))})[
        :_MOST
    ]
    left = [path for path in files if found.get(path) not in plain]
    if left:
        told = ", ".join(f"`{path}`" for path in left[:10])
        more = f" and {len(left) - 10} more" if len(left) > 10 else ""
        shown.notes.append(f"kept out of the image: {told}{more}")
    return tuple(plain)


def _pattern(path: str, files: list[str], harmless: list[str]) -> str:
    folder = posixpath.dirname(path)
    beside = [one for one in files if one.endswith(".sql") and posixpath.dirname(one) == folder]
    every = path.endswith(".sql") and all(one in harmless for one in beside)
    return posixpath.join(folder, "*.sql") if every else path


def _is_harmless(path: str, workspace: Workspace) -> bool:
    try:
        text = workspace.text(path).text
        return (
            bool(text.strip())
            and not (
                path.endswith("sql")
                and (_DUMP_NAME.search(posixpath.basename(path)) or _DUMP.search(text)) is not None
            )
            and not sensitive(path, workspace)
        )
    except Unreadable:
        return False


def _is_passed(path: str) -> bool:
    """Whether it is never in an image."""
    return posixpath.basename(path) in _SKIPPED or globbed(SURE, path) or globbed(LEFT, path)


def _has_such_a_name(path: str) -> bool:
    return globbed(CREDENTIALS, path) or globbed(PROVED, path)


_WALK = Walk(
    entries=5000,
    depth=8,
    enters=lambda path: not _is_passed(path) and not _has_such_a_name(path),
    what="files that are kept out by their names alone",
)
