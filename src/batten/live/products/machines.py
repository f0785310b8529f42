"""Monitors of machines, clusters and traffic."""

from __future__ import annotations

from batten.facts import Holds
from batten.live.products.product import Product, Read, either, headed, keys, named, titled

PRODUCTS = (
    Product(
        name="Glances",
        sign=named(r"Glances"),
        reads=(Read("/api/4/system", keys("os_name", "hostname")), Read("/api/3/system", keys("os_name", "hostname"))),
        gains="see every process of the machine with its command line, its disks and its network",
        close="Start it with `--password`, and bind it with `-B 127.0.0.1`.",
        source="https://glances.readthedocs.io/en/latest/api/restful.html#security",
        holds=Holds.INSIGHT,
        version=r'"version":\s*"(\d[\w.]+)"',
        tells="/api/4/status",
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
