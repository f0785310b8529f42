"""Units of systemd: services that answer requests, and the daemons that run others."""

from __future__ import annotations

from collections.abc import Iterator

from batten.facts import Fact, Feature, Secret
from batten.formats import Workspace
from batten.model import Fix, Location, Problem, Remedy, Setting, Span
from batten.technologies import Unit
from batten.technologies.orchestration.systemd import controls as controls
from batten.technologies.orchestration.systemd import stores
from batten.technologies.orchestration.systemd.containers import containers
from batten.technologies.orchestration.systemd.daemons import daemons
from batten.technologies.orchestration.systemd.remedies import fix_of
from batten.technologies.orchestration.systemd.unit import UnitFile, known, service_unit
from batten.technologies.shared.containers import switches
from batten.technologies.shared.containers import variables as variable_facts
from batten.technologies.shared.processes.words import process_facts
from batten.technologies.shared.secrets import commands as typed_commands
from batten.technologies.shared.secrets import credentials, urls
from batten.technologies.shared.stores.command_line import fix_of_word

_LONGEST = 4000  # characters of a command that are looked at


def read(unit: Unit, workspace: Workspace) -> Iterator[Fact | Problem]:
    """The facts of a unit file. Raises SyntaxProblem and Unreadable."""
    found = UnitFile(unit.main, workspace)
    own = service_unit(found)
    if own is not None:
        yield own
    yield from variables(found)
    yield from commands(found)
    yield from daemons(found)
    yield from containers(found, workspace)
    yield from stores.stores(found, workspace)


def variables(unit: UnitFile) -> Iterator[Fact]:
    for name, value, word, _ in unit.variables():
        at = Location(unit.path, f"Service/Environment[{name}]", word.span)
        held = credentials.found(name, value)
        if held is not None:
            yield credentials.in_config(at, name, held)
        connection = urls.connection(name, value, at)
        if connection is not None:
            yield connection
        yield from variable_facts.switched(name, value, at)


def commands(unit: UnitFile) -> Iterator[Fact]:
    """Credentials that are typed in a command, and modes for developers."""
    for command in unit.commands():
        start, end = command.pair.value_span.start, command.pair.value_span.end
        for typed in typed_commands.typed(unit.source.text[start : min(end, start + _LONGEST)]):
            span = Span(start + typed.span.start, start + typed.span.end)
            if known(unit.source.text[span.start : span.end]):
                at = Location(unit.path, f"Service/{command.key}[{typed.name}]", span)
                yield Secret(at, name=typed.name, value=Setting(typed.kind, at), place="config")
        for number, feature, what in switches.debug_words([w.text for w in command.words]):
            word = command.words[number]
            at = Location(unit.path, f"Service/{command.key}[{word.text}]", word.span)
            yield Feature(at, feature, Setting(True, at), what)
        places = ((w, Location(unit.path, f"Service/{command.key}", w.span)) for w in command.words)
        yield from process_facts([(w.text, at) for w, at in places])


def write(unit: Unit, workspace: Workspace, remedy: Remedy, at: Location) -> Fix | None:
    """The edits that make the remedy true at that place, or None."""
    if (word := fix_of_word(workspace, remedy, at)) is not None:
        return word
    found = workspace.kept(("systemd", unit.main), lambda: UnitFile(unit.main, workspace))
    return stores.fix_of(found, remedy, at) or fix_of(found, remedy, at)
