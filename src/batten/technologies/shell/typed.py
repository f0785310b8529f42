"""What a script says in its own commands: credentials that are written out, and servers that are not verified.

Makefiles mostly serve developers, so nothing is said of theirs.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from batten.facts import Fact, Feature, Secret
from batten.formats.document import Text
from batten.formats.lines import line_start, removal
from batten.model import Edit, Fix, Location, Safety, Setting, Span, Switch
from batten.technologies import _pipelines
from batten.technologies._secrets import commands, credentials

MOST_LINES = 20_000
_LONGEST = 4_000  # characters of a line that are looked at


def facts(source: Text, bare: str, kept: Sequence[Span]) -> Iterator[Fact]:
    """`bare` is the script without its comments and here-documents, all else in its place; `kept` are the commands of
    containers, whose variables are read with them."""
    for secret in _secrets(source, bare):
        place = secret.at.span
        if place is None or not any(one.start <= place.start < one.end for one in kept):
            yield secret
    for span, what, _ in _pipelines.unverified(bare, Span(0, len(bare))):
        at = Location(source.path, f"command[{what}]", span)
        yield Feature(at, Switch.VERIFY_TLS, Setting(False, at), what)


def _secrets(source: Text, bare: str) -> Iterator[Secret]:
    """The first credential of each line."""
    start = 0
    for line in bare.split("\n")[:MOST_LINES]:
        found = next(commands.typed(line[:_LONGEST]), None)
        if found is not None:
            at = Location(
                source.path,
                f"command[{found.name}]",
                Span(start + found.span.start, start + found.span.end),
            )
            value = line[found.span.start : found.span.end].strip("'\"")
            held = credentials.found(found.name, value) or credentials.Found(found.kind)
            yield credentials.secret(at, found.name, held, "code")
        start += len(line) + 1


def verified(source: Text, bare: str, span: Span) -> Fix | None:
    """The command without the option that turns verification off."""
    found = _pipelines.unverified(bare, Span(0, len(bare)))
    instead = next((text for at, _, text in found if at == span), None)
    if instead is None or not source.text[line_start(source.text, span.start) : span.start].strip():
        return None
    edit = Edit(source.path, span, instead) if instead else removal(source, span)
    return Fix("verify certificates", (edit,), safety=Safety.RISKY, breaks=_pipelines.UNKNOWN_AUTHORITY)
