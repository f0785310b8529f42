"""What shells, clients and editors remember of what was typed, each in its own form.

Sources: https://fishshell.com/docs/current/cmds/history.html, zshoptions(1) (EXTENDED_HISTORY), history(3) of libedit, less(1),
Vim (viminfo), https://learn.microsoft.com/powershell/module/psreadline/, https://www.mongodb.com/docs/mongodb-shell/logs/command-history/
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from batten.formats.document import Text
from batten.model import Span
from batten.model.record import record

FILES = (
    ".*_history",
    ".*_history-*",
    ".mysql_history.*",
    ".*-history",
    ".history",
    ".zhistory",
    ".histfile",
    ".Rhistory",
    ".dbshell",
    ".lesshst",
    ".viminfo",
    "fish_history",
    "mongosh_repl_history",
    "cqlsh_history",
    "rl_history",
    "ConsoleHost_history.txt",
    "nushell/history.txt",
    "pgcli/history",
    "litecli/history",
    "mycli/history",
)
_OTHERS = frozenset((".dbshell", ".lesshst", ".viminfo", ".histfile"))
_MOST = 200_000  # lines
_STAMP = re.compile(r": \d{9,11}:\d+;|#\+?\d{9,11}$")
_LIBEDIT = "_HiStOrY_V2_"
_OCTAL = re.compile(r"\\([0-3][0-7]{2})")
_FISH = "- cmd: "
_MARKS = {".lesshst": '"', ".viminfo": ":"}  # what a command begins with


@record
class Line:
    """A command that was typed, and its place in the file. `exact` is False where the text was written otherwise there."""

    text: str
    span: Span
    exact: bool = True


def is_history(path: str) -> bool:
    name = posixpath.basename(path)
    return "history" in name or name in _OTHERS


def typed_lines(source: Text) -> Iterator[Line]:
    """What was typed, line by line."""
    name, text = posixpath.basename(source.path), source.text
    fish = name == "fish_history"
    encoded = text.startswith(_LIBEDIT)
    start = 0
    for number, line in enumerate(text.split("\n"), 1):
        if number > _MOST:
            return
        if encoded and number > 1:
            plain = _OCTAL.sub(_character, line)
            yield Line(plain, Span(start, start + len(line)), plain == line)
        elif not fish or line.startswith(_FISH):
            # How many characters stand before a command: a time, or what marks it.
            stamp = _STAMP.match(line)
            if stamp is not None:
                skipped = stamp.end()
            else:
                mark = _FISH if name == "fish_history" else _MARKS.get(name, "")
                skipped = len(mark) if line.startswith(mark) else 0
            yield Line(line[skipped:], Span(start + skipped, start + len(line)))
        start += len(line) + 1


def _character(found: re.Match[str]) -> str:
    return chr(int(found[1], 8))


def entry(source: Text, span: Span) -> Span:
    """The whole of a command's entry: its line, and what fish notes about it below."""
    start = source.text.rfind("\n", 0, span.start) + 1
    end = source.text.find("\n", span.end) + 1 or len(source.text)
    if source.text.startswith(_FISH, start):
        while source.text.startswith("  ", end):
            end = source.text.find("\n", end) + 1 or len(source.text)
    return Span(start, end)
