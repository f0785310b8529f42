"""Monitors of machines, clusters and traffic, by the servers that their vendors ship."""

from __future__ import annotations

from product_cases import Case, Start, starting

HASH = f"salt${'0' * 256}"  # of no password

WHERE = ("--host", "127.0.0.1", "--port", "{free}", "--dashboard-address", "127.0.0.1:{port}")
WEB = ("--web-host", "127.0.0.1", "--web-port", "{port}", "--no-web-open-browser")
PROXY = ("--listen-host", "127.0.0.1", "--listen-port", "{free}")


def _glances(*options: str) -> Start:
    where = ("-w", "-B", "127.0.0.1", "-p", "{port}", *options)
    return starting("glances", "glances", *where, files={".config/glances/glances.pwd": HASH})


def _glances_server(*options: str) -> Start:
    where = ("-s", "-B", "127.0.0.1", "-p", "{port}", *options)
    return starting("glances", "glances", *where, files={".config/glances/glances.pwd": HASH})


CASES = (
    Case(product="Glances", opened=_glances(), locked=_glances("-u", "glances")),
    Case(
        product="Glances server (XML-RPC)",
        opened=_glances_server(),
        locked=_glances_server("--username", "-u", "glances"),
    ),
    Case(product="Dask dashboard", opened=starting("distributed", "dask", "scheduler", *WHERE)),
    Case(product="mitmweb", opened=starting("mitmproxy", "mitmweb", *WEB, *PROXY)),
)
