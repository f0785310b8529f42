"""Search engines and stores of keys, by what Debian ships."""

from __future__ import annotations

from product_cases import Case, started
from store_servers import etcd

CASES = (
    Case(
        product="Groonga",
        opened=started(
            "groonga",
            "--protocol",
            "http",
            "-s",
            "--bind-address",
            "127.0.0.1",
            "-p",
            "{port}",
            "-n",
            "{folder}/db",
        ),
    ),
    Case(product="etcd", opened=lambda folder, port: etcd(folder, port, False), ci=True),
)
