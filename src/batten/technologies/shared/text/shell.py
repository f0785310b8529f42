"""What a shell script runs, and what it only prints, searches, or writes to a file."""

from __future__ import annotations

import re
from collections.abc import Iterator

from batten.model import Span

SHELLS = frozenset(("sh", "bash", "ash", "dash", "zsh", "ksh"))
# Programs to which the words of a command line are text. What follows them is no option of another program.
PRINTERS = frozenset(
    [
        ":",
        "awk",
        "cat",
        "echo",
        "egrep",
        "fgrep",
        "grep",
        "jq",
        "printf",
        "rg",
        "sed",
        "tee",
        "test",
        "[",
        "true",
    ]
)
_HEREDOC = re.compile(
    r"^(?P<line>[^#\n]*?)<<-?[ \t]*(?P<quote>[\"']?)(?P<name>\w+)(?P=quote)(?P<rest>[^\n]*)\n", re.M
)
_RUN = re.compile(
    rf"(?:^|[\s;&|(])(?:sudo\s+)?(?:[\w./]*/)?(?:{'|'.join(sorted(SHELLS))}|ssh)\b"
)  # ours: SHELLS
_QUOTED = re.compile(r"\\.|'[^']*'|\"(?:\\.|[^\"\\])*\"", re.DOTALL)
_LEADING = re.compile(
    r"(?:[\s({!]|(?:if|then|else|elif|do|while|until|time|sudo)\s|[A-Za-z_]\w*=[^\s$`(]*\s)*"
)


def program(text: str) -> str:
    """The name of the program that a simple command starts, without its folder."""
    lead = _LEADING.match(text)
    words = text[lead.end() if lead else 0 :].split(None, 1)
    return words[0].rpartition("/")[2] if words else ""


def printed(before: str) -> bool:
    """Whether what follows `before` in its simple command is text that a program prints or searches."""
    return program(before + " x") in PRINTERS and "$(" not in before and "`" not in before


def comment(line: str) -> int:
    """Where the line's comment starts; its length without one."""
    if "#" not in line:
        return len(line)
    bare = _QUOTED.sub(lambda found: "x" * len(found[0]), line)
    found = re.search(r"(?:^|\s)#", bare)
    return found.start() if found else len(line)


def documents(script: str) -> Iterator[Span]:
    """The here-documents of a script that no shell runs: texts for files and other programs."""
    at = 0
    while found := _HEREDOC.search(script, at):
        closed = re.compile(rf"^[ \t]*{re.escape(found['name'])}[ \t]*\r?$", re.MULTILINE).search(
            script, found.end()
        )
        at = closed.end() if closed else len(script)
        if not _RUN.search(found["line"]) and not _RUN.search(found["rest"].partition("|")[2]):
            yield Span(found.end(), at)
