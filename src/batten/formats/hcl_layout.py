"""How `terraform fmt` lays out the cells of a line: names, values and trailing comments of consecutive lines stand in columns.

Reference: https://developer.hashicorp.com/terraform/language/style, "Code formatting"; the same is what `hclfmt` and `packer fmt` do.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import groupby
from unicodedata import combining, east_asian_width

from batten.model.record import record

FILES = (".tf", ".tfvars", ".hcl", ".tofu")
_TOKEN = re.compile(
    r"\"|<<[-~]?(?P<heredoc>\w+)\s*$|/\*|(?P<comment>#|//)|(?P<open>[\[({])|(?P<close>[\])}])|[=!<>]=|=>|="
)


def kept(path: str, before: str, after: str) -> str:
    """A changed file as `terraform fmt` leaves it, where it left the file as it was before."""
    return laid_out(after) if path.endswith(FILES) and laid_out(before) == before else after


@record
class _Line:
    """A line in its cells. `value` and `comment` are "" where it has none; `lead` alone is the whole line then."""

    lead: str
    value: str = ""
    comment: str = ""
    end: str = ""

    @property
    def text(self) -> str:
        return f"{self.lead}{self.value}{self.comment}{self.end}"


def laid_out(text: str) -> str:
    """The text with the columns that `terraform fmt` makes. Nothing else of it is changed: indentation, blank lines and
    blanks within an expression stay as they are."""
    lines = list(_lines(text))
    made: list[_Line] = []
    for assigns, group in groupby(lines, key=lambda line: bool(line.value)):
        run = list(group)
        if assigns:
            widest = max(_width(line.lead.rstrip()) for line in run)
            run = [_spaced(line, widest) for line in run]
        made += run
    final: list[_Line] = []
    for commented, group in groupby(made, key=lambda line: bool(line.comment)):
        run = list(group)
        if commented:
            widest = max(_width(_code(line)) for line in run)
            run = [
                _Line(_code(line) + " " * (widest - _width(_code(line)) + 1), "", line.comment, line.end)
                for line in run
            ]
        final += run
    return "".join(line.text for line in final)


def _code(line: _Line) -> str:
    return f"{line.lead}{line.value}".rstrip()


def _spaced(line: _Line, widest: int) -> _Line:
    lead = line.lead.rstrip()
    return _Line(lead + " " * (widest - _width(lead) + 1), line.value, line.comment, line.end)


def _width(text: str) -> int:
    """Columns of a text: wide characters take two, combining ones none."""
    if text.isascii():
        return len(text)
    return sum(0 if combining(c) else 2 if east_asian_width(c) in "WF" else 1 for c in text)


def _lines(text: str) -> Iterator[_Line]:
    """The lines in their cells. A heredoc belongs to the line that it begins on; those within a comment of several lines are no
    more than text."""
    heredoc, within, held = "", False, _Line("")
    for whole in text.splitlines(keepends=True):
        line = whole.rstrip("\r\n")
        end = whole[len(line) :]
        if heredoc:
            held = _Line(held.lead, held.value, held.comment, held.end + whole)
            if line.strip() == heredoc:
                heredoc = ""
                yield held
        elif within:
            within = "*/" not in line
            yield _Line(line, end=end)
        else:
            cells, heredoc, within = _cells(line)
            held = _Line(*cells, end=end)
            if not heredoc:
                yield held
    if heredoc:
        yield held


def _cells(line: str) -> tuple[tuple[str, str, str], str, bool]:
    """A line's cells, the end mark of the heredoc that begins on it, and whether a comment goes on behind it."""
    sign, net, heredoc, at = -1, 0, "", 0
    while (found := _TOKEN.search(line, at)) is not None:
        at = found.end()
        if found["comment"]:
            code = line[: found.start()]
            if not code.strip():
                return (line, "", ""), "", False
            return (*_parted(code, sign, net), line[found.start() :]), heredoc, False
        if found[0] == '"':
            at = _string_end(line, at)
        elif found[0] == "/*":
            close = line.find("*/", at)
            if close < 0:
                return (line, "", ""), "", True
            at = close + 2
        elif found["heredoc"]:
            heredoc = found["heredoc"]
        elif found[0] == "=" and sign < 0 and line[: found.start()].strip():
            sign, net = found.start(), 0
        else:
            net += bool(found["open"]) - bool(found["close"])
    return (*_parted(line, sign, net), ""), heredoc, False


def _parted(code: str, sign: int, net: int) -> tuple[str, str]:
    """What stands before the "=", and it with the value; a value that goes on below, or ends a block, is in no column."""
    return (code[:sign], code[sign:]) if sign >= 0 and net == 0 else (code, "")


def _string_end(line: str, at: int) -> int:
    """Behind the quote that ends a string which begins before `at`; what is interpolated may hold strings itself."""
    depth = 0
    while at < len(line):
        if line[at] == "\\":
            at += 1
        elif line.startswith(("${", "%{"), at) and line[at - 1] != line[at]:
            depth, at = depth + 1, at + 1
        elif depth and line[at] in "{}":
            depth += 1 if line[at] == "{" else -1
        elif line[at] == '"':
            if not depth:
                return at + 1
            at = _string_end(line, at + 1) - 1
        at += 1
    return at
