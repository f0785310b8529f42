"""Dockerfiles, scanned as BuildKit scans them: lines, continuations, flags, words and heredocs.

Source: the Dockerfile reference.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from batten.formats.dockerfile_words import LogicalLine, array_words, line_words
from batten.formats.document import SyntaxProblem, bounded
from batten.formats.lines import line_end, next_line
from batten.formats.words import Word
from batten.model import Span
from batten.model.record import record

KEYWORDS = frozenset(
    [
        "ADD",
        "ARG",
        "CMD",
        "COPY",
        "ENTRYPOINT",
        "ENV",
        "EXPOSE",
        "FROM",
        "HEALTHCHECK",
        "LABEL",
        "MAINTAINER",
        "ONBUILD",
        "RUN",
        "SHELL",
        "STOPSIGNAL",
        "USER",
        "VOLUME",
        "WORKDIR",
    ]
)
_SHELL = frozenset(("RUN", "CMD", "ENTRYPOINT", "HEALTHCHECK"))
_EXEC = frozenset(("RUN", "CMD", "ENTRYPOINT", "SHELL", "ADD", "COPY", "VOLUME"))
_HEREDOC = frozenset(("RUN", "ADD", "COPY"))

_DIRECTIVE = re.compile(r"[ \t]*#[ \t]*([A-Za-z][A-Za-z0-9]*)[ \t]*=[ \t]*([^\r\n]*?)[ \t]*\r?(?:\n|\Z)")
_KEYWORD = re.compile(r"(\S+)\s*")
_FLAG = re.compile(r"--([A-Za-z][\w\-]*)(?:=((?:\"[^\"]*\"|'[^']*'|\S)*))?(?=\s|\Z)\s*")
_OPENER = re.compile(r"""\d*<<(-?)(["']?)([^<"'\s]+)\2""")


@record
class Flag:
    """`--name=value`; the value is None when there is no '='."""

    name: str
    value: str | None
    span: Span


@record
class Heredoc:
    """What stands between the opening line and the terminator."""

    name: str
    text: str
    span: Span


@dataclass(slots=True)
class Instruction:
    """An instruction. `value` is what follows the flags, on one line: continuations are joined, and
    comment lines inside it are gone. `trigger` is what an ONBUILD holds.

    `span` runs from the keyword to the last word, or the last heredoc's terminator.
    """

    keyword: str
    span: Span
    keyword_span: Span
    flags: list[Flag]
    value: str
    value_span: Span
    words: list[Word]
    exec_form: bool = False
    heredocs: list[Heredoc] = field(default_factory=list)
    trigger: Instruction | None = None

    def flag(self, name: str) -> Flag | None:
        return next((f for f in self.flags if f.name == name), None)


def parse(text: str) -> list[Instruction]:
    """The file's instructions in order. Raises SyntaxProblem."""
    bounded(text, "\n")
    text = _without_template(text)
    parser_escape, parser_at = "\\", 0
    for found in _directive_lines(text):
        parser_at = found.end()
        if found[1].lower() == "escape":
            parser_escape = found[2]
            if parser_escape not in ("\\", "`"):
                raise SyntaxProblem(
                    f"the escape character cannot be {parser_escape!r}", found.start(2), r"use \ or `"
                )
    escape, at = parser_escape, parser_at
    instructions: list[Instruction] = []
    while at < len(text):
        joined, at = _logical_line(text, at, escape)
        if joined is None:
            continue
        instruction = _instruction(joined, 0, escape)
        if "<<" in instruction.value:
            at = _heredocs(text, at, instruction, escape)
        instructions.append(instruction)
    if not instructions:
        raise SyntaxProblem("this Dockerfile has no instruction", 0, "start it with `FROM image`")
    return instructions


_TEMPLATE = re.compile(
    r"^[ \t]*(?:\{[%#]|\{\{|<%|FROM[^\n]*(?:\{\{|<%)|%%\w+%%[ \t]*$)", re.MULTILINE | re.IGNORECASE
)
_TAG = re.compile(
    r"\{\{.{0,2000}?\}\}|\{%.{0,2000}?%\}|\{#.{0,2000}?#\}|<%.{0,2000}?%>|^[ \t]*%%\w+%%[ \t]*$",
    re.DOTALL | re.MULTILINE,
)


def _without_template(text: str) -> str:
    """The text of a template of the same length: what a tag alone on its lines does is a comment, and a value in a
    line is a variable that is not set."""
    if ("{" not in text and "%" not in text) or _TEMPLATE.search(text) is None:
        return text

    def plain(found: re.Match[str]) -> str:
        alone = not text[text.rfind("\n", 0, found.start()) + 1 : found.start()].strip()
        alone = alone and not text[found.end() : line_end(text, found.end())].strip()
        if found[0].startswith(("{{", "<%=")) and not alone and "\n" not in found[0]:
            return f"${{{'_' * (len(found[0]) - 3)}}}"
        return (
            "\n".join("#" + " " * (len(line) - 1) if line else "" for line in found[0].split("\n"))
            if alone
            else re.sub(r"[^\n]", " ", found[0])
        )

    return _TAG.sub(plain, text)


def directives(text: str) -> dict[str, str]:
    """The parser directives (`escape`, `syntax`, `check`) at the top of the file, by lower-case name."""
    return {m[1].lower(): m[2] for m in _directive_lines(text)}


def _directive_lines(text: str) -> Iterator[re.Match[str]]:
    at = 0
    while (found := _DIRECTIVE.match(text, at)) and found[1].lower() in ("escape", "syntax", "check"):
        yield found
        at = found.end()


def _logical_line(text: str, at: int, escape: str) -> tuple[LogicalLine | None, int]:
    """The instruction line that starts at `at`, or None for a blank or comment, and what follows it."""
    pieces: list[str] = []
    joined = LogicalLine("", [], [])
    length = 0
    while at < len(text):
        start, end, at = at, line_end(text, at), next_line(text, at)
        body = text[start:end]
        stripped = body.strip()
        if not stripped or stripped.startswith("#"):
            if pieces:
                continue
            return None, at
        trimmed = body.rstrip(" \t")
        continued = trimmed.endswith(escape)
        piece = trimmed[:-1] if continued else body
        joined.starts.append(length)
        joined.origins.append(start)
        pieces.append(piece)
        length += len(piece)
        if not continued:
            break
    joined.text = "".join(pieces).rstrip()
    return (joined if joined.text.strip() else None), at


def _instruction(line: LogicalLine, at: int, escape: str, outer: str = "") -> Instruction:
    """The instruction at `at` of a logical line that is not blank from there."""
    at += len(line.text[at:]) - len(line.text[at:].lstrip())
    found = _KEYWORD.match(line.text, at)
    if found is None:
        raise SyntaxProblem("ONBUILD has no instruction after it", line.at(0), "write ONBUILD RUN …")
    keyword = found[1].upper()
    offset = line.at(at)
    if keyword not in KEYWORDS:
        close = next((k for k in sorted(KEYWORDS) if _near(keyword, k)), "")
        raise SyntaxProblem(
            f"`{found[1][:20]}` is not a Dockerfile instruction",
            offset,
            f"did you mean {close}?"
            if close
            else "does the previous line need a continuation (`\\`) at its end?",
        )
    if outer and keyword in ("ONBUILD", "FROM", "MAINTAINER"):
        raise SyntaxProblem(f"ONBUILD does not accept {keyword}", offset, "remove it")
    flags, value_at = _flags(line, found.end())
    value = line.text[value_at:]
    end = len(line.text)
    instruction = Instruction(
        keyword,
        line.span(at, end),
        line.span(at, found.end(1)),
        flags,
        value,
        line.span(value_at, end) if value else Span(line.at(end - 1) + 1, line.at(end - 1) + 1),
        [],
    )
    if keyword == "ONBUILD":
        instruction.trigger = _instruction(line, value_at, escape, keyword)
    instruction.exec_form, instruction.words = _words(line, keyword, value_at, escape)
    return instruction


def _near(written: str, keyword: str) -> bool:
    """Whether two letters or fewer, side by side, make the difference. (difflib takes long to import.)"""
    longest, shortest = max(len(written), len(keyword)), min(len(written), len(keyword))
    head = next((n for n in range(shortest) if written[n] != keyword[n]), shortest)
    tail = next((n for n in range(shortest - head) if written[-1 - n] != keyword[-1 - n]), shortest - head)
    return shortest > 2 and longest - head - tail <= 2


def _flags(line: LogicalLine, at: int) -> tuple[list[Flag], int]:
    flags: list[Flag] = []
    while found := _FLAG.match(line.text, at):
        end = found.end(2) if found[2] is not None else found.end(1)
        value = found[2]
        if value is not None and value[:1] in ("'", '"') and value[-1:] == value[0] and len(value) > 1:
            value = value[1:-1]
        flags.append(Flag(found[1], value, line.span(found.start(), end)))
        at = found.end()
    return flags, at


def _words(line: LogicalLine, keyword: str, at: int, escape: str) -> tuple[bool, list[Word]]:
    """Whether the value is in exec form, and its words. Bad JSON is shell form, as Docker has it."""
    lead: list[Word] = []
    if keyword == "HEALTHCHECK":
        lead = line_words(line, at, escape, shell=False)[:1]
        at += len(line.text[at:].split(None, 1)[0]) if lead else 0
        at += len(line.text[at:]) - len(line.text[at:].lstrip())
    if keyword in _EXEC or (lead and lead[0].text.upper() == "CMD"):
        items = array_words(line, at)
        if items is not None:
            return True, lead + items
    return False, lead + line_words(line, at, escape, shell=keyword in _SHELL)


def _heredocs(text: str, at: int, instruction: Instruction, escape: str) -> int:
    """Read the heredocs that the instruction opens; the offset of what follows them."""
    inner = instruction.trigger or instruction
    if inner.keyword not in _HEREDOC or inner.exec_form:
        return at
    line = LogicalLine(inner.value, [0], [0])
    for token in line_words(line, 0, escape, shell=inner.keyword in _SHELL):
        opener = _OPENER.fullmatch(inner.value, token.start, token.end)
        if opener:
            heredoc, end, at = _heredoc(text, at, opener, inner.value_span.start)
            inner.heredocs.append(heredoc)
            inner.span = Span(inner.span.start, end)
    if inner is not instruction:
        instruction.heredocs = inner.heredocs
        instruction.span = Span(instruction.span.start, inner.span.end)
    return at


def _heredoc(text: str, at: int, opener: re.Match[str], offset: int) -> tuple[Heredoc, int, int]:
    start = at
    while at < len(text):
        end = line_end(text, at)
        line = text[at:end]
        if (line.lstrip("\t") if opener[1] else line) == opener[3]:
            body = text[start:at]
            if opener[1]:
                body = re.sub(r"^\t+", "", body, flags=re.MULTILINE)
            return Heredoc(opener[3], body, Span(start, at)), end, next_line(text, at)
        at = next_line(text, at)
    raise SyntaxProblem(
        f"the heredoc `{opener[3]}` is not closed",
        offset,
        f"write {opener[3]} alone on a line after its text",
    )
