"""kong.conf, or the KONG_* variables that stand for it.

Source: https://developer.konghq.com/gateway/configuration/
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator, Mapping

from batten.facts import AccessLog, Banner, ConnectionString, Fact, Feature, Limits, Listener, Secret
from batten.formats import Workspace
from batten.formats.ini import parse_ini
from batten.model import ABSENT, UNKNOWN, Kind, Location, Setting, Span, Switch
from batten.model.networks import everybody
from batten.model.record import record
from batten.technologies.edges.kong.controls import Offered
from batten.technologies.edges.kong.tree import referring
from batten.technologies.shared.secrets import credentials
from batten.technologies.shared.transport.tls import between, version_named
from batten.technologies.shared.transport.upstreams import is_loopback

_TOKENS = frozenset(("server_tokens", "server", "via"))  # of `headers`, which name the version
_SIZE = re.compile(r"(\d{1,12})([kmg]?)", re.IGNORECASE)
_FACTOR = {"": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30}
_SESSION = re.compile(r"\"secret\"\s*:\s*\"([^\"]+)\"")
# Of Mozilla's "old" configuration, which Kong takes for `old`.
_OLD_SUITES = "ECDHE-RSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-SHA:AES128-SHA:DES-CBC3-SHA"
_DATABASES = (
    ("pg_host", "pg_ssl", "pg_ssl_verify", "pg_password"),
    ("pg_ro_host", "pg_ro_ssl", "pg_ro_ssl_verify", "pg_ro_password"),
)
BODY = "nginx_http_client_max_body_size"


@record
class Options:
    """What is written, by name; `block` is the place of what is not."""

    written: Mapping[str, Setting[str]]
    block: Location

    def __getitem__(self, name: str) -> Setting[str]:
        return self.written.get(name) or Setting(ABSENT, self.missing(name))

    def missing(self, name: str) -> Location:
        return Location(self.block.source, f"{self.block.pointer}{name}", self.block.span, kind=Kind.BLOCK)

    def word(self, name: str, default: str = "") -> str:
        """What is said, or the default; "" when it is not known."""
        setting = self[name]
        return default if setting.value is ABSENT else setting.known("")

    def switch(self, name: str, default: bool) -> Setting[bool]:
        setting = self[name]
        if setting.value is ABSENT:
            return Setting(ABSENT, setting.at, default)
        return Setting({"on": True, "off": False}.get(setting.known("").lower(), UNKNOWN), setting.at)


def from_file(file: str, workspace: Workspace) -> Options:
    """Raises SyntaxProblem and Unreadable."""
    document = workspace.document(file, parse_ini)
    found: dict[str, Setting[str]] = {}
    for section in document.tree:
        for pair in section.pairs:
            if pair.value:
                at = Location(file, pair.key, pair.value_span)
                found[pair.key.lower()] = setting_of(pair.value, at)
    return Options(found, Location(file, "", Span(0, len(document.text)), kind=Kind.BLOCK))


def setting_of(text: str, at: Location) -> Setting[str]:
    return Setting(UNKNOWN if referring(text) else text, at)


def facts(options: Options) -> Iterator[Fact]:
    if options.word("role", "traditional") != "control_plane":
        yield from listeners(options)
        yield from banners(options)
        yield from bounds(options)
        yield from logs(options)
    yield from features(options)
    yield from secrets(options)
    yield from database(options)


def _entries(text: str) -> list[list[str]]:
    return [entry.split() for entry in text.split(",") if entry.split()]


def listeners(options: Options) -> Iterator[Listener]:
    listen = options["proxy_listen"]
    if listen.value is UNKNOWN or listen.known("") == "off":
        return
    default = "0.0.0.0:8000, 0.0.0.0:8443 ssl"
    entries = _entries(listen.known(default))
    if any("ssl" in words for words in entries):
        encrypted_at = options.missing("ssl_cipher_suite")
        suite = options["ssl_cipher_suite"]
        protocols, ciphers = Setting(ABSENT, suite.at, between("TLSv1.2")), Setting[str](ABSENT, suite.at)
        if suite.known("intermediate") == "old":
            protocols, ciphers = Setting(between("TLSv1"), suite.at), Setting(_OLD_SUITES, suite.at)
        elif suite.known("") == "custom":
            protocols = _versions(options["ssl_protocols"])
            ciphers = options["ssl_ciphers"]
        injected = options["nginx_http_ssl_protocols"]
        if injected.written:
            protocols = _versions(injected)
        yield Listener(
            encrypted_at,
            address=Setting(UNKNOWN, encrypted_at),
            port=Setting(8443, encrypted_at),
            tls=Setting(True, encrypted_at),
            protocols=protocols,
            ciphers=ciphers,
        )
        return
    for words in entries:
        host, _, port = words[0].rpartition(":")
        number = int(port) if port.isdigit() and len(port) < 6 else 0
        at = listen.at
        yield Listener(
            at, address=Setting(host.strip("[]"), at), port=Setting(number, at), tls=Setting(False, at)
        )
        return


def _versions(setting: Setting[str]) -> Setting[tuple[str, ...]]:
    if not setting.is_known:
        return Setting(UNKNOWN, setting.at)
    return Setting(tuple(v for word in setting.known("").split() if (v := version_named(word))), setting.at)


def banners(options: Options) -> Iterator[Banner]:
    headers = options["headers"]
    words = {w.strip().lower() for w in headers.known("server_tokens").split(",")}
    shows: Setting[bool] = Setting(bool(words & _TOKENS), headers.at)
    if headers.value is UNKNOWN:
        shows = Setting(UNKNOWN, headers.at)
    yield Banner(headers.at, product="Kong", header="Server or Via", shows_version=shows)


def without_version(text: str) -> str:
    """The value of `headers` without what names Kong's version."""
    kept = [w.strip() for w in text.split(",") if w.strip().lower() not in _TOKENS]
    return ", ".join(kept) or "off"


def bounds(options: Options) -> Iterator[Limits]:
    for name in (BODY, "client_max_body_size"):
        size = options[name]
        found = _SIZE.fullmatch(size.known(""))
        if found:
            yield Limits(size.at, body=Setting(int(found[1]) * _FACTOR[found[2].lower()], size.at))


def logs(options: Options) -> Iterator[AccessLog]:
    access, errors = options["proxy_access_log"], options["proxy_error_log"]
    off = ("off", "/dev/null")
    yield AccessLog(
        access.at,
        Setting(access.known("on").partition(" ")[0] not in off, access.at),
        Setting(errors.known("on").partition(" ")[0] not in off, errors.at),
    )


def features(options: Options) -> Iterator[Feature | Offered]:
    admin, status = options["admin_listen"], options["status_listen"]
    asked = options.word("enforce_rbac", "off") != "off"
    if not asked and options.word("role") != "data_plane" and outside(admin.known("")):
        yield Feature(admin.at, Switch.CONSOLE, Setting(True, admin.at), "Kong's Admin API (`admin_listen`)")
    if outside(status.known("")):
        yield Feature(
            status.at, Switch.METRICS, Setting(True, status.at), "Kong's Status API (`status_listen`)"
        )
    believed = options["trusted_ips"]
    anyone = everybody(believed.known("").split(","))
    if anyone:
        what = f"the X-Forwarded-* headers of every client are trusted (`trusted_ips` has {anyone.strip()})"
        yield Feature(believed.at, Switch.INVALID_HEADERS, Setting(True, believed.at), what)
    debug = options.switch("allow_debug_header", False)
    if debug.known(False):
        what = "names and ids of services and routes (`allow_debug_header`)"
        yield Feature(debug.at, Switch.ERROR_DETAILS, debug, what)
    # kong/templates/kong_defaults.lua, which decides, has it on; the comment in kong.conf.default says off.
    server = options.switch("proxy_server_ssl_verify", True)
    if options["proxy_server"].written:
        yield Feature(server.at, Switch.VERIFY_TLS, server)
    offered = options["lua_ssl_protocols"]
    if offered.written:
        yield Offered(offered.at, offered)
    user = options[
        "nginx_user"
    ]  # the user and the group of nginx's workers, `kong kong` unless the file says so
    if user.known("").split()[:1] == ["root"]:
        yield Feature(user.at, Switch.ROOT_WORKER, Setting(True, user.at), "Kong's workers run")


def outside(text: str) -> bool:
    """Whether one of the addresses of a list can be reached from other networks."""
    return any(_public(words[0].rpartition(":")[0]) for words in _entries(text) if words[0] != "off")


def _public(host: str) -> bool:
    if is_loopback(host) or not host:
        return False
    try:
        address = ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return False  # a name: nobody knows whose
    return address.is_unspecified or not address.is_private


def secrets(options: Options) -> Iterator[Secret]:
    for name, setting in options.written.items():
        text = setting.known("")
        kind = credentials.recognise(name, text)
        session = _SESSION.search(text) if name.endswith("session_conf") else None
        if session is not None and not credentials.placeholder(session[1]):
            kind = "key"
        if kind:
            yield credentials.in_config(setting.at, name, kind)


def database(options: Options) -> Iterator[ConnectionString]:
    """The database, and the replica that Kong reads from."""
    for names in _DATABASES:
        yield from _database(options, *names)


def _database(
    options: Options, name: str, ssl: str, verify: str, password: str
) -> Iterator[ConnectionString]:
    host = options[name]
    if options.word("database", "postgres") != "postgres" or not host.known(""):
        return
    encrypted = options.switch(ssl, False)
    if not encrypted.written:
        encrypted = Setting(ABSENT, host.at, False)
    yield ConnectionString(
        host.at,
        scheme="postgresql",
        host=host.known(""),
        port=5432,
        has_password=options[password].written,
        encrypted=encrypted,
        verified=options.switch(verify, False),
        local=is_loopback(host.known("")),
        variable=name,
    )
