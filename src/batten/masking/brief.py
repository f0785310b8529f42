"""Long paths, values and headers as they are shown: their beginning and their end. What is secret is hidden before, since a
part of a secret is not found again."""

from __future__ import annotations

import re

SHOWN = 100  # characters of a word: a path, a token, a host name
QUOTED = 160  # … of what a sentence quotes, which may be several words
TARGET = 1000  # … of the target of a request in evidence, which the command that repeats it needs whole
_LONG_WORD = re.compile(rf"[^\s`]{{{SHOWN + 1},}}")
_LONG_QUOTED = re.compile(rf"`[^`]{{{QUOTED + 1},}}`")


def shortened(text: str, most: int = SHOWN) -> str:
    """The text within so many characters, with "…" for its middle."""
    if len(text) <= most:
        return text
    tail = max(1, most // 3)
    return f"{text[: most - 1 - tail]}…{text[-tail:]}"


def concise(text: str) -> str:
    """A sentence or the name of a place with its long parts shortened."""
    if len(text) <= SHOWN:
        return text
    text = _LONG_QUOTED.sub(lambda quoted: f"`{shortened(quoted[0][1:-1], QUOTED)}`", text)
    return _LONG_WORD.sub(lambda word: shortened(word[0]), text)


def brief_request(text: str) -> str:
    """A request's text with a long target in its first line shortened."""
    line, newline, rest = text.partition("\n")
    if len(line) <= TARGET:
        return text
    return " ".join(shortened(word, TARGET) for word in line.split(" ")) + newline + rest
