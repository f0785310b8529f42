"""Services of a network and of application servers, by the interfaces of their operators."""

from __future__ import annotations

from batten.facts import Holds
from batten.live.products.product import Product, Read, answered, both, keys, rows, says, text

_JSON = (("Content-Type", "application/json"),)

PRODUCTS = (
    Product(
        name="Kea control agent",
        sign=answered(400, r'\A\{ "result": 400, "text": "Bad Request" \}'),
        reads=(Read("/", rows("arguments", "result"), "POST", _JSON, b'{"command":"list-commands"}'),),
        gains="change the configuration of the DHCP servers, and so the gateways and name servers of a network, and stop them",
        close="Set `authentication` and a loopback address: `http-host` in `Control-agent`, or since 2.7.2 `socket-address` in the HTTP `control-sockets`.",
        source="https://kea.readthedocs.io/en/stable/arm/ctrl-channel.html",
    ),
    Product(
        name="uWSGI statistics",
        sign=keys("listen_queue", "workers", "pid", "cwd"),
        reads=(Read("/", keys("workers.0.cores", "sockets", "cwd"), anywhere=True),),
        gains="see the requests that it serves, with their variables, and the paths of the application",
        close="Bind `stats` to loopback or a unix socket.",
        source="https://uwsgi-docs.readthedocs.io/en/latest/StatsServer.html",
        holds=Holds.INSIGHT,
        version=r'"version":\s*"(\d[\d.]*)',
    ),
    Product(
        name="ZooKeeper administration",
        sign=says(r"Powered by Jetty"),  # what its server says of `/`; the commands name it
        reads=(Read("/commands/connections", both(keys("connections", "error"), text(r'"command"\s*:\s*"connections"'))),),
        gains="see every client with its address and session, all paths with watches, and the environment of the server",
        close="Set `admin.enableServer=false`, or `admin.serverAddress` to loopback.",
        source="https://zookeeper.apache.org/doc/current/zookeeperAdmin.html#sc_adminserver",
        holds=Holds.INSIGHT,
        version=r'"version"\s*:\s*"(\d[\d.]*)',
        tells="/commands/stats",
    ),
)  # fmt: skip
