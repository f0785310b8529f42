"""One request on its way to the upstream, and its answer on the way back."""

from __future__ import annotations

from typing import Protocol

from batten.guard import decisions
from batten.guard.accounting import Accounting
from batten.guard.learning.sampling import sample_of
from batten.guard.options import Rule
from batten.guard.proxy.answers import Told
from batten.guard.proxy.framing import LAST_CHUNK, Counted, chunk
from batten.guard.proxy.meter import Meter
from batten.guard.proxy.onward import Onward
from batten.guard.proxy.upstream import Link, Pool
from batten.guard.proxy.wire import Asked
from batten.guard.replies.headers import with_header_bytes
from batten.guard.served import Allow, Plan
from batten.guard.verdicts import AnswerHead, Head, Headers, Refuse, Replace
from batten.guard.watching import Watched, watched_request

NO_PLAN = Plan()
_SAFE = frozenset(("GET", "HEAD", "OPTIONS"))
MOST_WAITING = 65_536  # bytes of a body that wait for a connection to the upstream


class Caller(Protocol):
    """The client's connection, as far as a passage needs it."""

    onward: Onward

    def write_head(self, status: int, fields: bytes, framing: bytes) -> None: ...
    def write(self, data: bytes) -> None: ...
    def write_answer(self, status: int, fields: bytes, body: bytes) -> None: ...
    def write_own(self, status: int, headers: Headers, body: bytes) -> None: ...
    def refuse(self, asked: Asked, allow: Allow | None, refusal: Refuse) -> None: ...
    def go_on(self) -> None: ...
    def pause_reading(self) -> None: ...
    def resume_reading(self) -> None: ...
    def finished(self, status: int, rule: Rule | None, reference: str) -> None: ...
    def cut(self, rule: Rule | None) -> None: ...


class Shared(Protocol):
    """What all passages of a worker share."""

    pool: Pool
    meter: Meter


class Passage:
    """Bodies are kept only where they are judged, and never more of them than the limits say."""

    __slots__ = ("_answer", "_asked", "_books", "_chunks", "_compiled", "_head", "_judged", "_kept", "_link", "_mismatched", "_observed", "_over", "_plan", "_retried",
                 "_sample", "_shared", "_size", "_started", "_taken", "_told", "_unsent", "_watched", "allow", "asked", "caller",
                 "method")  # fmt: skip

    def __init__(
        self, caller: Caller, shared: Shared, accounting: Accounting, head: Head, asked: Asked, allow: Allow
    ) -> None:
        self.caller = caller
        self.asked = asked
        self._books = accounting
        self._head = head
        compiled = accounting.compiled
        self.allow = allow
        self.method = asked.method
        self._shared = shared
        self._compiled = compiled
        served = allow.served
        self._observed = compiled.observed if served is None else served.observed
        self._link: Link | None = None
        self._asked: Watched | None = None  # a request body that is only observed
        self._watched: Watched | None = None  # an answer that is
        self._unsent: list[bytes] | None = None  # a request body that waits: for its end, or for a link
        self._judged = False
        self._taken = 0
        self._chunks = False
        self._told: Told | None = None
        self._answer: AnswerHead | None = None
        self._plan = NO_PLAN
        self._sample = sample_of(accounting, head, allow)
        self._kept: list[bytes] | None = None  # None: the answer streams
        self._size = 0
        self._started = self._over = self._retried = self._mismatched = False

    @property
    def label(self) -> str:
        """The operation's label; "" for a request without an operation."""
        served = self.allow.served
        return served.label if served is not None else ""

    # The request

    def start(self) -> None:
        asked, allow = self.asked, self.allow
        for refusal in allow.noted:
            self._note_request(refusal)
        if asked.body is None:
            served = allow.served
            if served is not None and served.operation.body is not None and not self._fits(b""):
                return
            self._shared.pool.ask(self)
            return
        self._unsent = []
        media_type, most = self._media_type(), self._compiled.options.limits.request_body
        self._asked = watched_request(allow, media_type, most, self._object)
        self._judged = self._asked is None and decisions.keeps_request(allow, media_type)
        if asked.awaits_continue:
            self.caller.go_on()
        if not self._judged:
            self._chunks = type(asked.body) is not Counted
            self._shared.pool.ask(self)

    def on_body(self, piece: bytes, done: bool) -> None:
        """Of the request."""
        if self._sample is not None:
            self._sample.asked(piece)
        before, self._taken = self._taken, self._taken + len(piece)
        limit = self._compiled.options.limits.request_body
        if before <= limit < self._taken and not self._object(Refuse(Rule.SIZE, 413, "Content Too Large")):
            return
        if self._asked is not None:
            self._asked.take(piece)
            if done:
                self._asked.end()
        if self._unsent is not None:
            self._unsent.append(piece)
            if self._judged:
                # A body that is too large to be judged gets here only where that is observed; it streams.
                if not done:
                    if self._taken > self._compiled.options.limits.request_body:
                        self._judged, self._chunks = False, type(self.asked.body) is not Counted
                        self._shared.pool.ask(self)
                    return
                if self._taken <= self._compiled.options.limits.request_body:
                    assert self._unsent is not None and self.allow.served is not None
                    body = decisions.stripped_body(
                        self.allow.served, self._media_type(), b"".join(self._unsent)
                    )
                    self._unsent = [body]
                    if not self._fits(body):
                        return
                self._shared.pool.ask(self)
            elif self._taken > MOST_WAITING:
                self.caller.pause_reading()
        elif self._link is not None:
            self._send(piece, done)

    def _fits(self, body: bytes) -> bool:
        served = self.allow.served
        if served is None:
            return True
        refusal = decisions.request_body(served, self._media_type(), body)
        return refusal is None or self._object(refusal)

    def _media_type(self) -> str:
        return self.asked.fields.get(b"content-type", b"").decode("latin-1")

    def _object(self, refusal: Refuse) -> bool:
        """True where it is observed only."""
        if refusal.rule in self._observed:
            self._note_request(refusal)
            return True
        self._leave()
        self.caller.refuse(self.asked, self.allow, refusal)
        return False

    def _note_request(self, refusal: Refuse) -> None:
        self._shared.meter.observed(refusal.rule)
        self._books.noted(self._head, self.allow, refusal)

    def connected(self, link: Link) -> None:
        if self._over:
            link.leave()
            return
        self._link = link
        body = self.asked.body
        head = self.caller.onward.head(self.asked, self.allow)
        if body is None:
            none = b"content-length: 0\r\n\r\n" if self.method in ("POST", "PUT", "PATCH") else b"\r\n"
            link.asked_whole = True
            link.write(head + none)
            return
        waiting, self._unsent = b"".join(self._unsent or ()), None
        if self._chunks:
            link.write(head + b"transfer-encoding: chunked\r\n\r\n")
        else:
            length = body.total if type(body) is Counted and not self._judged else len(waiting)
            link.write(b"%bcontent-length: %d\r\n\r\n" % (head, length))
        self._send(waiting, body.done)
        self.caller.resume_reading()

    def _send(self, piece: bytes, done: bool) -> None:
        link = self._link
        assert link is not None
        if self._chunks:
            piece = (chunk(piece) if piece else b"") + (LAST_CHUNK if done else b"")
        if done:
            link.asked_whole = True
            link.expect_answer()
        else:
            link.deadline = float("inf")  # the client's own deadline runs
        if piece:
            link.write(piece)

    def hold(self) -> None:
        """The upstream does not read as fast as the client sends."""
        self.caller.pause_reading()

    def go_on(self) -> None:
        self.caller.resume_reading()

    # The answer

    def on_answer(self, told: Told) -> None:
        self._told = told
        self._answer = head = AnswerHead(told.status, told.headers)
        self._plan = plan = decisions.plan_of(self.allow, head)
        if self.allow.served is None:
            self._books.answered(self._head, self.allow, told.status, plan.content)
        if decisions.is_kept(self.allow, plan):
            self._kept = []
        else:
            self._start_stream()

    def _start_stream(self) -> None:
        assert self._answer is not None and self._told is not None
        verdict = decisions.judged(self._compiled, self.allow, self._answer, None, self._plan)
        if isinstance(verdict, Replace):
            self._replace(verdict, b"")
            return
        self._note(verdict.noted)
        self._started = True
        if self._plan.is_watched and self.method != "HEAD":
            self._watched = Watched(self._compiled.options.limits.answer_body, self._judge)
        self._chunks = False
        fields = with_header_bytes(self._compiled, self.allow, verdict.headers, self._plan.content)
        told = self._told
        if told.body is None:
            if told.length is None or (self.method != "HEAD" and told.status in (204, 304)):
                framing = b""
            else:
                framing = b"content-length: %d\r\n" % told.length
        elif told.length is not None:
            framing = b"content-length: %d\r\n" % told.length
        elif self.asked.is_old:
            framing = b""
        else:
            self._chunks = True
            framing = b"transfer-encoding: chunked\r\n"
        self.caller.write_head(self._answer.status, fields, framing)

    def _judge(self, body: bytes | None) -> None:
        """An answer that has passed."""
        assert self._answer is not None
        noted = decisions.watched(self._compiled, self.allow, self._answer, body, self._plan)
        self._note(noted)

    def on_piece(self, data: bytes) -> None:
        if self._sample is not None:
            self._sample.said(data)
        if self._kept is not None:
            self._kept.append(data)
            self._size += len(data)
            if self._size > self._compiled.options.limits.answer_body:
                self._overflow()
            return
        self._stream(data)

    def _stream(self, data: bytes) -> None:
        if self._watched is not None:
            self._watched.take(data)
        self.caller.write(chunk(data) if self._chunks else data)
        link = self._link
        if link is not None and link.deadline != float("inf"):
            link.expect_more()

    def _overflow(self) -> None:
        """An answer that is larger than what is kept: in observe mode it streams from here on."""
        assert self._answer is not None and self._kept is not None
        verdict = decisions.too_large(self._answer)
        body = b"".join(self._kept)
        if verdict.rule not in self._observed:
            self._replace(verdict, body)
            return
        self._note((verdict,))
        self._kept = None
        self._start_stream()
        if not self._over:
            self._stream(body)

    def on_end(self) -> None:
        self._link = None
        if self._kept is not None:
            assert self._answer is not None
            body = self._kept[0] if len(self._kept) == 1 else b"".join(self._kept)
            verdict = decisions.judged(self._compiled, self.allow, self._answer, body, self._plan)
            if isinstance(verdict, Replace):
                self._replace(verdict, body)
                return
            if verdict.noted:
                self._note(verdict.noted)
            self._teach(bool(verdict.noted))
            self._over = True
            body = verdict.body or b""
            self.caller.write_answer(self._answer.status, self._dressed(verdict.headers, len(body)), body)
            self.caller.finished(self._answer.status, None, "")
            return
        assert self._answer is not None
        if self._chunks:
            self.caller.write(LAST_CHUNK)
        if self._watched is not None:
            self._watched.end()
        self._teach(self._mismatched)
        self._over = True
        self.caller.finished(self._answer.status, None, "")

    def _dressed(self, headers: Headers, length: int) -> bytes:
        """The header section of an answer that was kept."""
        told, allow = self._told, self.allow
        assert told is not None
        plain = headers is told.headers and not allow.origin
        key = (allow.served, self._compiled, allow.tls, length)
        worn = told.worn.get(key) if plain else None
        if worn is None:
            worn = with_header_bytes(self._compiled, allow, headers, self._plan.content, length)
            if plain:
                told.worn.clear()
                told.worn[key] = worn
        return worn

    def on_failure(self, status: int, reason: str, untouched: bool) -> None:
        link, self._link = self._link, None
        if self._over:
            return
        if self._started:
            self._over = True
            self.caller.cut(Rule.ANSWER_ERROR)
            return
        reused = link is not None and link.reused
        if untouched and reused and self.method in _SAFE and self.asked.body is None and not self._retried:
            self._retried = True
            self._shared.pool.ask(self, fresh=True)
            return
        self._replace(Replace(Rule.ANSWER_ERROR, status, reason), b"".join(self._kept or ()))

    def _teach(self, mismatched: bool) -> None:
        if self._sample is not None and self._answer is not None:
            self._sample.end(self._answer, mismatched)

    def _replace(self, verdict: Replace, original: bytes) -> None:
        if verdict.rule is Rule.ANSWER_BODY:
            self._teach(True)
        self._leave()
        self._shared.meter.enforced(verdict.rule)
        reply = self._books.replaced(self._head, self.allow, self._answer, verdict, original)
        self.caller.write_own(reply.status, reply.headers, reply.body)
        self.caller.finished(reply.status, verdict.rule, reply.reference)

    def _note(self, noted: tuple[Replace, ...]) -> None:
        for verdict in noted:
            self._mismatched = True
            self._shared.meter.observed(verdict.rule)
            status = self._answer.status if self._answer is not None else 0
            self._books.noted(self._head, self.allow, verdict, status)

    # The client

    def client_gone(self) -> None:
        self._leave()

    def _leave(self) -> None:
        self._over = True
        link, self._link = self._link, None
        if link is not None:
            link.leave()
        else:
            self._shared.pool.withdraw(self)

    def client_is_slow(self) -> None:
        if self._link is not None and self._link.transport is not None and self._started:
            self._link.deadline = float("inf")  # the client's own deadline runs
            self._link.transport.pause_reading()

    def client_reads(self) -> None:
        link = self._link
        if link is not None and link.transport is not None:
            link.expect_more()
            link.transport.resume_reading()
