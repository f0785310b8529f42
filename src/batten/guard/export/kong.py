"""Kong in declarative configuration: routes, its CORS and header plugins, and serverless functions with Lua.

Kong's workers need `batten_guard.lua` on their `lua_package_path`, and `untrusted_lua = on`, or `sandbox` with
`untrusted_lua_sandbox_requires = batten_guard`. Kong buffers answers for HTTP/1.1 only: its listeners must not offer HTTP/2.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from batten.contract import Contract
from batten.contract.surface import uses_cookies
from batten.guard.answers.header_rules import BANNERS
from batten.guard.export.documents import sent_headers
from batten.guard.export.kinds import kinds_of
from batten.guard.export.made import Export, ExportProblem
from batten.guard.export.operations import Operations
from batten.guard.export.routes import Route, routes
from batten.guard.export.senders import hosts_pattern
from batten.guard.lua import program
from batten.guard.lua.text import quoted
from batten.harden.heads import dropped
from batten.harden.kinds import Kind
from batten.harden.options import Options
from batten.policy import Policy, headers

CONFIGURATION, MODULE = "kong.json", "batten_guard.lua"
Json = dict[str, Any]


def export(contract: Contract, policy: Policy, options: Options) -> Export:
    """Kong's own configuration says where it listens, and what is in front of it. Raises ExportProblem."""
    if options.proxies:
        raise ExportProblem(
            "Kong has its trusted proxies in kong.conf, not in its declarative configuration; omit --trusted-proxy, and set trusted_ips, "
            "real_ip_header and real_ip_recursive in kong.conf"
        )
    compiled, found = routes(contract, policy, options.unjudged)
    operations = Operations(contract, found, compiled.usable.listed, policy.leniency.websockets)
    sent = sent_headers(compiled, policy, secure=True)
    for route in found:
        for served in route.operations.values():
            if served.bucket:
                operations.notes[f"{served.label}: its answers are not padded"] = None
    own = kinds_of(contract, policy, found)
    operations.notes |= dict.fromkeys(_of_kinds(own))
    module = [
        *operations.module(),
        *(f"operations.{r.key}.allow = {quoted(', '.join(sorted(r.path.methods)))}" for r in found),
        f"local HOSTS = {quoted(hosts_pattern(compiled))}",
        f"local SENT = {{ {', '.join(quoted(name.lower()) for name in sent)} }}",
        *program.source_of("kong").rstrip("\n").split("\n"),
    ]
    service = {
        "name": "api",
        "host": options.target.host,
        "port": options.target.port,
        "protocol": "https" if options.target.secure else "http",
        "connect_timeout": 3_000,
        "read_timeout": 15_000,
        "write_timeout": 15_000,
        "retries": 0,
    }
    service["routes"] = [
        _route(contract, policy, route, _own(sent, own.get(route.path.template))) for route in found
    ]
    stripped = sorted({*dropped(KONGS), "forwarded", "x-forwarded-prefix"})
    service["plugins"] = [
        {
            "name": "request-size-limiting",
            "config": {"allowed_payload_size": options.most_body, "size_unit": "bytes"},
        },
        {"name": "request-transformer", "config": {"remove": {"headers": stripped}}},
        _transformed(sent),
    ]
    if options.target.secure:
        service["tls_verify"] = True
    notes = tuple(operations.notes)
    made: Json = {
        "_format_version": "3.0",
        "_comment": "; ".join(f"Not enforced: {note}" for note in notes),
        "services": [service],
    }
    if not notes:
        del made["_comment"]
    return Export({CONFIGURATION: json.dumps(made, indent=2) + "\n", MODULE: "\n".join(module) + "\n"}, notes)


def _of_kinds(own: Mapping[str, Kind]) -> Iterator[str]:
    if own:
        yield "Kong sends the headers of pages and files with its own errors on these paths, too"
    if any(kind.keeps for kind in own.values()):
        yield "Kong keeps no Content-Security-Policy of the application's own"


def _own(sent: dict[str, str], kind: Kind | None) -> list[Json]:
    """Headers of a path in place of those of the service, whose plugin of this name is then not asked."""
    return [] if kind is None else [_transformed({**sent, **kind.sent})]


def _route(contract: Contract, policy: Policy, route: Route, own: list[Json]) -> Json:
    """Verbs are judged in Lua: Kong would answer 404 where it is 405 with Allow."""
    functions = {
        "access": [f'require("batten_guard").access("{route.key}")'],
        "header_filter": ['require("batten_guard").head()'],
        "body_filter": ['require("batten_guard").body()'],
    }
    plugins: list[Json] = [{"name": "post-function", "config": functions}, *own]
    if policy.origins:
        plugins.append(
            {
                "name": "cors",
                "config": {
                    "origins": list(policy.origins),
                    "methods": [method for method in route.path.methods if method in _CORS_METHODS],
                    "headers": list(route.path.request_headers)
                    or ["Accept"],  # with none, Kong grants whatever is asked for
                    "exposed_headers": list(route.path.response_headers),
                    "credentials": uses_cookies(contract),
                    "max_age": 600,
                    "preflight_continue": False,
                },
            }
        )
    return {
        "name": route.key,
        "paths": [f"~{re.sub('^.', '', route.path.sent_pattern)}"],
        "strip_path": False,
        "preserve_host": True,
        "protocols": ["https", "http"],
        "plugins": plugins,
    }


# Kong says these itself, of clients that are not among its `trusted_ips`.
KONGS = (
    "x-forwarded-for",
    "x-forwarded-proto",
    "x-forwarded-host",
    "x-forwarded-port",
    "x-forwarded-path",
    "x-real-ip",
)
_CORS_METHODS = ("GET", "HEAD", "PUT", "PATCH", "POST", "DELETE", "OPTIONS", "TRACE", "CONNECT")


def _transformed(sent: dict[str, str]) -> Json:
    banners = {
        *(name.decode() for name in BANNERS),
        *(n.lower() for n in (*headers.BANNERS, *headers.OBSOLETE)),
    }
    pairs = [f"{name}:{value}" for name, value in sent.items()]
    config = {
        "remove": {"headers": sorted(banners)},
        "replace": {"headers": pairs},
        "add": {"headers": pairs},
    }
    return {"name": "response-transformer", "config": config}
