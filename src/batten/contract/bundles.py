"""Schemas made self-contained, with all that they refer to in one value."""

from __future__ import annotations

from collections.abc import Container, Iterable
from dataclasses import dataclass, field

from batten.contract.contract import Contract, Schema
from batten.contract.dialect import Direction, Json, Translated, Translation
from batten.contract.keywords import Flaw
from batten.contract.source import Place
from batten.formats.tree import Plain

# Where one of these is, a schema without one of its parts may accept less than the whole one.
_TURNING = frozenset(("not", "oneOf", "if", "maxContains", "unevaluatedItems", "unevaluatedProperties"))


@dataclass(slots=True)
class Bundles:
    """Schemas made self-contained: what they refer to lies in `$defs` under a number.

    What is flawed is left out. `rewrites` is for the validators' engine: patterns as that one reads them.
    Not kept: `$dynamicRef` is read as `$ref`, and a discriminator chooses among the branches of oneOf
    and anyOf only, not among schemas that name its schema in their allOf.
    """

    contract: Contract
    annotations: frozenset[str] = frozenset()  # formats that are left out
    rewrites: bool = False
    admits_hidden: bool = False
    _made: dict[tuple[Place, Direction], Translated] = field(default_factory=dict)
    _numbers: dict[Place, str] = field(default_factory=dict)

    def bundle(self, schema: Schema, direction: Direction) -> Json:
        """The schema with everything it needs, references and all."""
        body, *others = self.translated(schema, direction)
        definitions = {self._number(place): made.schema for place, made in others}
        return {"allOf": [body[1].schema], "$defs": definitions} if definitions else body[1].schema

    def weakened(self, schema: Schema, direction: Direction) -> Json:
        """The schema without what is flawed in it, or nothing at all where that could refuse what is valid."""
        made = [each for _, each in self.translated(schema, direction)]
        turned = any(each.flaws for each in made) and any(_holds(each.schema, _TURNING) for each in made)
        return True if turned else self.bundle(schema, direction)

    def flaws(self, schema: Schema, direction: Direction) -> tuple[Flaw, ...]:
        """What of it, and of all that it needs, cannot be used."""
        return tuple(flaw for _, made in self.translated(schema, direction) for flaw in made.flaws)

    def all(self) -> Iterable[Translated]:
        """Everything that was translated so far."""
        return self._made.values()

    def translated(
        self, schema: Schema, direction: Direction, known: Container[tuple[Place, Direction]] = ()
    ) -> list[tuple[Place, Translated]]:
        """The schema, and everything it needs that is not known, each once; the schema itself again where it is
        needed, too."""
        first = self._translated(schema.place, schema.value, direction)
        found = {schema.place: first}
        again = schema.place in first.needed
        pending = list(first.needed)
        while pending:
            place = pending.pop()
            if place not in found and (place, direction) not in known:
                value = self.contract.references.sources.files[place.source].value(place.tokens)
                found[place] = self._translated(place, value, direction)
                again = again or schema.place in found[place].needed
                pending += found[place].needed
        return [*found.items(), *([(schema.place, first)] if again else [])]

    def body(self, schema: Schema, direction: Direction) -> Json:
        """The schema alone: what it refers to is named, and not there."""
        return self._translated(schema.place, schema.value, direction).schema

    def places(self) -> tuple[Place, ...]:
        """Those of schemas that are referred to, by their number."""
        return tuple(self._numbers)

    def _number(self, place: Place) -> str:
        return self._numbers.setdefault(place, str(len(self._numbers)))

    def _translated(self, place: Place, value: Plain, direction: Direction) -> Translated:
        key = (place, direction)
        if key not in self._made:
            translation = Translation(
                self.contract, direction, self.reference, self.annotations, self.rewrites, self.admits_hidden
            )
            made = translation.schema(value, place)
            needed, here = tuple(dict.fromkeys(translation.needed)), tuple(dict.fromkeys(translation.here))
            flaws, notes = tuple(dict.fromkeys(translation.flaws)), tuple(translation.notes)
            formats = frozenset(translation.formats)
            self._made[key] = Translated(made, needed, here, flaws, formats, notes)
        return self._made[key]

    def reference(self, place: Place) -> str:
        return f"#/$defs/{self._number(place)}"


def _holds(schema: Json, keywords: frozenset[str]) -> bool:
    pending = [schema]
    while pending:
        value = pending.pop()
        if isinstance(value, dict):
            if not keywords.isdisjoint(value):
                return True
            pending += value.values()
        elif isinstance(value, list):
            pending += value
    return False
