"""Who called: clients that search for holes or guess passwords, told apart from users. Bounded, for anyone can call."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from itertools import compress

from batten.logs.calls import Calls, lines_with
from batten.logs.clock import minute
from batten.model.record import record

MOST_CLIENTS = 50_000  # of which it is remembered what they were refused
_MOST_COUNTED = 15_000  # whose calls are counted at a time
_BUSY = 16  # calls of a client that is counted on
_LONGEST = 512  # of a path that is kept
_MOST_FOUND = 5_000  # answered attacks that are kept, of all clients
_MOST_MINUTES = 16  # of one client
_DOTTED = b".%"  # what is in any path that only scanners call, where it is not refused
_CALM = bytes(set(range(256)).difference(_DOTTED, b"\n"))

# What only tools that search for holes call: parents of folders, files of other products, code in queries.
_ATTACK = re.compile(
    rb"\.\.[/\\%]|%2e%2e[/\\%]|%252e[/\\%]|/(?:etc/passwd|proc/self|windows/win\.ini|\.(?:env|git|svn|hg|aws|ssh|ht[ap])|wp-(?:login|admin|"
    rb"content|includes|json)|xmlrpc\.php|phpmyadmin|pma/|cgi-bin/|vendor/phpunit|hnap1|boaform|manager/html|solr/admin|"
    rb"autodiscover|owa/|\.well-known/\.\.|actuator/(?:env|heapdump|gateway)|_profiler|server-status|telescope/)|"
    rb"<script|%3cscript|union(?:%20|\+)select|\$\{jndi|%24%7bjndi|\x00|%00"
)


def attacks_among(paths: list[bytes]) -> set[int]:
    """The numbers of the paths that only tools that search for holes call."""
    return set(lines_with(_ATTACK, b"\n".join(paths).lower()))


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
    """What one client was refused, and what it attacked. There may be many, so there is little of each."""

    calls: int = 0  # beside those that are still counted
    unauthorised: int = 0
    missing: int = 0
    attacks: int = 0
    first: str = ""
    last: str = ""
    paths: tuple[int, ...] = ()  # the first that were refused, as numbers
    now: str = ""  # the minute of the last refused log-in
    within: int = 0  # refused log-ins within it
    minutes: dict[str, int] | None = None  # those before it
    found: dict[str, int] | None = None

    @property
    def most(self) -> int:
        return max((self.within, *(self.minutes or {}).values()))

    def unauthorised_at(self, minute: str) -> None:
        self.unauthorised += 1
        if minute == self.now:
            self.within += 1
            return
        if self.within:
            self.minutes = self.minutes or {}
            self.minutes[self.now] = self.within
        known = self.minutes or {}
        self.now, self.within = minute, known.pop(minute, 0) + 1
        if len(known) > _MOST_MINUTES:
            busiest = sorted(known, key=lambda one: -known[one])[: _MOST_MINUTES // 4]
            kept = {*busiest, *list(known)[-_MOST_MINUTES // 2 :]}
            self.minutes = {one: times for one, times in known.items() if one in kept}


class Crowds:
    """What each client did. `forgotten` are clients that did little, of which there were too many."""

    def __init__(self) -> None:
        self._clients: dict[bytes, _Client] = {}
        self._calls: Counter[bytes] = Counter()
        self._earlier: dict[bytes, int] = {}  # what was counted before these
        self._found = 0
        self.forgotten = 0

    def add(self, calls: Calls) -> None:
        """Count the calls of a block by client, and look at those that were refused or are attacks."""
        self._calls.update(calls.clients)
        if len(self._calls) > _MOST_COUNTED:
            self._turn()
        refused = [number for number, status in enumerate(calls.statuses) if status >= b"4"]
        odd = {*refused, *_dotted(calls.text)}
        different = list({calls.paths[number] for number in odd})
        attacks = {different[number] for number in attacks_among(different)}
        if attacks:
            refused = sorted({*refused, *(number for number in odd if calls.paths[number] in attacks)})
        for number in refused:
            path = calls.paths[number]
            self._look(calls, number, path in attacks)

    def suspects(self, client: bytes) -> bool:
        """Whether a client may turn out to be no user."""
        one = self._clients.get(client)
        return one is not None and (one.attacks > 0 or one.unauthorised + one.missing >= _REFUSED // 2)

    def _turn(self) -> None:
        """Count anew, and keep what those called who were refused or called most. Of very many clients most called once: that is forgotten."""
        several = {client: calls for client, calls in self._earlier.items() if calls > 1}
        for client in several.keys() & self._clients.keys():
            self._clients[client].calls += several.pop(client)
        busy = Counter({client: calls for client, calls in several.items() if calls >= _BUSY})
        self._earlier, self._calls = self._calls, Counter(dict(busy.most_common(_MOST_COUNTED // 4)))

    def _look(self, calls: Calls, number: int, attack: bool) -> None:
        one = self._client(calls.clients[number])
        path, status = calls.paths[number], calls.statuses[number].decode("ascii", "replace")
        now = minute(calls.times[number])
        if now and (now < one.first or not one.first):
            one.first = now
        one.last = max(one.last, now)
        one.attacks += attack
        if status < "400":
            if status < "300":
                self._answered(one, path[:_LONGEST].decode("utf-8", "replace"))
            return
        if status in ("401", "403", "429"):
            one.unauthorised_at(now)
        elif status < "500":
            one.missing += 1
        if len(one.paths) < _DIFFERENT and (digest := hash(path)) not in one.paths:
            one.paths += (digest,)

    def _client(self, client: bytes) -> _Client:
        one = self._clients.get(client)
        if one is None:
            if len(self._clients) >= MOST_CLIENTS:
                self._forget()
            one = self._clients[client] = _Client()
        return one

    def _forget(self) -> None:
        """Half of the clients, of which the least is known."""
        every = sorted(
            self._clients.items(),
            key=lambda item: -(item[1].unauthorised + item[1].missing + _SCANNED * item[1].attacks),
        )
        self._clients = dict(every[: MOST_CLIENTS // 2])
        self.forgotten += len(every) - len(self._clients)

    def _answered(self, one: _Client, path: str) -> None:
        one.found = one.found or {}
        if path not in one.found and self._found >= _MOST_FOUND:
            return
        self._found += path not in one.found
        one.found[path] = one.found.get(path, 0) + 1

    def habits(self) -> Iterator[Crowd]:
        """Those that are no users, the busiest first."""
        every = (
            (client, one, one.calls + self._earlier.get(client, 0) + self._calls[client])
            for client, one in self._clients.items()
        )
        told = [made for client, one, calls in every if (made := _crowd(client, one, calls)) is not None]
        yield from sorted(told, key=lambda crowd: (-crowd.refused, crowd.client))


def _dotted(text: bytes) -> Iterator[int]:
    """The numbers of the calls whose path has a dot or an encoded character."""
    if any(character in text for character in _DOTTED):
        left = text.translate(None, _CALM).split(b"\n")
        yield from compress(range(len(left)), left)


def _crowd(client: bytes, one: _Client, calls: int) -> Crowd | None:
    refused = one.unauthorised + one.missing
    most = one.most
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
        found=tuple(Counter(one.found).most_common(5)),
    )
