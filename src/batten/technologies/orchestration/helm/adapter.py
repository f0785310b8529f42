"""Helm charts: facts of the objects that they make, and remedies into their templates and values."""

from __future__ import annotations

import posixpath
import re
from bisect import bisect
from collections.abc import Iterable, Iterator, Sequence
from importlib import import_module

from batten.cell import NotAsked
from batten.cell.programs import installed
from batten.controls._hardening import KeepCapabilities
from batten.facts import Fact, in_context
from batten.formats import Unreadable, Workspace, yaml
from batten.model import Context, Edit, Fix, Location, Problem, Remedy, RequireAuth, Safety, Span
from batten.patterns import fits
from batten.technologies import Unit
from batten.technologies.orchestration.helm.chart import files_of, given, rendered
from batten.technologies.orchestration.helm.conditions import unsafe
from batten.technologies.orchestration.helm.installed import lists
from batten.technologies.orchestration.kubernetes import adapter as kubernetes
from batten.technologies.orchestration.kubernetes.objects import objects_in
from batten.technologies.shared.inventory import unread
from batten.technologies.shared.rendering.text import Rendering

_SECRET = re.compile(r"secretKeyRef:[ \t\n{]*name: ([\w.-]+)")
_WORD = re.compile(r"\b[A-Za-z]\w+")
_TAKEN = re.compile(r"\.Files\.(?:Get|Glob|Lines|GetBytes)\s+\"([^\"\n]{1,200})\"")
_KEY = re.compile(r"\n+( *)([\w./-]+):")


def units(files: Sequence[str], workspace: Workspace) -> Iterator[Unit]:
    """One for each chart that lies in no other's charts/ folder, and for each way in which production installs it: its main
    file, the files of values that are laid over its own, and its own."""
    folders = {posixpath.dirname(f) for f in files}
    for file in files:
        folder = posixpath.dirname(file)
        above = posixpath.dirname(posixpath.dirname(folder))
        inside = posixpath.basename(posixpath.dirname(folder)) == "charts" and above in folders
        if not inside:
            others = [p for p in files_of(folder, workspace) if p != file]
            for use in lists(folder, workspace) or (None,):
                values = use.files[1:] if use is not None else ()
                yield Unit("helm", (file, *values, *(o for o in others if o not in values)), use)


def mounted_files(paths: Iterable[str], workspace: Workspace) -> frozenset[str]:
    """Files of charts that templates put into what they make, and pods mount from there."""
    listed = sorted(paths)
    found: set[str] = set()
    for path in listed:
        chart = posixpath.dirname(path)
        if posixpath.basename(path) != "Chart.yaml":
            continue
        own = _below(chart, listed)
        templates = _below(posixpath.join(chart, "templates"), own)
        named = {
            posixpath.join(chart, name.lstrip("/")) for path in templates for name in _taken(path, workspace)
        }
        found.update(p for p in own if any(fits(p, name) for name in named))
    return frozenset(found)


def _below(folder: str, ordered: list[str]) -> list[str]:
    if not folder:
        return ordered
    return ordered[
        bisect(ordered, f"{folder}/") : bisect(ordered, f"{folder}0")
    ]  # what follows a slash is a zero


def _taken(path: str, workspace: Workspace) -> list[str]:
    """Names and patterns of files of the chart that a template takes."""
    try:
        return _TAKEN.findall(workspace.text(path).text)
    except Unreadable:
        return []


def read(unit: Unit, workspace: Workspace) -> Iterator[Fact | Problem]:
    """The facts of what the chart makes of the values that it is installed with. Raises SyntaxProblem and Unreadable of Chart.yaml."""
    made, problems = _made(unit, workspace)
    yield from problems
    yield from made.relocated(_facts(made, unit, _laid(made, workspace)))


def _made(unit: Unit, workspace: Workspace) -> tuple[Rendering, list[Problem]]:
    """What helm makes of the chart, where it is installed, with the places of batten's own reading; else that reading."""
    folder = posixpath.dirname(unit.main)
    made, problems = rendered(folder, workspace, given(unit, workspace))
    if installed("helm") is None:
        return made, problems
    # What runs programs is only loaded where one is asked.
    command = import_module("batten.technologies.orchestration.helm.command")
    answer = command.asked(unit, workspace, made, doubtful=bool(problems))
    if isinstance(answer, Rendering):
        return answer, []
    if isinstance(answer, NotAsked) and problems:
        hint = "batten could not render the chart, so its objects were not reviewed"
        return made, [*problems, Problem(unit.main, "read", str(answer), hint=hint)]
    return made, problems


def _laid(made: Rendering, workspace: Workspace) -> Workspace:
    return workspace.with_overlay({made.path: made.text})


def _facts(made: Rendering, unit: Unit, laid: Workspace) -> Iterator[Fact | Problem]:
    found = [o for root in yaml.parse_all(made.text, later=True) for o in objects_in(root, made.path)]
    # A test of the release: it runs when somebody asks for it. Source: https://helm.sh/docs/topics/chart_tests/
    tests = {o.pointer for o in found if "test" in o.annotations.get("helm.sh/hook", "")}
    for fact in kubernetes.facts(found, laid, unit.main):
        if isinstance(fact, Fact) and fact.at.pointer.partition("/")[0] in tests:
            yield in_context(fact, Context.TEST)
        else:
            yield fact


def settings(unit: Unit, workspace: Workspace) -> Iterator[tuple[str, Location]]:
    """Functions that the inventory calls not read, where an action of a template holds one."""
    words = {one.last: name for name, one in unread("helm").items()}
    for path in unit.files[1:]:
        text = workspace.text(path).text
        for found in _WORD.finditer(text):
            if found[0] in words and "{{" in text[text.rfind("\n", 0, found.start()) + 1 : found.start()]:
                yield words[found[0]], Location(path, "", Span(*found.span()))


def _clashes(edit: Edit, workspace: Workspace) -> bool:
    """Whether the key that is added stands in the template already, in a branch that these values do not take."""
    added = _KEY.match(edit.text)
    if added is None or edit.span.start != edit.span.end or "/templates/" not in f"/{edit.source}":
        return False
    keys = workspace.kept(("helm keys", edit.source), lambda: _keys(workspace.text(edit.source).text))
    return added[1] + added[2] in keys


def _keys(text: str) -> frozenset[str]:
    """What each line says before its first colon, its indent included."""
    return frozenset(line.partition(":")[0] for line in text.split("\n") if ":" in line)


def _placed(unit: Unit, workspace: Workspace) -> tuple[Rendering, Workspace]:
    """The rendering, once it is known what every place was in the text; for all fixes of the chart."""
    made, _ = _made(unit, workspace)
    laid = _laid(made, workspace)
    for _fact in made.relocated(_facts(made, unit, laid)):
        pass
    return made, laid


def write(unit: Unit, workspace: Workspace, remedy: Remedy, at: Location) -> Fix | None:
    """The fix of the objects, carried back to the templates and values that they are made of."""
    made, laid = workspace.kept(("helm placed", unit), lambda: _placed(unit, workspace))
    place = made.places.get(at)
    if place is None:
        return None
    fix = kubernetes.write(Unit("kubernetes", (made.path,)), laid, remedy, place)
    if fix is None:
        return None
    if isinstance(remedy, RequireAuth):
        # Whether the names of Secrets in the fix are written in the chart as they are, not made of the release's
        # name.
        texts = [workspace.text(path).text for path in unit.files if workspace.exists(path)]
        names = [name for edit in fix.edits for name in _SECRET.findall(edit.text)]
        written_so = all(
            any(
                re.search(rf":[ \t]*[\"']?{re.escape(name)}[\"']?[ \t,}}]*$", text, re.MULTILINE)
                for text in texts
            )
            for name in names
        )
        if not written_so:
            question = "which Secret holds the credential? Its name depends on the release: write it as the chart's templates do"
            return Fix(fix.title, (), safety=Safety.VALUE, question=question)
    edits: list[Edit] = []
    for edit in fix.edits:
        carried = made.edit(edit, workspace)
        if carried is None or _clashes(carried, workspace):
            return None
        if unsafe(carried, at, workspace):
            question = f"under which conditions of `{carried.source}` does the chart make this part? Write it there by hand"
            return Fix(fix.title, (), safety=Safety.VALUE, question=question)
        edits.append(carried)
    if fix.safety is Safety.SAFE and isinstance(remedy, KeepCapabilities):
        breaks = "containers of other images that the template makes, by other values of the chart"
        return Fix(fix.title, tuple(edits), safety=Safety.RISKY, breaks=breaks)
    return Fix(fix.title, tuple(edits), safety=fix.safety, breaks=fix.breaks, question=fix.question)
