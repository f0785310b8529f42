"""The guard as WSGI middleware (PEP 3333): `app = Guard(app, contract="openapi.yaml")`."""

from __future__ import annotations

import os
from collections.abc import Iterable
from functools import lru_cache
from typing import Any, Unpack
from urllib.parse import quote, unquote_to_bytes

from batten.contract import Contract
from batten.guard import decisions
from batten.guard.accounting import Accounting, Reply
from batten.guard.carriers.wsgi_exchange import (
    Application,
    Environ,
    Exchange,
    StartResponse,
    native,
    status_line,
)
from batten.guard.compiled import Compiled
from batten.guard.loading import Given, kept_in, prepared
from batten.guard.options import Rule
from batten.guard.senders.sender import introduced
from batten.guard.served import Allow
from batten.guard.tally import Tally
from batten.guard.traffic.counts import Traffic
from batten.guard.verdicts import Answered, Head, Refuse
from batten.policy import Policy

_RAW = ("REQUEST_URI", "RAW_URI")  # uWSGI, mod_wsgi, waitress, Werkzeug; Gunicorn. PATH_INFO is decoded
_TWO_READINGS = Refuse(Rule.TARGET, 400, "Bad Request", detail="The target is ambiguous.")
_UNPREFIXED = (
    "CONTENT_TYPE",
    "CONTENT_LENGTH",
)  # a second one that a server leaves has the prefix of the others
_TWO_HEADERS = Refuse(Rule.HEAD, 400, "Bad Request", detail="A header that must be unique is repeated.")
_NO_END = Refuse(Rule.HEAD, 411, "Length Required", detail="The body's length is required.")


class Guard:
    """As `batten.guard.asgi.Guard`, for Flask, Django's WSGI application, and whatever else is WSGI.

    Raises GuardProblem and PolicyProblem for files that cannot be used.
    """

    def __init__(
        self,
        app: Application,
        contract: str | os.PathLike[str] | Contract = "openapi.yaml",
        policy: str | os.PathLike[str] | Policy | None = None,
        traffic: str | os.PathLike[str] | Traffic | None = None,
        **given: Unpack[Given],
    ) -> None:
        self.app = app
        self.compiled: Compiled = prepared(contract, policy, given)
        self.tally = Tally()
        self.accounting = Accounting(self.compiled, self.tally, kept_in(traffic))

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        sent, objections = _head(environ)
        compiled = self.compiled
        head = introduced(
            sent, environ.get("REMOTE_ADDR", ""), compiled.trusted, compiled.hosts, compiled.declared
        )
        for objection in objections:
            if objection.rule not in self.compiled.observed:
                return _sent(start_response, self.accounting.refused(head, objection))
            self.accounting.noted(head, Allow(None, head.method, False), objection)
        verdict = decisions.request(self.compiled, head)
        if isinstance(verdict, Allow):
            peer = environ.get("REMOTE_ADDR", "")
            refusal = self.accounting.excess(head, verdict, dict(head.headers), peer)
            if refusal is not None:
                return _sent(start_response, self.accounting.refused(head, refusal, verdict))
            self.accounting.allowed(head, verdict)
            kept = (*decisions.forwarded(verdict, head.headers), *head.sender.told)
            # The environment without the headers that are not passed on, and with those that are told.
            forwarded_inner = dict(environ)
            if kept == sent.headers:
                forwarded: dict[str, Any] = forwarded_inner
            else:
                passed = dict(kept)
                for forwarded_name, value in {**dict(sent.headers), **passed}.items():
                    if forwarded_name in (b"content-type", b"content-length"):
                        continue
                    key = "HTTP_" + forwarded_name.decode("latin-1").upper().replace("-", "_")
                    if forwarded_name in passed:
                        forwarded_inner[key] = value.decode("latin-1")
                    else:
                        forwarded_inner.pop(key, None)
                forwarded = forwarded_inner
            inner = {**forwarded, **_told(head)}
            if verdict.query is not None:
                query = verdict.query.decode("latin-1")
                inner["QUERY_STRING"] = query
                for name in _RAW:
                    if inner.get(name):
                        path = inner[name].partition("?")[0]
                        inner[name] = f"{path}?{query}" if query else path
            return Exchange(self.accounting, head, verdict, start_response).run(self.app, inner)
        if isinstance(verdict, Answered):
            return _sent(start_response, Reply(verdict.status, verdict.headers, b""))
        return _sent(start_response, self.accounting.refused(head, verdict))


def _sent(start_response: StartResponse, reply: Reply) -> list[bytes]:
    start_response(status_line(reply.status), native(reply.headers))
    return [reply.body]


def _head(environ: Environ) -> tuple[Head, list[Refuse]]:
    """With what only a WSGI server can get wrong. Names lose the difference of `-` and `_` (RFC 3875, 4.1.18)."""
    path = _bytes(environ.get("SCRIPT_NAME", "") + environ.get("PATH_INFO", ""))
    query = _bytes(environ.get("QUERY_STRING", ""))
    raw = next((_bytes(environ[name]) for name in _RAW if environ.get(name)), None)
    objections = []
    if raw is None:
        raw_path = quote(path, safe="/!$&'()*+,;=:@-._~").encode()
    else:
        raw_path, _, raw_query = raw.partition(b"?")
        read = unquote_to_bytes(raw_path) if b"%" in raw_path else raw_path
        if read != path or raw_query != query:
            objections.append(_TWO_READINGS)
            raw_path = quote(path, safe="/!$&'()*+,;=:@-._~").encode()
    headers = tuple(_headers(environ))
    if any(environ.get(f"HTTP_{key}", told := environ.get(key, "")) != told for key in _UNPREFIXED):
        objections.append(_TWO_HEADERS)
    if "HTTP_TRANSFER_ENCODING" in environ and not environ.get("wsgi.input_terminated"):
        objections.append(_NO_END)  # the application could read on into the next request, or wait for ever
    scheme = environ.get("wsgi.url_scheme", "http")
    return Head(environ["REQUEST_METHOD"], raw_path, query, headers, scheme), objections


def _headers(environ: Environ) -> Iterable[tuple[bytes, bytes]]:
    for key, value in environ.items():
        if key[:5] == "HTTP_" and isinstance(value, str) and key[5:] not in _UNPREFIXED:
            yield _name(key), value.encode("latin-1", "replace")
    for key, name in (("CONTENT_TYPE", b"content-type"), ("CONTENT_LENGTH", b"content-length")):
        if environ.get(key):
            yield name, _bytes(environ[key])


def _told(head: Head) -> dict[str, str]:
    """Of the client, where a trusted peer has told of it."""
    sender = head.sender
    if not sender.trusted:
        return {}
    return {"wsgi.url_scheme": head.scheme, **({"REMOTE_ADDR": sender.address} if sender.address else {})}


@lru_cache(maxsize=1_000)
def _name(key: str) -> bytes:
    return _bytes(key[5:].replace("_", "-").lower())


def _bytes(text: str) -> bytes:
    """WSGI's strings hold bytes; what an environment variable adds to them may not."""
    return text.encode("latin-1", "replace")
