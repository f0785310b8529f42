"""A chart and the charts below it, as files say them.

Source: https://helm.sh/docs/topics/charts/
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from batten.formats import SyntaxProblem, Unreadable, Workspace, yaml
from batten.formats.workspace import parse_problem
from batten.model import Problem
from batten.technologies.orchestration.helm.ignoring import ignoring
from batten.technologies.orchestration.helm.values import NIL, UNKNOWN_VALUE, Value, value_of, without_nulls

DEEPEST = 5  # charts in charts
_MOST = 500  # templates of a chart
_RELEASE = re.compile(r"[a-z0-9](?:[-a-z0-9]{0,51}[a-z0-9])?")
_RENDERED = (".yaml", ".yml", ".json", ".tpl")


@dataclass(slots=True)
class Chart:
    """`folder` is "" at the root; `full` is the path that templates of Helm's are named with."""

    name: str
    folder: str
    full: str
    meta: Value
    values: Value
    below: list[Chart] = field(default_factory=list)

    @property
    def library(self) -> bool:
        return text_of(self.meta, "type").lower() == "library"

    def path(self, *names: str) -> str:
        return posixpath.join(self.folder, *names)

    def under(self, name: str, parent: str) -> Chart:
        """The same chart by another name, below another one."""
        full = f"{parent}/charts/{name}"
        below = [b.under(b.name, full) for b in self.below]
        return Chart(name, self.folder, full, self.meta, self.values, below)

    def each(self) -> Iterator[Chart]:
        yield self
        for below in self.below:
            yield from below.each()


def get(value: Value, key: str) -> Value:
    return value.data.get(key, NIL) if isinstance(value.data, dict) else NIL


def text_of(value: Value, key: str) -> str:
    return get(value, key).text


def dependencies(meta: Value) -> list[Value]:
    listed = get(meta, "dependencies").data
    return listed if isinstance(listed, list) else []


def release(meta: Value) -> str:
    """The name under which a chart is rendered: its own, where Helm takes that for a release."""
    name = text_of(meta, "name")
    return name if _RELEASE.fullmatch(name) else "chart"


def templates(folder: str, workspace: Workspace, depth: int = 0) -> Iterator[str]:
    for path in workspace.entries(folder):
        if posixpath.basename(path).startswith("."):
            continue
        if workspace.exists(path):
            if path.endswith(_RENDERED):
                yield path
        elif depth < DEEPEST:
            yield from templates(path, workspace, depth + 1)


def templates_of(chart: Chart, workspace: Workspace) -> list[str]:
    """The chart's templates; of a library only those that others include."""
    ignored = ignoring(chart.folder, workspace)
    named = templates(chart.path("templates"), workspace)
    found = [p for p in named if not ignored(posixpath.relpath(p, chart.folder or "."))][:_MOST]
    return [p for p in found if partial(p)] if chart.library else found


def partial(path: str) -> bool:
    return posixpath.basename(path).startswith("_")


def below_of(folder: str, workspace: Workspace) -> list[str]:
    places = workspace.entries(posixpath.join(folder, "charts"))
    used = (p for p in places if not posixpath.basename(p).startswith(("_", ".")))
    return [p for p in used if workspace.exists(posixpath.join(p, "Chart.yaml"))]


def loaded(folder: str, workspace: Workspace, problems: list[Problem]) -> Chart:
    """The chart of a folder. Raises SyntaxProblem and Unreadable of its Chart.yaml."""
    meta = _meta(folder, workspace)
    return _loaded(folder, text_of(meta, "name"), meta, workspace, problems)


def _loaded(folder: str, full: str, meta: Value, workspace: Workspace, problems: list[Problem]) -> Chart:
    values = values_in(posixpath.join(folder, "values.yaml"), workspace, problems)
    chart = Chart(text_of(meta, "name"), folder, full, meta, without_nulls(values))
    for below in below_of(folder, workspace) if full.count("/charts/") < DEEPEST else ():
        path = posixpath.join(below, "Chart.yaml")
        try:
            own = _meta(below, workspace)
        except (SyntaxProblem, Unreadable) as error:
            problems.append(Problem(path, "parse", str(error), hint=error.hint))
            continue
        name = text_of(own, "name") or posixpath.basename(below)
        chart.below.append(_loaded(below, f"{full}/charts/{name}", own, workspace, problems))
        chart.below[-1].name = name
    return chart


def _meta(folder: str, workspace: Workspace) -> Value:
    """Chart.yaml, with the dependencies that a chart of Helm 2 names in a file of its own."""
    path, older = (posixpath.join(folder, name) for name in ("Chart.yaml", "requirements.yaml"))
    meta = _read(path, workspace)
    if isinstance(meta.data, dict) and "dependencies" not in meta.data and workspace.exists(older):
        meta.data["dependencies"] = get(_read(older, workspace), "dependencies")
    return meta


def _read(path: str, workspace: Workspace) -> Value:
    document = workspace.document(path, yaml.parse)
    return value_of(document.tree, path, document.source.text)


def values_in(path: str, workspace: Workspace, problems: list[Problem]) -> Value:
    """A file of values; unknown where it cannot be read, which is told."""
    if not workspace.exists(path):
        return Value({})
    try:
        made = _read(path, workspace)
        return made if isinstance(made.data, dict) else Value({})
    except (SyntaxProblem, Unreadable) as error:
        problems.append(parse_problem(path, error, workspace))
    return UNKNOWN_VALUE
