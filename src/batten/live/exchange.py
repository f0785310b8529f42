"""What probes ask and what they are told. Nothing here touches the network."""

from __future__ import annotations

import re
from collections.abc import Callable, Generator, Iterable
from ipaddress import ip_address
from typing import TypeAlias
from urllib.parse import urlsplit

from batten.facts import Fact, TlsTraits
from batten.model.record import record

_MALFORMED = re.compile(r"(?i)%(?![0-9a-f]{2})|%00|%ff|%c0|%5c|#|\A.{4000}")

Headers: TypeAlias = tuple[tuple[str, str], ...]

CREDENTIALS = frozenset(
    {"authorization", "proxy-authorization", "cookie", "x-api-key", "api-key", "apikey", "x-auth-token"}
)


class NotAnswered(Exception):
    """A question got no usable answer; the sentence says why. Thrown into the probe that asked."""


class NotSent(NotAnswered):
    """The question never went out: there was no turn for it, or its target was given up."""


class Unreachable(NotSent):
    """Nothing listens there, or a firewall blocks the connection."""


class HungUp(NotAnswered):
    """The connection was closed without an answer."""


class SaidNothing(NotAnswered):
    """The connection stays open, and nothing comes."""


class NoTls(NotAnswered):
    """The other side speaks its protocol, and takes no TLS."""


class LeftAlone(NotAnswered):
    """The question was not asked, on purpose; `hint` says who may ask it, and how."""

    def __init__(self, reason: str, hint: str) -> None:
        super().__init__(reason)
        self.hint = hint


class OtherProduct(NotAnswered):
    """Something else answers there than what was asked for."""


class CertificateWanted(NotAnswered):
    """The server requires a client certificate."""


def header(headers: Headers, name: str) -> str:
    """The first value sent under the name, "" when there is none."""
    return next((v for n, v in headers if n.lower() == name.lower()), "")


@record
class Request:
    """One HTTP request. `target` goes on the wire as it is written; "" takes it from the URL.

    `role` names whose credentials go with it, "" the environment's own.
    `credentials` is set by the runner when it added the environment's own headers; `anonymous` asks
    it not to. `active` marks what may change state: the runner refuses it unless the environment's
    policy allows it. `alone` has a connection of its own, which nothing was sent over before, and says nothing about
    whether the server still answers; `seconds` 0 is the runner's own bound.
    """

    method: str
    url: str
    headers: Headers = ()
    body: bytes = b""
    target: str = ""
    credentials: bool = False
    anonymous: bool = False
    role: str = ""
    active: bool = False
    reads: bool = False  # a POST that its product's documentation calls a query: it changes nothing
    guess: bool = False  # a log-in of a user that does not exist: sent only where the user of batten said so
    alone: bool = False
    seconds: float = 0.0

    @property
    def path(self) -> str:
        """Path and query as they are sent."""
        if self.target:
            return self.target
        parts = urlsplit(self.url)
        return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")

    @property
    def malformed(self) -> bool:
        """Whether a server may rightly close the connection instead of an answer: the target is no valid path."""
        return _MALFORMED.search(self.path) is not None

    @property
    def origin(self) -> str:
        parts = urlsplit(self.url)
        return f"{parts.scheme}://{parts.netloc}"

    @property
    def authenticated(self) -> bool:
        return self.credentials or any(n.lower() in CREDENTIALS for n, _ in self.headers)


@record
class Response:
    """One answer: headers in order with their duplicates, the body decoded and cut.

    `request` is what was really sent; `secrets` are the values that evidence must not show;
    `size` counts the body's bytes as they came over the wire.
    """

    status: int
    headers: Headers
    body: bytes
    request: Request
    reason: str = ""
    http_version: str = "1.1"
    truncated: bool = False
    size: int = 0
    secrets: tuple[str, ...] = ()
    address: str = ""  # the IP address that answered

    def header(self, name: str) -> str:
        return header(self.headers, name)

    def all(self, name: str) -> tuple[str, ...]:
        return tuple(v for n, v in self.headers if n.lower() == name.lower())

    @property
    def media_type(self) -> str:
        return self.header("content-type").partition(";")[0].strip().lower()

    @property
    def text(self) -> str:
        return self.body.decode("utf-8", "replace")


def on_loopback(response: Response) -> bool:
    """Whether the answer came from this machine."""
    try:
        return ip_address(response.address).is_loopback
    except ValueError:
        return False


@record
class TlsHello:
    """Ask a port what it takes of TLS. `starttls` names the protocol by whose rules TLS is begun
    (live.tls.starttls), "" when it is spoken at once; `http`: HTTP is expected inside."""

    host: str
    port: int
    server_name: str = ""
    starttls: str = ""
    http: bool = True


@record
class Accepted:
    """What one TLS version was answered with: suite ids in the order the server chose them."""

    version: str
    suites: tuple[int, ...]


@record
class Shown:
    """A chain of certificates, DER as sent, leaf first."""

    chain: tuple[bytes, ...] = ()
    verification: str = ""  # "" trusted; otherwise the words of the verifier
    verify_code: int = 0  # of X509_V_ERR; 0 trusted
    judged: bool = True  # False: the certificate could not be verified either way
    stapled: bool | None = None  # with an OCSP answer, when one was asked for


@record
class TlsAnswer:
    accepted: tuple[Accepted, ...]
    refused: tuple[str, ...]
    unclear: tuple[str, ...] = ()  # what could not be assessed, with the reason: "SSLv3: no answer"
    shown: tuple[Shown, ...] = ()  # a port may have a certificate for each kind of key
    traits: TlsTraits = TlsTraits()


Line: TypeAlias = bytes | Callable[[tuple[bytes, ...]], bytes]


@record
class TcpDialogue:
    """Say each of `lines` and read what comes back before the next.

    A line that is a function makes its bytes of what came so far; when it makes none the dialogue ends. A
    first line of b"" only listens. `whole` tells whether the bytes read are a complete answer; `starttls`
    names the protocol by whose rules TLS is begun (live.tls.starttls); `seconds` 0 is the runner's own bound;
    `protocols` are offered by ALPN.
    """

    host: str
    port: int
    lines: tuple[Line, ...]
    tls: bool = False
    limit: int = 16_384
    whole: Callable[[bytes], bool] = bool
    starttls: str = ""
    seconds: float = 0.0
    protocols: tuple[str, ...] = ()


@record
class TcpAnswer:
    """What came back after each line; fewer or cut parts when the other side stopped talking."""

    parts: tuple[bytes, ...]
    address: str = ""  # the IP address that answered
    over_tls: bool = False

    def part(self, number: int) -> bytes:
        return self.parts[number] if number < len(self.parts) else b""


Question: TypeAlias = Request | TlsHello | TcpDialogue
Answer: TypeAlias = Response | TlsAnswer | TcpAnswer
Steps: TypeAlias = Generator[Question, Answer, Iterable[Fact | NotAnswered]]  # what failed is returned too


@record
class Probe:
    """One small inquiry. When it fails, what is named here is `not assessed`."""

    name: str  # "headers GET /v1/orders"
    steps: Steps
    family: str = ""  # "files"; what was not answered is counted by it


def ask(request: Request) -> Generator[Question, Answer, Response]:
    answer = yield request
    if not isinstance(answer, Response):
        raise NotAnswered("the runner answered an HTTP request with something else")
    return answer


def attempt(request: Request) -> Generator[Question, Answer, Response | NotAnswered]:
    """Like `ask`, for a probe that has more to ask: a failure is an answer, to be returned at the end."""
    try:
        return (yield from ask(request))
    except NotAnswered as error:
        return error


def greet(hello: TlsHello) -> Generator[Question, Answer, TlsAnswer]:
    answer = yield hello
    if not isinstance(answer, TlsAnswer):
        raise NotAnswered("the runner answered a TLS hello with something else")
    return answer


def talk(dialogue: TcpDialogue) -> Generator[Question, Answer, TcpAnswer]:
    answer = yield dialogue
    if not isinstance(answer, TcpAnswer):
        raise NotAnswered("the runner answered a TCP dialogue with something else")
    return answer
