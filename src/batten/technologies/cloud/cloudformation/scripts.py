"""Credentials typed into what a machine runs when it starts: user data, and the commands and files of cfn-init."""

from __future__ import annotations

from collections.abc import Iterator

from batten.facts import Secret
from batten.formats import Mapping, Node, Scalar, Sequence
from batten.model import Location, Span
from batten.technologies.cloud.cloudformation.resources import Stack
from batten.technologies.cloud.cloudformation.template import Declared, Template
from batten.technologies.shared.secrets.commands import typed
from batten.technologies.shared.secrets.credentials import in_config

_INIT = "AWS::CloudFormation::Init"
SCRIPTS = ("UserData", "command", "content")
_LONGEST, _MOST = 4000, 2000  # characters of a line, lines of a script


def scripted(stack: Stack) -> Iterator[Secret]:
    """One for each name in each script, at its line."""
    for declared in {r.declared.name: r.declared for r in stack.made}.values():
        for pointer, node in _scripts(declared):
            seen: set[str] = set()
            for name, kind, span in _typed(stack.template, node):
                if name not in seen:
                    seen.add(name)
                    yield in_config(Location(stack.template.path, f"{pointer}/{name}", span), name, kind)


def _scripts(declared: Declared) -> Iterator[tuple[str, Node]]:
    metadata = declared.body.mapping("Metadata")
    roots = (declared.properties, metadata[_INIT] if metadata is not None else None)
    pending = [(declared.name, node, 0) for node in roots if node is not None]
    while pending:
        pointer, here, depth = pending.pop()
        if isinstance(here, Mapping) and depth < 20:
            for entry in here:
                below = f"{pointer}/{entry.key.text}"
                if entry.key.text in SCRIPTS:
                    yield below, entry.value
                else:
                    pending.append((below, entry.value, depth + 1))
        elif isinstance(here, Sequence):
            pending += [(f"{pointer}[{n}]", item, depth + 1) for n, item in enumerate(here)]


def _typed(template: Template, script: Node) -> Iterator[tuple[str, str, Span]]:
    """What is typed in any text below; variables of the template are none."""
    pending: list[Node] = [script]
    while pending:
        here = pending.pop()
        if isinstance(here, Mapping):
            pending += [entry.value for entry in here]
        elif isinstance(here, Sequence):
            pending += here.items
        elif isinstance(here, Scalar):
            for line, span in _lines(template, here):
                for found in typed(line.replace("${", "$")[:_LONGEST]):
                    yield found.name, found.kind, span


def _lines(template: Template, text: Scalar) -> Iterator[tuple[str, Span]]:
    """The lines of a block have places of their own; those of a text in quotes have its place."""
    source, start, end = template.source.text, text.span.start, text.span.end
    if "\n" not in source[start:end] or text.style not in ("|", ">"):
        yield from ((line, template.span(text)) for line in text.text.splitlines()[:_MOST])
        return
    for line in source[start:end].splitlines(keepends=True)[:_MOST]:
        shown = line.strip()
        first = start + len(line) - len(line.lstrip())
        yield shown, Span(first, first + len(shown))
        start += len(line)
