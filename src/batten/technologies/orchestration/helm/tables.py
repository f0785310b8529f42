"""Functions of templates that make, read and change tables and lists.

Sources: https://masterminds.github.io/sprig/dicts.html, https://masterminds.github.io/sprig/lists.html
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from batten.technologies.orchestration.helm.numbers import integer
from batten.technologies.orchestration.helm.values import (
    MOST_VALUES,
    NIL,
    UNKNOWN_VALUE,
    Data,
    Value,
    copied,
    wrapped,
)

Function = Callable[[Sequence[Value]], Value]
_MOST = 10_000  # items that a function makes


def same(one: Value, two: Value) -> bool:
    """Equality of what both hold; a whole float is the number that it means."""
    return one.plain() == two.plain() and isinstance(one.data, bool) is isinstance(two.data, bool)


def _made(arguments: Sequence[Value]) -> Value:
    pairs = zip(arguments[::2], [*arguments[1::2], Value("")], strict=False)
    return Value({k.text: v for k, v in pairs}).weighed()


def _get(arguments: Sequence[Value]) -> Value:
    table = arguments[0].data
    return table.get(arguments[1].text, Value("")) if isinstance(table, dict) else UNKNOWN_VALUE


def _has_key(arguments: Sequence[Value]) -> Value:
    table = arguments[0].data
    return Value(arguments[1].text in table) if isinstance(table, dict) else UNKNOWN_VALUE


def _put(arguments: Sequence[Value]) -> Value:
    """A table is not put into itself, which no text could show."""
    holder, value = arguments[0], arguments[2]
    if isinstance(holder.data, dict) and holder.size + value.size <= MOST_VALUES:
        inside = isinstance(value.data, (dict, list)) and _holds(value, holder.data)
        holder.data[arguments[1].text] = UNKNOWN_VALUE if inside else value
        holder.size += value.size
    return holder


def _holds(value: Value, table: Data) -> bool:
    open_, seen = [value], 0
    while open_ and seen < MOST_VALUES:
        data = open_.pop().data
        seen += 1
        if data is table:
            return True
        open_ += data.values() if isinstance(data, dict) else data if isinstance(data, list) else ()
    return bool(open_)


def _unset(arguments: Sequence[Value]) -> Value:
    if isinstance(arguments[0].data, dict):
        arguments[0].data.pop(arguments[1].text, None)
    return arguments[0]


def merged(overwrite: bool) -> Function:
    def made(arguments: Sequence[Value]) -> Value:
        for other in arguments[1:]:
            _merge(arguments[0], other, overwrite)
        return arguments[0]

    return made


def _merge(into: Value, other: Value, overwrite: bool) -> None:
    """Table by table; without `overwrite` only what is empty is filled."""
    if not isinstance(into.data, dict) or not isinstance(other.data, dict) or into.data is other.data:
        return
    for key, value in other.data.items():
        known = into.data.get(key, NIL)
        if isinstance(known.data, dict) and isinstance(value.data, dict):
            _merge(known, value, overwrite)
        elif overwrite or not (known.true or known.unknown):
            into.data[key] = value
    into.weighed()


def indexed(arguments: Sequence[Value]) -> Value:
    found = arguments[0]
    for key in arguments[1:]:
        if key.unknown:
            return UNKNOWN_VALUE
        if isinstance(found.data, dict):
            found = found.data.get(key.text, NIL)
        elif isinstance(found.data, list) and 0 <= integer(key.text) < len(found.data):
            found = found.data[integer(key.text)]
        else:
            return UNKNOWN_VALUE
    return found


def _dug(arguments: Sequence[Value]) -> Value:
    found = arguments[-1]
    for key in arguments[:-2]:
        if not isinstance(found.data, dict):
            return UNKNOWN_VALUE if found.unknown else arguments[-2]
        if key.text not in found.data:
            return arguments[-2]
        found = found.data[key.text]
    return found


def items(value: Value) -> list[Value]:
    return value.data if isinstance(value.data, list) else []


def _listed(function: Callable[[list[Value], Sequence[Value]], object]) -> Function:
    """A function of a list, its first argument, and of others."""

    def made(arguments: Sequence[Value]) -> Value:
        if arguments[0].unknown:
            return UNKNOWN_VALUE
        found = function(items(arguments[0]), arguments[1:])
        return found if isinstance(found, Value) else Value(found, arguments[0].origin).weighed()  # type: ignore[arg-type]

    return made


def _picked(keep: bool) -> Function:
    def made(arguments: Sequence[Value]) -> Value:
        names = {n.text for a in arguments[1:] for n in (items(a) or [a])}
        table = arguments[0].data if isinstance(arguments[0].data, dict) else {}
        held = {k: v for k, v in table.items() if (k in names) is keep}
        return UNKNOWN_VALUE if arguments[0].unknown else Value(held, arguments[0].origin).weighed()

    return made


def _keys(arguments: Sequence[Value]) -> Value:
    """Sorted: Go's own order is another each time."""
    if any(a.unknown for a in arguments):
        return UNKNOWN_VALUE
    return Value([Value(k) for a in arguments if isinstance(a.data, dict) for k in sorted(a.data)]).weighed()


def _values(arguments: Sequence[Value]) -> Value:
    table = arguments[0].data
    if not isinstance(table, dict):
        return UNKNOWN_VALUE
    return Value([table[k] for k in sorted(table)]).weighed()


def _plucked(arguments: Sequence[Value]) -> Value:
    key = arguments[0].text
    return Value([a.data[key] for a in arguments[1:] if isinstance(a.data, dict) and key in a.data]).weighed()


def _unique(held: list[Value], _: Sequence[Value]) -> list[Value]:
    if len(held) > _MOST // 10:
        return held
    kept: list[Value] = []
    for value in held:
        if not any(same(value, k) for k in kept):
            kept.append(value)
    return kept


def _concatenated(arguments: Sequence[Value]) -> Value:
    if any(a.unknown for a in arguments):
        return UNKNOWN_VALUE
    return Value([item for a in arguments for item in items(a)][:_MOST]).weighed()


def _sliced(held: list[Value], given: Sequence[Value]) -> list[Value]:
    first = integer(given[0].text) if given else 0
    last = integer(given[1].text) if len(given) > 1 else len(held)
    return held[first:last]


def _chunks(arguments: Sequence[Value]) -> Value:
    most, held = max(integer(arguments[0].text), 1), items(arguments[1])
    return Value([Value(held[n : n + most]).weighed() for n in range(0, len(held), most)]).weighed()


def _length(arguments: Sequence[Value]) -> Value:
    match arguments[0].data:
        case str() as word:
            return UNKNOWN_VALUE if arguments[0].vague else Value(len(word.encode()))
        case dict() | list() as held:
            return Value(len(held))
    return UNKNOWN_VALUE


def _numbers(first: int, last: int, step: int) -> Iterator[int]:
    yield from range(first, last, step)[:_MOST] if step else ()


def _until(arguments: Sequence[Value]) -> Value:
    first, last, step = ([0, *(integer(a.text) for a in arguments), 1] if len(arguments) == 1 else [integer(a.text) for a in arguments])  # fmt: skip
    step = -1 if len(arguments) == 1 and last < 0 else step
    return wrapped(list(_numbers(first, last, step)))


def _sequence(arguments: Sequence[Value]) -> Value:
    """Like the shell's seq, both ends included."""
    given = [integer(a.text) for a in arguments]
    first, last = (given[0], given[-1]) if len(given) > 1 else (1, given[0])
    step = given[1] if len(given) == 3 else (1 if last >= first else -1)
    return Value(" ".join(map(str, _numbers(first, last + (1 if step > 0 else -1), step))))


def _split(arguments: Sequence[Value]) -> list[str]:
    mark, word = arguments[0].text, arguments[-1].text
    return (
        list(word)
        if not mark
        else word.split(mark, integer(arguments[1].text) - 1 if len(arguments) > 2 else -1)
    )


def _joined(arguments: Sequence[Value]) -> Value:
    held = items(arguments[1]) if isinstance(arguments[1].data, list) else [arguments[1]]
    return Value(arguments[0].text.join(v.text for v in held if v.data is not None), arguments[1].origin)


TABLES: dict[str, Function] = {
    "dict": _made,
    "get": _get,
    "hasKey": _has_key,
    "set": _put,
    "unset": _unset,
    "merge": merged(False),
    "mergeOverwrite": merged(True),
    "deepCopy": lambda a: copied(a[0]).weighed(),
    "pick": _picked(True),
    "omit": _picked(False),
    "pluck": _plucked,
    "keys": _keys,
    "values": _values,
    "index": indexed,
    "dig": _dug,
    "len": _length,
    "list": lambda a: Value(list(a)).weighed(),
    "tuple": lambda a: Value(list(a)).weighed(),
    "first": _listed(lambda held, _: held[0] if held else NIL),
    "last": _listed(lambda held, _: held[-1] if held else NIL),
    "rest": _listed(lambda held, _: held[1:]),
    "initial": _listed(lambda held, _: held[:-1]),
    "append": _listed(lambda held, more: [*held, more[0]]),
    "push": _listed(lambda held, more: [*held, more[0]]),
    "prepend": _listed(lambda held, more: [more[0], *held]),
    "reverse": _listed(lambda held, _: held[::-1]),
    "uniq": _listed(_unique),
    "compact": _listed(lambda held, _: [v for v in held if v.true or v.unknown]),
    "without": _listed(lambda held, gone: [v for v in held if not any(same(v, g) for g in gone)]),
    "slice": _listed(_sliced),
    "concat": _concatenated,
    "chunk": _chunks,
}  # fmt: skip
LISTS: dict[str, Function] = {
    "has": lambda a: Value(any(same(a[0], v) for v in items(a[1]))),
    "sortAlpha": lambda a: Value(
        [Value(v.text, v.origin) for v in sorted(items(a[0]), key=lambda v: v.text)]
    ),
    "join": _joined,
    "splitList": lambda a: wrapped(_split(a)),
    "split": lambda a: wrapped({f"_{n}": t for n, t in enumerate(_split(a))}),
    "splitn": lambda a: wrapped({f"_{n}": t for n, t in enumerate(_split(a))}),
    "toStrings": lambda a: Value([Value(v.text, v.origin) for v in items(a[0]) if v.data is not None]),
    "until": _until,
    "untilStep": _until,
    "seq": _sequence,
}
