"""Containers that a script or a Makefile starts to stay: `docker run` in the background, with literal options; and what the
commands of a script say of credentials and certificates (`typed.py`).

What a script starts in the foreground, or with `--rm`, is a tool that is gone with it, and is not read; neither is a command whose
options are a variable's. Makefiles mostly serve developers: there only what restarts by itself is read.
"""

from __future__ import annotations

import posixpath
import re
from bisect import bisect_right
from collections.abc import Iterator

from batten.controls.workloads import DropCapabilities
from batten.facts import Fact, Workload
from batten.formats import Workspace
from batten.formats.document import Text
from batten.model import UNKNOWN, Fix, Kind, Location, Problem, Remedy, Setting, Span, Switch
from batten.model import remedy as want
from batten.technologies import Unit
from batten.technologies.credentials.shell import typed
from batten.technologies.shared.containers import run, run_edits
from batten.technologies.shared.text import shell

MOST_COMMANDS = 1_000
_RUN = re.compile(r"(?<![\w.$-])(?P<engine>docker|podman|nerdctl)[ \t]+(?:container[ \t]+)?run(?=[ \t\\])")
_LEADING = re.compile(
    r"[ \t@+-]*(?:(?:sudo|exec|then|else|do|if|while|until|!)(?:[ \t]+-[A-Za-z]+)*[ \t]+|[A-Za-z_]\w*=[^\s$`(\"']*[ \t]+)*(?:[\w./]*/)?"
)
_WORD = re.compile(
    r"(?:\\(?:\r?\n|.)|'[^']*'|\"(?:\\.|[^\"\\])*\"|\$\([^()\n]*\)|[^\s\\'\";&|<>()`])+", re.DOTALL
)
_VARIABLE = re.compile(r"\$(?:\w+|[@*]|\{[^{}]*\}|\([^()]*\))")  # unquoted, it may be several words, or none
_DETACHED = re.compile(r"-[itPq]*d|--detach(?:=true)?\Z")  # alone or in a group of letters
_BLANK = re.compile(r"(?:[ \t]|\\\r?\n)*")
_PIECE = re.compile(r"\\\r?\n|\\(.)|'([^']*)'|\"((?:\\.|[^\"\\])*)\"", re.DOTALL)
_QUOTED = re.compile(r"\\.|'[^']*'|\"(?:\\.|[^\"\\])*\"", re.DOTALL)
_BREAK = re.compile(r"[\n;&|({]")
_PRINTED = re.compile(r"[^\r\n]+")


def read(unit: Unit, workspace: Workspace) -> Iterator[Fact | Problem]:
    """The containers that a file starts. Raises Unreadable."""
    source = workspace.text(unit.main)
    made = "make" in posixpath.basename(unit.main).lower() or unit.main.endswith(".mk")
    kept = list[Span]()
    bare = _bare(source)
    for number, (engine, words) in enumerate(_commands(bare, source.whole.start)):
        if number >= MOST_COMMANDS:
            break
        found = _started(source, engine, words)
        if found is None:
            continue
        options = words[: len(words) - len(found.arguments) - 1]
        detached = not made and any(_DETACHED.match(text) for text, _ in options)
        restart = found.last("restart")
        restarts = restart is not None and restart.value not in ("", "no")
        if any(found.all("rm")):
            stays = False
        else:
            stays = restarts or detached
        if stays:
            kept.append(Span(words[0][1].start, words[-1][1].end))
            for fact in run.facts(found, workspace):
                yield run.as_written(fact) if isinstance(fact, Workload) else fact
    if not made:
        yield from typed.facts(source, bare, kept)


def _started(source: Text, engine: str, words: list[tuple[str, Span]]) -> run.Run | None:
    """The container of a command; None where a variable may hold options, or there is no image."""
    path = source.path
    placed = [(text, Location(path, f"{engine} run[{text.partition('=')[0]}]", span)) for text, span in words]
    given, count = run.parsed(placed)
    rest = placed[count:]
    if not rest or _VARIABLE.fullmatch(source.text, words[count][1].start, words[count][1].end):
        return None
    text, at = rest[0]
    name = run.name_of(given, text)
    named = name if "$" not in name else "the container"
    whole = Span(words[0][1].start, words[-1][1].end)
    return run.Run(
        name=named,
        image=Setting(text if "$" not in text else UNKNOWN, at),
        given=tuple(given),
        block=Location(path, f"run[{named}]", whole, kind=Kind.BLOCK),
        arguments=tuple(rest[1:]),
        podman=engine == "podman",
    )


def _commands(text: str, begin: int) -> Iterator[tuple[str, list[tuple[str, Span]]]]:
    """The engine and the words behind `run` of each command that starts a container."""
    runs = list(_RUN.finditer(text, begin))
    if not runs:
        return
    quoted = [found.span() for found in _QUOTED.finditer(text, begin)]
    starts = [begin, *(found.end() for found in _BREAK.finditer(text, begin))]
    at = 0
    for found in runs:
        while at < len(quoted) and quoted[at][1] <= found.start():
            at += 1
        inside = at < len(quoted) and quoted[at][0] < found.start()
        start = starts[bisect_right(starts, found.start()) - 1]
        if not inside and _LEADING.fullmatch(text[start : found.start()]):
            words = list(_words(text, found.end()))
            if words:
                yield found["engine"], words


def _bare(source: Text) -> str:
    """The script without its comments and here-documents: all else stays where it is."""
    begin = source.whole.start  # of a script in a manifest, what stands before it is blank
    lines = source.text[begin:].split("\n")
    flat = "\n".join(line[: (end := shell.comment(line))] + " " * (len(line) - end) for line in lines)
    parts, at = [source.text[:begin]], 0
    for span in shell.documents(flat):
        parts += (flat[at : span.start], _PRINTED.sub(_blank, flat[span.start : span.end]))
        at = span.end
    return "".join((*parts, flat[at:]))


def _blank(found: re.Match[str]) -> str:
    return " " * len(found[0])


def _words(text: str, at: int) -> Iterator[tuple[str, Span]]:
    while (blank := _BLANK.match(text, at)) is not None and (word := _WORD.match(text, blank.end())):
        yield _PIECE.sub(lambda found: found[1] or found[2] or found[3] or "", word[0]), Span(*word.span())
        at = word.end()


def write(unit: Unit, workspace: Workspace, remedy: Remedy, at: Location) -> Fix | None:
    """The option taken out or narrowed."""
    source = workspace.text(unit.main)
    match remedy:
        case want.TurnOn(Switch.VERIFY_TLS) if at.span is not None:
            return typed.verified(source, _bare(source), at.span)
        case want.TurnOff(feature) if (
            feature in run.TAKEN_OUT and at.kind is Kind.VALUE and at.span is not None
        ):
            return run_edits.without(source, at.span, run.TAKEN_OUT[feature])
        case DropCapabilities() if at.kind is Kind.VALUE and at.span is not None:
            return run_edits.without(source, at.span, ("drop the capability", "programs that need it"))
        case want.Unpublish() if at.kind is Kind.VALUE and at.span is not None:
            return run_edits.unpublished(source, at.span)
        case want.Bind() if at.span is not None:
            return run_edits.bound(source, at.span)
        case _:
            return None
