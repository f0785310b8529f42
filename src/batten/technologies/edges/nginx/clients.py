"""Trusted proxies. https://nginx.org/en/docs/http/ngx_http_realip_module.html"""

from __future__ import annotations

from collections.abc import Iterator

from batten.facts import TrustedProxies
from batten.technologies.edges.nginx.tree import Tree, inherited


def clients(tree: Tree) -> Iterator[TrustedProxies]:
    for server in tree.servers:
        listed, header = inherited(server, "set_real_ip_from"), inherited(server, "real_ip_header")
        if listed and header is not None:
            networks = tuple(item.value for item in listed)
            announced = bool(header) and header[-1].value == "proxy_protocol"
            yield TrustedProxies(listed[0].place(), networks=networks, announced=announced)
