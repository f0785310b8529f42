"""A quick yes to all parameters of a request, put together from the checks of each."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from urllib.parse import quote, quote_plus

from batten.contract.bundles import Bundles
from batten.contract.parameters import Slot
from batten.contract.validators import Validators
from batten.guard.parameters.checks import Check, one, several
from batten.guard.parameters.texts import from_header, from_path, from_query

Headers = tuple[tuple[bytes, bytes], ...]
Fields = Mapping[bytes, bytes]
Unknown = tuple[bytes, ...]  # names in a query that no parameter has, as they were sent
Accepts = Callable[[bytes, bytes, Headers, Fields], Unknown | None]
_MOST = 8  # of them
_Arrays = dict[str, Callable[[list[bytes]], bool]]
_Named = dict[bytes, tuple[str, Check | None]]


def accepts(
    found: tuple[Slot, ...], template: str, validators: Validators, bundles: Bundles, keys: frozenset[str]
) -> Accepts | None:
    """None where a parameter is not one of the common ones. It is given a path, a query, and headers, which are also
    by name. It returns None where there may be an objection, else the names that no parameter has."""
    in_path = _of_path([s for s in found if s.location == "path"], template, validators, bundles)
    in_headers = _of_headers([s for s in found if s.location == "header"], validators, bundles)
    in_query = _of_query([s for s in found if s.location == "query"], validators, bundles)
    if in_path is None or in_headers is None or in_query is None:
        return None
    if any(slot.location in ("cookie", "querystring") for slot in found):
        return None
    named, arrays = in_query
    for key in keys:
        for spelled in _spellings(key):
            named.setdefault(spelled, (key, _anything))
    required = frozenset(slot.name for slot in found if slot.location == "query" and slot.required)
    return _together(in_path, in_headers, named, arrays, required)


def _together(
    in_path: list[tuple[int, Check]],
    in_headers: list[tuple[bytes, bool, Check]],
    named: _Named,
    arrays: _Arrays,
    required: frozenset[str],
) -> Accepts:
    query_fits = _query_fits(named, arrays, required)

    def fits(raw_path: bytes, query: bytes, headers: Headers, fields: Fields) -> Unknown | None:
        if in_path:
            parts = raw_path.split(b"/")
            for at, check in in_path:
                if not check(parts[at]):
                    return None
        if in_headers:
            if len(fields) != len(headers):
                return None
            for name, needed, check in in_headers:
                value = fields.get(name)
                if needed if value is None else not check(value):
                    return None
        return query_fits(query) if query else None if required else ()

    return fits


def _query_fits(
    named: _Named, arrays: _Arrays, required: frozenset[str]
) -> Callable[[bytes], Unknown | None]:
    find = named.get

    def fits(query: bytes) -> Unknown | None:
        unknown: Unknown = ()
        seen: dict[str, list[bytes]] = {}
        for pair in query.split(b"&"):
            name, _, value = pair.partition(b"=")
            known = find(name)
            if known is None:
                unknown = (*unknown, name)
                if len(unknown) > _MOST:
                    return None
                continue
            key, check = known
            if check is None:
                seen.setdefault(key, []).append(value)
            elif key in seen or not check(value):
                return None
            else:
                seen[key] = _NOTHING
        if arrays and not all(check(seen[key]) for key, check in arrays.items() if key in seen):
            return None
        return unknown if not required or required <= seen.keys() else None

    return fits


_NOTHING: list[bytes] = []


def _anything(raw: bytes) -> bool:
    return True


def _of_path(
    found: Iterable[Slot], template: str, validators: Validators, bundles: Bundles
) -> list[tuple[int, Check]] | None:
    """By the place of the segment that is the parameter and nothing else."""
    parts, made = template.split("/"), []
    for slot in found:
        check = one(slot, bundles, validators, from_path)
        part = f"{{{slot.name}}}"
        if check is None or parts.count(part) != 1:
            return None
        made.append((parts.index(part), check))
    return made


def _of_headers(
    found: Iterable[Slot], validators: Validators, bundles: Bundles
) -> list[tuple[bytes, bool, Check]] | None:
    made = []
    for slot in found:
        check = one(slot, bundles, validators, from_header)
        if check is None:
            return None
        made.append((slot.name.lower().encode("latin-1", "replace"), slot.required, check))
    return made


def _of_query(
    found: Iterable[Slot], validators: Validators, bundles: Bundles
) -> tuple[_Named, _Arrays] | None:
    named: _Named = {}
    arrays: _Arrays = {}
    for slot in found:
        check = one(slot, bundles, validators, from_query)
        if check is None:
            array = several(slot, validators)
            if array is None:
                return None
            arrays[slot.name] = array
        named.update(dict.fromkeys(_spellings(slot.name), (slot.name, check)))
    return named, arrays


def _spellings(name: str) -> set[bytes]:
    """How a name is usually written; in any other way it is judged with more care."""
    plain = name.encode("ascii", "ignore")
    usual = {quote(name, safe="").encode(), quote_plus(name).encode()}
    return usual if plain != name.encode() or set(plain) & set(b"%+&=") else {*usual, plain}
