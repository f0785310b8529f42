"""What controllers do by themselves: the cookies that they set, errors that they answer with, and checks that they skip.

Sources: https://api.rubyonrails.org/classes/ActionDispatch/Cookies.html (no flag by default; `force_ssl` marks all cookies Secure, and
`cookies_same_site_protection` is Lax from `load_defaults 6.1` on), https://api.rubyonrails.org/classes/ActionController/RequestForgeryProtection/ClassMethods.html.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from tree_sitter import Node

from batten.facts import AccessRule, Cookie, Fact, Feature
from batten.model import ABSENT, UNKNOWN, Setting, Switch
from batten.technologies.frameworks.rails.application import Application
from batten.technologies.frameworks.rails.module import Module, argument, arguments, options
from batten.technologies.frameworks.rails.settings import CHECK
from batten.technologies.shared.python.arguments import sensitive, sensitive_variable

_JARS = re.compile(r"cookies(?:\.(?:signed|encrypted|permanent)){0,2}")
_TRACES = frozenset(("backtrace", "full_message", "backtrace_locations"))
_ENVIRONMENT = re.compile(r"\benv\b|\bENV\b|local\?|admin|debug", re.IGNORECASE)
_CHOICES = ("if", "unless", "if_modifier", "unless_modifier", "conditional", "elsif", "case")
_HIGHEST = 64  # nodes around one that are looked at
_BASE = re.compile(
    r"\bclass\s+\w*ApplicationController\b|\bclass\s+\w*BaseController\b|<\s*ActionController::Base\b"
)


def controllers(module: Module, found: Application | None) -> Iterator[Fact]:
    """The facts of a controller's file."""
    for node in module.script.nodes:
        match node.type:
            case "assignment":
                # `cookies[:name] = …`, of any jar.
                left, value = node.child_by_field_name("left"), node.child_by_field_name("right")
                jar = (
                    left.child_by_field_name("object")
                    if left is not None and left.type == "element_reference"
                    else None
                )
                if (
                    left is not None
                    and value is not None
                    and jar is not None
                    and _JARS.fullmatch(module.text(jar))
                ):
                    name = module.string(left.named_children[-1])
                    pointer = f"cookies[{name or '(named by a variable)'}]"
                    given = options(module, value) if value.type == "hash" else {}
                    cookie_at = module.block(value, pointer)
                    forced = found.truth("force_ssl", False).known(UNKNOWN) if found is not None else UNKNOWN
                    version = found.defaults if found is not None else None
                    lax = "lax" if version is not None and version >= (6, 1) else UNKNOWN
                    site = module.plain(given["same_site"]) if "same_site" in given else lax
                    secure, hidden = given.get("secure"), given.get("httponly")
                    if not (
                        value.type not in ("hash", "string", "call", "identifier", "instance_variable")
                        or ("expires" in given and "value" not in given)
                    ):
                        yield Cookie(
                            cookie_at,
                            name=name or "(named by a variable)",
                            secure=Setting(module.truth(secure), cookie_at)
                            if secure is not None and forced is not True
                            else Setting(ABSENT, cookie_at, forced),
                            http_only=Setting(module.truth(hidden), cookie_at)
                            if hidden is not None
                            else Setting(ABSENT, cookie_at, False),
                            same_site=Setting(
                                site if isinstance(site, str) else ABSENT if site is None else UNKNOWN,
                                cookie_at,
                            ),
                            sensitive=sensitive(name)
                            if name
                            else sensitive_variable(module.text(left.named_children[-1])),
                        )
            case "call":
                # `render json: { trace: error.backtrace }`, where no environment decides.
                if not (
                    module.text(node.child_by_field_name("method")) not in ("render", "head")
                    or node.child_by_field_name("receiver")
                ):
                    shown = next(_inside(module, arguments(node), 0), None)
                    if shown is not None and not _guarded(module, node):
                        at = module.value(shown, "trace")
                        yield Feature(at, Switch.ERROR_DETAILS, Setting(True, at), "stack traces")
                yield from _skipped(module, node)
            case "identifier" if module.text(node) == "skip_forgery_protection":
                yield from _skipped(module, node)


def _inside(module: Module, nodes: list[Node], depth: int) -> Iterator[Node]:
    for node in nodes:
        if node.type == "call" and module.text(node.child_by_field_name("method")) in _TRACES:
            yield node
        elif depth < 8 and node.type not in _CHOICES:
            yield from _inside(module, node.named_children, depth + 1)


def _guarded(module: Module, node: Node) -> bool:
    above, steps = node.parent, 0
    while above is not None and steps < _HIGHEST:
        if above.type in _CHOICES:
            condition = above.child_by_field_name("condition") or above.child_by_field_name("value")
            if condition is not None and _ENVIRONMENT.search(module.text(condition)[:500]):
                return True
        above, steps = above.parent, steps + 1
    return False


def _skipped(module: Module, node: Node) -> Iterator[AccessRule]:
    """The check of forged requests, left out for every controller that inherits from this one. One that answers
    other programs leaves it out for good reasons, and so does a base of ActionController::API, which has none."""
    if node.type == "call":
        name = module.text(node.child_by_field_name("method"))
        check = (
            module.string(argument(node, 0))
            if name.startswith("skip_before")
            else "verify_authenticity_token"
        )
        if name not in ("skip_forgery_protection", "skip_before_action", "skip_before_filter"):
            return
        if (
            check != "verify_authenticity_token"
            or {"only", "if", "unless", "except"} & options(module, node).keys()
        ):
            return
    elif node.parent is None or node.parent.type != "body_statement":
        return
    if _BASE.search(module.script.text) and not _guarded(module, node):
        yield AccessRule(module.value(node, "forgery"), CHECK, "it is skipped for every controller")
