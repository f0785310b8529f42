"""HAProxy 3.0 and newer: rules for paths and verbs, and Lua actions that look at bodies in its buffers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from batten.contract import Contract
from batten.contract.surface import uses_cookies
from batten.contract.titles import TITLES
from batten.controls import MOZILLA_INTERMEDIATE
from batten.guard.answers.header_rules import BANNERS
from batten.guard.compiled import Compiled
from batten.guard.export.documents import document, sent_headers
from batten.guard.export.kinds import kinds_of
from batten.guard.export.made import Export, Supervised
from batten.guard.export.operations import Operations
from batten.guard.export.routes import Route, routes
from batten.guard.export.senders import hosts_pattern, port_of
from batten.guard.lua import program
from batten.harden.edge import CURVES, Cors
from batten.harden.edges.haproxy import answers, clients, kinds, requests, server
from batten.harden.edges.haproxy.text import refused, section
from batten.harden.heads import verbs
from batten.harden.options import Options
from batten.harden.proxies import networks
from batten.policy import Policy, headers

CONFIGURATION, MODULE = "haproxy.cfg", "batten_guard.lua"
MOST_ANSWER_HEAD = 65_536  # bytes
BANNED = tuple(name.decode() for name in BANNERS)
BUFFER = 1_048_576 + 65_536  # bytes of a body that is judged, and its head
HOT = 33_554_432  # bytes of buffers that a thread keeps: fetching those anew would cost more than a request
# What HAProxy says itself, and can be given documents for.
FILES = (400, 401, 403, 404, 405, 407, 408, 410, 413, 425, 429, 500, 501, 502, 503, 504)


def export(
    contract: Contract, policy: Policy, options: Options, folder: str, secure: bool = True, run: Supervised | None = None
) -> Export:  # fmt: skip
    """`folder` is where the files will lie. Raises ExportProblem and HardenProblem."""
    compiled, found = routes(contract, policy, options.unjudged, port_of(options.listen))
    operations = Operations(contract, found, compiled.usable.listed, policy.leniency.websockets)
    for route in found:
        for served in route.operations.values():
            if served.bucket:
                operations.notes[
                    f"{served.label}: its answers are not padded: HAProxy cannot lengthen a body"
                ] = None
    module = [*operations.module(), *program.source_of("haproxy").rstrip("\n").split("\n")]
    sent = sent_headers(compiled, policy, secure)
    lines = [
        "# Written by `batten guard export haproxy` from the contract and batten.yaml: change those, and export again.",
        *(f"# Not enforced: {note}" for note in operations.notes),
        *_global(folder, options, run),
        "http-errors guard",
        *(f"    errorfile {status} {folder}/{status}.http" for status in FILES),
        "",
        *(section("crt-store edge", server.certificate(options.certificate, options.key)) if secure else ()),
        *server.resolvers(options.target),
        *_defaults(options),
        *_frontend(compiled, contract, policy, options, found, sent, secure),
        *(_watched() if run is not None else ()),
        "",
        *_backend(options),
    ]
    files = {CONFIGURATION: "\n".join(lines) + "\n", MODULE: "\n".join(module) + "\n"}
    files.update({f"{status}.http": _raw(status) for status in FILES})
    return Export(files, tuple(operations.notes))


def _raw(status: int) -> str:
    """What HAProxy sends as it is, where no rule is asked."""
    title = TITLES.get(status, "Error")
    head = (
        "Content-Type: application/problem+json",
        "Content-Length: 512",
        "Cache-Control: no-store",
        "Connection: close",
    )
    return "\r\n".join((f"HTTP/1.1 {status} {title}", *head, "", document(status, "", 0)))


def _global(folder: str, options: Options, run: Supervised | None) -> Iterator[str]:
    yield "global"
    if run is not None:
        yield f"    nbthread {run.workers}"
        yield f"    stats socket {run.control} mode 600 level admin"
        yield "    log stdout len 8192 format raw daemon"
        yield from _indented(server.users(options.user))
    yield f"    lua-load-per-thread {folder}/{MODULE}"
    yield f"    tune.bufsize {BUFFER}"
    yield f"    tune.memory.hot-size {HOT}"
    yield "    tune.http.maxhdr 101"
    yield "    tune.lua.burst-timeout 1000"
    yield ""


def _defaults(options: Options) -> Iterator[str]:
    yield "defaults"
    yield from _indented(server.timeouts())
    yield f"    maxconn {options.connections}"
    yield "    errorfiles guard"
    yield ""


def _indented(lines: Iterable[str]) -> Iterator[str]:
    return (f"    {line}" for line in lines)


def _frontend(
    compiled: Compiled,
    contract: Contract,
    policy: Policy,
    options: Options,
    found: tuple[Route, ...],
    sent: dict[str, str],
    secure: bool,
) -> Iterator[str]:
    host, _, port = options.listen.rpartition(":")
    tls = server.tls(MOZILLA_INTERMEDIATE, CURVES, strict=False) if secure else ""
    cors = Cors(origins=policy.origins, credentials=uses_cookies(contract)) if policy.origins else None
    ways = tuple((route.key, route.path) for route in found)
    known = verbs(method for route in found for method in route.operations)
    yield "frontend api"
    yield "    option disable-h2-upgrade"
    yield f"    {server.bind(host, int(port), tls)}"
    yield from _indented(clients.believed(networks(options.proxies), options.proxy_protocol))
    yield "    unique-id-format %[uuid()]"
    yield from _indented(requests.heads(f"method {' '.join(known)}", hosts_pattern(compiled), _says))
    yield from _indented(requests.known(ways, _says))
    yield from _indented(requests.origins(cors))
    yield from _indented(requests.verbs(ways, cors, _says, foreign=True))
    yield "    # Requests without a verdict from Lua are not forwarded."
    yield "    http-request set-var(txn.instead) int(-1)"
    yield "    http-request lua.guard_head"
    yield from _verdicts((400, 401, 405, 413, 415, 422))
    yield "    http-request wait-for-body time 10s if { var(txn.reads) -m int 1 }"
    yield "    http-request set-var(txn.instead) int(-1)"
    yield "    http-request lua.guard_body"
    yield from _verdicts((400, 413, 422))
    yield from _indented(requests.dropped())
    yield "    http-request del-header If-Range"
    yield "    http-request del-header Range unless { var(txn.ranges) -m int 1 }"
    yield "    http-request set-header Accept-Encoding identity"
    yield "    http-request set-header X-Forwarded-For %[src]"
    yield from _answers()
    own = kinds_of(contract, policy, found)
    yield from _indented(kinds.answered(ways, own))
    yield from _indented(answers.hidden((*BANNED, *headers.BANNERS, *headers.OBSOLETE, *headers.CORS)))
    yield from _indented(answers.sent(sent, cors))
    yield from _indented(kinds.sent(own))
    yield from _indented(answers.exposed(ways, cors))
    yield "    default_backend api"


def _says(status: int) -> str:
    return document(status, "REFERENCE", 36).replace("REFERENCE", "%[unique-id]")


def _watched() -> Iterator[str]:
    """In the frontend: a JSON object a line, without queries and headers."""
    yield "    log global"
    yield "    option dontlognull"
    yield (
        '    log-format "%{+json}o %(m)HM %(p)HPO %(s)ST %(b)B %(t)Ta %(a)[var(txn.answered)] %(r)[var(txn.reason)] %(x)ID %(i)ci"'
    )


def _verdicts(statuses: tuple[int, ...]) -> Iterator[str]:
    for status in statuses:
        told = {"WWW-Authenticate": "%[var(txn.challenge)]"} if status == 401 else None
        yield f"    http-request {refused(status, _says, told)} if {{ var(txn.instead) -m int {status} }}"
    yield f"    http-request {refused(500, _says)} unless {{ var(txn.instead) -m int 0 }}"


def _answers() -> Iterator[str]:
    yield "    http-response wait-for-body time 10s if { var(txn.judged) -m int 1 }"
    yield "    http-response set-var(txn.instead) int(-1)"
    yield "    http-response lua.guard_answer"
    for status in TITLES:
        yield f"    http-response {refused(status, _says)} if {{ var(txn.instead) -m int {status} }}"
    yield f"    http-response {refused(500, _says)} unless {{ var(txn.instead) -m int 0 }}"
    yield f"    http-response {refused(502, _says)} if {{ res.hdrs,length gt {MOST_ANSWER_HEAD} }}"


def _backend(options: Options) -> Iterator[str]:
    yield "backend api"
    yield from _indented(server.upstream(options.target, options.upstream_ca))
