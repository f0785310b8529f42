"""What a contract lets through an edge, path by path, in the order in which paths are tried."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from urllib.parse import quote, unquote

from batten.contract import Contract, Operation, response_of
from batten.contract.answered import content_of
from batten.facts import Content
from batten.model.record import record

EXPRESSION = re.compile(r"\{[^{}/]*\}")
_METHOD = re.compile(r"[A-Z][A-Z-]*")
_HEADER = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")
# Errors that an edge makes itself, or that tell about servers and not about the request: always its own.
OWN = (405, 408, 413, 414, 429, 500, 501, 502, 503, 504, 505, 507, 508, 510, 511)
# Errors that an API may answer with a body of its own, where its contract says so.
DECLARABLE = (
    *(400, 401, 402, 403, 404, 406, 407, 409, 410, 411, 412, 415, 416, 417, 418, 421, 422, 423, 424),
    *(425, 426, 428, 431, 451),
)
_SWITCHING = frozenset(("101", "1XX"))
_NEVER = frozenset({"TRACE", "TRACK", "CONNECT"})


@record
class Path:
    """One template. `pattern` is "" for a fixed path; `errors` are the statuses that the edge answers
    in the API's stead; `content` is what its answers are."""

    template: str
    fixed: str
    pattern: str
    methods: tuple[str, ...]
    request_headers: tuple[str, ...]
    response_headers: tuple[str, ...]
    errors: tuple[int, ...]
    content: Content = Content.UNKNOWN

    @property
    def sent(self) -> str:
        """The template as clients must write it: `/größe` is sent as `/gr%C3%B6%C3%9Fe`."""
        parts = re.split(f"({EXPRESSION.pattern})", self.template)
        return "".join(
            part if number % 2 else quote(part, safe="/!$&'()*+,;=:@%") for number, part in enumerate(parts)
        )

    @property
    def sent_pattern(self) -> str:
        """An anchored expression for a path as it is sent; of a fixed path too."""
        return "^" + "[^/]+".join(re.escape(piece) for piece in EXPRESSION.split(self.sent)) + "$"

    @property
    def sent_prefix(self) -> str:
        """What every such path begins with."""
        return EXPRESSION.split(self.sent)[0] or "/"


def paths(contract: Contract, head: bool) -> tuple[Path, ...]:
    """Fixed paths first, then templates: in each segment what is written out goes before what varies."""
    by_template: dict[str, list[Operation]] = {}
    for operation in contract.operations:
        if is_offered(operation):
            for path in (operation.path, *operation.others):
                # Queries and fragments never decide a location.
                by_template.setdefault(re.split(r"[?#]", path, maxsplit=1)[0] or "/", []).append(operation)
    names = credential_headers(contract)
    found = [
        _path(key, template, operations, names, head)
        for key, (template, operations) in _by_pattern(by_template).items()
    ]
    return tuple(sorted(found, key=lambda p: bool(p.pattern)))


def _by_pattern(by_template: Mapping[str, list[Operation]]) -> dict[str, tuple[str, list[Operation]]]:
    made: dict[str, tuple[str, list[Operation]]] = {}
    for template in sorted(by_template, key=order):
        made.setdefault(pattern(template), (template, []))[1].extend(by_template[template])
    return made


def sockets(contract: Contract, templates: Iterable[str]) -> tuple[Path, ...]:
    """Paths at which WebSockets are opened, beside those that the contract declares; in the order in which they are tried. A GET
    of the same path says which errors are the API's own."""
    gets: dict[str, list[Operation]] = {}
    for operation in contract.operations:
        if operation.method == "GET":
            for path in (operation.path, *operation.others):
                gets.setdefault(pattern(path), []).append(operation)
    made = _by_pattern({template: gets.get(pattern(template), []) for template in templates})
    names = credential_headers(contract)
    found = [_path(key, template, operations, names, False) for key, (template, operations) in made.items()]
    return tuple(sorted((replace(p, methods=("GET",)) for p in found), key=lambda p: bool(p.pattern)))


def switches(operation: Operation) -> bool:
    """Whether it is a WebSocket's handshake: a GET that declares 101, Switching Protocols."""
    return operation.method == "GET" and any(status.upper() in _SWITCHING for status in operation.responses)


def is_offered(operation: Operation) -> bool:
    """Whether an edge lets its method through at all."""
    method = operation.method
    return bool(_METHOD.fullmatch(method)) and method not in _NEVER and operation.path.startswith("/")


# What is sent event by event, for as long as the client listens: https://html.spec.whatwg.org/multipage/server-sent-events.html,
# https://jsonlines.org, RFC 7464.
_STREAMS = frozenset(
    (
        "text/event-stream",
        "application/jsonl",
        "application/x-ndjson",
        "application/ndjson",
        "application/json-seq",
        "multipart/x-mixed-replace",
    )
)


def streams(operation: Operation) -> bool:
    """Whether its answer may be a stream of events."""
    media = (name for answer in operation.responses.values() for name in answer.media)
    return any(name.partition(";")[0].strip().lower() in _STREAMS for name in media)


def order(template: str) -> list[tuple[object, ...]]:
    """Sorts paths as contract.Matcher tries them."""
    keys: list[tuple[object, ...]] = []
    for part in template.split("/"):
        literals = EXPRESSION.split(part)
        keys.append((len(literals) > 1, -sum(map(len, literals)), *literals))
    return keys


def pattern(template: str) -> str:
    """The anchored expression of a template; of a fixed path too."""
    parts = [re.escape(unquote(part)) for part in EXPRESSION.split(template)]
    return f"^{'[^/]+'.join(parts)}$"


def _path(key: str, template: str, operations: list[Operation], names: dict[str, str], head: bool) -> Path:
    fixed = not EXPRESSION.search(template)
    methods = dict.fromkeys(o.method for o in operations)
    if head and "GET" in methods:
        methods["HEAD"] = None
    return Path(
        template,
        unquote(template) if fixed else "",
        "" if fixed else key,
        tuple(methods),
        _unique(name for o in operations for name in _request_headers(o, names)),
        _unique(name for o in operations for r in o.responses.values() for name in r.headers),
        tuple(
            sorted(
                (*OWN, *(s for s in DECLARABLE if not any(response_of(o, s) is not None for o in operations)))
            )
        ),
        content_of(operations),
    )


def _unique(names: Iterable[str]) -> tuple[str, ...]:
    """Names in the order seen, whatever their case; what could not be a header's name is left out."""
    found: dict[str, str] = {}
    for name in names:
        if _HEADER.fullmatch(name):
            found.setdefault(name.lower(), name)
    return tuple(found.values())


def _request_headers(operation: Operation, names: dict[str, str]) -> Iterator[str]:
    """What a page on another origin must be able to send."""
    for alternative in operation.security or ():
        yield from (names[scheme] for scheme in alternative if scheme in names)
    if operation.body is not None:
        yield "Content-Type"
    yield from (p.name for p in operation.parameters if p.location == "header")


def credential_headers(contract: Contract) -> dict[str, str]:
    """The header that each scheme's credential travels in; cookies and queries need none."""
    found = {}
    for scheme in contract.schemes:
        if scheme.kind in ("http", "basic", "oauth2", "openIdConnect"):
            found[scheme.name] = "Authorization"
        elif scheme.kind == "apiKey" and scheme.location == "header":
            name = contract.references.sources.files[scheme.place.source].value(scheme.place.tokens)
            header = name.get("name") if isinstance(name, dict) else None
            if isinstance(header, str):
                found[scheme.name] = header
    return found


def uses_cookies(contract: Contract) -> bool:
    """Whether browsers must send credentials of their own accord."""
    return any(s.kind == "apiKey" and s.location == "cookie" for s in contract.schemes)
