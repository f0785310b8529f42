"""The parameters of one operation, ready to be asked: a quick yes, or what is wrong."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from batten.contract import Operation
from batten.contract.bundles import Bundles
from batten.contract.matcher import Matcher
from batten.contract.parameters import Slot, slots
from batten.contract.validators import Validators
from batten.guard.parameters import judging
from batten.guard.parameters.quick import Accepts, Fields, Headers, Unknown, accepts
from batten.guard.parameters.texts import Flaw, from_path, from_query
from batten.guard.parameters.written import Pair, Written, consumed
from batten.guard.traffic.plain_names import is_plain
from batten.masking import filtered
from batten.model.record import record

MOST_TOLD = 10  # undeclared names of one request


MOST_NAMES = 50  # of one operation; clients choose them, so there must be an end
OTHERS = "(others)"
_NAME = re.compile(r"[$@]?([A-Za-z_-]{1,32})(?:\.[A-Za-z_-]{1,32})?[0-9]{0,2}")


@dataclass(slots=True)
class Names:
    _told: set[str] = field(default_factory=set)

    def told(self, name: str) -> str:
        """The name as it is counted: itself if it reads like one that a programmer gave, without what is in its
        brackets."""
        head, bracket, _ = name.partition("[")
        shown = f"{head}[]" if bracket else head
        if shown not in self._told:
            if len(self._told) >= MOST_NAMES or not _is_plain(head):
                return OTHERS
            self._told.add(shown)
        return shown


def _is_plain(name: str) -> bool:
    found = _NAME.fullmatch(name)
    return found is not None and is_plain(found[1]) and filtered(name) == name


@record
class Complaint:
    """`detail` is a sentence without anything that the client sent; `name` is that of an undeclared parameter."""

    detail: str
    name: str = ""


@dataclass(slots=True, eq=False)
class Inputs:
    """`accepts` returns names of the query that seem unknown, where there are no complaints; None says nothing. `asks`
    is whether a request without a query can be wrong, `keys` are the query parameters of security schemes."""

    slots: tuple[Slot, ...]
    keys: frozenset[str]
    asks: bool
    takes_all: bool  # of an operation that is not in the contract: nothing is undeclared
    _matcher: Matcher = field(repr=False)
    _validators: Validators = field(repr=False)
    _owned: frozenset[str]
    accepts: Accepts = field(init=False, repr=False)
    _names: Names = field(default_factory=Names, repr=False)

    def is_good(self, raw_path: bytes, query: bytes, headers: Headers, fields: Fields) -> Unknown | None:
        """`accepts`, where the quick checks do not know every parameter."""
        if (query and self.unknown(query)) or next(
            self.complaints(raw_path, query, headers), None
        ) is not None:
            return None
        return ()

    def complaints(self, raw_path: bytes, query: bytes, headers: Headers) -> Iterator[Complaint]:
        """What is wrong with declared parameters, in the order of the contract."""
        sent = judging.Query(query, judging.pairs_of(query))
        for slot in self.slots:
            try:
                written = self._written(slot, raw_path, sent, headers)
                wrong = judging.objection(slot, written, self._owned, self._validators)
            except Flaw as flaw:
                wrong = str(flaw)
            if wrong:
                named = (
                    "The query"
                    if slot.location == "querystring"
                    else f"The {slot.location} parameter `{slot.name}`"
                )
                yield Complaint(f"{named} {wrong}.")

    def _written(self, slot: Slot, raw_path: bytes, sent: judging.Query, headers: Headers) -> Written:
        match slot.location:
            case "path":
                found = self._matcher.match(raw_path.decode("latin-1"))
                return judging.in_path(slot, found.parameters if found is not None else {})
            case "query":
                return judging.in_query(slot, sent)
            case "header":
                return judging.in_header(slot, headers)
            case "cookie":
                return judging.in_cookies(slot, headers)
        raw = (sent.raw,) if sent.raw else ()
        return Written(raw, sent.pairs, from_path if judging.is_one(slot) else from_query)

    def undeclared(self, query: bytes) -> Iterator[Complaint]:
        """Names in the query that the contract does not declare, each once."""
        names = dict.fromkeys(map(self._names.told, self.unknown(query)))
        for name in list(names)[:MOST_TOLD]:
            yield Complaint("The query has a parameter that is not declared.", name)

    def unknown(self, query: bytes) -> list[str]:
        """Names that the contract does not declare, decoded."""
        if self.takes_all:
            return []
        pairs = judging.pairs_of(query)
        declared = self._declared(pairs)
        return [name for name, _ in pairs if name not in declared]

    def stripped(self, query: bytes) -> bytes:
        """Without undeclared parameters; what stays is not written in another way."""
        declared = self._declared(judging.pairs_of(query))
        return b"&".join(
            part for part in query.split(b"&") if part and judging.pairs_of(part)[0][0] in declared
        )

    def _declared(self, pairs: tuple[Pair, ...]) -> set[str]:
        declared = set(self.keys)
        for slot in self.slots:
            if slot.location == "querystring" and judging.is_one(slot):
                declared.update(name for name, _ in pairs)
            elif slot.location in ("query", "querystring"):
                declared.update(consumed(slot, pairs, self._owned))
        return declared


def inputs(
    operation: Operation,
    validators: Validators,
    bundles: Bundles,
    keys: frozenset[str],
    takes_all: bool = False,
    loose: bool = False,
) -> Inputs:
    """`keys` are the query parameters of security schemes, `loose` is of booleans."""
    found = slots(validators.contract, operation, loose)
    owned = keys | {slot.name for slot in found if slot.location == "query"}
    asks, matcher = any(map(_asks, found)), Matcher((operation,))
    made = Inputs(found, keys, asks, takes_all, matcher, validators, frozenset(owned))
    quick = None if takes_all else accepts(found, operation.path, validators, bundles, keys)
    made.accepts = quick or made.is_good
    return made


def _asks(slot: Slot) -> bool:
    return slot.required or slot.location in ("header", "cookie")
