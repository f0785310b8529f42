"""HAProxy configuration: sections of one-line statements, words as HAProxy itself splits them.

Source for the rules: HAProxy's configuration manual, 2.2 (quoting and escaping) and 2.4 (conditional
blocks).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from batten.formats.document import SyntaxProblem, bounded
from batten.formats.words import Word
from batten.model import Span

SECTIONS = frozenset(
    [
        "acme",
        "backend",
        "cache",
        "crt-store",
        "defaults",
        "dynamic-update",
        "fcgi-app",
        "frontend",
        "global",
        "http-errors",
        "listen",
        "log-forward",
        "log-profile",
        "mailers",
        "namespace_list",
        "peers",
        "program",
        "resolvers",
        "ring",
        "traces",
        "userlist",
    ]
)
_PART = re.compile(
    r"(?P<bare>[^ \t\r\n\f\v\"'\\#]+)|\\(?P<escape>x[0-9a-fA-F]{2}|[^\n])"
    r"|\"(?P<weak>[^\"\\\n]*(?:\\[^\n][^\"\\\n]*)*)\"|'(?P<strong>[^'\n]*)'"
)
_ESCAPE = re.compile(r"\\(x[0-9a-fA-F]{2}|.)", re.DOTALL)
_PLAIN = (" ", "#", "\\", '"', "'")  # manual, 2.2
_ESCAPED = {"n": "\n", "r": "\r", "t": "\t"}
_VARIABLE = re.compile(r"(?<!\\)(?:\\\\)*\$")
_BLANKS = " \t\r\f\v"


@dataclass(slots=True)
class Argument(Word):
    """`variable`: an environment variable is expanded in it, as it is in double quotes only."""

    variable: bool = False


@dataclass(slots=True)
class Statement:
    """One line that says something. `conditional`: it stands between `.if` and `.endif`."""

    words: list[Argument]
    span: Span
    conditional: bool = False

    @property
    def keyword(self) -> str:
        return self.words[0].text

    @property
    def values(self) -> list[str]:
        """The texts of all words, the keyword included."""
        return [w.text for w in self.words]


@dataclass(slots=True)
class Section:
    """A section: its first line, and the statements below it. `span` ends with the last of them."""

    head: Statement
    statements: list[Statement] = field(default_factory=list)

    @property
    def kind(self) -> str:
        return self.head.keyword

    @property
    def name(self) -> str:
        """Its name, "" for those without one. `defaults from x` is a nameless one too."""
        words = self.head.values
        return words[1] if len(words) > 1 and words[1] != "from" else ""

    @property
    def parent(self) -> str:
        """The defaults section that it names with `from`."""
        words = self.head.values
        return words[words.index("from") + 1] if "from" in words[1:-1] else ""

    @property
    def span(self) -> Span:
        last = self.statements[-1] if self.statements else self.head
        return Span(self.head.span.start, last.span.end)


def parse(text: str) -> list[Section]:
    """The file's sections. Raises SyntaxProblem."""
    bounded(text, "\n")
    sections: list[Section] = []
    opened: list[Statement] = []
    at = 0
    for line in text.split("\n"):
        words = _words(line, at)
        at += len(line) + 1
        if not words:
            continue
        statement = Statement(words, Span(words[0].start, words[-1].end), bool(opened))
        if statement.keyword.startswith("."):
            # Keep count of the conditional blocks; `.notice` and its kin say nothing.
            if statement.keyword == ".if":
                opened.append(statement)
            elif statement.keyword in (".elif", ".else", ".endif") and not opened:
                raise SyntaxProblem(
                    f"`{statement.keyword}` without `.if`", statement.span.start, "remove it, or open a block"
                )
            elif statement.keyword == ".endif":
                opened.pop()
        elif statement.keyword in SECTIONS:
            sections.append(Section(statement))
        elif sections:
            sections[-1].statements.append(statement)
        else:
            raise SyntaxProblem(
                f"`{statement.keyword}` is outside every section",
                statement.span.start,
                "move it below a line such as `global`, `defaults` or `frontend www`",
            )
    if opened:
        raise SyntaxProblem("`.if` is not closed", opened[-1].span.start, "close it with `.endif`")
    return sections


def _words(line: str, offset: int) -> list[Argument]:
    words: list[Argument] = []
    at = 0
    while at < len(line):
        if line[at] in _BLANKS:
            at += 1
        elif line[at] == "#":
            break
        else:
            word = _word(line, at, offset)
            words.append(word)
            at = word.end - offset
    return words


def _word(line: str, start: int, offset: int) -> Argument:
    """One word: bare, escaped and quoted parts that touch."""
    parts: list[str] = []
    quoted = variable = False
    at = start
    while part := _PART.match(line, at):
        at = part.end()
        if part["bare"] is not None:
            parts.append(part["bare"])
        elif part["escape"] is not None:
            parts.append(_resolved(part["escape"]))
        elif part["strong"] is not None:
            quoted = True
            parts.append(part["strong"])
        else:
            quoted = True
            variable = variable or bool(_VARIABLE.search(part["weak"]))
            parts.append(_ESCAPE.sub(lambda m: _resolved(m[1], weak=True), part["weak"]))
    if at < len(line) and line[at] in "\"'":
        sign = line[at]
        raise SyntaxProblem(
            f"the quote {sign} is not closed", offset + at, f"close it with {sign} on this line"
        )
    if at < len(line) and line[at] == "\\":
        raise SyntaxProblem(
            "a backslash ends the line", offset + at, "write the statement on one line, without the backslash"
        )
    return Argument("".join(parts), offset + start, offset + at, quoted, variable)


def _resolved(escape: str, weak: bool = False) -> str:
    """What a backslash and what follows it mean; two characters that mean nothing stay, as in expressions (`\\.`)."""
    if len(escape) == 3 and escape[0] == "x":
        return chr(int(escape[1:], 16))
    plain = escape in _PLAIN or (weak and escape == "$")
    return escape if plain else _ESCAPED.get(escape, f"\\{escape}")
