"""`$ref` in a document and over files: never outside the root, never over the network."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from urllib.parse import unquote

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


@dataclass(slots=True)
class References:
    """Follows references; what is broken is noted once as a Problem and followed no further."""

    sources: Sources
    problems: list[Problem] = field(default_factory=list)
    _targets: dict[tuple[str, str], Target | None] = field(default_factory=dict)
    _anchors: dict[str, dict[str, tuple[str, ...]]] = field(default_factory=dict)

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
        self._note(place, BrokenReference("the chain of references never ends", "write the value out once"))
        return None

    def target(self, reference: Plain, place: Place) -> Target | None:
        """One step: what a `$ref` that stands at `place` names."""
        key = (place.source, str(reference))
        if key not in self._targets:
            try:
                self._targets[key] = self._find(place.source, reference)
            except BrokenReference as error:
                self._targets[key] = None
                self._note(place, error)
        return self._targets[key]

    def _note(self, place: Place, error: BrokenReference) -> None:
        line = self.sources.line(place / "$ref")
        self.problems.append(Problem(place.source, "read", str(error), error.hint, line))

    def _find(self, beside: str, reference: Plain) -> Target:
        if not isinstance(reference, str):
            raise BrokenReference(
                "this $ref is no text", "write it as in `$ref: '#/components/schemas/Name'`"
            )
        file, _, fragment = reference.partition("#")
        source = self._file(beside, reference, unquote(file)) if file else self.sources.files[beside]
        tokens = self._tokens(source, reference, unquote(fragment))
        try:
            return Target(Place(source.path, tokens), source.value(tokens))
        except LookupError:
            hint = "define it there, or mend the spelling"
            raise BrokenReference(f"$ref names {reference}, which does not exist", hint) from None

    def _file(self, beside: str, reference: str, file: str) -> Source:
        if _SCHEME.match(file) or file.startswith("//"):
            raise BrokenReference(
                f"$ref names {reference}, and batten fetches nothing", "keep a copy beside the document"
            )
        path = self.sources.workspace.resolve(beside, file)
        if path is None:
            raise BrokenReference(
                f"$ref names {reference}, outside the reviewed folder", "review the folder that holds both"
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
                f"$ref names the anchor of {reference}, which does not exist", "a pointer begins with `#/`"
            )
        return found


def _anchors(data: Plain) -> dict[str, tuple[str, ...]]:
    """Where each `$anchor` and `$dynamicAnchor` of a file stands."""
    found: dict[str, tuple[str, ...]] = {}
    pending: list[tuple[Plain, tuple[str, ...]]] = [(data, ())]
    while pending:
        value, tokens = pending.pop()
        if isinstance(value, dict):
            for key in ("$anchor", "$dynamicAnchor"):
                name = value.get(key)
                if isinstance(name, str):
                    found.setdefault(name, tokens)
            pending += [(child, (*tokens, key)) for key, child in value.items()]
        elif isinstance(value, list):
            pending += [(child, (*tokens, str(i))) for i, child in enumerate(value)]
    return found
