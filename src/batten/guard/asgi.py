"""The guard as ASGI middleware: `app = Guard(app, contract="openapi.yaml")`."""

from __future__ import annotations

import os
import secrets
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

from batten.contract import Contract
from batten.guard import decisions, log
from batten.guard.compiled import Compiled, compile_contract
from batten.guard.exchange import Exchange, Receive, Send
from batten.guard.heads import is_plain
from batten.guard.loading import read_contract, read_policy
from batten.guard.options import GuardProblem, Limits, Mode, Options, Rule
from batten.guard.origins import may_connect
from batten.guard.tally import Tally
from batten.guard.verdicts import Allow, Answered, Head, Refuse
from batten.policy import Policy

Scope = MutableMapping[str, Any]
Application = Callable[[Any, Any, Any], Awaitable[None]]

_CLOSING = frozenset((400, 413, 414, 431, 501))  # the connection may hold what nobody agreed upon
_OFFERED = frozenset(("tls",))  # extensions that cannot take a body past the guard


class Guard:
    """Holds requests and answers of `app` against a contract, which is read once, here.

    `policy` is a batten.yaml, a Policy, or None for the nearest batten.yaml at or above the contract.
    `rules` overrides `mode` by rule or operation. `tally` counts what was, or would have been, stopped.
    Raises GuardProblem and PolicyProblem for files that cannot be used.
    """

    def __init__(
        self,
        app: Application,
        contract: str | os.PathLike[str] | Contract = "openapi.yaml",
        policy: str | os.PathLike[str] | Policy | None = None,
        mode: str | Mode = Mode.ENFORCE,
        rules: Mapping[str, str | Mode] | None = None,
        limits: Limits | None = None,
        bucket: int = 1_024,
    ) -> None:
        self.app = app
        read = read_contract(contract)
        beside = Path.cwd() if isinstance(contract, Contract) else Path(contract).resolve().parent
        chosen = {name: _mode(each) for name, each in (rules or {}).items()}
        options = Options(_mode(mode), chosen, limits or Limits(), bucket)
        self.compiled: Compiled = compile_contract(read, read_policy(policy, beside), options)
        self.tally = Tally()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            await self._http(scope, receive, send)
        elif scope["type"] == "websocket":
            await self._websocket(scope, receive, send)
        else:
            await self.app(scope, receive, send)

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        head = _head(scope)
        verdict = decisions.request(self.compiled, head)
        if isinstance(verdict, Allow):
            self._note(head, verdict)
            headers = decisions.forwarded(verdict, head.headers)
            inner = {**scope, "headers": list(headers), "extensions": _extensions(scope)}
            await Exchange(self, head, verdict, receive, send).run(inner)
        elif isinstance(verdict, Answered):
            await send({"type": "http.response.start", "status": verdict.status, "headers": verdict.headers})
            await send({"type": "http.response.body", "body": b""})
        else:
            closing = verdict.status in _CLOSING and scope.get("http_version", "1.1").startswith("1")
            await self.refuse(head, verdict, send, closing)

    def _note(self, head: Head, allow: Allow) -> None:
        for refusal in allow.noted:
            what = name_of(head, allow)
            self.tally.add(refusal.rule, what, enforced=False)
            log.observed(what, refusal)

    async def refuse(
        self, head: Head, verdict: Refuse, send: Send, closing: bool = False, allow: Allow | None = None
    ) -> None:
        """Send what a refused request gets instead of an answer."""
        what, reference = name_of(head, allow), new_reference()
        self.tally.add(verdict.rule, what, enforced=True)
        log.refused(what, verdict, reference)
        headers, body = decisions.problem(self.compiled, head, verdict, reference, allow)
        if closing:
            headers = (*headers, (b"connection", b"close"))
        await send({"type": "http.response.start", "status": verdict.status, "headers": headers})
        await send({"type": "http.response.body", "body": b"" if head.method == "HEAD" else body})

    async def _websocket(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Judged by where the page comes from; no contract says what is spoken over it."""
        refusal = self._handshake(scope)
        if refusal is not None:
            what = f"WEBSOCKET {scope['path']}"
            enforced = refusal not in self.compiled.observed
            self.tally.add(refusal, what, enforced)
            if enforced:
                await receive()
                await send({"type": "websocket.close", "code": 1008})  # before the handshake: 403
                return
        await self.app(scope, receive, send)

    def _handshake(self, scope: Scope) -> Rule | None:
        head = _head(scope)
        if not is_plain(head.raw_path):
            return Rule.TARGET
        origins = [value for name, value in head.headers if name == b"origin"]
        hosts = [value for name, value in head.headers if name == b"host"] or [b""]
        tls = head.scheme in ("wss", "https")
        fits = all(may_connect(self.compiled, origin, hosts[0], tls) for origin in origins)
        return None if fits else Rule.ORIGIN


def name_of(head: Head, allow: Allow | None) -> str:
    """The operation, or what was asked for where there is none."""
    if allow is not None and allow.served is not None:
        return allow.served.label
    return f"{head.method} {head.raw_path.decode('latin-1')}"


def new_reference() -> str:
    """What a client quotes and an operator searches the log for."""
    return secrets.token_hex(8)


def _head(scope: Scope) -> Head:
    """A server that gives no raw path leaves the decoded one, which is what the application reads too."""
    raw: bytes = scope.get("raw_path") or quote(scope["path"], safe="/!$&'()*+,;=:@-._~").encode()
    return Head(
        scope.get("method", "GET"),
        raw,
        scope.get("query_string", b""),
        tuple((bytes(name), bytes(value)) for name, value in scope["headers"]),
        scope.get("scheme", "http"),
    )


def _extensions(scope: Scope) -> dict[str, Any]:
    return {name: value for name, value in (scope.get("extensions") or {}).items() if name in _OFFERED}


def _mode(given: str | Mode) -> Mode:
    try:
        return Mode(given)
    except ValueError:
        raise GuardProblem(f"'{given}' is no mode; write 'enforce' or 'observe'") from None
