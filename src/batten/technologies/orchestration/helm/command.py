"""`helm template`, asked in its cell where helm is installed: with no configuration, plug-in, repository or post-renderer, of the
user's or of the chart's.

Source: https://helm.sh/docs/helm/helm_template/
"""

from __future__ import annotations

import json
import posixpath
from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path

from batten.cell import COPY, MIB, ROOM, Answer, Bounds, NotAsked, Order
from batten.cell.keeper import run
from batten.cell.programs import installed
from batten.formats import SyntaxProblem, Unreadable, Workspace, yaml
from batten.technologies import Unit
from batten.technologies.orchestration.helm.chart import given
from batten.technologies.orchestration.helm.traced import traced
from batten.technologies.orchestration.helm.tree import DEEPEST, below_of, dependencies, release, text_of
from batten.technologies.orchestration.helm.values import Value, value_of
from batten.technologies.shared.rendering.text import Rendering

_BOUNDS = Bounds(seconds=30.0, processor=30, memory=2048 * MIB, output=32 * MIB)
# Where helm looks for its own things; all of it is empty.
_ENVIRONMENT = {
    "HELM_CACHE_HOME": f"{ROOM}/cache",
    "HELM_CONFIG_HOME": f"{ROOM}/config",
    "HELM_DATA_HOME": f"{ROOM}/data",
    "HELM_PLUGINS": f"{ROOM}/plugins",
    "HELM_REGISTRY_CONFIG": f"{ROOM}/registry.json",
    "HELM_REPOSITORY_CACHE": f"{ROOM}/repositories",
    "HELM_REPOSITORY_CONFIG": f"{ROOM}/repositories.yaml",
    "KUBECONFIG": "/dev/null",
}
_MOST_ASKED = 30  # charts of one workspace
_MOST_FILES, _LARGEST = 2000, 16 * MIB  # of one chart
# They would make helm refuse the chart for what only concerns who installs it.
_LEFT_OUT = ("NOTES.txt", "values.schema.json", "Chart.lock", "requirements.lock")

_Files = tuple[tuple[str, bytes], ...]


def asked(unit: Unit, workspace: Workspace, own: Rendering, *, doubtful: bool) -> Rendering | NotAsked | None:
    """What helm makes of the chart, with the way back to its files; None when it is not here or refuses. `doubtful`: batten's own
    rendering is not whole, so a second run shows what chance decides."""
    helm = installed("helm")
    if helm is None or not _turn(workspace):
        return None
    folder = posixpath.dirname(unit.main)
    try:
        meta = _meta(unit.main, workspace)
        over: Sequence[str] = given(unit, workspace)
        files = tuple(
            sorted(
                (
                    _own(folder, meta, workspace)
                    | {f"values/{n}.yaml": workspace.text(file).text.encode() for n, file in enumerate(over)}
                ).items()
            )
        )
    except (Unreadable, SyntaxProblem, UnicodeEncodeError):
        return None
    texts: list[str] = []
    for number in range(2 if doubtful else 1):
        answer = _answer(helm, release(meta), len(given(unit, workspace)), files, number)
        if isinstance(answer, NotAsked):
            return answer
        if answer.code != 0:
            return None
        texts.append(answer.output)
    return traced(texts, own, unit.main, workspace)


def _turn(workspace: Workspace) -> bool:
    """Whether helm may be asked once more for this workspace."""
    count: list[int] = workspace.kept(("helm asked",), lambda: [0])
    count[0] += 1
    return count[0] <= _MOST_ASKED


@lru_cache(maxsize=8)
def _answer(helm: Path, name: str, over: int, files: _Files, number: int) -> Answer | NotAsked:
    """What helm says of these files; kept, for a fix looks at the same chart again."""
    laid = (word for n in range(over) for word in ("-f", f"{COPY}/values/{n}.yaml"))
    arguments = ("template", name, f"{COPY}/chart", *laid)
    return run(Order(helm, arguments, dict(files), environment=_ENVIRONMENT, bounds=_BOUNDS, reserves=True))


def _meta(path: str, workspace: Workspace) -> Value:
    document = workspace.document(path, yaml.parse)
    return value_of(document.tree, path, document.source.text)


def _own(folder: str, meta: Value, workspace: Workspace) -> dict[str, bytes]:
    """The chart's files as the workspace shows them: an overlay is not on disk."""
    made: dict[str, bytes] = {}
    size = 0
    for path in _walked(folder, workspace):
        data = workspace.text(path).text.encode() if path in workspace.overlay else workspace.data(path)
        size += len(data)
        if size > _LARGEST or len(made) >= _MOST_FILES:
            raise Unreadable(path, "the chart is too large")
        made[f"chart/{posixpath.relpath(path, folder or '.')}"] = data
    there = {_name(p, workspace) for p in below_of(folder, workspace)}
    packed = [
        posixpath.basename(p)
        for p in workspace.entries(posixpath.join(folder, "charts"))
        if p.endswith(".tgz")
    ]
    asked_for = dependencies(meta)
    here = [
        d
        for d in asked_for
        if text_of(d, "name") in there or any(p.startswith(text_of(d, "name") + "-") for p in packed)
    ]
    if len(here) < len(asked_for) and isinstance(meta.data, dict):
        # Helm refuses a chart of which a part is missing; what is there is rendered all the same.
        plain = Value({**meta.data, "dependencies": Value(here)}).plain()
        made["chart/Chart.yaml"] = json.dumps(plain).encode()
    return made


def _name(folder: str, workspace: Workspace) -> str:
    try:
        return text_of(_meta(posixpath.join(folder, "Chart.yaml"), workspace), "name")
    except (Unreadable, SyntaxProblem):
        return ""


def _walked(folder: str, workspace: Workspace, depth: int = 0) -> Iterator[str]:
    for path in workspace.entries(folder):
        name = posixpath.basename(path)
        if workspace.exists(path):
            if name not in _LEFT_OUT and not workspace.is_link(path):
                yield path
        elif depth < 2 * DEEPEST and name not in (".git", "node_modules"):
            yield from _walked(path, workspace, depth + 1)
