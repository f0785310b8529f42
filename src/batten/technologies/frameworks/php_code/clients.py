"""Clients of TLS that verify nothing: curl, streams, Guzzle, Symfony's and Laravel's HTTP clients.

Sources: https://www.php.net/manual/en/function.curl-setopt.php (2 is what verifies the name; 1 is refused since curl 7.28.1),
https://www.php.net/manual/en/context.ssl.php, https://docs.guzzlephp.org/en/stable/request-options.html#verify,
https://symfony.com/doc/current/reference/configuration/framework.html#verify-peer, https://laravel.com/docs/12.x/http-client.
"""

from __future__ import annotations

from collections.abc import Iterator

from tree_sitter import Node

from batten.facts import Feature
from batten.model import Setting, Switch, Unknown
from batten.technologies.frameworks.laravel.module import Module, argument
from batten.technologies.shared.choices import chosen

_PEER = ("CURLOPT_SSL_VERIFYPEER", "verify", "verify_peer")
# The name alone, where the chain is verified.
_NAME = ("CURLOPT_SSL_VERIFYHOST", "verify_peer_name", "verify_host")
_FUNCTIONS = (
    "function_definition",
    "method_declaration",
    "anonymous_function",
    "arrow_function",
    "program",
)


def clients(module: Module) -> Iterator[Feature]:
    """A fact for each function that turns verification off: at the chain's check where it is off, else at the name's."""
    found: dict[int, dict[str, Node]] = {}
    for node in module.script.nodes:
        name, value = _given(module, node)
        if value is None or not _off(module, name, value) or chosen(module.script, value):
            continue
        found.setdefault(_function(node), {}).setdefault("peer" if name in _PEER else "name", value)
    for call in module.calls:
        if module.named(call) == "withoutVerifying" and not chosen(module.script, call):
            at = module.value(call.child_by_field_name("name") or call, "withoutVerifying")
            yield Feature(at, Switch.VERIFY_TLS, Setting(False, at), "withoutVerifying")
    for values in found.values():
        value = values.get("peer") or values["name"]
        at = module.value(value, "verify" if "peer" in values else "verify_name")
        yield Feature(at, Switch.VERIFY_TLS, Setting(False, at), "the check of certificates")


def _given(module: Module, node: Node) -> tuple[str, Node | None]:
    """`curl_setopt($handle, CURLOPT_…, …)`, and entries of arrays of options."""
    if node.type == "function_call_expression" and module.named(node) == "curl_setopt":
        return module.text(argument(module, node, 1)), argument(module, node, 2)
    if node.type == "array_element_initializer" and len(node.named_children) == 2:
        key = node.named_children[0]
        return module.string(key) or module.text(key), node.named_children[1]
    return "", None


def _off(module: Module, name: str, value: Node) -> bool:
    if name not in (*_PEER, *_NAME):
        return False
    plain = module.plain(value)
    if isinstance(plain, Unknown):
        return False
    wrong = (0, False) if name in _PEER or not name.startswith("CURLOPT") else (0, 1, False)
    # A rule of what is given for a field is a list, or words: only numbers and truth values say it here.
    return isinstance(plain, bool | int) and plain in wrong and plain is not True


def _function(node: Node) -> int:
    above: Node | None = node
    while above is not None and above.type not in _FUNCTIONS:
        above = above.parent
    return above.id if above is not None else 0
