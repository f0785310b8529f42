"""What the WSGI carrier does whatever the contract says: the protocol, streams, failures, frameworks."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any
from wsgiref.util import FileWrapper, setup_testing_defaults
from wsgiref.validate import validator

import pytest
from guard_contracts import TEXT, contract

from batten.guard import GuardProblem, Limits, Rule
from batten.guard.wsgi import Guard
from batten.policy import Policy
from needs import package

GOOD = b'[{"name":"mug"}]'
JSON = [("Content-Type", "application/json")]
STREAM = [("Content-Type", "text/event-stream")]


def _guard(app: Any, **settings: Any) -> Guard:
    return Guard(app, contract(), Policy(origins=("https://shop.example.com",)), **settings)


def _environ(
    path: str = "/v1/things", method: str = "GET", body: bytes = b"", **extra: Any
) -> dict[str, Any]:
    environ: dict[str, Any] = {
        "REQUEST_METHOD": method,
        "PATH_INFO": path,
        "SCRIPT_NAME": "",
        "QUERY_STRING": "",
    }
    setup_testing_defaults(environ)
    environ.update({"wsgi.input": io.BytesIO(body), "HTTP_HOST": "api.example.com"})
    if body:
        environ["CONTENT_LENGTH"] = str(len(body))
    return {**environ, **extra}


class Answer:
    """What a server that keeps to PEP 3333 would send."""

    def __init__(self, app: Any, environ: dict[str, Any]) -> None:
        self.status, self.headers, self.body, self.chunks = 0, dict[str, str](), b"", 0
        self._write = b""
        answer = app(environ, self._start)
        try:
            for chunk in answer:
                assert self.status
                self.body += chunk
                self.chunks += 1
        finally:
            if hasattr(answer, "close"):
                answer.close()
        self.body = self._write + self.body

    def _start(
        self, status: str, headers: list[tuple[str, str]], exc_info: Any = None
    ) -> Callable[[bytes], None]:
        assert exc_info is None and not self.status
        self.status, self.headers = int(status[:3]), {name.lower(): value for name, value in headers}
        return self._written

    def _written(self, data: bytes) -> None:
        self._write += data


def _answers(*chunks: bytes, status: str = "200 OK", headers: list[tuple[str, str]] = JSON) -> Any:
    def app(environ: Any, start_response: Any) -> Iterable[bytes]:
        start_response(status, headers)
        return list(chunks)

    return app


def test_both_sides_keep_to_the_protocol() -> None:
    def app(environ: Any, start_response: Any) -> Iterable[bytes]:
        environ["wsgi.input"].read(3)
        write = start_response("200 OK", list(STREAM if "events" in environ["PATH_INFO"] else JSON))
        write(GOOD)
        return iter([b" "])

    guard = validator(_guard(validator(app)))
    sent = _environ(
        method="POST", body=b'{"name":"a"}', CONTENT_TYPE="application/json", HTTP_AUTHORIZATION="Bearer a"
    )
    paths = (
        _environ(),
        _environ("/v1/events"),
        _environ("/v1/nothing"),
        _environ("/v1/things", "DELETE"),
        sent,
    )
    seen = []
    for environ in paths:
        with io.StringIO() as errors:
            seen.append(Answer(guard, {**environ, "wsgi.errors": errors}).status)
    assert seen == [200, 200, 404, 405, 500]


def test_generator_that_starts_late() -> None:
    def app(environ: Any, start_response: Any) -> Iterator[bytes]:
        start_response("200 OK", JSON)
        yield GOOD[:3]
        yield GOOD[3:]

    answer = Answer(_guard(app), _environ())
    assert (answer.status, answer.body, answer.headers["content-length"]) == (200, GOOD, "16")
    assert answer.headers["x-content-type-options"] == "nosniff"


class Closing:
    def __init__(self, *chunks: bytes) -> None:
        self.closed = 0
        self._chunks = iter(chunks)

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        chunk = next(self._chunks)
        if chunk == b"!":
            raise RuntimeError("secret internals")
        return chunk

    def close(self) -> None:
        self.closed += 1


@pytest.mark.parametrize(
    ("chunks", "headers", "path", "status"),
    [((GOOD,), JSON, "/v1/things", 200), ((b"{",), JSON, "/v1/things", 500), ((b"[", b"!"), JSON, "/v1/things", 500),
     ((b"data", b": 1"), STREAM, "/v1/events", 200), ((b"!",), STREAM, "/v1/events", 500), ((b"x",), JSON, "/v1/events", 500),
     ((b" " * 2000,), JSON, "/v1/things", 500)],
)  # fmt: skip
def test_iterables_are_closed_once(
    chunks: tuple[bytes, ...], headers: list[tuple[str, str]], path: str, status: int
) -> None:
    given = Closing(*chunks)

    def app(environ: Any, start_response: Any) -> Iterable[bytes]:
        start_response("200 OK", headers)
        return given

    answer = Answer(_guard(app, limits=Limits(answer_body=1000)), _environ(path))
    assert (answer.status, given.closed) == (status, 1)
    assert status == 200 or (len(answer.body) == 512 and b"secret" not in answer.body)


def test_streams_pass_one_by_one() -> None:
    given = Closing(b"data: 1\n\n", b"data: 2\n\n", b"!")

    def app(environ: Any, start_response: Any) -> Iterable[bytes]:
        start_response("200 OK", STREAM)
        return given

    started: list[str] = []
    answer: Any = _guard(app)(_environ("/v1/events"), lambda status, headers: started.append(status))
    assert started == ["200 OK"] and next(iter(answer)) == b"data: 1\n\n" and not given.closed
    assert next(answer) == b"data: 2\n\n"
    with pytest.raises(RuntimeError):
        next(answer)
    answer.close()
    answer.close()
    assert given.closed == 1


def test_files_stay_files() -> None:
    def app(environ: Any, start_response: Any) -> Iterable[bytes]:
        start_response("200 OK", STREAM)
        wrapped: Iterable[bytes] = environ["wsgi.file_wrapper"](io.BytesIO(b"data"))
        return wrapped

    environ = _environ("/v1/events", **{"wsgi.file_wrapper": FileWrapper})
    assert isinstance(_guard(app)(environ, lambda status, headers: None), FileWrapper)
    judged = _environ(**{"wsgi.file_wrapper": FileWrapper})
    assert Answer(_guard(app), judged).status == 500


def test_second_thoughts() -> None:
    def app(environ: Any, start_response: Any) -> Iterable[bytes]:
        start_response("200 OK", JSON)
        try:
            raise ValueError("secret internals")
        except ValueError:
            start_response("404 Not Found", [("Content-Type", "application/problem+json")], sys.exc_info())
        return [b'{"title":"gone"}']

    assert Answer(_guard(app), _environ()).body == b'{"title":"gone"}'

    def twice(environ: Any, start_response: Any) -> Iterable[bytes]:
        start_response("200 OK", JSON)
        start_response("200 OK", JSON)
        return [GOOD]

    assert Answer(_guard(twice), _environ()).status == 500

    def late(environ: Any, start_response: Any) -> Iterator[bytes]:
        start_response("200 OK", STREAM)
        yield b"data: 1"
        try:
            raise ValueError("too late")
        except ValueError:
            start_response("500 Oh", [], sys.exc_info())

    with pytest.raises(ValueError, match="too late"):
        Answer(_guard(late), _environ("/v1/events"))


@pytest.mark.parametrize(("mode", "status"), [("enforce", 500), ("observe", 200)])
def test_answers_larger_than_what_is_kept(mode: str, status: int) -> None:
    chunks = [b"["] + [b'{"name":"mug"},'] * 200 + [b'{"name":"mug"}]']

    def writes(environ: Any, start_response: Any) -> Iterable[bytes]:
        write = start_response("200 OK", JSON)
        for chunk in chunks[:150]:
            write(chunk)
        return iter(chunks[150:])

    for app in (_answers(*chunks), writes):
        guard = _guard(app, mode=mode, limits=Limits(answer_body=1000))
        answer = Answer(guard, _environ())
        assert answer.status == status and guard.tally.total(Rule.ANSWER_BODY) == 1
        assert status == 500 or answer.body == b"".join(chunks)


def test_server_without_write() -> None:
    def app(environ: Any, start_response: Any) -> Iterable[bytes]:
        write = start_response("200 OK", STREAM)
        write(b"data: 1")
        return iter([b"\n\n"])

    assert b"".join(_guard(app)(_environ("/v1/events"), lambda status, headers: None)) == b"data: 1\n\n"


def test_failures_are_told_to_nobody(caplog: pytest.LogCaptureFixture) -> None:
    def fails(environ: Any, start_response: Any) -> Iterable[bytes]:
        raise RuntimeError("secret internals")

    def silent(environ: Any, start_response: Any) -> Iterable[bytes]:
        return []

    for app in (fails, silent):
        answer = Answer(_guard(app), _environ())
        assert answer.status == 500 and len(answer.body) == 512 and b"secret" not in answer.body
    assert "secret internals" in caplog.text
    with pytest.raises(RuntimeError):
        Answer(_guard(fails, mode="observe"), _environ())


@pytest.mark.parametrize(
    ("raw", "path", "query", "status"),
    [("/v1/things", "/v1/things", "", 200), ("/v1/things?a=b", "/v1/things", "a=b", 200), ("/v1%2Fthings", "/v1/things", "", 400),
     ("/v1/%74hings", "/v1/things", "", 400), ("/v1/other", "/v1/things", "", 400), ("/v1/things?a=b#c", "/v1/things", "a=b", 400),
     ("http://a/v1/things", "/v1/things", "", 400), ("/v1/things?x", "/v1/things", "y", 400), ("", "/v1/things", "", 200),
     ("", "/v1/../v1/things", "", 400), ("", "//v1/things", "", 400), ("", "/v1\\things", "", 400)],
)  # fmt: skip
@pytest.mark.parametrize("name", ["REQUEST_URI", "RAW_URI"])
def test_targets_read_in_two_ways(name: str, raw: str, path: str, query: str, status: int) -> None:
    environ = _environ(path, QUERY_STRING=query, **{name: raw})
    assert Answer(_guard(_answers(GOOD)), environ).status == status


def test_mounted_below_a_prefix() -> None:
    environ = _environ("/things", SCRIPT_NAME="/v1", RAW_URI="/v1/things")
    assert Answer(_guard(_answers(GOOD)), environ).status == 200


def _reads(size: int = -1) -> Any:
    def app(environ: Any, start_response: Any) -> Iterable[bytes]:
        body = environ["wsgi.input"].read(size)
        start_response("200 OK", [("X-Read", str(len(body)))])
        return []

    return app


def test_bodies_are_bounded() -> None:
    chunked = {"HTTP_TRANSFER_ENCODING": "chunked", "CONTENT_TYPE": "text/csv"}
    guard = _guard(_reads(), limits=Limits(request_body=10))
    endless = _environ(
        "/v1/things/7",
        "PUT",
        **chunked,
        **{"wsgi.input": io.BytesIO(b"x" * 50), "wsgi.input_terminated": True},
    )
    assert Answer(guard, endless).status == 413


def test_chunks_whose_end_nobody_tells() -> None:
    environ = _environ("/v1/things/7", "PUT", HTTP_TRANSFER_ENCODING="chunked", CONTENT_TYPE="text/csv")
    assert Answer(_guard(_reads()), environ).status == 411


def test_observed_body_that_is_too_large_arrives_whole() -> None:
    body = b'{"name":"' + b"x" * 3000 + b'"}'
    guard = _guard(_reads(), mode="observe", limits=Limits(request_body=100))
    environ = _environ("/v1/things", "POST", body, CONTENT_TYPE="application/json")
    assert Answer(guard, environ).headers["x-read"] == str(len(body))


def test_body_shorter_than_its_length() -> None:
    environ = _environ(
        "/v1/things", "POST", b"{}", CONTENT_TYPE="application/json", HTTP_AUTHORIZATION="Bearer a"
    )
    answer = Answer(_guard(_reads()), {**environ, "CONTENT_LENGTH": "50"})
    assert answer.status == 400 and b"shorter" in answer.body


def test_flask(tmp_path: Path) -> None:
    flask = package("flask")
    (tmp_path / "openapi.yaml").write_text(TEXT, encoding="utf-8")
    app = flask.Flask(__name__)
    app.add_url_rule(
        "/v1/things", view_func=lambda: flask.jsonify([{"name": "mug"}]), endpoint="a", methods=["GET"]
    )
    app.add_url_rule("/v1/things/<number>", view_func=lambda number: flask.jsonify(cost=1), endpoint="b")
    app.wsgi_app = Guard(app.wsgi_app, contract=tmp_path / "openapi.yaml")
    client = app.test_client()
    assert client.get("/v1/things").status_code == 200
    assert client.get("/v1/things/7", headers={"Authorization": "Bearer a"}).status_code == 500
    assert client.get("/v1/things/7").status_code == 401
    assert client.get("/static/a.js").status_code == 404


def test_django(tmp_path: Path) -> None:
    django = package("django")
    from django.conf import settings
    from django.core.wsgi import get_wsgi_application
    from django.http import JsonResponse, StreamingHttpResponse
    from django.urls import path

    urls = type(sys)("guard_urls")
    urls.urlpatterns = [  # type: ignore[attr-defined]
        path("v1/things", lambda request: JsonResponse([{"name": "mug"}], safe=False)),
        path(
            "v1/events",
            lambda request: StreamingHttpResponse([b"data: 1\n\n"], content_type="text/event-stream"),
        ),
        path("v1/choice", lambda request: JsonResponse({"a": 1 // 0})),
    ]
    if not settings.configured:
        settings.configure(DEBUG=True, ROOT_URLCONF=urls, SECRET_KEY="of a test", ALLOWED_HOSTS=["*"])
        django.setup()
    (tmp_path / "openapi.yaml").write_text(TEXT, encoding="utf-8")
    guard = Guard(get_wsgi_application(), contract=tmp_path / "openapi.yaml")
    assert Answer(guard, _environ()).body == b'[{"name": "mug"}]'
    assert Answer(guard, _environ("/v1/events")).body == b"data: 1\n\n"
    failed = Answer(guard, _environ("/v1/choice"))
    assert failed.status == 500 and len(failed.body) == 512
    assert Answer(guard, _environ("/admin")).status == 404


def test_what_cannot_be_read_is_said(tmp_path: Path) -> None:
    with pytest.raises(GuardProblem, match="cannot be read"):
        Guard(_answers(), tmp_path / "none.yaml")
