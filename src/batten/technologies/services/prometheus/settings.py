"""From prometheus.yml to whom Prometheus connects and with which credentials, and from its web file to what TLS it offers.

Sources: https://prometheus.io/docs/prometheus/latest/configuration/configuration/ and …/https/. Targets are asked over HTTP unless
`scheme` says otherwise; the web file's TLS begins with 1.2.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from batten.facts import AccessRule, ConnectionString, Fact
from batten.facts.application import Peer
from batten.model import UNKNOWN, Setting
from batten.technologies.shared.secrets import credentials
from batten.technologies.shared.settings.offers import ciphers, from_version, listener, secrets, unverified
from batten.technologies.shared.settings.settings import Entry, Settings, listed
from batten.technologies.shared.transport.upstreams import is_loopback, target_of

_SECRET = re.compile(
    r"\.(?:password|credentials|bearer_token|client_secret|secret_key|token|api_key|secret|opsgenie_api_key)$|^basic_auth_users\."
)
_TARGETS = re.compile(r"(?P<config>scrape_configs\[\d+\])\.static_configs\[\d+\]\.targets")
_CREDENTIAL = re.compile(r"(?P<config>scrape_configs\[\d+\])\.(?:basic_auth|authorization|bearer_token)")
_REMOTE = re.compile(r"(?:remote_write|remote_read)\[\d+\]\.url")
_HASH = re.compile(r"\$2[aby]\$\d\d\$")
_UNCHECKED = {
    "RequestClientCert": "clients without a certificate are admitted, and those of others are not verified",
    "RequireAnyClientCert": "certificates that clients signed themselves are accepted",
}


def facts(settings: Settings) -> Iterator[Fact]:
    trusted = {found["config"] for g in settings.entries if (found := _CREDENTIAL.match(g.key))}
    for given in settings.found.values():
        if given.key.endswith("insecure_skip_verify") and given.truth is True:
            yield from unverified(Setting(False, given.at), Peer.METRICS)
        elif _TARGETS.fullmatch(given.key):
            yield from _scraped(settings, given, trusted)
        elif _REMOTE.fullmatch(given.key) and not given.templated:
            target = target_of(given.value)
            if target.host:
                password = credentials.url_password(given.value) is not None
                yield _connection(given, target.scheme, target.host, password)
                if password:
                    yield credentials.in_config(given.at, given.key, "password in a URL")
        elif not given.templated and given.key.endswith("url") and credentials.url_password(given.value):
            yield credentials.in_config(given.at, given.key, "password in a URL")
    yield from secrets(
        g for g in settings.found.values() if _SECRET.search(g.key) and not _HASH.match(g.value) and g.value
    )
    # What the web file says of TLS, and of certificates of clients.
    lowest = settings.word("tls_server_config.min_version")
    protocols = from_version(lowest) if lowest.written else None
    suites = ciphers(settings, "tls_server_config.cipher_suites")
    yield from listener(settings.missing("tls_server_config"), protocols, suites, 9090)
    asked = settings.word("tls_server_config.client_auth_type")
    defeat = _UNCHECKED.get(asked.known(""), "")
    if defeat and "tls_server_config.client_ca_file" in settings.found:
        yield AccessRule(asked.at, "the check of client certificates", defeat)


def _scraped(settings: Settings, targets: Entry, trusted: set[str]) -> Iterator[ConnectionString]:
    """Targets that get a credential: the first whose connection leaves the network."""
    found = _TARGETS.fullmatch(targets.key)
    config = found["config"] if found else ""
    scheme = settings.word(f"{config}.scheme", "http")
    hosts = (target.rpartition(":")[0] or target for target in listed(targets.value))
    outside = next((h for h in hosts if "." in h and not is_loopback(h)), "")
    if config in trusted and outside and scheme.is_known and not targets.templated:
        yield _connection(targets, scheme.known("http"), outside, True)


def _connection(given: Entry, scheme: str, host: str, password: bool) -> ConnectionString:
    return ConnectionString(
        given.at,
        scheme=scheme,
        host=host,
        port=0,
        has_password=password,
        encrypted=Setting(scheme == "https", given.at),
        verified=Setting(UNKNOWN, given.at),
        local=is_loopback(host),
        variable=given.key,
    )
