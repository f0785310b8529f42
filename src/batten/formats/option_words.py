"""Files of command-line options, as Debian's memcached.conf is: one or several words a line, `#` starts a comment.

Source: scripts/systemd-memcached-wrapper of Debian's package; Red Hat's /etc/sysconfig/memcached holds the words in variables.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from batten.formats.document import bounded
from batten.formats.words import Word

_WORD = re.compile(r"(?:\"[^\"\n]*\"|'[^'\n]*'|[^\s\"'])+")
_QUOTES = re.compile(r"\"([^\"]*)\"|'([^']*)'")
_COMMENT = re.compile(r"(?<!\\)#.*")
_VARIABLE = re.compile(r"[ \t]*(?:export[ \t]+)?([A-Z_]+)=(\"[^\"\n]*\"|'[^'\n]*'|[^\s#]*)")


@dataclass(slots=True)
class WordLine:
    """The words of a line; `variable` is the name of the one that holds them, "" in a file of options."""

    words: list[Word]
    variable: str = ""


def parse_words(text: str) -> list[WordLine]:
    """The lines that say something. Raises SyntaxProblem of a text that is too long."""
    bounded(text, "\n")
    found: list[WordLine] = []
    at = 0
    for line in text.split("\n"):
        body = _COMMENT.sub("", line)
        variable = _VARIABLE.match(body)
        if variable is not None:
            quoted = variable[2][:1] in ("'", '"')
            inner = variable[2][1:-1] if quoted else variable[2]
            words = _words(inner, at + variable.start(2) + quoted)
            found.append(WordLine(words, variable[1]))
        elif words := _words(body, at):
            found.append(WordLine(words))
        at += len(line) + 1
    return found


def _words(text: str, offset: int) -> list[Word]:
    return [
        Word(_QUOTES.sub(lambda q: q[1] or q[2] or "", m[0]), offset + m.start(), offset + m.end())
        for m in _WORD.finditer(text)
    ]
