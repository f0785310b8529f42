"""Which files of a Compose project run together, and for what.

A base with its override is what `docker compose up` runs (https://docs.docker.com/compose/how-tos/multiple-compose-files/merge/).
Production uses other files where one beside the base is named for it and needs the base, or where what deploys the tree names
them (`docker compose -f … up`); the base by itself and its override are then what developers start.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from dataclasses import replace
from functools import reduce

from batten.formats import Mapping, Scalar, SyntaxProblem, Unreadable, Workspace, yaml
from batten.formats.tree import Node, key_path
from batten.model import Context, Location
from batten.model.record import record
from batten.technologies import Use
from batten.technologies.shared.deployment.commands import Command, commands_at

_BASE = re.compile(r"(?:docker-)?compose\.ya?ml")
_OVERRIDE = re.compile(r"((?:docker-)?compose)\.override\.ya?ml")
_DEPLOYED = re.compile(r"((?:docker-)?compose)[.-](?:prod|production|live)(?:[.-][\w-]+)?\.ya?ml")
_VARIANT = re.compile(r"((?:docker-)?compose)[.-].+\.ya?ml")
_ROOTS = frozenset(("services", "include"))
_STARTED = frozenset(("up", "start", "restart", "pull", "create"))


@record
class _Start:
    """A command that starts services, and the files that it names."""

    command: Command
    names: tuple[str, ...]


def is_base(file: str) -> bool:
    return _BASE.fullmatch(posixpath.basename(file)) is not None


def overrides(file: str, base: str) -> bool:
    """Whether Compose reads the file with the base of its own accord."""
    return _adds(_OVERRIDE, file, base)


def varies(file: str, base: str) -> bool:
    return _adds(_VARIANT, file, base)


def _adds(shape: re.Pattern[str], file: str, base: str) -> bool:
    found = shape.fullmatch(posixpath.basename(file))
    return found is not None and base.rpartition(".")[0] == posixpath.join(posixpath.dirname(file), found[1])


def documents(file: str, workspace: Workspace) -> list[Node]:
    """The documents of a file, which Compose merges like files, in their order (compose-go, loader/loader.go); without
    those that are empty, unless all are. Raises SyntaxProblem and Unreadable."""
    text = workspace.text(file).text
    if "\n---" not in text and "\n..." not in text:
        return [workspace.document(file, yaml.parse).tree]
    every = workspace.document(file, yaml.parse_all).tree
    filled = [one for one in every if not isinstance(one, Scalar) or one.value is not None]
    return filled or every[:1] or [workspace.document(file, yaml.parse).tree]


def tree_of(file: str, workspace: Workspace) -> Mapping | None:
    """The file's mapping, of all its documents; None where it cannot be read, which is reported when its unit is."""
    try:
        tree, *others = documents(file, workspace)
    except (SyntaxProblem, Unreadable):
        return None
    if others and any(
        isinstance(one, Mapping) and not _ROOTS.isdisjoint(one.entries) for one in (tree, *others)
    ):
        tree = reduce(_together, others, tree)
    return tree if isinstance(tree, Mapping) else None


def _together(base: Node, over: Node) -> Node:
    """The keys of both, the later document's values where both have one."""
    if not (isinstance(base, Mapping) and isinstance(over, Mapping)):
        return over
    entries = dict(base.entries)
    for key, entry in over.entries.items():
        known = entries.get(key)
        entries[key] = entry if known is None else replace(entry, value=_together(known.value, entry.value))
    return Mapping(entries, base.span, base.flow, base.tag)


def partial(file: str, workspace: Workspace) -> bool:
    """Whether some service has neither an image nor a build: it needs a base."""
    services = key_path(tree_of(file, workspace), "services")
    if not isinstance(services, Mapping):
        return True
    complete = ("image", "build", "extends", "provider")
    return any(isinstance(e.value, Mapping) and not any(k in e.value for k in complete) for e in services)


def deployed(base: str, workspace: Workspace) -> tuple[Use, ...]:
    """The files that production runs with the base or instead of it, where something shows which; none where only Compose's
    own convention says so."""
    return workspace.kept(("compose layers", base), lambda: tuple(_deployed(base, workspace)))


def _deployed(base: str, workspace: Workspace) -> Iterator[Use]:
    folder = posixpath.dirname(base)
    beside = workspace.entries(folder)
    override = tuple(f for f in beside if overrides(f, base))
    named = {f: _production((base, f), Location(f, "")) for f in beside if _adds(_DEPLOYED, f, base)}
    if not override and not named:
        return
    told = [one for s in _starts(folder, workspace) if (one := _told(s, base, override, workspace))]
    # Whether a list says more than convention: it leaves an override out, or holds a file that is named for
    # production.
    found = {
        one.files: one
        for one in reversed(told)
        if (bool(override) and override[0] not in one.files)
        or any(_adds(_DEPLOYED, f, base) for f in one.files)
    }
    with_base = {file for files in found for file in files if base in files}
    for file, one in named.items():
        if file not in with_base and partial(file, workspace):
            found[one.files] = one
    if found:
        found |= {one.files: one for one in told if one.files == (base, *override)}
    yield from (found[files] for files in sorted(found))


def _starts(folder: str, workspace: Workspace) -> list[_Start]:
    """The commands that concern a folder, each once: its own and those of the root."""
    return [s for home in dict.fromkeys((folder, "")) for s in _of_home(home, workspace)]


def _of_home(home: str, workspace: Workspace) -> tuple[_Start, ...]:
    return workspace.kept(("compose starts", home), lambda: tuple(_found(home, workspace)))


def _found(home: str, workspace: Workspace) -> Iterator[_Start]:
    seen: set[tuple[str, ...]] = set()
    for command in commands_at(home, workspace):
        started = command.program == "stack" or (
            command.program == "compose" and not _STARTED.isdisjoint(command.words)
        )
        names = tuple(command.values("-f", "--file", "-c", "--compose-file"))
        aside = named_context(command.at.source) in (Context.DEVELOPMENT, Context.TEST)
        usual = not names and command.program == "compose" and command.automatic and "-f" not in command.words
        key = (posixpath.dirname(command.at.source), *names)
        if started and not aside and (names or usual) and key not in seen:
            seen.add(key)
            yield _Start(command, names)


def _told(start: _Start, base: str, override: tuple[str, ...], workspace: Workspace) -> Use | None:
    """The files that a command deploys, where they are the base's or stand in its place. One without files runs the base
    and its override; in notes that is what readers do on their own machines."""
    command, names = start.command, list(start.names)
    if not names:
        return _production((base, *override), command.at)
    if not any(
        f"/{base}".endswith(f"/{name.lstrip('./')}")
        or _DEPLOYED.fullmatch(posixpath.basename(name)) is not None
        for name in names
    ):
        return None
    files = command.paths(names, posixpath.dirname(base), workspace)
    if files is None or any(named_context(file) is not None for file in files):
        return None
    own = files[0] == base or any(_adds(_DEPLOYED, file, base) for file in files)
    return _production(files, command.at) if own else None


def _production(files: tuple[str, ...], shown: Location) -> Use:
    return Use(Context.PRODUCTION, files, shown)


def use(files: tuple[str, ...], workspace: Workspace) -> Use | None:
    """What files that are read together are for, where that shows in what is beside them."""
    base = files[0]
    lists = deployed(base, workspace) if is_base(base) else ()
    for one in lists:
        if one.files == files:
            return one
    variant = named_context(files[-1]) if len(files) > 1 else None
    if variant is not None:
        return Use(variant, files, Location(files[-1], ""))
    return Use(Context.DEVELOPMENT, files, lists[0].shown) if lists else None


def named_context(file: str) -> Context | None:
    """What the file's own name says that it is for. Pipelines are called `ci` whatever they do."""
    words = re.split(r"[._-]", posixpath.basename(file))[:-1]
    found = (Context.named(word) for word in words if word != "ci" or varied(file))
    return next((one for one in found if one is not None), None)


def varied(file: str) -> bool:
    return _VARIANT.fullmatch(posixpath.basename(file)) is not None
