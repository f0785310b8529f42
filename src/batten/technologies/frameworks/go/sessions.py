"""Cookies that middleware for sessions sets: Fiber's `session` and `csrf`, and what Gorilla's `sessions` is told.

Sources: https://github.com/gofiber/fiber/blob/v2.52.15/middleware/session/config.go and
https://docs.gofiber.io/middleware/session (no flag by default, SameSite Lax), https://docs.gofiber.io/middleware/csrf (the same),
https://pkg.go.dev/github.com/valyala/fasthttp#Cookie.SetSameSite (None sets Secure, too),
https://github.com/gorilla/sessions/blob/v1.4.0/store.go (since 1.3 Secure and SameSite None where no options are given, before no
flag; never HttpOnly), https://pkg.go.dev/github.com/gorilla/sessions#Options and
https://pkg.go.dev/github.com/gin-contrib/sessions#Options (options that are given replace all of these).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from tree_sitter import Node

from batten.facts import Cookie
from batten.model import ABSENT, UNKNOWN, Edit, Fix, Location, Safety, Setting, Span
from batten.technologies.frameworks.go.cookies import flag, same_site
from batten.technologies.frameworks.go.edits import at_call, at_literal, fields_edits, import_edits
from batten.technologies.frameworks.go.module import Module, argument, arguments

_FIBER = re.compile(r"github\.com/gofiber/fiber/(v[23])/middleware/(session|csrf)\.(Config|New|NewStore)")
_OPTIONS = ("github.com/gorilla/sessions.Options", "github.com/gin-contrib/sessions.Options")
_STORES = re.compile(r"github\.com/gorilla/sessions\.New(?:Cookie|Filesystem)Store")
_NAMES = {"session": "session_id", "csrf": "csrf_"}
_ANY = "(named where it is used)"
# What says that no cookie carries the session, or that a cookie is described elsewhere.
_ELSEWHERE = re.compile(r"(?i)\A(?:header|query):")
_FLAGS = {"Secure": "true", "HttpOnly": "true", "SameSite": "http.SameSiteLaxMode"}
_PLAIN = "clients over plain HTTP, scripts that read the cookie, and pages of other sites that embed the application"


def session_cookies(module: Module) -> Iterator[Cookie]:
    """A fact for each place that says how the cookie of a session is set."""
    for literal in module.literals:
        kind = module.qualified(literal.child_by_field_name("type"))
        found = _FIBER.fullmatch(kind)
        if found is None and kind not in _OPTIONS:
            continue
        given = module.settings(literal)
        if given is not None and found is None:
            # `store.Options = &sessions.Options{HttpOnly: true}`; one below zero deletes the cookie.
            age = module.plain(given.get("MaxAge"))
            if not (isinstance(age, float) and age < 0):
                options_at = module.block(literal, f"session.options[{_ANY}]")
                yield Cookie(
                    options_at,
                    name=_ANY,
                    secure=flag(module, given, "Secure", options_at),
                    http_only=flag(module, given, "HttpOnly", options_at),
                    same_site=same_site(module, given, options_at),
                    sensitive=True,
                )
        elif given is not None and found is not None and found[3] == "Config":
            yield from _of_config(module, literal, given, found[2])
    for call in module.calls:
        name = module.called(call)
        found = _FIBER.fullmatch(name)
        if found is not None and found[3] != "Config" and not arguments(call):
            at = module.block(call, f"session.{found[2]}[{_NAMES[found[2]]}]")
            off = Setting[bool](ABSENT, at, False)
            yield Cookie(
                at,
                name=_NAMES[found[2]],
                secure=off,
                http_only=off,
                same_site=Setting("lax", at),
                sensitive=found[2] == "session",
            )
        elif _STORES.fullmatch(name) and _untold(module, call):
            store_at = module.block(call, f"session.store[{_ANY}]")
            unknown = Setting[bool](UNKNOWN, store_at)
            store_off = Setting[bool](ABSENT, store_at, False)
            yield Cookie(
                store_at,
                name=_ANY,
                secure=unknown,
                http_only=store_off,
                same_site=Setting(UNKNOWN, store_at),
                sensitive=True,
            )


def _of_config(module: Module, literal: Node, given: dict[str, Node | None], kind: str) -> Iterator[Cookie]:
    """`session.Config{CookieSecure: true}`; a script may read the cookie that a form's token is compared with."""
    name = _named(module, given, kind)
    if not name or "Cookie" in given:
        return
    at = module.block(literal, f"session.{kind}[{name}]")
    site = module.string(given.get("CookieSameSite")).lower()
    yield Cookie(
        at,
        name=name,
        secure=Setting(True, at) if site == "none" else flag(module, given, "CookieSecure", at),
        http_only=flag(module, given, "CookieHTTPOnly", at),
        same_site=Setting(UNKNOWN, at),  # Lax unless it says otherwise
        sensitive=kind == "session",
    )


def _named(module: Module, given: dict[str, Node | None], kind: str) -> str:
    """The cookie's name; "" where no cookie is set, or this is not known."""
    if kind == "csrf":
        return module.string(given["CookieName"]) if "CookieName" in given else _NAMES[kind]
    if "Extractor" in given:  # Fiber 3
        call = module.resolved(given["Extractor"])
        of_cookie = call is not None and module.called(call).endswith("/extractors.FromCookie")
        return module.string(argument(call, 0)) if call is not None and of_cookie else ""
    if "KeyLookup" in given and "CookieName" not in given:
        return (
            module.string(given["KeyLookup"]).removeprefix("cookie:")
            if not _ELSEWHERE.match(module.string(given["KeyLookup"]))
            else ""
        )
    return module.string(given["CookieName"]) if "CookieName" in given else _NAMES[kind]


def _untold(module: Module, call: Node) -> bool:
    """Whether a file keeps sessions in a store of its own and says nothing of options."""
    above = call.parent.parent if call.parent is not None else None
    left = above and (above.child_by_field_name("left") or above.child_by_field_name("name"))
    name = module.text(left) if left is not None else ""
    if not name or "Options" in module.script.text or name in module.scope_of(call).passed:
        return False
    return any(module.text(one.child_by_field_name("function")) == f"{name}.Get" for one in module.calls)


def sessions_fix(module: Module, at: Location) -> Fix | None:
    """The flags of the cookie where the finding is."""
    literal, call = at_literal(module, at), at_call(module, at)
    kind = at.pointer.partition("[")[0].removeprefix("session.")
    title, edits = "set Secure and HttpOnly", []
    if kind == "options" and literal is not None:
        title, edits = "set Secure, HttpOnly and SameSite", _options(module, literal)
    elif kind in _NAMES and literal is not None:
        edits = fields_edits(module, literal, _wanted(kind))
    elif kind in _NAMES and call is not None:
        package = module.text(call.child_by_field_name("function")).partition(".")[0]
        fields = ", ".join(f"{name}: {value}" for name, value in _wanted(kind).items())
        end = module.script.span(call).end
        edits = [Edit(module.path, Span(end - 1, end - 1), f"{package}.Config{{{fields}}}")]
    return Fix(title, tuple(edits), safety=Safety.RISKY, breaks=_PLAIN) if edits else None


def _wanted(kind: str) -> dict[str, str]:
    """Scripts may have to read the token that they send back."""
    return {"CookieSecure": "true", **({"CookieHTTPOnly": "true"} if kind == "session" else {})}


def _options(module: Module, literal: Node) -> list[Edit]:
    written = module.options(literal).get("SameSite")
    wanted = dict(_FLAGS)
    if written is not None and not module.text(written).endswith("DefaultMode"):
        wanted.pop("SameSite")
    return [
        *fields_edits(module, literal, wanted),
        *(import_edits(module, "net/http") if "SameSite" in wanted else []),
    ]
