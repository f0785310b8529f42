"""`$ref` in a document and over files: never outside the root, never over the network."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import field
from urllib.parse import unquote, urljoin

from batten.contract.source import Place, Source, Sources
from batten.formats import SyntaxProblem, Unreadable
from batten.formats.tree import Plain
from batten.model import Problem
from batten.model.record import record

MOST_HOPS = 100
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")


@record
class Target:
    place: Place
    value: Plain


class BrokenReference(Exception):
    """What a `$ref` names cannot be had: the sentence says why."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.hint = hint


_CIRCLE = BrokenReference("the $ref refers to itself in a circle", "write the value once instead of the $ref")


@record
class References:
    """Follows references; what is broken is noted once as a Problem and followed no further."""

    sources: Sources
    problems: list[Problem] = field(default_factory=list)
    _targets: dict[tuple[str, str], Target | None] = field(default_factory=dict)
    _broken: dict[tuple[str, str], BrokenReference] = field(default_factory=dict)
    _anchors: dict[str, dict[str, tuple[str, ...]]] = field(default_factory=dict)
    _identities: dict[str, dict[str, tuple[str, ...]]] = field(default_factory=dict)

    def follow(self, value: Plain, place: Place) -> Target | None:
        """What stands at a place, or what its chain of references leads to; None when it is broken."""
        target: Target | None = Target(place, value)
        for _ in range(MOST_HOPS):
            if target is None or not isinstance(target.value, dict):
                return target
            reference = target.value.get("$ref")
            if reference is None:
                return target
            target = self.target(reference, target.place)
        self._note(place, _CIRCLE)
        return None

    def members(self, holder: Plain, place: Place, *keys: str) -> tuple[dict[str, Plain], Place]:
        """The object that keys lead to, and where it stands: many a document keeps its parts in files of their
        own, which no specification allows and every tool reads. Empty where there is none."""
        target = self.follow(holder, place)
        for key in keys:
            if target is None or not isinstance(target.value, dict) or key not in target.value:
                return {}, place
            target = self.follow(target.value[key], target.place / key)
        if target is None or not isinstance(target.value, dict):
            return {}, place
        return target.value, target.place

    def target(self, reference: Plain, place: Place) -> Target | None:
        """One step: what a `$ref` that stands at `place` names."""
        key = (place.source, str(reference))
        if key not in self._targets:
            try:
                self._targets[key] = self._find(place.source, reference)
            except BrokenReference as error:
                self._targets[key] = None
                self._broken[key] = error
                self._note(place, error)
        return self._targets[key]

    def why(self, reference: Plain, place: Place) -> BrokenReference:
        """Why `target` has none for a `$ref` at a place; where all its steps lead somewhere, it goes in a circle."""
        return self._broken.get((place.source, str(reference)), _CIRCLE)

    def place_of(self, reference: str, beside: str) -> Place | None:
        """The place that a reference names in the files read so far: nothing is opened, nothing is noted."""
        file, _, fragment = reference.partition("#")
        path = self.sources.workspace.resolve(beside, unquote(file)) if file and ":" not in file else beside
        if path not in self.sources.files:
            return None
        try:
            return Place(path, self._tokens(self.sources.files[path], reference, unquote(fragment)))
        except BrokenReference:
            return None

    def _note(self, place: Place, error: BrokenReference) -> None:
        line = self.sources.line(place / "$ref")
        self.problems.append(Problem(place.source, "read", str(error), hint=error.hint, line=line))

    def _find(self, beside: str, reference: Plain) -> Target:
        if not isinstance(reference, str):
            raise BrokenReference(
                "this $ref is not a string", "write it as in `$ref: '#/components/schemas/Name'`"
            )
        file, _, fragment = reference.partition("#")
        if file:
            # Where in the file itself stands what has this URI by `$self` (OpenAPI 3.2) or `$id`.
            if beside not in self._identities:
                self._identities[beside] = _identities(self.sources.files[beside].data)
            known = self._identities[beside]
            inside = known.get(_joined(_base(self.sources.files[beside].data), file)) if known else None
        else:
            inside = ()
        source = (
            self.sources.files[beside] if inside is not None else self._file(beside, reference, unquote(file))
        )
        tokens = self._tokens(source, reference, unquote(fragment))
        if inside and fragment[:1] in ("", "/"):
            tokens = (*inside, *tokens)
        try:
            return Target(Place(source.path, tokens), source.value(tokens))
        except LookupError:
            hint = "define it there, or correct the spelling"
            raise BrokenReference(f"$ref names {reference}, which does not exist", hint) from None

    def _file(self, beside: str, reference: str, file: str) -> Source:
        if _SCHEME.match(file) or file.startswith("//"):
            raise BrokenReference(
                f"$ref names {reference}, a URL; batten does not fetch documents",
                "save a copy next to the document",
            )
        path = self.sources.workspace.resolve(beside, file)
        if path is None:
            raise BrokenReference(
                f"$ref names {reference}, outside the reviewed folder",
                "run batten in the folder that contains both",
            )
        try:
            return self.sources.open(path)
        except (Unreadable, SyntaxProblem) as error:
            raise BrokenReference(
                f"$ref names {reference}, which cannot be read: {error}", error.hint
            ) from error

    def _tokens(self, source: Source, reference: str, fragment: str) -> tuple[str, ...]:
        if not fragment:
            return ()
        if fragment.startswith("/"):
            return tuple(part.replace("~1", "/").replace("~0", "~") for part in fragment[1:].split("/"))
        if source.path not in self._anchors:
            self._anchors[source.path] = _anchors(source.data)
        found = self._anchors[source.path].get(fragment)
        if found is None:
            raise BrokenReference(
                f"$ref names the anchor of {reference}, which does not exist",
                "write a JSON pointer that starts with `#/`",
            )
        return found


def _base(data: Plain) -> str:
    """The URI that a document says it has: references in it are relative to that."""
    written = data.get("$self") if isinstance(data, dict) else None
    return written if isinstance(written, str) else ""


def _identities(data: Plain) -> dict[str, tuple[str, ...]]:
    """Where in a file stands what has a URI of its own: the file itself, and schemas with `$id`."""
    base = _base(data)
    found: dict[str, tuple[str, ...]] = {base: ()} if base else {}
    for tokens, value in _objects(data):
        name = value.get("$id")
        if isinstance(name, str) and not name.startswith("#"):
            found.setdefault(_joined(base, name), tokens)
    return found


def _joined(base: str, name: str) -> str:
    try:
        return urljoin(base, name.partition("#")[0])
    except ValueError:
        return name


def _anchors(data: Plain) -> dict[str, tuple[str, ...]]:
    """Where each `$anchor` and `$dynamicAnchor` of a file stands."""
    found: dict[str, tuple[str, ...]] = {}
    for tokens, value in _objects(data):
        for key in ("$anchor", "$dynamicAnchor"):
            name = value.get(key)
            if isinstance(name, str):
                found.setdefault(name, tokens)
    return found


def _objects(data: Plain) -> Iterator[tuple[tuple[str, ...], dict[str, Plain]]]:
    """Every object of a value, with the way to it."""
    pending: list[tuple[Plain, tuple[str, ...]]] = [(data, ())]
    while pending:
        value, tokens = pending.pop()
        if isinstance(value, dict):
            yield tokens, value
            pending += [(child, (*tokens, key)) for key, child in value.items()]
        elif isinstance(value, list):
            pending += [(child, (*tokens, str(i))) for i, child in enumerate(value)]
