"""Counts what log files say, in bounded memory: what is called, by whom, and what should not be in a URL."""

from __future__ import annotations

import gc
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from itertools import chain
from pathlib import Path

from batten.contract import Contract
from batten.contract.matcher import Matcher
from batten.logs.calls import END, Calls, Column
from batten.logs.clock import minute
from batten.logs.crowds import Crowd, Crowds, attacks_among
from batten.logs.folding import Key, Paths, Seen
from batten.logs.formats import LogFormat
from batten.logs.leaks import Leak, Leaks
from batten.logs.lines import Read, Reader
from batten.logs.names import Names, identifiers, of_places, of_templates
from batten.logs.prefixes import NONE, Prefix, prefix_of
from batten.model.record import record

MOST_SEEN = 16_000  # distinct calls before they are folded
_MOST_WORDS_MISSING = 16  # of paths that nothing answered: scanners try any word
_LONGEST = 512  # of a query or path that is kept
_LONGEST_METHOD = 32
_MOST_METHODS = 64  # callers may invent any
_FEW = 8  # calls of a block that are looked for one by one
_THOROUGH = 1_000  # calls of which all clients are looked at, and not but one in each block
OTHERS = "OTHERS"  # methods
_NOTHING_THERE = frozenset(("404", "405", "410", "501"))


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
    forgotten: int  # clients that were refused little, of which there were too many
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


def _templates(contract: Contract) -> Callable[[str], str | None]:
    """Which of the contract's templates a path is of."""
    offered = Matcher(contract.operations).offered
    return lambda path: found[0] if (found := offered(path)) is not None else None


@lru_cache(1 << 10)
def _key(method: bytes, status: bytes) -> Key:
    return method.decode("ascii", "replace"), status.decode("ascii", "replace")


class _Tally:
    def __init__(self, contract: Contract | None) -> None:
        self._contract = contract
        self._numbered = identifiers(contract)
        self._template = _templates(contract) if contract is not None else None
        self._prefix: Prefix | None = None if contract is not None else NONE
        self._seen: dict[bytes, Seen] = {}  # by method, path and status, with blanks between them
        self._documented: dict[tuple[str, Key], Seen] = {}
        self._there, self._missing = Paths(), Paths(_MOST_WORDS_MISSING)
        self._crowds = Crowds()
        self._leaks = Leaks()
        self._calls = 0
        self._all = Seen()
        self._methods: dict[bytes, bytes] = {}
        self._names: list[Names] = []  # what is known to be a name, in place order

    def add(self, calls: Calls) -> None:
        """Count the calls of one block. What is done for each of them is done by built-in functions, for there are millions."""
        if not len(calls):
            return
        # Identifiers and names go before anything is counted: what is left is a few hundred calls.
        folded = self._numbered.sub(b"/{}", calls.text)
        for names, template in self._names:
            folded = names.sub(template, folded)
        self._crowds.add(calls)
        self._count(folded.split(END), calls)
        self._calls += len(calls)
        self._leaks.add(calls)
        if len(self._seen) >= MOST_SEEN:
            self._fold()

    def _count(self, keys: list[bytes], calls: Calls) -> None:
        counts = Counter(keys)
        last = dict(zip(keys, range(len(keys)), strict=True))
        minutes = {time: minute(time) for time in set(calls.times)}
        self._all.between(min(filter(None, minutes.values()), default=""), max(minutes.values()))
        first = self._first(keys, calls.times, counts, minutes)
        several: dict[bytes, Seen] = {}  # whose clients are to be noted
        for key, count in counts.items():
            at = last[key]
            end = minutes[calls.times[at]]
            begin = first.get(key, end)
            if len(key) <= _LONGEST:
                known = key
            else:
                method, path, status = key.split(b" ")
                known = b" ".join((method[:_LONGEST_METHOD], path[:_LONGEST], status))
            one = self._seen.get(known)
            if one is None:
                one = self._seen[known] = Seen()
            one.times += count
            one.between(min(begin, end), max(begin, end))
            one.query = one.query or calls.queries[at][:_LONGEST]
            if not one.is_known:
                self._by(one, calls.clients[at])
                if count > 1 and one.times < _THOROUGH:
                    several[key] = one
        if several:
            pairs = dict.fromkeys(p for p in zip(keys, calls.clients, strict=True) if p[0] in several)
            for key, client in pairs:
                self._by(several[key], client)

    def _by(self, one: Seen, client: bytes) -> None:
        one.by(client, self._crowds.suspects(client))

    def _first(
        self, keys: list[bytes], times: Column, counts: Counter[bytes], minutes: dict[bytes, str]
    ) -> dict[bytes, str]:
        """When calls were first seen in a block, where that is not when they were last seen or later than is known."""
        if len(minutes) == 1:
            return {}
        earliest, seen = min(minutes.values()), self._seen
        wanted = [
            key
            for key, count in counts.items()
            if count > 1 and ((one := seen.get(key)) is None or earliest < one.first)
        ]
        if len(wanted) < _FEW:
            return {key: minutes[times[keys.index(key)]] for key in wanted}
        return dict(zip(reversed(keys), map(minutes.__getitem__, reversed(times)), strict=True))

    def _fold(self) -> None:
        """Templates of what was counted, which is forgotten."""
        every, self._seen = self._seen, {}
        parts = [joined.split(b" ") for joined in every]
        if self._prefix is None and self._template is not None:
            paths = [path.decode("utf-8", "replace") for _, path, status in parts if status < b"400"]
            self._prefix = prefix_of(
                paths, self._template, self._contract.base_path if self._contract else ""
            )
        attacks = attacks_among([path for _, path, _ in parts])
        declared: Counter[str] = Counter()
        for number, ((method, path, status), seen) in enumerate(zip(parts, every.values(), strict=True)):
            if path:
                text = path[:_LONGEST].decode("utf-8", "replace")
                declared[self._add(text, _key(self._known(method), status), seen, number in attacks)] += 1
        if self._contract is None:  # whose templates have the last word
            self._names = list(of_places(self._there, sum(seen.times for seen in every.values())))
        else:
            self._names = list(of_templates(self._contract, declared, self._prefix or NONE))

    def _known(self, method: bytes) -> bytes:
        if len(self._methods) < _MOST_METHODS:
            self._methods[method] = method
        return self._methods.get(method, OTHERS.encode())

    def _add(self, path: str, key: Key, seen: Seen, attack: bool) -> str:
        """Count it as what it is; returns the contract's template, or ""."""
        inside = (self._prefix or NONE).inside(path)
        template = self._template(inside) if self._template is not None else None
        if template is not None:
            known = self._documented.setdefault((template, key), seen)
            if known is not seen:
                known.add(seen)
            return template
        if key[1] in _NOTHING_THERE or attack:
            self._missing.add(path, key, seen)
        else:
            self._there.add(inside, key, seen)
        return ""

    def told(self, files: tuple[Read, ...]) -> Told:
        self._fold()
        crowds = tuple(self._crowds.habits())
        scanners = {crowd.client.encode() for crowd in crowds}
        every = [
            Used(method=key[0], path=path, status=key[1], seen=seen) for path, key, seen in self._templates()
        ]
        used = [one for one in every if not one.seen.callers or not scanners.issuperset(one.seen.callers)]
        return Told(
            used=tuple(sorted(used, key=lambda one: (-one.seen.times, one.path, one.method, one.status))),
            crowds=crowds,
            leaks=tuple(self._leaks.found(self._prefix or NONE, self._template)),
            files=files,
            prefix=self._prefix or NONE,
            calls=self._calls,
            scanned=sum(one.seen.times for one in every) - sum(one.seen.times for one in used),
            forgotten=self._crowds.forgotten,
            first=self._all.first,
            last=self._all.last,
        )

    def _templates(self) -> Iterator[tuple[str, Key, Seen]]:
        documented = ((path, key, seen) for (path, key), seen in self._documented.items())
        return chain(documented, self._there.templates(), self._missing.templates())
