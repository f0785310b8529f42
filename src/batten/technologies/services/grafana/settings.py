"""From grafana.ini to what visitors of Grafana may do, whom it connects to, and what is written out.

Source: https://grafana.com/docs/grafana/latest/setup-grafana/configure-grafana/ and conf/defaults.ini of its source. Values in
`$__file{…}` and `$__env{…}` are read elsewhere, and a variable of its process counts more than the file
(…/configure-grafana/#override-configuration-with-environment-variables).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from batten.facts import AccessRule, ConnectionString, Cookie, Fact, Feature
from batten.model import UNKNOWN, Setting, Switch
from batten.technologies.shared.secrets import credentials
from batten.technologies.shared.settings.offers import from_version, listener, secrets, signing, unverified
from batten.technologies.shared.settings.settings import Entry, Settings
from batten.technologies.shared.transport.upstreams import is_loopback

_PORTS = {"mysql": 3306, "postgres": 5432}
_PASSWORDS = (
    ".password",
    ".client_secret",
    ".admin_password",
    ".secret_key",
    ".access_key",
    ".token",
    ".api_key",
)
_SIGNING = "security.secret_key"
_SKIPPING = ("smtp.skip_verify", ".tls_skip_verify_insecure")


# What facts below say of keys that a variable may give instead.
_OVERRIDDEN = (
    "app_mode",
    "auth.anonymous.enabled",
    "auth.anonymous.org_role",
    "auth.proxy.enabled",
    "auth.proxy.whitelist",
    "database.host",
    "database.ssl_mode",
    "database.type",
    "metrics.basic_auth_username",
    "metrics.enabled",
    "security.cookie_samesite",
    "security.cookie_secure",
    "server.http_addr",
    "server.min_tls_version",
    "server.protocol",
    "server.root_url",
    "snapshots.public_mode",
)
_VARIABLE = re.compile(r"\bGF_[A-Z0-9_]+")


def overridden(settings: Settings, texts: Iterable[str]) -> Settings:
    """The settings, of which those are not known that a variable gives: `texts` are what may run Grafana."""
    names = {name.removesuffix("__FILE") for text in texts for name in _VARIABLE.findall(text)}
    keys = [key for key in _OVERRIDDEN if _variable(key) in names]
    given = tuple(Entry(key, "\0", settings.word(key).at) for key in keys)
    return settings.after(given) if given else settings


def _variable(key: str) -> str:
    named = key if "." in key else f"default.{key}"
    return f"GF_{named.replace('.', '_').upper()}"


def facts(settings: Settings) -> Iterator[Fact]:
    yield from _visitors(settings)
    # The session's, where the file says that browsers reach Grafana over HTTPS.
    secure, same_site = (
        settings.truth("security.cookie_secure", False),
        settings.word("security.cookie_samesite", "lax"),
    )
    tls = settings.word("server.protocol", "http").known("") in ("https", "h2")
    if tls or settings.word("server.root_url", "").known("").startswith("https://"):
        name = settings.word("auth.login_cookie_name", "grafana_session").known("grafana_session")
        http_only = Setting(True, secure.at)
        yield Cookie(secure.at, name=name, secure=secure, http_only=http_only, same_site=same_site)
    lowest = settings.word("server.min_tls_version")
    yield from listener(
        settings.missing("server"), from_version(lowest) if lowest.written else None, None, 3000
    )
    for given in settings.found.values():
        if given.key.endswith(_SKIPPING) and given.truth is True:
            yield from unverified(Setting(False, given.at))
    mode = settings.word("database.ssl_mode")
    if mode.known("") == "skip-verify":
        yield from unverified(Setting(False, mode.at))
    # The database of Grafana's own, where it is another host's. Its default is a file.
    kind, host = settings.word("database.type", "sqlite3").known(""), settings.found.get("database.host")
    if kind in _PORTS and host is not None and not host.templated:
        # The host, or the path of a socket, and the port that is written behind it; an IPv6 address is in brackets.
        bracketed, _, rest = host.value.partition("]")
        if bracketed.startswith("["):
            database_name, port = bracketed[1:], rest.removeprefix(":")
        else:
            address_name, _, address_port = host.value.partition(":")
            database_name, port = address_name, address_port
        if not is_loopback(database_name):
            database_mode = settings.word("database.ssl_mode", "disable")
            off = database_mode.known("") in ("", "disable", "false")
            yield ConnectionString(
                host.at,
                scheme=kind,
                host=database_name,
                port=int(port) if port.isdecimal() and len(port) < 6 else _PORTS[kind],
                has_password="database.password" in settings.found,
                encrypted=Setting(not off if database_mode.is_known else UNKNOWN, database_mode.at),
                verified=Setting(UNKNOWN, database_mode.at),
                variable="database.host",
            )
    held = [g for g in settings.found.values() if f".{g.key}".endswith(_PASSWORDS) and g.key != _SIGNING]
    yield from secrets(g for g in held if g.value)
    yield from signing(g for g in settings.found.values() if g.key == _SIGNING)
    yield from (
        credentials.in_config(url.at, url.key, "password in a URL")
        for url in settings.found.values()
        if url.key == "database.url" and credentials.url_password(url.value) is not None
    )


def _visitors(settings: Settings) -> Iterator[Fact]:
    """Who gets in without a login, and as whom."""
    anonymous = settings.truth("auth.anonymous.enabled", False)
    if anonymous.known(False):
        role = settings.word("auth.anonymous.org_role", "Viewer").known("")
        what = f"Grafana, with the role {role}," if role else "Grafana"
        yield Feature(anonymous.at, Switch.CONSOLE, anonymous, what)
    snapshots = settings.truth("snapshots.public_mode", False)
    if snapshots.known(False):
        yield Feature(
            snapshots.at,
            Switch.CONSOLE,
            snapshots,
            "the snapshot server, which anyone writes to and deletes from,",
        )
    metrics = settings.truth("metrics.enabled", True)
    if metrics.written and metrics.known(False) and "metrics.basic_auth_username" not in settings.found:
        yield Feature(metrics.at, Switch.METRICS, metrics, "Grafana's metrics")
    mode = settings.word("app_mode", "production")
    if mode.known("") == "development":
        yield Feature(mode.at, Switch.DEBUG, Setting(True, mode.at), "Grafana's development mode")
    # A proxy that names the user in a header, which others can send as well.
    proxy, trusted = settings.truth("auth.proxy.enabled", False), settings.word("auth.proxy.whitelist", "")
    if proxy.known(False) and trusted.known(None) == "":
        # Whether only programs of its own machine connect, as a proxy there: loopback or a socket. By default all
        # can.
        address = settings.word("server.http_addr", "").known("")
        local = settings.word("server.protocol", "http").known("") == "socket" or is_loopback(address)
        if not local:
            header = settings.word("auth.proxy.header_name", "X-WEBAUTH-USER").known("X-WEBAUTH-USER")
            defeat = f"without `whitelist`, every client can name a user in the header {header}"
            yield AccessRule(proxy.at, "the login by the proxy", defeat)
