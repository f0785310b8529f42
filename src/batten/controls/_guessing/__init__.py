"""Whether a key or password can be guessed: the value itself is judged, not where it stands.

Sources: RFC 7518 section 3.2 (a key for HS256 has at least 256 bits), NIST SP 800-63B section 3.1.1.2 (values that are
common, expected or compromised are refused), NIST SP 800-131A (keys of at least 112 bits).
"""

from __future__ import annotations

import base64
import binascii
import math
import re
from collections.abc import Iterator
from functools import cache

from batten.facts import Guess
from batten.files.own import own_text
from batten.model.record import record

_HERE = "controls/_guessing"
_LONGEST = 200  # characters: what is longer is no password that somebody types
_WORD_LENGTHS = range(16, 0, -1)
_SEARCHED = 64  # bits: keys of fewer are found by trying them all
_SIGNED = 128  # bits that a shorter key than its algorithm's has to have
_HS256 = 32  # bytes
_LEET = str.maketrans(
    {"0": "o", "1": "i", "3": "e", "4": "a", "5": "s", "7": "t", "@": "a", "$": "s", "!": "i"}
)
_BASE64 = re.compile(r"(?:base64:)?([A-Za-z0-9+/_-]{8,}={0,2})")
_FILE = re.compile(r"[./~].*|.*\.(?:key|pem|txt|json|ya?ml|crt|env)", re.DOTALL)
_NAME = re.compile(r"[a-z]+")
_BEHIND = (
    "",
    "1",
    "12",
    "123",
    "1234",
    "12345",
    "123456",
    "!",
    "123!",
    "-key",
    "_key",
    "key",
    "-secret",
    "_secret",
)
_BETWEEN = ("", "-", "_")
_CLASSES = (("[a-z]", 26), ("[A-Z]", 26), ("[0-9]", 10), ("[^A-Za-z0-9]", 32))


@record
class Guessed:
    """How a value is guessed; `whose` names who publishes it."""

    how: Guess
    whose: str = ""


def guessed(name: str, value: str, user: str = "", signs: bool = False) -> Guessed | None:
    """How the value of a setting of this name can be guessed; None where nothing shows that it can.

    `user` is the account that a password belongs to. `signs`: it is a key, which is tried without the server's help, so
    that its length counts.
    """
    text = value.strip().strip("'\"")
    if not text or len(text) > _LONGEST or "\0" in text or _FILE.fullmatch(text):
        return None
    whose = _published().get(text.lower())
    if whose is not None:
        return Guessed(Guess.PUBLISHED, whose)
    if text.lower() == user.lower() or _regular(text) or _of_words(text, name):
        return Guessed(Guess.WORDS)
    inner = _decoded(text)
    if inner and (_regular(inner) or _of_words(inner, name)):
        return Guessed(Guess.WORDS)
    if signs:
        bits = entropy(text)
        if bits < _SEARCHED:
            return Guessed(Guess.SEARCHED)
        if "jwt" in name.lower() and len(text.encode()) < _HS256 and bits < _SIGNED:
            return Guessed(Guess.SHORT)
        return None
    return None


def well_known(password: str, user: str = "") -> bool:
    """Whether a password is among the first that are tried at every address: published, a word as it is, a row of
    digits, or the name of its user."""
    text = password.strip().lower()
    known = text == user.lower() or text in _published() or text in _words()
    return text != "" and "\0" not in text and (known or _regular(text))  # NUL: a part that is not known


def tried() -> Iterator[tuple[str, Guessed]]:
    """Keys in the order in which they are tried on something that they signed: those that are published as they are, words
    with what is usual behind them, and words in pairs."""
    yield from ((value, Guessed(Guess.PUBLISHED, whose)) for value, whose in _rows())
    words, guess = sorted(_words()), Guessed(Guess.WORDS)
    yield from ((word + behind, guess) for word in words for behind in _BEHIND)
    yield from ((word.capitalize() + behind, guess) for word in words for behind in _BEHIND)
    yield from ((f"{one}{between}{two}", guess) for between in _BETWEEN for one in words for two in words)


@cache
def _published() -> dict[str, str]:
    """Whose default or example a value is."""
    return {value.lower(): whose for value, whose in _rows()}


def _rows() -> Iterator[tuple[str, str]]:
    lines = (
        line for line in (own_text(f"{_HERE}/published.txt") or "").splitlines() if not line.startswith("#")
    )
    yield from ((row[0], row[1]) for row in (line.split(" | ") for line in lines) if len(row) == 3)


@cache
def _words() -> frozenset[str]:
    text = own_text(f"{_HERE}/words.txt") or ""
    return frozenset(w for line in text.splitlines() if not line.startswith("#") for w in line.split())


def _regular(text: str) -> bool:
    """One or two characters again and again, digits alone, or characters that follow each other (`abcdef`, `98765`)."""
    if len(set(text)) <= 2 or (text.isdecimal() and len(text) <= 12):
        return True
    steps = [ord(b) - ord(a) for a, b in zip(text.lower(), text.lower()[1:], strict=False)]
    return sum(step in (-1, 1) for step in steps) >= 0.75 * len(steps)


def _of_words(text: str, name: str) -> bool:
    """Whether it consists of known words and those of its own name, with the usual substitutes and digits behind."""
    known = _words() | {w for w in _NAME.findall(name.lower()) if len(w) > 2}
    humps = re.sub(r"(?<=[a-z])(?=[A-Z])", "-", text)
    return any(
        _spelled(parts, known)
        for parts in (
            re.split(r"[^a-z0-9]+", text.lower()),
            re.split(r"[^a-z0-9]+", humps.lower()),
            re.split(r"[^a-z0-9]+", text.lower().translate(_LEET)),
            re.split(r"[^a-z0-9]+", text.lower().rstrip("!?.0123456789").translate(_LEET)),
        )
    )


def _spelled(parts: list[str], known: frozenset[str] | set[str]) -> bool:
    bare = [part.strip("0123456789") for part in parts]
    digits = sum(c.isdecimal() for part in parts for c in part)
    return (
        any(bare)
        and digits <= 12
        and all(_segmented(p, known) or part in known for p, part in zip(bare, parts, strict=True))
    )


def _segmented(text: str, known: frozenset[str] | set[str]) -> bool:
    """Whether the text is known words one behind the other."""
    reached = {0}
    for at in range(len(text)):
        if at in reached:
            reached.update(
                at + n for n in _WORD_LENGTHS if text[at : at + n] in known and at + n <= len(text)
            )
    return len(text) in reached


def _decoded(text: str) -> str:
    """What is behind base64, where that is a text."""
    found = _BASE64.fullmatch(text)
    if found is None:
        return ""
    bare = found[1].rstrip("=")
    try:
        inner = base64.b64decode(
            bare + "=" * (-len(bare) % 4), altchars=b"-_" if set(bare) & {"-", "_"} else None
        )
        plain = inner.decode("ascii")
    except (binascii.Error, UnicodeDecodeError, ValueError):
        return ""
    return plain.strip() if plain.strip().isprintable() else ""


def entropy(text: str) -> float:
    """The bits that a text of random characters of these kinds would have: more than it has."""
    if re.fullmatch(r"[0-9a-f]+|[0-9A-F]+", text):
        return 4.0 * len(text)
    sizes: list[int] = []
    # ours: the table above
    sizes.extend(size for pattern, size in _CLASSES if re.search(pattern, text))
    return len(text) * math.log2(sum(sizes) or 1)
