"""What of one operation cannot be judged."""

from __future__ import annotations

import re
from collections.abc import Iterator

from batten.contract import Contract, Operation, Place, Schema
from batten.contract.dialect import Direction
from batten.contract.keywords import Flaw, shown
from batten.contract.parameters import slots
from batten.formats.tree import Plain
from batten.guard.usable.documents import required_names, security_shape
from batten.guard.usable.reading import Object, member, resolved, written
from batten.guard.usable.servers import server_flaws

_TOKEN = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
_MEDIA_TYPE = re.compile(rf"\s*{_TOKEN}/{_TOKEN}\s*(?:;.*)?", re.DOTALL)
_STATUS = re.compile(r"[1-5](?:[0-9]{2}|XX|xx)|default")
_LOCATIONS = ("query", "path", "header", "cookie")
_STYLES = {
    "path": ("simple", "label", "matrix"),
    "query": ("form", "spaceDelimited", "pipeDelimited", "deepObject"),
    "header": ("simple",),
    "cookie": ("form", "cookie"),
    "querystring": (),
}
_FORMATS = ("csv", "ssv", "tsv", "pipes", "multi")
_KINDS = ("apiKey", "http", "oauth2", "openIdConnect", "mutualTLS")


def operation_flaws(contract: Contract, operation: Operation) -> Iterator[Flaw]:
    """All but its schemas."""
    value, place = written(contract, operation.place), operation.place
    if not isinstance(value, dict):
        return
    item = Place(place.source, place.tokens[: -2 if "additionalOperations" in place.tokens[-2:-1] else -1])
    shared = written(contract, item)
    if isinstance(shared, dict):
        yield from _parameters(contract, shared, item)
    yield from server_flaws(contract, value, place)
    yield from _parameters(contract, value, place)
    if contract.version.startswith("2."):
        root = Place(contract.path)
        for holder, at in ((value, place), (written(contract, root), root)):
            for key in ("consumes", "produces"):
                declared = holder.get(key) if isinstance(holder, dict) else None
                if declared is None:
                    continue
                if not isinstance(declared, list):
                    yield Flaw(at / key, f"`{key}` is {shown(declared)}, not a list", "list media types")
                    continue
                for index, name in enumerate(declared):
                    if not isinstance(name, str) or _MEDIA_TYPE.fullmatch(name) is None:
                        yield _media_type(str(name), at / key / str(index))
    elif "requestBody" in value:
        yield from _body(contract, value, place)
    yield from _responses(contract, value, place)
    if "security" in value:
        yield from security_shape(value["security"], place / "security")
    yield from _schemes(contract, operation)
    # Parameters whose values have no meaning that is defined.
    for slot in slots(contract, operation):
        if slot.problem:
            message = f"the {slot.location} parameter {shown(slot.name)} cannot be judged: {slot.problem}"
            yield Flaw(
                slot.place, message, "declare it with `content: {application/json: …}`, or in another style"
            )


def schemas_of(operation: Operation) -> Iterator[tuple[Schema, Direction]]:
    """Everything that its requests and answers are held against."""
    for parameter in operation.parameters:
        if parameter.schema is not None:
            yield parameter.schema, Direction.REQUEST
    for media in operation.body.media.values() if operation.body is not None else ():
        if media.schema is not None:
            yield media.schema, Direction.REQUEST
    for response in operation.responses.values():
        for media in response.media.values():
            if media.schema is not None:
                yield media.schema, Direction.RESPONSE
        for header in response.headers.values():
            if header.schema is not None:
                yield header.schema, Direction.RESPONSE


def _parameters(contract: Contract, holder: Object, place: Place) -> Iterator[Flaw]:
    declared, at = holder.get("parameters"), place / "parameters"
    if declared is None:
        return
    if not isinstance(declared, list):
        yield Flaw(at, f"`parameters` is {shown(declared)}, not a list", "list the parameters")
        return
    seen: dict[tuple[str, str], Object] = {}
    for index, entry in enumerate(declared):
        value, where, flaw = resolved(contract, entry, at / str(index), "the parameter")
        if flaw is None:
            name, location = value.get("name"), value.get("in")
            if not isinstance(name, str) or not name:
                flaw = Flaw(where, "the parameter has no `name`", "add its `name`")
            else:
                more = ("body", "formData") if contract.version.startswith("2.") else ("querystring",)
                if location not in (*_LOCATIONS, *more):
                    flaw = Flaw(
                        where,
                        f"the parameter {shown(name)} is in {shown(location)}",
                        f"write one of {', '.join((*_LOCATIONS, *more))}",
                    )
                else:
                    other = seen.setdefault((name, str(location)), value)
                    if other is not value and other != value:
                        flaw = Flaw(
                            where,
                            f"the parameter {shown(name)} is declared twice, differently",
                            "keep one of the two",
                        )
                    else:
                        flaw = _shape(contract, value, where, name, str(location))
        if flaw is not None:
            yield flaw


def _shape(contract: Contract, value: Object, place: Place, name: str, location: str) -> Flaw | None:
    """How it is written in a request."""
    is_2 = contract.version.startswith("2.")
    key, allowed = ("collectionFormat", _FORMATS) if is_2 else ("style", _STYLES[location])
    written_as = value.get(key)
    if written_as is not None and written_as not in allowed:
        message = f"the parameter {shown(name)} has the {key} {shown(written_as)}"
        return Flaw(
            place / key, message, f"write one of {', '.join(allowed)}" if allowed else f"remove `{key}`"
        )
    for flag in ("required", "explode", "allowReserved", "allowEmptyValue"):
        if flag in value and not isinstance(value[flag], bool):
            hint = "write true or false without quotes"
            return Flaw(place / flag, f"`{flag}` is {shown(value[flag])}, not true or false", hint)
    if is_2 or "content" not in value:
        return None
    content, at, flaw = member(contract, value, place, "content")
    wrong = [media_type for media_type in content if _MEDIA_TYPE.fullmatch(media_type) is None]
    if flaw is None and wrong:
        return _media_type(wrong[0], at / wrong[0])
    if flaw is None and len(content) != 1:
        return Flaw(
            at, f"`content` of the parameter {shown(name)} has not one media type", "declare exactly one"
        )
    return flaw


def _body(contract: Contract, holder: Object, place: Place) -> Iterator[Flaw]:
    value, at, flaw = resolved(contract, holder["requestBody"], place / "requestBody", "the request body")
    if flaw is not None:
        yield flaw
    elif "content" not in value:
        yield Flaw(
            at, "the request body has no `content`", "declare its media types; without them every body passes"
        )
    else:
        yield from _content(contract, value, at)


def _content(contract: Contract, holder: Object, place: Place) -> Iterator[Flaw]:
    content, at, flaw = member(contract, holder, place, "content")
    if flaw is not None:
        yield flaw
    for name, media in content.items():
        if _MEDIA_TYPE.fullmatch(name) is None:
            yield _media_type(name, at / name)
        _, _, flaw = resolved(contract, media, at / name, f"the media type `{name}`")
        if flaw is not None:
            yield flaw


def _media_type(name: str, place: Place) -> Flaw:
    return Flaw(place, f"{shown(name)} is not a media type", "write it as in application/json")


def _responses(contract: Contract, holder: Object, place: Place) -> Iterator[Flaw]:
    declared, at = holder.get("responses"), place / "responses"
    if declared is None:
        return  # no answer is declared: every one is replaced
    if not isinstance(declared, dict):
        yield Flaw(
            at, f"`responses` is {shown(declared)}, not an object", "write one response for each status"
        )
        return
    for status, entry in declared.items():
        if status.startswith("x-"):
            continue
        if _STATUS.fullmatch(status) is None:
            message = f"{shown(status)} is not a status"
            yield Flaw(at / status, message, "write a number as in '200', a class as in 4XX, or default")
        value, where, flaw = resolved(contract, entry, at / status, "the response")
        if flaw is not None:
            yield flaw
            continue
        headers, headers_at, headers_flaw = (
            member(contract, value, where, "headers") if value.get("headers") else ({}, where, None)
        )
        if headers_flaw is not None:
            yield headers_flaw
        for name, header in headers.items():
            _, _, headers_flaw = resolved(contract, header, headers_at / name, f"the header `{name}`")
            if headers_flaw is not None:
                yield headers_flaw
        if not contract.version.startswith("2.") and value.get("content") is not None:
            yield from _content(contract, value, where)


def _schemes(contract: Contract, operation: Operation) -> Iterator[Flaw]:
    known = {scheme.name: scheme for scheme in contract.schemes}
    for name, place in required_names(contract, operation).items():
        scheme = known.get(name)
        if scheme is None:
            message = f"the security scheme {shown(name)} is not declared, or is a broken reference"
            yield Flaw(place, message, "declare it among the security schemes")
            continue
        value = written(contract, scheme.place)
        wrong = _scheme(value) if isinstance(value, dict) else ""
        if wrong:
            yield Flaw(scheme.place, f"the security scheme {shown(name)} {wrong[0]}", wrong[1])


def _scheme(value: dict[str, Plain]) -> tuple[str, str] | None:
    kind = value.get("type")
    if kind not in (*_KINDS, "basic"):
        return f"has the type {shown(kind)}", f"write one of {', '.join(_KINDS)}"
    name = value.get("name")
    if kind == "apiKey" and value.get("in") not in ("header", "query", "cookie"):
        return f"is in {shown(value.get('in'))}", "write header, query or cookie"
    if kind == "apiKey" and not (isinstance(name, str) and name and name.isascii()):
        return f"has the name {shown(name)}", "name the header, parameter or cookie that has the key"
    if kind == "http" and not isinstance(value.get("scheme"), str):
        return "has no `scheme`", "write the scheme of the Authorization header, as in bearer"
    return None
