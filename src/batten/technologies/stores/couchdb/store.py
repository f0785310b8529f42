"""From CouchDB's ini files to what the server is to others.

Source: https://docs.couchdb.org/en/stable/config/. Since 3.0 new databases are for administrators only and the server listens on
loopback by default; before, they were for everyone (https://docs.couchdb.org/en/stable/whatsnew/3.0.html). `default_security`
opens new databases to clients without a name as `everyone`, and as `admin_local` at the port of clients (rel/overlay/etc/default.ini),
unless `require_valid_user` is on, or is so for all but `/_up`.
Files are read in turn, so what one does not say another may: absent settings are unknown, but for those of the file alone.
"""

from __future__ import annotations

from collections.abc import Iterator

from batten.facts import CorsPolicy, Fact, OriginKind, OriginRule, Store
from batten.model import UNKNOWN, Setting
from batten.technologies.shared.secrets import credentials
from batten.technologies.shared.settings.offers import (
    cors_policy,
    listener,
    not_logged,
    secrets,
    signing,
    unverified,
    versions,
)
from batten.technologies.shared.settings.settings import Settings, listed

PORT = 5984
_HASHED = ("-pbkdf2", "-hashed-")
_REQUIRED = (
    "chttpd.require_valid_user",
    "chttpd_auth.require_valid_user",
    "chttpd.require_valid_user_except_for_up",
)
_OPEN = ("everyone", "admin_local")
_SIGNING = ("chttpd_auth.secret", "couch_httpd_auth.secret")


def store(settings: Settings, service: str = "") -> Store:
    ssl = settings.truth("ssl.enable", UNKNOWN)
    bound = settings.word("chttpd.bind_address", "127.0.0.1")
    if not bound.written:
        addresses: Setting[tuple[str, ...]] = settings.absent("chttpd.bind_address", UNKNOWN)
    else:
        word = "0.0.0.0" if bound.known("") == "any" else bound.known("")
        addresses = Setting((word,) if word else UNKNOWN, bound.at)
    handlers = settings.word("chttpd.authentication_handlers", "")
    if "null_authentication_handler" in handlers.known(""):
        authentication: Setting[bool] = Setting(False, handlers.at)
    else:
        required = [settings.truth(key, False) for key in _REQUIRED]
        if on := next((s for s in required if s.known(False)), None):
            authentication = on
        else:
            security = settings.word("couchdb.default_security")
            if not security.written:
                authentication = settings.absent(
                    "couchdb.default_security", settings.since(3) is not False or UNKNOWN
                )
            else:
                authentication = Setting(
                    security.known("") not in _OPEN if security.is_known else UNKNOWN, security.at
                )
    return Store(
        settings.at,
        product="couchdb",
        authentication=authentication,
        addresses=addresses,
        port=settings.number("chttpd.port", PORT),
        version=settings.version,
        default_credentials=_default_credentials(settings),
        tls=ssl,
        service=service,
        configured_by=(settings.path,),
    )


def _default_credentials(settings: Settings) -> Setting[bool] | None:
    """Whether an administrator's password, which the server hashes when it starts, is well known."""
    for admin in settings.below("admins."):
        if not admin.value.startswith(_HASHED) and not admin.templated:
            found = credentials.found("ADMIN_PASSWORD", admin.value)
            if found is not None and found.guess is not None:
                return Setting(True, admin.at)
    return None


def facts(settings: Settings) -> Iterator[Fact]:
    """TLS, replications that verify no certificate, origins, the log, and passwords that are written out."""
    words = settings.word("ssl.tls_versions")
    if words.known(""):
        names = tuple(w.strip(" []'\"") for w in listed(words.known("")))
        yield from listener(settings.missing("ssl"), versions(Setting(names, words.at)), None, 6984)
    yield from unverified(settings.truth("replicator.verify_ssl_certificates", False))
    yield from _origins(settings)
    level = settings.word("log.level")
    if level.known("") == "none":
        yield not_logged(level.at)
    yield from secrets(g for g in settings.below("admins.") if not g.value.startswith(_HASHED))
    yield from signing(g for g in settings.found.values() if g.key in _SIGNING)


def _origins(settings: Settings) -> Iterator[CorsPolicy]:
    on = any(settings.truth(f"{section}.enable_cors", False).known(False) for section in ("chttpd", "httpd"))
    written = settings.word("cors.origins")
    if not on or not written.known(""):
        return
    rules = tuple(
        OriginRule(OriginKind.ANY if word == "*" else OriginKind.EXACT, Setting(word, written.at))
        for word in listed(written.known(""))
    )
    yield cors_policy(written.at, rules, settings.truth("cors.credentials", False))
