"""What a file of Ruby holds in itself: credentials, connections, and clients that verify no certificate."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tree_sitter import Node

from batten.facts import Fact, Feature
from batten.model import Setting, Switch
from batten.technologies.frameworks.rails.module import Module, argument
from batten.technologies.shared.choices import chosen
from batten.technologies.shared.secrets import credentials, urls
from batten.technologies.shared.secrets.evidence import Place

# `"/login/reset_password" => "login#reset_password"` of a route: a path, and the action that answers it.
_ACTION = re.compile(r"[a-z][\w/]*#[a-z]\w*[?!]?")
_UNVERIFIED = "OpenSSL::SSL::VERIFY_NONE"


def held(module: Module) -> Iterator[Fact]:
    """Values that are written for a name, and the places where verification is off."""
    for node in module.script.nodes:
        match node.type:
            case "pair":
                key, value = node.child_by_field_name("key"), node.child_by_field_name("value")
                yield from _named(module, module.string(key), value)
                yield from _verifying(module, node)
            case "assignment":
                left, value = node.child_by_field_name("left"), node.child_by_field_name("right")
                # `secret_key` of `config.secret_key = …`, `API_KEY` of a constant, `"token"` of `settings["token"] =
                # …`.
                if left is None:
                    name = ""
                elif left.type == "call":
                    name = module.text(left.child_by_field_name("method"))
                elif left.type == "element_reference":
                    name = module.string(left.named_children[-1]) if left.named_children else ""
                else:
                    name = module.text(left)
                yield from _named(module, name, value)
                off = value is not None and module.text(value) == _UNVERIFIED
                if value is not None and off and not chosen(module.script, value):
                    yield _off(module, value)
            case "call" if module.text(node.child_by_field_name("receiver")) == "ENV":
                if module.text(node.child_by_field_name("method")) == "fetch":
                    yield from _default(module, module.string(argument(node, 0)), argument(node, 1))
            case "binary" if module.text(node.child_by_field_name("left")).startswith("ENV["):
                left = node.child_by_field_name("left")
                inner = left.named_children[-1] if left is not None and left.named_children else None
                yield from _default(module, module.string(inner), node.child_by_field_name("right"))


_CONFIGURED = re.compile(r"(?:^|/)config/")


def _named(module: Module, name: str, value: Node | None) -> Iterator[Fact]:
    if value is None or value.type != "string" or not name:
        return
    text = module.string(value)
    place = Place.SETTING if _CONFIGURED.search(module.path) else Place.CODE
    found = credentials.found(name, text, place) if text and not _ACTION.fullmatch(text) else None
    at = module.value(value, name)
    if found is not None:
        yield credentials.secret(at, name, found, "code")
    connection = urls.connection(name, text, at) if not text.lower().startswith("http") else None
    if connection is not None:
        yield connection


def _default(module: Module, name: str, value: Node | None) -> Iterator[Fact]:
    """A key that signs where its variable is not set; of other credentials a default is a word for developers."""
    text = module.string(value) if value is not None and value.type == "string" else ""
    found = credentials.found(name, text) if text and credentials.signing_name(name) else None
    if value is not None and found is not None and found.signs:
        yield credentials.secret(module.value(value, name), name, found, "code")


def _verifying(module: Module, pair: Node) -> Iterator[Feature]:
    key, value = pair.child_by_field_name("key"), pair.child_by_field_name("value")
    if value is None:
        return
    name, text = module.string(key), module.text(value)
    none = name == "openssl_verify_mode" and module.string(value).lower() == "none"
    off = text == _UNVERIFIED or none or (name == "verify_ssl" and text == "false")
    if off and not chosen(module.script, value):
        yield _off(module, value)


def _off(module: Module, value: Node) -> Feature:
    at = module.value(value, "verify")
    return Feature(at, Switch.VERIFY_TLS, Setting(False, at), f"`{module.text(value)[:60]}`")
