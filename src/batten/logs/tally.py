"""Counts what log files say, in bounded memory: what is called, by whom, and what should not be in a URL."""

from __future__ import annotations

import gc
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import chain
from operator import itemgetter
from pathlib import Path

from batten.contract import Contract
from batten.contract.matcher import Matcher
from batten.logs.clock import minute
from batten.logs.crowds import ATTACK, Crowd, Crowds
from batten.logs.folding import Key, Paths, Seen
from batten.logs.formats import CLIENT, METHOD, PATH, QUERY, STATUS, TIME, Call, LogFormat
from batten.logs.lines import Read, Reader
from batten.logs.prefixes import NONE, Prefix, prefix_of
from batten.model.record import record

MOST_SEEN = 50_000  # distinct calls before they are folded
MOST_LEAKS = 1_000
_MOST_WORDS_MISSING = 16  # of paths that nothing answered: scanners try any word
_LONGEST = 512  # of a query or path that is kept
_NOTHING_THERE = frozenset(("404", "405", "410", "501"))
# As openapi/facts.py tells credentials among parameters, with the names that signed URLs have.
_CREDENTIAL = re.compile(
    rb"(?i)(?:^|[?&;])((?:x[-_]?)?(?:(?:api|access|secret|private|subscription|auth|account)[-_]?key"
    rb"|(?:(?:api|access|auth|oauth|refresh|bearer|id|session|security|user|login)[-_]?)?token|jwt"
    rb"|(?:session|sess|phpsess|jsession)[-_]?id|pass(?:word|wd|phrase)?|pwd"
    rb"|(?:(?:client|api|app|shared)[-_]?)?secret|authorization|credentials?))=[^&;\s-]"
)
_TOKEN = re.compile(rb"eyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*")
_DIGIT = re.compile(r"\d")
_CLIENT, _METHOD, _PATH, _STATUS = map(itemgetter, (CLIENT, METHOD, PATH, STATUS))


@record(kw_only=True)
class Leak:
    """A credential in URLs: the parameter `name`, or "" for a token within the path."""

    method: str
    path: str
    name: str
    times: int
    first: str
    last: str


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
    return re.compile(rf"/(?!(?:{kept})(?:/|$))[^/\n\d]*\d[^/\n]*".encode(), re.MULTILINE)


class _Tally:
    def __init__(self, contract: Contract | None) -> None:
        self._contract = contract
        self._numbered = _identifiers(contract)
        self._match = Matcher(contract.operations).match if contract is not None else None
        self._prefix: Prefix | None = None if contract is not None else NONE
        self._seen: dict[tuple[bytes, bytes, bytes], Seen] = {}
        self._documented: dict[tuple[str, Key], Seen] = {}
        self._there, self._missing = Paths(), Paths(_MOST_WORDS_MISSING)
        self._crowds = Crowds()
        self._leaks: dict[tuple[bytes, bytes, str], Seen] = {}
        self._calls = 0

    def add(self, calls: list[Call]) -> None:
        """Count the calls of one block. What is done for each of them is done by built-in functions, for there are millions."""
        if not calls:
            return
        joined = b"\n".join(map(_PATH, calls))
        # Identifiers go before anything is counted: what is left is a few hundred paths.
        paths = self._numbered.sub(b"/{}", joined).split(b"\n")
        keys = list(zip(map(_METHOD, calls), paths, map(_STATUS, calls), strict=True))
        first, last = (
            dict(zip(reversed(keys), reversed(calls), strict=True)),
            dict(zip(keys, calls, strict=True)),
        )
        seen = self._seen
        for key, times in Counter(keys).items():
            one = seen.get(key)
            if one is None:
                one = seen[key] = Seen()
            call = last[key]
            one.times += times
            one.between(minute(first[key][TIME]), minute(call[TIME]))
            one.by(call[CLIENT])
            if call[QUERY] and not one.query:
                one.query = call[QUERY][:_LONGEST]
        self._calls += len(calls)
        self._crowds.answered(map(_CLIENT, calls))
        # What was refused, or has a path that scanners may try.
        for call in [c for c in calls if c[STATUS] >= b"4" or b"." in c[PATH] or b"%" in c[PATH]]:
            self._crowds.add(call)
        for call in [c for c in calls if b"eyJ" in c[PATH]] if b"eyJ" in joined else ():
            if _TOKEN.search(call[PATH]):
                self._leaked(call[METHOD], _TOKEN.sub(b"{}", call[PATH]), "", minute(call[TIME]), 1)
        for call in [call for call in calls if call[QUERY]]:
            found = _CREDENTIAL.search(call[QUERY])
            if found is not None:
                self._leaked(call[METHOD], call[PATH], found[1].decode("ascii"), minute(call[TIME]), 1)
        if len(seen) >= MOST_SEEN:
            self._fold()

    def _leaked(self, method: bytes, path: bytes, name: str, when: str, times: int) -> None:
        key = method, path, name
        if key not in self._leaks and len(self._leaks) >= MOST_LEAKS:
            key = method, b"/(others)", name
        seen = self._leaks.setdefault(key, Seen())
        seen.times += times
        seen.between(when, when)

    def _fold(self) -> None:
        if self._prefix is None and self._match is not None:
            paths = [path.decode("utf-8", "replace") for _, path, status in self._seen if status < b"400"]
            self._prefix = prefix_of(paths, self._match, self._contract.base_path if self._contract else "")
        prefix = self._prefix or NONE
        for (method, path, status), seen in self._seen.items():
            if not path:
                continue
            text = path[:_LONGEST].decode("utf-8", "replace")
            key = method.decode("ascii", "replace"), status.decode("ascii", "replace")
            match = self._match(prefix.inside(text)) if self._match is not None else None
            if match is not None:
                self._documented.setdefault((match.template, key), Seen()).add(seen)
            elif key[1] in _NOTHING_THERE or ATTACK.search(path):
                self._missing.add(text, key, seen)
            else:
                self._there.add(prefix.inside(text), key, seen)
        self._seen.clear()

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
            leaks=tuple(self._all_leaks()),
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

    def _all_leaks(self) -> Iterator[Leak]:
        """By template: what leaks is one parameter, however many paths it was in."""
        folded: dict[str, Paths] = {}
        prefix = self._prefix or NONE
        for (method, path, name), seen in self._leaks.items():
            text = prefix.inside(path[:_LONGEST].decode("utf-8", "replace"))
            match = self._match(text) if self._match is not None else None
            key = method.decode("ascii", "replace"), ""
            folded.setdefault(name, Paths(_MOST_WORDS_MISSING)).add(
                match.template if match else text, key, seen
            )
        for name, paths in folded.items():
            for template, key, seen in paths.templates():
                yield Leak(
                    method=key[0],
                    path=template,
                    name=name,
                    times=seen.times,
                    first=seen.first,
                    last=seen.last,
                )
