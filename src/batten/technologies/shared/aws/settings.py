"""Values of a resource as settings of a type: what is of another type is UNKNOWN."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from batten.model import ABSENT, UNKNOWN, Absent, Setting, Unknown
from batten.technologies.shared.aws.resource import Resource, Value

T = TypeVar("T")


def path(key: str) -> tuple[str, ...]:
    return tuple(key.split("/")) if key else ()


def setting(
    resource: Resource, key: str, read: Callable[[Value], T | Unknown], default: T | Absent | Unknown = ABSENT
) -> Setting[T]:
    """What is at `key` ("/" between nested blocks), read as a type."""
    held = resource.value(*path(key))
    if held.value is ABSENT:
        outer = path(key)[:1]
        sure = "/" not in key or resource.whole(*outer)
        return Setting(ABSENT, held.at, default) if sure else Setting(UNKNOWN, held.at)
    return Setting(UNKNOWN if isinstance(held.value, Absent | Unknown) else read(held.value), held.at)


def truth(value: Value) -> bool | Unknown:
    if isinstance(value, bool):
        return value
    word = value.lower() if isinstance(value, str) else ""
    return word == "true" if word in ("true", "false") else UNKNOWN


def text(value: Value) -> str | Unknown:
    return value if isinstance(value, str) else UNKNOWN


def number(value: Value) -> int | Unknown:
    if isinstance(value, str):
        return int(value) if value.lstrip("-").isdecimal() and len(value) < 20 else UNKNOWN
    if isinstance(value, bool) or not isinstance(value, int | float) or value != value // 1:
        return UNKNOWN
    return int(value)


def words(value: Value) -> tuple[str, ...] | Unknown:
    """One text, or a list of texts."""
    if isinstance(value, str):
        return (value,)
    if not isinstance(value, list):
        return UNKNOWN
    known = tuple(item for item in value if isinstance(item, str))
    return known if len(known) == len(value) else UNKNOWN


def of(resource: Resource, terraform: str, cloudformation: str) -> str:
    """The one of two spellings that a resource's language has."""
    return terraform if resource.language == "terraform" else cloudformation


def written(resource: Resource, *keys: str) -> bool:
    return any(resource.value(*path(key)).value is not ABSENT for key in keys if key)


def present(resource: Resource, key: str) -> Setting[bool]:
    """Whether a block or map is there at all."""
    inner = next(resource.each(*path(key)), None)
    if inner is not None:
        return Setting(True, inner.block())
    held = resource.value(*path(key))
    if held.value is not ABSENT:
        return Setting(True, held.at)
    return Setting(ABSENT, held.at, False) if resource.whole(*path(key)) else Setting(UNKNOWN, held.at)
