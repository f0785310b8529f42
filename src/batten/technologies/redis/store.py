"""From a server's configuration to what it is to others.

Defaults (redis.conf and config.c of Redis and Valkey): port 6379, no TLS port, no password for the user
`default`, protected mode on, and without `bind` every interface. Redis 7.0 and Valkey keep protected mode
with an explicit `bind`; before, `bind` switched it off.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeVar

from batten.controls._guessing import well_known
from batten.facts import Secret, Store
from batten.formats import SyntaxProblem, Unreadable, Workspace
from batten.formats.directives import parse_directives
from batten.model import ABSENT, UNKNOWN, Absent, Location, Setting, Switch, Unknown
from batten.technologies._secrets import credentials
from batten.technologies.redis.configuration import Configuration, Option

T = TypeVar("T")
_GUARDED = (Switch.DEBUG_COMMAND, Switch.MODULE_COMMAND, Switch.PROTECTED_CONFIGS)


def store(
    configuration: Configuration,
    product: str,
    at: Location,
    workspace: Workspace,
    protected_default: bool = True,
    service: str = "",
) -> Store:
    """The server as its clients find it. Docker's images are built with protected mode off:
    give `protected_default` accordingly."""
    port, tls_port = _port(configuration, "port", 6379, at), _port(configuration, "tls-port", 0, at)
    served = port if port.known(1) else tls_port
    return Store(
        at,
        product=product,
        authentication=authentication(configuration, at, workspace),
        addresses=_addresses(configuration, at, bool(port.known(1) or tls_port.known(1))),
        port=served,
        default_credentials=_default_credentials(configuration),
        protected=_protected(configuration, product, at, protected_default),
        tls=_nonzero(tls_port),
        plain=_nonzero(port),
        dangerous=tuple(_dangerous(configuration)),
        service=service,
        configured_by=tuple(dict.fromkeys(o.at.source for o in configuration.options)),
    )


def authentication(configuration: Configuration, at: Location, workspace: Workspace) -> Setting[bool]:
    """Whether every connection must log in. An ACL file counts more than `user` lines, and both more
    than `requirepass` (acl.c); a user of any name without password is a way in."""
    file = configuration.last("aclfile")
    if file is not None and file.text:
        return _by_acl_file(file, workspace)
    users = configuration.all("user")
    for user in users:
        if _opens(user.values):
            return Setting(False, user.at)
    default = next((u for u in users if u.values[:1] == ("default",)), None)
    if default is not None:
        return Setting(True, default.at)
    password = configuration.last("requirepass")
    if password is not None:
        return Setting(password.text != "", password.at)
    return Setting(ABSENT, at, _otherwise(configuration, False))


def _opens(rules: tuple[str, ...]) -> bool:
    """Whether the rules of a `user` line, applied in order, end in a user that needs no password."""
    on = free = False
    for rule in rules[1:]:
        word = rule.lower()
        if word in ("on", "off"):
            on = word == "on"
        elif word == "nopass":
            free = True
        elif word in ("resetpass", "reset") or rule.startswith((">", "#")):
            free = False
            on = on and word != "reset"
    return on and free


def _by_acl_file(file: Option, workspace: Workspace) -> Setting[bool]:
    path = (
        None if file.templated or file.text.startswith("/") else workspace.resolve(file.at.source, file.text)
    )
    if path is None or not workspace.exists(path):
        return Setting(UNKNOWN, file.at)
    try:
        lines = workspace.document(path, parse_directives).tree
    except (SyntaxProblem, Unreadable):
        return Setting(UNKNOWN, file.at)
    users = [line for line in lines if line.keyword == "user" and line.args]
    for user in users:
        if _opens(tuple(user.values)):
            return Setting(False, Location(path, f"user[{user.args[0].text}]", user.span))
    named = any(user.args[0].text == "default" for user in users)
    return Setting(named, file.at)


def _addresses(configuration: Configuration, at: Location, listens: bool) -> Setting[tuple[str, ...]]:
    bind = configuration.last("bind")
    if not listens:
        port = configuration.last("port")
        return Setting((), port.at if port else at)
    if bind is None:
        return Setting(ABSENT, at, _otherwise(configuration, ("*", "::*")))
    addresses = tuple(v.removeprefix("-") for v in bind.values if v)
    return Setting(UNKNOWN if bind.templated else addresses, bind.at)


def _port(configuration: Configuration, keyword: str, default: int, at: Location) -> Setting[int]:
    option = configuration.last(keyword)
    if option is None:
        return Setting(ABSENT, at, _otherwise(configuration, default))
    return Setting(int(option.text) if option.text.isdecimal() else UNKNOWN, option.at)


def _nonzero(port: Setting[int]) -> Setting[bool]:
    def on(value: int | Absent | Unknown) -> bool | Absent | Unknown:
        return value != 0 if isinstance(value, int) else value

    return Setting(on(port.value), port.at, on(port.default))


def _protected(configuration: Configuration, product: str, at: Location, default: bool) -> Setting[bool]:
    """UNKNOWN with a `bind` of Redis's own: there the version decides."""
    option = configuration.last("protected-mode")
    if option is not None and option.text.lower() == "no":
        return Setting(False, option.at)
    depends = product == "redis" and configuration.last("bind") is not None
    if option is None:
        return Setting(ABSENT, at, UNKNOWN if depends else _otherwise(configuration, default))
    return Setting(UNKNOWN if depends or option.text.lower() != "yes" else True, option.at)


def _dangerous(configuration: Configuration) -> Iterator[Setting[Switch]]:
    """Commands that 7.0 and later keep off, switched on for everybody (`local` is for loopback only)."""
    for command in _GUARDED:
        option = configuration.last(command.value)
        if option is not None and option.text.lower() == "yes":
            yield Setting(command, option.at)


def _default_credentials(configuration: Configuration) -> Setting[bool] | None:
    password = configuration.last("requirepass")
    if password is None or password.templated or not password.text:
        return None
    return Setting(well_known(password.text), password.at)


def _otherwise(configuration: Configuration, default: T) -> T | Unknown:
    return default if configuration.complete else UNKNOWN


def secrets(configuration: Configuration) -> Iterator[Secret]:
    """Passwords written out. A hash of one (`user x #…`) is none."""
    for option in configuration.options:
        if option.keyword in ("requirepass", "masterauth", "primaryauth", "tls-key-file-pass"):
            if option.text and not credentials.placeholder(option.text) and not option.templated:
                yield Secret(
                    option.at, name=option.keyword, value=Setting("password", option.at), place="config"
                )
        elif option.keyword == "user" and any(_literal(rule) for rule in option.values[1:]):
            name = f"user {option.values[0]}"
            yield credentials.in_config(option.at, name, "password")


def _literal(rule: str) -> bool:
    return rule.startswith(">") and not credentials.placeholder(rule[1:])
