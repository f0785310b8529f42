"""Who may read answers from other origins: the packages `cors` and `@fastify/cors`, NestJS, and headers that handlers write.

Sources: https://expressjs.com/en/resources/middleware/cors.html (`*` by default; `true` answers with the request's origin, so does a
pattern, with `Vary`), https://github.com/fastify/fastify-cors, https://docs.nestjs.com/security/cors.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from tree_sitter import Node

from batten.facts import CorsPolicy, OriginKind, OriginRule
from batten.model import ABSENT, UNKNOWN, Location, Setting, Unknown
from batten.technologies.express.guards import for_the_origin
from batten.technologies.express.module import Module, argument, arguments

HEADER = "access-control-allow-origin"
CREDENTIALS = "access-control-allow-credentials"
_REQUESTED = re.compile(
    r"req(?:uest)?\.(?:headers(?:\.origin|\[['\"]origin['\"]\])|(?:get|header)\(['\"][Oo]rigin['\"]\))(?:\s*(?:\|\||\?\?)\s*['\"]\*['\"])?"
)
_PACKAGE = re.compile(r"['\"]cors['\"]")
_WRITING = ("setHeader", "header", "set", "append")


def policies(module: Module) -> Iterator[CorsPolicy]:
    """A fact for each place where a policy is made."""
    imported = _PACKAGE.search(module.script.text) is not None  # else the module's own function has that name
    for call in module.calls:
        name = module.called(call)
        if (name == "cors" and imported) or name.endswith(".enableCors"):
            yield from _policy(module, call, argument(call, 0))
        elif name.endswith(".register") and module.qualified(argument(call, 0)) in ("@fastify/cors", "cors"):
            yield from _policy(module, call, argument(call, 1))
        elif name.rpartition(".")[2] in _WRITING and len(arguments(call)) == 2:
            yield from _header(module, call)


def _policy(module: Module, call: Node, given: Node | None) -> Iterator[CorsPolicy]:
    if given is not None and module.open(given):
        return
    at = module.block(call, "cors")
    origin = module.option(given, "origin")
    yield CorsPolicy(
        at,
        origins=_origins(module, origin, at) if origin is not None else _every(at),
        credentials=_truth(module, module.option(given, "credentials"), at),
        methods=_words(module, module.option(given, "methods"), at),
        headers=_words(module, module.option(given, "allowedHeaders"), at),
        varies=Setting(True, at),
    )


def _every(at: Location) -> Setting[tuple[OriginRule, ...]]:
    return Setting((OriginRule(OriginKind.ANY, Setting("*", at)),), at)


def _origins(module: Module, node: Node, at: Location) -> Setting[tuple[OriginRule, ...]]:
    here, found = module.value(node, "cors/origin"), module.resolved(node)
    if found is not None and found.type == "regex":
        return Setting((_pattern(module, found, here),), here)
    match module.plain(node):
        case True:
            return Setting((OriginRule(OriginKind.REFLECTED, Setting("", here)),), here)
        case False:
            return Setting(ABSENT, here)
        case str() as word:
            return Setting((_rule(word, here),), here)
        case tuple() as words if all(isinstance(word, str) for word in words):
            return Setting(tuple(_rule(str(word), here) for word in words), here)
        case _:
            return Setting(UNKNOWN, here)


def _rule(word: str, at: Location) -> OriginRule:
    kinds = {"*": OriginKind.ANY, "null": OriginKind.NULL}
    return OriginRule(kinds.get(word, OriginKind.EXACT), Setting(word, at))


def _pattern(module: Module, node: Node, at: Location) -> OriginRule:
    text = module.text(node.child_by_field_name("pattern"))
    return OriginRule(OriginKind.PATTERN, Setting(text, at), text.startswith("^"), text.endswith("$"))


def _truth(module: Module, node: Node | None, at: Location) -> Setting[bool]:
    if node is None:
        return Setting(ABSENT, at, False)
    value = module.plain(node)
    return Setting(value if isinstance(value, bool) else UNKNOWN, module.value(node, "cors/credentials"))


def _words(module: Module, node: Node | None, at: Location) -> Setting[tuple[str, ...]]:
    if node is None:
        return Setting(ABSENT, at)
    value, here = module.plain(node), module.value(node, "cors/list")
    words = tuple(value.split(",")) if isinstance(value, str) else value
    known = isinstance(words, tuple) and all(isinstance(word, str) for word in words)
    return Setting(
        tuple(str(w).strip() for w in words) if known and isinstance(words, tuple) else UNKNOWN, here
    )


def _header(module: Module, call: Node) -> Iterator[CorsPolicy]:
    """`res.setHeader("Access-Control-Allow-Origin", …)`."""
    name, value = arguments(call)
    if module.string(name).lower() != HEADER:
        return
    here, word = module.value(value, "header/origin"), module.plain(value)
    if isinstance(word, str):
        rule = _rule(word, here)
    elif _REQUESTED.fullmatch(module.text(value)):
        if isinstance(word, Unknown) and (_checked(call) or for_the_origin(module, call)):
            return
        rule = OriginRule(OriginKind.REFLECTED, Setting("", here))
    else:
        return
    unknown = Setting[bool](UNKNOWN, here)
    none = Setting[tuple[str, ...]](ABSENT, here)
    credentials = _credentials(module, call) if rule.kind is OriginKind.REFLECTED else None
    yield CorsPolicy(
        here,
        origins=Setting((rule,), here),
        credentials=credentials or unknown,
        methods=none,
        headers=none,
        varies=unknown,
    )


def _credentials(module: Module, call: Node) -> Setting[bool] | None:
    """What the same handler says of credentials, in a header of its own at the side."""
    statement = call.parent
    if statement is None or statement.type != "expression_statement" or statement.parent is None:
        return None
    beside = (statement.prev_named_sibling, statement.next_named_sibling)
    for other in (one.named_children[0] for one in beside if one is not None and one.named_children):
        given = arguments(other) if other.type == "call_expression" else []
        named = len(given) == 2 and module.string(given[0]).lower() == CREDENTIALS
        if named and module.plain(given[1]) in ("true", True):
            return Setting(True, module.value(given[1], "header/credentials"))
    return None


def _checked(call: Node) -> bool:
    """Whether a condition decides if the header is written."""
    node = call.parent
    while node is not None and node.type not in (
        "arrow_function",
        "function_declaration",
        "function_expression",
    ):
        if node.type in ("if_statement", "ternary_expression", "switch_statement", "binary_expression"):
            return True
        node = node.parent
    return False
