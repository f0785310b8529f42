"""The wire, held against Google's implementation of Protocol Buffers with the same fields.

The field numbers are those of envoy/service/ext_proc/v3; that they are right, a real Envoy shows (test_extproc.py).
"""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from hypothesis import given
from hypothesis import strategies as st

from batten.guard.extproc import messages
from batten.guard.extproc.messages import Asked, BodyMode, Changes, GoOn, Instead, Part
from batten.guard.extproc.protobuf import Malformed

_KINDS = {"bool": 8, "bytes": 12, "int32": 5, "string": 9, "double": 1}  # FieldDescriptorProto.Type
_MESSAGES = {
    "HeaderValue": "bytes key=1, bytes value=2, bytes raw_value=3",
    "HeaderMap": "HeaderValue* headers=1",
    "Value": "double number_value=2, bytes string_value=3, bool bool_value=4",
    "FieldsEntry": "bytes key=1, Value value=2",
    "Struct": "FieldsEntry* fields=1",
    "AttributesEntry": "bytes key=1, Struct value=2",
    "HttpHeaders": "HeaderMap headers=1, bool end_of_stream=3",
    "HttpBody": "bytes body=1, bool end_of_stream=2",
    "HttpTrailers": "HeaderMap trailers=1",
    "ProcessingRequest": "HttpHeaders request_headers=2, HttpHeaders response_headers=3, HttpBody request_body=4, HttpBody response_body=5, "
    "HttpTrailers request_trailers=6, HttpTrailers response_trailers=7, AttributesEntry* attributes=9, bool observability_mode=10",
    "BoolValue": "bool value=1",
    "HeaderValueOption": "HeaderValue header=1, BoolValue append=2, int32 append_action=3, bool keep_empty_value=4",
    "HeaderMutation": "HeaderValueOption* set_headers=1, bytes* remove_headers=2",
    "BodyMutation": "bytes body=1, bool clear_body=2",
    "CommonResponse": "int32 status=1, HeaderMutation header_mutation=2, BodyMutation body_mutation=3",
    "PartResponse": "CommonResponse response=1",
    "TrailersResponse": "HeaderMutation header_mutation=1",
    "HttpStatus": "int32 code=1",
    "ImmediateResponse": "HttpStatus status=1, HeaderMutation headers=2, bytes body=3, string details=5",
    "ProcessingMode": "int32 request_header_mode=1, int32 response_header_mode=2, int32 request_body_mode=3, int32 response_body_mode=4, "
    "int32 request_trailer_mode=5, int32 response_trailer_mode=6",
    "ProcessingResponse": "PartResponse request_headers=1, PartResponse response_headers=2, PartResponse request_body=3, "
    "PartResponse response_body=4, TrailersResponse request_trailers=5, TrailersResponse response_trailers=6, "
    "ImmediateResponse immediate_response=7, ProcessingMode mode_override=9",
}  # fmt: skip


def _made() -> dict[str, Any]:
    file = descriptor_pb2.FileDescriptorProto(name="subset.proto", package="subset", syntax="proto3")
    for name, text in _MESSAGES.items():
        message = file.message_type.add(name=name)
        for each in text.split(", "):
            kind, _, rest = each.partition(" ")
            field, _, number = rest.partition("=")
            made = message.field.add(name=field, number=int(number), label=3 if kind.endswith("*") else 1)
            kind = kind.rstrip("*")
            made.type = _KINDS.get(kind, 11)
            if kind not in _KINDS:
                made.type_name = f".subset.{kind}"
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return {n: message_factory.GetMessageClass(pool.FindMessageTypeByName(f"subset.{n}")) for n in _MESSAGES}


KNOWN = _made()
FIELDS = {
    Part.REQUEST_HEADERS: "request_headers", Part.ANSWER_HEADERS: "response_headers", Part.REQUEST_BODY: "request_body",
    Part.ANSWER_BODY: "response_body", Part.REQUEST_TRAILERS: "request_trailers", Part.ANSWER_TRAILERS: "response_trailers",
}  # fmt: skip
NAMES = st.binary(min_size=1, max_size=20).map(bytes.lower)
PAIRS = st.lists(st.tuples(NAMES, st.binary(max_size=300)), max_size=5).map(tuple)


@given(st.sampled_from(Part), PAIRS, st.binary(max_size=400), st.booleans(), st.text(max_size=200))
def test_requests_are_read_as_google_writes_them(
    part: Part, pairs: Any, body: bytes, ends: bool, details: str
) -> None:
    request = KNOWN["ProcessingRequest"](observability_mode=True)
    entry = request.attributes.add(key=b"envoy.filters.http.ext_proc")
    entry.value.fields.add(key=b"response.code").value.number_value = 200.5
    entry.value.fields.add(key=b"response.code_details").value.string_value = details.encode()
    inner = getattr(request, FIELDS[part])
    inner.SetInParent()
    if part in (Part.REQUEST_BODY, Part.ANSWER_BODY):
        inner.body, inner.end_of_stream = body, ends
        expected = Asked(part, (), body, ends, details)
    else:
        heads = part in (Part.REQUEST_HEADERS, Part.ANSWER_HEADERS)
        for name, value in pairs:
            (inner.headers.headers if heads else inner.trailers.headers).add(key=name, raw_value=value)
        if heads:
            inner.end_of_stream = ends
        expected = Asked(part, pairs, b"", ends and heads, details)
    assert messages.asked(request.SerializeToString()) == expected


def _sent(mutation: Any) -> list[tuple[bytes, bytes, bool]]:
    for option in mutation.set_headers:
        assert option.append_action in (0, 2)
        assert option.HasField("append") == (option.append_action == 0)
        assert option.header.raw_value or option.keep_empty_value
    return [(o.header.key, o.header.raw_value, o.append.value) for o in mutation.set_headers]


def _expected(pairs: Any) -> list[tuple[bytes, bytes, bool]]:
    return [(name, value, name in [n for n, _ in pairs[:at]]) for at, (name, value) in enumerate(pairs)]


@given(
    st.sampled_from(Part),
    PAIRS,
    st.lists(NAMES, max_size=4).map(tuple),
    st.none() | st.binary(max_size=400),
    st.none() | st.sampled_from(BodyMode),
)
def test_passes_are_written_as_google_reads_them(
    part: Part, pairs: Any, removed: Any, body: bytes | None, mode: BodyMode | None
) -> None:
    data = messages.written(GoOn(part, Changes(removed, pairs), body, None, mode))
    response = KNOWN["ProcessingResponse"].FromString(data)
    assert response.HasField(FIELDS[part])
    inner = getattr(response, FIELDS[part])
    if part in (Part.REQUEST_TRAILERS, Part.ANSWER_TRAILERS):
        mutation = inner.header_mutation
    else:
        mutation = inner.response.header_mutation
        assert inner.response.HasField("body_mutation") == (body is not None)
        assert inner.response.body_mutation.body == (body or b"")
        assert response.HasField("mode_override") == (mode is not None)
        if mode is not None:
            assert (response.mode_override.request_body_mode, response.mode_override.response_body_mode) == (
                0,
                mode,
            )
            assert (
                response.mode_override.response_header_mode == 1
            )  # SEND: or the status is gone before the verdict
    assert _sent(mutation) == _expected(pairs)
    assert tuple(mutation.remove_headers) == removed


@given(st.integers(200, 599), PAIRS, st.binary(max_size=600), st.text(max_size=40))
def test_own_answers_are_written_as_google_reads_them(
    status: int, pairs: Any, body: bytes, details: str
) -> None:
    data = messages.written(Instead(status, pairs, body, details))
    response = KNOWN["ProcessingResponse"].FromString(data).immediate_response
    assert (response.status.code, response.body, response.details) == (status, body, details)
    assert _sent(response.headers) == _expected(pairs)


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    with suppress(Malformed):
        messages.asked(data)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x50\x01",  # no part
        b"\x12\x05\x00",  # ends after its message
        b"\x12",
        b"\x10\x01",  # a number where headers belong
        b"\x12\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01",
        b"\x13\x14",  # a group
        b"\x00\x00",
        b"\x12\x02\x1a\x00",  # bytes where a truth belongs
    ],
)
def test_what_is_no_message_is_refused(data: bytes) -> None:
    with pytest.raises(Malformed):
        messages.asked(data)


def test_text_values_of_older_versions_are_read() -> None:
    request = KNOWN["ProcessingRequest"]()
    request.request_headers.headers.headers.add(key=b"X-A", value=b"b")
    assert messages.asked(request.SerializeToString()).pairs == ((b"x-a", b"b"),)
