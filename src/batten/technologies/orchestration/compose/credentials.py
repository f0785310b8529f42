"""Credentials of a Compose file, read from the environment instead of being written in it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from batten.formats import Mapping, Node, Scalar, Sequence, Workspace, key_path
from batten.formats.document import Text
from batten.formats.paths import Path
from batten.formats.yaml_edits import append_item, remove, set_block, set_value
from batten.model import Edit, Fix, Safety, Span
from batten.model.record import record
from batten.technologies.orchestration.compose.command import split
from batten.technologies.orchestration.compose.interpolation import interpolate
from batten.technologies.shared.secrets import credentials
from batten.technologies.shared.stores import recognition
from batten.technologies.shared.stores.variables import ADDED, BITNAMI, EXISTING, SWITCHES

_DEFAULT = re.compile(r"\$\{(?P<name>\w+):?-(?P<value>[^${}]+)\}")
_NOT_A_NAME = re.compile(r"\W+", re.ASCII)
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_SERVERS = {"redis": "redis-server", "valkey": "valkey-server"}
_SHELLS = frozenset(("sh", "bash", "ash", "dash"))


def reference(secret: str) -> str:
    """The variable of this name, required. Compose knows letters, digits and underscores in names alone:
    https://docs.docker.com/reference/compose-file/interpolation/"""
    name = secret if _NAME.fullmatch(secret) else _NOT_A_NAME.sub("_", secret).upper()
    name = f"_{name}" if name[:1].isdigit() else name
    return f"${{{name}:?set {name}}}"


def required(
    workspace: Workspace, source: Text, root: Node, path: Path, service: str, secret: str
) -> Fix | None:
    """A literal credential made a reference, or a password required by a store."""
    node = _node(root, path)
    if "environment" in path or "args" in path:
        return _variable(workspace, source, root, path, node, secret) if isinstance(node, Scalar) else None
    if path != ("services", service) or not isinstance(node, Mapping):
        return None
    secret = secret or f"{_NOT_A_NAME.sub('_', service).upper()}_PASSWORD"
    product = recognition.product_of(node.text("image") or "")
    if product in _SERVERS:
        node = key_path(root, *map(str, path))
        if not isinstance(node, Mapping) or "entrypoint" in node:
            return None
        edits = _command_edits(source, root, path, node, secret)
        if edits is None:
            return None
        edits += list(_url_edits(source, root, service, secret))
        breaks = f"clients of {service} that do not send the password; set {secret} before the stack starts"
        return Fix(
            f"require a password of clients of {service}", tuple(edits), safety=Safety.RISKY, breaks=breaks
        )
    wanted = {n: v or reference(secret) for n, v in ADDED.get(product, {}).items()}
    below = (*path, "environment")
    holder = _node(root, below)
    if not wanted:
        return None
    if isinstance(holder, Sequence):
        edits = [e for n, v in wanted.items() for e in append_item(source, root, below, f"{n}={v}")]
    elif isinstance(holder, Mapping) and holder.entries:
        edits = [e for n, v in wanted.items() for e in set_value(source, root, (*below, n), _quoted(v))]
    else:
        lines = "\n".join(f"{n}: {_quoted(v)}" for n, v in wanted.items())
        edits = set_block(source, root, below, lines)
    return Fix(
        f"require a password of clients of {path[-1]}", tuple(edits), safety=Safety.RISKY, breaks=EXISTING
    )


def _node(root: Node, path: Path) -> Node | None:
    node: Node | None = root
    for part in path:
        if isinstance(node, Mapping):
            node = node[str(part)]
        else:
            node = node.items[int(part)] if isinstance(node, Sequence) else None
    return node


_NO_CREDENTIAL = re.compile(r"KAFKA_|ETCD_(?:LISTEN|CLIENT)|AUTHENTICATION_|ALLOW_ANONYMOUS_LOGIN")


def _variable(
    workspace: Workspace, source: Text, root: Node, path: Path, node: Scalar, secret: str
) -> Fix | None:
    item = isinstance(path[-1], int)
    name, _, value = node.text.partition("=") if item else (str(path[-1]), "", node.text)
    if name in SWITCHES:
        return _switched(source, root, path, SWITCHES[name], secret)
    if name == "ALLOW_EMPTY_PASSWORD":
        variable = BITNAMI.get(_product(root, str(path[1])))
        return _switched(source, root, path, (None, variable), secret) if variable else None
    if name == "DOCKER_TLS_CERTDIR":
        edits = set_value(source, root, path, f"{name}=/certs" if item else "/certs", keep_quotes=False)
        breaks = (
            "clients without the certificates in /certs/client, and clients of port 2375: TLS uses port 2376"
        )
        return Fix(
            "require client certificates of Docker's API", tuple(edits), safety=Safety.RISKY, breaks=breaks
        )
    if _NO_CREDENTIAL.match(name):
        return None
    # The variable in which a store of the project takes the same password; for the password of a URL, else another
    # service that has it as a variable. One password keeps one name.
    known = workspace.kept((__name__, source.path), lambda: _variables_of_passwords(root))
    inside = credentials.url_password(value)
    names = known.get(value if inside is None else value[inside.start : inside.end], _Names())
    alike = names.of_store or (names.first if inside is not None else "")
    shared = credentials.url_password(value) is not None or credentials.password_name(name)
    text = _without_literal(name, value, secret, alike if shared else "")
    edits = set_value(source, root, path, _scalar(f"{name}={text}" if item else text, node))
    edits += _elsewhere(source, name, value, edits)
    who = "starts of the stack without a value for it in the environment or in .env"
    return Fix(f"read {name} from the environment", tuple(edits), safety=Safety.RISKY, breaks=who)


def _elsewhere(source: Text, name: str, value: str, made: list[Edit]) -> list[Edit]:
    """The same variable with the same default in other places of the file: one end of a connection would go on with it."""
    default = _DEFAULT.search(value)
    if default is None or not credentials.found(name, default["value"]):
        return []
    text, edits = source.text, []
    at = text.find(default[0])
    while at >= 0:
        span = Span(at, at + len(default[0]))
        line = text[text.rfind("\n", 0, at) + 1 : at]
        changed = any(e.span.start < span.end and span.start < e.span.end for e in made)
        if not changed and "#" not in line:
            edits.append(Edit(source.path, span, reference(default["name"])))
        at = text.find(default[0], span.end)
    return edits


def _product(root: Node, service: str) -> str:
    node = key_path(root, "services", service)
    return recognition.product_of(node.text("image") or "") if isinstance(node, Mapping) else ""


def _switched(
    source: Text, root: Node, path: Path, switch: tuple[str | None, str], secret: str
) -> Fix | None:
    """The switch set right, or replaced by the password's variable; and that one added."""
    value, variable = switch
    holder = _node(root, path[:-1])
    held = _node(root, path)
    name = held.text.partition("=")[0] if isinstance(held, Scalar) else ""
    text = reference(secret or variable)
    names = {n for n, _ in _names(holder)} if isinstance(holder, (Mapping, Sequence)) else set()
    edits: list[Edit] = []
    if value is not None:
        edits += set_value(
            source, root, path, f"{name}={value}" if isinstance(holder, Sequence) else json.dumps(value)
        )
    if value is None and variable not in names:
        item = f"{variable}={text}" if isinstance(holder, Sequence) else text
        # The switch becomes the variable of the password.
        holder = _node(root, path[:-1])
        edits = set_value(source, root, path, item, keep_quotes=False)
        entry = holder.entry(str(path[-1])) if isinstance(holder, Mapping) else None
        if entry is not None:
            edits.insert(0, Edit(source.path, entry.key.span, variable))
        return Fix("require a password", tuple(edits), safety=Safety.RISKY, breaks=EXISTING)
    if value is None:
        edits += remove(source, root, path)
    elif variable not in names and isinstance(holder, Sequence):
        edits += append_item(source, root, path[:-1], f"{variable}={text}")
    elif variable not in names:
        edits += set_value(source, root, (*path[:-1], variable), text)
    return Fix("require a password", tuple(edits), safety=Safety.RISKY, breaks=EXISTING)


def _names(node: Mapping | Sequence) -> Iterator[tuple[str, Node]]:
    for part, child in _values(node):
        name = (
            child.text.partition("=")[0] if isinstance(child, Scalar) and isinstance(part, int) else str(part)
        )
        yield name, child


def _quoted(value: str) -> str:
    return json.dumps(value) if value in ("true", "false") else value


def _scalar(text: str, node: Scalar) -> str:
    """Plain where that reads back as this text; quotes of the old value are kept by the editor."""
    plain = not node.style and not text.startswith(("*", "&", "!", "%", "@", "`")) and ": " not in text
    return text if plain and " #" not in text else json.dumps(text)


@record
class _Names:
    """The names under which the services of a file have one password as a variable."""

    of_store: str = ""
    first: str = ""


def _variables_of_passwords(root: Node) -> dict[str, _Names]:
    """By the password."""
    known: dict[str, _Names] = {}
    services = key_path(root, "services")
    for entry in services if isinstance(services, Mapping) else ():
        holder = key_path(entry.value, "environment")
        for name, node in _names(holder) if isinstance(holder, (Mapping, Sequence)) else ():
            password = node.text.removeprefix(f"{name}=") if isinstance(node, Scalar) else ""
            if not password or not credentials.password_name(name):
                continue
            names = known.get(password, _Names())
            store = names.of_store or (name if _product(root, entry.key.text) else "")
            known[password] = _Names(of_store=store, first=names.first or name)
    return known


_HOST = re.compile(r"@(?P<name>[A-Za-z][\w-]{0,60})(?=[:/?]|\Z)")


def _without_literal(name: str, value: str, secret: str, alike: str = "") -> str:
    used = interpolate(value, {})
    login = credentials.url_password(used)
    password = used[login.start : login.end] if login is not None else ""
    default = next(
        (
            d
            for d in _DEFAULT.finditer(value)
            if d["value"] == password or credentials.found(name, d["value"])
        ),
        None,
    )
    if default is not None:
        return value[: default.start()] + reference(default["name"]) + value[default.end() :]
    inside = credentials.url_password(value)
    if inside is None:
        return reference(secret or alike or name)
    stem = re.sub(r"_?(?:URL|URI|DSN)$", "", name)
    if not stem:  # the variable's name says nothing of the server: its address does
        host = _HOST.match(value, inside.end)
        stem = _NOT_A_NAME.sub("_", host["name"]).upper() if host is not None else "DATABASE"
    variable = secret or alike or f"{stem}_PASSWORD"
    return value[: inside.start] + reference(variable) + value[inside.end :]


def _command_edits(source: Text, root: Node, path: Path, service: Mapping, secret: str) -> list[Edit] | None:
    words = ("--requirepass", reference(secret))
    command = service["command"]
    below = (*path, "command")
    if command is None or (isinstance(command, Scalar) and command.value is None):
        product = recognition.product_of(service.text("image") or "")
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
