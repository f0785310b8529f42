"""What answers of a running API show that no file can say."""

from __future__ import annotations

from datetime import datetime

from batten.facts.fact import Fact
from batten.model.record import record


@record(kw_only=True)
class PlainAnswer(Fact):
    """How a request in clear text was answered: of HTTP, or of another `protocol`, whose port takes no TLS."""

    url: str
    status: int
    redirects_to_tls: bool
    content: bool  # it was answered with content
    asset: bool = False  # the URL is a static asset
    protocol: str = "HTTP"
    address: str = ""  # the IP address that answered; "" where it is not known


@record(kw_only=True)
class VerbAnswer(Fact):
    """How a path of the contract answered a verb. `handled` is judged on content, not status alone."""

    method: str
    path: str
    template: str
    specified: bool
    handled: bool
    status: int
    allow: str = ""
    automatic: bool = False  # HEAD for GET, or OPTIONS, as frameworks answer by themselves


@record
class UrlCredential(Fact):
    """A credential that callers send in a URL: the parameter `name`, or "" for a token within the path."""

    call: str  # method and template
    name: str
    times: int


@record(kw_only=True)
class MethodOverride(Fact):
    """How a request was answered whose header or parameter asks to take it for another verb."""

    by: str  # "X-HTTP-Method-Override", "_method" …
    method: str  # the verb of the request line
    meant: str  # the verb that it was to be taken for
    path: str
    honoured: bool


@record(kw_only=True)
class CorsObserved(Fact):
    """How one foreign Origin was answered."""

    origin: str
    # "foreign", "null", "prefix", "suffix", "subdomain", "plain", "allowed", "unescaped-dot", "port", "userinfo", "local"
    trick: str
    allowed_origin: str  # Access-Control-Allow-Origin of the answer, "" when none
    credentials: bool
    varies: bool
    preflight: bool = False
    methods: tuple[str, ...] = ()
    beyond: tuple[str, ...] = ()  # of these, the verbs that the contract has nowhere
    data: bool = True  # the answer is a success, and no page that anyone can open
    refused: bool = False  # the answer demanded a login or led elsewhere, so that it shows nothing

    @property
    def welcomed(self) -> bool:
        return bool(self.origin) and self.allowed_origin in (self.origin, "*")


@record(kw_only=True)
class SocketOpened(Fact):
    """A WebSocket handshake that was accepted for a page of a foreign origin."""

    path: str
    origin: str
    cookie: bool  # a cookie went with it, and without one it was refused
    inside: bool  # the server is on this machine or in a private network


@record
class SecurityContact(Fact):
    """What a public site's `security.txt` says."""

    there: bool
    contacts: int
    expires: datetime | None  # None: it says nothing, or no date


@record(kw_only=True)
class ErrorBody(Fact):
    """An answer to a request made to fail. `leaks` names what was recognised in its body; `cause` is what made it, in words
    with an article ("an Express stack trace"), and `handler` one word for all that the same handler answers; `beside` is what
    it shows more."""

    request: str
    status: int
    leaks: tuple[str, ...]  # "Python traceback", "Werkzeug debugger", "SQL error", "file path" …
    debugger: bool = False
    cause: str = ""
    handler: str = ""
    beside: tuple[str, ...] = ()


@record(kw_only=True)
class ObservedAnswer(Fact):
    """An answer of a documented operation, held against its contract."""

    operation: str
    status: int
    media_type: str
    mismatch: str  # "" when it is as the contract says; otherwise how it is not
    unguarded: bool = False  # it came without the credentials that the contract demands
    links: tuple[str, ...] = ()  # absolute URLs in the body that name static assets
    sizes: tuple[int, ...] = ()  # bytes on the wire per value tried, for size side channels
    bits: float = 0.0  # what an observer of sizes learns …
    about: str = "the user's choice"  # … and about what
    confidence: float = 1.0  # that this is no accident of the samples
