"""What web frameworks and products do by themselves, as far as settings in the tree show it: the headers that they send,
hosts that they check, TLS that ends before them."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterable, Iterator

from batten.facts import Trait
from batten.formats import Unreadable, Workspace
from batten.model.record import record

_NOSNIFF, _FRAMES, _REFERRER = "x-content-type-options", "x-frame-options", "referrer-policy"
_HSTS, _CSP, _CORP = "strict-transport-security", "content-security-policy", "cross-origin-resource-policy"
_LARGEST = 500_000  # characters of a file of settings


@record
class Sent:
    """Text that shows what is done, outside of comments; `unless` shows that it was turned off."""

    shown: re.Pattern[str]
    does: tuple[str | Trait, ...]  # headers by lower-case name, and traits
    unless: re.Pattern[str] | None = None


def _line(pattern: str) -> re.Pattern[str]:
    return re.compile(rf"^[^#/\n]*?{pattern}", re.MULTILINE)  # ours: one of the patterns below


# https://docs.djangoproject.com/en/5.2/ref/middleware/#security-middleware, /ref/clickjacking/
_DJANGO = (
    Sent(_line(r"\bSecurityMiddleware\b"), (_NOSNIFF,), _line(r"\bSECURE_CONTENT_TYPE_NOSNIFF\s*=\s*False")),
    Sent(_line(r"\bSecurityMiddleware\b"), (_REFERRER,), _line(r"\bSECURE_REFERRER_POLICY\s*=\s*None")),
    Sent(_line(r"\bXFrameOptionsMiddleware\b"), (_FRAMES,)),
    Sent(_line(r"\bSECURE_HSTS_SECONDS\s*="), (_HSTS,), _line(r"\bSECURE_HSTS_SECONDS\s*=\s*0\b")),
    Sent(_line(r"\bcsp\.middleware\.CSPMiddleware\b"), (_CSP,)),
    # https://docs.djangoproject.com/en/5.2/ref/settings/#allowed-hosts, #secure-proxy-ssl-header
    Sent(
        _line(r"\bALLOWED_HOSTS\s*[+:=]"),
        (Trait.HOSTS_CHECKED,),
        _line(r"\bALLOWED_HOSTS\s*[+:=][^\n#]*[\"']\*[\"']"),
    ),
    Sent(_line(r"\bSECURE_PROXY_SSL_HEADER\s*=\s*\("), (Trait.TLS_BEFORE,)),
)
# https://guides.rubyonrails.org/security.html#default-security-headers, configuring.html#config-force-ssl
_RAILS = (
    Sent(_line(r"\bRails(?:::Application|\.application)\b"), (_NOSNIFF, _FRAMES, _REFERRER)),
    Sent(_line(r"\bconfig\.force_ssl\s*=\s*true"), (_HSTS,)),
    Sent(_line(r"\bconfig\.content_security_policy\s+do\b"), (_CSP,)),
    # https://guides.rubyonrails.org/configuring.html#actiondispatch-hostauthorization, #config-assume-ssl
    Sent(
        _line(r"\bconfig\.hosts\s*(?:<<|\+?=)"),
        (Trait.HOSTS_CHECKED,),
        _line(r"\bconfig\.hosts(?:\.clear|\s*=\s*nil)\b"),
    ),
    Sent(_line(r"\bconfig\.assume_ssl\s*=\s*true"), (Trait.TLS_BEFORE,)),
)
# https://www.keycloak.org/docs/latest/server_admin/#password-guess-brute-force-attacks: off unless the realm turns it on
_REALM = (Sent(re.compile(r"\"bruteForceProtected\"\s*:\s*true"), (Trait.LOGINS_LIMITED,)),)
# https://docs.spring.io/spring-security/reference/servlet/exploits/headers.html
_SPRING = (
    Sent(
        re.compile(r"spring-boot-starter-(?:security|oauth2-resource-server|oauth2-client)\b"),
        (_NOSNIFF, _FRAMES, _HSTS, "cache-control"),
    ),
)
# https://helmetjs.github.io
_HELMET = (
    Sent(
        re.compile(r"\"(?:helmet|@fastify/helmet)\"\s*:"), (_NOSNIFF, _FRAMES, _REFERRER, _HSTS, _CSP, _CORP)
    ),
)


def _settings_of_django(path: str) -> bool:
    folder, name = posixpath.split(path)
    return name.endswith(".py") and ("settings" in name or posixpath.basename(folder) == "settings")


def _settings_of_rails(path: str) -> bool:
    return _RAILS_FILE.search(path) is not None


_RAILS_FILE = re.compile(r"(?:^|/)config/(?:application|environments/production|initializers/\w+)\.rb$")
_KINDS: tuple[tuple[Callable[[str], bool], tuple[Sent, ...]], ...] = (
    (_settings_of_django, _DJANGO),
    (_settings_of_rails, _RAILS),
    (lambda path: posixpath.basename(path) in ("pom.xml", "build.gradle", "build.gradle.kts"), _SPRING),
    (lambda path: posixpath.basename(path) == "package.json", _HELMET),
    (lambda path: path.endswith(".json") and "realm" in path, _REALM),
)


def done_by_applications(paths: Iterable[str], workspace: Workspace) -> frozenset[str | Trait]:
    """The headers, by lower-case name, that an application of the tree may send, and what else it may do: which of several
    is behind an edge is not known here."""
    return frozenset(one for path in paths for one in _of(path, workspace))


def _of(path: str, workspace: Workspace) -> Iterator[str | Trait]:
    kinds = [rows for fits, rows in _KINDS if fits(path)]
    if not kinds:
        return
    try:
        text = workspace.text(path).text[:_LARGEST]
    except Unreadable:
        return
    for row in (row for rows in kinds for row in rows):
        if row.shown.search(text) and not (row.unless and row.unless.search(text)):
            yield from row.does
