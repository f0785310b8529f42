"""A first batten.yaml: values that were found, and in comments where."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from batten.engine.draft import Draft, Find, Proposed, effect
from batten.masking import masked
from batten.policy.load_content import word_of
from batten.reports.legible import one_line

# What YAML reads as a string without quotes: paths, URLs, host names and `VERB /path`.
_BARE = re.compile(r"(?:[A-Z]+ )?(?:https?:/)?/?[A-Za-z_.][\w.-]*(?::\d+)?(?:/[\w.{}*-]*)*", re.ASCII)
_TYPED = re.compile(r"(?:true|false|yes|no|on|off|null|y|n|[.\d_e+-]+)", re.IGNORECASE)
_ESCAPED = {'"': '\\"', "\\": "\\\\"}
_HEAD = (
    "# Written by `batten init` from the files of this folder; comments name the places that show each value.",
    "# Every key is optional: docs/policy.md describes them, and `batten schema policy` prints the schema.",
    "version: 1",
    "gate: low  # findings of this severity or above fail the run",
)


def policy_file(found: Draft) -> str:
    """The text of a batten.yaml, which the loader accepts as it is."""
    parts = (
        _contract(found),
        _origins(found),
        _public(found),
        _hosts(found),
        _content(found),
        _contexts(found),
    )
    blocks = [_HEAD, *map(tuple, parts), tuple(_environments(found))]
    return "\n\n".join("\n".join(block) for block in blocks if block) + "\n"


def _contract(found: Draft) -> Iterator[str]:
    chosen, others = found.contracts.chosen, found.contracts.others
    yield "# The OpenAPI document that describes the API."
    if chosen is not None:
        yield _row(f"contract: {quoted(chosen.value)}", chosen)
    elif not others:
        yield "# contract: openapi.yaml"
    yield from (_row(f"# contract: {quoted(other.value)}", other) for other in others)


def _origins(found: Draft) -> Iterator[str]:
    yield "# Origins whose pages may read the API's answers (CORS)."
    yield from _list("origins", found.origins.named)
    for one in found.origins.local:
        yield _row(f"# - {quoted(one.value)}", one, "a developer's machine: not an origin of production")
    yield from (f"# {_said(f'{place} allows {said}')}" for place, said in found.origins.open)


def _public(found: Draft) -> Iterator[str]:
    yield "# Operations that require no credential, such as GET /health."
    yield from _list("public", found.public)


def _hosts(found: Draft) -> Iterator[str]:
    if found.hosts:
        yield "# Host names of the API."
        yield from _list("hosts", found.hosts)


def _content(found: Draft) -> Iterator[str]:
    yield "# What hosts and paths serve: api, pages, both or assets. It decides which headers are right there."
    yield "content:" if found.served.rows else "# content:"
    for find, kind in found.served.rows:
        yield _row(f"  {quoted(find.value)}: {word_of(kind)}", find)
    yield from (
        f"#  {quoted(name)}: api  # or pages, both, assets: nothing shows which"
        for name in found.served.unknown
    )


def _contexts(found: Draft) -> Iterator[str]:
    if not found.contexts:
        return
    yield "# Folders whose names suggest that they are not production. Their findings count: uncomment a row only where it is right."
    yield "# contexts:"
    for row in found.contexts:
        yield f"#   {quoted(row.glob)}: {row.context.value}  # {effect(row)}"


def _environments(found: Draft) -> Iterator[str]:
    yield "# Running systems that `batten check` probes, once you have approved them with `batten trust`;"
    yield "# in the order in which a change travels."
    yield "environments:" if found.environments else "environments: {}"
    for one in found.environments:
        yield from _environment(one)
    for find in found.local:
        yield _row(f"#  local: {{url: {quoted(find.value)}}}", find, "uncomment it where the API runs there")
    if not found.environments and not found.local:
        yield "#  production: {url: https://api.example.com, plain: http://api.example.com}"


def _environment(one: Proposed) -> Iterator[str]:
    yield f"  {one.name}:"
    yield _row(f"    url: {quoted(one.url.value)}", one.url)
    if one.plain:
        yield f"    plain: {quoted(one.plain)}"
    if one.contract:
        yield f"    contract: {quoted(one.contract)}"
    for other in one.others:
        yield _row(f"#  {one.name}-2: {{url: {quoted(other.value)}}}", other, "another host of the same kind")


def _list(key: str, finds: Iterable[Find]) -> Iterator[str]:
    rows = [_row(f"  - {quoted(find.value)}", find) for find in finds]
    yield f"{key}:" if rows else f"{key}: []"
    yield from rows


def _row(text: str, find: Find, note: str = "") -> str:
    """A line with its evidence."""
    said = "; ".join(filter(None, (", ".join(find.shown), find.note, note)))
    return f"{text}  # {_said(said)}" if said else text


def _said(text: str) -> str:
    """Words for a comment: of one line, without secrets."""
    return one_line(masked(text))


def quoted(text: str) -> str:
    """A string as YAML reads it back; in quotes where it could be taken for anything else."""
    if _BARE.fullmatch(text) and not _TYPED.fullmatch(text):
        return text
    return f'"{"".join(_escaped(sign) for sign in text)}"'


def _escaped(sign: str) -> str:
    if sign in _ESCAPED:
        return _ESCAPED[sign]
    return sign if sign.isprintable() else f"\\U{ord(sign):08x}"
