"""Monitors of machines, clusters and traffic, by the servers that their vendors ship."""

from __future__ import annotations

from product_cases import Case, Start, starting, with_file

from servers import free_port


def _glances(*options: str) -> Start:
    start = starting("glances", "glances", "-w", "-B", "127.0.0.1", "-p", "PORT", *options)
    return with_file(".config/glances/glances.pwd", f"salt${'0' * 256}", start)


def _dask() -> Start:
    where = ("--host", "127.0.0.1", "--port", str(free_port()), "--dashboard-address", "127.0.0.1:PORT")
    return starting("distributed", "dask", "scheduler", *where)


def _mitmweb() -> Start:
    where = ("--web-host", "127.0.0.1", "--web-port", "PORT", "--no-web-open-browser")
    proxy = ("--listen-host", "127.0.0.1", "--listen-port", str(free_port()))
    return starting("mitmproxy", "mitmweb", *where, *proxy)


CASES = (
    Case(product="Glances", opened=_glances(), locked=_glances("-u", "glances")),
    Case(product="Dask dashboard", opened=lambda folder, port: _dask()(folder, port)),
    Case(product="mitmweb", opened=lambda folder, port: _mitmweb()(folder, port)),
)
