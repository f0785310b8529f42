"""What expressions capture: which part of what, and which characters can be in it.

Sources: ngx_http_rewrite_module; ngx_http_map_module; src/http/ngx_http_script.c: `set` and `rewrite` encode numbered groups
again, `return` and headers do not; pcre2pattern(3).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial

from batten.model.record import record
from batten.technologies.edges.nginx.blocks import match_of
from batten.technologies.shared.edges.nodes import Item, remembered

VARIABLE = re.compile(r"\$\{?(\w+)\}?")
LONGEST = 4096  # characters of an expression, or of a text with its variables written out
_CONDITION = re.compile(r"^\(?\s*(\$\{?\w+\}?)\s*~\*?\s*(.+)$", re.DOTALL)
_NAMED = re.compile(r"\?P?(?:<(\w+)>|'(\w+)')")
_CLASS = re.compile(r"\[\^((?:\\.|[^\]\\]){1,200}+)\]")
_BREAKS = re.compile(r"\\[nsvRW]|\\x0?[aA]\b|\n|\[:space:\]|\[:cntrl:\]")
# A few words, or characters that end no name and begin no path.
_WORDS = re.compile(r"[\w|-]+")
_CONFINED = re.compile(
    r"(?:(?:\\[dw]|[\w-]|\[(?:\\[dw]|[\w-])+\])(?:[*+?]|\{\d+(?:,\d*)?\})?\??|\||\((?:\?:)?|\))+"
)


@record
class Captured:
    """A group of an expression. `source` is what the expression is held against."""

    group: str
    source: str
    dot_all: bool
    whole: bool = False  # it begins where the path begins

    @property
    def takes_line_breaks(self) -> bool:
        return takes_line_breaks(self.group) or (self.dot_all and "." in _CLASS.sub("", self.group))

    @property
    def fixed(self) -> bool:
        """Whether it is one of a few words."""
        return _WORDS.fullmatch(self.group) is not None

    @property
    def confined(self) -> bool:
        """Whether it holds letters, digits, dashes and underscores only."""
        return _CONFINED.fullmatch(self.group) is not None

    @property
    def is_path(self) -> bool:
        """Whether it begins with a slash, if it is not empty."""
        return self.whole or self.group.lstrip("(?:").startswith(("/", r"\/"))


def captured(scope: Item, name: str) -> Captured | None:
    """The group that `$1` or `$name` stands for in the expressions around; None when there is none."""
    for around in scope.around():
        found = remembered(around, "groups", partial(_groups, around)).get(name.lstrip("0") or name)
        if found is not None:
            return found
    return None


def _groups(block: Item) -> dict[str, Captured]:
    """The groups of a block's expressions by number and name, of the first expression that has them."""
    made: dict[str, Captured] = {}
    for source, pattern in _patterns(block):
        dot_all = re.match(r"\(\?\w*s", pattern) is not None
        whole = source == "$uri" and pattern.startswith("^(")
        for number, (name, group) in enumerate(groups_of(pattern[:LONGEST]), 1):
            found = Captured(group, source, dot_all, whole and number == 1)
            made.setdefault(str(number), found)
            if name:
                made.setdefault(name, found)
    return made


def _patterns(block: Item) -> Iterator[tuple[str, str]]:
    if block.name == "location":
        match = match_of(block)
        if match.kind == "regex":
            yield "$uri", match.path
    elif block.name == "if":
        found = _CONDITION.match(" ".join(block.values))
        if found is not None:
            yield found[1], found[2].removesuffix(")").strip().strip("\"'")
    elif block.up is not None and block.up.name == "map" and block.name.startswith("~"):
        yield block.up.value, block.name.lstrip("~").removeprefix("*")
    for item in block.items:
        if item.name == "rewrite" and item.values:
            yield "$uri", item.value
        elif item.name == "server_name":
            yield from (("$host", v) for v in item.values if v.startswith("~"))


def groups_of(pattern: str) -> list[tuple[str, str]]:
    """Name and text of each group that captures, in the order of their opening."""
    found: list[tuple[str, int, int]] = []
    opened: list[int | None] = []  # the number of the group that each open parenthesis begins
    at = 0
    while at < len(pattern):
        sign = pattern[at]
        if sign == "\\":
            at += 1
        elif sign == "[":
            # Where a class's closing bracket is.
            class_end = at + 2 if pattern[at + 1 : at + 2] in ("]", "^") else at + 1
            while class_end < len(pattern) and pattern[class_end] != "]":
                if pattern[class_end] == "\\":
                    class_end += 1
                elif pattern[class_end : class_end + 2] == "[:":
                    class_end = max(pattern.find(":]", class_end) + 1, class_end)
                class_end += 1
            at = class_end
        elif sign == "(":
            name = _NAMED.match(pattern, at + 1)
            captures = name is not None or pattern[at + 1 : at + 2] not in ("?", "*")
            opened.append(len(found) if captures else None)
            if captures:
                found.append(
                    ((name[1] or name[2]) if name else "", name.end() if name else at + 1, len(pattern))
                )
        elif sign == ")" and opened:
            number = opened.pop()
            if number is not None:
                found[number] = (*found[number][:2], at)
        at += 1
    return [(name, pattern[start:end]) for name, start, end in found]


def takes_line_breaks(pattern: str) -> bool:
    """Whether an expression matches a line feed and what follows it: a negated class that does not name it, or \\s. A
    dot does not (PCRE); one character at the end begins no line of its own."""
    for found in _CLASS.finditer(pattern):
        last = not pattern[found.end() :].strip(")$")
        if not _BREAKS.search(found[1]) and not (last and found.start()):
            return True
    return bool(re.search(r"\\[sWDvR]|\[:space:\]|\[:\^", _CLASS.sub("", pattern)))
