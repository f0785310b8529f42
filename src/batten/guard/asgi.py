"""The guard as ASGI middleware: `app = Guard(app, contract="openapi.yaml")`."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any, Unpack
from urllib.parse import quote

from batten.contract import Contract
from batten.contract.surface import switches
from batten.guard import decisions, log
from batten.guard.accounting import Accounting
from batten.guard.carriers.asgi_exchange import Application, Exchange
from batten.guard.carriers.sending import (
    Message,
    Receive,
    Send,
    comes,
    is_http1,
    send_answer,
    send_closed,
    send_refusal,
)
from batten.guard.compiled import Compiled
from batten.guard.loading import Given, kept_in, prepared
from batten.guard.log import new_reference
from batten.guard.options import Rule
from batten.guard.remembered import may_be_secret
from batten.guard.replies.documents import problem
from batten.guard.replies.origins import may_connect
from batten.guard.requests.heads import is_plain
from batten.guard.senders.sender import dropped, introduced, misdirected
from batten.guard.served import Allow
from batten.guard.tally import Tally
from batten.guard.traffic.counts import Traffic, masked
from batten.guard.verdicts import UNTRUSTED, Answered, Head, Headers, Refuse
from batten.policy import Policy

MOST_KEPT = 256  # paths whose last request is kept
LONGEST_KEPT = 4_096  # bytes of one
_new = tuple.__new__  # what a named tuple's own constructor comes to, without its call
_OFFERED = frozenset(("tls",))  # extensions that cannot take a body past the guard


class Guard:
    """Holds requests and answers of `app` against a contract, which is read once, here.

    `policy` is a batten.yaml, a Policy, or None for the nearest batten.yaml at or above the contract.
    `tally` counts what was, or would have been, stopped;
    `traffic` keeps it in a file, for `batten guard report` and `batten check`; what else may be given, `Given` lists.
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
        self._again: dict[bytes, tuple[Head, Allow, Headers]] = {}

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            head = self._introduced(scope)
            verdict: Allow | Answered | Refuse
            again = self._again.get(head.raw_path)
            if again is not None and again[0] == head:
                head, verdict, headers = again
            else:
                verdict = decisions.request(self.compiled, head)
                # What the application gets of the headers. A verdict depends on the head alone, so it is kept for who
                # asks the same again; not with credentials, and not for every path that somebody may think of.
                if not isinstance(verdict, Allow):
                    headers = head.headers
                else:
                    forwarded_headers = decisions.forwarded(verdict, head.headers)
                    if head.sender.told:
                        forwarded_headers = (*forwarded_headers, *head.sender.told)
                    if not verdict.noted and _is_anonymous(verdict, head) and _weight(head) <= LONGEST_KEPT:
                        if len(self._again) >= MOST_KEPT:
                            self._again.clear()
                        self._again[head.raw_path] = head, verdict, forwarded_headers
                    headers = forwarded_headers
            if isinstance(verdict, Allow) and verdict.served is not None and verdict.served.rates:
                peer = scope.get("client")
                refusal = self.accounting.excess(head, verdict, dict(head.headers), peer[0] if peer else "")
                if refusal is not None:
                    reply = self.accounting.refused(head, refusal, verdict)
                    await send_refusal(send, reply, is_http1(scope), _rest(head, receive))
                    return
            if isinstance(verdict, Allow):
                exchange = Exchange(self.accounting, head, verdict, receive, send)
                inner = scope if exchange.is_open else _inner(scope, head, headers, verdict.query)
                await exchange.run(self.app, inner, scope)
            elif isinstance(verdict, Answered):
                await send_answer(send, verdict.status, verdict.headers, b"")
            else:
                reply = self.accounting.refused(head, verdict)
                await send_refusal(send, reply, is_http1(scope), _rest(head, receive))
        elif scope["type"] == "websocket":
            await self._websocket(scope, receive, send)
        else:
            # Servers that end by their signal, as uvicorn does, run nothing at exit: what was counted is written
            # before.
            traffic = self.accounting.traffic
            if traffic is None:
                at_its_end = send
            else:

                async def ending(message: Message) -> None:
                    if message["type"].startswith("lifespan.shutdown."):
                        traffic.flush()
                    await send(message)

                at_its_end = ending
            await self.app(scope, receive, at_its_end)

    def _introduced(self, scope: Message) -> Head:
        """What is asked, by the client that a trusted peer tells of."""
        head, compiled = _head(scope), self.compiled
        if compiled.trusted is None:
            return head
        peer = scope.get("client")
        return introduced(head, peer[0] if peer else "", compiled.trusted, compiled.hosts, compiled.declared)

    async def _websocket(self, scope: Message, receive: Receive, send: Send) -> None:
        head = self._introduced(scope)
        what = f"WEBSOCKET {masked(head.raw_path.decode('latin-1'))}"
        for refusal in handshake(self.compiled, head):
            enforced = refusal.rule not in self.compiled.observed
            self.tally.add(refusal.rule, what, enforced)
            if enforced:
                reference = new_reference()
                log.refused(what, refusal, reference, refusal.detail)
                await receive()
                await send_closed(scope, send, *self._problem(head, refusal, reference))
                return
        headers = list(passed(self.compiled, head))
        await self.app({**scope, **_told(scope, head), "headers": headers}, receive, send)

    def _problem(self, head: Head, refusal: Refuse, reference: str) -> tuple[int, Headers, bytes]:
        tls = head.scheme in ("wss", "https")
        return refusal.status, *problem(self.compiled, refusal, reference, tls)


def _head(scope: Message) -> Head:
    """A server that gives no raw path leaves the decoded one, which is what the application reads too."""
    raw: bytes = scope.get("raw_path") or quote(scope["path"], safe="/!$&'()*+,;=:@-._~").encode()
    headers = tuple(scope["headers"])
    if headers and type(headers[0]) is not tuple:
        headers = tuple(map(tuple, headers))
    method, scheme = scope.get("method", "GET"), scope.get("scheme", "http")
    return _new(Head, (method, raw, scope.get("query_string", b""), headers, scheme, UNTRUSTED))


def _rest(head: Head, receive: Receive) -> Receive | None:
    return receive if comes(head.headers) else None


def _is_anonymous(allow: Allow, head: Head) -> bool:
    """Whether nothing in a request is a credential, as far as names and the contract tell."""
    served = allow.served
    names = [name for name, _ in (*head.headers, *head.sender.told)]
    return served is not None and not served.demand.alternatives and not any(map(may_be_secret, names))


def _weight(head: Head) -> int:
    """Bytes."""
    headers = (*head.headers, *head.sender.told)
    return len(head.raw_path) + len(head.query) + sum([len(n) + len(v) for n, v in headers])


def _inner(scope: Message, head: Head, headers: Headers, query: bytes | None) -> Message:
    """What the application sees: the server's own scope, where nothing of it is to be hidden."""
    extensions = scope.get("extensions")
    if query is not None:
        scope = {**scope, "query_string": query}
    if headers is head.headers and (not extensions or extensions.keys() <= _OFFERED):
        return scope
    offered: dict[str, Any] = {n: extension for n, extension in (extensions or {}).items() if n in _OFFERED}
    return {**scope, **_told(scope, head), "headers": list(headers), "extensions": offered}


def _told(scope: Message, head: Head) -> Message:
    """Of the client, where a trusted peer has told of it."""
    sender = head.sender
    if not sender.trusted:
        return {}
    scheme = head.scheme if scope["type"] == "http" else head.scheme.replace("http", "ws")
    return {"scheme": scheme, **({"client": (sender.address, 0)} if sender.address else {})}


def handshake(compiled: Compiled, head: Head) -> Iterator[Refuse]:
    """What is said against one: a GET that declares 101 (Switching Protocols) is a WebSocket, and so are the paths that the
    policy lists."""
    fields = dict(head.headers)
    if not is_plain(head.raw_path):
        yield Refuse(Rule.TARGET, 400, "Bad Request", detail="The target is not a plain path and query.")
    yield from misdirected(compiled.hosts, head, fields)
    path = compiled.path(head.raw_path)
    served = path.served.get("GET") if path is not None else None
    if served is not None and switches(served.operation):
        if not served.demand.is_met(fields, head.query):
            challenges = tuple((b"www-authenticate", challenge) for challenge in served.demand.challenges)
            yield Refuse(Rule.CREDENTIALS, 401, "Unauthorized", challenges)
    elif compiled.sockets.offered(head.raw_path.decode("latin-1")) is None:
        yield Refuse(Rule.PATH, 404, "Not Found")
    tls = head.scheme in ("wss", "https")
    origins = [value for name, value in head.headers if name == b"origin"]
    hosts = [value for name, value in head.sender.told if name == b"x-forwarded-host"] or [
        fields.get(b"host", b"")
    ]
    if not all(may_connect(compiled, origin, hosts[0], tls) for origin in origins):
        yield Refuse(Rule.ORIGIN, 403, "Forbidden", detail="The origin is not allowed.")


def passed(compiled: Compiled, head: Head) -> Headers:
    """The handshake's headers as the application gets them."""
    observed = compiled.observed
    drop = set(dropped(dict(head.headers), head.sender, None, observed))
    kept = [p for p in head.headers if p[0] not in drop and (Rule.HEAD in observed or b"_" not in p[0])]
    return (*kept, *head.sender.told)
