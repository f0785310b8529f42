"""Bodies of one exchange, noted in passing, of which nothing but the shape is kept."""

from __future__ import annotations

import re
from collections.abc import Sequence
from urllib.parse import parse_qsl

from batten.contract.strict_json import strict_json
from batten.guard.accounting import UNDOCUMENTED, Accounting, template_of
from batten.guard.bodies import Undecodable, decoded
from batten.guard.decisions import plan_of
from batten.guard.options import Rule
from batten.guard.served import Allow, is_json
from batten.guard.traffic.shapes import Shape, is_member, shape_of
from batten.guard.verdicts import AnswerHead, Head, Headers

MOST = 65_536  # bytes of a body that is learnt from
NOTHING_THERE = frozenset((404, 405, 410, 501))
_MEDIA_TYPE = re.compile(r"[a-z0-9][a-z0-9.+-]{0,60}/[a-z0-9][a-z0-9.+-]{0,60}")
_NUMBER = re.compile(r"-?(?:0|[1-9]\d{0,15})")


class Sample:
    """Takes what passes, and teaches at the end; what is too large is not learnt from."""

    def __init__(self, accounting: Accounting, head: Head, allow: Allow) -> None:
        self._books, self._head, self._allow = accounting, head, allow
        self._asked = bytearray()
        self._said = bytearray()

    def asked(self, chunk: bytes) -> None:
        if len(self._asked) <= MOST:
            self._asked += chunk

    def said(self, chunk: bytes) -> None:
        if len(self._said) <= MOST:
            self._said += chunk

    def end(self, answer: AnswerHead, mismatched: bool) -> None:
        """`mismatched` is where the body was not as the contract says."""
        traffic, served = self._books.traffic, self._allow.served
        if traffic is None or answer.status >= 500 or (served is None and answer.status in NOTHING_THERE):
            return
        shapes: dict[tuple[str, str], Shape] = {}
        if (self._head.query or served is None) and answer.status < 400:
            shapes |= _query(
                self._head.query, None if served is None else served.inputs.unknown(self._head.query)
            )
        if self._asked and answer.status < 400:
            media_type = _value(self._head.headers, b"content-type")
            if served is None:
                lacks_request = True
            else:
                intake = served.intake(media_type)
                lacks_request = bool(intake.objection) or (is_json(media_type) and intake.reader is None)
            if lacks_request:
                shapes |= _body("request", self._head.headers, bytes(self._asked))
        if served is None or mismatched or _lacks_answer(self._allow, answer):
            shapes |= _body(str(answer.status), answer.headers, bytes(self._said))
        if shapes:
            rule = next((r.rule for r in self._allow.noted if r.rule in UNDOCUMENTED), Rule.PATH)
            traffic.learn(
                self._head.method, template_of(self._books.compiled, self._head, self._allow, rule), shapes
            )


def sample_of(accounting: Accounting, head: Head, allow: Allow) -> Sample | None:
    """None where nothing is to be learnt."""
    return (
        Sample(accounting, head, allow)
        if accounting.traffic is not None and accounting.traffic.learns
        else None
    )


def _lacks_answer(allow: Allow, answer: AnswerHead) -> bool:
    plan = plan_of(allow, answer)
    return plan.objection is not None or plan.is_empty or (plan.is_json and plan.validator is None)


def _query(query: bytes, wanted: Sequence[str] | None) -> dict[tuple[str, str], Shape]:
    """One object of all parameters, or of those that are wanted; those that stand more than once are text."""
    if wanted is not None and not wanted:
        return {}
    try:
        pairs = parse_qsl(query.decode("latin-1"), keep_blank_values=True, max_num_fields=50)
    except ValueError:
        return {}
    pairs = [(name, value) for name, value in pairs if is_member(name) and (wanted is None or name in wanted)]
    named: dict[str, object] = {n: int(v) if _NUMBER.fullmatch(v) else v for n, v in pairs}
    return {("query", ""): shape_of(named)} if named or wanted is None else {}


def query_shape(query: bytes) -> Shape | None:
    """The shape of a query as it stands in a URL; None where nothing is to be learnt from it."""
    return next(iter(_query(query, None).values()), None)


def _body(part: str, headers: Headers, body: bytes) -> dict[tuple[str, str], Shape]:
    media_type = _value(headers, b"content-type").partition(";")[0].strip().lower()
    if not body:
        return {(part, ""): Shape()}
    if len(body) > MOST or not _MEDIA_TYPE.fullmatch(media_type):
        return {}
    if not is_json(media_type):
        return {(part, media_type): Shape(anything=True)}
    encoding = _value(headers, b"content-encoding").encode("latin-1")
    try:
        value = strict_json(decoded(encoding, body, MOST) if encoding else body)
    except (Undecodable, ValueError):
        return {}
    return {(part, media_type): shape_of(value)}


def _value(headers: Headers, wanted: bytes) -> str:
    return next((value.decode("latin-1") for name, value in headers if name == wanted), "")
