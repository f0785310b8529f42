"""The edge's answers and headers put into the operations of a contract, and their components into its first file."""

from __future__ import annotations

from collections.abc import Iterable

from batten.contract import Contract, Place
from batten.contract.operations import OF_EDGE, is_of_edge
from batten.engine.hardening.contract import components
from batten.engine.hardening.contract.answers import (
    Engine,
    is_secured,
    name_of,
    range_of,
    statuses,
)
from batten.engine.hardening.contract.editing import Editing
from batten.formats.tree import Plain
from batten.harden import HardenProblem
from batten.harden.documents import MEDIA
from batten.harden.edge import Edge

_Object = dict[str, Plain]
_BEFORE_PATHS = ("paths", "webhooks")
_OWN_4 = ("400", "405", "408", "413", "414", "429", "431", "4XX", "4xx", "default")


def put_answers(editing: Editing, edge: Edge, engine: Engine) -> None:
    """Raises HardenProblem where the contract's components cannot be extended."""
    contract = editing.contract
    is_2 = contract.version.startswith("2.")
    # By the place of an operation, which several paths may share.
    missing: dict[Place, list[str]] = {}
    for operation in contract.operations:
        lacking = missing.setdefault(operation.place, [])
        lacking += [s for s in statuses(operation, edge, engine, not is_2) if s not in lacking]
    used = {status for found in missing.values() for status in found}
    names = _names(editing, is_2, used)
    if edge.cors is not None and engine.says:
        _put_origin(editing, edge, is_2, names)
    if engine.says and not is_2:
        _put_problems(editing, names)
    known = {operation.place: set(operation.of_edge) for operation in contract.operations}
    for place, wanted in missing.items():
        new = [status for status in wanted if status not in known[place]]
        answers = {s: _named(editing, place, s, names, is_2) for s in new}
        value = _value(editing.contract, place)
        if isinstance(value, dict) and "responses" in value:
            editing.add(place / "responses", answers)
        else:
            editing.add(place, {"responses": answers})
    made = components.responses(used, edge, engine, is_2, names)
    groups: dict[str, dict[str, _Object]] = {"responses": made}
    if engine.says:
        groups["definitions" if is_2 else "schemas"] = {names[components.PROBLEM]: components.schema()}
        if edge.cors is not None and not is_2:
            groups["headers"] = {names[components.ALLOW_ORIGIN]: components.origin(edge, is_2)}
    _put_components(editing, groups, is_2)


def _names(editing: Editing, is_2: bool, used: Iterable[str]) -> dict[str, str]:
    """What each component is called: by its own name, or by the first with a number that is not somebody else's."""
    home = editing.contract.references.sources.files.get(editing.home)
    document = home.data if home is not None else None
    known = document if isinstance(document, dict) else {}
    top = known if is_2 else known.get("components")
    groups = {components.PROBLEM: "definitions" if is_2 else "schemas", components.ALLOW_ORIGIN: "headers"}
    wanted = {**groups, **{name_of(status): "responses" for status in used}}
    return {
        name: _free(name, top.get(group) if isinstance(top, dict) else None) for name, group in wanted.items()
    }


def _free(name: str, group: Plain) -> str:
    known = group if isinstance(group, dict) else {}
    number, found = 1, name
    while found in known and not is_of_edge(known[found]):
        number += 1
        found = f"{name}{number}"
    return found


def _put_origin(editing: Editing, edge: Edge, is_2: bool, names: dict[str, str]) -> None:
    """The CORS header, for all answers of the API."""
    pointer = f"/components/headers/{names[components.ALLOW_ORIGIN]}"
    told = set[Place]()
    for operation in editing.contract.operations:
        for distinct_response in operation.responses.values():
            if distinct_response.known and distinct_response.place not in told:
                told.add(distinct_response.place)
                response = distinct_response
                value = _value(editing.contract, response.place)
                declared = value.get("headers") if isinstance(value, dict) else None
                known = declared if isinstance(declared, dict) else {}
                if any(name.lower() == components.ALLOW_ORIGIN.lower() for name in known) or "$ref" in known:
                    continue
                header = components.origin(edge, is_2) if is_2 else editing.reference(response.place, pointer)
                if declared is None:
                    entry: _Object = {"headers": {components.ALLOW_ORIGIN: header}}
                    editing.add(response.place, entry, before=("content", "schema", "links"))
                else:
                    editing.add(response.place / "headers", {components.ALLOW_ORIGIN: header})


def _value(contract: Contract, place: Place) -> Plain:
    return contract.references.sources.files[place.source].value(place.tokens)


def _put_problems(editing: Editing, names: dict[str, str]) -> None:
    """The edge's document beside what the API says itself of errors that the edge has, too."""
    pointer = f"/components/schemas/{names[components.PROBLEM]}"
    told = set[Place]()
    for operation in editing.contract.operations:
        for status, response in operation.responses.items():
            own = status in _OWN_4 or status[:1] == "5"
            if not own or not response.media or response.place in told:
                continue
            told.add(response.place)
            content = _value(editing.contract, response.place / "content")
            known = content if isinstance(content, dict) else {}
            if not any(
                name.partition(";")[0].strip().lower() in (MEDIA, "*/*", "application/*") for name in known
            ):
                at = response.place / "content"
                media: Plain = {OF_EDGE: True, "schema": editing.reference(at, pointer)}
                editing.add(at, {MEDIA: media})


def _named(editing: Editing, place: Place, status: str, names: dict[str, str], is_2: bool) -> Plain:
    group = "/responses" if is_2 else "/components/responses"
    return editing.reference(place, f"{group}/{names[name_of(status)]}")


def repeat_refusals(editing: Editing) -> None:
    """401 by its own name, where the API declares it together with its other refusals."""
    told = set[Place]()
    for operation in editing.contract.operations:
        name = range_of(operation)
        if not name or not is_secured(operation) or "401" in operation.responses or operation.place in told:
            continue
        told.add(operation.place)
        value = _value(editing.contract, operation.place / "responses" / name)
        editing.add(operation.place / "responses", {"401": value})


def _put_components(editing: Editing, groups: dict[str, dict[str, _Object]], is_2: bool) -> None:
    whole = Place(editing.home)
    top = whole if is_2 else whole / "components"
    filled: dict[str, Plain] = {group: {**entries} for group, entries in groups.items() if entries}
    if editing.home not in editing.contract.references.sources.files:
        editing.make({OF_EDGE: True, **filled} if is_2 else {OF_EDGE: True, "components": filled})
        return
    if not is_2 and "components" not in editing.top(editing.home):
        editing.add(whole, {"components": filled}, _BEFORE_PATHS)
        return
    if editing.is_null(top):
        editing.put(whole, "components", filled)
        return
    holder = editing.mapping(top)
    if holder is None or "$ref" in holder:
        raise _unwritable(editing, top)
    for group in [name for name in filled if name in holder]:
        if editing.is_null(top / group):
            editing.put(top, group, filled[group])
            continue
        if editing.mapping(top / group) is None:
            raise _unwritable(editing, top / group)
        for name, value in groups[group].items():
            editing.put(top / group, name, value)
    new = {name: value for name, value in filled.items() if name not in holder}
    if new:
        editing.add(top, new, _BEFORE_PATHS if is_2 else ())


def _unwritable(editing: Editing, place: Place) -> HardenProblem:
    at = editing.contract.block(place)
    return HardenProblem(
        f"{at.source}: nothing can be added to {at.pointer}; write it out as a mapping there"
    )
