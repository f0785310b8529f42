"""Passwords: what is accepted, and how they are kept.

Kept as Argon2id with the least that OWASP's *Password Storage Cheat Sheet* names: 19 MiB, two passes, one lane. Accepted by NIST
SP 800-63B-4, 3.1.1.2: by length and against what is guessed first, with no rule of which characters it must have.
"""

from __future__ import annotations

import secrets
import threading
import unicodedata
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

SHORTEST, LONGEST = 12, 128  # bytes
_HASHER = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
_AT_A_TIME = threading.BoundedSemaphore(
    2
)  # each takes 19 MiB: a crowd at the log-in page must not take all memory
_WORDS = frozenset(
    {
        "access", "admin", "administrator", "api", "batman", "batten", "battenwatch", "changeit", "changeme", "changethis",
        "computer", "default", "dragon", "football", "guest", "hello", "iloveyou", "internet", "letmein", "login", "master",
        "monitor", "monkey", "operator", "pass", "passphrase", "passw0rd", "password", "passwort", "princess", "qwerty", "root",
        "secret", "security", "service", "summer", "sunshine", "superman", "superuser", "supervisor", "test", "temp", "temporary",
        "trustno", "user", "watch", "welcome", "winter",
    }
)  # fmt: skip
_ROWS = (
    "abcdefghijklmnopqrstuvwxyz",
    "01234567890",
    "qwertyuiopasdfghjklzxcvbnm",
    "qwertzuiopasdfghjklyxcvbnm",
)
_AROUND = "0123456789!@#$%^&*()-_=+.,:;?/ "


def problem(password: str, user: str) -> str:
    """Why a user cannot have this password, a sentence; "" where it is accepted."""
    size = len(_plain(password))
    if size < SHORTEST:
        return f"the password has {size} bytes; use at least {SHORTEST}"
    if size > LONGEST:
        return f"the password has more than {LONGEST} bytes; use a shorter one"
    guessed_password = password.casefold()
    guessed_user = user.casefold()
    core = guessed_password.strip(_AROUND)
    known = _WORDS | ({guessed_user, guessed_user.partition("@")[0]} if guessed_user else set())
    guessed = (
        any(
            guessed_password == (guessed_password[:n] * len(guessed_password))[: len(guessed_password)]
            for n in range(1, len(guessed_password) // 2 + 1)
        )
        or _runs(guessed_password)
        or not core
        or core in known
        or _all_of(core, known)
    )
    if guessed:
        return "the password is among the first that are guessed; use several words or a password manager"
    return ""


def hashed(password: str) -> str:
    """What is kept of a password."""
    with _AT_A_TIME:
        return _HASHER.hash(_plain(password))


def matches(kept: str, password: str) -> bool:
    """Whether it is the password of which this is kept. Takes the same time where nothing is kept ("")."""
    given = _plain(password)[: LONGEST + 1]
    hidden = kept or _of_nothing()
    with _AT_A_TIME:
        try:
            return _HASHER.verify(hidden, given) and bool(kept)
        except (VerificationError, InvalidHashError):
            return False


def outdated(kept: str) -> bool:
    """Whether a password is kept with other parameters than today's."""
    return _HASHER.check_needs_rehash(kept)


def generated() -> str:
    """A password for a first log-in: 120 bits."""
    return "-".join(secrets.token_hex(3) for _ in range(5))


@cache
def _of_nothing() -> str:
    return _HASHER.hash(secrets.token_bytes(32))


def _plain(password: str) -> bytes:
    """The same bytes for the same characters, however a keyboard composed them (NFKC, as 3.1.1.2 says)."""
    return unicodedata.normalize("NFKC", password).encode("utf-8", "replace")


def _all_of(core: str, known: frozenset[str]) -> bool:
    """Whether it is nothing but a few of the words, one after the other."""
    rest = core
    for word in sorted(known, key=len, reverse=True):
        rest = rest.replace(word, "") if len(word) > 3 else rest
    return len(rest.strip(_AROUND)) < 4


def _runs(password: str) -> bool:
    longer = (row * 2 for row in _ROWS)
    return any(password in row or password[::-1] in row for row in longer)
