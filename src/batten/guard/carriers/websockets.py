"""Which WebSocket handshakes reach an application. What is spoken afterwards no OpenAPI document describes."""

from __future__ import annotations

from collections.abc import Iterator

from batten.contract.surface import switches
from batten.guard.compiled import Compiled
from batten.guard.options import Rule
from batten.guard.replies.origins import may_connect
from batten.guard.requests.heads import is_plain
from batten.guard.senders.sender import dropped, misdirected
from batten.guard.verdicts import Head, Headers, Refuse


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
