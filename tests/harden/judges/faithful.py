"""An application that keeps a contract to the letter: what it answers are the contract's examples, and batten's guard refuses in
front of it what the contract does not admit."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, MutableMapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from guard_servers import served

from batten.contract import Contract, Operation
from batten.contract.matcher import Matcher
from batten.contract.surface import credential_headers
from batten.engine.hardening.standin import Reply, Seen, StandIn, problem
from batten.guard.asgi import Guard
from batten.policy import Policy

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
TOKEN = "b4tt3n-t0ken-0f-a-trial"
HERE = ("localhost", "127.0.0.1")


@contextmanager
def faithful(contract: Contract, policy: Policy) -> Iterator[int]:
    """The port that it answers on."""
    kept = Guard(_Answering(StandIn(contract, TOKEN, ())), contract=contract, policy=policy, hosts=HERE)
    with served(_read_first(kept)) as port:
        yield port


@dataclass
class _Answering:
    """Every credential has to be where its scheme has it. What was deleted is gone until something is created."""

    api: StandIn
    gone: set[str] = field(default_factory=set)
    _matcher: Matcher = field(init=False)
    _places: dict[str, tuple[str, str]] = field(init=False)

    def __post_init__(self) -> None:
        self._matcher = Matcher(self.api.contract.operations)
        self._places = places(self.api.contract)

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        asked = Seen(
            method=scope["method"],
            target=_target(scope),
            headers=tuple(
                (name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"]
            ),
            body=await _body(receive),
        )
        reply = self._reply(asked)
        headers = [(name.lower().encode(), value.encode()) for name, value in reply.headers]
        await send({"type": "http.response.start", "status": reply.status, "headers": headers})
        await send({"type": "http.response.body", "body": reply.body})

    def _reply(self, asked: Seen) -> Reply:
        path = asked.target.partition("?")[0]
        match = self._matcher.match(path) or self._matcher.match(unquote(path))
        operation = match.operations.get(asked.method) if match is not None else None
        if operation is not None and not self._admits(operation, asked):
            return problem(401)
        reply = self.api.reply(asked)
        if reply.status < 300 and asked.method == "POST":
            self.gone.clear()
        elif reply.status < 300 and path in self.gone:
            return problem(404)
        elif reply.status < 300 and asked.method == "DELETE":
            self.gone.add(path)
        return reply

    def _admits(self, operation: Operation, asked: Seen) -> bool:
        ways = operation.security or ()
        return not ways or any(all(self._has(scheme, asked) for scheme in way) for way in ways)

    def _has(self, scheme: str, asked: Seen) -> bool:
        location, name = self._places[scheme]
        if location == "cookie":
            return f"{name}={TOKEN}" in asked.header("Cookie").split("; ")
        return TOKEN in asked.header(name)


def places(contract: Contract) -> dict[str, tuple[str, str]]:
    """Where the credential of each scheme is: `header` or `cookie`, and its name."""
    named = {name: ("header", header) for name, header in credential_headers(contract).items()}
    for scheme in contract.schemes:
        found: Any = contract.references.sources.files[scheme.place.source].value(scheme.place.tokens)
        if scheme.location == "cookie":
            named[scheme.name] = ("cookie", found["name"])
    return named


def _target(scope: Message) -> str:
    query = scope["query_string"].decode("latin-1")
    return str(scope["raw_path"].decode("latin-1") + (f"?{query}" if query else ""))


async def _body(receive: Receive) -> bytes:
    found = bytearray()
    while True:
        message = await receive()
        found += message.get("body", b"")
        if not message.get("more_body"):
            return bytes(found)


def _read_first(app: Any) -> Any:
    """A request is read whole before it is judged: what is refused and not read resets its connection, and then it is chance
    whether the client sees why."""

    async def reading(scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await app(scope, receive, send)
            return
        body = [{"type": "http.request", "body": await _body(receive), "more_body": False}]

        async def again() -> Message:
            return body.pop() if body else await receive()

        await app(scope, again, send)

    return reading
