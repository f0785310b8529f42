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
        row = _row(fields, fields.mapping(item, "a custom control", KEYS))
        if row.slug in seen:
            fields.complain(item, f"control '{row.slug}' is defined twice", "give each its own name")
        seen.add(row.slug)
        yield row


def _row(fields: Fields, made: Mapping) -> Custom:
    slug = fields.string(made["control"])
    if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)+", slug):
        fields.complain(
            made["control"] or made, "a custom control needs a name", "write `control: two-or-more-words`"
        )
    kind = _kind(fields, made)
    name, key = _field(fields, made, kind)
    test, wanted = _must(fields, made["must"] or made)
    return Custom(
        slug,
        fields.string(made["title"]) or slug.replace("-", " ").capitalize(),
        fields.severity(made["severity"], Severity.LOW),
        fields.string(made["why"]) or "Required by this project's batten.yaml.",
        kind,
        name,
        key,
        test,
        wanted,
        tuple(_when(fields, made["when"], kind)),
        fields.string(made["value"]),
        Location(fields.file.path, f"custom[{slug}]", made.span),
    )


def _kind(fields: Fields, made: Mapping) -> type[Fact]:
    known = kinds()
    name = fields.string(made["fact"])
    if name not in known:
        hint = meant(name, known, f"choose from {', '.join(sorted(known))}")
        fields.complain(made["fact"] or made, f"there is no fact '{name}'", hint)
    return known[name]


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
            return test, _wanted(fields, test, entry.value)
    fields.complain(node, "`must` is missing or unknown", f"write one of: {_MUST}")


def _wanted(fields: Fields, test: str, node: Node) -> Plain | tuple[Plain, ...]:
    if test == "one-of":
        if not isinstance(node, Sequence):
            fields.complain(node, "`one-of` requires a list", "write `one-of: [a, b]`")
        return tuple(_plain(fields, item) for item in node)
    value = _plain(fields, node)
    if test == "match":
        _usable(fields, node, str(value))
    if test in ("at-least", "at-most") and not re.fullmatch(r"[\d.]+ ?[kmgKMG]?", str(value)):
        fields.complain(node, f"`{test}` requires a number", "write digits, with k, m or g for sizes")
    return value


def _usable(fields: Fields, node: Node, text: str) -> None:
    """What would have to be taken back and tried again has no bound, and is refused."""
    try:
        beyond = compiled(text).beyond
    except BadPattern as error:
        fields.complain(
            node, f"this is not a valid regular expression: {error}", "see Python's `re` for its syntax"
        )
    if beyond:
        fields.complain(
            node,
            f"this regular expression uses {beyond}, whose running time has no bound",
            "write it without look-around, back-references and possessive or atomic groups",
        )


def _plain(fields: Fields, node: Node) -> Plain:
    if not isinstance(node, Scalar) or not isinstance(node.value, (str, int, float, bool)):
        fields.complain(node, "one value is expected here", "write a string, a number, true or false")
    return node.value


def _when(fields: Fields, node: Node | None, kind: type[Fact]) -> Iterator[tuple[str, Plain]]:
    if node is None:
        return
    known = conditions_of(kind)
    for entry in fields.mapping(node, "when"):
        name = str(entry.key.value)
        if name not in known:
            fields.complain(
                entry.key, f"{kind.__name__} has no field '{name}'", f"its fields are: {', '.join(known)}"
            )
        yield name, _plain(fields, entry.value)
