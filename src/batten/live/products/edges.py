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
        source="https://doc.traefik.io/traefik/reference/install-configuration/api-dashboard/",
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
        source="https://caddyserver.com/docs/caddyfile/options#admin",
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
    Product(
        name="Kong administration",
        sign=text(r'"tagline"\s*:\s*"Welcome to kong"'),
        reads=(Read("/services?size=1", keys("data", "next")),),
        gains="send the traffic of every API anywhere, turn plugins off, and reach hosts of its network",
        close="Bind `admin_listen` to 127.0.0.1, or put a route of Kong with a login in front.",
        source="https://developer.konghq.com/gateway/secure-the-admin-api/",
        version=r'"version"\s*:\s*"(\d[\d.]*)',
    ),
    Product(
        name="APISIX administration",
        sign=either(keys("total", "list"), keys("count", "node.key")),
        at=("/apisix/admin/routes",),
        reads=(Read("/apisix/admin/routes", either(both(keys("total", "list"), text(r"/apisix/routes|\"total\":\s*0")), keys("count", "node.key"))),),
        gains="send the traffic of every API anywhere, and run code in the gateway by its plugins",
        close="Turn `deployment.admin.admin_key_required` on, set `admin_key`, and list addresses in `allow_admin`.",
        source="https://apisix.apache.org/docs/apisix/admin-api/",
        version=r"(?im)^server: apisix/(\d[\d.]*)",
    ),
    Product(
        name="NGINX Plus API",
        sign=text(r"\A\[1,2,3(?:,\d+)*\]\s*\Z"),
        at=("/api/",),
        reads=(Read("/api/3/nginx", keys("version", "build", "generation")),),
        gains="see all upstream servers with their states, and change them where `api write=on` is set",
        close="Write `allow` and `deny all` or `auth_basic` beside `api`, and remove `write=on`.",
        source="https://nginx.org/en/docs/http/ngx_http_api_module.html",
        holds=Holds.INSIGHT,
        version=r'"version":\s*"(\d[\d.]*)',
        component="nginx",
    ),
)  # fmt: skip
