"""One HTTP exchange, as Envoy tells it: each message gets the verdict that every carrier gives."""

from __future__ import annotations

from batten.guard import decisions
from batten.guard.accounting import Accounting, Reply
from batten.guard.answers.answer_heads import unfit
from batten.guard.extproc.heads import NOBODY, answer_head, changes, requeried, request_head, unsaid
from batten.guard.extproc.messages import (
    DETAILS,
    NO_CHANGES,
    Asked,
    BodyMode,
    Changes,
    GoOn,
    Instead,
    Part,
    Said,
)
from batten.guard.options import Rule
from batten.guard.replies.headers import with_headers
from batten.guard.senders.chain import node
from batten.guard.senders.sender import introduced
from batten.guard.served import Allow, Plan
from batten.guard.verdicts import Answered, AnswerHead, Head, Headers, Refuse, Replace, Sender

_NO_PLAN = Plan()
_JUDGED = ("", "via_upstream", "direct_response")  # who made an answer; all else is Envoy's own
_TOO_LARGE = "request_payload_too_large"
_WRITTEN_ANEW = frozenset((b"content-length",))


class OutOfStep(ValueError):
    """A message that cannot come now."""


class Exchange:
    """`done` is set when nothing more is asked for: Envoy may be let go. `awaits_body` is set while a body that
    was asked for has not come."""

    __slots__ = ("_allow", "_answer", "_body_ended", "_head", "_plan", "accounting", "awaits_body", "done")

    def __init__(self, accounting: Accounting) -> None:
        self.accounting = accounting
        self.done = self.awaits_body = False
        self._head: Head = NOBODY
        self._allow: Allow | None = None
        self._answer: AnswerHead | None = None
        self._plan = _NO_PLAN
        self._body_ended = False

    def on(self, asked: Asked) -> Said:
        """Raises OutOfStep."""
        self.awaits_body = False
        if asked.part is Part.REQUEST_HEADERS and self._allow is None:
            return self._on_request(asked)
        if asked.part is Part.ANSWER_HEADERS and self._answer is None:
            return self._on_answer(asked)
        if asked.part is Part.REQUEST_BODY and self._allow is not None and not self._body_ended:
            allow = self._allow
            self._body_ended = True
            body = asked.body
            if asked.ends and len(body) <= self.accounting.compiled.options.limits.request_body:
                if allow.served is not None:
                    body = decisions.stripped_body(allow.served, self._media_type(), body)
                refusal = self._objection(allow, body)
            else:
                refusal = self._counted(allow, Refuse(Rule.SIZE, 413, "Content Too Large"))
            if refusal is not None:
                return self._refuse(refusal, allow)
            if body == asked.body:
                return GoOn(Part.REQUEST_BODY)
            told = Changes((), ((b"content-length", b"%d" % len(body)),))
            return GoOn(Part.REQUEST_BODY, told, body)
        if asked.part is Part.ANSWER_BODY and self._allow is not None and self._answer is not None:
            allow = self._allow
            answer = self._answer
            if asked.ends and len(asked.body) <= self.accounting.compiled.options.limits.answer_body:
                return self._judged(Part.ANSWER_BODY, allow, answer, asked.body)
            verdict = decisions.too_large(answer)
            if verdict.rule not in self._observed(allow):
                return self._replace(allow, answer, verdict, asked.body)
            return self._passed(Part.ANSWER_BODY, allow, answer, (verdict,))
        if asked.part in (Part.REQUEST_TRAILERS, Part.ANSWER_TRAILERS):
            return GoOn(asked.part)
        raise OutOfStep(f"{asked.part.name} out of order")

    # The request

    def _on_request(self, asked: Asked) -> Said:
        sent = request_head(asked)
        self._head = head = self._introduced(sent, node(asked.source))
        verdict = decisions.request(self.accounting.compiled, head)
        if isinstance(verdict, Refuse):
            return self._refuse(verdict, None)
        if isinstance(verdict, Answered):
            return self._instead(verdict.status, verdict.headers, b"", f"{DETAILS}preflight")
        refusal = self.accounting.excess(head, verdict, dict(head.headers), node(asked.source))
        if refusal is not None:
            return self._refuse(refusal, verdict)
        self._allow = verdict
        self.accounting.allowed(head, verdict)
        if asked.ends:
            refusal = self._objection(verdict, b"")
            if refusal is not None:
                return self._refuse(refusal, verdict)
        if not asked.ends and self._weighs(verdict):
            # Envoy takes a body of another length in mode BUFFERED only.
            served, media_type = verdict.served, self._media_type()
            mode = (
                BodyMode.BUFFERED
                if served is not None and served.intake(media_type).strips
                else BodyMode.PARTIAL
            )
        else:
            mode = BodyMode.NONE
        self.awaits_body = mode is not BodyMode.NONE
        altered = changes(sent.headers, (*decisions.forwarded(verdict, head.headers), *head.sender.told))
        if verdict.query is not None:
            altered = requeried(altered, head, verdict.query)
        return GoOn(Part.REQUEST_HEADERS, altered, None, mode, BodyMode.NONE)

    def _introduced(self, sent: Head, peer: str) -> Head:
        """By whom it was sent. Envoy itself has added its peer to X-Forwarded-For, so that is said anew."""
        compiled = self.accounting.compiled
        came = unsaid(sent, peer)
        head = introduced(came, peer, compiled.trusted, compiled.hosts, compiled.declared)
        if head is came:
            head = sent
        if head.sender.trusted or not peer or Rule.SENDER in compiled.observed:
            return head
        told = ((b"x-forwarded-for", peer.encode()), (b"x-forwarded-proto", head.scheme.encode()))
        rest = tuple(
            [pair for pair in head.headers if pair[0] not in (b"x-forwarded-for", b"x-forwarded-proto")]
        )
        return head._replace(headers=rest, sender=Sender(False, peer, told))

    def _weighs(self, allow: Allow) -> bool:
        """Whether a body is asked for: to be validated, or because nobody has said how long it is."""
        if allow.served is None:
            return False
        fields = dict(self._head.headers)
        media_type = fields.get(b"content-type", b"").decode("latin-1")
        return b"content-length" not in fields or decisions.keeps_request(allow, media_type)

    def _media_type(self) -> str:
        return dict(self._head.headers).get(b"content-type", b"").decode("latin-1")

    def _objection(self, allow: Allow, body: bytes) -> Refuse | None:
        served = allow.served
        if served is None:
            return None
        media_type = self._media_type()
        if body and not decisions.keeps_request(allow, media_type):
            return None
        refusal = decisions.request_body(served, media_type, body)
        return None if refusal is None else self._counted(allow, refusal)

    def _counted(self, allow: Allow, refusal: Refuse) -> Refuse | None:
        """None where it is observed only."""
        if refusal.rule not in self._observed(allow):
            return refusal
        self.accounting.noted(self._head, allow, refusal)
        return None

    def _observed(self, allow: Allow) -> frozenset[Rule]:
        return self.accounting.compiled.observed if allow.served is None else allow.served.observed

    def _nothing(self) -> Allow:
        """For what comes before any verdict."""
        return Allow(None, self._head.method, self._head.scheme == "https")

    # The answer

    def _on_answer(self, asked: Asked) -> Said:
        self._answer = answer = answer_head(asked)
        allow = self._allow = self._allow or self._nothing()
        if asked.details not in _JUDGED:
            # What Envoy says in place of the upstream tells of addresses, ports and versions.
            if asked.details.startswith(_TOO_LARGE):
                refusal = self._counted(allow, Refuse(Rule.SIZE, 413, "Content Too Large"))
                if refusal is not None:
                    return self._refuse(refusal, allow)
            verdict = Replace(Rule.ANSWER_ERROR, max(answer.status, 400), asked.details)
            if Rule.ANSWER_ERROR in self._observed(allow):
                return self._passed(Part.ANSWER_HEADERS, allow, answer, (verdict,))
            return self._replace(allow, answer, verdict, b"")
        self._plan = plan = decisions.plan_of(allow, answer)
        self.accounting.answered(self._head, allow, answer.status, plan.content)
        wrong = unfit(answer)
        if wrong is not None and wrong.rule not in self._observed(allow):
            return self._replace(allow, answer, wrong, b"")
        if wrong is not None:
            self.accounting.noted(self._head, allow, wrong, answer.status)
        if not decisions.is_kept(allow, plan) and (not plan.is_watched or allow.method == "HEAD"):
            return self._judged(Part.ANSWER_HEADERS, allow, answer, None)
        if asked.ends:
            return self._judged(Part.ANSWER_HEADERS, allow, answer, b"")
        self.awaits_body = True
        # Padded bodies get another length, which Envoy takes in mode BUFFERED only.
        pads = allow.served is not None and allow.served.bucket and Rule.PADDING not in allow.served.observed
        return GoOn(
            Part.ANSWER_HEADERS,
            NO_CHANGES,
            None,
            BodyMode.NONE,
            BodyMode.BUFFERED if pads else BodyMode.PARTIAL,
        )

    def _judged(self, part: Part, allow: Allow, answer: AnswerHead, body: bytes | None) -> Said:
        verdict = decisions.judged(self.accounting.compiled, allow, answer, body, self._plan)
        if isinstance(verdict, Replace):
            return self._replace(allow, answer, verdict, body or b"")
        mended = None if verdict.body == body else verdict.body
        return self._passed(part, allow, AnswerHead(answer.status, verdict.headers), verdict.noted, mended)

    def _passed(
        self,
        part: Part,
        allow: Allow,
        answer: AnswerHead,
        noted: tuple[Replace, ...],
        mended: bytes | None = None,
    ) -> Said:
        """The answer gets out, dressed; `mended` is its new body."""
        assert self._answer is not None
        for verdict in noted:
            self.accounting.noted(self._head, allow, verdict, answer.status)
        self.done = True
        worn = with_headers(self.accounting.compiled, allow, answer.headers, self._plan.content)
        altered = changes(self._answer.headers, worn)
        if mended is not None:  # Envoy refuses a new body whose length is not told
            altered = Changes(altered.removed, (*altered.added, (b"content-length", b"%d" % len(mended))))
        return GoOn(part, altered, mended)

    # What is said instead

    def _refuse(self, refusal: Refuse, allow: Allow | None) -> Said:
        return self._own(self.accounting.refused(self._head, refusal, allow), refusal.rule)

    def _replace(self, allow: Allow, answer: AnswerHead, verdict: Replace, original: bytes) -> Said:
        return self._own(self.accounting.replaced(self._head, allow, answer, verdict, original), verdict.rule)

    def _own(self, reply: Reply, rule: Rule) -> Said:
        return self._instead(reply.status, reply.headers, reply.body, f"{DETAILS}{rule.value}")

    def _instead(self, status: int, headers: Headers, body: bytes, details: str) -> Said:
        self.done = True
        kept = tuple([pair for pair in headers if pair[0] not in _WRITTEN_ANEW])
        return Instead(status, kept, body, details)

    def broke(self, error: Exception) -> Said:
        """Where the guard itself fails: nothing unjudged gets out."""
        allow = self._allow or self._nothing()
        reference = self.accounting.broke(self._head, allow, error)
        reply = self.accounting.failed(self._head, allow, "the guard failed", reference)
        return self._own(reply, Rule.ANSWER_ERROR)
