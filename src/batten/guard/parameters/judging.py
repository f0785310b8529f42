"""One parameter of a request, held against its schema."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import unquote

from batten.contract.parameters import FORM, Slot, Style, is_json
from batten.contract.readings import Kind
from batten.contract.strict_json import strict_json
from batten.contract.validators import Validators
from batten.guard.parameters.texts import Flaw, from_header, from_path, from_query, validator_of
from batten.guard.parameters.written import Pair, Written, consumed, values

_ARTICLES = {"array": "an", "integer": "an", "object": "an"}


def pairs_of(query: bytes) -> tuple[Pair, ...]:
    """Names that cannot be decoded stay as they are: no parameter has one of them."""
    return tuple(_pair(part) for part in query.split(b"&") if part)


def _pair(part: bytes) -> Pair:
    name, _, value = part.partition(b"=")
    try:
        return from_query(name), value
    except Flaw:
        return name.decode("latin-1"), value


class Query:
    """A query as it was sent, its pairs, and the values of each name."""

    __slots__ = ("by_name", "pairs", "raw")

    def __init__(self, raw: bytes, pairs: tuple[Pair, ...]) -> None:
        self.raw, self.pairs = raw, pairs
        self.by_name: dict[str, list[bytes]] = {}
        for name, value in pairs:
            self.by_name.setdefault(name, []).append(value)


def in_query(slot: Slot, sent: Query) -> Written:
    return Written(tuple(sent.by_name.get(slot.name, ())), sent.pairs, from_query)


def in_header(slot: Slot, headers: tuple[tuple[bytes, bytes], ...]) -> Written:
    wanted = slot.name.lower().encode("latin-1", "replace")
    texts = tuple([value.strip(b" \t") for name, value in headers if name == wanted])
    return Written(texts, (), from_header)


def in_cookies(slot: Slot, headers: tuple[tuple[bytes, bytes], ...]) -> Written:
    """Pairs are separated by `;`; an exploded array or object in style form has `&` between its own."""
    parts = [part.strip() for name, value in headers if name == b"cookie" for part in value.split(b";")]
    if slot.explode and slot.style is Style.FORM and slot.readings.kinds & {Kind.ARRAY, Kind.OBJECT}:
        parts = [piece for part in parts for piece in part.split(b"&")]
    cut = [part.partition(b"=") for part in parts if part]
    pairs = tuple([(name.decode("latin-1"), value) for name, _, value in cut])
    texts = tuple([value for name, value in pairs if name == slot.name])
    return Written(texts, pairs, from_header if slot.style is Style.COOKIE else from_path)


def in_path(slot: Slot, found: Mapping[str, str]) -> Written:
    """Raises Flaw."""
    named = {unquote(name): value for name, value in found.items()}
    if slot.name not in named:
        return Written((), (), from_path)
    raw = named[slot.name].encode("latin-1")
    if slot.style is Style.MATRIX:
        cut = [part.partition(b"=") for part in raw.split(b";")]
        pairs = tuple([(from_path(name), value) for name, _, value in cut[1:]])
        if cut[0] != (b"", b"", b"") or {n for n, _ in pairs} - set(consumed(slot, pairs, frozenset())):
            raise Flaw("is not in style matrix")
        return Written(tuple([value for name, value in pairs if name == slot.name]), pairs, from_path)
    if slot.style is Style.LABEL:
        if raw[:1] != b".":
            raise Flaw("does not begin with a period")
        raw = raw[1:]
    return Written((raw,), (), from_path)


def objection(slot: Slot, written: Written, others: frozenset[str], validators: Validators) -> str:
    """What is wrong with it, as the predicate of a sentence; "" where nothing is."""
    if slot.problem:
        return "is required" if slot.required and not (written.texts or written.pairs) else ""
    if slot.allow_empty and written.texts == (b"",):
        return ""
    try:
        found = _content(slot, written) if is_one(slot) else values(slot, written, others, validators)
    except Flaw as flaw:
        return str(flaw)
    if not found:
        return "is required" if slot.required else ""
    validator = validator_of(slot.schema, validators)
    if validator is None or any(validator.is_valid(value) for value in found):
        return ""
    # The keyword and the place of the first error, never the value.
    mismatch_value = found[0]
    failure = validator.first(mismatch_value)
    if failure is None or not failure.keyword:
        return "does not match its schema"
    parts = [str(part).replace("~", "~0").replace("/", "~1") for part in failure.at]
    where = "".join(f"/{part}" for part in parts)
    # Whether it is a text that could be read as nothing that the schema allows.
    if (
        not where
        and not is_one(slot)
        and (
            failure.keyword == "type"
            or (isinstance(mismatch_value, str) and Kind.STRING not in slot.readings.kinds)
        )
    ):
        names = [way.kind.value for way in slot.readings.ways]
        kinds = " or ".join(f"{_ARTICLES.get(name, 'a')} {name}" for name in dict.fromkeys(names)).replace(
            "a null", "null"
        )
        return f"is not {kinds}"
    return f"does not match `{failure.keyword}` of its schema" + (f" at {where}" if where else "")


def is_one(slot: Slot) -> bool:
    """Whether its value is one text of a media type, and not a form's pairs."""
    return slot.style is Style.CONTENT and slot.media_type != FORM


def _content(slot: Slot, written: Written) -> list[object]:
    """One text of a media type."""
    if not written.texts:
        return []
    if len(written.texts) > 1:
        raise Flaw("is repeated")
    text = written.decode(written.texts[0])
    if not is_json(slot.media_type):
        return [text]
    try:
        return [strict_json(text.encode())]
    except ValueError:
        raise Flaw("is not strict JSON") from None
