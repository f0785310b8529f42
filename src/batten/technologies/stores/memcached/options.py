"""What a server is told: the words of its file or of a command, by the long names of its options.

Source: memcached(1), and `memcached -h` of 1.6.38.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from batten.facts import Secret
from batten.formats import Workspace
from batten.formats.option_words import parse_words
from batten.model import Location, Span
from batten.technologies.shared.secrets import credentials
from batten.technologies.shared.settings.settings import Entry, Settings, settings_of, whole_file

# Options that take a value, and those that stand alone.
_VALUED = {
    "p": "port", "U": "udp-port", "s": "unix-socket", "a": "unix-mask", "l": "listen", "u": "user", "m": "memory-limit",
    "c": "conn-limit", "P": "pidfile", "f": "slab-growth-factor", "n": "slab-min-size", "D": "prefix-delimiter",
    "t": "threads", "R": "max-reqs-per-event", "b": "listen-backlog", "B": "protocol", "I": "max-item-size",
    "Y": "auth-file", "e": "memory-file", "o": "extended", "N": "napi-ids",
}  # fmt: skip
_ALONE = {
    "A": "enable-shutdown", "d": "daemon", "r": "enable-coredumps", "M": "disable-evictions", "k": "lock-memory",
    "v": "verbose", "L": "enable-largepages", "C": "disable-cas", "S": "enable-sasl", "F": "disable-flush-all",
    "X": "disable-dumping", "W": "disable-watch", "Z": "enable-ssl", "h": "help", "i": "license", "V": "version",
}  # fmt: skip
_LONG = {name: name for name in (*_VALUED.values(), *_ALONE.values())}
_VARIABLES = {"PORT": "port", "USER": "user", "MAXCONN": "conn-limit", "CACHESIZE": "memory-limit"}
Placed = tuple[str, Location]


def configuration(path: str, workspace: Workspace) -> Settings:
    """What the file says. Raises SyntaxProblem and Unreadable."""
    document = workspace.document(path, parse_words)
    given: list[Entry] = []
    words: list[Placed] = []
    for line in document.tree:
        placed = [(word.text, Location(path, "", word.span)) for word in line.words]
        if line.variable == "OPTIONS" or (not line.variable and placed[0][0].startswith("-")):
            words += placed
        elif name := _VARIABLES.get(line.variable):
            given += [_given(name, text, at, at) for text, at in placed]
    return settings_of(whole_file(path, workspace), (*given, *options(words)))


def passwords(path: str, workspace: Workspace) -> Iterator[Secret]:
    """Variables of Red Hat's file that hold a credential. Raises SyntaxProblem and Unreadable."""
    for line in workspace.document(path, parse_words).tree:
        text = " ".join(word.text for word in line.words)
        held = credentials.found(line.variable, text) if line.variable and line.words else None
        if held is not None:
            span = Span(line.words[0].start, line.words[-1].end)
            yield credentials.in_config(Location(path, line.variable, span), line.variable, held)


def options(words: Iterable[Placed]) -> Iterator[Entry]:
    """The options among the words of a command line, in their order; `-vv` counts as two."""
    waiting = list(words)
    number = 0
    while number < len(waiting):
        word, at = waiting[number]
        number += 1
        name, value = _split(word)
        if not name:
            continue
        last = at
        if value is None and name in _VALUED.values():
            value, last = waiting[number] if number < len(waiting) else ("", at)
            number += 1
        if name == "extended":
            # `-o ssl_key=…,no_modern`: each by its own name, all at the word that holds them.
            for part in (value or "").split(","):
                extended_name, sign, text = part.partition("=")
                if extended_name:
                    yield _given(extended_name, text if sign else "on", last, last)
        else:
            yield _given(name, value if value is not None else "on", at, last)


def _split(word: str) -> tuple[str, str | None]:
    """The long name of an option and what is written to it in the same word."""
    if word.startswith("--"):
        name, sign, value = word[2:].partition("=")
        return _LONG.get(name, ""), value if sign else None
    if len(word) < 2 or word[0] != "-":
        return "", None
    if word[1] in _VALUED:
        return _VALUED[word[1]], word[2:] or None
    if word[1] == "v":
        return "verbose", str(word.count("v"))
    return _ALONE.get(word[1], ""), None


def _given(name: str, value: str, at: Location, last: Location) -> Entry:
    span = Span(at.span.start, last.span.end) if at.span is not None and last.span is not None else at.span
    if at.span == last.span:
        span = at.span
    pointer = f"{at.pointer}[{name}]" if at.pointer else name
    return Entry(name, value, Location(at.source, pointer, span, kind=at.kind))
