"""One request on its way to a WSGI application, and its answer on the way back."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from itertools import chain
from types import TracebackType
from typing import Any, TypeAlias

from batten.guard import decisions
from batten.guard.accounting import Accounting, Reply
from batten.guard.answers.answer_heads import unfit
from batten.guard.answers.problems import phrase
from batten.guard.carriers.wsgi_bodies import RequestBody, Stream, first_of
from batten.guard.learning.sampling import sample_of
from batten.guard.options import Rule
from batten.guard.replies.headers import with_headers
from batten.guard.served import Allow, Plan
from batten.guard.verdicts import AnswerHead, Head, Headers, Refuse, Replace
from batten.guard.watching import Watched, is_open, watched_request

Environ: TypeAlias = dict[str, Any]
StartResponse: TypeAlias = Callable[..., Any]  # what it returns, not every server implements
Application: TypeAlias = Callable[[Environ, StartResponse], Iterable[bytes]]
ExcInfo: TypeAlias = tuple[type[BaseException], BaseException, TracebackType | None]

_CHUNK = 65_536
_NO_PLAN = Plan()
_SHORT = Refuse(Rule.HEAD, 400, "Bad Request", detail="The body is shorter than its length.")


class _Stopped(Exception):
    """Raised into an application that reads a body which has grown too large."""


class Exchange:
    """Bodies are kept only where they are judged, and never more of them than the limits say."""

    __slots__ = (
        "_ahead",
        "_answer",
        "_asked",
        "_fields",
        "_is_open",
        "_kept",
        "_length",
        "_mismatched",
        "_most",
        "_observed",
        "_plan",
        "_refusal",
        "_reply",
        "_sample",
        "_size",
        "_start",
        "_started",
        "_taken",
        "_told",
        "_watched",
        "_write",
        "accounting",
        "allow",
        "compiled",
        "head",
    )  # fmt: skip

    def __init__(
        self, accounting: Accounting, head: Head, allow: Allow, start_response: StartResponse
    ) -> None:
        self.accounting = accounting
        self.compiled = accounting.compiled
        self.head = head
        self.allow = allow
        self._start = start_response
        self._observed = accounting.compiled.observed if allow.served is None else allow.served.observed
        self._most = accounting.compiled.options.limits.request_body
        self._fields = dict(head.headers)
        self._sample = sample_of(accounting, head, allow)
        self._mismatched = False
        self._is_open = is_open(self._observed)
        self._told: tuple[str, list[tuple[str, str]]] | None = None  # status and headers as they were said
        self._length = -1  # of the request's body, -1 where it is not told
        self._asked: Watched | None = None  # a request body that is only observed
        self._watched: Watched | None = None  # an answer that is
        self._taken = 0
        self._refusal: Refuse | None = None
        self._answer: AnswerHead | None = None
        self._plan = _NO_PLAN
        self._kept: list[bytes] | None = None  # None: the answer streams
        self._size = 0
        self._reply: Reply | None = None  # what is sent instead
        self._started = False  # the server was told status and headers
        self._write: Callable[[bytes], object] | None = None  # the server's
        self._ahead: list[bytes] = []  # of a stream, what goes first

    def run(self, app: Application, environ: Environ) -> Iterable[bytes]:
        self._read_ahead(environ)
        if self._refusal is not None:
            return self._refused()
        try:
            answer = app(environ, self.start_response)
        except Exception as error:
            return self._failed(error)
        wrapper = environ.get("wsgi.file_wrapper")
        return self._answered(answer, isinstance(wrapper, type) and isinstance(answer, wrapper))

    # The request's body

    def _read_ahead(self, environ: Environ) -> None:
        """Read a body that is judged, and bound one whose length nobody told."""
        told, chunked = self._fields.get(b"content-length", b""), b"transfer-encoding" in self._fields
        length = int(told) if told.isdigit() else 0
        served = self.allow.served
        declared = served.operation.body if served is not None else None
        media_type = self._fields.get(b"content-type", b"").decode("latin-1")
        source, left = environ["wsgi.input"], None if chunked else length
        self._length = -1 if chunked else length
        self._asked = watched_request(self.allow, media_type, self._most, self._object)
        if self._asked is not None:
            if not self._length:
                self._asked.end()
            else:
                environ["wsgi.input"] = io.BufferedReader(RequestBody(self._passes, source, left))
            return
        if declared is not None and served is not None:
            none_came = not length and not chunked
            if decisions.keeps_request(self.allow, media_type) or (declared.required and none_came):
                body = self._whole(source, left)
                if self._refusal is None and self._taken <= self._most:
                    body = decisions.stripped_body(served, media_type, body)
                    self._object(decisions.request_body(served, media_type, body))
                # The application reads what was read; of a body that is too large, which is observed only, the rest,
                # too.
                if self._taken > self._most:
                    rest = None if left is None else left - self._taken
                    environ["wsgi.input"] = io.BufferedReader(
                        RequestBody(self._passes, environ["wsgi.input"], rest, body)
                    )
                else:
                    environ["wsgi.input"] = io.BytesIO(body)
                    if left is None:
                        del environ["HTTP_TRANSFER_ENCODING"]
                    if left is None or len(body) != self._taken:
                        environ["CONTENT_LENGTH"] = str(len(body))
                return
        if chunked or (self._sample is not None and length):
            environ["wsgi.input"] = io.BufferedReader(RequestBody(self._passes, source, left))

    def _whole(self, source: Any, left: int | None) -> bytes:
        chunks: list[bytes] = []
        while self._taken <= self._most and left != self._taken:
            chunk = source.read(_CHUNK if left is None else min(_CHUNK, left - self._taken))
            if not chunk:
                break
            chunks.append(chunk)
            self._count(chunk)
        if left is not None and self._taken < left and self._taken <= self._most:
            self._object(_SHORT)
        return b"".join(chunks)

    def _passes(self, chunk: bytes) -> None:
        self._count(chunk)
        if self._refusal is not None:
            raise _Stopped
        if self._asked is not None:
            self._asked.take(chunk)
            if not chunk or self._taken == self._length:
                self._asked.end()

    def _count(self, chunk: bytes) -> None:
        before, self._taken = self._taken, self._taken + len(chunk)
        if self._sample is not None:
            self._sample.asked(chunk)
        if before <= self._most < self._taken:
            self._object(Refuse(Rule.SIZE, 413, "Content Too Large"))

    def _object(self, refusal: Refuse | None) -> None:
        if refusal is not None and refusal.rule in self._observed:
            self.accounting.noted(self.head, self.allow, refusal)
        elif refusal is not None:
            self._refusal = refusal

    # The answer

    def start_response(
        self, status: str, headers: list[tuple[str, str]], exc_info: ExcInfo | None = None
    ) -> Callable[[bytes], None]:
        """Until something is sent, an application may think better of it (PEP 3333, `exc_info`)."""
        if exc_info is not None:
            try:
                if self._started:
                    raise exc_info[1].with_traceback(exc_info[2])
            finally:
                exc_info = None  # a traceback holds its frame, and this frame it
        elif self._answer is not None:
            raise AssertionError("start_response was called twice, without exc_info")
        sent = tuple([(_lower(name), value.encode("latin-1")) for name, value in headers])
        self._answer = AnswerHead(int(status[:3]), sent)
        self._told = (status, headers)
        self._plan = decisions.plan_of(self.allow, self._answer)
        self._kept, self._size, self._reply = None, 0, None
        wrong = unfit(self._answer)
        if wrong is not None and wrong.rule not in self._observed:
            self._replace(wrong, b"")
        elif wrong is not None:
            self._note((wrong,))
        return self.write

    def write(self, data: bytes) -> None:
        """PEP 3333's older way to send a body."""
        self._open()
        streams = self._kept is None and self._started
        self._take(data)
        if not streams or (self._has_no_body() and not self._is_open):
            return
        if self._write is None or self._ahead:
            self._ahead.append(data)
        else:
            self._write(data)

    def _open(self) -> None:
        """Decide what becomes of the body, when the first of it is there."""
        if self._kept is not None or self._started or self._reply is not None:
            return
        assert self._answer is not None
        self.accounting.answered(self.head, self.allow, self._answer.status, self._plan.content)
        if decisions.is_kept(self.allow, self._plan):
            self._kept = []
        else:
            self._begin_stream()

    def _begin_stream(self) -> None:
        assert self._answer is not None
        verdict = decisions.answer(self.compiled, self.allow, self._answer, None)
        if isinstance(verdict, Replace):
            self._replace(verdict, b"")
            return
        self._note(verdict.noted)
        if self._plan.is_watched and self.head.method != "HEAD":
            self._watched = Watched(self.compiled.options.limits.answer_body, self._judge)
        self._begin(self._answer.status, verdict.headers)

    def _judge(self, body: bytes | None) -> None:
        """An answer that has passed."""
        assert self._answer is not None
        self._note(decisions.watched(self.compiled, self.allow, self._answer, body, self._plan))

    def _begin(self, status: int, headers: Headers) -> None:
        self._started = True
        if self._is_open and self._told is not None and self._reply is None:
            self._write = self._start(*self._told)
            return
        self._write = self._start(status_line(status), native(headers))

    def _take(self, data: bytes) -> None:
        self._see(data)
        if self._kept is None or self._reply is not None:
            return
        self._kept.append(data)
        self._size += len(data)
        if self._size > self.compiled.options.limits.answer_body:
            self._overflow()

    def _see(self, data: bytes) -> None:
        if self._sample is not None:
            self._sample.said(data)
        if self._watched is not None:
            self._watched.take(data)

    def _overflow(self) -> None:
        """An answer that is larger than what is kept: in observe mode it streams from here on."""
        assert self._answer is not None and self._kept is not None
        verdict = decisions.too_large(self._answer)
        body, self._kept = b"".join(self._kept), None
        if verdict.rule not in self._observed:
            self._replace(verdict, body)
            return
        self._note((verdict,))
        self._begin_stream()
        self._ahead.append(body)

    def _answered(self, answer: Iterable[bytes], is_file: bool) -> Iterable[bytes]:
        """What the server gets in place of what the application returned."""
        try:
            chunks = iter(answer)
            if not is_file:
                chunks = chain(first_of(chunks), chunks)  # a generator calls start_response no sooner
            if self._answer is not None and self._refusal is None:
                self._open()
                self._collect(chunks)
        except Exception as error:
            self._close(answer)
            return self._failed(error)
        if self._started and self._refusal is None:
            if self._has_no_body() and not self._is_open:
                self._over(answer)
                return []
            if (
                self._sample is None
                and self._watched is None
                and not self._ahead
                and (is_file or isinstance(answer, (list, tuple)))
            ):
                return answer  # servers have ways of their own to send these
            return Stream(self._ahead, chunks, self._see, lambda: self._over(answer))
        self._close(answer)
        return self._ended()

    def _collect(self, chunks: Iterator[bytes]) -> None:
        while self._kept is not None and self._refusal is None:
            chunk = next(chunks, None)
            if chunk is None:
                return
            self._take(chunk)

    def _over(self, answer: Iterable[bytes]) -> None:
        self._close(answer)
        if self._watched is not None:
            self._watched.end()
        self._teach()

    def _ended(self) -> Iterable[bytes]:
        if self._refusal is not None:
            return self._refused()
        if self._answer is None:
            return self._failed(None)
        if self._reply is None:
            self._finish()
        self._teach()
        return self._sent(self._reply) if self._reply is not None else [b"".join(self._kept or ())]

    def _finish(self) -> None:
        assert self._answer is not None
        body = b"".join(self._kept or ())
        verdict = decisions.judged(self.compiled, self.allow, self._answer, body, self._plan)
        if isinstance(verdict, Replace):
            self._replace(verdict, body)
            return
        self._note(verdict.noted)
        body = verdict.body or b""
        self._kept = [body]
        headers = with_headers(self.compiled, self.allow, verdict.headers, self._plan.content, len(body))
        self._begin(self._answer.status, headers)

    def _has_no_body(self) -> bool:
        """A body here would be read as the next answer (RFC 9110, 6.4.1)."""
        return self.head.method == "HEAD" or (self._answer is not None and self._answer.status in (204, 304))

    def _replace(self, verdict: Replace, original: bytes) -> None:
        self._mismatched = True
        if verdict.rule is not Rule.ANSWER_BODY:
            self._sample = None  # its body was not looked at
        self._reply = self.accounting.replaced(self.head, self.allow, self._answer, verdict, original)

    def _note(self, noted: tuple[Replace, ...]) -> None:
        for verdict in noted:
            self._mismatched = True
            self.accounting.noted(self.head, self.allow, verdict, self._answer.status if self._answer else 0)

    def _teach(self) -> None:
        if self._sample is not None and self._answer is not None:
            self._sample.end(self._answer, self._mismatched)

    def _refused(self) -> Iterable[bytes]:
        assert self._refusal is not None
        return self._sent(self.accounting.refused(self.head, self._refusal, self.allow))

    def _failed(self, error: Exception | None) -> Iterable[bytes]:
        """The application raised, or gave nothing. What it let out is logged, and told to nobody."""
        if self._refusal is not None and not self._started:
            return self._refused()
        reason = "an exception" if error is not None else "the application returned without an answer"
        is_observed = Rule.ANSWER_ERROR in self._observed
        if is_observed:
            self.accounting.noted(self.head, self.allow, decisions.failed(reason), 500)
        if error is not None and (self._started or is_observed):
            raise error
        if is_observed:
            return []
        reference = self.accounting.broke(self.head, self.allow, error) if error is not None else ""
        return self._sent(self.accounting.failed(self.head, self.allow, reason, reference))

    def _sent(self, reply: Reply) -> Iterable[bytes]:
        self._begin(reply.status, reply.headers)
        return [reply.body]

    def _close(self, answer: Iterable[bytes]) -> None:
        """Every iterable that an application returns is closed, whatever became of it (PEP 3333)."""
        close = getattr(answer, "close", None)
        try:
            if close is not None:
                close()
        except Exception as error:
            self.accounting.broke(self.head, self.allow, error)


@lru_cache(maxsize=1_000)
def status_line(status: int) -> str:
    return f"{status} {phrase(status)}"


@lru_cache(maxsize=1_000)
def _lower(name: str) -> bytes:
    return name.lower().encode("latin-1")


def native(headers: Headers) -> list[tuple[str, str]]:
    """Headers as WSGI has them."""
    return [(name.decode("latin-1"), value.decode("latin-1")) for name, value in headers]
