"""RabbitMQ's definitions, as its management API exports them: users, what they may do, and brokers that it moves messages from and to.

Sources: https://www.rabbitmq.com/docs/definitions and …/passwords: a hash is that of four bytes and the password behind them, in
Base64 with the four bytes before it. A user without a password's hash cannot log in with one.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Callable, Iterator

from batten.controls._guessing import well_known
from batten.facts import Fact, Store
from batten.model import ABSENT, UNKNOWN, Setting
from batten.technologies.shared.secrets import credentials, urls
from batten.technologies.shared.settings.offers import secrets
from batten.technologies.shared.settings.settings import Entry, Settings, listed

_OF_USER = re.compile(r"users\[(\d+)\]\.(\w+)")
_OF_PERMISSION = re.compile(r"permissions\[(\d+)\]\.(\w+)")
_RIGHTS = ("configure", "write", "read")
_EVERYTHING = (".*", "^.*$", "^.*", ".*$")
_SALT = 4  # bytes
_SHA256 = "rabbit_password_hashing_sha256"
_ALGORITHMS: dict[str, Callable[[bytes], bytes]] = {
    _SHA256: lambda data: hashlib.sha256(data).digest(),
    "rabbit_password_hashing_sha512": lambda data: hashlib.sha512(data).digest(),
    "rabbit_password_hashing_md5": lambda data: hashlib.md5(data, usedforsecurity=False).digest(),
}
_TRIED = ("guest", "admin", "password", "changeme", "rabbitmq", "123456", "secret", "test")
_BROKERS = re.compile(r"parameters\[\d+\]\.value\.(?:src-uri|dest-uri|uri)")


def _rows(settings: Settings, pattern: re.Pattern[str]) -> list[dict[str, Entry]]:
    found: dict[str, dict[str, Entry]] = {}
    for one in settings.entries:
        row = pattern.fullmatch(one.key)
        if row is not None:
            found.setdefault(row[1], {})[row[2]] = one
    return list(found.values())


def store(settings: Settings) -> Store:
    """What the file shows of the broker that imports it: its users, and nothing of where it listens."""
    users = _rows(settings, _OF_USER)
    return Store(
        settings.at,
        product="rabbitmq",
        authentication=Setting(UNKNOWN, settings.at),
        addresses=Setting(ABSENT, settings.at, UNKNOWN),
        port=Setting(ABSENT, settings.at, UNKNOWN),
        default_credentials=next(filter(None, map(_guessed, users)), None),
        options=dict(_options(settings, users)),
        configured_by=(settings.path,),
    )


def _guessed(user: dict[str, Entry]) -> Setting[bool] | None:
    """Whether the user's password is well known, or the name itself: a hash shows it to those who try it."""
    name, plain, hashed = (user.get(key) for key in ("name", "password", "password_hash"))
    called = name.value if name is not None else ""
    if plain is not None and not plain.templated and well_known(plain.value, called):
        return Setting(True, plain.at)
    if hashed is None or hashed.templated:
        return None
    algorithm = user.get("hashing_algorithm")
    digest = _ALGORITHMS.get(algorithm.value if algorithm is not None else _SHA256)
    matches = digest is not None and any(_is_of(hashed.value, word, digest) for word in (called, *_TRIED))
    return Setting(True, hashed.at) if matches else None


def _is_of(hashed: str, password: str, digest: Callable[[bytes], bytes]) -> bool:
    try:
        data = base64.b64decode(hashed, validate=True)
    except (binascii.Error, ValueError):
        return False
    return bool(password) and digest(data[:_SALT] + password.encode()) == data[_SALT:]


def _options(settings: Settings, users: list[dict[str, Entry]]) -> Iterator[tuple[str, Setting[str]]]:
    for user in users:
        algorithm = user.get("hashing_algorithm")
        if algorithm is not None:
            yield "hashing_algorithm", algorithm.setting
            if algorithm.value.endswith("md5"):
                break
    wide = _everywhere(settings, users)
    if wide is not None:
        yield "permissions", wide.setting


def _everywhere(settings: Settings, users: list[dict[str, Entry]]) -> Entry | None:
    """The second permission for everything of a user who is no administrator."""
    administrators = {u["name"].value for u in users if "name" in u and _administers(u)}
    seen: set[str] = set()
    for row in _rows(settings, _OF_PERMISSION):
        user = row.get("user")
        rights = [row.get(right) for right in _RIGHTS]
        everything = all(right is not None and right.value in _EVERYTHING for right in rights)
        if user is None or not everything or user.value in administrators:
            continue
        if user.value in seen:
            return row["configure"]
        seen.add(user.value)
    return None


def _administers(user: dict[str, Entry]) -> bool:
    tags = user.get("tags")
    return tags is not None and "administrator" in listed(tags.value)


def facts(settings: Settings) -> Iterator[Fact]:
    """Passwords of users that are written out, and brokers that messages are moved from and to, with theirs."""
    yield from secrets(u["password"] for u in _rows(settings, _OF_USER) if "password" in u)
    for one in settings.entries:
        if _BROKERS.fullmatch(one.key) and not one.templated:
            found = urls.connection("uri", one.value, one.at)
            if found is not None:
                yield found
            if credentials.url_password(one.value):
                yield credentials.in_config(one.at, one.key, "password in a URL")
