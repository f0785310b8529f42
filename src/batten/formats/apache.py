"""Apache httpd configuration: directives line by line, sections around them, words as httpd splits them.

Sources: "Configuration Files" in httpd's documentation; ap_cfg_getline and ap_getword_conf, read for what they accept.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from batten.formats.blocks import Directive
from batten.formats.document import SyntaxProblem, bounded
from batten.formats.words import Word
from batten.model import Span

DEEPEST = 100  # sections inside sections; nobody writes ten

_LINE = re.compile(r"[^\n\\]*+(?:\\(?!\r?\n)[^\n\\]*+|\\\r?\n[^\n\\]*+)*+")
_CONTINUED = re.compile(r"\\\r?\n")
_WORD = re.compile(
    r'[ \t\r\f\v]*(?:"((?:[^"\\]|\\[\s\S]?)*)(?:"|$)' r"|'((?:[^'\\]|\\[\s\S]?)*)(?:'|$)|(\S+))"
)
_RAW = ("perl", "lua")  # sections whose text is another language


@dataclass(slots=True)
class _Line:
    """A logical line: its text without continuations, and where each of its characters stands."""

    text: str
    start: int
    places: list[int] | None = None  # None: one after the other, from `start`

    def offset(self, index: int) -> int:
        if self.places is None:
            return self.start + index
        if index < len(self.places):
            return self.places[index]
        return self.places[-1] + 1 if self.places else self.start


def parse(text: str) -> Directive:
    """The file's directives, below a root. Raises SyntaxProblem."""
    bounded(text, "\n")
    stack = [Directive("", [], 0, 0, len(text))]
    stack[0].body = stack[0].span
    raw = ""
    for line in _lines(text):
        if raw and not line.text.lower().startswith(f"</{raw}"):
            continue
        raw = ""
        if line.text.startswith("</"):
            name = line.text[2:].rstrip(">").strip().lower()
            at = line.offset(0)
            close_section = stack[-1]
            if len(stack) == 1:
                raise SyntaxProblem(
                    f"</{name}> closes nothing", at, "remove it, or add the tag that opens it"
                )
            if close_section.name != name:
                raise SyntaxProblem(
                    f"</{name}> stands where <{close_section.name}> is open",
                    at,
                    f"close it with </{close_section.name}> before",
                )
            stack.pop()
            close_section.end = line.offset(len(line.text) - 1) + 1
            close_section.body = Span(close_section.head.end, at)
        elif line.text.startswith("<"):
            section = _open(stack, line)
            raw = section.name if section.name in _RAW else ""
        else:
            words = list(_words(line, 0, len(line.text)))
            end = line.offset(len(line.text) - 1) + 1
            stack[-1].children.append(Directive(words[0].text.lower(), words[1:], line.offset(0), end, end))
    if len(stack) > 1:
        section = stack[-1]
        raise SyntaxProblem(
            f"the section <{section.name}> is not closed",
            section.span.start,
            f"close it with </{section.name}>",
        )
    return stack[0]


def _lines(text: str) -> Iterator[_Line]:
    """Logical lines that say something, without the blanks around them. A comment is continued, too."""
    at = 0
    while at < len(text):
        found = _LINE.match(text, at)
        end = found.end() if found else len(text)
        line = text[at:end]
        bare = line.strip()
        if bare and not bare.startswith("#"):
            made = _joined(line, at) if "\n" in line else _Line(bare, at + len(line) - len(line.lstrip()))
            if made.text:
                yield made
        at = end + 1


def _joined(line: str, start: int) -> _Line:
    parts: list[str] = []
    places: list[int] = []
    at = 0
    for gap in _CONTINUED.finditer(line):
        parts.append(line[at : gap.start()])
        places += range(start + at, start + gap.start())
        at = gap.end()
    parts.append(line[at:])
    places += range(start + at, start + len(line))
    text = "".join(parts)
    lead = len(text) - len(text.lstrip())
    bare = text.strip()
    return _Line(bare, start, places[lead : lead + len(bare)])


def _words(line: _Line, start: int, end: int) -> Iterator[Word]:
    """A quote opens a word at its start only; one that is not closed runs to the line's end."""
    at = start
    while at < end and (found := _WORD.match(line.text, at, end)):
        at = found.end()
        group = found.lastindex or 3
        first = found.start(group) - (group < 3)
        # httpd resolves an escaped backslash, and an escaped quote within such quotes.
        unescaped_text = found[group]
        quote = '"' if group == 1 else "'" if group == 2 else ""
        if "\\" not in unescaped_text:
            text = unescaped_text
        else:
            # ours: a quote of httpd's
            text = re.sub(rf"\\([\\{quote}])", r"\1", unescaped_text)
        yield Word(text, line.offset(first), line.offset(at - 1) + 1, quoted=group < 3)


def _open(stack: list[Directive], line: _Line) -> Directive:
    at = line.offset(0)
    if not line.text.endswith(">"):
        raise SyntaxProblem(f"{line.text.split()[0]} has no '>' at the end of the line", at, "add it")
    if len(stack) > DEEPEST:
        raise SyntaxProblem(
            f"sections are nested deeper than {DEEPEST}",
            at,
            "list the file under `ignore:` in batten.yaml if it is generated",
        )
    words = list(_words(line, 1, len(line.text) - 1))
    if not words:
        raise SyntaxProblem("a section without a name", at, "name it, or remove it")
    end = line.offset(len(line.text) - 1) + 1
    section = Directive(words[0].text.lower(), words[1:], at, end, end)
    section.body = Span(end, end)
    stack[-1].children.append(section)
    stack.append(section)
    return section
