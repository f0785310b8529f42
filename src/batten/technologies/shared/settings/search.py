"""What Elasticsearch and OpenSearch have in common: where they listen, who may read answers from a browser, and settings that open
more than they should.

Source: https://www.elastic.co/docs/deploy-manage/deploy/self-managed/networking-settings; OpenSearch keeps these settings. `0` is
every address (https://www.elastic.co/guide/en/elasticsearch/reference/7.11/modules-network.html), and `_lo_` an interface by name.
"""

from __future__ import annotations

from collections.abc import Iterator

from batten.facts import CorsPolicy, OriginKind, OriginRule
from batten.model import UNKNOWN, Setting, Switch
from batten.technologies.shared.settings.offers import cors_policy
from batten.technologies.shared.settings.settings import Settings, listed

PORT = 9200
_LOCAL = ("_local_", "_local:ipv4_", "_local:ipv6_", "_lo_", "_lo:ipv4_", "_lo:ipv6_", "_lo0_")
_WIDE = ("_global_", "_global:ipv4_", "_global:ipv6_", "0")


def addresses(settings: Settings) -> Setting[tuple[str, ...]]:
    """Where HTTP is served: `_site_` is the private network, which is not known to be wide."""
    for key in ("http.bind_host", "http.host", "network.bind_host", "network.host"):
        named = settings.words(key)
        if named.written:
            return Setting(tuple(map(_address, named.known(()))) if named.is_known else UNKNOWN, named.at)
    return settings.absent("network.host", ("127.0.0.1",))


def _address(word: str) -> str:
    return "127.0.0.1" if word in _LOCAL else "0.0.0.0" if word in _WIDE else word


def origins(settings: Settings) -> Iterator[CorsPolicy]:
    """Pages of these origins may use the API; a word between slashes is a pattern over the whole origin."""
    allowed = settings.word("http.cors.allow-origin")
    if not settings.truth("http.cors.enabled", False).known(False) or not allowed.written:
        return
    rules: list[OriginRule] = []
    text = allowed.known("")
    if text.startswith("/") and text.endswith("/") and len(text) > 2:
        rules.append(OriginRule(OriginKind.PATTERN, Setting(text[1:-1], allowed.at)))
    else:
        for word in listed(text):
            kind = OriginKind.ANY if word == "*" else OriginKind.NULL if word == "null" else OriginKind.EXACT
            rules.append(OriginRule(kind, Setting(word, allowed.at)))
    yield cors_policy(allowed.at, tuple(rules), settings.truth("http.cors.allow-credentials", False))


def dangerous(settings: Settings) -> Iterator[Setting[Switch]]:
    names = settings.truth("action.destructive_requires_name", True)
    if names.known(True) is False and names.written:
        yield Setting(Switch.DESTRUCTIVE_WILDCARDS, names.at)
    remote = settings.words("reindex.remote.whitelist")
    if any(host in ("*", "*:*") for host in remote.known(())):
        yield Setting(Switch.REINDEX_FROM_ANY, remote.at)
