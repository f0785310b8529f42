"""Counts what log files say, in bounded memory: what is called, by whom, and what should not be in a URL."""

from __future__ import annotations

import gc
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import chain, repeat
from pathlib import Path

from batten.contract import Contract
from batten.contract.matcher import Matcher
from batten.logs.clock import minute
from batten.logs.crowds import Crowd, Crowds, attacks_among, lines_with
from batten.logs.folding import Key, Paths, Seen
from batten.logs.formats import Call, LogFormat
from batten.logs.leaks import Leak, Leaks
from batten.logs.lines import Read, Reader
from batten.logs.prefixes import NONE, Prefix, prefix_of
from batten.model.record import record

MOST_SEEN = 50_000  # distinct calls before they are folded
_MOST_WORDS_MISSING = 16  # of paths that nothing answered: scanners try any word
_BUSY = 50  # a place of one call in so many is busy
_MOST_PLACES = 8
_MOST_KEPT = 100  # words that are no names there
_LONGEST = 512  # of a query or path that is kept
_NOTHING_THERE = frozenset(("404", "405", "410", "501"))
# Each alternative begins with a character of its own: it is searched for by that.
_ODD = re.compile(
    rb"\.[^\n]*+|%[^\n]*+| [4-9]\d?\d? \n"
)  # what was refused, or has a path that scanners may try
Column = Sequence[bytes]
_DIGIT = re.compile(r"\d")


@record(kw_only=True)
class Used:
    """A template that was called, and how it was answered."""

    method: str
    path: str
    status: str
    seen: Seen


@record(kw_only=True)
class Told:
    """What some log files say. `prefix` is where the edge serves the contract's paths."""

    used: tuple[Used, ...]
    crowds: tuple[Crowd, ...]
    leaks: tuple[Leak, ...]
    files: tuple[Read, ...]
    prefix: Prefix
    calls: int
    scanned: int  # calls that are left out of `used`, for only scanners made them
    first: str
    last: str


def tell(
    paths: Iterable[Path],
    contract: Contract | None = None,
    defined: Iterable[LogFormat] = (),
    given: LogFormat | None = None,
) -> Told:
    """Read log files and count. Raises LogProblem."""
    tally = _Tally(contract)
    files = []
    collects = gc.isenabled()
    gc.disable()  # lines are no cycles, and there are millions
    try:
        for path in paths:
            reader = Reader(path, defined, given)
            for calls in reader.calls():
                tally.add(calls)
            files.append(reader.told)
    finally:
        if collects:
            gc.enable()
    return tally.told(tuple(files))


def _identifiers(contract: Contract | None) -> re.Pattern[bytes]:
    """Segments with digits, but versions, and those that the contract writes out."""
    templates = contract.operations if contract is not None else ()
    fixed = {
        part for one in templates for part in one.path.split("/") if "{" not in part and _DIGIT.search(part)
    }
    kept = "|".join([r"v\d{1,3}(?:\.\d{1,3})?", "oauth[12]", "2fa", *map(re.escape, sorted(fixed))])
    # ours: what the contract says is escaped in it
    return re.compile(rf"/(?!(?:{kept})[/ ])[^/ \n\d]*+\d[^/ \n]*+".encode())


def _names(paths: Paths, calls: int) -> Iterator[tuple[re.Pattern[bytes], bytes]]:
    """Expressions of names at the busiest places, where they need not be counted one by one; the outer places first."""
    busy = [one for one in paths.crowded() if one[2] * _BUSY > calls and len(one[1]) < _MOST_KEPT]
    busiest = sorted(busy, key=lambda one: -one[2])[:_MOST_PLACES]
    for place, kept, _ in sorted(busiest, key=lambda one: one[0].count("/")):
        words = "|".join(map(re.escape, sorted(kept)))
        start = " " + place + "/"
        # ours: the place and its words are escaped in it. What was refused is left to be told by its own company.
        name = re.compile(
            rf"{re.escape(start)}(?!(?:{words})[/ ])[\w~-]++(?=[/ ])(?=[^ \n]*+ [1-3])".encode()
        )
        yield name, f"{start}{{}}".encode()


@lru_cache(1 << 10)
def _key(method: bytes, status: bytes) -> Key:
    return method.decode("ascii", "replace"), status.decode("ascii", "replace")


class _Tally:
    def __init__(self, contract: Contract | None) -> None:
        self._contract = contract
        self._numbered = _identifiers(contract)
        self._match = Matcher(contract.operations).match if contract is not None else None
        self._prefix: Prefix | None = None if contract is not None else NONE
        self._seen: dict[bytes, Seen] = {}  # by method, path and status, with blanks between them
        self._documented: dict[tuple[str, Key], Seen] = {}
        self._there, self._missing = Paths(), Paths(_MOST_WORDS_MISSING)
        self._crowds = Crowds()
        self._leaks = Leaks()
        self._calls = 0
        self._names: list[tuple[re.Pattern[bytes], bytes]] = []  # what is known to be a name, in place order

    def add(self, calls: list[Call]) -> None:
        """Count the calls of one block. What is done for each of them is done by built-in functions, for there are millions."""
        if not calls:
            return
        clients, times, methods, paths, queries, statuses = zip(*calls, strict=True)
        # One text, in which identifiers go before anything is counted: what is left is a few hundred calls.
        text = b" ".join(chain.from_iterable(zip(methods, paths, statuses, repeat(b"\n"), strict=False)))
        folded = self._numbered.sub(b"/{}", text)
        for names, template in self._names:
            folded = names.sub(template, folded)
        keys = folded.split(b" \n ")
        keys[-1] = keys[-1].removesuffix(b" \n")
        self._count(keys, clients, times, queries)
        self._calls += len(calls)
        self._crowds.answered(clients)
        for number in lines_with(_ODD, text):
            self._crowds.add(calls[number])
        self._leaks.add(calls, text, b"\n".join(filter(None, queries)))
        if len(self._seen) >= MOST_SEEN:
            self._fold()

    def _count(self, keys: list[bytes], clients: Column, times: Column, queries: Column) -> None:
        seen = self._seen
        last = dict(zip(keys, range(len(keys)), strict=True))
        within = minute(times[-1]) if len(set(times)) == 1 else ""
        first = {} if within else dict(zip(reversed(keys), reversed(times), strict=True))
        for key, count in Counter(keys).items():
            at = last[key]
            begin, end = (within, within) if within else (minute(first[key]), minute(times[at]))
            one = seen.get(key)
            if one is None:
                seen[key] = Seen(count, begin, max(begin, end), (clients[at],), queries[at][:_LONGEST])
                continue
            one.times += count
            one.between(begin, end)
            one.by(clients[at])
            one.query = one.query or queries[at][:_LONGEST]

    def _fold(self) -> None:
        """Templates of what was counted, which is forgotten."""
        every: list[tuple[bytes, bytes, bytes, Seen]] = []
        for joined, seen in self._seen.items():
            method, path, status = joined.split(b" ")
            every.append((method, path, status, seen))
        self._seen = {}
        if self._prefix is None and self._match is not None:
            paths = [path.decode("utf-8", "replace") for _, path, status, _ in every if status < b"400"]
            self._prefix = prefix_of(paths, self._match, self._contract.base_path if self._contract else "")
        prefix = self._prefix or NONE
        attacks = attacks_among([path for _, path, _, _ in every])
        for number, (method, path, status, seen) in enumerate(every):
            if not path:
                continue
            text = path[:_LONGEST].decode("utf-8", "replace")
            key = _key(method, status)
            match = self._match(prefix.inside(text)) if self._match is not None else None
            if match is not None:
                self._documented.setdefault((match.template, key), Seen()).add(seen)
            elif key[1] in _NOTHING_THERE or number in attacks:
                self._missing.add(text, key, seen)
            else:
                self._there.add(prefix.inside(text), key, seen)
        if self._contract is None:  # whose templates have the last word
            self._names = list(_names(self._there, sum(seen.times for _, _, _, seen in every)))

    def told(self, files: tuple[Read, ...]) -> Told:
        self._fold()
        crowds = tuple(self._crowds.habits())
        scanners = {crowd.client.encode() for crowd in crowds}
        every = [
            Used(method=key[0], path=path, status=key[1], seen=seen) for path, key, seen in self._templates()
        ]
        used = [one for one in every if not one.seen.clients or not scanners.issuperset(one.seen.clients)]
        minutes = [time for one in every for time in (one.seen.first, one.seen.last) if time]
        return Told(
            used=tuple(sorted(used, key=lambda one: (-one.seen.times, one.path, one.method, one.status))),
            crowds=crowds,
            leaks=tuple(self._leaks.found(self._prefix or NONE, self._match)),
            files=files,
            prefix=self._prefix or NONE,
            calls=self._calls,
            scanned=sum(one.seen.times for one in every) - sum(one.seen.times for one in used),
            first=min(minutes, default=""),
            last=max(minutes, default=""),
        )

    def _templates(self) -> Iterator[tuple[str, Key, Seen]]:
        documented = ((path, key, seen) for (path, key), seen in self._documented.items())
        return chain(documented, self._there.templates(), self._missing.templates())
