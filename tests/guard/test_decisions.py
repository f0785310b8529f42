from __future__ import annotations

import gzip
import json
import posixpath
import zlib
from urllib.parse import unquote

import pytest
from guard_contracts import SHOP, asked, compiled
from hypothesis import given
from hypothesis import strategies as st

from batten.guard import Compiled, GuardProblem, Limits, Mode, Options, Rule
from batten.guard.answers.problems import SIZE
from batten.guard.decisions import answer, forwarded, is_kept, plan_of, request, request_body
from batten.guard.replies.documents import problem
from batten.guard.served import Allow
from batten.guard.verdicts import Answered, AnswerHead, Head, Pass, Refuse, Replace

GUARD = compiled()
TOKEN = ("authorization", "Bearer abc")
JSON = ("content-type", "application/json")


def _refused(head: Head) -> int:
    verdict = request(GUARD, head)
    return verdict.status if isinstance(verdict, Refuse) else 0


@pytest.mark.parametrize(
    ("method", "target", "headers", "status"),
    [
        ("GET", "/v1/things", (), 0),
        ("GET", "/v1/things?limit=3&q=a%20b", (), 0),
        ("GET", "/v1/things/7", (TOKEN,), 0),
        ("GET", "/v1/things/a%20b", (TOKEN,), 0),
        ("GET", "/v1/things/a;v=1", (TOKEN,), 0),
        ("GET", "/v1/things/100%25", (TOKEN,), 0),
        ("GET", "/v1/things/gr%C3%B6%C3%9Fe", (TOKEN,), 0),
        ("GET", "/v1/gr%C3%B6%C3%9Fe", (), 0),
        ("GET", "/v1/things/..a", (TOKEN,), 0),
        ("GET", "/v1/things/.well", (TOKEN,), 0),
        ("GET", "/", (), 404),
        ("GET", "/things", (), 404),
        ("GET", "/v1/admin/export", (), 404),
        ("GET", "/v1/Things", (), 404),
        ("GET", "/v1/things/", (), 404),
        ("GET", "/v1/things/7/8", (), 404),
        ("PUT", "/v1/things", (), 405),
        ("HEAD", "/v1/things", (), 405),
        ("OPTIONS", "/v1/things", (), 405),
        ("PROPFIND", "/v1/things", (), 405),
        ("FOO", "/v1/things", (), 405),
        ("TRACE", "/v1/things/7", (), 405),
        ("CONNECT", "/v1/things", (), 400),
        ("get", "/v1/things", (), 400),
        ("OPTIONS", "*", (), 400),
        ("GET", "/v1/../v1/things", (), 400),
        ("GET", "/v1/%2e%2e/things", (), 400),
        ("GET", "/v1/.%2E/things", (), 400),
        ("GET", "/v1/./things", (), 400),
        ("GET", "/v1/things/..", (), 400),
        ("GET", "/v1/..;/things", (), 400),
        ("GET", "/v1/..%3b/things", (), 400),
        ("GET", "/v1//things", (), 400),
        ("GET", "//v1/things", (), 400),
        ("GET", "/v1%2Fthings", (), 400),
        ("GET", "/v1/things/a%5cb", (), 400),
        ("GET", "/v1/things\\7", (), 400),
        ("GET", "/v1/things/%00", (), 400),
        ("GET", "/v1/things/%0d%0a", (), 400),
        ("GET", "/v1/things/%7f", (), 400),
        ("GET", "/v1/things/%252e", (), 400),
        ("GET", "/v1/%74hings", (), 400),
        ("GET", "/v1/things/%", (), 400),
        ("GET", "/v1/things/%zz", (), 400),
        ("GET", "/v1/things/%c0%af", (), 400),
        ("GET", "/v1/things/\xc3\xb6", (), 400),
        ("GET", "/v1/things#top", (), 400),
        ("GET", "/v1/things?a#top", (), 400),
        ("GET", "/v1/things?a=\xe9", (), 400),
        ("GET", "http://other.example/v1/things", (), 400),
        ("GET", "", (), 400),
        ("GET", "/v1/things/" + "a" * 8000, (), 414),
        ("GET", "/v1/things", (("x-a", "b" * 40_000),), 431),
        ("GET", "/v1/things", tuple((f"x-{n}", "1") for n in range(120)), 431),
        ("GET", "/v1/things", (("host", "evil.example"),), 400),
        ("GET", "/v1/things", (("x-a", "b\rc"),), 400),
        ("GET", "/v1/things/7", (TOKEN, ("authorization", "Bearer d")), 400),
        ("POST", "/v1/things", (TOKEN, JSON, ("content-length", "+5")), 400),
        ("POST", "/v1/things", (TOKEN, JSON, ("content-length", "5, 5")), 400),
        ("POST", "/v1/things", (TOKEN, JSON, ("content-length", "5"), ("content-length", "6")), 400),
        ("POST", "/v1/things", (TOKEN, JSON, ("content-length", "5"), ("transfer-encoding", "chunked")), 400),
        ("POST", "/v1/things", (TOKEN, JSON, ("transfer-encoding", "xchunked")), 501),
        ("POST", "/v1/things", (TOKEN, JSON, ("transfer-encoding", "chunked, identity")), 501),
        ("POST", "/v1/things", (TOKEN, JSON, ("transfer-encoding", "chunked")), 0),
        ("POST", "/v1/things", (TOKEN, JSON, ("content-length", "5")), 0),
        ("POST", "/v1/things", (JSON, ("content-length", "5")), 401),
        ("POST", "/v1/things", (TOKEN, JSON, ("content-length", "2000000")), 413),
        ("POST", "/v1/things", (TOKEN, ("content-type", "text/xml"), ("content-length", "5")), 415),
        ("POST", "/v1/things", (TOKEN, ("content-length", "5")), 415),
        ("POST", "/v1/things", (TOKEN, JSON, ("content-length", "5"), ("content-encoding", "gzip")), 415),
        ("GET", "/v1/things", (JSON, ("content-length", "5")), 415),
        ("PUT", "/v1/things/7", (("content-type", "text/csv; charset=utf-8"), ("content-length", "5")), 0),
        ("GET", "/v1/things/7", (), 401),
        ("GET", "/v1/things/7", (("authorization", "Basic abc"),), 401),
        ("GET", "/v1/things/7", (("authorization", "Bearer"),), 401),
        ("GET", "/v1/things/7", (("authorization", "bearer x"),), 0),
        ("GET", "/v1/things/mine", (), 401),
        ("GET", "/v1/things/mine?api_key=", (), 401),
        ("GET", "/v1/things/mine?a=b&api_key=1", (), 0),
        ("GET", "/v1/things/mine", (("authorization", "Basic x"),), 401),
        ("GET", "/v1/things/mine", (("authorization", "Basic x"), ("cookie", "a=b; sid=1")), 0),
    ],
)  # fmt: skip
def test_request(method: str, target: str, headers: tuple[tuple[str, str], ...], status: int) -> None:
    assert _refused(asked(method, target, *headers)) == status


def test_refusals_say_what_would_do() -> None:
    verb = request(GUARD, asked("PATCH", "/v1/things/7"))
    assert isinstance(verb, Refuse) and verb.headers == ((b"allow", b"GET, PUT"),)
    login = request(GUARD, asked("GET", "/v1/things/mine"))
    assert isinstance(login, Refuse)
    assert [value for _, value in login.headers] == [b'ApiKey realm="api"', b'Basic realm="api"']


@pytest.mark.parametrize(
    ("origin", "method", "path", "status"),
    [
        (SHOP, "POST", "/v1/things", 204),
        (SHOP, "DELETE", "/v1/things", 204),  # the browser reads from the methods that it may not
        (SHOP, "GET", "/v1/nothing", 404),
        ("https://evil.example", "GET", "/v1/things", 403),
        (f"{SHOP}.evil.example", "GET", "/v1/things", 403),
        ("http://shop.example.com", "GET", "/v1/things", 403),
        ("null", "GET", "/v1/things", 403),
    ],
)
def test_preflight(origin: str, method: str, path: str, status: int) -> None:
    headers = (("origin", origin), ("access-control-request-method", method))
    verdict = request(GUARD, asked("OPTIONS", path, *headers))
    assert isinstance(verdict, (Answered, Refuse)) and verdict.status == status
    if isinstance(verdict, Answered):
        sent = dict(verdict.headers)
        assert sent[b"access-control-allow-origin"] == SHOP.encode()
        assert sent[b"access-control-allow-methods"] == b"GET, POST"
        assert b"Origin" in sent[b"vary"]


def test_preflight_grants_declared_headers_only() -> None:
    names = "X-Evil, Authorization, X-Request-Id, content-type"
    headers = (("origin", SHOP), ("access-control-request-method", "POST"))
    verdict = request(
        GUARD, asked("OPTIONS", "/v1/things", *headers, ("access-control-request-headers", names))
    )
    assert isinstance(verdict, Answered)
    assert (
        dict(verdict.headers)[b"access-control-allow-headers"] == b"authorization, x-request-id, content-type"
    )


def test_headers_that_do_not_reach_the_application() -> None:
    sent = (("x-http-method-override", "DELETE"), ("x_forwarded_for", "1"), ("range", "bytes=0-1"),
            ("accept-encoding", "br, gzip"), ("x-kept", "1"))  # fmt: skip
    head = asked("GET", "/v1/things", *sent)
    allow = _allowed("GET", "/v1/things", *sent)
    names = dict(forwarded(allow, head.headers))
    assert set(names) == {b"host", b"accept-encoding", b"x-kept"}
    assert names[b"accept-encoding"] == b"gzip"
    assert b"range" in dict(forwarded(_allowed("GET", "/v1/events", *sent), head.headers))
    choice = dict(forwarded(_allowed("GET", "/v1/choice"), head.headers))
    assert choice[b"accept-encoding"] == b"identity"


def _allowed(method: str, target: str, *headers: tuple[str, str], guard: Compiled = GUARD) -> Allow:
    verdict = request(guard, asked(method, target, *headers))
    assert isinstance(verdict, Allow)
    return verdict


PATHS = st.lists(
    st.sampled_from(
        ["v1", "things", "mine", "7", "/", "/v1/things/", "..", ".", ";", "%2e", "%2F", "%5C", "%00", "%25", "2f",
         "%c3%b6", "%c0%af", "%3F", "%20", "\\", "#", "?", "%", "%3b", "a", "é", "%ff"]
    ),
    max_size=8,
).map(lambda parts: "/v1/things/" + "".join(parts))  # fmt: skip


@given(PATHS | st.text().map(lambda t: "/" + t))
def test_what_is_allowed_is_read_alike_by_everybody(path: str) -> None:
    raw = path.encode("utf-8", "surrogatepass")
    verdict = request(GUARD, asked("PUT", raw.partition(b"?")[0]))
    if isinstance(verdict, Allow):
        sent = raw.partition(b"?")[0].decode("ascii")
        decoded = unquote(sent, errors="strict")
        match = GUARD.matcher.match(sent)
        again = GUARD.matcher.match(decoded)
        assert match is not None and again is not None and match.template == again.template
        assert sent.count("/") == decoded.count("/") and "\\" not in decoded
        assert posixpath.normpath(decoded) == decoded.rstrip("/")
        assert decoded.isprintable() or not any(ord(c) < 32 or ord(c) == 127 for c in decoded)


def _answer(
    status: int, media: str, body: bytes, target: str = "/v1/things", encoding: str = ""
) -> Pass | Replace:
    headers = [(b"content-type", media.encode())] if media else []
    headers += [(b"content-encoding", encoding.encode())] if encoding else []
    head = AnswerHead(status, tuple(headers))
    allow = _allowed("GET", target, TOKEN)
    return answer(GUARD, allow, head, body if is_kept(allow, plan_of(allow, head)) else None)


GOOD = b'[{"name":"mug"}]'


@pytest.mark.parametrize(
    ("status", "media", "body", "rule"),
    [
        (200, "application/json", GOOD, None),
        (200, "application/json; charset=utf-8", GOOD, None),
        (200, "Application/JSON", b"[]", None),
        (304, "", b"", None),
        (404, "application/problem+json", b"{}", None),
        (200, "application/json", b'[{"name":"mug","password":"x"}]', Rule.ANSWER_BODY),
        (200, "application/json", b'[{"name":"mug","name":"x"}]', Rule.ANSWER_BODY),
        (200, "application/json", b"[NaN]", Rule.ANSWER_BODY),
        (200, "application/json", b"\xef\xbb\xbf[]", Rule.ANSWER_BODY),
        (200, "application/json", b"[\xff]", Rule.ANSWER_BODY),
        (200, "application/json", b"[" * 500 + b"]" * 500, Rule.ANSWER_BODY),
        (200, "application/json", b"", Rule.ANSWER_BODY),
        (200, "application/json", GOOD + b"x", Rule.ANSWER_BODY),
        (200, "text/html", b"<h1>", Rule.ANSWER_MEDIA_TYPE),
        (200, "", GOOD, Rule.ANSWER_MEDIA_TYPE),
        (201, "application/json", GOOD, Rule.ANSWER_STATUS),
        (302, "", b"", Rule.ANSWER_STATUS),
        (500, "text/plain", b"Traceback (most recent call last)", Rule.ANSWER_STATUS),
        (404, "text/html", b"<h1>", Rule.ANSWER_MEDIA_TYPE),
    ],
)
def test_answer(status: int, media: str, body: bytes, rule: Rule | None) -> None:
    verdict = _answer(status, media, body)
    assert (verdict.rule if isinstance(verdict, Replace) else None) is rule
    if isinstance(verdict, Replace):
        assert verdict.status == (status if status >= 400 else 500)


BARE = zlib.compressobj(wbits=-15)
RAW_DEFLATE = BARE.compress(GOOD) + BARE.flush()


@pytest.mark.parametrize(
    ("encoding", "body", "passes"),
    [
        ("gzip", gzip.compress(GOOD, mtime=0), True),
        ("deflate", zlib.compress(GOOD), True),
        ("deflate", RAW_DEFLATE, True),
        ("identity", GOOD, True),
        ("deflate, gzip", gzip.compress(zlib.compress(GOOD), mtime=0), True),
        ("gzip", GOOD, False),
        ("gzip", gzip.compress(GOOD, mtime=0)[:-3], False),
        ("gzip", gzip.compress(GOOD, mtime=0) + gzip.compress(b"x", mtime=0), False),
        ("gzip", gzip.compress(b" " * 2_000_000 + GOOD, mtime=0), False),
        ("gzip", gzip.compress(b"{}", mtime=0), False),
        ("br", GOOD, False),
        (
            "gzip, gzip, gzip",
            gzip.compress(gzip.compress(gzip.compress(GOOD, mtime=0), mtime=0), mtime=0),
            False,
        ),
    ],
)
def test_encoded_answer(encoding: str, body: bytes, passes: bool) -> None:
    verdict = _answer(200, "application/json", body, encoding=encoding)
    assert isinstance(verdict, Pass) is passes
    if isinstance(verdict, Pass):
        assert verdict.body == body


def test_bodies_where_none_is_declared() -> None:
    allow = _allowed("PUT", "/v1/things/7")
    for status in (200, 404):
        head = AnswerHead(status, ((b"content-type", b"application/json"),))
        assert is_kept(allow, plan_of(allow, head))
        assert isinstance(answer(GUARD, allow, head, b""), Pass)
        assert isinstance(answer(GUARD, allow, head, b"{}"), Replace)


def test_streams_are_not_kept() -> None:
    head = AnswerHead(200, ((b"content-type", b"text/event-stream"),))
    allow = _allowed("GET", "/v1/events")
    assert not is_kept(allow, plan_of(allow, head))
    assert isinstance(answer(GUARD, allow, head, None), Pass)


def test_padding_makes_sizes_equal() -> None:
    bodies = [b"{}", json.dumps({"options": ["x" * 40] * 9}).encode()]
    verdicts = [_answer(200, "application/json", b, "/v1/choice") for b in bodies]
    verdicts.append(_answer(200, "application/json", gzip.compress(bodies[1], mtime=0), "/v1/choice", "gzip"))
    verdicts.append(_answer(404, "application/problem+json", b"{}", "/v1/choice"))
    for verdict in verdicts:
        assert isinstance(verdict, Pass) and verdict.body is not None and len(verdict.body) == 1024
        assert dict(verdict.headers)[b"content-length"] == b"1024"
        assert b"content-encoding" not in dict(verdict.headers)
        json.loads(verdict.body)


def _headers(
    *sent: tuple[bytes, bytes], origin: str = "", scheme: str = "https"
) -> list[tuple[bytes, bytes]]:
    extra = (("origin", origin),) if origin else ()
    allow = request(GUARD, asked("GET", "/v1/things", *extra, scheme=scheme))
    assert isinstance(allow, Allow)
    head = AnswerHead(200, ((b"content-type", b"application/json"), *sent))
    verdict = answer(GUARD, allow, head, b"[]")
    assert isinstance(verdict, Pass)
    return list(verdict.headers)


def test_protections_are_added_and_better_ones_kept() -> None:
    sent = dict(_headers((b"x-frame-options", b"ALLOWALL"), (b"referrer-policy", b"same-origin")))
    assert sent[b"x-content-type-options"] == b"nosniff"
    assert sent[b"x-frame-options"] == b"DENY"
    assert sent[b"referrer-policy"] == b"same-origin"
    assert sent[b"strict-transport-security"].startswith(b"max-age=31536000")
    assert b"strict-transport-security" not in dict(_headers(scheme="http"))


def test_banners_go() -> None:
    assert (
        not {b"server", b"x-powered-by"} & dict(_headers((b"server", b"x/1"), (b"x-powered-by", b"y"))).keys()
    )


@pytest.mark.parametrize(("origin", "granted"), [(SHOP, True), ("https://evil.example", False), ("", False)])
def test_grants_are_the_policys(origin: str, granted: bool) -> None:
    wild = (
        (b"access-control-allow-origin", origin.encode() or b"*"),
        (b"access-control-allow-credentials", b"true"),
    )
    sent = dict(_headers(*wild, origin=origin))
    assert sent.get(b"access-control-allow-origin") == (SHOP.encode() if granted else None)
    assert sent[b"vary"] == b"Origin"
    assert (sent.get(b"access-control-expose-headers") == b"X-Total") is granted


def test_cookies_get_their_flags_in_order() -> None:
    sent = _headers((b"set-cookie", b"sid=1; Path=/"), (b"set-cookie", b"csrf_token=2; SameSite=None; Secure"),
                    (b"set-cookie", b"theme=dark; secure; samesite=strict"))  # fmt: skip
    assert [value for name, value in sent if name == b"set-cookie"] == [
        b"sid=1; Path=/; Secure; HttpOnly; SameSite=Lax",
        b"csrf_token=2; SameSite=None; Secure",
        b"theme=dark; secure; samesite=strict",
    ]


def test_request_bodies() -> None:
    served = _allowed("POST", "/v1/things", TOKEN, JSON).served
    assert served is not None
    assert request_body(served, "application/json", b'{"name":"mug","password":"x"}') is None
    for body, pointer in ((b"", "required"), (b"{", "JSON"), (b'{"name":1,"name":2}', "JSON"),
                          (b'{"name":"a much too long SECRET"}', "/name"), (b'{"x":1}', "its root")):  # fmt: skip
        refusal = request_body(served, "application/json", body)
        assert refusal is not None and refusal.status == 422  # the one that the contract has
        assert pointer in refusal.detail and "SECRET" not in refusal.detail


@given(st.sampled_from([400, 401, 404, 405, 413, 422, 500, 599]), st.text())
def test_problems_have_one_size(status: int, detail: str) -> None:
    headers, body = problem(GUARD, Refuse(Rule.PATH, status, "No", detail=detail), "0" * 16, True)
    assert len(body) == SIZE and json.loads(body)["status"] == status
    assert dict(headers)[b"content-length"] == b"%d" % SIZE
    assert dict(headers)[b"x-content-type-options"] == b"nosniff"


def test_observe_lets_pass_and_notes() -> None:
    guard = compiled(Options(Mode.OBSERVE))
    for method, target in (("GET", "/v1/nothing"), ("PATCH", "/v1/things"), ("GET", "/v1/things/7"),
                           ("GET", "/v1//things")):  # fmt: skip
        assert _allowed(method, target, guard=guard).noted
    allow = _allowed("GET", "/v1/things", guard=guard)
    head = AnswerHead(200, ((b"content-type", b"application/json"), (b"server", b"x/1")))
    verdict = answer(guard, allow, head, b"{}")
    assert isinstance(verdict, Pass) and verdict.body == b"{}"
    assert [r.rule for r in verdict.noted] == [Rule.ANSWER_BODY]
    assert dict(verdict.headers)[b"server"] == b"x/1"


def test_rules_by_name_and_by_operation() -> None:
    guard = compiled(Options(rules={"path": Mode.OBSERVE, "GET /v1/things/{id}": Mode.OBSERVE}))
    assert _allowed("GET", "/v1/nothing", guard=guard).served is None
    assert _allowed("GET", "/v1/things/7", guard=guard).noted[0].status == 401
    assert isinstance(request(guard, asked("PATCH", "/v1/things")), Refuse)
    with pytest.raises(GuardProblem, match="neither a rule"):
        compiled(Options(rules={"paths": Mode.OBSERVE}))


def test_limits() -> None:
    guard = compiled(Options(limits=Limits(target=20)))
    assert isinstance(request(guard, asked("GET", "/v1/things?a=0123456789")), Refuse)
