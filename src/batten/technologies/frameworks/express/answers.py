"""Headers that handlers write about other origins: one by one (`res.setHeader`), or several (`res.set({…})`, `writeHead`).

Sources: https://expressjs.com/en/5x/api.html#res.set, https://nodejs.org/api/http.html#responsewriteheadstatuscode-statusmessage-headers,
https://fastify.dev/docs/latest/Reference/Reply/#headersobject.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from tree_sitter import Node

from batten.facts import CorsPolicy, OriginKind, OriginRule
from batten.model import ABSENT, UNKNOWN, Location, Setting
from batten.technologies.frameworks.express.guards import addressed, for_the_origin, present, requested
from batten.technologies.frameworks.express.module import Module, arguments
from batten.technologies.frameworks.express.origins import FUNCTIONS, deciding, stated

HEADER = "access-control-allow-origin"
CREDENTIALS = "access-control-allow-credentials"
_WRITING = ("setHeader", "header", "set", "append")
_SEVERAL = ("set", "header", "headers", "writeHead")
_DECIDING = ("if_statement", "ternary_expression", "switch_statement", "binary_expression")


def written(module: Module, call: Node, allowed: dict[int, Node]) -> Iterator[CorsPolicy]:
    """A fact where a call writes the header; `allowed` is what others write about credentials."""
    name, given = module.called(call).rpartition(".")[2], arguments(call)
    if name in _WRITING and len(given) == 2 and module.string(given[0]).lower() == HEADER:
        yield from _policy(module, call, given[1], allowed.get(_block(call)))
    elif name in _SEVERAL and given and given[-1].type == "object":
        several = {key.lower(): value for key, value in module.options(given[-1]).items()}
        if HEADER in several:
            yield from _policy(module, call, several[HEADER], several.get(CREDENTIALS))


def _policy(module: Module, call: Node, value: Node, credentials: Node | None) -> Iterator[CorsPolicy]:
    here, word = module.value(value, "header/origin"), module.plain(value)
    if isinstance(word, str):
        origin = rule(word, here)
    elif addressed(module, value) and not for_the_origin(module, call) and not _checked(module, call):
        origin = OriginRule(OriginKind.CHOSEN, Setting(module.text(value), here))
    elif requested(module, value):
        tests = [(c, holds) for c, holds in deciding(call) if not present(module, c)]
        if not tests and not for_the_origin(module, call):
            origin = OriginRule(OriginKind.REFLECTED, Setting("", here))
        elif (
            len(tests) == 1
            and tests[0][1]
            and (test := stated(module, tests[0][0], partial(requested, module)))
        ):
            origin = test
        else:
            return
    else:
        return
    sent = credentials is not None and module.plain(credentials) in ("true", True)
    allowed: Setting[bool] = Setting(UNKNOWN, here)
    if sent and credentials is not None and origin.kind in (OriginKind.REFLECTED, OriginKind.CHOSEN):
        allowed = Setting(True, module.value(credentials, "header/credentials"))
    none = Setting[tuple[str, ...]](ABSENT, here)
    yield CorsPolicy(
        here,
        origins=Setting((origin,), here),
        credentials=allowed,
        methods=none,
        headers=none,
        varies=Setting(UNKNOWN, here),
    )


def rule(word: str, at: Location) -> OriginRule:
    """An origin as a rule of CORS."""
    kinds = {"*": OriginKind.ANY, "null": OriginKind.NULL}
    return OriginRule(kinds.get(word, OriginKind.EXACT), Setting(word, at))


def allowing(module: Module) -> dict[int, Node]:
    """What handlers say of credentials, in statements of their own, by the block that they are in."""
    found: dict[int, Node] = {}
    for call in module.calls:
        given = arguments(call) if module.called(call).rpartition(".")[2] in _WRITING else []
        if len(given) == 2 and module.string(given[0]).lower() == CREDENTIALS:
            found[_block(call)] = given[1]
    return found


def _block(call: Node) -> int:
    """The block of a statement; of calls in a chain, of the whole chain."""
    node: Node | None = call
    while node is not None and node.type in ("call_expression", "member_expression", "expression_statement"):
        node = node.parent
    return node.id if node is not None else 0


def _checked(module: Module, call: Node) -> bool:
    """Whether a condition decides if the header is written. A condition that asks only whether the request has an Origin does not count."""
    node = call.parent
    while node is not None and node.type not in FUNCTIONS:
        if node.type in _DECIDING and not present(module, node):
            return True
        node = node.parent
    return False
