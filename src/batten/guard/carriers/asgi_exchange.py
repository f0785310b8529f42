"""One request on its way to an ASGI application, and its answer on the way back."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable

from batten.guard import decisions
from batten.guard.accounting import Accounting, Reply
from batten.guard.answers.answer_heads import unfit
from batten.guard.carriers.sending import (
    Message,
    Receive,
    Send,
    comes,
    is_http1,
    relengthened,
    send_answer,
    send_refusal,
)
from batten.guard.learning.sampling import sample_of
from batten.guard.options import Rule
from batten.guard.replies.headers import with_headers
from batten.guard.served import Allow, Plan, RenderedHeaders, Served
from batten.guard.verdicts import AnswerHead, Head, Headers, Refuse, Replace
from batten.guard.watching import Watched, is_open, watched_request

Application = Callable[[Message, Receive, Send], Awaitable[None]]


_NO_PLAN = Plan()


class _Stopped(Exception):
    """Raised into an application that reads a body which has grown too large."""


class Exchange:
    """Bodies are kept only where they are judged, and never more of them than the limits say."""

    __slots__ = (
        "_answer",
        "_asked",
        "_body",
        "_done",
        "_kept",
        "_look",
        "_mismatched",
        "_more",
        "_observed",
        "_plan",
        "_receive",
        "_refusal",
        "_sample",
        "_send",
        "_size",
        "_started",
        "_taken",
        "_unread",
        "_watched",
        "accounting",
        "allow",
        "compiled",
        "head",
        "is_open",
    )  # fmt: skip

    def __init__(
        self, accounting: Accounting, head: Head, allow: Allow, receive: Receive, send: Send
    ) -> None:
        self.accounting = accounting
        self.compiled = compiled = accounting.compiled
        self.head = head
        self.allow = allow
        self._receive = receive
        self._send = send
        self._sample = sample_of(accounting, head, allow)
        self._mismatched = False
        self._observed = compiled.observed if allow.served is None else allow.served.observed
        self.is_open = is_open(self._observed)
        self._asked: Watched | None = None  # a request body that is only observed
        self._watched: Watched | None = None  # an answer that is
        self._body: bytes | None = None  # a request body that was read ahead
        self._more = False  # there is more of it than was read ahead
        self._taken = 0
        self._unread = True  # of what a request has of a body, the end was not read
        self._refusal: Refuse | None = None
        self._answer: AnswerHead | None = None
        self._look: RenderedHeaders | None = None  # the answer's
        self._plan = _NO_PLAN
        self._kept: list[bytes] | None = None  # None: the answer streams
        self._size = 0
        self._started = False  # something was sent
        self._done = False

    async def run(self, app: Application, inner: Message, scope: Message) -> None:
        """`inner` is what the application sees of the server's scope."""
        served = self.allow.served
        if self.allow.noted:
            self.accounting.allowed(self.head, self.allow)
        if served is not None and served.operation.body is not None and not await self._read_ahead(served):
            return
        if self._refusal is None:
            if self._body is not None and len(self._body) != self._taken and not self._more:
                inner = {**inner, "headers": relengthened(inner["headers"], len(self._body))}
            try:
                await app(inner, self.receive, self.send)
                error = None
            except Exception as caught:
                error = caught
            if self._refusal is None and (error is not None or not self._started):
                await self._end(error)
        if self._refusal is not None and not self._started:
            reply = self.accounting.refused(self.head, self._refusal, self.allow)
            rest = self._receive if self._unread and comes(self.head.headers) else None
            await send_refusal(self._send, reply, is_http1(scope), rest)
        elif self._sample is not None and self._answer is not None:
            self._sample.end(self._answer, self._mismatched)

    # The request's body

    async def _read_ahead(self, served: Served) -> bool:
        """Read a body that is judged. False when the client went away meanwhile."""
        if Rule.REQUEST_BODY in self._observed:
            most = self.compiled.options.limits.request_body
            self._asked = watched_request(self.allow, self._field(b"content-type"), most, self._object)
            return True
        declared = served.operation.body
        media_type = self._field(b"content-type")
        kept = decisions.keeps_request(self.allow, media_type)
        if not kept and not (declared is not None and declared.required):
            return True
        if not kept and (
            self._field(b"content-length") not in ("", "0")
            or any(name == b"transfer-encoding" for name, _ in self.head.headers)
        ):
            return True
        body = await self._whole()
        if body is not None and self._refusal is None:
            self._body = body
            if self._more:
                return True  # too large, which is observed only: the rest streams
            self._body = body = decisions.stripped_body(served, media_type, body)
            refusal = decisions.request_body(served, media_type, body)
            if refusal is not None:
                self._object(refusal)
        return body is not None

    async def _whole(self) -> bytes | None:
        chunks: list[bytes] = []
        while True:
            message = await self._receive()
            if message["type"] != "http.request":
                return None
            chunks.append(message.get("body", b""))
            self._count(chunks[-1])
            self._more = self._unread = message.get("more_body", False)
            if not self._more or self._taken > self.compiled.options.limits.request_body:
                return b"".join(chunks)

    def _count(self, chunk: bytes) -> None:
        limit = self.compiled.options.limits.request_body
        before, self._taken = self._taken, self._taken + len(chunk)
        if self._sample is not None:
            self._sample.asked(chunk)
        if before <= limit < self._taken:
            self._object(Refuse(Rule.SIZE, 413, "Content Too Large"))

    def _object(self, refusal: Refuse) -> None:
        if refusal.rule in self._observed:
            self.accounting.noted(self.head, self.allow, refusal)
        else:
            self._refusal = refusal

    async def receive(self) -> Message:
        if self._body is not None:
            body, self._body = self._body, None
            return {"type": "http.request", "body": body, "more_body": self._more}
        message = await self._receive()
        if message["type"] == "http.request":
            self._unread = message.get("more_body", False)
            self._count(message.get("body", b""))
            if self._refusal is not None:
                raise _Stopped
            if self._asked is not None:
                self._asked.take(message.get("body", b""))
                if not message.get("more_body", False):
                    self._asked.end()
        return message

    def _field(self, wanted: bytes) -> str:
        return next((value.decode("latin-1") for name, value in self.head.headers if name == wanted), "")

    # The answer

    async def send(self, message: Message) -> None:
        """Messages after an answer that was refused, replaced or ended go nowhere."""
        if self._refusal is not None or (self._done and not self.is_open):
            return
        if message["type"] == "http.response.start":
            self._look = look = self._rendered_headers_of(message["status"], message.get("headers", ()))
            self._answer, self._plan = look.head, look.plan
            if self.allow.served is None:
                self.accounting.answered(self.head, self.allow, self._answer.status, self._plan.content)
            if look.unfit is not None and look.unfit.rule not in self._observed:
                await self._replace(look.unfit, b"")
                return
            if look.unfit is not None:
                self._note((look.unfit,))
            if look.is_kept:
                self._kept = []
            else:
                await self._start_stream(self._answer, message)
        elif message["type"] == "http.response.body":
            body, more = message.get("body", b""), message.get("more_body", False)
            if self._sample is not None:
                self._sample.said(body)
            kept = self._kept
            if kept is None:
                await self._pass(message)
                return
            kept.append(body)
            self._size += len(body)
            if self._size > self.compiled.options.limits.answer_body:
                await self._overflow(more)
            elif not more:
                await self._finish()
        elif self.is_open:
            await self._send(message)

    def _rendered_headers_of(self, status: int, given: Iterable[tuple[bytes, bytes]]) -> RenderedHeaders:
        allow, rendered = self.allow, self.compiled.rendered
        key = allow.served, allow.tls, allow.method
        look = rendered.get(key)
        if look is not None and look.fits(status, given):
            return look
        headers = [(bytes(name).lower(), bytes(value)) for name, value in given]
        head = AnswerHead(status, tuple(headers))
        plan = decisions.plan_of(allow, head)
        kept = decisions.is_kept(allow, plan)
        proves = kept and decisions.can_prove(allow, head, plan)
        look = RenderedHeaders(headers, head, plan, kept, proves, unfit=unfit(head))
        if allow.served is not None and look.may_be_kept:
            rendered[key] = look
        return look

    def _dressed(self, headers: Headers, length: int) -> Headers:
        """Of an answer that was kept. Nothing but the caller's origin changes what an answer's headers become."""
        allow, look = self.allow, self._look
        if look is None or allow.origin or headers is not look.head.headers:
            return with_headers(self.compiled, allow, headers, self._plan.content, length)
        made = look.with_headers.get(length)
        if made is None:
            made = with_headers(self.compiled, allow, headers, self._plan.content, length)
            look.with_headers.clear()
            look.with_headers[length] = made
        return made

    async def _start_stream(self, head: AnswerHead, message: Message | None = None) -> None:
        verdict = decisions.answer(self.compiled, self.allow, head, None)
        if isinstance(verdict, Replace):
            await self._replace(verdict, b"")
            return
        self._note(verdict.noted)
        self._started = True
        if self._plan.is_watched and message is not None and self.head.method != "HEAD":
            self._watched = Watched(self.compiled.options.limits.answer_body, self._judge)
        if self.is_open and message is not None:
            await self._send(message)
            return
        await self._send({"type": "http.response.start", "status": head.status, "headers": verdict.headers})

    def _judge(self, body: bytes | None) -> None:
        """An answer that has passed."""
        assert self._answer is not None
        self._note(decisions.watched(self.compiled, self.allow, self._answer, body, self._plan))

    async def _pass(self, message: Message) -> None:
        body, more = message.get("body", b""), message.get("more_body", False)
        self._done = not more
        await self._send(message if self.is_open else self._shown(body, more))
        if self._watched is not None:
            self._watched.take(body)
            if not more:
                self._watched.end()

    def _shown(self, body: bytes, more: bool) -> Message:
        shown = b"" if self._has_no_body() else body
        return {"type": "http.response.body", "body": shown, "more_body": more}

    def _has_no_body(self) -> bool:
        """A body here would be read as the next answer (RFC 9110, 6.4.1)."""
        return self.head.method == "HEAD" or (self._answer is not None and self._answer.status in (204, 304))

    async def _finish(self) -> None:
        assert self._answer is not None and self._kept is not None
        body = self._kept[0] if len(self._kept) == 1 else b"".join(self._kept)
        look = self._look
        if look is not None and look.can_prove and self.compiled.proven.holds(body, look.plan.validator):
            headers = self._answer.headers
        else:
            verdict = decisions.judged(self.compiled, self.allow, self._answer, body, self._plan)
            if isinstance(verdict, Replace):
                await self._replace(verdict, body)
                return
            if verdict.noted:
                self._note(verdict.noted)
            headers, body = verdict.headers, verdict.body or b""
        self._started = self._done = True
        worn = self._dressed(headers, len(body))
        await self._send({"type": "http.response.start", "status": self._answer.status, "headers": worn})
        await self._send({"type": "http.response.body", "body": body, "more_body": False})

    async def _overflow(self, more: bool) -> None:
        """An answer that is larger than what is kept: in observe mode it streams from here on."""
        assert self._answer is not None and self._kept is not None
        verdict = decisions.too_large(self._answer)
        body = b"".join(self._kept)
        if verdict.rule not in self._observed:
            await self._replace(verdict, body)
            return
        self._note((verdict,))
        self._kept = None
        await self._start_stream(self._answer)
        if not self._done:
            await self._pass({"type": "http.response.body", "body": body, "more_body": more})

    async def _replace(self, verdict: Replace, original: bytes) -> None:
        self._mismatched = True
        if verdict.rule is not Rule.ANSWER_BODY:
            self._sample = None  # its body was not looked at
        await self._send_reply(
            self.accounting.replaced(self.head, self.allow, self._answer, verdict, original)
        )

    async def _send_reply(self, reply: Reply) -> None:
        self._started = self._done = True
        await send_answer(self._send, reply.status, reply.headers, reply.body)

    def _note(self, noted: tuple[Replace, ...]) -> None:
        for verdict in noted:
            self._mismatched = True
            self.accounting.noted(self.head, self.allow, verdict, self._answer.status if self._answer else 0)

    async def _end(self, error: Exception | None) -> None:
        """The application has returned or raised. What it let out is logged, and told to nobody."""
        if error is not None and (Rule.ANSWER_ERROR in self._observed or (self._started and not self._done)):
            if not self._started and self._kept:
                await self._finish()  # observed: what it had said so far
            if Rule.ANSWER_ERROR in self._observed:
                self.accounting.noted(self.head, self.allow, decisions.failed("an exception"), 500)
            raise error
        reference = self.accounting.broke(self.head, self.allow, error) if error is not None else ""
        if not self._started and Rule.ANSWER_ERROR not in self._observed:
            reason = "an exception" if error is not None else "the application returned without an answer"
            await self._send_reply(self.accounting.failed(self.head, self.allow, reason, reference))
