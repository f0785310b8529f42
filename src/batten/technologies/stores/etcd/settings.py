"""What a member is told by its file, its variables or its flags, by the names of the flags.

Source: https://etcd.io/docs/v3.6/op-guide/configuration/. A configuration file takes the place of flags and variables;
flags count more than variables. In the file, the TLS of clients and of peers has a section each.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from batten.formats import Workspace, yaml
from batten.formats.env import parse_env
from batten.formats.tree import Mapping, Node, Scalar, Sequence
from batten.model import Location, Setting
from batten.technologies.shared.settings.settings import Entry, Settings, settings_of, whole_file
from batten.technologies.shared.text.fields import Field, whole

SECTIONS = {"client-transport-security": "", "peer-transport-security": "peer-"}
PREFIX = "ETCD_"


def is_yaml(path: str, workspace: Workspace) -> bool:
    """Whether a file is etcd's YAML; else it holds variables."""
    return not any(
        line.removeprefix("export ").startswith(PREFIX) for line in workspace.text(path).text.splitlines()
    )


def configuration(path: str, workspace: Workspace) -> Settings:
    """What the file says. Raises SyntaxProblem and Unreadable."""
    at = whole_file(path, workspace)
    if is_yaml(path, workspace):
        root = workspace.document(path, yaml.parse).tree
        return settings_of(at, _of_mapping(whole(path, root)))
    pairs = workspace.document(path, parse_env).tree
    given = (
        Entry(flag_of(pair.key), pair.value or "", Location(path, flag_of(pair.key), pair.value_span))
        for pair in pairs
        if pair.key.startswith(PREFIX)
    )
    # What is not in the file may be in the unit that reads it.
    return settings_of(at, given, complete=False)


def flag_of(variable: str) -> str:
    """The flag of a variable: ETCD_CLIENT_CERT_AUTH is client-cert-auth."""
    return variable.removeprefix(PREFIX).lower().replace("_", "-")


def variable_of(flag: str) -> str:
    return PREFIX + flag.upper().replace("-", "_")


def _of_mapping(root: Field) -> Iterator[Entry]:
    for key, field in root.entries():
        if key in SECTIONS and isinstance(field.node, Mapping):
            for inner, value in field.entries():
                yield _of_field(SECTIONS[key] + inner, value)
        else:
            yield _of_field(key, field)


def _of_field(name: str, field: Field) -> Entry:
    return Entry(name, _text(field.node), Location(field.source, name, field.span))


def _text(node: Node | None) -> str:
    if isinstance(node, Sequence):
        return ",".join(item.text for item in node.items if isinstance(item, Scalar))
    return node.text if isinstance(node, Scalar) and node.value is not None else ""


def field_of(path: str, name: str, workspace: Workspace) -> Field:
    """Where a setting is, or would be, in the YAML."""
    root = whole(path, workspace.document(path, yaml.parse).tree)
    peer = name.removeprefix("peer-")
    in_section = peer in _TLS and (name.startswith("peer-") or name in _TLS)
    if not in_section or root[name].exists:
        return root[name]
    return root["peer-transport-security" if name.startswith("peer-") else "client-transport-security"][peer]


_TLS = frozenset(
    (
        "cert-file", "key-file", "client-cert-file", "client-key-file", "client-cert-auth", "trusted-ca-file", "auto-tls",
        "allowed-cn", "allowed-hostname", "skip-client-san-verification",
    )
)  # fmt: skip


def flags(arguments: Iterable[tuple[str, Location]]) -> Iterator[Entry]:
    """`--name=value`, `--name value` and `--name` of a command line."""
    waiting = list(arguments)
    for number, (word, at) in enumerate(waiting):
        if not word.startswith("-") or len(word.strip("-")) < 2:
            continue
        name, sign, value = word.lstrip("-").partition("=")
        following = waiting[number + 1][0] if number + 1 < len(waiting) else "-"
        if not sign:
            value = "true" if following.startswith("-") else following
            at = at if following.startswith("-") else waiting[number + 1][1]
        yield Entry(name, value, Location(at.source, f"{at.pointer}[{name}]", at.span, kind=at.kind))


def variables(environment: Iterable[tuple[str, Setting[str]]]) -> Iterator[Entry]:
    """The variables of a container; one whose value is not known is a template's."""
    for name, setting in environment:
        if name.startswith(PREFIX):
            yield Entry(flag_of(name), setting.known("\0"), setting.at)
