"""Settings with Django's defaults (https://docs.djangoproject.com/en/5.2/ref/settings/)."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterator
from dataclasses import replace

from batten.controls.directives import DIRECTIVES
from batten.facts import AppSettings, Cookie, Fact, Limits, ResponseHeaders, SentHeader
from batten.formats import SyntaxProblem, Unreadable, Workspace
from batten.model import ABSENT, UNKNOWN, Setting, Unknown
from batten.model.record import record
from batten.technologies.shared.python.arguments import truth, words
from batten.technologies.shared.python.assigned import Assigned, assigned, assigned_setting, stars
from batten.technologies.shared.python.module import Module, load, neighbour
from batten.technologies.shared.python.values import Plain

# What only Django's settings have: one of them shows what a module is.
_OWN = frozenset(("INSTALLED_APPS", "MIDDLEWARE", "ROOT_URLCONF", "WSGI_APPLICATION", "ASGI_APPLICATION"))
_FOR_DEVELOPERS = re.compile(
    r"(?:^|[_-])(?:dev|develop|development|local|test|tests|testing|ci|debug)(?:$|[_-])"
)
_SESSIONS = "django.contrib.sessions.middleware.SessionMiddleware"
_CSRF = "django.middleware.csrf.CsrfViewMiddleware"
_SECURITY = "django.middleware.security.SecurityMiddleware"
_FRAMES = "django.middleware.clickjacking.XFrameOptionsMiddleware"


@record
class Keys:
    """The settings of one cookie."""

    name: str
    secure: str
    http_only: str
    same_site: str
    domain: str


_SESSION_COOKIE = Keys(
    "SESSION_COOKIE_NAME", "SESSION_COOKIE_SECURE", "SESSION_COOKIE_HTTPONLY", "SESSION_COOKIE_SAMESITE", "SESSION_COOKIE_DOMAIN"
)  # fmt: skip
_CSRF_COOKIE = Keys(
    "CSRF_COOKIE_NAME", "CSRF_COOKIE_SECURE", "CSRF_COOKIE_HTTPONLY", "CSRF_COOKIE_SAMESITE", "CSRF_COOKIE_DOMAIN"
)  # fmt: skip


@record
class Settings:
    """The names of a module of settings. `base`: others import them with a star, and lay theirs over them."""

    names: Assigned
    base: bool

    @property
    def module(self) -> Module:
        return self.names.module


def settings_of(module: Module) -> Settings | None:
    """The settings of a module; None where it is none of Django's."""
    names = assigned(module)
    if not any(names.knows(name) for name in _OWN):
        return None
    # The modules beside it, or in the folder above, that import its settings with a star, but those for developers.
    kept = module.workspace.kept
    over = kept(("django over", module.path), lambda: list(_importers(module, module.workspace)))
    if over:
        changed = names.touched.union(*(one.assigned for one in over))
        others = frozenset(name for one in over for name in one.assigned)
        names = replace(names, touched=changed, replaced=names.replaced | others, whole=False)
    return Settings(names, bool(over))


def _importers(module: Module, workspace: Workspace) -> Iterator[Module]:
    folder, name = posixpath.split(module.path)
    word = posixpath.basename(folder) if name == "__init__.py" else name.removesuffix(".py")
    for path in (*workspace.entries(folder), *workspace.entries(posixpath.dirname(folder))):
        stem = posixpath.basename(path).removesuffix(".py")
        if path == module.path or not path.endswith(".py") or _FOR_DEVELOPERS.search(stem):
            continue
        try:
            text = workspace.text(path).text
            if "import *" in text and word in text:
                other = load(path, workspace)
                if any(neighbour(other, dotted) is module for dotted in stars(other)):
                    yield other
        except (SyntaxProblem, Unreadable):
            continue


def app(found: Settings) -> Iterator[Fact]:
    names = found.names
    at = found.module.block(names.anchor, "Django")
    yield AppSettings(
        at,
        framework="Django",
        debug=assigned_setting(names, "DEBUG", False, truth, bool),
        hosts=assigned_setting(names, "ALLOWED_HOSTS", (), words, lambda hosts: "*" in hosts),
    )


def installs(names: Assigned, setting: str, *wanted: str) -> bool | None:
    """Whether a list of settings names one of these; None where the list is not certain."""
    listed = names.plain(setting)
    if not isinstance(listed, tuple):
        return None
    return any(isinstance(one, str) and one.startswith(wanted) for one in listed)


def session_cookies(found: Settings) -> Iterator[Fact]:
    """The cookies that Django's own middleware sets; its CSRF cookie is made for scripts."""
    if installs(found.names, "MIDDLEWARE", _SESSIONS):
        yield _cookie(found, _SESSION_COOKIE, "sessionid", True)
    if installs(found.names, "MIDDLEWARE", _CSRF) and found.names.plain("CSRF_USE_SESSIONS") is not True:
        yield _cookie(found, _CSRF_COOKIE, "csrftoken", False)


def _cookie(found: Settings, keys: Keys, usual: str, sensitive: bool) -> Cookie:
    names = found.names
    name = names.plain(keys.name)
    domain = assigned_setting(names, keys.domain, "", _word)
    # `None` and `False` send no attribute.
    setting = assigned_setting(names, keys.same_site, "Lax", _word)
    return Cookie(
        found.module.block(names.anchor, keys.name),
        name=name if isinstance(name, str) else usual,
        secure=assigned_setting(names, keys.secure, False, truth, lambda on: not on),
        http_only=assigned_setting(names, keys.http_only, sensitive, truth, lambda on: not on),
        same_site=Setting(ABSENT, setting.at) if setting.value == "" else setting,
        domain=Setting(ABSENT, domain.at) if domain.effective == "" else domain,
        sensitive=sensitive,
    )


def _word(value: Plain) -> str | Unknown:
    return "" if value is None or value is False else value if isinstance(value, str) else UNKNOWN


def headers(found: Settings) -> Iterator[Fact]:
    """What Django's middleware sends, where a setting says so; what an edge may add is not known here."""
    names = found.names
    at = found.module.block(names.anchor, "Django")
    sent = {row.header.lower(): SentHeader(Setting(UNKNOWN, at)) for row in DIRECTIVES}
    if installs(names, "MIDDLEWARE", _SECURITY):
        sent |= {name: SentHeader(setting) for name, setting in _secured(names)}
    if installs(names, "MIDDLEWARE", _FRAMES):
        sent["x-frame-options"] = SentHeader(_written(names, "X_FRAME_OPTIONS", _word))
    hsts = _written(names, "SECURE_HSTS_SECONDS", _hsts) if installs(names, "MIDDLEWARE", _SECURITY) else None
    if hsts is not None and hsts.is_known:
        sent["strict-transport-security"] = SentHeader(hsts)
    yield ResponseHeaders(at, over_tls=hsts is not None and hsts.is_known, sent=sent)


def _secured(names: Assigned) -> Iterator[tuple[str, Setting[str]]]:
    yield "x-content-type-options", _written(names, "SECURE_CONTENT_TYPE_NOSNIFF", _nosniff)
    yield "referrer-policy", _written(names, "SECURE_REFERRER_POLICY", _policy)


def _written(names: Assigned, name: str, read: Callable[[Plain], str | Unknown]) -> Setting[str]:
    """A header as a setting makes it; UNKNOWN where the default holds, which is safe for all but HSTS."""
    setting: Setting[str] = assigned_setting(names, name, UNKNOWN, read, lambda value: True)
    if setting.value == "":
        return Setting(ABSENT, setting.at)
    return setting if setting.written else Setting(UNKNOWN, setting.at)


def _nosniff(value: Plain) -> str:
    return "nosniff" if value else ""


def _policy(value: Plain) -> str | Unknown:
    if value is None:
        return ""
    return ",".join(str(one) for one in value) if isinstance(value, tuple) else _word(value)


def _hsts(value: Plain) -> str | Unknown:
    return f"max-age={value}" if isinstance(value, int) else UNKNOWN


def limits(found: Settings) -> Iterator[Fact]:
    """`None` turns the check of a body's size off; the default is 2.5 MB."""
    body = assigned_setting(found.names, "DATA_UPLOAD_MAX_MEMORY_SIZE", 2_621_440, _bytes)
    if body.written:
        yield Limits(found.module.block(found.names.anchor, "Django"), body=body)


def _bytes(value: Plain) -> int | Unknown:
    return 0 if value is None else value if isinstance(value, int) else UNKNOWN
