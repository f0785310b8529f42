"""Logstash: what logstash.yml opens and whom it trusts, and the settings that fix it.

Sources: https://www.elastic.co/docs/reference/logstash/logstash-settings-file, https://www.elastic.co/docs/reference/logstash/monitoring-logstash
(the API listens on 127.0.0.1:9600 and asks for no credential, unless `api.auth.type` is `basic`; until 7.14 its keys were
`http.host` and `http.port`: https://www.elastic.co/guide/en/logstash/7.17/logstash-settings-file.html). Its container listens on every
address.
"""

from __future__ import annotations

from collections.abc import Iterator

from batten.facts import Fact, Feature
from batten.model import Setting, Switch, TurnOff
from batten.technologies.shared.settings.changes import Change, strong_suites, tls_1_2, verified
from batten.technologies.shared.settings.forms import DOTTED_YAML
from batten.technologies.shared.settings.offers import secrets, tls_listener, unverified
from batten.technologies.shared.settings.servers import server
from batten.technologies.shared.settings.settings import Settings
from batten.technologies.shared.transport.upstreams import is_loopback

_PORT = 9600
_PASSWORDS = (
    "api.auth.basic.password",
    "elasticsearch.password",
    "elasticsearch.api_key",
    ".cloud_auth",
    "keystore.password",
    "truststore.password",
)
CHANGES = (
    Change(remedy=TurnOff(Switch.METRICS), title="listen on loopback only", value="127.0.0.1", breaks="monitoring from other machines"),
    verified("full"),
    tls_1_2("[TLSv1.3, TLSv1.2]"),
    strong_suites("[{iana}]"),
)  # fmt: skip


def facts(server_settings: Settings) -> Iterator[Fact]:
    yield from _api(server_settings)
    if server_settings.truth("api.ssl.enabled", False).known(True):
        protocols, suites = "api.ssl.supported_protocols", "api.ssl.cipher_suites"
        yield from tls_listener(server_settings, "api.ssl", protocols, suites, _PORT)
    for given in server_settings.found.values():
        if given.key.endswith("ssl.verification_mode") and given.value.strip().lower() == "none":
            yield from unverified(Setting(False, given.at))
    yield from secrets(g for g in server_settings.found.values() if g.key.endswith(_PASSWORDS))


def _api(server_settings: Settings) -> Iterator[Feature]:
    """Who reads pipelines, plugins and threads."""
    on, host = server_settings.truth("api.enabled", True), server_settings.word("api.http.host")
    host = host if host.written else server_settings.word("http.host")
    kind = server_settings.word("api.auth.type", "none").known("basic")
    if (
        host.written
        and host.is_known
        and on.known(True)
        and kind == "none"
        and not is_loopback(host.known(""))
    ):
        what = "Logstash's API, with its pipelines, plugins and threads,"
        yield Feature(host.at, Switch.METRICS, Setting(True, host.at), what)


read, write, settings = server(DOTTED_YAML, CHANGES, None, facts, "logstash")
