"""Credentials written out in modules and files of values: what stands there, whichever resource uses it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from batten.facts import Secret
from batten.formats import Workspace
from batten.formats.expressions import (
    Call,
    Conditional,
    Expression,
    Literal,
    Object,
    Parentheses,
    Template,
    Tuple,
)
from batten.formats.gitignore import kept_out
from batten.formats.hcl import Block
from batten.model import Kind, Location, Setting, Span
from batten.technologies.cloud.terraform.module import Declared, Module
from batten.technologies.cloud.terraform.walk import parts
from batten.technologies.shared.secrets.commands import typed
from batten.technologies.shared.secrets.credentials import Found, in_config, token
from batten.technologies.shared.secrets.credentials import found as found_in

# Names of which the value may as well be the name of a secret as the secret.
_AMBIGUOUS = frozenset(("secret", "secrets", "credential", "credentials"))
# What names columns of a table is no key of anything (DynamoDB: `hash_key`, `range_key`).
_ABOUT = frozenset(
    (
        "description",
        "error_message",
        "pattern",
        "type",
        "source",
        "depends_on",
        "hash_key",
        "range_key",
        "sort_key",
        "partition_key",
    )
)
_SCRIPTS = frozenset(
    (
        "user_data",
        "user_data_base64",
        "custom_data",
        "startup_script",
        "metadata_startup_script",
        "startup-script",
    )
)
_KEEPING = frozenset(
    ("jsonencode", "yamlencode", "sensitive", "nonsensitive", "base64encode", "tostring", "tomap")
)
_STAND_IN = re.compile(r"(?:mock|fake|test|local|dummy)(?:[-_]|stack|$)", re.IGNORECASE)
_LONGEST = 200_000  # characters of a script that are looked at


def secrets(module: Module, workspace: Workspace) -> Iterator[Secret]:
    """Each credential of the module's files once; Kubernetes resources are left out."""
    for declared in (*module.resources.values(), *module.data.values()):
        kind = declared.block.labels[0]
        if not kind.startswith("kubernetes_"):
            yield from _of(declared, f"{kind}.{declared.name}")
    for declared in module.providers:
        # Such a provider talks to an emulator, which takes any word for a credential.
        if "skip_credentials_validation" not in declared.body.attributes:
            yield from _of(declared, f"provider.{declared.name}")
    for declared in module.calls.values():
        yield from _of(declared, f"module.{declared.name}")
    for declared in module.variables.values():
        default = declared.body.attributes.get("default")
        if default is not None:
            at = declared.value(default, f"var.{declared.name}")
            yield from _found(declared, declared.name, default.expression, at)
    for declared in module.settled:
        yield from _of(declared, "local")
    for declared in module.values:
        yield from _of(declared, "var", committed=not kept_out(declared.source.path, workspace))


def stand_ins(module: Module) -> Iterator[Location]:
    """Where values stand that somebody else replaces once the resource is there."""
    for (kind, name), declared in module.resources.items():
        for attribute in map(declared.body.attributes.get, _ignored_changes(declared.block)):
            if attribute is not None:
                yield declared.value(attribute, f"{kind}.{name}/{attribute.name}")


def _of(declared: Declared, pointer: str, committed: bool = True) -> Iterator[Secret]:
    """What a block and the blocks in it hold."""
    set_elsewhere = _ignored_changes(declared.block)
    waiting = [(declared.block, pointer)]
    while waiting:
        pointers_held, pointers_below = waiting.pop()
        block, below = pointers_held, pointers_below
        for attribute in block.body.attributes.values():
            if attribute.name in _ABOUT or attribute.name in set_elsewhere:
                continue
            at = declared.value(attribute, f"{below}/{attribute.name}")
            # What a value is called: a block with `name` and `value` holds a variable, setting or parameter of that
            # name. Of some the value is the name of a secret in a store.
            named = (
                block.body.attributes.get("name")
                if attribute.name == "value" and not _is_stored(block)
                else None
            )
            held = named.expression if named is not None else None
            called = (
                held.value if isinstance(held, Literal) and isinstance(held.value, str) else attribute.name
            )
            for secret in _found(declared, called, attribute.expression, at):
                yield secret if committed else replace(secret, committed=False)
        waiting += [(b, f"{pointers_below}/{b.labels[0] if b.type == 'dynamic' and b.labels else b.type}")
                    for b in pointers_held.body.blocks if b.type not in ("lifecycle", "validation")][::-1]  # fmt: skip


def _is_stored(block: Block) -> bool:
    kind = block.body.attributes.get("type")
    held = kind.expression if kind is not None else None
    return isinstance(held, Literal) and held.value in ("PARAMETER_STORE", "SECRETS_MANAGER")


def _ignored_changes(block: Block) -> set[str]:
    """Attributes that somebody else sets once the resource is there: what is written stands for a value."""
    lifecycle = block.body.first("lifecycle")
    listed = lifecycle.body.attributes.get("ignore_changes") if lifecycle else None
    names = listed.expression.items if listed and isinstance(listed.expression, Tuple) else ()
    return {root for item in names if isinstance(root := getattr(item, "root", None), str)}


def _found(declared: Declared, name: str, expression: Expression, at: Location) -> Iterator[Secret]:
    waiting: list[tuple[str, Expression]] = [(name, expression)]
    while waiting:
        held, written = waiting.pop()
        match written:
            case Literal(value=str()) | Template():
                yield from _judged(declared, held, written, at)
            case Object():
                waiting += _entries(written)[::-1]
            case Tuple(items=items):
                waiting += [(held, item) for item in items[::-1]]
            case Call(name=function, args=args):
                inner = held if function in _KEEPING else ""
                waiting += [(inner, argument) for argument in args[::-1]]
            case Conditional(then=then, otherwise=otherwise):
                waiting += [(held, otherwise), (held, then)]
            case Parentheses(inner=one):
                waiting.append((held, one))
            case _:
                waiting += [("", part) for part in parts(written)]


def _entries(held: Object) -> list[tuple[str, Expression]]:
    """Entries by their keys; `{ name = "X", value = "y" }` is X's."""
    name, value = held.get("name") or held.get("Name"), held.get("value") or held.get("Value")
    if isinstance(name, Literal) and value is not None:
        return [(str(name.value), value)]
    return [(str(item.key.value) if isinstance(item.key, Literal) else "", item.value) for item in held.items]


def _judged(declared: Declared, name: str, written: Literal | Template, at: Location) -> Iterator[Secret]:
    here = Location(at.source, at.pointer, written.span, kind=Kind.VALUE)
    if name in _SCRIPTS:
        # The first credential of each name in a start-up script, where it stands.
        span = written.span
        start = span.start
        seen: set[str] = set()
        for line in declared.source.text[span.start : min(span.end, span.start + _LONGEST)].split("\n"):
            for found in typed(line[:4000]):
                if found.name not in seen:
                    seen.add(found.name)
                    place = Span(start + found.span.start, start + found.span.end)
                    script_here = Location(
                        here.source, f"{here.pointer}/{found.name}", place, kind=Kind.VALUE
                    )
                    yield Secret(
                        script_here, name=found.name, value=Setting(found.kind, script_here), place="config"
                    )
            start += len(line) + 1
        return
    text = _text(written)
    if name.lower() in _AMBIGUOUS or _STAND_IN.match(text):
        kind = token(text)
        held = Found(kind) if kind else None
    else:
        held = found_in(name, text)
    if held is not None:
        yield in_config(here, name or "a text", held)


def _text(written: Literal | Template) -> str:
    """The text, with NUL for each part that is not written out."""
    if isinstance(written, Literal):
        return str(written.value)
    return "".join(str(p.value) if isinstance(p, Literal) else "\0" for p in written.parts)
