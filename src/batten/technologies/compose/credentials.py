"""Credentials of a Compose file, read from the environment instead of being written in it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from batten.formats import Mapping, Node, Scalar, Sequence, key_path
from batten.formats.document import Text
from batten.formats.paths import Path
from batten.formats.yaml_edits import append_item, set_value
from batten.model import Edit, Fix, Safety
from batten.technologies import _images, _secrets
from batten.technologies.compose.command import split

_DEFAULT = re.compile(r"\$\{(?P<name>\w+):?-(?P<value>[^${}]+)\}")
_NOT_A_NAME = re.compile(r"\W+", re.ASCII)
_SERVERS = {"redis": "redis-server", "valkey": "valkey-server"}
_SHELLS = frozenset(("sh", "bash", "ash", "dash"))


def reference(secret: str) -> str:
    return f"${{{secret}:?set {secret}}}"


def required(source: Text, root: Node, path: Path, service: str, secret: str) -> Fix | None:
    """A literal credential made a reference, or a password demanded by a redis or valkey service."""
    if "environment" in path or "args" in path:
        return _referred(source, root, path, secret)
    if path == ("services", service):
        return _password(
            source, root, path, service, secret or f"{_NOT_A_NAME.sub('_', service).upper()}_PASSWORD"
        )
    return None


def _referred(source: Text, root: Node, path: Path, secret: str) -> Fix | None:
    node = root
    for part in path:
        below = (
            node[str(part)]
            if isinstance(node, Mapping)
            else node.items[int(part)]
            if isinstance(node, Sequence)
            else None
        )
        if below is None:
            return None
        node = below
    if not isinstance(node, Scalar):
        return None
    name, value = str(path[-1]), node.text
    prefix = ""
    if isinstance(path[-1], int):
        name, _, value = node.text.partition("=")
        prefix = f"{name}="
    text = _without_literal(name, value, secret)
    edits = set_value(source, root, path, _scalar(prefix + text, node))
    who = "whoever starts the stack without setting it in the environment or in .env"
    return Fix(f"read {name} from the environment", tuple(edits), Safety.RISKY, who)


def _scalar(text: str, node: Scalar) -> str:
    """Plain where that reads back as this text; quotes of the old value are kept by the editor."""
    plain = not node.style and not text.startswith(("*", "&", "!", "%", "@", "`")) and ": " not in text
    return text if plain and " #" not in text else json.dumps(text)


def _without_literal(name: str, value: str, secret: str) -> str:
    default = _DEFAULT.search(value)
    if default and _secrets.recognise(name, default["value"]):
        return value[: default.start()] + reference(default["name"]) + value[default.end() :]
    inside = _secrets.url_password(value)
    if inside is None:
        return reference(secret or name)
    variable = secret or re.sub(r"_?(?:URL|URI|DSN)$", "", name) + "_PASSWORD"
    return value[: inside.start] + reference(variable) + value[inside.end :]


def _password(source: Text, root: Node, path: Path, service: str, secret: str) -> Fix | None:
    node = key_path(root, *map(str, path))
    if not isinstance(node, Mapping) or "entrypoint" in node:
        return None
    edits = _command_edits(source, root, path, node, secret)
    if edits is None:
        return None
    edits += list(_url_edits(source, root, service, secret))
    breaks = f"clients of {service} that do not send the password; {secret} must be set when the stack starts"
    return Fix(f"demand a password of callers of {service}", tuple(edits), Safety.RISKY, breaks)


def _command_edits(source: Text, root: Node, path: Path, service: Mapping, secret: str) -> list[Edit] | None:
    words = ("--requirepass", reference(secret))
    command = service["command"]
    below = (*path, "command")
    if command is None or (isinstance(command, Scalar) and command.value is None):
        product = _images.PRODUCTS.get(_images.parse(service.text("image") or "").name, "")
        if product not in _SERVERS:
            return None
        return set_value(source, root, below, json.dumps([_SERVERS[product], *words]))
    if isinstance(command, Sequence):
        first = command.items[0].plain() if command.items else ""
        if str(first).rpartition("/")[2] in _SHELLS:
            return None
        return [e for word in words for e in append_item(source, root, below, json.dumps(word))]
    if not isinstance(command, Scalar) or (split(command.text) or ["sh"])[0].rpartition("/")[2] in _SHELLS:
        return None
    text = f'{command.text.strip()} {words[0]} "{words[1]}"'
    return set_value(
        source, root, below, text if ": " not in text and not command.style else json.dumps(text)
    )


def _url_edits(source: Text, root: Node, service: str, secret: str) -> Iterator[Edit]:
    """URLs of the service, wherever a service of this file has one in a variable."""
    url = re.compile(rf"\b(rediss?|valkeys?)://(?={re.escape(service)}(?:[:/?]|$))")
    services = key_path(root, "services")
    for entry in services if isinstance(services, Mapping) else ():
        environment = key_path(entry.value, "environment")
        if entry.merged or entry.alias or not isinstance(environment, (Mapping, Sequence)):
            continue
        if environment.span.start < entry.key.span.start or environment.span.end > entry.span.end:
            continue  # an anchor's, elsewhere
        for part, node in _values(environment):
            if isinstance(node, Scalar) and url.search(node.text):
                text = url.sub(lambda m: f"{m[1]}://:{reference(secret)}@", node.text)
                yield from set_value(
                    source, root, ("services", entry.key.text, "environment", part), _scalar(text, node)
                )


def _values(node: Mapping | Sequence) -> Iterator[tuple[str | int, Node]]:
    if isinstance(node, Mapping):
        yield from ((e.key.text, e.value) for e in node if not e.merged)
    else:
        yield from enumerate(node)
