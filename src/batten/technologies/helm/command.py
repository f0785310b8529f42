"""`helm template`, asked in its cell where batten's own reading of a chart fails: with no configuration, plug-in,
repository or post-renderer, of the user's or of the chart's.

Source: https://helm.sh/docs/helm/helm_template/
"""

from __future__ import annotations

import posixpath
import re

from batten.cell import COPY, MIB, ROOM, Bounds, NotAsked, Order
from batten.cell.keeper import run
from batten.cell.programs import installed
from batten.formats import SyntaxProblem, Unreadable, Workspace, yaml
from batten.formats.comparison import Opcode, opcodes
from batten.model import Span
from batten.technologies import Unit
from batten.technologies._rendering.text import Piece, Rendering
from batten.technologies.helm.chart import given

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
_SOURCE = re.compile(r"# Source: (\S+)\n")
_MOST_LINES = 5000
_NAME = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,50}[a-z0-9])?")


def asked(unit: Unit, workspace: Workspace) -> Rendering | NotAsked | None:
    """What helm makes of the chart, with the way back to its templates; None when it is not here or refuses."""
    helm = installed("helm")
    if helm is None:
        return None
    folder = posixpath.dirname(unit.main)
    files = _copies(unit, folder, workspace)
    if files is None:
        return None
    named = posixpath.basename(folder)  # a stranger's, and helm takes some for options
    name = named if _NAME.fullmatch(named) else "chart"
    over = (word for n in range(len(given(unit, workspace))) for word in ("-f", f"{COPY}/values/{n}.yaml"))
    arguments = ("template", name, f"{COPY}/chart", *over)
    order = Order(helm, arguments, files, environment=_ENVIRONMENT, bounds=_BOUNDS, reserves=True)
    answer = run(order)
    if isinstance(answer, NotAsked):
        return answer
    if answer.code != 0:
        return None
    return _traced(answer.output, unit, folder, workspace)


def _copies(unit: Unit, folder: str, workspace: Workspace) -> dict[str, bytes] | None:
    """The chart's files as the workspace shows them: an overlay is not on disk."""
    try:
        over = given(unit, workspace)
        own = {
            f"chart/{posixpath.relpath(file, folder or '.')}": workspace.text(file).text.encode()
            for file in unit.files
            if file not in over
        }
        laid = {f"values/{n}.yaml": workspace.text(file).text.encode() for n, file in enumerate(over)}
        return own | laid
    except (Unreadable, UnicodeEncodeError):
        return None


def _traced(text: str, unit: Unit, folder: str, workspace: Workspace) -> Rendering | None:
    try:
        yaml.parse_all(text)
    except SyntaxProblem:
        return None
    pieces: list[Piece] = []
    at = 0
    for document in re.split(r"(?m)^(?=---)", text):
        named = _SOURCE.search(document)
        below = named[1].partition("/")[2] if named else ""
        source = posixpath.join(folder, below)
        known = source if below and workspace.exists(source) else unit.main
        pieces += _aligned(document, at, known, workspace.text(known).text)
        at += len(document)
    return Rendering(unit.main + "#rendered", text, pieces)


def _aligned(document: str, at: int, source: str, template: str) -> list[Piece]:
    """Lines that stand in the template are its own; others are put beside the lines they replace."""
    made, written = document.splitlines(keepends=True), template.splitlines(keepends=True)
    starts = [0]
    for line in written:
        starts.append(starts[-1] + len(line))
    pieces: list[Piece] = []
    short = len(made) <= _MOST_LINES and len(written) <= _MOST_LINES
    whole: list[Opcode] = [("replace", 0, len(made), 0, len(written))]
    for tag, first, last, low, high in opcodes(made, written) if short else whole:
        for number in range(first, last):
            line = made[number]
            if tag == "equal" or (tag == "replace" and last - first == high - low):
                beside = low + number - first
                span = Span(starts[beside], starts[beside] + len(written[beside].rstrip("\r\n")))
            else:
                near = min(low, max(len(written) - 1, 0))
                span = Span(starts[near], starts[min(max(high, near + 1), len(written))])
            exact = tag == "equal"
            pieces.append(
                Piece(
                    at,
                    at + len(line),
                    source,
                    Span(span.start, span.start + len(line)) if exact else span,
                    exact,
                )
            )
            at += len(line)
    return pieces
