"""From records to what clients read: each structure of the document says which members of a record it shows, and in which form."""

from __future__ import annotations

from enum import Enum
from functools import cache
from typing import Annotated, Any, TypeVar

import msgspec
from msgspec import inspect

from batten.model import Severity
from batten.watch.api.times import shown as as_time

Shown = TypeVar("Shown", bound=msgspec.Struct)
Line = Annotated[str, msgspec.Meta(max_length=2000)]
Paragraph = Annotated[str, msgspec.Meta(max_length=20_000)]
Label = Annotated[str, msgspec.Meta(max_length=200)]
Lines = Annotated[list[Line], msgspec.Meta(max_length=1000)]


def shown(kind: type[Shown], one: object, **given: object) -> Shown:
    """A record's members of the names that `kind` has, but for those that are given: milliseconds as times, severities as words,
    longer texts and lists cut to what the document allows."""
    return kind(
        **{
            f.name: given[f.name] if f.name in given else _value(f.type, getattr(one, f.name))
            for f in _fields(kind)
        }
    )


@cache
def _fields(kind: type[msgspec.Struct]) -> tuple[inspect.Field, ...]:
    told = inspect.type_info(kind)
    assert isinstance(told, inspect.StructType)
    return told.fields


def _value(kind: inspect.Type, value: Any) -> Any:
    match kind:
        case inspect.UnionType():
            return (
                None
                if value is None
                else _value(next(t for t in kind.types if not isinstance(t, inspect.NoneType)), value)
            )
        case inspect.StructType():
            return shown(kind.cls, value)
        case inspect.ListType():
            return [_value(kind.item_type, each) for each in list(value)[: kind.max_length]]
        case inspect.DictType():
            return {_value(kind.key_type, key): _value(kind.value_type, each) for key, each in value.items()}
        case inspect.DateTimeType():
            return as_time(value)
        case inspect.StrType():
            if isinstance(value, Severity):
                word = value.label
            else:
                word = str(value.value) if isinstance(value, Enum) else str(value)
            return word[: kind.max_length]
    return value
