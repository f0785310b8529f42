"""A contract's files as they are written, for those who look at what a reader passed over."""

from __future__ import annotations

from batten.contract import Contract, Place
from batten.contract.keywords import Flaw, shown
from batten.contract.references import MOST_HOPS
from batten.formats.tree import Plain

Object = dict[str, Plain]


def written(contract: Contract, place: Place) -> Plain:
    """The value at a place; None where there is none."""
    try:
        return contract.references.sources.files[place.source].value(place.tokens)
    except LookupError:
        return None


def resolved(contract: Contract, value: Plain, place: Place, noun: str) -> tuple[Object, Place, Flaw | None]:
    """The object at a place, or what its references lead to; with a flaw where there is none."""
    for _ in range(MOST_HOPS):
        if not isinstance(value, dict):
            message = f"{noun} is {shown(value)}, not an object"
            return {}, place, Flaw(place, message, "write it, or remove its key")
        if "$ref" not in value:
            return value, place, None
        target = contract.references.target(value["$ref"], place)
        if target is None:
            break
        value, place, last = target.value, target.place, place
    else:
        place = last
    broken = contract.references.why(value.get("$ref"), place) if isinstance(value, dict) else None
    message, hint = (str(broken), broken.hint) if broken is not None else ("", "")
    return {}, place, Flaw(place / "$ref", message, hint)


def member(contract: Contract, holder: Object, place: Place, key: str) -> tuple[Object, Place, Flaw | None]:
    """An object's member that is an object; an empty one where it is absent."""
    if key not in holder:
        return {}, place / key, None
    return resolved(contract, holder[key], place / key, f"`{key}`")
