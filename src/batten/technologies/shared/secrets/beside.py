"""Whose password a variable is, as the variables beside it say."""

from __future__ import annotations

import re
from collections.abc import Mapping

_PASSWORD = re.compile(r"(?:PASSWORD|PASSWD|PASS|PWD)\Z")
_USERS = ("USER", "USERNAME", "USER_NAME", "LOGIN")
_DATABASES = ("NAME", "DATABASE", "DATABASE_NAME", "DB", "DBNAME", "DB_NAME", "SCHEMA")
# Variables of a client of a store. Those that the images of stores read open the store itself, and those of an `ADMIN_` the product.
_OF_A_CLIENT = re.compile(r"(?:\w*_)?(?:DB|DATABASE|DATASOURCE|SQL)_?(?:PASSWORD|PASSWD|PASS|PWD)")


def user_of(name: str, value: str, beside: Mapping[str, str]) -> str:
    """The user whose password the variable is, by the beginning of its name: `DB_USERNAME` beside `DB_PASSWORD`; the database
    where the password is its name."""
    begin = _PASSWORD.sub("", name)
    if begin == name:
        return ""
    named = [beside[begin + end] for end in (*_USERS, *_DATABASES) if begin + end in beside]
    return next((one for one in named if one.lower() == value.lower()), named[0] if named else "")


def repeats(name: str, value: str, user: str) -> bool:
    """Whether the password of a client says nothing that its user or database does not say, too."""
    return user != "" and value.strip().lower() == user.lower() and _OF_A_CLIENT.fullmatch(name) is not None
