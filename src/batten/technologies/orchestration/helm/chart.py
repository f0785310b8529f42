"""The text that all templates of a chart, and of the charts below it, make.

Source: https://helm.sh/docs/topics/charts/
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from batten.formats import SyntaxProblem, Unreadable, Workspace, yaml
from batten.model import Problem, Span
from batten.technologies import Unit
from batten.technologies.orchestration.helm.archives import unpacked
from batten.technologies.orchestration.helm.context import contexts
from batten.technologies.orchestration.helm.dependencies import settled
from batten.technologies.orchestration.helm.output import Output
from batten.technologies.orchestration.helm.render import Engine, Template, TooMuch
from batten.technologies.orchestration.helm.tree import (
    DEEPEST,
    Chart,
    below_of,
    loaded,
    partial,
    release,
    templates,
    templates_of,
    values_in,
)
from batten.technologies.orchestration.helm.values import Value, overlaid
from batten.technologies.shared.rendering.text import Piece, Rendering


@dataclass(slots=True)
class Charts:
    """A tree of charts while it is rendered. `paths` are the templates' paths by the names that Helm gives them."""

    root: Chart
    workspace: Workspace
    engine: Engine = field(default_factory=Engine)
    problems: list[Problem] = field(default_factory=list)
    paths: dict[str, str] = field(default_factory=dict)
    made: dict[str, Output] = field(default_factory=dict)


def files_of(folder: str, workspace: Workspace, depth: int = 0) -> Iterator[str]:
    """Chart.yaml, values.yaml and templates of a chart, and those of the charts in it."""
    for name in ("Chart.yaml", "values.yaml"):
        path = posixpath.join(folder, name)
        if workspace.exists(path):
            yield path
    yield from templates(posixpath.join(folder, "templates"), workspace)
    for below in below_of(folder, workspace) if depth < DEEPEST else ():
        yield from files_of(below, workspace, depth + 1)


def given(unit: Unit, workspace: Workspace) -> tuple[str, ...]:
    """The files of values that a unit lays over those of the chart."""
    own = frozenset(files_of(posixpath.dirname(unit.main), workspace))
    return tuple(file for file in unit.files[1:] if file not in own)


def rendered(folder: str, workspace: Workspace, over: Sequence[str] = ()) -> tuple[Rendering, list[Problem]]:
    """What the chart's templates make of its own values with those of the files `over` laid over them. Raises SyntaxProblem
    and Unreadable of Chart.yaml."""
    problems: list[Problem] = []
    laid, packed = unpacked(folder, workspace, problems)
    charts = Charts(loaded(folder, laid, problems), laid, problems=problems)
    told = Value({})
    for path in over:
        told = overlaid(told, values_in(path, workspace, problems))
    try:
        values = settled(charts.root, told)
        _run(charts, values)
    except (TooMuch, RecursionError):
        hint = "list the chart under `ignore:` in batten.yaml, or review the output of `helm template`"
        main = charts.root.path("Chart.yaml")
        problems.append(Problem(main, "read", "its templates do not terminate", hint=hint))
    # The texts of all templates as one stream, in the order of the tree; what is no YAML is left out and told.
    pieces: list[Piece] = []
    parts: list[str] = []
    length = 0
    spans: dict[str, Span] = {}
    for name in [n for n in charts.paths if n in charts.made]:
        output = charts.made[name]
        joined_made = "".join(output.parts)
        if not joined_made.strip() or not _is_yaml(charts, joined_made, output.pieces):
            continue
        parts.append("\n---\n")
        length += 5
        pieces += [replace(p, start=p.start + length, end=p.end + length) for p in output.pieces]
        parts.append(joined_made)
        spans[name] = Span(length, length + len(joined_made))
        length += len(joined_made)
    made = Rendering(charts.root.path("Chart.yaml") + "#rendered.yaml", "".join(parts), pieces, parts=spans)
    found = [*problems, *charts.engine.problems]
    return packed.home(made), [packed.told(p) for p in found]


def _run(charts: Charts, values: Value) -> None:
    """All files are read first: charts share what they define. Helm goes from the innermost charts outwards, against the
    alphabet, and so decides which definition is the last."""
    owners: dict[str, Chart] = {}
    for chart in charts.root.each():
        for path in templates_of(chart, charts.workspace):
            name = chart.full + path[len(chart.folder) :] if chart.folder else f"{chart.full}/{path}"
            owners[name], charts.paths[name] = chart, path
    order = sorted(owners, key=lambda name: (name.count("/"), name), reverse=True)
    read = {name: template for name in order if (template := _load(charts, name)) is not None}
    charts.engine.named |= read
    given = contexts(charts.root, values, release(charts.root.meta), charts.workspace)
    for name, template in read.items():
        if not partial(name):
            context = given[owners[name].full].data
            assert isinstance(context, dict)
            base = Value(f"{owners[name].full}/templates")
            about = Value({"Name": Value(name), "BasePath": base})
            output = charts.engine.render(template, Value({**context, "Template": about}))
            charts.engine.made += output.length
            charts.made[name] = output


def _load(charts: Charts, name: str) -> Template | None:
    path = charts.paths[name]
    try:
        return charts.engine.load(path, charts.workspace.text(path).text)
    except Unreadable as error:
        charts.problems.append(Problem(path, "parse", str(error), hint=error.hint, line=error.line))
        return None


def _is_yaml(charts: Charts, made: str, pieces: list[Piece]) -> bool:
    try:
        yaml.parse_all(made, later=True)
    except SyntaxProblem as error:
        span = Span(min(error.offset, len(made)), min(error.offset, len(made)))
        place = Rendering("", made, pieces).home(span)
        line = charts.workspace.text(place[0]).line_of(place[1].start)
        message = f"the output of this template is not valid YAML: {error}"
        hint = "install helm, so that batten can run it, or review the output of `helm template`"
        charts.problems.append(Problem(place[0], "parse", message, hint=hint, line=line))
        return False
    return True
