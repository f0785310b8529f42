"""Administration of edges and resolvers: whoever opens it sees, and often changes, where requests go."""

from __future__ import annotations

from batten.facts import Holds
from batten.live.products.product import (
    Product,
    Read,
    answered,
    both,
    either,
    headed,
    keys,
    page,
    text,
    titled,
    without,
)

_STATISTICS = titled(r"Statistics Report for HAProxy")
_ACTS = r"<form method=\"?post|name=\"?action"  # the page's forms, where `stats admin` admits the client
_ADMINISTERS, _SHOWS = both(_STATISTICS, page(_ACTS)), both(_STATISTICS, without(_ACTS))
_PAGES = ("/stats", "/haproxy?stats")

PRODUCTS = (
    Product(
        name="Envoy administration",
        sign=titled(r"Envoy Admin"),
        reads=(Read("/server_info", keys("hot_restart_version", "command_line_options")),),
        gains="stop the proxy, drain its listeners, change its log level and read its whole configuration",
        close="Bind `admin.address` to loopback or a pipe: it has no login.",
        source="https://www.envoyproxy.io/docs/envoy/latest/operations/admin",
        version=r'"version":\s*"\w+/(\d[\d.]*)/',
        component="envoy",
    ),
    Product(
        name="Traefik",
        sign=titled(r"Traefik"),
        at=("/dashboard/",),
        reads=(Read("/api/overview", keys("http.routers", "http.services")),),
        gains="see all routers, services with their addresses, and middlewares",
        close="Turn `api.insecure` off, and route `api@internal` through a middleware with a login.",
        source="https://doc.traefik.io/traefik/operations/dashboard/",
        holds=Holds.INSIGHT,
        version=r'(?i)"version":\s*"v?(\d[\d.]*)',
        tells="/api/version",
        component="traefik",
    ),
    Product(
        name="Caddy administration",
        sign=either(headed("etag", r'"/config/ '), both(headed("trailer", "(?i)etag"), text(r'\A(?:null|\{"(?:admin|apps|logging|storage)")'))),
        at=("/config/",),
        reads=(Read("/config/", text(r'\A(?:null\s*\Z|\{"(?:admin|apps|logging|storage)")')),),
        gains="replace the whole configuration, and stop the server",
        close="Bind `admin` to loopback or a unix socket, or turn it off (`admin off`).",
        source="https://caddyserver.com/docs/api",
    ),
    Product(
        name="HAProxy statistics",
        sign=_SHOWS,
        at=_PAGES,
        reads=tuple(Read(path, _SHOWS, anywhere=True) for path in ("/", *_PAGES)),
        gains="see all frontends, and all servers with their addresses, states and traffic",
        close="Write `stats auth USER:PASSWORD` beside `stats enable`, and bind it to a private address.",
        source="https://docs.haproxy.org/3.0/configuration.html#4.2-stats%20auth",
        holds=Holds.INSIGHT,
        version=r"HAProxy version (\d[\d.]*)",
        component="haproxy",
    ),
    Product(
        name="HAProxy administration",
        sign=_ADMINISTERS,
        at=_PAGES,
        reads=tuple(Read(path, _ADMINISTERS, anywhere=True) for path in ("/", *_PAGES)),
        gains="take servers out of service, and see their addresses, states and traffic",
        close="Remove `stats admin if TRUE`, or admit administrators alone; write `stats auth USER:PASSWORD`.",
        source="https://docs.haproxy.org/3.0/configuration.html#4.2-stats%20admin",
        version=r"HAProxy version (\d[\d.]*)",
        component="haproxy",
    ),
    Product(
        name="dnsdist",
        sign=answered(200, r"<title>dnsdist</title>|dnsdist comes with ABSOLUTELY NO WARRANTY|src=\"js/jquery\.min\.js\"[\s\S]*dnsdist"),
        reads=(Read("/api/v1/servers/localhost", keys("acl", "servers", "pools")),),
        gains="see the servers behind it, its rules and the addresses that ask it",
        close="Set `apiKey` and `password` in `setWebserverConfig`, and keep `apiRequiresAuthentication` on.",
        source="https://www.dnsdist.org/guides/webserver.html",
        holds=Holds.INSIGHT,
        version=r'"version":\s*"dnsdist (\d[\d.]*)',
    ),
)  # fmt: skip
