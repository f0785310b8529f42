"""Commands that a tree's own pipelines, scripts and notes run, as far as they name files: which of several files production
uses is shown by what deploys it."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from functools import partial
from itertools import islice

from batten.formats import Unreadable, Workspace
from batten.model import Location, Span
from batten.model.record import record

_MOST_FILES = 200
_MOST_CHARACTERS = 200_000
_PIPELINE = re.compile(
    r"\.gitlab-ci\.ya?ml|\.drone\.ya?ml|\.woodpecker\.ya?ml|\.travis\.ya?ml|bitbucket-pipelines\.ya?ml"
    r"|azure-pipelines\.ya?ml|Jenkinsfile|.+\.sh|.+\.service|Procfile|fabfile\.py|helmfile\.ya?ml"
)
_NOTES = re.compile(
    r".*README.*|.+\.md|GNUmakefile|Makefile|makefile|.+\.mk|[Jj]ustfile|Taskfile\.ya?ml|package\.json"
)
_MARKDOWN = re.compile(r".*README.*|.+\.md", re.IGNORECASE)
_WORKFLOWS = (
    ".github/workflows",
    ".gitlab",
    ".gitlab/ci",
    ".circleci",
    ".woodpecker",
    ".forgejo/workflows",
    ".gitea/workflows",
)
_FOLDERS = ("scripts", "script", "bin", "ci", "deploy", "deployment", "ops", "docs")
_PROGRAM = re.compile(
    r"(?<![\w.$-])(?P<name>docker-compose|podman-compose|(?:docker|podman)(?:\s+--[\w-]+[= ]\S+)?\s+compose"
    r"|docker\s+stack\s+deploy|helm)(?=\s)"
)
_END = re.compile(r"[\n;&|`#)]|<<")
_CONTINUED = re.compile(r"\\\r?\n")
_CODE = re.compile(r"(?P<ticks>`+)(?P<code>[^`]+)(?P=ticks)")
_COMMENT = re.compile(r"^[ \t]*(?:#|//).*$", re.MULTILINE)


@record
class Command:
    """`words` follow the program's name, quotes removed. `automatic`: a pipeline, a script or a service runs it, not a
    reader of notes."""

    at: Location
    program: str  # "compose", "stack", "helm"
    words: tuple[str, ...]
    automatic: bool

    def values(self, *options: str) -> list[str]:
        """What the options are given, in their order, as two words or with an equals sign."""
        found: list[str] = []
        for word, following in zip(self.words, (*self.words[1:], ""), strict=True):
            option, sign, value = word.partition("=")
            if option in options and (value if sign else following):
                found.append((value if sign else following).strip("'\""))
        return found

    def paths(self, names: list[str], beside: str, workspace: Workspace) -> tuple[str, ...] | None:
        """The files of these names: below the folder of the command's file, the root, or the folder `beside`, where all
        are there; None otherwise."""
        for folder in dict.fromkeys((posixpath.dirname(self.at.source), "", beside)):
            found = [workspace.resolve(posixpath.join(folder, "x"), name) for name in names]
            if all(path is not None and workspace.exists(path) for path in found):
                return tuple(path for path in found if path is not None)
        return None


def commands(folder: str, workspace: Workspace) -> tuple[Command, ...]:
    """The commands of files beside a folder's files and in the root, and in the folders that hold such files there."""
    homes = dict.fromkeys((folder, ""))
    return tuple(command for home in homes for command in commands_at(home, workspace))


def commands_at(home: str, workspace: Workspace) -> tuple[Command, ...]:
    """The commands of files directly in a folder, and in the folders for such files there."""
    return workspace.kept(("commands", home), lambda: tuple(_commands(home, workspace)))


def _commands(home: str, workspace: Workspace) -> Iterator[Command]:
    for path, automatic in islice(_sources(home, workspace), _MOST_FILES):
        try:
            text = workspace.text(path).text[:_MOST_CHARACTERS]
        except Unreadable:
            continue  # its own reader says so, if it has one
        # The commands of one text; in notes, those that are written as code.
        flat = _COMMENT.sub(_blank, _CONTINUED.sub(_blank, text))
        if _MARKDOWN.fullmatch(posixpath.basename(path)):
            for code in _CODE.finditer(flat):
                lines = code["code"] if len(code["ticks"]) > 2 else code["code"].replace("\n", " ")
                yield from _in(path, lines, code.start("code"), automatic)
        else:
            yield from _in(path, flat, 0, automatic)


# `terraform destroy`, `tofu -chdir=stack destroy`, `terraform apply -destroy`, `terragrunt run-all destroy`
_DESTROYS = re.compile(r"(?<![\w.-])(?:terraform|tofu|terragrunt)[ \t][^\n;&|#]*(?<![\w.])-{0,2}destroy\b")


def destroys(folder: str, workspace: Workspace) -> str:
    """The pipeline, script or Makefile, beside a folder's files or in the root, that destroys what Terraform made; "" for none."""
    for home in dict.fromkeys((folder, "")):
        found = workspace.kept(("destroys", home), partial(_destroying, home, workspace))
        if found:
            return found
    return ""


def _destroying(home: str, workspace: Workspace) -> str:
    for path, _ in islice(_sources(home, workspace), _MOST_FILES):
        try:
            text = "" if _MARKDOWN.fullmatch(path) else workspace.text(path).text[:_MOST_CHARACTERS]
        except Unreadable:
            continue  # its own reader says so, if it has one
        if "destroy" in text and _DESTROYS.search(re.sub(_COMMENT, "", text)):
            return path
    return ""


def _sources(home: str, workspace: Workspace) -> Iterator[tuple[str, bool]]:
    """Files that hold commands, and whether these run by themselves."""
    yield from _beside(home, workspace)
    for name in _FOLDERS:
        yield from _beside(posixpath.join(home, name), workspace)
    for name in _WORKFLOWS:
        for path in workspace.entries(posixpath.join(home, name)):
            if path.endswith((".yml", ".yaml")) and workspace.exists(path):
                yield path, True


def _beside(folder: str, workspace: Workspace) -> Iterator[tuple[str, bool]]:
    for path in workspace.entries(folder):
        name = posixpath.basename(path)
        automatic = _PIPELINE.fullmatch(name) is not None
        if (automatic or _NOTES.fullmatch(name)) and workspace.exists(path):
            yield path, automatic


def _blank(found: re.Match[str]) -> str:
    return " " * len(found[0])


def _in(path: str, text: str, offset: int, automatic: bool) -> Iterator[Command]:
    for found in _PROGRAM.finditer(text):
        end = _END.search(text, found.end())
        stop = end.start() if end is not None else len(text)
        words = tuple(word.strip("'\",") for word in text[found.end() : stop].split())
        name = "helm" if found["name"] == "helm" else "stack" if "stack" in found["name"] else "compose"
        span = Span(offset + found.start(), offset + len(text[:stop].rstrip()))
        yield Command(Location(path, name, span), name, words, automatic)
