"""What PHP itself does, with its defaults: those of the program since PHP 8.0, not those of php.ini-production.

https://www.php.net/manual/en/ini.list.php
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TypeVar

from batten.facts import AccessLog, Banner, Cookie, Fact, Feature, Limits
from batten.model import ABSENT, UNKNOWN, Context, Setting, Switch
from batten.model.record import changed, record
from batten.technologies.frameworks.php.directives import Told
from batten.technologies.shared.secrets import credentials

T = TypeVar("T")
# Since then cookies are HttpOnly and SameSite=Lax (https://wiki.php.net/rfc/session_security_defaults, php-src's UPGRADING of 8.6).
_SAFER = (8, 6)
_FLAGS = ("session.cookie_secure", "session.cookie_httponly", "session.cookie_samesite")
_SIZE = re.compile(r"(\d+)([kmg]?)", re.IGNORECASE)
_AUTH = re.compile(r"[?&]auth(?:\[\w*\])?=([^&\s\"',;]+)")
_UNITS = {"": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30}
_DEBUGGING = frozenset(("debug", "develop", "trace", "profile", "gcstats"))


@record
class PhpSwitch:
    """A directive that is wrong when it is (`wrong`), and the program's default."""

    name: str
    default: bool
    wrong: bool
    switch: Switch
    what: str


ROWS = (
    PhpSwitch("display_errors", True, True, Switch.ERROR_DETAILS, "PHP's messages of errors (`display_errors`)"),
    PhpSwitch("display_startup_errors", True, True, Switch.ERROR_DETAILS, "PHP's messages of errors at its start (`display_startup_errors`)"),
    PhpSwitch("session.use_only_cookies", True, False, Switch.CREDENTIAL_IN_URL, "the identifier of a session (`session.use_only_cookies`)"),
    PhpSwitch("session.use_trans_sid", False, True, Switch.CREDENTIAL_IN_URL, "the identifier of a session (`session.use_trans_sid`)"),
)  # fmt: skip


# The names under which Docker Desktop and Podman's machine show the developer's own computer to containers.
_ON_A_DESK = frozenset(
    (
        "host.docker.internal",
        "gateway.docker.internal",
        "docker.for.mac.localhost",
        "host.containers.internal",
    )
)


def runtime(told: Told) -> Iterator[Fact]:
    for row in ROWS:
        given = told.switch(row.name, row.default)
        if isinstance(given.effective, bool):
            wrong = given.effective is row.wrong
            on = Setting(wrong, given.at) if given.written else Setting(ABSENT, given.at, wrong)
            yield Feature(given.at, row.switch, on, row.what)
    at = told.missing("expose_php")
    yield Banner(at, product="PHP", header="X-Powered-By", shows_version=told.switch("expose_php", True))
    # Xdebug connects to a client's own debugger, or shows calls and values with each error
    # (https://xdebug.org/docs/all_settings).
    mode = told.text("xdebug.mode", "")
    if isinstance(mode.value, str):
        debugger_on = bool(_DEBUGGING & {word.strip().lower() for word in mode.value.split(",")})
        desk = told.text("xdebug.client_host", "").known("") in _ON_A_DESK
        desk = desk and not told.switch("xdebug.discover_client_host", False).known(False)
        debugger_at = changed(mode.at, context=Context.DEVELOPMENT) if desk else mode.at
        yield Feature(debugger_at, Switch.DEBUG, Setting(debugger_on, debugger_at), "Xdebug (`xdebug.mode`)")
    # The password of the store that keeps sessions (https://github.com/phpredis/phpredis#php-session-handler).
    path = told.directives.get("session.save_path")
    store_given = _AUTH.search(path.value) if path is not None else None
    held = credentials.found("REDIS_PASSWORD", store_given[1]) if store_given is not None else None
    if path is not None and held is not None:
        yield credentials.in_config(path.at, "session.save_path", held)
    yield from _session(told)
    # 0 turns the limit of 8 MB off (https://www.php.net/manual/en/ini.core.php#ini.post-max-size).
    size = told.text("post_max_size", "8M")
    found = _SIZE.fullmatch(size.value) if isinstance(size.value, str) else None
    if found is not None:
        yield Limits(
            told.missing("post_max_size"), body=Setting(int(found[1]) * _UNITS[found[2].lower()], size.at)
        )
    errors = told.switch("log_errors", True)
    if errors.written:
        yield AccessLog(at, Setting(UNKNOWN, at), errors)


def _session(told: Told) -> Iterator[Fact]:
    """The flags of the cookie, where the file says that sessions are in use; many frameworks have a cookie of their own."""
    flags = [told.text(name, "") for name in _FLAGS]
    if not any(flag.written and flag.known("") for flag in flags) and not told.switch(
        "session.auto_start", False
    ).known(False):
        return
    site = _by_version(told, flags[2], "Lax")
    domain = told.text("session.cookie_domain", "")
    yield Cookie(
        told.missing("session.cookie_secure"),
        name=told.text("session.name", "PHPSESSID").known("PHPSESSID"),
        secure=told.switch(_FLAGS[0], False),
        http_only=_by_version(told, told.switch(_FLAGS[1], False), True),
        same_site=Setting(ABSENT, site.at) if site.effective == "" else site,
        domain=Setting(ABSENT, domain.at) if domain.effective == "" else domain,
    )  # fmt: skip


def _by_version(told: Told, given: Setting[T], since: T) -> Setting[T]:
    """A flag whose default PHP 8.6 changed; UNKNOWN where the file lacks it and nothing names the version."""
    if given.written:
        return given
    if told.version is None:
        return Setting(UNKNOWN, given.at)
    return Setting(ABSENT, given.at, since) if told.version >= _SAFER else given
