"""Commands that start an application, in the files of its folder, in the order in which they are believed."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator

from batten.engine.building import compose, dockerfiles
from batten.engine.building.archives import archive_of
from batten.engine.building.go import main_package
from batten.engine.building.node import is_its_own, start_of
from batten.engine.building.python import served
from batten.engine.building.start import Start
from batten.engine.hardening.asked import Asked
from batten.engine.hardening.shown import Shown
from batten.formats import SyntaxProblem, Unreadable, Workspace, systemd
from batten.harden.image.starting import python_listens_inside, words
from batten.harden.options import HardenProblem

_PROCFILE = re.compile(r"^web[ \t]*:[ \t]*(?P<line>\S[^\n]*?)[ \t\r]*$", re.MULTILINE)
_UNIT_FOLDERS = ("", "deploy", "deployment", "systemd", "ops")
_RUNNERS = re.compile(r"^(?:exec[ \t]+)?(?:(?:uv|poetry)[ \t]+run[ \t]+(?!-))?")
_PROGRAM = re.compile(r"^\S*/bin/(?=\S)")
_PORT = re.compile(r"(?:^|[ \t])(?:--port[ =]|(?:--bind|-b)[ =]\S*?:)(?P<port>\d{2,5})(?=[ \t]|$)")


def starts(workspace: Workspace, shown: Shown) -> Iterator[Start]:
    """What is compiled is started by what it is compiled to, whatever its other files say."""
    asked = shown.asked
    match asked.program.language:
        case "go":
            yield from main_package(workspace)
        case "java":
            yield from archive_of(workspace, asked.program.lock_file)
        case language:
            for start in _interpreted(workspace, language, shown):
                yield _inside(start, asked) if language == "python" else start


def _interpreted(workspace: Workspace, language: str, shown: Shown) -> Iterator[Start]:
    # https://devcenter.heroku.com/articles/procfile
    for start in (
        *compose.starts(workspace),
        *dockerfiles.starts(workspace),
        *(
            Start(source="Procfile", line=found["line"])
            for found in _PROCFILE.finditer(_text(workspace, "Procfile"))
        ),
        *_units(workspace),
    ):
        if start.line and not is_its_own(start.line):
            yield _plain(start)
    if language == "node":
        line, source = start_of(workspace)
        if line:
            yield Start(source=source, line=line)
    else:
        yield from served(workspace, shown)


def _plain(start: Start) -> Start:
    """Without what runs it in an environment of packages, which the image has of its own."""
    line = _RUNNERS.sub("", start.line.strip())
    port = _PORT.search(line)
    return Start(
        source=start.source,
        line=line,
        port=start.port or (int(port["port"]) if port else 0),
        health=start.health,
    )


def _inside(start: Start, asked: Asked) -> Start:
    """A server of Python that would listen on 127.0.0.1 alone gets an address that other containers reach."""
    try:
        found = words(start.line, start.port or asked.app_port)
    except HardenProblem:
        return start
    named = any(word.partition("=")[0] in ("--host", "--bind", "-b") for word in found)
    if named or not python_listens_inside(found):
        return start
    port = start.port or asked.app_port
    more: tuple[str, ...] = (
        ("--bind", f"0.0.0.0:{port}") if "hypercorn" in start.line else ("--host", "0.0.0.0")
    )
    if "uvicorn" in start.line and "--port" not in found:
        more = (*more, "--port", str(port))
    return Start(
        source=start.source, line=f"{start.line} {shlex.join(more)}", port=start.port, health=start.health
    )


def _units(workspace: Workspace) -> Iterator[Start]:
    """The unit of the folder, where it has one only."""
    paths = [
        path for folder in _UNIT_FOLDERS for path in workspace.entries(folder) if path.endswith(".service")
    ]
    for path in paths if len(paths) == 1 else ():
        try:
            sections = systemd.parse_unit(workspace.text(path).text)
        except (SyntaxProblem, Unreadable):
            continue  # its own reader says so
        found = [
            pair for section in sections if section.name == "Service" for pair in section.all("ExecStart")
        ]
        if len(found) == 1:
            yield Start(source=path, line=_PROGRAM.sub("", (found[0].value or "").lstrip("-@:+!|")))


def _text(workspace: Workspace, path: str) -> str:
    try:
        return workspace.text(path).text if workspace.exists(path) else ""
    except Unreadable:
        return ""
