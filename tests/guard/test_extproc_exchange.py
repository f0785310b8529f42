"""Verdicts on messages, without Envoy and without gRPC."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest
from guard_contracts import compiled
from hypothesis import given
from hypothesis import strategies as st

from batten.guard.accounting import Accounting
from batten.guard.extproc.exchange import Exchange, OutOfStep
from batten.guard.extproc.heads import changes
from batten.guard.extproc.messages import NO_CHANGES, Asked, BodyMode, Changes, GoOn, Instead, Part, written
from batten.guard.options import Mode, Options, Rule
from batten.guard.tally import Tally

TOKEN = (b"authorization", b"Bearer abc")
JSON = (b"content-type", b"application/json")
OBSERVE = Options(Mode.OBSERVE)


def exchange(options: Options | None = None) -> Exchange:
    return Exchange(Accounting(compiled(options), Tally()))


def request(method: str, path: str, *headers: tuple[bytes, bytes], ends: bool = True) -> Asked:
    pseudo = (
        (b":method", method.encode()),
        (b":path", path.encode()),
        (b":authority", b"api.example.com"),
        (b":scheme", b"https"),
    )
    return Asked(Part.REQUEST_HEADERS, (*pseudo, *headers), b"", ends)  # fmt: skip


def answer(
    status: int, *headers: tuple[bytes, bytes], details: str = "via_upstream", ends: bool = False
) -> Asked:
    return Asked(Part.ANSWER_HEADERS, ((b":status", b"%d" % status), *headers), b"", ends, details)


def passed(said: Any) -> GoOn:
    assert isinstance(said, GoOn), said
    return said


def own(said: Any) -> Instead:
    assert isinstance(said, Instead), said
    return said


def test_bodies_are_asked_for_where_they_are_judged() -> None:
    one = exchange()
    said = passed(one.on(request("POST", "/v1/things", TOKEN, JSON, (b"content-length", b"14"), ends=False)))
    assert (said.request_body, said.answer_body) == (BodyMode.PARTIAL, BodyMode.NONE) and one.awaits_body
    assert passed(one.on(Asked(Part.REQUEST_BODY, (), b'{"name":"mug"}', True))).changes == NO_CHANGES
    said = passed(one.on(answer(201, JSON)))
    assert (said.request_body, said.answer_body) == (BodyMode.NONE, BodyMode.PARTIAL) and not one.done
    said = passed(one.on(Asked(Part.ANSWER_BODY, (), b'{"name":"mug"}', True)))
    assert (b"strict-transport-security", b"max-age=31536000; includeSubDomains") in said.changes.added
    assert said.body is None and one.done and not one.awaits_body


def test_streams_are_not() -> None:
    one = exchange()
    assert passed(one.on(request("GET", "/v1/events"))).request_body is BodyMode.NONE
    said = passed(one.on(answer(200, (b"content-type", b"text/event-stream"))))
    assert said.answer_body is None and one.done


def test_a_body_of_unknown_length_is_measured() -> None:
    one = exchange()
    said = passed(one.on(request("PUT", "/v1/things/7", (b"content-type", b"text/csv"), ends=False)))
    assert said.request_body is BodyMode.PARTIAL
    assert own(one.on(Asked(Part.REQUEST_BODY, (), b"a" * 1_048_577, True))).status == 413


@pytest.mark.parametrize("body", [b'{"name":"mug"}' + b" " * 2_000_000, b'{"name":"mug"}'])
def test_half_a_body_is_never_taken_for_all_of_it(body: bytes) -> None:
    one = exchange()
    one.on(request("POST", "/v1/things", TOKEN, JSON, ends=False))
    assert own(one.on(Asked(Part.REQUEST_BODY, (), body, False))).status == 413
    two = exchange()
    two.on(request("GET", "/v1/things"))
    two.on(answer(200, JSON))
    assert own(two.on(Asked(Part.ANSWER_BODY, (), b"[]", False))).status == 500


def test_what_callers_must_not_say_goes() -> None:
    headers = (
        (b"x-http-method-override", b"DELETE"),
        (b"x_a", b"b"),
        (b"accept-encoding", b"br, gzip"),
        (b"range", b"bytes=0-1"),
    )
    said = passed(exchange().on(request("GET", "/v1/things", *headers)))
    assert set(said.changes.removed) == {name for name, _ in headers}
    assert said.changes.added == ((b"accept-encoding", b"gzip"),)


def test_what_envoy_says_itself_is_replaced() -> None:
    one = exchange()
    one.on(request("GET", "/v1/things"))
    said = own(one.on(answer(503, (b"content-type", b"text/plain"), details="no_healthy_upstream")))
    assert said.status == 503 and len(said.body) == 512 and b"upstream" not in said.body
    assert own(exchange().on(answer(400, details="http1.codec_error"))).status == 400  # before any request


def test_observed_it_passes() -> None:
    one = exchange(OBSERVE)
    assert passed(one.on(request("GET", "/v1/nothing"))).changes == NO_CHANGES
    assert passed(one.on(answer(503, details="no_healthy_upstream"))).changes == NO_CHANGES
    assert {count.rule for count in one.accounting.tally.counts()} == {Rule.PATH, Rule.ANSWER_ERROR}


def test_what_is_out_of_step_is_refused() -> None:
    with pytest.raises(OutOfStep):
        exchange().on(Asked(Part.REQUEST_BODY, (), b"", True))
    with pytest.raises(OutOfStep):
        exchange().on(Asked(Part.ANSWER_BODY, (), b"", True))
    one = exchange()
    one.on(request("GET", "/v1/things"))
    with pytest.raises(OutOfStep):
        one.on(request("GET", "/v1/things/mine?api_key=1"))


def test_a_guard_that_fails_lets_nothing_out() -> None:
    one = exchange()
    one.on(request("GET", "/v1/things"))
    said = own(one.broke(RuntimeError("secret")))
    assert said.status == 500 and b"secret" not in said.body and one.done


_BYTES = st.sampled_from(
    (b"", b"GET", b"/v1/things", b"200", b"-1", b"application/json", b"\xff", b"chunked", b"5")
) | st.binary(max_size=8)
_NAMES = st.sampled_from((b":method", b":path", b":status", b":authority", b":scheme", b"host", b"content-type", b"content-length",
                          b"content-encoding", b"origin", b"set-cookie", b"transfer-encoding", b""))  # fmt: skip
_ANY = st.builds(
    Asked, st.sampled_from(Part), st.lists(st.tuples(_NAMES, _BYTES), max_size=8).map(tuple), _BYTES, st.booleans(),
    st.sampled_from(("", "via_upstream", "request_payload_too_large", "x")),
)  # fmt: skip


@given(st.lists(_ANY, max_size=5), st.sampled_from((None, OBSERVE)))
def test_any_messages_get_a_verdict(messages: list[Asked], options: Options | None) -> None:
    one = exchange(options)
    with suppress(OutOfStep):
        for message in messages:
            assert written(one.on(message))


def test_what_stands_more_than_once_keeps_its_order() -> None:
    before = ((b"set-cookie", b"a"), (b"x-a", b"1"), (b"set-cookie", b"b"), (b"content-length", b"2"))
    after = ((b"set-cookie", b"a; Secure"), (b"x-a", b"1"), (b"set-cookie", b"b"))
    expected = Changes((b"set-cookie",), ((b"set-cookie", b"a; Secure"), (b"set-cookie", b"b")))
    assert changes(before, after) == expected
    assert changes(before, before) == NO_CHANGES
