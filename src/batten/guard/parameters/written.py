"""What a request has of one parameter, in every style: its text, the items of an array, the members of an object."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator

from batten.contract.parameters import Slot, Style
from batten.contract.readings import SCALARS, TEXT, Kind, Way
from batten.contract.validators import Validators
from batten.guard.parameters.brackets import deep
from batten.guard.parameters.texts import Flaw, read
from batten.model.record import record

Pair = tuple[str, bytes]  # a name, decoded, and a value, not decoded

_SPLIT = {
    " ": re.compile(rb"%20|\+"),
    "\t": re.compile(rb"%09"),
    "|": re.compile(rb"\||%7[Cc]"),
    ",": re.compile(rb","),
    ".": re.compile(rb"\."),
}
# In these an exploded array or object makes several values of one.
_SEVERAL = frozenset(
    (Style.FORM, Style.COOKIE, Style.MATRIX, Style.SPACE, Style.PIPE, Style.TAB, Style.CONTENT)
)


@record
class Written:
    """`texts` are the values under the parameter's own name; `pairs` is everything of its location that has a name."""

    texts: tuple[bytes, ...]
    pairs: tuple[Pair, ...]
    decode: Callable[[bytes], str]


def is_several(slot: Slot) -> bool:
    return slot.explode and slot.style in _SEVERAL


def consumed(slot: Slot, pairs: Iterable[Pair], others: frozenset[str]) -> Iterator[str]:
    """The names that belong to a parameter; `others` are those that other parameters own."""
    if slot.style is Style.DEEP:
        yield from (name for name, _ in pairs if name.startswith(f"{slot.name}["))
    if slot.style is not Style.DEEP or slot.readings.kinds & SCALARS:
        yield slot.name
    if is_several(slot):
        for way in slot.readings.ways:
            if way.kind is Kind.OBJECT:
                yield from (name for name, _ in pairs if _takes(way, name, others))


def _takes(way: Way, name: str, others: frozenset[str]) -> bool:
    return name in way.members or (way.takes_others and name not in others)


def values(slot: Slot, written: Written, others: frozenset[str], validators: Validators) -> list[object]:
    """What it may mean, one value for each kind that it may be; none where it is absent. Raises Flaw."""
    found: list[object] = []
    flaws: list[Flaw] = []
    for attempt in _attempts(slot, written, others, validators):
        try:
            value = attempt()
        except Flaw as flaw:
            flaws.append(flaw)
        else:
            found += [value] if value is not _ABSENT else []
    if flaws and not found:
        raise flaws[0]
    return found


_ABSENT = object()


def _attempts(
    slot: Slot, written: Written, others: frozenset[str], validators: Validators
) -> Iterator[Callable[[], object]]:
    has_own, ways = bool(written.texts), slot.readings.ways
    if has_own and slot.readings.kinds & SCALARS:
        yield lambda: read(slot.readings, written.decode(_one(written)), validators)
    for way in ways:
        if slot.style is Style.DEEP and way.kind not in SCALARS:
            yield lambda way=way: _deep(slot, way, written, validators)  # type: ignore[misc]
        elif way.kind is Kind.ARRAY and has_own:
            yield lambda way=way: _array(slot, way, written, validators)  # type: ignore[misc]
        elif way.kind is Kind.OBJECT:
            yield lambda way=way: _object(slot, way, written, others, validators)  # type: ignore[misc]


def _deep(slot: Slot, way: Way, written: Written, validators: Validators) -> object:
    start, prefix = len(slot.name), f"{slot.name}["
    own = [(name[start:], written.decode(raw)) for name, raw in written.pairs if name.startswith(prefix)]
    return deep(way, own, validators) if own else _ABSENT


def _one(written: Written) -> bytes:
    if len(written.texts) > 1:
        raise Flaw("is repeated")
    return written.texts[0]


def _array(slot: Slot, way: Way, written: Written, validators: Validators) -> object:
    pieces = written.texts if is_several(slot) else _pieces(slot, written)
    return [read(way.items or TEXT, written.decode(piece), validators) for piece in pieces]


def _pieces(slot: Slot, written: Written) -> list[bytes]:
    """Delimiters within an item are encoded, so it is decoded after it is split. Header lines of one name are one list
    (RFC 9110, 5.3), with optional blanks around its items (5.6.1)."""
    if slot.location == "header":
        return [piece.strip(b" \t") for piece in b",".join(written.texts).split(b",")]
    return _SPLIT[slot.separator].split(_one(written))


def _object(slot: Slot, way: Way, written: Written, others: frozenset[str], validators: Validators) -> object:
    if is_several(slot):
        pairs = [(name, raw) for name, raw in written.pairs if _takes(way, name, others)]
        return _members(way, pairs, written.decode, validators) if pairs else _ABSENT
    if not written.texts:
        return _ABSENT
    pieces = _pieces(slot, written)
    if slot.explode:
        cut = [piece.partition(b"=") for piece in pieces]
        if not all(sign for _, sign, _ in cut):
            raise Flaw("has a member without a value")
        named = [(name, value) for name, _, value in cut]
    else:
        if len(pieces) % 2:
            raise Flaw("has a member without a value")
        named = list(zip(pieces[::2], pieces[1::2], strict=True))
    return _members(way, [(written.decode(n), v) for n, v in named], written.decode, validators)


def _members(
    way: Way, pairs: list[Pair], decode: Callable[[bytes], str], validators: Validators
) -> dict[str, object]:
    """A name that stands more than once is an array where the schema has one."""
    grouped: dict[str, list[bytes]] = {}
    for name, raw in pairs:
        grouped.setdefault(name, []).append(raw)
    made: dict[str, object] = {}
    for name, raws in grouped.items():
        readings = way.members.get(name) or way.others or TEXT
        texts = [decode(raw) for raw in raws]
        array = next((way for way in readings.ways if way.kind is Kind.ARRAY), None)
        if array is not None:
            made[name] = [read(array.items or TEXT, text, validators) for text in texts]
        else:
            if len(texts) > 1:
                raise Flaw("repeats a member")
            made[name] = read(readings, texts[0], validators)
    return made
