"""Cookies that handlers set, and the keys that sign sessions and tokens.

Sources: https://pkg.go.dev/net/http#Cookie (no flag by default; SameSite is left to browsers), https://pkg.go.dev/github.com/gin-gonic/gin#Context.SetCookie,
https://pkg.go.dev/github.com/gorilla/sessions#NewCookieStore, https://pkg.go.dev/github.com/golang-jwt/jwt/v5#Token.SignedString.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from tree_sitter import Node

from batten.facts import Cookie, Secret
from batten.model import ABSENT, UNKNOWN, Location, Setting, Span
from batten.technologies.frameworks.go.module import Module, argument, arguments
from batten.technologies.shared.python.arguments import sensitive, sensitive_variable
from batten.technologies.shared.secrets import credentials
from batten.technologies.shared.secrets.evidence import Place

COOKIE = "net/http.Cookie"
_SAME_SITE = {"SameSiteLaxMode": "lax", "SameSiteStrictMode": "strict", "SameSiteNoneMode": "none"}
_STORES = re.compile(r"gorilla/(?:sessions\.New(?:Cookie|Filesystem)Store|securecookie\.New)$")
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z\d]+")


def cookies(module: Module) -> Iterator[Cookie]:
    """What handlers set; one that is deleted protects nothing."""
    for literal in module.literals:
        if module.qualified(literal.child_by_field_name("type")) == COOKIE:
            given = module.settings(literal)
            if given is not None and "Value" in given and not deletes(module, given):
                name = module.string(given.get("Name"))
                at = module.block(literal, f"cookie[{name or '(named by a variable)'}]")
                yield Cookie(
                    at,
                    name=name or "(named by a variable)",
                    secure=flag(module, given, "Secure", at),
                    http_only=flag(module, given, "HttpOnly", at),
                    same_site=same_site(module, given, at),
                    sensitive=sensitive(name) if name else sensitive_variable(module.text(given.get("Name"))),
                )
    for call in module.calls:
        if (
            module.text(call.child_by_field_name("function")).endswith(".SetCookie")
            and len(arguments(call)) == 7
        ):
            yield from _of_gin(module, call)


def deletes(module: Module, given: dict[str, Node | None]) -> bool:
    """Whether the fields of a cookie have it deleted."""
    age = module.plain(given.get("MaxAge"))
    return module.plain(given.get("Value")) == "" or (isinstance(age, float) and age < 0)


def flag(module: Module, given: dict[str, Node | None], key: str, at: Location) -> Setting[bool]:
    """A flag that is off where it is not given."""
    if key not in given:
        return Setting(ABSENT, at, False)
    value = module.plain(given[key])
    return Setting(value if isinstance(value, bool) else UNKNOWN, at)


def same_site(module: Module, given: dict[str, Node | None], at: Location) -> Setting[str]:
    """A mode of `net/http`; the default leaves it to browsers."""
    if "SameSite" not in given:
        return Setting(ABSENT, at)
    package, _, name = module.qualified(module.resolved(given["SameSite"])).rpartition(".")
    if package == "net/http" and name == "SameSiteDefaultMode":
        return Setting(ABSENT, at)
    return Setting(_SAME_SITE.get(name, UNKNOWN) if package == "net/http" else UNKNOWN, at)


def _of_gin(module: Module, call: Node) -> Iterator[Cookie]:
    """`c.SetCookie(name, value, maxAge, path, domain, secure, httpOnly)`; what `c.SetSameSite` says is not followed."""
    given = arguments(call)
    name, age = module.string(given[0]), module.plain(given[2])
    if module.plain(given[1]) == "" or (isinstance(age, float) and age < 0):
        return
    at = module.block(call, f"cookie[{name or '(named by a variable)'}]")
    flags = [value if isinstance(value, bool) else UNKNOWN for value in map(module.plain, given[5:])]
    yield Cookie(
        at,
        name=name or "(named by a variable)",
        secure=Setting(flags[0], at),
        http_only=Setting(flags[1], at),
        same_site=Setting(UNKNOWN, at),
        sensitive=sensitive(name) if name else sensitive_variable(module.text(given[0])),
    )


def keys(module: Module) -> Iterator[Secret]:
    """Literals that sign, and those that have the name of such a key."""
    met: set[Span | None] = set()
    signers, named = list(_signers(module)), list(_named(module))
    for number, (name, node) in enumerate((*signers, *named)):
        literal = _literal(module, node)
        value = module.plain(literal)
        if literal is None or not isinstance(value, str) or module.script.span(literal) in met:
            continue
        met.add(module.script.span(literal))
        place = Place.SETTING if number < len(signers) else Place.CODE
        held = credentials.found(name, value, place)
        if held is not None and held.signs:
            yield credentials.secret(module.value(literal, name), name, held, "code")


def _signers(module: Module) -> Iterator[tuple[str, Node]]:
    for call in module.calls:
        name = module.text(call.child_by_field_name("function"))
        if _STORES.search(module.called(call)):
            yield from (("SESSION_SECRET", node) for node in arguments(call))
        elif name.endswith(".SignedString") and (key := argument(call, 0)) is not None:
            yield "JWT_SECRET", key


def _named(module: Module) -> Iterator[tuple[str, Node]]:
    for scope in module.scopes.values():
        for word, node in scope.names.items():
            name = "_".join(_WORD.findall(word)).upper()
            if node is not None and credentials.signing_name(name):
                yield name, node


def _literal(module: Module, node: Node) -> Node | None:
    """The literal that is written: bare, by a name, or as `[]byte("…")`."""
    made = module.resolved(node)
    while made is not None and made.type in ("call_expression", "type_conversion_expression"):
        inner = arguments(made) or [c for c in (made.child_by_field_name("operand"),) if c is not None]
        kind = re.sub(
            r"\s", "", module.text(made.child_by_field_name("function") or made.child_by_field_name("type"))
        )
        made = module.resolved(inner[0]) if kind in ("[]byte", "string") and len(inner) == 1 else None
    return made if made is not None and made.type.endswith("string_literal") else None
