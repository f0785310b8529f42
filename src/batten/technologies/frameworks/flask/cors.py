"""Flask-CORS (https://flask-cors.readthedocs.io/en/latest/api.html): `CORS(app, …)` and `@cross_origin(…)`."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from batten.facts import CorsPolicy, Fact, OriginKind, OriginRule
from batten.model import UNKNOWN, Location, Setting
from batten.technologies.shared.python.arguments import rule, setting, truth, words
from batten.technologies.shared.python.module import Module, argument, spreads
from batten.technologies.shared.python.values import evaluate

_NONE: tuple[str, ...] = ()
_METHODS: tuple[str, ...] = ("GET", "HEAD", "POST", "OPTIONS", "PUT", "PATCH", "DELETE")
_SIGNS = frozenset("*\\]?$^[]()")  # of what the package takes for an expression
RESOURCES = "resources"  # the pointer of what options of paths say
NAMES = ("flask_cors.CORS", "flask_cors.cross_origin")


def cors(module: Module) -> Iterator[Fact]:
    """Without `origins` every origin is answered: with `*`, or with itself where credentials are allowed. Without
    `allow_headers` every header is allowed, too (`DEFAULT_OPTIONS`); like the default methods, that is not judged."""
    for call in module.calls():
        name = module.qualified(call.func)
        if name not in NAMES or spreads(call):
            continue
        pointer = name.rpartition(".")[2]
        resources = argument(call, "resources")
        if resources is not None and name == NAMES[0]:
            yield from _of_resources(module, call, resources)
        elif resources is None and (
            name == NAMES[1]
            or call.args
            or any(isinstance(c.func, ast.Attribute) and c.func.attr == "init_app" for c in module.calls())
        ):
            yield _policy(module, call, pointer)


def _of_resources(module: Module, call: ast.Call, resources: ast.expr) -> Iterator[CorsPolicy]:
    """`resources={r"/v1/*": {"origins": …}}`: options of a path come before those of the call. Paths alone have the call's."""
    known = module.names.get(resources.id) if isinstance(resources, ast.Name) else resources
    if not isinstance(known, ast.Dict):
        if isinstance(evaluate(module, resources).plain, str | tuple):
            yield _policy(module, call, "CORS")
        return
    for options in known.values:
        entries = module.names.get(options.id) if isinstance(options, ast.Name) else options
        if isinstance(entries, ast.Dict):
            own = [
                ast.keyword(
                    key.value if isinstance(key, ast.Constant) and isinstance(key.value, str) else None, value
                )
                for key, value in zip(entries.keys, entries.values, strict=True)
            ]
            given = {k.arg for k in own}
            rest = [k for k in call.keywords if k.arg not in (*given, "resources")]
            merged = ast.copy_location(ast.Call(call.func, [], [*own, *rest]), entries)
            yield _policy(module, merged, RESOURCES)


def _policy(module: Module, call: ast.Call, pointer: str) -> CorsPolicy:
    at = module.block(call, pointer)
    origins: Setting[tuple[str, ...]] = setting(
        module, call, "origins", ("*",), words, pointer, lambda found: "*" in found
    )
    methods = setting(module, call, "methods", _METHODS, words, pointer, lambda found: "*" in found)
    rules = tuple(_rule(origin, origins.at) for origin in origins.known(_NONE))
    return CorsPolicy(
        at,
        origins=Setting(rules if origins.is_known else UNKNOWN, origins.at),
        credentials=setting(module, call, "supports_credentials", False, truth, pointer, unsafe=bool),
        methods=methods,
        headers=setting(module, call, "allow_headers", _NONE, words, pointer, lambda found: "*" in found),
        varies=Setting(True, at),
    )


def _rule(origin: str, at: Location) -> OriginRule:
    """Expressions are matched from the start of the origin."""
    if origin in ("*", ".*") or not _SIGNS & set(origin):
        return rule("*" if origin == ".*" else origin, at)
    whole = origin.endswith(("$", r"\Z"))
    return OriginRule(OriginKind.PATTERN, Setting(origin, at), anchored_end=whole)
