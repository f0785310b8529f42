"""Where requests go, and how: reverse_proxy, php_fastcgi, forward_auth, and the authority that signs."""

from __future__ import annotations

import re
from collections.abc import Iterator

from batten.facts import Upstream
from batten.model import UNKNOWN, Setting
from batten.technologies.edges.caddy.addresses import catch_all
from batten.technologies.edges.caddy.flow import directives
from batten.technologies.edges.caddy.tree import Item, Tree, varies
from batten.technologies.shared.transport.upstreams import upstream_of

_PROXIES = ("reverse_proxy", "forward_auth", "php_fastcgi")
_CLIENTS = re.compile(
    r"\{(?:http\.request\.)?(?:header|query|cookie|(?:orig_)?uri\.query)\.[^}]+\}", re.IGNORECASE
)
_HOST = re.compile(r"^(?:https?://)?\{(?:http\.request\.)?(?:host|hostport)\}")


def upstreams(tree: Tree) -> Iterator[Upstream]:
    for site in tree.sites:
        for item in directives(site):
            if item.name in _PROXIES:
                for said, number, text in targets(item):
                    at = said.word(number)
                    transport = item.first("transport")
                    insecure = transport.first("tls_insecure_skip_verify") if transport is not None else None
                    clients = bool(_CLIENTS.search(text)) or bool(
                        _HOST.match(text) and catch_all(tree, item.site)
                    )
                    unknown = varies(text) or text.startswith("srv+")
                    secure = transport is not None and any(i.name.startswith("tls") for i in transport.items)
                    hidden = item.unread or (transport is not None and transport.unread)
                    plain: Setting[bool] | None = None
                    if secure or text.endswith(":443"):  # Caddy speaks TLS to port 443 by itself
                        plain = Setting(True, at)
                    elif hidden:
                        plain = Setting(UNKNOWN, at)
                    verified: Setting[bool] = Setting(
                        insecure is None, insecure.place() if insecure is not None else at
                    )
                    made = upstream_of(text, at, verified, unknown, plain)
                    if not clients:
                        upstream = made
                    else:
                        upstream = Upstream(at, target=Setting(UNKNOWN, at), from_client=(at,))
                    yield upstream
    # Who signs certificates, asked over plain HTTP.
    option = tree.option("acme_ca")
    found = [option] if option is not None else []
    for site in tree.sites:
        tls = site.first("tls")
        found += [i for i in tls.walk() if i.name in ("ca", "dir")] if tls is not None else []
    for item in found:
        url = item.texts[1] if len(item.texts) > 1 else ""
        if url.startswith("http://"):
            yield upstream_of(url, item.place(), None, varies(url))


def targets(item: Item) -> Iterator[tuple[Item, int, str]]:
    """Each address, the item that says it (the directive, or a `to` in its block), and the word's number."""
    start = len(item.texts) - len(item.args)
    for number, text in enumerate(item.args, start):
        yield item, number, text
    for inner in item.all("to"):
        for number, text in enumerate(inner.texts[1:], 1):
            yield inner, number, text
