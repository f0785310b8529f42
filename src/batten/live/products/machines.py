"""Monitors of machines, clusters and traffic."""

from __future__ import annotations

from batten.facts import Holds
from batten.live.exchange import Response
from batten.live.products.product import Product, Read, answered, either, headed, keys, named, text, titled


def _status(response: Response) -> bool:
    """The status of Glances' REST API, which is all that its root shows where the web interface is off."""
    return (
        response.request.url.endswith("/status")
        and response.text.startswith('{"version": ')
        and keys("version")(response)
    )


_XML = (("Content-Type", "text/xml"),)


def _asked(method: str) -> bytes:
    """A call of XML-RPC without parameters (http://xmlrpc.com/spec.md)."""
    return (
        f"<?xml version='1.0'?><methodCall><methodName>{method}</methodName><params/></methodCall>".encode()
    )


PRODUCTS = (
    Product(
        name="Glances",
        sign=either(named(r"Glances"), _status),
        at=("/api/4/status", "/api/3/status"),
        reads=(Read("/api/4/system", keys("os_name", "hostname")), Read("/api/3/system", keys("os_name", "hostname"))),
        gains="see every process of the machine with its command line, its disks and its network",
        close="Start it with `--password`, and bind it with `-B 127.0.0.1`.",
        source="https://glances.readthedocs.io/en/latest/api/restful.html#security",
        holds=Holds.INSIGHT,
        version=r'"version":\s*"(\d[\w.]+)"',
        tells="/api/4/status",
    ),
    Product(
        name="Glances server (XML-RPC)",
        sign=answered(501, r"Unsupported method \('GET'\)"),
        reads=(
            Read("/RPC2", text(r'"processlist"', r'"quicklook"'), "POST", _XML, _asked("getAllPlugins")),
        ),
        gains="see every process of the machine with its command line, its disks and its network",
        close="Start it with `--password`, and bind it with `-B 127.0.0.1`.",
        source="https://glances.readthedocs.io/en/latest/quickstart.html#central-client",
        holds=Holds.INSIGHT,
    ),
    Product(
        name="Dask dashboard",
        sign=titled(r"Dask\b"),
        reads=(Read("/json/identity.json", keys("type", "id", "address", "workers")),),
        gains="see the tasks, call stacks, logs and addresses of the whole cluster",
        close="The dashboard has no login: bind it with `--dashboard-address 127.0.0.1:8787`, or put a proxy with a login in front.",
        source="https://docs.dask.org/en/latest/deploying-cli.html",
        holds=Holds.INSIGHT,
    ),
    Product(
        name="mitmweb",
        sign=either(headed("server", r"mitmproxy"), named(r"mitmproxy")),
        reads=(Read("/options", keys("anticache", "allow_hosts")), Read("/options.json", keys("anticache", "allow_hosts"))),
        gains="read all intercepted traffic with its credentials, change and replay it, and change the proxy's options",
        close="Use mitmproxy 11.1.2 or newer, whose web interface requires a token, or set `web_password`.",
        source="https://docs.mitmproxy.org/stable/concepts/options/",
        version=r"(?m)^[Ss]erver: mitmproxy (\d[\w.]+)",
    ),
)  # fmt: skip
