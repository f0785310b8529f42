"""What is counted, logged and kept of a guard's traffic, and what it answers in its own name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field

from batten.facts import Content
from batten.guard import log
from batten.guard.compiled import Compiled
from batten.guard.decisions import failed
from batten.guard.log import new_reference
from batten.guard.options import Rule
from batten.guard.replies.documents import problem
from batten.guard.replies.origins import is_preflight
from batten.guard.requests.buckets import Buckets
from batten.guard.requests.rates import excess
from batten.guard.served import Allow, Served
from batten.guard.tally import Tally
from batten.guard.traffic.counts import Sighting, Traffic, masked, told
from batten.guard.verdicts import AnswerHead, Head, Headers, Refuse, Replace
from batten.model.record import record

UNDOCUMENTED = frozenset((Rule.PATH, Rule.VERB))


@record
class Reply:
    """An answer that is the guard's own. HEAD gets the headers only."""

    status: int
    headers: Headers
    body: bytes
    reference: str = ""


@record
class Accounting:
    """`traffic` is None where nothing is kept beyond the process."""

    compiled: Compiled
    tally: Tally
    traffic: Traffic | None = None
    buckets: Buckets = field(default_factory=Buckets, repr=False)
    service: str = ""  # "" where there is one

    def excess(self, head: Head, allow: Allow, fields: Mapping[bytes, bytes], peer: str) -> Refuse | None:
        """What a request is refused for whose caller asks too often. One that is observed only is noted."""
        served = allow.served
        if served is None or not served.rates:
            return None
        refusal = excess(
            self.buckets,
            served.rates,
            served.demand,
            fields,
            head.query,
            head.sender.address or peer,
            self.service,
        )
        if refusal is not None and Rule.RATE in served.observed:
            self.noted(head, allow, refusal)
            return None
        return refusal

    def refused(self, head: Head, verdict: Refuse, allow: Allow | None = None) -> Reply:
        """What a refused request gets instead of an answer."""
        what, reference = name_of(head, allow), new_reference()
        self.tally.add(verdict.rule, f"{what}?{verdict.name}" if verdict.name else what, enforced=True)
        log.refused(what, verdict, reference, why_of(verdict))
        self._see(head, allow, verdict.rule, 0, reason_of(verdict), True)
        return self._reply(head, verdict, reference, head.scheme == "https", allow or self._asking(head))

    def _asking(self, head: Head) -> Allow:
        """Who asked: pages of a listed origin may read what they are refused for."""
        origins = [value for name, value in head.headers if name == b"origin"]
        listed = origins[0] if len(origins) == 1 and origins[0] in self.compiled.origins else b""
        return Allow(None, head.method, head.scheme == "https", listed)

    def _meant(self, head: Head) -> Served | None:
        """The operation that a request is for, whatever it was refused for."""
        path = self.compiled.known(head.raw_path)
        return path.served.get(head.method) if path is not None else None

    def allowed(self, head: Head, allow: Allow) -> None:
        """A request that goes on, with what would have been refused of it."""
        for refusal in allow.noted:
            self.noted(head, allow, refusal)

    def noted(self, head: Head, allow: Allow, verdict: Refuse | Replace, status: int = 0) -> None:
        """What would have been stopped. `status` is the application's, where it has answered."""
        what = name_of(head, allow)
        if isinstance(verdict, Refuse) and verdict.name:
            what = f"{what}?{verdict.name}"
        is_new = self.tally.add(verdict.rule, what, enforced=False)
        if is_new or verdict.rule is not Rule.UNDECLARED:  # most are sent with every request
            log.observed(what, verdict, why_of(verdict))
        if verdict.rule not in UNDOCUMENTED:  # whether anything is there, only its answer tells
            self._see(head, allow, verdict.rule, status, reason_of(verdict), False)

    def answered(self, head: Head, allow: Allow, status: int, content: Content) -> None:
        """The application's answer to a call that no document lists."""
        if allow.served is None and self.traffic is not None and not is_preflight(head, dict(head.headers)):
            rule = next((r.rule for r in allow.noted if r.rule in UNDOCUMENTED), Rule.PATH)
            self._see(head, allow, rule, status, content.value, False)

    def replaced(
        self, head: Head, allow: Allow, answer: AnswerHead | None, verdict: Replace, original: bytes
    ) -> Reply:
        """What a caller gets instead of an answer that must not get out."""
        what, reference = name_of(head, allow), new_reference()
        status = answer.status if answer is not None else 0
        self.tally.add(verdict.rule, what, enforced=True)
        shown = original if self.compiled.options.log_bodies else b""
        log.replaced(what, status, verdict, reference, why_of(verdict), shown)
        self._see(head, allow, verdict.rule, status, reason_of(verdict), True)
        return self._reply(head, verdict, reference, allow.tls, allow)

    def broke(self, head: Head, allow: Allow, error: Exception) -> str:
        """What the application disclosed is logged; the client gets only this reference."""
        reference = new_reference()
        log.broke(name_of(head, allow), reference, error)
        return reference

    def failed(self, head: Head, allow: Allow, reason: str, reference: str = "") -> Reply:
        """What a caller gets where the application gave nothing."""
        self.tally.add(Rule.ANSWER_ERROR, name_of(head, allow), enforced=True)
        self._see(head, allow, Rule.ANSWER_ERROR, 500, reason, True)
        return self._reply(head, failed(reason), reference or new_reference(), allow.tls, allow)

    def _see(
        self, head: Head, allow: Allow | None, rule: Rule, status: int, reason: str, enforced: bool
    ) -> None:
        if self.traffic is not None:
            path = template_of(self.compiled, head, allow, rule)
            self.traffic.add(Sighting(rule, head.method, path, status, reason, enforced))

    def _reply(
        self, head: Head, verdict: Refuse | Replace, reference: str, tls: bool, allow: Allow | None
    ) -> Reply:
        served = allow.served if allow is not None and allow.served is not None else self._meant(head)
        headers, body = problem(self.compiled, verdict, reference, tls, allow, served)
        return Reply(verdict.status, headers, b"" if head.method == "HEAD" else body, reference)


def name_of(head: Head, allow: Allow | None) -> str:
    """The operation, or what was asked for where there is none."""
    if allow is not None and allow.served is not None:
        return allow.served.label
    return f"{head.method} {masked(head.raw_path.decode('latin-1'))}"


def template_of(compiled: Compiled, head: Head, allow: Allow | None, rule: Rule) -> str:
    """The contract's template, or the path with all that looks like an identifier left out."""
    if allow is not None and allow.served is not None:
        return allow.served.operation.path
    if rule in (Rule.TARGET, Rule.HEAD):
        return "(malformed)"
    raw = head.raw_path.decode("latin-1")
    offered = compiled.matcher.offered(raw)
    return offered[0] if offered is not None else masked(raw)


def why_of(verdict: Refuse | Replace) -> str:
    """For logs: which keyword of which schema, or the sentence that callers get."""
    if verdict.about:
        return f"the body does not match its schema: {verdict.about}"
    return told(verdict.reason if isinstance(verdict, Replace) else verdict.detail)


def reason_of(verdict: Refuse | Replace) -> str:
    if isinstance(verdict, Replace):
        return told(verdict.reason)
    return verdict.name or (told(verdict.detail) if verdict.rule is Rule.PARAMETERS else "")
