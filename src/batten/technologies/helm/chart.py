"""A chart and the charts below it: values laid over each other, and the text that all templates make.

Source: https://helm.sh/docs/topics/charts/
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from batten.formats import SyntaxProblem, Unreadable, Workspace, yaml
from batten.formats.workspace import parse_problem
from batten.model import Problem, Span
from batten.technologies import Unit
from batten.technologies._rendering.text import Piece, Rendering
from batten.technologies.helm.functions import wrapped
from batten.technologies.helm.render import Engine, Output, Template, TooMuch
from batten.technologies.helm.values import NIL, UNKNOWN_VALUE, Value, overlaid, value_of

_MOST = 500  # templates of a chart
_DEEPEST = 5
_APIS = (
    "v1", "apps/v1", "batch/v1", "autoscaling/v2", "networking.k8s.io/v1", "networking.k8s.io/v1/Ingress", "policy/v1",
    "policy/v1/PodDisruptionBudget", "rbac.authorization.k8s.io/v1", "apiextensions.k8s.io/v1", "storage.k8s.io/v1",
    "autoscaling/v2/HorizontalPodAutoscaler", "batch/v1/CronJob", "apps/v1/Deployment",
)  # fmt: skip
_GONE = (
    "extensions/v1beta1", "networking.k8s.io/v1beta1", "policy/v1beta1", "policy/v1beta1/PodSecurityPolicy", "batch/v1beta1",
    "extensions/v1beta1/Ingress", "networking.k8s.io/v1beta1/Ingress", "apps/v1beta1", "apps/v1beta2", "autoscaling/v2beta1",
    "autoscaling/v2beta2", "policy/v1beta1/PodDisruptionBudget", "batch/v1beta1/CronJob", "extensions/v1beta1/PodSecurityPolicy",
)  # fmt: skip


@dataclass(slots=True)
class Chart:
    """`folder` is "" at the root."""

    folder: str
    workspace: Workspace
    engine: Engine = field(default_factory=Engine)
    documents: list[tuple[str, Output]] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    def path(self, *names: str) -> str:
        return posixpath.join(self.folder, *names)


def files_of(folder: str, workspace: Workspace, depth: int = 0) -> Iterator[str]:
    """Chart.yaml, values.yaml and templates of a chart, and those of the charts in it."""
    for name in ("Chart.yaml", "values.yaml"):
        path = posixpath.join(folder, name)
        if workspace.exists(path):
            yield path
    yield from templates(posixpath.join(folder, "templates"), workspace)
    for below in below_of(folder, workspace) if depth < _DEEPEST else ():
        yield from files_of(below, workspace, depth + 1)


def templates(folder: str, workspace: Workspace, depth: int = 0) -> Iterator[str]:
    for path in workspace.entries(folder):
        if workspace.exists(path):
            if path.endswith((".yaml", ".yml", ".tpl")):
                yield path
        elif depth < _DEEPEST:
            yield from templates(path, workspace, depth + 1)


def below_of(folder: str, workspace: Workspace) -> list[str]:
    places = workspace.entries(posixpath.join(folder, "charts"))
    return [p for p in places if workspace.exists(posixpath.join(p, "Chart.yaml"))]


def given(unit: Unit, workspace: Workspace) -> tuple[str, ...]:
    """The files of values that a unit lays over those of the chart."""
    own = frozenset(files_of(posixpath.dirname(unit.main), workspace))
    return tuple(file for file in unit.files[1:] if file not in own)


def rendered(folder: str, workspace: Workspace, over: Sequence[str] = ()) -> tuple[Rendering, list[Problem]]:
    """What the chart's templates make of its own values with those of the files `over` laid over them. Raises SyntaxProblem
    and Unreadable of Chart.yaml."""
    chart = Chart(folder, workspace)
    meta = value_of(workspace.document(chart.path("Chart.yaml"), yaml.parse).tree, chart.path("Chart.yaml"))
    values = _values(chart, posixpath.join(folder, "values.yaml"))
    for path in over:
        values = overlaid(values, _values(chart, path))
    try:
        _define(chart, folder, 0)
        _render(chart, folder, meta, values, 0)
    except TooMuch:
        hint = "list the chart under `ignore:` in batten.yaml, or review the output of `helm template`"
        chart.problems.append(
            Problem(chart.path("Chart.yaml"), "read", "its templates do not terminate", hint=hint)
        )
    return _joined(chart), [*chart.problems, *chart.engine.problems]


def _values(chart: Chart, path: str) -> Value:
    if not chart.workspace.exists(path):
        return Value({})
    try:
        made = value_of(chart.workspace.document(path, yaml.parse).tree, path)
        return made if isinstance(made.data, dict) else Value({})
    except (SyntaxProblem, Unreadable) as error:
        chart.problems.append(parse_problem(path, error, chart.workspace))
    return UNKNOWN_VALUE


def _define(chart: Chart, folder: str, depth: int) -> None:
    """Load every file's definitions: all charts share them; the outer chart's win."""
    for below in below_of(folder, chart.workspace) if depth < _DEEPEST else ():
        _define(chart, below, depth + 1)
    for path in templates(posixpath.join(folder, "templates"), chart.workspace):
        if path.endswith(".tpl") or posixpath.basename(path).startswith("_"):
            _load(chart, path)


def _load(chart: Chart, path: str) -> Template | None:
    try:
        return chart.engine.load(path, chart.workspace.text(path).text)
    except Unreadable as error:
        chart.problems.append(Problem(path, "parse", str(error), hint=error.hint, line=error.line))
        return None


def _render(chart: Chart, folder: str, meta: Value, values: Value, depth: int) -> None:
    context = _context(chart, folder, meta, values)
    paths = list(templates(posixpath.join(folder, "templates"), chart.workspace))[:_MOST]
    files = [p for p in paths if not posixpath.basename(p).startswith("_") and not p.endswith(".tpl")]
    loaded = [(p, _load(chart, p)) for p in files]
    for path, template in loaded:
        if template is not None:
            name = Value({"Name": Value(path), "BasePath": Value(posixpath.dirname(path))})
            assert isinstance(context.data, dict)
            known: dict[str, Value] = {**context.data, "Template": name}
            output = chart.engine.render(template, Value(known))
            chart.engine.made += output.length
            chart.documents.append((path, output))
    for below in below_of(folder, chart.workspace) if depth < _DEEPEST else ():
        _render_below(chart, below, meta, values, depth)


def _render_below(chart: Chart, folder: str, meta: Value, values: Value, depth: int) -> None:
    """A chart below takes its values from the key of its name, unless its condition is off."""
    path = posixpath.join(folder, "Chart.yaml")
    try:
        own = value_of(chart.workspace.document(path, yaml.parse).tree, path)
    except (SyntaxProblem, Unreadable) as error:
        chart.problems.append(Problem(path, "parse", str(error), hint=error.hint))
        return
    name = _get(own, "name").text or posixpath.basename(folder)
    dependency = _dependency(meta, name)
    condition = _get(dependency, "condition").text
    if condition and not _path(values, condition.split(",")[0].strip()).true:
        return
    told = _get(values, _get(dependency, "alias").text or name)
    inner = _values(chart, posixpath.join(folder, "values.yaml"))
    inner = overlaid(inner, told) if isinstance(told.data, dict) else inner
    if isinstance(inner.data, dict) and _get(values, "global").data is not None:
        inner = overlaid(inner, Value({"global": _get(values, "global")}))
    _render(chart, folder, own, inner, depth + 1)


def _dependency(meta: Value, name: str) -> Value:
    listed = _get(meta, "dependencies").data
    found = (d for d in listed if _get(d, "name").text == name) if isinstance(listed, list) else iter(())
    return next(found, NIL)


def _get(value: Value, key: str) -> Value:
    return value.data.get(key, NIL) if isinstance(value.data, dict) else NIL


def _path(value: Value, dotted: str) -> Value:
    for key in dotted.split("."):
        value = _get(value, key)
    return value


def _context(chart: Chart, folder: str, meta: Value, values: Value) -> Value:
    about = {k[:1].upper() + k[1:]: v for k, v in meta.data.items()} if isinstance(meta.data, dict) else {}
    name = _get(meta, "name").text
    release = {
        "Name": name,
        "Namespace": "default",
        "Service": "Helm",
        "IsInstall": True,
        "IsUpgrade": False,
        "Revision": 1,
    }
    version = {"Version": "v1.31.0", "GitVersion": "v1.31.0", "Major": "1", "Minor": "31"}
    has = {**dict.fromkeys(_APIS, True), **dict.fromkeys(_GONE, False)}
    capabilities = wrapped(
        {"KubeVersion": version, "APIVersions": {"Has": {"()": has}}, "HelmVersion": {"Version": "v3.16.0"}}
    )
    return Value(
        {
            "Values": values,
            "Chart": Value(about),
            "Release": wrapped(release),
            "Capabilities": capabilities,
            "Files": Value(
                {
                    name: Value({"()": UNKNOWN_VALUE})
                    for name in ("Get", "Glob", "GetBytes", "Lines", "AsConfig")
                }
            ),
            "Subcharts": UNKNOWN_VALUE,
        }
    )


def _joined(chart: Chart) -> Rendering:
    """The texts of all templates as one stream; what is no YAML is left out and told."""
    text, pieces = "", []
    parts: list[str] = []
    length = 0
    for path, output in chart.documents:
        made = "".join(output.parts)
        if not made.strip() or not _is_yaml(chart, path, made, output.pieces):
            continue
        parts.append("\n---\n")
        length += 5
        pieces += [replace(p, start=p.start + length, end=p.end + length) for p in output.pieces]
        parts.append(made)
        length += len(made)
    text = "".join(parts)
    return Rendering(chart.path("Chart.yaml") + "#rendered", text, pieces)


def _is_yaml(chart: Chart, path: str, made: str, pieces: list[Piece]) -> bool:
    try:
        yaml.parse_all(made)
    except SyntaxProblem as error:
        span = Span(min(error.offset, len(made)), min(error.offset, len(made)))
        found = Rendering("", made, pieces)
        place = found.home(span)
        line = chart.workspace.text(place[0]).line_of(place[1].start)
        message = f"the output of this template is not valid YAML: {error}"
        hint = "install helm, so that batten can run it, or review the output of `helm template`"
        chart.problems.append(Problem(place[0], "parse", message, hint=hint, line=line))
        return False
    return True
