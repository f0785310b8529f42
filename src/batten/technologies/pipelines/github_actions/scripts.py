"""The commands of a workflow's scripts: their words, as a POSIX shell or bash splits them.

Source: https://pubs.opengroup.org/onlinepubs/9799919799/utilities/V3_chap02.html
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from batten.technologies.pipelines.github_actions.programs import WRAPPERS
from batten.technologies.shared.pipelines import executed
from batten.technologies.shared.text.shell import SHELLS

_LEADING = frozenset(("(", "{", "!", "if", "then", "do", "else", "elif", "while", "until", "coproc"))
_SKIPPED = frozenset(("for", "select", "case", "function", "in"))
_ASSIGNED = re.compile(r"[A-Za-z_]\w*(?:\[[^\]]*\])?\+?=")
_EXPRESSION = re.compile(r"\$\{\{.*?\}\}", re.DOTALL)
_TEST = re.compile(r"\[\[(?:(?!\$\(|`|\]\])[^\n])*\]\]")
_ARITHMETIC = re.compile(r"\$?\(\((?:(?!\$\()[^()\n]|\([^()\n]*\))*\)\)")
_ARRAY = re.compile(r"\b\w+\+?=\([^()$`]*\)")
_FUNCTION = re.compile(
    r"^[ \t]*(?:function[ \t]+)?([A-Za-z_][\w-]*)[ \t]*\([ \t]*\)[ \t]*(?=\{|\n|$)", re.MULTILINE
)
_PATTERN = re.compile(
    r"^[ \t]*\(?(?:\"[^\"\n]*\"|[^\s()#\"';&$`]+)(?:[ \t]*\|[ \t]*(?:\"[^\"\n]*\"|[^\s()#\"';&$`]+))*\)(?=[ \t\n])",
    re.MULTILINE,
)
_CASE = re.compile(r"\bcase[ \t]+(?:\"[^\"\n]*\"|\S+)[ \t]+in\b")
_QUOTED = re.compile(r"\"(?:\\.|[^\"\\])*\"|'[^']*'", re.DOTALL)
_SUBSTITUTION = re.compile(r"\$\(([^()`]*)\)|`([^`]*)`")
_TOKEN = re.compile(
    r"'[^']*'|\"(?:\\.|[^\"\\])*\"|\\.|\$\(|`|&&|\|\||;;|[\n;|&()]|[<>]\(|\d*>>?&?|<<<|<|[^\S\n]+|[^\s'\"\\$`&|;()<>]+|\$", re.DOTALL
)  # fmt: skip
_ENDS = frozenset(("\n", ";", "|", "&", "&&", "||", ";;", "$(", "`", "(", ")", "<(", ">("))


def commands(text: str) -> list[list[str]] | None:
    """The words of each simple command of a shell script, with those of its substitutions; None where it is not understood."""
    text = _EXPRESSION.sub("EXPRESSION", text).replace("\\\r\n", " ").replace("\\\n", " ")
    if re.search(r"<<(?!<)-?[ \t]*[\"']?\w", text):
        text = executed(text)
        if re.search(
            rf"\b(?:{'|'.join(sorted(SHELLS))}|ssh|python3?|node)\b[^\n]*<<(?!<)", text
        ):  # ours: SHELLS
            return None
        text = re.sub(r"<<-?[ \t]*[\"']?\w+[\"']?", " ", text)
    text = executed(text)
    text = _ARRAY.sub("made=1", _ARITHMETIC.sub("0", _TEST.sub("true", text)))
    if _CASE.search(text):
        text = _PATTERN.sub(" ", _CASE.sub("true", text))
    text = _QUOTED.sub(lambda f: re.sub(r"[`$()]", "_", f[0]) if f[0][0] == "'" else f[0], text)
    text = _FUNCTION.sub(" ", text)
    found: list[list[str]] = []
    waiting = [text]
    while waiting:
        part = waiting.pop()
        # The innermost substitutions first, so that quotes in them are not taken for those around them.
        while inner := [f[1] or f[2] or "" for f in _SUBSTITUTION.finditer(part)]:
            waiting += inner
            part = _SUBSTITUTION.sub("SUBSTITUTED", part)
        if not _split(part, found):
            return None
    return found


def functions(text: str) -> frozenset[str]:
    """The functions that a script defines."""
    return frozenset(f[1] for f in _FUNCTION.finditer(text))


def _split(text: str, found: list[list[str]]) -> bool:
    """Add the words of each simple command; false where a quote is not closed."""
    words: list[str] = []
    joined = False
    at = 0
    while at < len(text):
        token = _TOKEN.match(text, at)
        if token is None:
            return False
        piece, at = token[0], token.end()
        if piece in _ENDS:
            found.append(words)
            words, joined = [], False
        elif piece.isspace():
            joined = False
        else:
            value = piece[1:-1] if piece[0] in "'\"" else piece
            words = [*words[:-1], words[-1] + value] if joined else [*words, value]
            joined = True
    found.append(words)
    return True


def program(words: Sequence[str]) -> list[str]:
    """The words from the program on, without assignments, keywords and programs that run it; empty where there is none."""
    left = list(words)
    while left:
        word = left[0]
        if word in _SKIPPED:
            return []
        name = word.rpartition("/")[2]
        if word in _LEADING or _ASSIGNED.match(word):
            left.pop(0)
        elif name in WRAPPERS:
            valued, before = WRAPPERS[name]
            left.pop(0)
            while left and left[0].startswith("-"):
                left = left[2 if left[0] in valued else 1 :]
            left = left[before:]
        else:
            return left
    return []
