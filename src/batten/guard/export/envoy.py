"""Envoy: a matcher tree of routes, its own CORS filter, and Lua where an operation's bodies are judged."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

from batten.contract import Contract
from batten.contract.surface import uses_cookies
from batten.controls import MOZILLA_INTERMEDIATE
from batten.guard.answers.header_rules import BANNERS
from batten.guard.export.documents import document, sent_headers
from batten.guard.export.envoy_answers import unless_let_out
from batten.guard.export.envoy_routes import HEADS, LUA, routing
from batten.guard.export.kinds import kinds_of
from batten.guard.export.made import MOST_BODY, Export, Supervised
from batten.guard.export.operations import Operations, Part
from batten.guard.export.routes import keeps_answers, reads_requests, routes
from batten.guard.export.senders import port_of
from batten.guard.lua import program
from batten.guard.lua.text import quoted
from batten.guard.served import Served
from batten.harden.edge import CURVES, Cors
from batten.harden.edges.envoy import clients, kinds
from batten.harden.edges.envoy import listener as listening
from batten.harden.edges.envoy.headers import FILTERS, changed, inward, outward
from batten.harden.edges.envoy.manager import ROUTER, manager, mappers
from batten.harden.edges.envoy.rendering import log, sizes
from batten.harden.heads import VERBS
from batten.harden.kinds import extra, named
from batten.harden.options import Options
from batten.harden.proxies import networks
from batten.policy import Policy, headers

CONFIGURATION, MODULE = "envoy.json", "batten_guard.lua"
# The same for one direction: what passes by the other costs nothing there.
ANSWERS, REQUESTS = "batten_answers.lua", "batten_requests.lua"
SCRIPTS = {"guard": MODULE, "answers": ANSWERS, "requests": REQUESTS}
SECONDS = 15  # for a whole request
Json = dict[str, Any]
# In the log, without queries and headers.
_WATCHED = {"m": "%REQ(:METHOD)%", "p": "%REQ_WITHOUT_QUERY(:PATH)%", "s": "%RESPONSE_CODE%", "b": "%BYTES_SENT%", "t": "%DURATION%",
            "d": "%RESPONSE_CODE_DETAILS%", "a": "%DYNAMIC_METADATA(batten:answered)%", "r": "%DYNAMIC_METADATA(batten:reason)%",
            "o": "%DYNAMIC_METADATA(batten:own)%", "x": "%REQ(X-REQUEST-ID)%",
            "i": "%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT%"}  # fmt: skip


def export(
    contract: Contract, policy: Policy, options: Options, folder: str, secure: bool = True, run: Supervised | None = None
) -> Export:  # fmt: skip
    """`folder` is where the files will lie. Raises ExportProblem and HardenProblem."""
    compiled, found = routes(contract, policy, options.unjudged, port_of(options.listen))
    operations = Operations(contract, found, compiled.usable.listed, policy.leniency.websockets)
    sent = sent_headers(compiled, policy, secure)
    if policy.origins:
        sent["Vary"] = "Origin"
    cors = Cors(origins=policy.origins, credentials=uses_cookies(contract)) if policy.origins else None
    own = kinds_of(contract, policy, found)
    routes_ = routing(compiled, contract, policy, found, own, sent, "https" if secure else "http")
    proxies = networks(options.proxies)
    others = {operation.method for operation in contract.operations} - set(VERBS)
    whole = manager(
        "api",
        routes_,
        [*kinds.filters(named(own)), *_filters(policy, folder, extra(own, sent))],
        [*mappers(_says, sent, cors)],
        SECONDS,
        secure,
        proxies=clients.saying(proxies, options.proxy_protocol),
        any_verb=bool(others),
    )
    if run is not None:
        whole["access_log"] = [log(_WATCHED, run.log)]
    front = listening.listener("api", place(options), whole, encrypted(options, secure), MOST_BODY)
    front = clients.behind(front, proxies, options.proxy_protocol)
    behind = listening.cluster(options.target, options.upstream_ca, MOST_BODY)
    configuration: Json = {
        "layered_runtime": {"layers": [{"name": "batten", "static_layer": sizes()}]},
        "static_resources": {"listeners": [front], "clusters": [behind]},
    }
    files = {
        CONFIGURATION: json.dumps(configuration, separators=(",", ":")) + "\n",
        MODULE: _module(operations, sent, _of_both),
        ANSWERS: _module(operations, sent, _of_answers) + "envoy_on_request = nil\n",
        REQUESTS: _module(operations, sent, _of_requests) + "envoy_on_response = nil\n",
    }
    return Export(files, tuple(operations.notes))


def _module(operations: Operations, sent: dict[str, str], part: Callable[[Served], Part]) -> str:
    names = ", ".join(quoted(name.lower()) for name in sent)
    lines = (
        *operations.module(part),
        *program.source_of("envoy").rstrip("\n").split("\n"),
        f"for _, name in ipairs({{ {names} }}) do KEPT[name] = true end",
    )
    return "\n".join(lines) + "\n"


def _of_both(served: Served) -> Part:
    return Part.WHOLE if reads_requests(served) and keeps_answers(served) else Part.NONE


def _of_answers(served: Served) -> Part:
    """The heads of all answers that are not kept are looked at there, too."""
    return Part.NONE if _of_both(served) is Part.WHOLE else Part.ANSWERS


def _of_requests(served: Served) -> Part:
    return Part.WHOLE if reads_requests(served) and not keeps_answers(served) else Part.NONE


def encrypted(options: Options, secure: bool) -> Json | None:
    if not secure:
        return None
    return listening.encrypted(options.certificate, options.key, MOZILLA_INTERMEDIATE, CURVES)


def place(options: Options) -> tuple[str, int]:
    host, _, port = options.listen.rpartition(":")
    return host, int(port)


def _filters(policy: Policy, folder: str, own: tuple[str, ...]) -> Iterator[Json]:
    """`own` are headers that only some paths have."""
    if policy.origins:
        yield {"name": "envoy.filters.http.cors", "typed_config": {"@type": f"{FILTERS}.cors.v3.Cors"}}
    # Off, but where a route asks for them.
    files = {name: {"filename": f"{folder}/{file}"} for name, file in SCRIPTS.items()}
    lua: Json = {"@type": f"{FILTERS}.lua.v3.Lua"}
    yield {"name": LUA, "disabled": True, "typed_config": {**lua, "source_codes": files}}
    heads = unless_let_out({**lua, "default_source_code": files["answers"]})
    yield {"name": HEADS, "disabled": True, "typed_config": heads}
    banners = (name.decode() for name in BANNERS)
    hidden = (*banners, *headers.BANNERS, *headers.OBSOLETE, *headers.CORS, *own)
    yield changed([inward((*headers.STRIPPED, "if-range", "expect"))], outward(hidden))
    yield ROUTER


def _says(status: int) -> str:
    return document(status, "%REQ(X-REQUEST-ID)%", 36)
