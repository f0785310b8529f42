"""HAProxy's own verdict: `haproxy -c` on a copy that can be tested anywhere, by anybody."""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

from batten.formats import Workspace, apply
from batten.formats.haproxy import Statement
from batten.model import Edit, Problem
from batten.technologies import Unit
from batten.technologies._certificate import self_signed
from batten.technologies.haproxy.tree import Item, Tree, load
from batten.technologies.haproxy.upstreams import host_of

SECONDS = 10
_ALERT = re.compile(
    r"\[ALERT\][^\n]*?: (?:config : )?(?:parsing )?\[([^\]:]+):(\d+)\](?: and \[[^\]]*\])? ?:? ?([^\n]*)"
)
# The tester has no such module, file, name or machine: nothing is wrong with the file.
_NOT_OURS = re.compile(
    r"unknown keyword|unknown option|not (?:enabled|supported|built|compiled)|could not (?:resolve|be resolved)"
    r"|can ?not (?:open|resolve|find|bind|access|chroot)|No such file|[Pp]ermission denied|unable to (?:load|open|stat)"
    r"|failed to (?:open|load)|lua|missing library"
)
_PEM = ("crt", "ca-file", "ca-verify-file", "ca-sign-file", "client-sigalgs-file")
_GONE = (
    "chroot",
    "user",
    "group",
    "uid",
    "gid",
    "daemon",
    "pidfile",
    "ca-base",
    "crt-base",
    "server-state-file",
    "server-state-base",
    "load-server-state-from-file",
    "errorfile",
    "errorfiles",
    "ssl-dh-param-file",
    "lua-load",
    "lua-load-per-thread",
    "cpu-map",
    "nbproc",
)


def haproxy() -> str:
    """Where HAProxy is installed here; "" when it is not."""
    places = (shutil.which("haproxy"), shutil.which("haproxy", path="/usr/sbin:/usr/local/sbin"))
    return next((p for p in places if p), "")


def validate(unit: Unit, workspace: Workspace) -> Problem | bool:
    """What HAProxy has against the configuration; True when nothing, False when it is not installed."""
    command = haproxy()
    if not command:
        return False
    tree = load(unit, workspace)
    with tempfile.TemporaryDirectory(prefix="batten-haproxy-") as folder:
        place = Path(folder)
        copies = _copies(tree, workspace, place)
        error = _test(command, copies)
    return _problem(error, tree, copies) or True


def _test(command: str, copies: list[Path]) -> str:
    arguments = [command, "-c", *(word for copy in copies for word in ("-f", str(copy)))]
    try:
        done = subprocess.run(arguments, capture_output=True, text=True, timeout=SECONDS, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stderr if done.returncode else ""


def _problem(error: str, tree: Tree, copies: list[Path]) -> Problem | None:
    names = {str(copy): path for copy, path in zip(copies, tree.files, strict=True)}
    for copy, line, words in _ALERT.findall(error):
        if copy not in names or _NOT_OURS.search(words):
            continue
        if not _varies(tree, names[copy], int(line)):
            message = f"HAProxy refuses it: {words.replace(copy, names[copy])}"
            return Problem(names[copy], "fix", message, "nothing was written; see haproxy -c", int(line))
    return None


def _varies(tree: Tree, file: str, line: int) -> bool:
    """Whether the environment, which is another one here, decides what the line says."""
    items = (i for b in tree.blocks if b.source.path == file for i in b.items)
    return any(i.varies for i in items if i.source.line_of(i.statement.span.start) == line)


def _copies(tree: Tree, workspace: Workspace, place: Path) -> list[Path]:
    """Every file of the unit with what cannot exist here replaced. Lines keep their numbers."""
    pem = place / "pair.pem"
    pem.write_bytes(b"".join(self_signed()))
    pem.with_name("patterns.lst").write_text("")
    copies = []
    for number, file in enumerate(tree.files):
        items = [i for b in tree.blocks if b.source.path == file for i in b.items]
        edits = [e for i in items for e in _testable(i, pem)]
        copy = place / f"file{number}.cfg"
        copy.write_text(apply(workspace.text(file).text, edits) + "\n", encoding="utf-8")
        copies.append(copy)
    return copies


def _testable(item: Item, pem: Path) -> Iterator[Edit]:
    """The edits that let a statement be tested here."""
    statement, path = item.statement, item.source.path
    if statement.keyword in _GONE or item.values[:2] == ["stats", "socket"]:
        yield Edit(path, statement.span, "")
        return
    for word, value in zip(statement.words, statement.words[1:], strict=False):
        if word.text in ("-f", "-M") and not value.quoted:
            yield Edit(path, value.span, str(pem.with_name("patterns.lst")))
        known = word.text in _PEM and not value.text.startswith("@")
        if known and statement.keyword in ("bind", "server", "default-server", "server-template"):
            yield Edit(path, value.span, str(pem))
    if statement.keyword == "server" and not item.varies:
        yield from _resolvable(statement, path)


def _resolvable(statement: Statement, path: str) -> Iterator[Edit]:
    """Host names become an address: this machine need not know them."""
    words = statement.words
    host = host_of(words[2].text)[0] if len(words) > 2 else ""
    if host and re.fullmatch(r"[A-Za-z0-9_.-]+", host) and not words[2].quoted:
        yield Edit(path, words[2].span, words[2].text.replace(host, "127.0.0.1", 1))
