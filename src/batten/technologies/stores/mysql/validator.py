"""The server's own word on its options: MySQL has `--validate-config`, MariaDB reads them all before it prints its help."""

from __future__ import annotations

import re
from pathlib import Path

from batten.cell import COPY, ROOM, Bounds, NotAsked, Order, undecided
from batten.cell.keeper import run
from batten.cell.programs import installed
from batten.formats import Workspace, apply
from batten.formats.mysql import IncludeLine, parse_options
from batten.model import Edit, Problem
from batten.technologies import Unit, Verdict
from batten.technologies.stores.mysql.options import SERVER, files, normal
from batten.technologies.stores.mysql.store import product_of

BOUNDS = Bounds(seconds=10.0, processor=10, files=16384)
_REFUSED = re.compile(r"\[ERROR\][^\n]*?(?::|\])\s*(.*)|^mariadbd: (.*)|^\S*mysqld: (.*)", re.MULTILINE)
# They name files, users and plug-ins of the running system.
_ELSEWHERE = frozenset(
    (
        "datadir", "basedir", "tmpdir", "log_error", "pid_file", "socket", "plugin_load", "plugin_load_add", "plugin_dir",
        "user", "lc_messages_dir", "character_sets_dir", "innodb_data_home_dir", "innodb_log_group_home_dir",
        "early_plugin_load", "plugin_maturity", "secure_file_priv",
    )
)  # fmt: skip


def server(product: str) -> Path | None:
    """The server of a product that is installed here: `mysqld` of a MariaDB is not MySQL's."""
    mariadb = installed("mariadbd", beside=("/usr/sbin", "/usr/local/sbin"))
    if product == "mariadb":
        return mariadb
    return None if mariadb is not None else installed("mysqld", beside=("/usr/sbin", "/usr/local/sbin"))


def validate(unit: Unit, workspace: Workspace) -> Verdict:
    """What the server has against the options; True when nothing, False when it is not installed."""
    found = files(unit.main, workspace)
    product = product_of(found)
    program = server(product.name) if product.sure else None
    if program is None:
        return False
    copies = {"my.cnf": _alone(unit.main, workspace).encode("utf-8", "replace")}
    own = ("--verbose", "--help") if product.name == "mariadb" else ("--validate-config",)
    arguments = (f"--defaults-file={COPY}/my.cnf", "--user=root", f"--datadir={ROOM}", *own)
    shared = tuple(p for p in (Path("/usr/share/mysql"), Path("/usr/share/mariadb")) if p.is_dir())
    answer = run(Order(program, arguments, copies, visible=shared, bounds=BOUNDS, reserves=True))
    if isinstance(answer, NotAsked):
        return answer
    if answer.code == 0:
        return True
    said = [
        next(part for part in m.groups() if part) for m in _REFUSED.finditer(answer.errors) if any(m.groups())
    ]
    if not said:
        return undecided(program.name, answer.errors)
    hint = f"nothing was written; check it with {program.name} --defaults-file={unit.main} {' '.join(own)}"
    return Problem(unit.main, "fix", f"{program.name} rejects it: {said[0].strip()}", hint=hint)


def _alone(path: str, workspace: Workspace) -> str:
    """The file's text with its lines in their places, but for those that name other things, and for other programs."""
    document = workspace.document(path, parse_options)
    foreign = [
        line.span
        for group in document.tree
        for line in group.lines
        if isinstance(line, IncludeLine)
        or not SERVER.fullmatch(group.name)
        or normal(line.name, line.value)[0] in _ELSEWHERE
        or normal(line.name, line.value)[0].startswith("ssl_")
    ]
    return apply(document.text, (Edit(path, span, "#") for span in foreign))
