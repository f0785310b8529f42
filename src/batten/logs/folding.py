"""Templates of paths: `/users/alice/orders/17` and a thousand like it as `/users/{}/orders/{}`.

A segment with digits, with an encoded character or that reads like chance stands for one thing (`is_plain` says which). Words are
told by their company: many words at one place that lead on to the same are names of things, few that lead on to different places
are parts of the API. Everything is bounded, for callers choose the paths.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from statistics import median

from batten.guard.traffic.plain_names import is_plain

Key = tuple[str, str]  # method, status

MOST_WORDS = 256  # at one place, before they are folded while reading; fewer where there are too many places
_FEWEST_WORDS = 16
MOST_NODES = 50_000
_FULL = 45_000  # that are left when all was folded that could be
DEEPEST = 24  # segments
OTHERS = "(others)"

_CERTAIN = 100  # words that lead on to the same, of which nothing more need be known
_MANY = 40  # … where some of them were seen but once or twice
_SEVERAL = 8  # … where they look like names of things, or stand beside identifiers that lead on to the same
_OUTSTANDING = 20  # times the usual count: a word of the API among names
_RARE = 0.1  # the share of words seen but once or twice
_RESERVED = frozenset(
    [
        "me",
        "self",
        "current",
        "mine",
        "all",
        "new",
        "search",
        "find",
        "filter",
        "count",
        "stats",
        "status",
        "health",
        "latest",
        "batch",
        "bulk",
        "import",
        "export",
        "login",
        "logout",
        "register",
        "token",
        "refresh",
        "verify",
        "validate",
        "preview",
        "upload",
        "download",
        "archive",
        "history",
        "settings",
        "config",
        "metrics",
        "edit",
        "create",
        "update",
        "delete",
        "list",
        "info",
        "about",
        "docs",
        "admin",
    ]
)
_LOCALE = re.compile(r"[a-z]{2}(?:[-_][A-Z]{2})?")
_SLUG = re.compile(r"[^-_.]+(?:[-_][^-_.]+){1,}")


_CLIENTS = 4
_plain = lru_cache(1 << 13)(is_plain)


@dataclass(slots=True)
class Seen:
    """`first` and `last` are minutes, ISO; `clients` a few that called it, and `suspects` a few of those that were refused much: they are
    kept apart, so that scanners, who call everything, leave room for users."""

    times: int = 0
    first: str = ""
    last: str = ""
    clients: tuple[bytes, ...] = ()
    suspects: tuple[bytes, ...] = ()
    query: bytes = b""  # one that it was called with

    def between(self, first: str, last: str) -> None:
        if last > self.last:
            self.last = last
        if first and (first < self.first or not self.first):
            self.first = first

    @property
    def is_known(self) -> bool:
        """Whether no more clients need be noted."""
        return len(self.clients) >= _CLIENTS

    @property
    def callers(self) -> tuple[bytes, ...]:
        return self.clients + self.suspects

    def by(self, client: bytes, is_suspect: bool = False) -> None:
        if is_suspect:
            self.suspects = _with(self.suspects, client)
        else:
            self.clients = _with(self.clients, client)

    def add(self, other: Seen) -> None:
        self.times += other.times
        self.between(other.first, other.last)
        self.query = self.query or other.query
        for client in other.clients if not self.is_known else ():
            self.by(client)
        for client in other.suspects:
            self.by(client, is_suspect=True)


def _with(clients: tuple[bytes, ...], client: bytes) -> tuple[bytes, ...]:
    return clients if len(clients) >= _CLIENTS or client in clients else (*clients, client)


@dataclass(slots=True)
class _Node:
    words: dict[str, _Node] = field(default_factory=dict)
    any: _Node | None = None
    calls: dict[Key, Seen] = field(default_factory=dict)
    times: int = 0
    is_wide: bool = False


class Paths:
    """Paths with what was seen of each."""

    def __init__(self, most_words: int = MOST_WORDS) -> None:
        self._root = _Node()
        self._nodes = 1
        self._most = most_words
        self._is_full = False

    def add(self, path: str, key: Key, seen: Seen) -> None:
        """`seen` is kept, and grows."""
        if self._nodes >= MOST_NODES and not self._is_full:
            # Where there is no room, the places are folded whose words are seldom called, then those with the most
            # words.
            self._nodes = _narrowed(self._root, self._most)
            while self._nodes >= MOST_NODES // 2 and self._most > _FEWEST_WORDS:
                self._most //= 2
                self._nodes = _narrowed(self._root, self._most)
            # Where little was gained it is not tried for each path again: what is new from here on is counted as others.
            self._is_full = self._nodes >= _FULL
        node, times = self._root, seen.times
        for number, part in enumerate(path.removeprefix("/").split("/")):
            node.times += times
            below = node.words.get(part)
            if below is None and node.is_wide and part not in _RESERVED:
                below = node.any  # most of what is new is a name among many
            if below is None:
                if number >= DEEPEST or self._is_full:
                    node = node.words.setdefault(OTHERS, _Node())
                    break
                below = self._below(node, part)
            node = below
        node.times += times
        known = node.calls.get(key)
        if known is None:
            node.calls[key] = seen
        else:
            known.add(seen)

    def _below(self, node: _Node, part: str) -> _Node:
        """The place of a word that was not there before."""
        if (not node.is_wide or part in _RESERVED) and _plain(part):
            if len(node.words) < self._most:
                self._nodes += 1
                made = node.words[part] = _Node()
                return made
            node.is_wide = True
            _fold(node, _without_outstanding(node, list(node.words)))
        if node.any is None:
            self._nodes += 1
            node.any = _Node()
        return node.any

    def crowded(self) -> Iterator[tuple[str, frozenset[str], int]]:
        """Places where any new word is a name, as templates: the words that stay there, and how often it was called."""
        yield from _crowded(self._root, "")

    def templates(self) -> Iterator[tuple[str, Key, Seen]]:
        """Every template, with what was seen of it by method and status."""
        _settle(self._root, 0)
        yield from _told(self._root, "")


def _crowded(node: _Node, path: str) -> Iterator[tuple[str, frozenset[str], int]]:
    if node.is_wide and node.any is not None:
        yield path, _RESERVED.union(node.words), node.any.times
    for word, below in node.words.items():
        yield from _crowded(below, f"{path}/{word}")
    if node.any is not None:
        yield from _crowded(node.any, f"{path}/{{}}")


def _narrowed(node: _Node, most: int) -> int:
    """Fold where there are more words, or several that are seldom called; returns how many nodes are left."""
    if len(node.words) > most or (
        len(node.words) >= _SEVERAL and median(below.times for below in node.words.values()) <= 2
    ):
        node.is_wide = True
        _fold(node, _without_outstanding(node, list(node.words)))
    below = [*node.words.values(), *((node.any,) if node.any is not None else ())]
    return 1 + sum(_narrowed(one, most) for one in below)


def _told(node: _Node, path: str) -> Iterator[tuple[str, Key, Seen]]:
    for key, seen in node.calls.items():
        yield path or "/", key, seen
    for word, below in node.words.items():
        yield from _told(below, f"{path}/{word}")
    if node.any is not None:
        yield from _told(node.any, f"{path}/{{}}")


def _settle(node: _Node, depth: int) -> None:
    """Fold what is below first, so that alike is seen as alike."""
    for below in node.words.values():
        _settle(below, depth + 1)
    alike: dict[object, list[str]] = {}
    for word, below in node.words.items():
        if word and word not in _RESERVED and word != OTHERS:
            alike.setdefault(_signature(below), []).append(word)
    for signature, words in alike.items():
        beside = node.any is not None and _signature(node.any) == signature
        are_words = _without_outstanding(node, words)
        count = len(are_words)
        if count < _SEVERAL:
            are_names = count >= 4 and all(map(_LOCALE.fullmatch, are_words))
        else:
            # What leads on to identifiers is a collection, as APIs have dozens of.
            leads_on = isinstance(signature, tuple) and signature[2]
            if leads_on and not beside:
                are_names = count >= _CERTAIN
            elif (
                count >= _CERTAIN
                or beside
                or sum(bool(_SLUG.fullmatch(word)) for word in are_words) > 0.8 * count
            ):
                are_names = True
            else:
                rare = sum(node.words[word].times <= 2 for word in are_words)
                are_names = count >= _MANY and rare >= _RARE * count
        if are_names:
            _fold(node, _without_outstanding(node, words))
    if node.any is not None:
        _settle(node.any, depth + 1)


def _signature(node: _Node) -> tuple[frozenset[str], frozenset[str], bool]:
    """What it answers to and where it leads on to."""
    methods = frozenset(method for method, status in node.calls if status < "300")
    return methods, frozenset(node.words), node.any is not None


def _without_outstanding(node: _Node, words: list[str]) -> list[str]:
    """The words but those that were called so much more often that they are the API's own."""
    if not words:
        return []
    usual = median(node.words[word].times for word in words)
    return [
        word
        for word in words
        if word not in _RESERVED and node.words[word].times <= _OUTSTANDING * max(usual, 1)
    ]


def _fold(node: _Node, words: list[str]) -> None:
    for word in words:
        below = node.words.pop(word)
        if node.any is None:
            node.any = below
        else:
            _merge(node.any, below)


def _merge(into: _Node, other: _Node) -> None:
    into.times += other.times
    for key, seen in other.calls.items():
        known = into.calls.get(key)
        if known is None:
            into.calls[key] = seen
        else:
            known.add(seen)
    for word, below in other.words.items():
        same = into.words.get(word)
        if same is None:
            into.words[word] = below
        else:
            _merge(same, below)
    if other.any is not None:
        if into.any is None:
            into.any = other.any
        else:
            _merge(into.any, other.any)
