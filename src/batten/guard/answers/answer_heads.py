"""What is wrong with an answer's header section as an application hands it to its server (RFC 9110, 5.1 and 5.5; 8.3
and 8.6; RFC 9112, 6.3): servers differ in what of it they stop."""

from __future__ import annotations

import re

from batten.guard.options import Rule
from batten.guard.verdicts import AnswerHead, Headers, Replace

_NAME = re.compile(rb"[!#$%&'*+\-.^_`|~0-9a-z]+")  # in lower case
_CONTROL = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]")
_ONCE = (b"content-type", b"content-length", b"transfer-encoding", b"location")


def unfit(head: AnswerHead) -> Replace | None:
    """What an answer with such headers is replaced for. The reason never holds a value."""
    reason = _reason(head.headers)
    return Replace(Rule.ANSWER_ERROR, head.status if head.status >= 400 else 500, reason) if reason else None


def _reason(headers: Headers) -> str:
    if _CONTROL.search(b"".join([value for _, value in headers])):
        return "a header holds a control character"
    if not all(_NAME.fullmatch(name) for name, _ in headers):
        return "the name of a header is invalid"
    fields = dict(headers)
    if len(fields) != len(headers):
        names = [name for name, _ in headers]
        twice = next((name for name in _ONCE if names.count(name) > 1), None)
        if twice is not None:
            return f"the header {twice.decode()} is given twice"
    length = fields.get(b"content-length")
    if length is not None:
        if not (length.isdigit() and len(length) < 19):
            return "the Content-Length is not a number"
        if b"transfer-encoding" in fields:
            return "the body's length is given twice"
    return ""
