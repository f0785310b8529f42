"""Every case against one running edge, byte by byte over TLS, in one pass."""

from __future__ import annotations

import json
import re
import socket
import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from cases.case import HOST, SHOP, asked
from edge_case import CLOSED, EdgeCase
from edge_exceptions import SPEAKS_FIRST, WORDLESS
from edge_suite import UNREADABLE
from guard_clients import Answer, Client
from guard_contracts import contract
from guard_upstream import Upstream, upstream

from batten.contract.titles import TITLES
from batten.harden import Options
from batten.harden.edge import Edge
from batten.harden.intent import Intent
from batten.harden.targets import launch_of, render
from batten.harden.trial import Lack, trial
from batten.policy import Policy
from waiting import BOUND

HSTS = "strict-transport-security"
PATIENCE = 1.5  # seconds for an answer: an edge that waits for more is not in order
_TARGET = re.compile(rb"(?:^|\n)[A-Z]+ (/[^ \r\n]*) HTTP/1\.1\r\n")
_METHOD = re.compile(rb"(?:^|\n)([A-Z]+) [^\r\n]* HTTP/1\.1\r\n")


@dataclass(frozen=True, kw_only=True)
class RunningEdge:
    engine: str
    edge: Edge
    tls: int
    plain: int
    ca: Path
    context: ssl.SSLContext
    behind: Upstream


class EdgeClient(Client):
    """A client that knows where a connection ends, and nothing else of TLS."""

    def __init__(self, port: int, context: ssl.SSLContext | None, host: str = HOST) -> None:
        link = socket.create_connection(("127.0.0.1", port), timeout=BOUND)
        link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # else the first request waits for an ACK
        link.settimeout(PATIENCE)
        self.link = link if context is None else context.wrap_socket(link, server_hostname=host)
        self._buffer = b""

    def _more(self) -> bool:
        try:
            return super()._more()
        except (ssl.SSLError, ConnectionError):
            return False

    def _body(self, head: bytes) -> tuple[bytes, bool]:
        if b"\r\ncontent-length:" in head or b"\r\ntransfer-encoding:" in head:
            return super()._body(head)
        while self._more():  # as long as the connection
            pass
        body, self._buffer = self._buffer, b""
        return body, True

    def is_closed(self) -> bool:
        """Whether it ended before anything was answered."""
        return not self._buffer and not self._more()


@contextmanager
def running(
    engine: str, program: Path, version: tuple[int, ...] = (1, 18), body: str = "1m"
) -> Iterator[RunningEdge]:
    """The edge for the guard's contract; `version` is of nginx, `body` the largest of any request."""
    policy = Policy(origins=(SHOP,), hosts=(HOST,))
    with upstream() as behind:
        options = Options(
            upstream=f"http://127.0.0.1:{behind.port}",
            rate=100_000,
            connections=1_000,
            version=version,
            body=body,
        )
        intent = Intent(contract(), policy, options)
        with trial(launch_of(engine), program, intent, lambda i: render(engine, i)) as started:
            tls, plain = urlsplit(started.url).port, urlsplit(started.plain).port
            assert tls and plain
            context = ssl.create_default_context(cafile=str(started.ca))
            yield RunningEdge(
                engine=engine,
                edge=intent.edge,
                tls=tls,
                plain=plain,
                ca=started.ca,
                context=context,
                behind=behind,
            )


def difference(edge: RunningEdge, case: EdgeCase, patience: float = PATIENCE) -> str:
    """What it does otherwise; "" where it does as it must."""
    edge.behind.forget()
    client = EdgeClient(edge.plain, None) if case.plain else EdgeClient(edge.tls, edge.context)
    client.link.settimeout(patience)
    try:
        client.send(case.sent)
        return "; ".join(_differences(edge, case, *_answers(client, case)))
    except TimeoutError:
        return "waits for more"
    except AssertionError as error:
        return str(error)[:80]
    finally:
        client.close()


def _answers(client: EdgeClient, case: EdgeCase) -> tuple[list[Answer], bool]:
    """Final answers, and whether the connection ends or is in step after them."""
    methods = _METHOD.findall(case.sent)
    found: list[Answer] = []
    while len(found) < len(case.answers):
        if not client._buffer and client.is_closed():
            return found, True
        method = methods[len(found)] if len(found) < len(methods) else b""
        answer = client.answer(method == b"HEAD")
        if answer.status >= 200:
            found.append(answer)
    return found, case.plain or b"\r\nconnection: close\r\n" in found[-1].head or _in_step(client)


def _in_step(client: EdgeClient) -> bool:
    client.send(asked("GET /v1/choice"))
    if client.is_closed():
        return True
    answer = client.answer()
    return (answer.status, answer.body) == (200, b"{}")


def _differences(edge: RunningEdge, case: EdgeCase, found: list[Answer], ordered: bool) -> Iterator[str]:
    if len(found) < len(case.answers) and not case.may_close:
        yield f"{len(found)} answers"
    asked = _TARGET.findall(case.sent)
    for number, (answer, statuses) in enumerate(zip(found, case.answers, strict=False)):
        if answer.status not in statuses:
            yield f"{answer.status}, not {' or '.join(str(s or 'closed') for s in statuses)}"
        if not (case.unreadable and edge.engine in SPEAKS_FIRST and answer.status in UNREADABLE):
            target = asked[number].decode("latin-1") if number < len(asked) else ""
            yield from _kept(edge, case, answer, target)
    last = found[-1] if found else Answer(CLOSED, b"", b"", True)
    yield from _looked_for(case, last, b"".join(edge.behind.raw).lower())
    reached = len([one for one in edge.behind.seen if one[1] != b"/v1/choice"])
    wanted = len([one for one in found if one.status < 300]) if case.reaches is None else case.reaches
    if reached != wanted:
        yield f"{reached} reach the API"
    if edge.behind.unread:
        yield f"the API cannot read it: {edge.behind.unread[0]}"
    if not ordered:
        yield "out of step"


def _looked_for(case: EdgeCase, last: Answer, raw: bytes) -> Iterator[str]:
    if last.status:
        yield from (f"shows no {text!r}" for text in case.shows if text.lower() not in last.head)
    yield from (
        f"shows {text!r}"
        for text in case.hides
        if text in last.head.replace(b"geolocation", b"") + last.body.lower()
    )
    yield from (f"the API gets no {text!r}" for text in case.got if text.lower() not in raw)
    yield from (f"the API gets {text!r}" for text in case.got_not if text in raw)


def _kept(edge: RunningEdge, case: EdgeCase, answer: Answer, target: str) -> Iterator[str]:
    """What holds of every answer."""
    lines = answer.head.split(b"\r\n")[1:]
    headers = [(name, value.strip()) for name, _, value in (line.partition(b":") for line in lines)]
    yield from _sent(_expected(edge, target, answer.status), case, headers)
    if any(
        (name == b"server" and value != b"nginx")
        or name in (b"via", b"x-powered-by", b"x-envoy-upstream-service-time")
        for name, value in headers
    ):
        yield "has a banner"
    wordless = edge.engine in WORDLESS and answer.body in _titles(answer.status)
    if answer.status >= 400 and case.own and answer.body and not wordless and not _is_problem(answer):
        yield "no problem document"


def _expected(edge: RunningEdge, target: str, status: int) -> Mapping[str, str]:
    """Those of data, or of what the path serves where the API answers."""
    path = target.partition("?")[0]
    route = next((one for one in edge.edge.routes if re.search(one.path.sent_pattern, path)), None)
    says_for_all = Lack.KINDS in launch_of(edge.engine).lacks and status != 405
    kind = edge.edge.kinds.get(route.path.template) if route is not None else None
    own = kind.sent if kind is not None and (status < 400 or says_for_all) else {}
    return {**edge.edge.sent, **own}


def _titles(status: int) -> tuple[bytes, ...]:
    """Of a status, in today's words and in those of RFC 7231."""
    return (TITLES.get(status, "").encode(), *([b"Request Entity Too Large"] if status == 413 else []))


def _sent(sent: Mapping[str, str], case: EdgeCase, headers: list[tuple[bytes, bytes]]) -> Iterator[str]:
    lacking = [
        name
        for name, value in sent.items()
        if not (case.plain and name.lower() == HSTS)
        and [v for n, v in headers if n == name.lower().encode()] != [value.lower().encode()]
    ]
    if lacking:
        every = len(lacking) >= len(sent) - 1
        yield "lacks all headers" if every else f"lacks {', '.join(lacking)}"
    elif not case.plain and not any(name == b"vary" and b"origin" in value for name, value in headers):
        yield "does not vary"


def _is_problem(answer: Answer) -> bool:
    if b"\r\ncontent-type: application/problem+json\r\n" not in answer.head:
        return False
    document = json.loads(answer.body)
    return (
        document["status"] == answer.status
        and document["type"] == "about:blank"
        and document["title"] != "Error"
    )
