"""Search engines and stores of keys that speak HTTP."""

from __future__ import annotations

from batten.facts import Holds
from batten.live.products.product import Product, Read, either, headed, keys, text, titled

_JSON = (("Content-Type", "application/json"),)

PRODUCTS = (
    Product(
        name="Groonga",
        sign=either(headed("server", r"Groonga/"), titled(r"Groonga admin")),
        reads=(Read("/d/table_list", text(r'\A\[\[0,[\d.]+,[\d.e-]+\],\[\[\["id","UInt32"\]')),),
        gains="read, change and delete all tables, and stop the server",
        close="Set `--bind-address` to a private address, and put a proxy with a login in front: it has none of its own.",
        source="https://groonga.org/docs/reference/executables/groonga.html",
        holds=Holds.DATA,
        version=r'"version":"(\d[\d.]*)',
        tells="/d/status",
    ),
    Product(
        name="etcd",
        sign=keys("etcdserver", "etcdcluster"),
        at=("/version",),
        reads=(
            Read("/v3/kv/range", keys("header.cluster_id", "header.revision"), "POST", _JSON, b'{"key":"AA==","range_end":"AA==","count_only":true}'),
            Read("/v2/keys/?quorum=false", keys("action", "node.dir")),
        ),
        gains="read, change and delete all keys: with a Kubernetes cluster's, all of its secrets",
        close="Enable authentication (`etcdctl auth enable`), and require client certificates (`--client-cert-auth`).",
        source="https://etcd.io/docs/v3.5/op-guide/authentication/rbac/",
        holds=Holds.DATA,
        version=r'"etcdserver":\s*"(\d[\d.]*)',
        component="etcd",
    ),
)  # fmt: skip
