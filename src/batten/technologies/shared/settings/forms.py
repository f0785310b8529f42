"""The syntaxes of keyed files, each as three functions: what is given, a value put in, and a key taken out."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from batten.formats import Workspace, ini, json_edits, keyed, nats, toml, yaml, yaml_edits
from batten.formats import json as json_format
from batten.formats.document import SyntaxProblem, Uneditable
from batten.formats.pairs import Pair
from batten.formats.paths import Path
from batten.formats.tree import Mapping, Node, Scalar, Sequence
from batten.model import Edit, Kind, Location, Span
from batten.model.record import record
from batten.technologies.shared.settings.settings import Entry, Settings, settings_of

DEEPEST = 16

Load = Callable[[str, Workspace], tuple[Entry, ...]]
Put = Callable[[Settings, Workspace, str, str], list[Edit]]
Drop = Callable[[Settings, Workspace, str], list[Edit]]


@record
class Form:
    """`put` takes the value in the syntax of the file. Both raise Uneditable where the file cannot hold the change."""

    load: Load
    put: Put
    drop: Drop
    lined: bool = False  # a value's span is all of it, and a key may be on several lines


def reading(form: Form, path: str, workspace: Workspace, version: str = "") -> Settings:
    """What the file tells. Raises SyntaxProblem and Unreadable."""

    def made() -> Settings:
        text = workspace.text(path).text
        span = Span(len(text) - len(text.lstrip()), len(text))  # what stands before it in a manifest is blank
        at = Location(path, "", span, kind=Kind.BLOCK)
        return settings_of(at, form.load(path, workspace), version=version)

    return workspace.kept(("told", path, id(form), version), made)


def _lined(parse: Callable[[str], list[Pair]], put: Callable[..., list[Edit]]) -> Form:
    def load(path: str, workspace: Workspace) -> tuple[Entry, ...]:
        pairs = workspace.document(path, parse).tree
        return tuple(Entry(p.key, p.value or "", Location(path, p.key, p.value_span)) for p in pairs)

    def write(found: Settings, workspace: Workspace, key: str, value: str) -> list[Edit]:
        document = workspace.document(found.path, parse)
        return put(document.source, document.tree, key, value)

    def drop(found: Settings, workspace: Workspace, key: str) -> list[Edit]:
        document = workspace.document(found.path, parse)
        return keyed.without(document.source, document.tree, key)

    return Form(load, write, drop, lined=True)


def _sectioned() -> Form:
    """An ini file: a key's name is `section.key`, and what precedes any section has no name before the dot."""

    def load(path: str, workspace: Workspace) -> tuple[Entry, ...]:
        return tuple(
            Entry(key := f"{s.name}.{p.key}".lstrip("."), p.value or "", Location(path, key, p.value_span))
            for s in workspace.document(path, ini.parse_ini).tree
            for p in s.pairs
        )

    def put(found: Settings, workspace: Workspace, key: str, value: str) -> list[Edit]:
        document = workspace.document(found.path, ini.parse_ini)
        section, _, name = key.rpartition(".")
        holder = next((s for s in reversed(document.tree) if s.name == section), None)
        if holder is not None:
            return ini.set_value(document.source, holder, name, value)
        text = document.source.text
        gap = "" if not text else "\n" if text.endswith("\n") else "\n\n"
        return [Edit(found.path, Span(len(text), len(text)), f"{gap}[{section}]\n{name} = {value}\n")]

    def drop(found: Settings, workspace: Workspace, key: str) -> list[Edit]:
        document = workspace.document(found.path, ini.parse_ini)
        section, _, name = key.rpartition(".")
        pairs = [p for s in document.tree if s.name == section for p in s.pairs]
        return keyed.without(document.source, pairs, name)

    return Form(load, put, drop)


def root_of(parse: Callable[[str], Node], path: str, workspace: Workspace, several: bool = False) -> Node:
    """The file's tree. Raises SyntaxProblem where it holds something else than keys, or with `several` a list of such."""
    tree = workspace.document(path, parse).tree
    if isinstance(tree, Scalar) and tree.value is None:
        return Mapping({}, tree.span)
    if not isinstance(tree, Mapping) and not (several and isinstance(tree, Sequence)):
        raise SyntaxProblem("the file must be a mapping of settings", tree.span.start, "write `key: value`")
    return tree


def flat(path: str, root: Node) -> Iterator[Entry]:
    """Scalars, and lists of them, by their keys with dots between; `key[0].name` for what is in a list of mappings."""
    pending: list[tuple[str, Path, Node, Span]] = [("", (), root, root.span)]
    while pending:
        key, steps, node, span = pending.pop()
        if isinstance(node, Mapping) and len(steps) < DEEPEST:
            pending += [
                (f"{key}.{e.key.text}".lstrip("."), (*steps, e.key.text), e.value, (e.alias or e.value.span))
                for e in reversed(list(node))
            ]
        elif isinstance(node, Sequence) and not all(isinstance(i, Scalar) for i in node):
            inner = [(f"{key}[{n}]", (*steps, n), i, node.written(n)) for n, i in enumerate(node)]
            pending += reversed(inner if len(steps) < DEEPEST else [])
        elif isinstance(node, Sequence):
            items = ",".join(i.text for i in node if isinstance(i, Scalar))
            yield Entry(key, items, Location(path, key, span), steps)
        elif isinstance(node, Scalar) and node.value is not None:
            yield Entry(key, node.text, Location(path, key, span), steps)


def _tree(
    parse: Callable[[str], Node],
    put: Callable[..., list[Edit]],
    take: Callable[..., list[Edit]] | None,
    dotted: bool = False,
    several: bool = False,
) -> Form:
    """`dotted`: a key that is missing is written as one word. `several`: the file may be a list, whose keys begin `[0].`."""

    def load(path: str, workspace: Workspace) -> tuple[Entry, ...]:
        return tuple(flat(path, root_of(parse, path, workspace, several)))

    def where(found: Settings, key: str) -> Path:
        given = found.found.get(key)
        return given.path if given is not None else (key,) if dotted else tuple(key.split("."))

    def write(found: Settings, workspace: Workspace, key: str, value: str) -> list[Edit]:
        document = workspace.document(found.path, parse)
        return put(document.source, document.tree, where(found, key), value)

    def drop(found: Settings, workspace: Workspace, key: str) -> list[Edit]:
        document = workspace.document(found.path, parse)
        if take is None:
            raise Uneditable("entries of this format are not removed")
        return take(document.source, document.tree, where(found, key))

    return Form(load, write, drop)


SPACED = _lined(keyed.parse_spaced, keyed.set_spaced)
EQUALS = _lined(keyed.parse_equals, keyed.set_equals)
PROPERTIES = _lined(keyed.parse_properties, keyed.set_property)
INI = _sectioned()
YAML = _tree(yaml.parse, yaml_edits.set_value, yaml_edits.remove)
DOTTED_YAML = _tree(yaml.parse, yaml_edits.set_value, yaml_edits.remove, dotted=True)
TOML = _tree(toml.parse, toml.set_value, None)
NATS = _tree(nats.parse, nats.set_value, nats.remove)
JSON = _tree(json_format.parse, json_edits.set_value, json_edits.remove, several=True)
