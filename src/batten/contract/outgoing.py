"""Requests that an API itself sends: webhooks (OpenAPI 3.1 and later) and callbacks (3.0 and later).

Source: https://spec.openapis.org/oas/v3.2.0.html#callback-object
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from batten.contract.contract import Contract, Media, Operation, Schema
from batten.contract.operations import Reading
from batten.contract.source import Place
from batten.formats.tree import Plain
from batten.model.record import record

_CHOSEN = re.compile(
    r"(?:[A-Za-z][A-Za-z0-9+.-]*://)?[^/{}$?#]*\{?(\$request\.(?:body(?:#[^}]*)?|(?:query|header|path)\.[^}]+))\}?"
)
_SCHEME_ALONE = re.compile(r"\^?\(?https?\??\)?:(?:\\?/){2}\(?(?:(?:\.|\\S|\[[^\]]*\])[*+])?\)?\$?")
MOST_CALLBACKS = 10_000


@record(kw_only=True)
class Outgoing:
    """`url` is as written, "" of a webhook; `caller` is the operation that a callback answers for; `place` is that of its URL."""

    name: str
    url: str
    place: Place
    operation: Operation
    caller: Operation | None = None


def outgoing(contract: Contract) -> Iterator[Outgoing]:
    """The webhooks, and the callbacks of all operations, those of callbacks among them."""
    root = Place(contract.path)
    document = contract.references.sources.files[contract.path].data
    if not isinstance(document, dict) or contract.version.startswith("2."):
        return
    reading = Reading(document, root, contract.version, ("",), contract.references)
    pending = list(contract.operations)
    hooks, place = contract.references.members(document, root, "webhooks")
    for name, item in hooks.items():
        for operation in reading.path_item(name, item, place / name) if not name.startswith("x-") else ():
            yield Outgoing(name=name, url="", place=place / name, operation=operation)
            pending.append(operation)
    seen = set[Place]()
    for caller in (
        pending
        if any("callbacks" in source.text.text for source in contract.references.sources.files.values())
        else ()
    ):
        for found in _callbacks(contract, reading, caller, seen) if len(seen) < MOST_CALLBACKS else ():
            yield found
            pending.append(found.operation)


def _callbacks(
    contract: Contract, reading: Reading, caller: Operation, seen: set[Place]
) -> Iterator[Outgoing]:
    written = contract.references.sources.files[caller.place.source].value(caller.place.tokens)
    if not isinstance(written, dict) or "callbacks" not in written:
        return
    declared, place = contract.references.members(written, caller.place, "callbacks")
    for name, value in declared.items():
        target = contract.references.follow(value, place / name)
        if target is None or not isinstance(target.value, dict) or target.place in seen:
            continue
        seen.add(target.place)
        for url, item in target.value.items():
            if url.startswith("x-"):
                continue
            at = target.place / url
            for operation in reading.path_item(url, item, at):
                yield Outgoing(name=name, url=url, place=at, operation=operation, caller=caller)


def chosen(found: Outgoing, contract: Contract) -> str:
    """The part of a client's request that names the host of a callback, where no list and no pattern of hosts bounds it; ""
    otherwise."""
    matched = _CHOSEN.match(found.url)
    if matched is None or found.caller is None:
        return ""
    expression = matched[1]
    # What the contract says of the value that an expression is of, once for each media type.
    caller = found.caller
    schemas: list[dict[str, Plain]] = []
    source, _, name = expression.removeprefix("$request.").partition(".")
    if source.startswith("body"):
        tokens = [t.replace("~1", "/").replace("~0", "~") for t in source.partition("#/")[2].split("/")]
        tokens = tokens if not name else [*tokens[:-1], f"{tokens[-1]}.{name}"]
        media: list[Media] = list(caller.body.media.values()) if caller.body is not None else []
        for one in media:
            schemas.extend(_inner(one.schema, tokens, contract))
    else:
        for parameter in caller.parameters:
            same = parameter.name == name or (source == "header" and parameter.name.lower() == name.lower())
            if same and parameter.location == source:
                schemas.extend(_inner(parameter.schema, [], contract))
    return "" if any(_bounded(schema) for schema in schemas) else expression


def _inner(schema: Schema | None, tokens: list[str], contract: Contract) -> Iterator[dict[str, Plain]]:
    """The schema below the names of properties."""
    target = contract.references.follow(schema.value, schema.place) if schema is not None else None
    for token in tokens:
        if target is None or not isinstance(target.value, dict):
            return
        properties, place = contract.references.members(target.value, target.place, "properties")
        if token not in properties:
            return
        target = contract.references.follow(properties[token], place / token)
    if target is not None and isinstance(target.value, dict):
        yield target.value


def _bounded(schema: dict[str, Plain]) -> bool:
    """Whether a list or a pattern may hold the hosts. Which hosts a pattern admits is not worked out."""
    pattern = schema.get("pattern")
    listed = "enum" in schema or "const" in schema
    return listed or (isinstance(pattern, str) and _SCHEME_ALONE.fullmatch(pattern) is None)
