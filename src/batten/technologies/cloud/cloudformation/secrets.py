"""Credentials written out in a template: in properties, variables, mappings and defaults."""

from __future__ import annotations

import re
from collections.abc import Iterator

from batten.facts import Secret
from batten.formats import Mapping, Node, Scalar, Sequence
from batten.model import Location
from batten.technologies.cloud.cloudformation.intrinsics import call
from batten.technologies.cloud.cloudformation.resources import Stack
from batten.technologies.cloud.cloudformation.template import Template
from batten.technologies.shared.secrets import credentials

_DYNAMIC = re.compile(r"\{\{resolve:[^}]*\}\}")
_SECRET = "AWS::SecretsManager::Secret"
# A name beside a value: ECS variables, SSM parameters, Elastic Beanstalk options, tags of a kind.
_NAMED = (("Name", "Value"), ("Key", "Value"), ("OptionName", "Value"), ("ParameterKey", "ParameterValue"))
# What names a column of a table is no key of anything (DynamoDB: `hashKey`, `rangeKey`).
_COLUMNS = frozenset(("hashkey", "rangekey", "sortkey", "partitionkey"))
_JSON_SECRET = re.compile(r'"(?:\w*(?:password|secret|token|key))"\s*:\s*"([^"{}$]{4,})"', re.IGNORECASE)


def secrets(stack: Stack) -> Iterator[Secret]:
    template = stack.template
    for entry in template.section("Parameters"):
        default = entry.value["Default"] if isinstance(entry.value, Mapping) else None
        if isinstance(default, Scalar):
            yield from _found(template, entry.key.text, default, f"Parameters/{entry.key.text}/Default")
    for section in ("Mappings", "Outputs"):
        yield from walk(template, template.section(section), section)
    for resource in {r.declared.name: r.declared for r in stack.made}.values():
        if resource.properties is not None:
            yield from walk(template, resource.properties, resource.name, resource.type)


def walk(template: Template, node: Node, pointer: str, type_: str = "") -> Iterator[Secret]:
    """Every word below a node, under the name that it has there. Anchors are read where they stand first."""
    pending = [("", node, pointer)]
    seen: set[int] = set()
    while pending:
        name, here, where = pending.pop()
        if id(here) in seen:
            continue
        seen.add(id(here))
        called = call(here)
        if isinstance(here, Scalar):
            yield from _found(template, name, here, where, type_)
        elif called is not None:
            # A part of a text is not the credential that the whole is.
            pending += [
                (name if called[0] in ("If", "Sub") else "", word, where)
                for word in _words(called[0], called[1])
            ]
        elif isinstance(here, Sequence):
            pending += [
                (name, item, f"{where}[{number}]") for number, item in reversed(list(enumerate(here)))
            ]
        else:
            pending += [
                (_name(here, key), below, f"{where}/{key}") for key, below in reversed(_entries(here))
            ]


def _words(function: str, argument: Node) -> list[Node]:
    """What a function may give as it is written."""
    items: list[Node] = argument.items if isinstance(argument, Sequence) else [argument]
    match function:
        case "If":
            return items[1:]
        case "Sub":
            return items[:1]
        case "Join" | "Base64":
            return items[-1:] if not isinstance(argument, Mapping) else []
        case _:
            return []


def _entries(node: Mapping) -> list[tuple[str, Node]]:
    """What a map holds; a variable of CodeBuild may name where its value is kept."""
    kept = "Value" if (node.text("Type") or "") in ("SECRETS_MANAGER", "PARAMETER_STORE") else ""
    return [(entry.key.text, entry.value) for entry in node if not entry.merged and entry.key.text != kept]


def _name(holder: Mapping, key: str) -> str:
    """A value's name: its key, or the name that stands beside it."""
    if key.lower() in _COLUMNS:
        return ""
    beside = next((found for named, value in _NAMED if key == value and (found := holder.text(named))), key)
    return beside.rpartition("/")[2]


def _found(template: Template, name: str, node: Scalar, pointer: str, type_: str = "") -> Iterator[Secret]:
    function = call(node)
    if function is not None and function[0] != "Sub":
        return
    if isinstance(node.value, bool) or node.value is None:
        return
    text = _DYNAMIC.sub("", node.text)
    meant = "Password" if type_ == _SECRET and name == "SecretString" else name
    partly = text != node.text or "${" in text
    # What credential a word is; of one that is put together at run time, only what is plain in it.
    if text.lstrip().startswith("{"):
        kind: str | None = (
            "password" if meant == "Password" and _JSON_SECRET.search(text) else credentials.token(text)
        )
    elif partly:
        kind = credentials.within(text)
    else:
        kind = credentials.recognise(meant, text)
    whole = credentials.found(meant, text) if not partly and not text.lstrip().startswith("{") else None
    held = whole or (credentials.Found(kind) if kind is not None else None)
    if held is not None:
        at = Location(template.path, pointer, template.span(node))
        yield credentials.in_config(at, name, held)
