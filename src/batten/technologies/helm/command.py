"""`helm template`, asked where batten's own reading of a chart fails.

Source: https://helm.sh/docs/helm/helm_template/
"""

from __future__ import annotations

import posixpath
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from batten.formats import SyntaxProblem, Unreadable, Workspace, yaml
from batten.formats.comparison import Opcode, opcodes
from batten.model import Span
from batten.technologies import Unit
from batten.technologies._rendering import Piece, Rendering

_SECONDS = 30
_SOURCE = re.compile(r"# Source: (\S+)\n")
_MOST_LINES = 5000


def asked(unit: Unit, workspace: Workspace) -> Rendering | None:
    """What helm makes of the chart, with the way back to its templates; None when it is not here or refuses."""
    helm = shutil.which("helm")
    if helm is None:
        return None
    folder = posixpath.dirname(unit.main)
    with tempfile.TemporaryDirectory() as place:
        chart = Path(place) / (posixpath.basename(folder) or "chart")
        if not _copied(unit, folder, workspace, chart):
            return None
        command = [helm, "template", chart.name, str(chart)]
        try:
            answer = subprocess.run(
                command, capture_output=True, text=True, timeout=_SECONDS, check=False, cwd=place
            )
        except (OSError, subprocess.TimeoutExpired, UnicodeDecodeError):
            return None
    if answer.returncode != 0:
        return None
    return _traced(answer.stdout, unit, folder, workspace)


def _copied(unit: Unit, folder: str, workspace: Workspace, chart: Path) -> bool:
    """The chart's files as the workspace shows them: an overlay is not on disk."""
    try:
        for file in unit.files:
            target = chart / posixpath.relpath(file, folder or ".")
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(workspace.text(file).text, encoding="utf-8", newline="")
    except (OSError, Unreadable):
        return False
    return True


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
