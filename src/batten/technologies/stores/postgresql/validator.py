"""PostgreSQL's own word on its settings: `postgres -C` reads the file, prints one of them, and ends."""

from __future__ import annotations

import re
from pathlib import Path

from batten.cell import COPY, Bounds, NotAsked, Order, undecided
from batten.cell.keeper import run
from batten.cell.programs import installed
from batten.formats import Workspace, apply
from batten.formats.postgres import parse_settings
from batten.model import Edit, Problem
from batten.technologies import Unit, Verdict
from batten.technologies.stores.postgresql.configuration import INCLUDES

BOUNDS = Bounds(seconds=5.0, processor=5)
# They name files, programs and users of the running system, or reserve memory.
_ELSEWHERE = frozenset(
    [
        "data_directory",
        "hba_file",
        "ident_file",
        "external_pid_file",
        "shared_preload_libraries",
        "session_preload_libraries",
        "local_preload_libraries",
        "stats_temp_directory",
        "dynamic_shared_memory_type",
        "timezone",
        "log_timezone",
        "lc_messages",
        "lc_monetary",
        "lc_numeric",
        "lc_time",
        "default_text_search_config",
        "huge_pages",
    ]
)
_REFUSED = re.compile(r"(?:FATAL|ERROR|LOG|HINT):\s+(.*)")
_LINE = re.compile(r"line (\d+)")
_FOLDERS = ("/usr/local/bin", "/usr/local/pgsql/bin")


def server() -> str:
    """Where a server is installed here; "" when none is."""
    versions = sorted(str(p) for p in Path("/usr/lib/postgresql").glob("*/bin"))
    found = installed("postgres", beside=(*reversed(versions), *_FOLDERS))
    return str(found.resolve()) if found is not None else ""  # it finds its libraries beside itself


def _own(program: str) -> tuple[Path, ...]:
    """The folders that it reads its libraries and tables of time zones from."""
    home = Path(program).resolve().parent.parent
    shared = (Path("/usr/share/postgresql", home.name), home / "lib", home / "share")
    return tuple(path for path in shared if path.is_dir())


def validate(unit: Unit, workspace: Workspace) -> Verdict:
    """What the server has against the settings; True when nothing, False when no server is installed or the unit has
    rules for logins only, which a server reads when it runs."""
    program = server()
    if not program or "hba" in unit.main.rpartition("/")[2] or "ident" in unit.main.rpartition("/")[2]:
        return False
    files = {"postgresql.conf": _alone(unit.main, workspace).encode("utf-8", "replace")}
    arguments = ("-C", "port", "-D", COPY, "-c", f"config_file={COPY}/postgresql.conf")
    order = Order(Path(program), arguments, files, visible=_own(program), bounds=BOUNDS, reserves=True)
    answer = run(order)
    if isinstance(answer, NotAsked):
        return answer
    if answer.code == 0:
        return True
    said = [m[1] for m in _REFUSED.finditer(answer.errors)]
    if not said:
        return undecided("postgres", answer.errors)
    ours = [s for s in said if "configuration file" not in s or len(said) == 1]
    line = _LINE.search(answer.errors)
    hint = "nothing was written; check it with postgres -C port -D DIR"
    message = f"PostgreSQL rejects it: {(ours or said)[0].replace(f'{COPY}/', '')}"
    return Problem(unit.main, "fix", message, hint=hint, line=int(line[1]) if line else 0)


def _alone(path: str, workspace: Workspace) -> str:
    """The file's text with its lines in their places, but for those that name other things."""
    document = workspace.document(path, parse_settings)
    foreign = [s for s in document.tree if s.name in _ELSEWHERE or s.name in INCLUDES or "." in s.name]
    return apply(document.text, (Edit(path, s.span, "#") for s in foreign))
