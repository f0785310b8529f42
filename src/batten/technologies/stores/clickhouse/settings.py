"""What ClickHouse is told: its main file with the parts beside it, then the file of its users with theirs, in XML or YAML.

Source: https://clickhouse.com/docs/operations/configuration-files: parts are laid over the main file in the order of their names, an
element's text takes the place of the first of its name, `replace` and `remove` do so with all below it, and `from_env`, `from_zk` and
`incl` bring values from elsewhere.
"""

from __future__ import annotations

import posixpath
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from batten.formats import Unreadable, Workspace, xml, xml_edits, yaml
from batten.formats.document import SyntaxProblem
from batten.formats.paths import Path
from batten.formats.xml import Element
from batten.model import Edit, Kind, Location, Problem, Span
from batten.technologies import Unit
from batten.technologies.shared.settings.forms import YAML, Form, flat, root_of
from batten.technologies.shared.settings.settings import Entry, Settings, settings_of, whole_file
from batten.technologies.stores.postgresql.configuration import problem

ROOTS = ("clickhouse", "yandex")
MAINS = ("config.xml", "config.yaml", "config.yml")
USERS = ("users.xml", "users.yaml", "users.yml")
FOLDERS = ("config.d", "conf.d", "users.d")
_ENDINGS = (".xml", ".yaml", ".yml")
_ELSEWHERE = ("from_env", "from_zk", "incl", "include_from")
_OVER = ("replace", "remove")
_FALSE = ("0", "false")


def _of_xml(path: str, workspace: Workspace) -> tuple[Entry, ...]:
    document = workspace.document(path, xml.parse)
    if document.tree.name not in ROOTS:
        raise SyntaxProblem(
            "the root must be `clickhouse`", document.tree.span.start, "put the settings into <clickhouse>"
        )
    # Every element without others, by the names that lead to it with dots between, and every attribute as `.@name`.
    elements: list[Entry] = []
    pending: list[tuple[Path, Element]] = [((one.name,), one) for one in reversed(document.tree.children)]
    while pending:
        steps, element = pending.pop()
        key = ".".join(map(str, steps))
        for name, value in element.attributes.items():
            elements.append(Entry(f"{key}.@{name}", value, Location(path, key, element.span), steps))
        pending += [((*steps, child.name), child) for child in reversed(element.children)]
        if not element.children and not element.attributes.keys() & set(_ELSEWHERE):
            # The text of an element; all of one that has none.
            inside = document.text[element.inside.start : element.inside.end]
            if not inside.strip():
                place = Location(path, key, element.span, kind=Kind.BLOCK)
            else:
                start = element.inside.start + len(inside) - len(inside.lstrip())
                place = Location(path, key, Span(start, start + len(inside.strip())))
            elements.append(Entry(key, element.text.strip(), place, steps))
    return tuple(elements)


def _put(found: Settings, workspace: Workspace, key: str, value: str) -> list[Edit]:
    document = workspace.document(found.path, xml.parse)
    return xml_edits.set_text(document.source, document.tree, tuple(key.split(".")), value)


def _drop(found: Settings, workspace: Workspace, key: str) -> list[Edit]:
    document = workspace.document(found.path, xml.parse)
    return xml_edits.remove(document.source, document.tree, tuple(key.split(".")))


XML = Form(_of_xml, _put, _drop, lined=True)


def _of_yaml(path: str, workspace: Workspace) -> tuple[Entry, ...]:
    """As the elements; the root may be written, or left out."""
    found = flat(path, root_of(yaml.parse, path, workspace))
    return tuple(
        Entry(
            next(
                (g.key.removeprefix(f"{root}.") for root in ROOTS if g.key.startswith(f"{root}.")), g.key
            ).removesuffix(".#text"),
            g.value,
            g.at,
            g.path,
        )
        for g in found
    )


def form_of(path: str) -> Form:
    return XML if path.endswith(".xml") else _YAML


_YAML = Form(_of_yaml, YAML.put, YAML.drop)


def parts(main: str, workspace: Workspace) -> Iterator[str]:
    """The files that a server reads with this one, in the order in which they count."""
    name, folder = posixpath.basename(main), posixpath.dirname(main)
    if name not in MAINS and name not in USERS:
        return
    if name in MAINS:
        yield from _fragments(folder, ("config.d", "conf.d"), workspace)
        users = next((p for n in USERS if workspace.exists(p := posixpath.join(folder, n))), "")
        yield from filter(None, (users,))
    yield from _fragments(folder, ("users.d",), workspace)


def _fragments(folder: str, names: Iterable[str], workspace: Workspace) -> Iterator[str]:
    for name in names:
        inside = posixpath.join(folder, name)
        if workspace.is_directory(inside):
            yield from sorted(p for p in workspace.entries(inside) if p.endswith(_ENDINGS))


def configuration(unit: Unit, workspace: Workspace) -> Settings:
    """What the files tell together. Raises SyntaxProblem and Unreadable of the main file."""
    return workspace.kept(("clickhouse", unit.files), lambda: merged(unit.files, workspace))


def merged(files: Sequence[str], workspace: Workspace) -> Settings:
    """Raises SyntaxProblem and Unreadable of the first."""
    read: list[tuple[Entry, ...]] = []
    problems: list[Problem] = []
    for path in files:
        try:
            read.append(form_of(path).load(path, workspace))
        except (SyntaxProblem, Unreadable) as error:
            if path == files[0]:
                raise
            problems.append(problem(path, error, workspace))
    whole = posixpath.basename(posixpath.dirname(files[0])) not in FOLDERS and not any(
        users(path) for path in files[:1]
    )
    return settings_of(
        whole_file(files[0], workspace),
        laid_over(read),
        complete=whole and not problems,
        problems=problems,
    )


def users(path: str) -> bool:
    """Whether a file is for users alone, by its name."""
    return posixpath.basename(path).startswith("users.") or "users.d/" in f"/{path}"


def laid_over(read: Iterable[tuple[Entry, ...]]) -> list[Entry]:
    """The settings of several files, a later one over those before it."""
    found: list[Entry] = []
    for one in read:
        over = [
            g.key.rpartition(".@")
            for g in one
            if g.key.rpartition(".@")[2] in _OVER and ".@" in g.key and g.value.lower() not in _FALSE
        ]
        gone, removed = {key for key, _, _ in over}, {key for key, _, word in over if word == "remove"}
        own = [made for g in one if (made := _resolved(g)) is not None and not _within(g.key, removed)]
        counts = Counter(g.key for g in own)
        kept: list[Entry] = []
        for before in found:
            if _within(before.key, gone):
                continue
            if counts[before.key] > 0:
                counts[before.key] -= 1
                continue
            kept.append(before)
        found = [*kept, *own]
    return found


def _within(key: str, above: set[str]) -> bool:
    if not above:
        return False
    steps = key.split(".")
    return any(".".join(steps[: n + 1]) in above for n in range(len(steps)))


def _resolved(given: Entry) -> Entry | None:
    """A value that comes from elsewhere is not known; of other attributes nothing is said."""
    base, sign, attribute = given.key.rpartition(".@")
    if not sign:
        return given
    return Entry(base, "\0", given.at, given.path) if attribute in _ELSEWHERE else None


def without_names(key: str) -> str:
    """A key as the inventory spells it: without the name of the user, the profile, the quota or the cluster."""
    steps = key.split(".")
    named = steps[0] in ("users", "profiles", "quotas", "remote_servers") and len(steps) > 2
    return ".".join((steps[0], *steps[2:])) if named else key
