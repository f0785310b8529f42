"""How many characters of what others wrote a report repeats: one budget for every format, the cache and the history.

A file may be one line of a megabyte, and a thousand findings may be about it. So nothing that is derived from a text is
as long as the text: what stands around a span is shown within a window, the rest of a path or a value by its beginning
and its end, and "…" stands for what is left out. What is secret is hidden before, since a part of a secret is not found again.
"""

from __future__ import annotations

import re

CUT = "…"
SHOWN = 100  # characters of a word: a path, a token, a host name
QUOTED = 160  # … of what a sentence quotes, which may be several words
SENTENCE = 2000  # … of a sentence, or the pointer of a place in a file
TARGET = 1000  # … of the target of a request in evidence, which the command that repeats it needs whole
LINE = (
    400  # … of a line of a file, in an excerpt or a diff; a longer one is shown around what it is shown for
)
WHOLE = 2000  # … of a line in the diff of a whole file, which is shown once
FLANK = 80  # … of a longer line, on each side of that
DIFF = 20_000  # … of the diff of one fix
EDITS = 20_000  # … of the texts that one fix inserts
EACH_EDIT = 100  # … that an edit counts beside its text
TIMES, LEAST = (
    8,
    1_000_000,
)  # all that a report repeats of one file: so many times the file, or so many characters
_LONG_WORD = re.compile(rf"[^\s`]{{{SHOWN + 1},}}")
_LONG_QUOTED = re.compile(rf"`[^`]{{{QUOTED + 1},}}`")


def shortened(text: str, most: int = SHOWN) -> str:
    """The text within so many characters, with "…" for its middle."""
    if len(text) <= most:
        return text
    tail = max(1, most // 3)
    return f"{text[: most - 1 - tail]}{CUT}{text[-tail:]}"


def concise(text: str) -> str:
    """A sentence or the name of a place with its long parts shortened."""
    if len(text) <= SHOWN:
        return text
    text = _LONG_QUOTED.sub(lambda quoted: f"`{shortened(quoted[0][1:-1], QUOTED)}`", text)
    return shortened(_LONG_WORD.sub(lambda word: shortened(word[0]), text), SENTENCE)


def brief_request(text: str) -> str:
    """A request's text with a long target in its first line shortened."""
    line, newline, rest = text.partition("\n")
    if len(line) <= TARGET:
        return text
    return " ".join(shortened(word, TARGET) for word in line.split(" ")) + newline + rest


def allowance(length: int) -> int:
    """How many characters of excerpts and changes a report shows of a file that is so long."""
    return max(TIMES * length, LEAST)


def window(start: int, end: int, first: int, last: int) -> tuple[int, int]:
    """What is shown of a line from `first` to `last` that is shown for what is from `start` to `end`: all of a short one."""
    if last - first <= LINE:
        return first, last
    return max(first, start - FLANK), min(last, end + FLANK)
