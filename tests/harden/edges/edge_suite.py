"""What every edge must do: the guard's cases as far as an edge decides them, and an edge's own."""

from __future__ import annotations

from dataclasses import replace

from cases import framing, origins, senders, targets
from cases.case import EVIL, HOST, JSON, SHOP, TOKEN, Case, asked, posted
from edge_case import CLOSED, EdgeCase, Statuses

# What cannot be read is refused with the status that fits best in an engine's eyes, or not answered at all.
UNREADABLE = (400, 414, 417, 426, 431, 501, 505, CLOSED)
TAKEN = (200, 201)
OTHER_HOST = (421, 400, CLOSED)
API_DECIDES = (401, 415, 422)  # an edge does not look at credentials and bodies
WITHOUT = frozenset({  # what only the guard does
    "HEAD documented, an answer that is not", "Host is an IPv6 address", "Range where no 206 is declared",
    "codings that nobody can read are not asked for", "no coding where the size tells", "GET with a body",
    "chunk extension without end", "preflight grants declared headers", "invented", "blanks around a value",
    "Host with a port",
})  # fmt: skip
# What a server may take, if it forwards it in a form of its own that nobody reads otherwise: RFC 9112, 2.2 (line ends,
# empty lines), 2.3 (versions), 3 (blanks of the request line), 3.2.2 (absolute targets), 5.2 (folded lines), 6.1 and 6.3 (lengths), 7.1
# (chunks); RFC 9110, 7.6.1 (Connection), 7.8 (Upgrade).
EITHER = frozenset({
    "bare LF everywhere", "bare LF after the request line", "bare LF after a header", "bare LF as the empty line", "bare LF first",
    "two empty lines first", "one empty line first", "an empty line between", "CR CR LF", "obs-fold", "obs-fold with a tab",
    "tab in the request line", "two spaces in the request line", "space after the version", "HTTP/1.0", "HTTP/1.2", "CL and TE",
    "TE and CL 0", "CL twice, equal", "CL 5, 5", "trailer with a fold", "chunk size with a blank", "chunk size with LF only",
    "chunk data with LF only", "last chunk with LF only", "Upgrade: h2c is not granted", "WebSocket is not granted",
    f"target 'http://{HOST}/v1/things'", f"target 'https://{HOST}/v1/things'", "Connection names X-Forwarded-For",
    "Connection names Authorization", "Connection names Content-Type", "bare CR in a value",
})  # fmt: skip
# There is no such path, no such verb, and no way to read it.
NO_SUCH = frozenset({
    "target '*'", "target 'http://other.example/v1/things'", f"target '//{HOST}/v1/things'", "OPTIONS *", "CONNECT", "CONNECT with a path",
    "lower case", "mixed case",
    "TRACE undocumented", "other case",
})  # fmt: skip
_NO_ANSWER = (502, 503, 504)
_PROBLEM = b"content-type: application/problem+json\r\n"


def shared(case: Case) -> EdgeCase:
    """A guard's case, as far as an edge decides it."""
    refused = case.reaches == 0 and case.finals[-1] in (400, 501) and case.name not in NO_SUCH
    either = case.name in EITHER
    return EdgeCase(
        name=case.name,
        sent=case.sent,
        answers=tuple(_statuses(case, status) for status in case.finals),
        reaches=None if either else case.reaches,
        shows=() if either else case.shows,
        hides=case.hides,
        got=() if either else case.got,
        got_not=case.got_not,
        unreadable=refused or either,
    )


def _statuses(case: Case, status: int) -> Statuses:
    if case.name in EITHER:
        return (*TAKEN, 403, *UNREADABLE)
    if case.name in NO_SUCH:
        return (400, 404, 405, 421, CLOSED)
    if status in (400, 501, 431):
        return UNREADABLE
    return (414, 431, CLOSED) if status == 414 else (status,)


def _decided(cases: tuple[Case, ...]) -> list[Case]:
    return [case for case in cases if not set(case.finals) & set(API_DECIDES) and case.name not in WITHOUT]


def _preflight(case: Case) -> EdgeCase:
    """An edge refuses a preflight of others as the verb that it is, and lists the declared headers always."""
    made = shared(case)
    answers = tuple((405,) if statuses == (403,) else statuses for statuses in made.answers)
    answers = tuple((200, 204) if statuses == (204,) else statuses for statuses in answers)
    hides = tuple(text for text in made.hides if text != b"access-control-allow-headers")
    return replace(made, answers=answers, hides=hides)


def _host(value: str, target: str = "/v1/things") -> bytes:
    return f"GET {target} HTTP/1.1\r\nHost: {value}\r\n\r\n".encode()


def _hosts() -> tuple[EdgeCase, ...]:
    served = (HOST, "API.Example.COM", f"{HOST}:443", f"{HOST}:8443")
    foreign = (*senders.BAD_HOSTS, "*.example.com", "example.com", "api.example.com.evil.example", "0x7f.1")
    foreign = tuple(h for h in dict.fromkeys(foreign) if h not in ("localhost", f"{HOST}:8081"))
    return (
        *(EdgeCase(name=f"host: {h}", sent=_host(h), answers=((200,),)) for h in served),
        *(
            EdgeCase(name=f"other host: {h}", sent=_host(h), answers=(OTHER_HOST,), reaches=0)
            for h in foreign
            if not h.startswith(HOST + ":") and not h.startswith(HOST + "..")
        ),
        *(
            EdgeCase(name=f"no host: {h}", sent=_host(h), answers=(OTHER_HOST,), reaches=0, unreadable=True)
            for h in senders.NO_HOSTS
            if h != f"{HOST}:"
        ),
    )


def _errors() -> tuple[EdgeCase, ...]:
    """What an API answers that must not get out, and what may."""

    def case(
        name: str, play: str, *statuses: int, line: str = "GET /v1/things", own: bool = True
    ) -> EdgeCase:
        hides = (b"traceback", b"debug", b"x-debug-token", b"sqlalchemy")
        return EdgeCase(
            name=name,
            sent=asked(line, play=play),
            answers=(statuses,),
            shows=(_PROBLEM,),
            hides=hides,
            own=own,
        )

    return (
        case("a trace is replaced", "trace", 500),
        case("a trace of a template's path", "trace", 500, line="GET /v1/things/7"),
        case("a debug page that is not declared", "debug page", 404, line="GET /v1/report"),
        case("a declared problem passes", "problem", 404, own=False),
        case("no answer", "nothing", *_NO_ANSWER),
        case("a reset", "reset", *_NO_ANSWER),
        case("two lengths of an answer", "two lengths", *_NO_ANSWER),
        case("a name with a blank in an answer", "space before colon", *_NO_ANSWER),
    )  # fmt: skip


def _verbs() -> tuple[EdgeCase, ...]:
    """That no engine knows, and no contract."""
    return tuple(
        EdgeCase(
            name=f"{verb}, which nobody knows",
            sent=asked(f"{verb} /v1/things"),
            answers=((405,),),
            reaches=0,
            shows=(b"allow: get, post\r\n",),
        )
        for verb in ("BREW", "GETS", "M-BREW")
    )


def _answers() -> tuple[EdgeCase, ...]:
    """Headers of an API that an edge drops or sets itself."""
    taken = (b"server: werkzeug", b"x-powered-by", b"x-runtime", b"x-aspnet-version", b"werkzeug")

    def case(name: str, play: str, *hides: bytes, shows: tuple[bytes, ...] = ()) -> EdgeCase:
        sent = asked("GET /v1/things", "Accept-Encoding: gzip", play=play)
        return EdgeCase(name=name, sent=sent, answers=((200,),), hides=hides, shows=shows)

    return (
        case("banners do not get out", "banners", *taken),
        case("grants of an API do not get out", "grants", b"access-control-allow", EVIL.encode()),
        case("weak headers of an API are replaced", "better headers", b"allowall", b"max-age=5\r\n"),
        case("headers of one connection stay on it", "hop headers", b"keep-alive: timeout=5", b"proxy-authenticate"),
        case("chunks pass", "chunked"),
        case("a compressed answer passes", "gzip", shows=(b"content-encoding: gzip\r\n",)),
    )  # fmt: skip


def _redirects() -> tuple[EdgeCase, ...]:
    def case(line: str, there: str, *headers: str) -> EdgeCase:
        location = f"location: https://{HOST}:".encode()
        return EdgeCase(
            name=f"plain {line}", sent=asked(line, *headers), answers=((308,),), reaches=0, plain=True,
            shows=(location, there.lower().encode() + b"\r\n"), hides=(b"strict-transport-security",),
        )  # fmt: skip

    def strange(host: str) -> EdgeCase:
        sent = _host(host, "/v1/things")
        return EdgeCase(
            name=f"plain, host {host}", sent=sent, answers=(OTHER_HOST,), reaches=0, plain=True,
            hides=(b"location: ",),
        )  # fmt: skip

    paths = (
        "/",
        "/v1/things",
        "/v1/things?a=b&c=%2Fd",
        "/nowhere",
        "/v1/things/gr%C3%B6%C3%9Fe",
        "/a/b/c?d=e?f",
    )
    return (
        *(case(f"GET {path}", path) for path in paths),
        *(case(f"{verb} /v1/things?x=1", "/v1/things?x=1") for verb in ("POST", "PUT", "DELETE", "PATCH", "OPTIONS")),
        *(strange(host) for host in ("evil.example", f"{HOST}.evil.example", "127.0.0.1", f"evil-{HOST}")),
        EdgeCase(name="plain, no host", sent=b"GET / HTTP/1.1\r\n\r\n", answers=((*OTHER_HOST, *UNREADABLE),), reaches=0, plain=True, unreadable=True),
        EdgeCase(name="plain, nonsense", sent=b"nonsense\r\n\r\n", answers=((*OTHER_HOST, *UNREADABLE),), reaches=0, plain=True, unreadable=True),
        EdgeCase(
            name="plain, a split header", sent=asked("GET /%0d%0aSet-Cookie:%20a=b"), answers=((308, *UNREADABLE),),
            reaches=0, plain=True, hides=(b"\r\nset-cookie",), unreadable=True,
        ),
    )  # fmt: skip


def _bodies() -> tuple[EdgeCase, ...]:
    """Where no operation takes a body, none is taken; else as much as may be."""
    login = (TOKEN, JSON)
    big = b"a" * 1_100_000
    chunks = b"%x\r\n" % len(big) + big + b"\r\n0\r\n\r\n"
    much = (413, 411)
    return (
        EdgeCase(name="a body with a GET", sent=posted("GET /v1/choice?a", b"{}", JSON), answers=((413,),), reaches=0),
        EdgeCase(name="a body of nothing with a GET", sent=posted("GET /v1/things/7", b""), answers=((200,),)),
        EdgeCase(name="a body of all that fits", sent=posted("PUT /v1/things/7", b"a" * 40_000, *login), answers=((200,),)),
        EdgeCase(name="too large", sent=posted("PUT /v1/things/7", big, *login), answers=((413,),), reaches=0),
        EdgeCase(name="too large, in chunks", sent=asked("PUT /v1/things/7", *login, "Transfer-Encoding: chunked", body=chunks), answers=(much,), reaches=0),
        EdgeCase(name="too large, told only", sent=asked("PUT /v1/things/7", *login, "Content-Length: 99999999999"), answers=((413,),), reaches=0),
    )  # fmt: skip


def _nothing() -> tuple[EdgeCase, ...]:
    """Paths that are near to those of the contract, or that servers have by themselves."""
    near = (
        "/",
        "/v1",
        "/v1/admin/export",
        "/v1/things/7/x",
        "/v1/report/",
        "/V1/things",
        "/.bash_history",
        "/.problem",
    )
    return tuple(
        EdgeCase(name=f"nothing at {path}", sent=asked(f"GET {path}"), answers=((404,),), reaches=0, hides=(b"\r\nallow:",))
        for path in near
    )  # fmt: skip


def _readable() -> tuple[EdgeCase, ...]:
    """Errors that scripts of a listed origin may read, and what a preflight grants."""
    grant = f"access-control-allow-origin: {SHOP}\r\n".encode()
    origin = f"Origin: {SHOP}"
    asks = (origin, "Access-Control-Request-Method: POST")
    granted = b"access-control-allow-headers: authorization, content-type, x-request-id\r\n"
    return (
        EdgeCase(name="listed origin, a path that is not there", sent=asked("GET /v1/nothing", origin), answers=((404,),), reaches=0, shows=(grant,)),
        EdgeCase(name="listed origin, a verb that is not there", sent=asked("PUT /v1/things", origin), answers=((405,),), reaches=0, shows=(grant,)),
        EdgeCase(name="listed origin, an error in place of the API's", sent=asked("GET /v1/things", origin, play="trace"), answers=((500,),), shows=(grant,)),
        EdgeCase(name="preflight grants the headers of the path", sent=asked("OPTIONS /v1/things", *asks), answers=((200, 204),), reaches=0, shows=(grant, granted)),
    )  # fmt: skip


def _told() -> tuple[EdgeCase, ...]:
    """What the API gets of the edge's own."""
    got = (
        b"get /v1/things?a=b http/1.1\r\n",
        f"host: {HOST}\r\n".encode(),
        b"x-forwarded-for: 127.0.0.1\r\n",
        b"x-forwarded-proto: https\r\n",
    )
    return (
        EdgeCase(
            name="what the API gets", sent=asked("GET /v1/things?a=b", "X-Remote-User: root", "X_Remote_User: root", "Proxy: evil"),
            answers=((200,),), got=got, got_not=(b"x-envoy", b"root", b"evil"), hides=(b"\r\nallow:",),
        ),
    )  # fmt: skip


GROUPS: dict[str, tuple[EdgeCase, ...]] = {
    "targets": tuple(shared(case) for case in _decided(targets.TARGETS)),
    "verbs": (*(shared(case) for case in _decided(targets.VERBS)), *_verbs()),
    "heads": tuple(shared(case) for case in framing.HEADS),
    "bodies": (*(shared(case) for case in _decided(framing.BODIES)), *_bodies()),
    "pipelines": tuple(shared(case) for case in _decided(framing.PIPELINES)),
    "origins": tuple(_preflight(case) for case in _decided(origins.CASES)),
    "senders": tuple(shared(case) for case in senders.UNTRUSTED if case.name.startswith("sender: ")),
    "hosts": _hosts(),
    "errors": _errors(),
    "answers": _answers(),
    "redirects": _redirects(),
    "nothing there": _nothing(),
    "readable": _readable(),
    "told": _told(),
}
COUNT = sum(map(len, GROUPS.values()))

__all__ = ["COUNT", "GROUPS", "SHOP"]
