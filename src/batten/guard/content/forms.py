"""URL-encoded forms as the object that their schema describes: the styles of `encoding` are those of query parameters."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from batten.contract import Contract, Encoding, Media, Parameter
from batten.contract.parameters import Slot, slot
from batten.contract.readings import SCALARS
from batten.contract.strict_json import strict_json
from batten.contract.validators import Validators
from batten.guard.content.leaves import leaf
from batten.guard.content.unreadable import Unreadable
from batten.guard.content.views import View
from batten.guard.parameters.texts import from_query, validator_of
from batten.guard.parameters.written import Pair, Written, consumed, values

MOST_PAIRS = 1_000  # PHP reads no more, and says nothing
# What browsers send. Some readers take a bare `;` for `&` (HTML 4, B.2.2), so no client may send one.
_STRAY = re.compile(rb"[^!-:<-~]")
MOST_ITEMS = 10_000  # of an array in one field
_NOTHING = Encoding()


@dataclass(slots=True)
class Form:
    """One media type's form. `slots` are its properties, `json` those whose text is JSON. `problem` is why it cannot be
    judged."""

    view: View
    slots: tuple[Slot, ...]
    json: frozenset[str]
    problem: str
    _owned: frozenset[str] = field(init=False)

    def __post_init__(self) -> None:
        self._owned = frozenset(one.name for one in self.slots) | self.json

    def value(self, body: bytes, validators: Validators) -> dict[str, object]:
        """Raises ValueError."""
        pairs = pairs_of(body)
        made: dict[str, object] = {}
        taken: set[str] = set(self.json)
        by_name: dict[str, list[bytes]] = {}
        for name, raw in pairs:
            by_name.setdefault(name, []).append(raw)
        for one in self.slots:
            taken.update(consumed(one, pairs, self._owned))
            # What is split at a separator, which may be written as an escape, has an end.
            if not one.readings.kinds <= SCALARS and not one.explode:
                for bound_raw in by_name.get(one.name, ()):
                    if sum(map(bound_raw.count, (b",", b"|", b"+", b"%"))) > MOST_ITEMS:
                        raise Unreadable(f"an array has more than {MOST_ITEMS} items")
            written = Written(tuple(by_name.get(one.name, ())), pairs, from_query)
            found = values(one, written, self._owned, validators)
            if found:
                made[one.name] = _fitting(one, found, validators)
        for name in self.json & by_name.keys():
            texts = [from_query(raw).encode() for raw in by_name[name]]
            if self.view.properties[name].leads == "array":
                made[name] = [strict_json(text) for text in texts]
            else:
                if len(texts) > 1:
                    raise Unreadable("a field is repeated, but its property is not an array")
                made[name] = strict_json(texts[0])
        for name, raws in by_name.items():
            if name not in taken:
                made[name] = self._undeclared(name, raws, validators)
        return made

    def _undeclared(self, name: str, raws: list[bytes], validators: Validators) -> object:
        """Many servers make of `a[b]=1` a part of `a`, which the schema declares as something else."""
        if name.partition("[")[0] in self._owned:
            raise Unreadable("a field is written in brackets, but is not declared so")
        texts = [from_query(raw) for raw in raws]
        rest = self.view.rest
        read = texts if rest is None else [leaf(text, rest, validators) for text in texts]
        return read[0] if len(read) == 1 else read


def form_of(contract: Contract, media: Media, view: View) -> Form:
    """How forms of a media type are read."""
    made: list[Slot] = []
    json: set[str] = set()
    for name, sub in view.properties.items():
        encoding = media.encoding.get(name, _NOTHING)
        # Objects, and those in arrays, unless a style is written (OpenAPI 3.1.1, 4.8.15).
        if encoding.style or encoding.explode is not None:
            is_json = False
        elif encoding.content_type:
            is_json = encoding.content_type.partition(";")[0].strip().lower().endswith("json")
        else:
            held = sub.items if sub.leads == "array" else sub
            is_json = held is not None and held.leads != "leaf"
        if is_json:
            json.add(name)
        else:
            # A property as if it were in the query. In OpenAPI 2.0 it says itself how an array is written.
            written = sub.first("collectionFormat")
            style = encoding.style or (written if isinstance(written, str) else "")
            made.append(
                slot(
                    contract,
                    Parameter(
                        name,
                        "query",
                        False,
                        sub.schema,
                        sub.schema.place,
                        style=style,
                        explode=encoding.explode,
                    ),
                )
            )
    problem = next((one.problem for one in made if one.problem), "")
    return Form(view, tuple(made), frozenset(json), problem)


def _fitting(one: Slot, found: list[object], validators: Validators) -> object:
    """Of several readings the one that the schema allows."""
    if len(found) > 1:
        validator = validator_of(one.schema, validators)
        if validator is not None:
            return next((value for value in found if validator.is_valid(value)), found[0])
    return found[0]


def pairs_of(body: bytes) -> tuple[Pair, ...]:
    """Raises Unreadable, and Flaw for what cannot be decoded."""
    if _STRAY.search(body):
        raise Unreadable("it contains a character that forms encode")
    if b"%00" in body:
        raise Unreadable("it contains a NUL")
    parts = body.split(b"&")
    if len(parts) > MOST_PAIRS:
        raise Unreadable(f"it has more than {MOST_PAIRS} fields")
    cut = [part.partition(b"=") for part in parts if part]
    made = tuple([(from_query(name), value) for name, _, value in cut])
    return made
