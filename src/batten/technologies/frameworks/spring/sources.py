"""The documents of Spring's files: properties and YAML, each document for the profiles that it names.

Sources: https://docs.spring.io/spring-boot/reference/features/external-config.html (relaxed binding, several documents in a file)
and https://docs.spring.io/spring-boot/reference/features/profiles.html.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from functools import cache

from batten.formats import Workspace, keyed, yaml
from batten.formats.document import Uneditable
from batten.formats.tree import Node
from batten.model import Context, Edit, Location, Span
from batten.technologies.frameworks.spring.code import is_code
from batten.technologies.shared.deployment.variables import deployed
from batten.technologies.shared.inventory import inventory
from batten.technologies.shared.settings.forms import Form, flat
from batten.technologies.shared.settings.settings import Entry, Settings, settings_of, whole_file

_DIVIDER = re.compile(r"^[#!]---[ \t]*$", re.MULTILINE)
_FILTERED = re.compile(r"@[\w.-]+@")  # what Maven fills in, which no YAML allows
_PROFILES = ("spring.config.activate.on-profile", "spring.profiles")
_DEFAULT = re.compile(r"\$\{[\w.\-\[\]]+:([^{}]*)\}")

_SETTING = re.compile(r"^\s*\$\{([\w.\-]+):([^{}\s]+)\}\s*$")
_CREDENTIAL = re.compile(
    r"(?i)password|passwd|secret|token|credential|(?:^|[.-])(?:key|user(?:name)?|ur[il]|jdbc-url|addresses|hosts?)$"
)


def documents(path: str, workspace: Workspace) -> tuple[Settings, ...]:
    """What each document tells, by the names that Spring documents; code has none. Raises SyntaxProblem and Unreadable."""
    if is_code(path):
        return ()
    return workspace.kept(("spring", path), lambda: tuple(_documents(path, workspace)))


def _documents(path: str, workspace: Workspace) -> Iterator[Settings]:
    whole = whole_file(path, workspace)
    given = _of_properties if path.endswith(".properties") else _of_yaml
    for one in given(path, workspace):
        found = {g.key: g for g in one}
        profile = next((found[key].value for key in _PROFILES if key in found), "")
        context = Context.named(profile.strip())
        yield settings_of(whole, (_by_default(_placed(g, context), workspace) for g in one), complete=False)


def _placed(given: Entry, context: Context | None) -> Entry:
    at = Location(given.at.source, given.key, given.at.span, context=context)
    return Entry(given.key, given.value, at, given.path)


def _by_default(given: Entry, workspace: Workspace) -> Entry:
    """A setting with the default of its variable, where nobody sets that; a credential stays what it is written as."""
    found = _SETTING.search(given.value)
    if (
        found is None
        or _CREDENTIAL.search(given.key)
        or deployed(found[1], workspace)
        or given.at.span is None
    ):
        return given
    start = given.at.span.start
    place = workspace.text(given.at.source).text[start : given.at.span.end].find(f":{found[2]}}}")
    if place < 0:  # escaped, or behind an alias
        return Entry(given.key, found[2], given.at, given.path)
    where = Span(start + place + 1, start + place + 1 + len(found[2]))
    return Entry(given.key, found[2], replace(given.at, span=where), given.path)


def _of_properties(path: str, workspace: Workspace) -> Iterator[list[Entry]]:
    document = workspace.document(path, keyed.parse_properties)
    ends = [found.start() for found in _DIVIDER.finditer(document.source.text)]
    pages: list[list[Entry]] = [[] for _ in range(len(ends) + 1)]
    number = 0
    for pair in document.tree:
        while number < len(ends) and pair.span.start > ends[number]:
            number += 1
        key = documented(pair.key)
        pages[number].append(Entry(key, pair.value or "", Location(path, key, pair.value_span)))
    yield from pages


def _of_yaml(path: str, workspace: Workspace) -> Iterator[list[Entry]]:
    for tree in workspace.document(path, _filled).tree:
        yield [Entry(documented(g.key), g.value, g.at, g.path) for g in flat(path, tree)]


def _filled(text: str) -> list[Node]:
    """The trees of the documents, where what Maven fills in is a word that something else decides."""
    return yaml.parse_all(_FILTERED.sub(lambda m: "$" + "_" * (len(m[0]) - 1), text))


def uniform(key: str) -> str:
    """A key in the form in which Spring compares them."""
    return key.replace("-", "").replace("_", "").lower()


@cache
def _names() -> dict[str, str]:
    known = inventory("spring")
    return {uniform(one.name): one.name for one in known.settings} if known is not None else {}


def documented(key: str) -> str:
    """The key as Spring's documentation spells it; what it does not know stays as it is written."""
    return _names().get(uniform(key), key)


def default_of(value: str) -> str | None:
    """What `${NAME:value}` comes to where nothing sets the variable."""
    found = _DEFAULT.fullmatch(value.strip())
    return found[1] if found is not None else None


def _load(path: str, workspace: Workspace) -> tuple[Entry, ...]:
    return tuple(given for page in documents(path, workspace) for given in page.entries)


def _refused(*_: object) -> list[Edit]:
    raise Uneditable("only what is written is changed")


FORM = Form(_load, _refused, _refused, lined=True)
