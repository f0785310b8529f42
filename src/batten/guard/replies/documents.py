"""What a client gets from the guard itself, instead of an answer or a way to the application."""

from __future__ import annotations

from batten.facts import Content
from batten.guard.answers.problems import MEDIA_TYPE, document, phrase
from batten.guard.answers.shaped import Told
from batten.guard.compiled import Compiled
from batten.guard.replies.headers import with_headers
from batten.guard.served import Allow, Served
from batten.guard.verdicts import Headers, Refuse, Replace


def problem(
    compiled: Compiled,
    verdict: Refuse | Replace,
    reference: str,
    tls: bool,
    allow: Allow | None = None,
    served: Served | None = None,
) -> tuple[Headers, bytes]:
    """The document that a client gets, of one size for all of a status; `served` is what was asked for."""
    title, detail = (verdict.title, verdict.detail) if isinstance(verdict, Refuse) else ("", "")
    shape = served.shape(verdict.status) if served is not None else None
    if shape is None:
        media_type, body = MEDIA_TYPE, document(verdict.status, title, reference, detail)
    else:
        told = Told(verdict.status, title or phrase(verdict.status), detail, reference)
        media_type, body = shape.media_type, shape.document(told)
    headers: Headers = (
        *verdict.headers,
        (b"content-type", media_type),
        (b"content-length", b"%d" % len(body)),
        (b"cache-control", b"no-store"),
    )
    return with_headers(compiled, allow or Allow(None, "", tls), headers, Content.API), body
