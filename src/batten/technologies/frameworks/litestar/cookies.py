"""Cookies that Litestar itself sets: of sessions, of tokens and against forgery, and those that a handler declares.

Sources: https://docs.litestar.dev/latest/reference/middleware/session/client_side.html, https://docs.litestar.dev/latest/reference/security/jwt.html
(the cookie is HttpOnly always, and not Secure), https://docs.litestar.dev/latest/reference/config.html (CSRFConfig: not Secure, and scripts
are meant to read it), https://docs.litestar.dev/latest/reference/datastructures/cookie.html (Cookie: neither Secure nor HttpOnly).
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from batten.facts import Cookie
from batten.model import ABSENT, Setting
from batten.technologies.frameworks.litestar.settings import called
from batten.technologies.shared.python.arguments import (
    domain_of,
    same_site_word,
    sensitive,
    setting,
    text,
    truth,
)
from batten.technologies.shared.python.module import Module, argument, spreads
from batten.technologies.shared.python.values import evaluate

TOKENS = ("JWTCookieAuth", "OAuth2PasswordBearerAuth")
SESSIONS = ("CookieBackendConfig", "ServerSideSessionConfig")
FORGERY = "CSRFConfig"
DECLARED = "Cookie"
_PLACED = 5  # arguments of a Cookie before its flags


def own_cookies(module: Module) -> Iterator[Cookie]:
    """A fact for each cookie whose flags the call decides."""
    for call in called(module, *SESSIONS, *TOKENS, FORGERY, DECLARED):
        kind = module.qualified(call.func).rpartition(".")[2]
        if spreads(call):
            continue
        if kind == FORGERY:
            yield _forgery(module, call)
        elif kind == DECLARED:
            yield from _declared(module, call)
        else:
            yield _kept(module, call, kind)


def _kept(module: Module, call: ast.Call, kind: str) -> Cookie:
    """Of a session or a token: HttpOnly and SameSite=Lax by default, and not Secure."""
    token = kind in TOKENS
    at = module.block(call, kind)
    name = setting(module, call, "key", "token" if token else "session", text, kind)
    return Cookie(
        at,
        name=name.known("session"),
        secure=setting(module, call, "secure", False, truth, kind, lambda secure: not secure),
        http_only=Setting(ABSENT, at, True)
        if token
        else setting(module, call, "httponly", True, truth, kind, lambda hidden: not hidden),
        same_site=setting(module, call, "samesite", "lax", text, kind),
        domain=domain_of(setting(module, call, "domain", "", text, kind)),
    )


def _forgery(module: Module, call: ast.Call) -> Cookie:
    """Scripts send its value back in a header, so they read it."""
    name = setting(module, call, "cookie_name", "csrftoken", text, FORGERY)
    return Cookie(
        module.block(call, FORGERY),
        name=name.known("csrftoken"),
        secure=setting(module, call, "cookie_secure", False, truth, FORGERY, lambda secure: not secure),
        http_only=setting(module, call, "cookie_httponly", False, truth, FORGERY),
        same_site=setting(module, call, "cookie_samesite", "lax", text, FORGERY),
        domain=domain_of(setting(module, call, "cookie_domain", "", text, FORGERY)),
        sensitive=False,
    )


def _declared(module: Module, call: ast.Call) -> Iterator[Cookie]:
    """A `Cookie` that a handler, a router or an answer lists; one that is there for the documents is never sent."""
    if len(call.args) > _PLACED or argument(call, "documentation_only") is not None:
        return
    key = argument(call, "key", 0)
    name = evaluate(module, key).plain if key is not None else None
    if not isinstance(name, str):
        return
    pointer = f"Cookie[{name}]"
    yield Cookie(
        module.block(call, pointer),
        name=name,
        secure=setting(module, call, "secure", False, truth, pointer, lambda secure: not secure),
        http_only=setting(module, call, "httponly", False, truth, pointer, lambda hidden: not hidden),
        same_site=setting(module, call, "samesite", "lax", same_site_word, pointer),
        domain=domain_of(setting(module, call, "domain", "", same_site_word, pointer)),
        sensitive=sensitive(name),
    )
