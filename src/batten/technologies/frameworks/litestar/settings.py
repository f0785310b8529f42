"""Applications of Litestar, and what they are given.

Sources: https://docs.litestar.dev/latest/reference/app.html (debug is off unless LITESTAR_DEBUG is 1, documents are served at /schema,
bodies have 10 MB at most, no host is checked), https://docs.litestar.dev/latest/reference/config.html (CORSConfig: `*` by default, patterns
are matched as a whole), https://docs.litestar.dev/latest/reference/middleware/logging.html (of the headers that are logged, Authorization
and X-API-KEY are masked; of the cookies, `session`). What sets cookies: `cookies.py`.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from batten.facts import (
    AccessLog,
    AppSettings,
    CorsPolicy,
    Fact,
    Feature,
    Limits,
    OriginKind,
    OriginRule,
    Secret,
)
from batten.model import ABSENT, UNKNOWN, Location, Setting, Switch
from batten.technologies.shared.python.arguments import rule, setting, text, truth, words
from batten.technologies.shared.python.module import Module, argument, made_of, spreads
from batten.technologies.shared.python.values import Plain, evaluate
from batten.technologies.shared.secrets import credentials

APPLICATIONS = ("litestar.Litestar", "litestar.app.Litestar")
_NONE: tuple[str, ...] = ()
_EVERY: tuple[str, ...] = ("*",)
_KEYS = {"CSRFConfig": "secret", "CookieBackendConfig": "secret"}
_TOKENS = ("JWTAuth", "JWTCookieAuth", "OAuth2PasswordBearerAuth")


def called(module: Module, *names: str) -> list[ast.Call]:
    """The calls that make what Litestar calls so, wherever in its package it is imported from."""
    found = ((call, module.qualified(call.func)) for call in module.calls())
    return [c for c, name in found if name.startswith("litestar.") and name.rpartition(".")[2] in names]


def applications(module: Module) -> list[ast.Call]:
    return [call for call in module.calls() if made_of(module, call.func) in APPLICATIONS]


def app_settings(module: Module) -> Iterator[Fact]:
    for call in applications(module):
        pointer = "Litestar"
        at = module.block(call, pointer)
        debug = setting(module, call, "debug", False, truth, pointer, unsafe=bool)
        given = argument(call, "allowed_hosts")
        if given is None:
            hosts: Setting[tuple[str, ...]] | None = None
        else:
            made = module.names.get(given.id) if isinstance(given, ast.Name) else given
            if isinstance(made, ast.Call):
                if module.qualified(made.func).rpartition(".")[2] != "AllowedHostsConfig":
                    hosts = None
                else:
                    hosts = setting(module, made, "allowed_hosts", _EVERY, words, "AllowedHostsConfig", _any)
            else:
                hosts = setting(module, call, "allowed_hosts", ABSENT, words, pointer, _any)
        yield AppSettings(
            at,
            framework="Litestar",
            debug=debug,
            docs=tuple(_docs(module, call, pointer)),
            hosts=hosts,
        )
        size = argument(call, "request_max_body_size")
        if size is not None and evaluate(module, size).plain is None:
            yield Limits(at, body=Setting(0, module.value(size, f"{pointer}/request_max_body_size")))


def debuggers(module: Module) -> Iterator[Feature]:
    """`pdb_on_exception`: a request that fails waits for somebody at the terminal of the server."""
    for call in applications(module):
        found = setting(module, call, "pdb_on_exception", False, truth, "Litestar", unsafe=bool)
        if found.known(False):
            yield Feature(found.at, Switch.DEBUGGER, Setting(True, found.at), "Litestar's `pdb_on_exception`")


def logs(module: Module) -> Iterator[AccessLog]:
    """The middleware that logs requests, where its list of masked headers leaves out those that carry credentials."""
    for call in called(module, "LoggingMiddlewareConfig"):
        given = argument(call, "request_headers_to_obfuscate")
        masked = _strings(module, given, ("authorization",))
        if given is None or masked is None or "authorization" in masked:
            continue
        if "headers" in (_strings(module, argument(call, "request_log_fields"), ("headers",)) or ()):
            at = module.value(given, "LoggingMiddlewareConfig/request_headers_to_obfuscate")
            unknown: Setting[bool] = Setting(UNKNOWN, at)
            yield AccessLog(at, unknown, unknown, (Setting("`Authorization`", at),))


def _strings(module: Module, given: ast.expr | None, usual: tuple[str, ...]) -> tuple[str, ...] | None:
    """Texts in lower case; None where something else decides. `set()` is the only way to write a set of nothing."""
    if given is None:
        return usual
    if ast.unparse(given) in ("set()", "frozenset()"):
        return ()
    plain = evaluate(module, given).plain
    return tuple(str(one).lower() for one in plain) if isinstance(plain, tuple) else None


def _docs(module: Module, call: ast.Call, pointer: str) -> Iterator[Feature]:
    """Documents are served unless `openapi_config=None`; where, its `path` says."""
    given = argument(call, "openapi_config")
    if given is None and spreads(call):
        return
    here = module.value(given, f"{pointer}/openapi_config") if given is not None else None
    made = module.names.get(given.id) if isinstance(given, ast.Name) else given
    if isinstance(made, ast.Constant) and made.value is None:
        return
    path: Plain = "/schema"
    if made is not None:
        if not isinstance(made, ast.Call):
            return
        written = argument(made, "path")
        found = evaluate(module, written).plain if written is not None else "/schema"
        if found is UNKNOWN or spreads(made):
            return
        path = str(found)
    at = here or module.block(call, f"{pointer}/openapi_config")
    what = f"the OpenAPI document and its pages at {path}"
    yield Feature(at, Switch.DOCS, Setting(True, at), what)


def _any(found: tuple[str, ...]) -> bool:
    return "*" in found


def cors(module: Module) -> Iterator[CorsPolicy]:
    for call in called(module, "CORSConfig"):
        pointer = "CORSConfig"
        at = module.block(call, pointer)
        listed = setting(module, call, "allow_origins", _EVERY, words, pointer, _any)
        pattern = setting(module, call, "allow_origin_regex", ABSENT, text, pointer)
        rules = [_rule(origin, listed.at) for origin in listed.known(_NONE)]
        if isinstance(pattern.value, str):
            rules.append(OriginRule(OriginKind.PATTERN, Setting(pattern.value, pattern.at)))
        if rules:
            origins: Setting[tuple[OriginRule, ...]] = Setting(tuple(rules), at)
        else:
            origins = Setting(UNKNOWN if UNKNOWN in (listed.effective, pattern.effective) else ABSENT, at)
        yield CorsPolicy(
            at,
            origins=origins,
            credentials=setting(module, call, "allow_credentials", False, truth, pointer, unsafe=bool),
            methods=setting(module, call, "allow_methods", _EVERY, words, pointer, _any),
            headers=setting(module, call, "allow_headers", _EVERY, words, pointer, _any),
            varies=Setting(True, at),
        )


def _rule(origin: str, at: Location) -> OriginRule:
    """One `*` inside an origin stands for any text."""
    if "*" in origin and origin != "*":
        made = ".*".join(re.escape(part) for part in origin.split("*"))
        return OriginRule(OriginKind.PATTERN, Setting(f"^{made}$", at))
    return rule(origin, at)


def keys(module: Module) -> Iterator[Secret]:
    """Keys that sign sessions, tokens and the values against forgery, where the call holds them."""
    wanted = [*_KEYS.items(), *((name, "token_secret") for name in _TOKENS)]
    for kind, keyword in wanted:
        for call in called(module, kind):
            given = argument(call, keyword)
            held = _literal(given)
            if given is None or not held or credentials.placeholder(held):
                continue
            found = credentials.found("SECRET_KEY", held) or credentials.Found("key", signs=True)
            yield credentials.secret(module.value(given, f"{kind}/{keyword}"), keyword, found, "code")


def expiry(module: Module) -> Iterator[Feature]:
    """Whether a token is refused once its time is over, which is so unless `verify_expiry=False`."""
    for call in called(module, *_TOKENS):
        kind = module.qualified(call.func).rpartition(".")[2]
        found = setting(module, call, "verify_expiry", True, truth, kind, lambda on: not on)
        if found.known(True) is False:
            yield Feature(found.at, Switch.TOKEN_EXPIRY, found, f"`verify_expiry` of {kind}")


def _literal(given: ast.expr | None) -> str:
    match given:
        case ast.Constant(value=str() as word):
            return word
        case ast.Constant(value=bytes() as data):
            return data.decode("utf-8", "replace")
        case _:
            return ""


def used(module: Module) -> Iterator[tuple[str, Location]]:
    """The keywords of the calls that make what Litestar defines: `CORSConfig.allow_origins`."""
    for call in module.calls():
        name = module.qualified(call.func)
        kind = name.rpartition(".")[2]
        for keyword in call.keywords if name.startswith("litestar.") else ():
            if keyword.arg is not None:
                yield f"{kind}.{keyword.arg}", module.value(keyword.value, f"{kind}/{keyword.arg}")
