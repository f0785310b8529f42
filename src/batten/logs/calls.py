"""What lines of a log say, a column for each part: what is done for each of millions of calls is done by built-in functions."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property

Column = Sequence[bytes]
END = b" \n "  # between two calls in a text
LONGEST_CLIENT = 64  # characters that are kept


class Calls:
    """The calls of one block. Queries begin with `?`, or what else ends a path. A part is b"" where its line does not say it; `missed` are the lines of another form, with ends of others
    between them."""

    def __init__(self, columns: Iterable[Column], missed: bytes = b"") -> None:
        self.columns = tuple(columns)
        self.clients, self.times, self.methods, self.paths, self.queries, self.statuses = self.columns
        self.missed = missed

    def __len__(self) -> int:
        return len(self.paths)

    @cached_property
    def text(self) -> bytes:
        """Method, path and status of each call, with blanks between them and END between two calls."""
        parts = [b"\n"] * (4 * len(self))
        parts[0::4], parts[1::4], parts[2::4] = self.methods, self.paths, self.statuses
        return b" ".join(parts).removesuffix(b" \n")


NONE = Calls([()] * 6)


def joined(one: Calls, other: Calls) -> Calls:
    """Both, one after the other."""
    columns = [[*a, *b] for a, b in zip(one.columns, other.columns, strict=True)]
    return Calls(columns, b"\n".join(filter(None, (one.missed, other.missed))))


def lines_with(pattern: re.Pattern[bytes], text: bytes) -> Iterator[int]:
    """The numbers of the lines in which a pattern is found."""
    line = at = 0
    told = -1
    for found in pattern.finditer(text):
        line += text.count(b"\n", at, found.start())
        at = found.start()
        if line != told:
            told = line
            yield line


def marked(queries: Iterable[bytes]) -> list[bytes]:
    """Queries that may be written without their `?`."""
    return [b"?" + query if query and query[:1] not in b"?#&;" else query for query in queries]
