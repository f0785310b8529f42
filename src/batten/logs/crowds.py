"""Who called: clients that search for holes or guess passwords, told apart from users. Bounded, for anyone can call."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from enum import Enum
from functools import lru_cache

from batten.logs.clock import minute
from batten.logs.formats import CLIENT, PATH, STATUS, TIME, Call
from batten.model.record import record

MOST_CLIENTS = 100_000
_LONGEST = 512  # of a path that is kept
_MOST_PATHS = 64  # distinct ones that are remembered of a client
_MOST_MINUTES = 4_096

# What only tools that search for holes call: parents of folders, files of other products, code in queries.
_ATTACK = re.compile(
    rb"\.\.[/\\%]|%2e%2e[/\\%]|%252e[/\\%]|/(?:etc/passwd|proc/self|windows/win\.ini|\.(?:env|git|svn|hg|aws|ssh|ht[ap])|wp-(?:login|admin|"
    rb"content|includes|json)|xmlrpc\.php|phpmyadmin|pma/|cgi-bin/|vendor/phpunit|hnap1|boaform|manager/html|solr/admin|"
    rb"autodiscover|owa/|\.well-known/\.\.|actuator/(?:env|heapdump|gateway)|_profiler|server-status|telescope/)|"
    rb"<script|%3cscript|union(?:%20|\+)select|\$\{jndi|%24%7bjndi|\x00|%00"
)


@lru_cache(1 << 14)
def is_attack(path: bytes) -> bool:
    """Whether only tools that search for holes call this path."""
    return _ATTACK.search(path.lower()) is not None


def attacks_among(paths: list[bytes]) -> set[int]:
    """The numbers of the paths that only tools that search for holes call."""
    return set(lines_with(_ATTACK, b"\n".join(paths).lower()))


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


class Habit(Enum):
    SCANS = "searches for holes"
    GUESSES = "guesses credentials"


_SCANNED = 3  # calls that only scanners make
_REFUSED = 20  # refused calls …
_DIFFERENT = 10  # … of so many paths, more than were answered
_GUESSED = 20  # log-ins that were refused within a minute


@record(kw_only=True)
class Crowd:
    """A client that is no user. `most` refused log-ins came within one minute; `found` are the attacks that were answered."""

    client: str
    habit: Habit
    calls: int
    refused: int
    most: int
    first: str
    last: str
    found: tuple[tuple[str, int], ...]  # path, times


@dataclass(slots=True)
class _Client:
    """What one client was refused, and what it attacked."""

    unauthorised: int = 0
    missing: int = 0
    attacks: int = 0
    first: str = ""
    last: str = ""
    paths: set[bytes] = field(default_factory=set)
    minutes: Counter[str] = field(default_factory=Counter)
    found: Counter[str] = field(default_factory=Counter)


class Crowds:
    """What each client did."""

    def __init__(self) -> None:
        self._clients: dict[bytes, _Client] = {}
        self._calls: Counter[bytes] = Counter()

    def answered(self, clients: Iterable[bytes]) -> None:
        """Count calls by client, refused ones among them."""
        self._calls.update(clients)
        if len(self._calls) > MOST_CLIENTS:  # those that called most are of interest
            self._calls = Counter(dict(self._calls.most_common(MOST_CLIENTS // 2)))

    def add(self, call: Call) -> None:
        """A call that was refused, or may be an attack."""
        client, path, status = call[CLIENT], call[PATH], call[STATUS].decode("ascii", "replace")
        attack = is_attack(path)
        if status < "400" and not attack:
            return
        one = self._clients.get(client)
        if one is None:
            if len(self._clients) >= MOST_CLIENTS:
                return
            one = self._clients[client] = _Client()
        now = minute(call[TIME])
        one.first, one.last = one.first or now, max(one.last, now)
        one.attacks += attack
        if status < "400":
            if status < "300" and len(one.found) < _MOST_PATHS:
                one.found[path[:_LONGEST].decode("utf-8", "replace")] += 1
            return
        if status in ("401", "403", "429"):
            one.unauthorised += 1
            if len(one.minutes) < _MOST_MINUTES:
                one.minutes[now] += 1
        elif status < "500":
            one.missing += 1
        if len(one.paths) < _MOST_PATHS:
            one.paths.add(path[:_LONGEST])

    def habits(self) -> Iterator[Crowd]:
        """Those that are no users, the busiest first."""
        every = ((client, one, self._calls[client]) for client, one in self._clients.items())
        told = [made for client, one, calls in every if (made := _crowd(client, one, calls)) is not None]
        yield from sorted(told, key=lambda crowd: (-crowd.refused, crowd.client))


def _crowd(client: bytes, one: _Client, calls: int) -> Crowd | None:
    refused = one.unauthorised + one.missing
    most = max(one.minutes.values(), default=0)
    searches = one.attacks >= _SCANNED or (
        refused >= _REFUSED and refused > calls - refused and len(one.paths) >= _DIFFERENT
    )
    if client in (b"", b"-") or not (searches or most >= _GUESSED):
        return None
    return Crowd(
        client=client.decode("utf-8", "replace"),
        habit=Habit.SCANS if searches else Habit.GUESSES,
        calls=calls,
        refused=refused,
        most=most,
        first=one.first,
        last=one.last,
        found=tuple(one.found.most_common(5)),
    )
