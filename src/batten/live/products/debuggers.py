"""Debuggers and intercepting proxies: whoever reaches one runs code in what it debugs, or reads what passes it."""

from __future__ import annotations

from batten.live.exchange import Response
from batten.live.products.product import Product, Read, keys, named, rows, says, titled


def _chrome(response: Response) -> bool:
    """An empty page that no frame may hold: all that the port shows at its root."""
    return (
        response.status == 200 and not response.body.strip() and response.header("x-frame-options") == "DENY"
    )


PRODUCTS = (
    Product(
        name="Node.js inspector",
        sign=says(r"\AWebSockets request was expected\s*\Z"),
        reads=(Read("/json/list", rows("webSocketDebuggerUrl", "description")),),
        gains="run any code in the process",
        close="Start Node.js without `--inspect`, or with `--inspect=127.0.0.1:9229`, and forward the port over SSH.",
        source="https://nodejs.org/en/learn/getting-started/debugging#security-implications",
        version=r'"Browser":\s*"node\.js/v(\d[\w.]+)"',
        tells="/json/version",
        component="nodejs",
    ),
    Product(
        name="Chrome DevTools protocol",
        sign=_chrome,
        reads=(Read("/json/version", keys("Browser", "webSocketDebuggerUrl")),),
        gains="control the browser: read its cookies and pages, open any address of its network, and read files",
        close="Remove `--remote-debugging-address`, without which the port listens on loopback, or use `--remote-debugging-pipe`.",
        source="https://chromedevtools.github.io/devtools-protocol/",
        version=r'"Browser":\s*"(?:Headless)?Chrome/(\d[\w.]+)"',
    ),
    Product(
        name="Chii",
        sign=named(r"(?:Inspect with )?Chii"),
        reads=(Read("/targets", keys("targets")),),
        gains="run scripts in every page that is being debugged, as its user",
        close="Start it with `--host 127.0.0.1`, or put a proxy that requires a login in front of it; it has no login.",
        source="https://github.com/liriliri/chii/blob/master/bin/chii.js",
    ),
    Product(
        name="whistle",
        sign=titled(r"Whistle Web Debugging Proxy"),
        reads=(Read("/cgi-bin/init", keys("version", "clientId", "server")),),
        gains="read all traffic through the proxy, and change it with rules",
        close="Start it with `-n USER -w PASSWORD`, and bind it with `-H 127.0.0.1`.",
        source="https://github.com/avwo/whistle/blob/master/bin/whistle.js",
        version=r'"version":\s*"(\d[\w.]+)"',
    ),
    Product(
        name="AnyProxy",
        sign=named(r"AnyProxy"),
        reads=(Read("/api/getInitData", keys("rootCADirPath", "appVersion")),),
        gains="read all traffic through the proxy, and that of HTTPS where it intercepts it",
        close="It has no login and listens on all addresses: keep the port of its web interface (`--web`) behind a firewall, or publish it on loopback only.",
        source="https://github.com/alibaba/anyproxy/blob/master/docs-src/en/README.md",
        version=r'"appVersion":\s*"(\d[\w.]+)"',
    ),
)  # fmt: skip
