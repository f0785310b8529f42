"""`custom:` in batten.yaml: rows that are controls."""

from __future__ import annotations

import re
from collections.abc import Iterator

from batten.facts import Fact
from batten.formats import Mapping, Node, Scalar, Sequence
from batten.model import Location, Severity
from batten.patterns import BadPattern, compiled
from batten.policy.custom import TESTS, WORDS, Custom, Plain, conditions_of, kinds, settings_of
from batten.policy.nearest import meant
from batten.policy.reading import Fields

KEYS = ("control", "title", "severity", "why", "fact", "field", "header", "key", "must", "value", "when")
_MUST = ", ".join((*WORDS, *(f"{{{test}: …}}" for test in TESTS)))


def rows(fields: Fields, node: Node | None) -> Iterator[Custom]:
    """The rows of a list, each typed and checked against the facts there are. Raises PolicyProblem."""
    seen: set[str] = set()
    for item in fields.items(node, "custom"):
        made = fields.mapping(item, "a custom control", KEYS)
        slug = fields.string(made["control"])
        if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)+", slug):
            fields.complain(
                made["control"] or made, "a custom control needs a name", "write `control: two-or-more-words`"
            )
        known = kinds()
        kind_name = fields.string(made["fact"])
        if kind_name not in known:
            hint = meant(kind_name, known, f"choose from {', '.join(sorted(known))}")
            fields.complain(made["fact"] or made, f"there is no fact '{kind_name}'", hint)
        kind = known[kind_name]
        name, key = _field(fields, made, kind)
        test, wanted = _must(fields, made["must"] or made)
        row_node = made["when"]
        when: list[tuple[str, Plain]] = []
        if row_node is not None:
            when_known = conditions_of(kind)
            for entry in fields.mapping(row_node, "when"):
                when_name = str(entry.key.value)
                if when_name not in when_known:
                    fields.complain(
                        entry.key,
                        f"{kind.__name__} has no field '{when_name}'",
                        f"its fields are: {', '.join(when_known)}",
                    )
                when.append((when_name, _plain(fields, entry.value)))
        row = Custom(
            slug,
            fields.string(made["title"]) or slug.replace("-", " ").capitalize(),
            fields.severity(made["severity"], Severity.LOW),
            fields.string(made["why"]) or "Required by this project's batten.yaml.",
            kind,
            name,
            key,
            test,
            wanted,
            tuple(when),
            fields.string(made["value"]),
            Location(fields.file.path, f"custom[{slug}]", made.span),
        )
        if row.slug in seen:
            fields.complain(item, f"control '{row.slug}' is defined twice", "give each its own name")
        seen.add(row.slug)
        yield row


def _field(fields: Fields, made: Mapping, kind: type[Fact]) -> tuple[str, str]:
    """The field to judge, and the key within it when it is a table. `header: X` is `field: sent, key: X`."""
    header = fields.string(made["header"])
    name = "sent" if header else fields.string(made["field"])
    key = header or fields.string(made["key"])
    known = settings_of(kind)
    if name not in known:
        listed = ", ".join(sorted(known)) or "none"
        place = made["field"] or made["header"] or made
        fields.complain(place, f"{kind.__name__} has no setting '{name}'", f"its settings are: {listed}")
    if known[name] and not key:
        fields.complain(made["field"] or made, f"'{name}' is a table", "name the value with `key: NAME`")
    return name, key


def _must(fields: Fields, node: Node) -> tuple[str, Plain | tuple[Plain, ...]]:
    if isinstance(node, Scalar):
        word = str(node.value).lower() if isinstance(node.value, bool) else node.text
        if word in WORDS:
            return word, ""
    elif isinstance(node, Mapping) and len(list(node)) == 1:
        entry = next(iter(node))
        test = str(entry.key.value)
        if test in TESTS:
            wanted_node = entry.value
            if test == "one-of":
                if not isinstance(wanted_node, Sequence):
                    fields.complain(wanted_node, "`one-of` requires a list", "write `one-of: [a, b]`")
                wanted: Plain | tuple[Plain, ...] = tuple(_plain(fields, item) for item in wanted_node)
            else:
                value = _plain(fields, wanted_node)
                if test == "match":
                    # What would have to be taken back and tried again has no bound, and is refused.
                    try:
                        beyond = compiled(str(value)).beyond
                    except BadPattern as error:
                        fields.complain(
                            wanted_node,
                            f"this is not a valid regular expression: {error}",
                            "see Python's `re` for its syntax",
                        )
                    if beyond:
                        fields.complain(
                            wanted_node,
                            f"this regular expression uses {beyond}, whose running time has no bound",
                            "write it without look-around, back-references and possessive or atomic groups",
                        )
                if test in ("at-least", "at-most") and not re.fullmatch(r"[\d.]+ ?[kmgKMG]?", str(value)):
                    fields.complain(
                        wanted_node, f"`{test}` requires a number", "write digits, with k, m or g for sizes"
                    )
                wanted = value
            return test, wanted
    fields.complain(node, "`must` is missing or unknown", f"write one of: {_MUST}")


def _plain(fields: Fields, node: Node) -> Plain:
    if not isinstance(node, Scalar) or not isinstance(node.value, (str, int, float, bool)):
        fields.complain(node, "one value is expected here", "write a string, a number, true or false")
    return node.value
