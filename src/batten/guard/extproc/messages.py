"""What Envoy asks an external processor, and what that answers (envoy/service/ext_proc/v3).

Fields that are not named here are skipped when they are read, and never written.
https://www.envoyproxy.io/docs/envoy/latest/api-v3/service/ext_proc/v3/external_processor.proto
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import field
from enum import IntEnum

from batten.guard.extproc.protobuf import Malformed, block, content, fields, filled, number, truth
from batten.guard.verdicts import Headers
from batten.model.record import record

DETAILS = "batten_"  # what the guard's own answers name as their cause begins so
_CODE_DETAILS, _SOURCE = b"response.code_details", b"source.address"
_OVERWRITE = 2  # HeaderAppendAction.OVERWRITE_IF_EXISTS_OR_ADD


class Part(IntEnum):
    """Of a request or of its answer. The value is the field of a ProcessingRequest."""

    REQUEST_HEADERS = 2
    ANSWER_HEADERS = 3
    REQUEST_BODY = 4
    ANSWER_BODY = 5
    REQUEST_TRAILERS = 6
    ANSWER_TRAILERS = 7


_REPLIES = {
    Part.REQUEST_HEADERS: 1, Part.ANSWER_HEADERS: 2, Part.REQUEST_BODY: 3, Part.ANSWER_BODY: 4,
    Part.REQUEST_TRAILERS: 5, Part.ANSWER_TRAILERS: 6,
}  # fmt: skip
_HEADS = (Part.REQUEST_HEADERS, Part.ANSWER_HEADERS)
_BODIES = (Part.REQUEST_BODY, Part.ANSWER_BODY)
_TRAILERS = (Part.REQUEST_TRAILERS, Part.ANSWER_TRAILERS)


class BodyMode(IntEnum):
    """ProcessingMode.BodySendMode. PARTIAL is whole up to Envoy's buffer limit; what is longer says that it does
    not end there, where BUFFERED would make Envoy refuse it in its own words."""

    NONE = 0
    BUFFERED = 2
    PARTIAL = 3


@record
class Asked:
    """A ProcessingRequest. `pairs` are headers or trailers with their pseudo-headers. `details` says who
    made an answer: "via_upstream", or what Envoy itself had to object."""

    part: Part
    pairs: Headers = ()
    body: bytes = field(default=b"", repr=False)
    ends: bool = False
    details: str = ""
    source: str = ""  # address and port of the client, where Envoy is configured to tell them


@record
class Changes:
    """To a message's headers; removals come first. Pairs of one name are all kept."""

    removed: tuple[bytes, ...] = ()
    added: Headers = ()


NO_CHANGES = Changes()


@record
class GoOn:
    """A ProcessingResponse that lets a part pass. `body` replaces a body; modes are for what comes next."""

    part: Part
    changes: Changes = NO_CHANGES
    body: bytes | None = field(default=None, repr=False)
    request_body: BodyMode | None = None
    answer_body: BodyMode | None = None


@record
class Instead:
    """An ImmediateResponse: the answer is this, whatever there was."""

    status: int
    headers: Headers
    body: bytes = field(repr=False)
    details: str = ""


Said = GoOn | Instead


def asked(data: bytes) -> Asked:
    """Raises Malformed."""
    part: Part | None = None
    message, attributes = b"", dict[bytes, str]()
    for field_number, value in fields(data):
        if field_number in Part._value2member_map_:
            part, message = Part(field_number), content(value)
        elif field_number == 9:
            attributes |= _attributes(content(value))
    if part is None:
        raise Malformed("a request without a phase")
    details, source = attributes.get(_CODE_DETAILS, ""), attributes.get(_SOURCE, "")
    if part in _BODIES:
        body, ends = _body(message)
        return Asked(part, (), body, ends, details)
    pairs, ends = _head(message, 3 if part in _HEADS else 0)
    return Asked(part, pairs, b"", ends, details, source)


def _head(message: bytes, end: int) -> tuple[Headers, bool]:
    """HttpHeaders, or HttpTrailers, which have no field for their end."""
    pairs: list[tuple[bytes, bytes]] = []
    ends = False
    for field_number, value in fields(message):
        if field_number == 1:
            pairs += [_pair(content(v)) for n, v in fields(content(value)) if n == 1]
        elif field_number == end:
            ends = truth(value)
    return tuple(pairs), ends


def _pair(message: bytes) -> tuple[bytes, bytes]:
    """HeaderValue: Envoy writes the raw value, and older ones the text."""
    name = text = raw = b""
    for field_number, value in fields(message):
        if field_number == 1:
            name = content(value)
        elif field_number == 2:
            text = content(value)
        elif field_number == 3:
            raw = content(value)
    return name.lower(), raw or text


def _body(message: bytes) -> tuple[bytes, bool]:
    body, ends = b"", False
    for field_number, value in fields(message):
        if field_number == 1:
            body = content(value)
        elif field_number == 2:
            ends = truth(value)
    return body, ends


def _attributes(entry: bytes) -> dict[bytes, str]:
    """An entry of `attributes`: a filter's name, and a google.protobuf.Struct of what was configured."""
    return {
        key: content(dict(fields(value)).get(3, b"")).decode("utf-8", "replace")
        for key, value in _entries(content(dict(fields(entry)).get(2, b"")))
        if key in (_CODE_DETAILS, _SOURCE)
    }


def _entries(struct: bytes) -> Iterator[tuple[bytes, bytes]]:
    for field_number, value in fields(struct):
        if field_number == 1:
            entry = dict(fields(content(value)))
            yield content(entry.get(1, b"")), content(entry.get(2, b""))


def written(said: Said) -> bytes:
    """A ProcessingResponse."""
    if isinstance(said, Instead):
        return block(
            7,
            block(1, number(1, said.status))
            + filled(2, _options(said.headers))
            + filled(3, said.body)
            + filled(5, said.details.encode()),
        )
    if said.part in _TRAILERS:
        return block(_REPLIES[said.part], filled(1, _mutation(said.changes)))
    common = filled(2, _mutation(said.changes))
    if said.body is not None:
        common += block(3, block(1, said.body))
    made = block(_REPLIES[said.part], filled(1, common))
    if said.request_body is None and said.answer_body is None:
        return made
    # Heads are sent, trailers are not.
    send, skip = 1, 2
    return made + block(
        9,
        number(1, send)
        + number(2, send)
        + number(3, said.request_body or BodyMode.NONE)
        + number(4, said.answer_body or BodyMode.NONE)
        + number(5, skip)
        + number(6, skip),
    )


def _mutation(changes: Changes) -> bytes:
    return _options(changes.added) + b"".join([block(2, name) for name in changes.removed])


def _options(pairs: Headers) -> bytes:
    """The first of each name overwrites what Envoy or the upstream put there."""
    seen: set[bytes] = set()
    made = []
    for name, value in pairs:
        # HeaderValueOption. Envoy takes action 0, which appends, for one that is not there, and overwrites: only the
        # old `append`, a BoolValue, makes it append. An empty value is kept.
        header = block(1, block(1, name) + filled(3, value))
        how = block(2, number(1, True)) if name in seen else number(3, _OVERWRITE)
        made.append(block(1, header + how + number(4, not value)))
        seen.add(name)
    return b"".join(made)
