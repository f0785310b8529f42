"""What a service's variables, and the texts written for it, say: credentials, connections, switches."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from dataclasses import replace

from batten.facts import Fact, Feature, Secret
from batten.formats import Unreadable, Workspace
from batten.model import Location, Setting
from batten.technologies.orchestration.compose.interpolation import interpolate
from batten.technologies.orchestration.compose.parts import Part
from batten.technologies.orchestration.compose.project import Project, environment
from batten.technologies.shared.containers import switches, variables
from batten.technologies.shared.secrets import credentials, urls
from batten.technologies.shared.secrets.assigned import assigned
from batten.technologies.shared.secrets.beside import user_of

_DEFAULT = re.compile(r"\$\{(?P<name>\w+):?-(?P<value>[^${}]+)\}")
_MOST_SCRIPTS = 20


def variable_facts(name: str, service: Part, workspace: Workspace, files: frozenset[str]) -> Iterator[Fact]:
    """Facts of the variables written in Compose files; env files have a reader of their own."""
    given = environment(service, workspace)
    beside = {key: part.text for key, part in given.items() if part.known}
    for key, part in given.items():
        if part.source not in files or part.value is None:
            continue
        at = part.at(f"services[{name}]/environment[{key}]")
        user = user_of(key, part.text, beside) if part.known else ""
        yield from secret(key, part, at, user, workspace)
        connection = urls.connection(key, part.text, at)
        if connection is not None:
            yield connection
        if part.known:
            yield from variables.switched(key, part.text, at)


def secret(
    key: str, part: Part, at: Location, user: str = "", workspace: Workspace | None = None
) -> Iterator[Secret]:
    """A literal, or the literal that stands in for a variable nobody sets."""
    raw = part.raw or part.text
    held = written(key, raw, user)
    if held is None:
        return
    default = _DEFAULT.fullmatch(raw)
    if default is not None and workspace is not None:
        held = replace(held, replaced=_setter(default["name"], part.source, workspace))
    yield credentials.in_config(at, key, held)


def _setter(name: str, source: str, workspace: Workspace) -> str:
    """The script beside a Compose file that gives a variable a value of its own, which is what a deployment then uses."""
    line = re.compile(
        rf"^[ \t]*(?:export[ \t]+)?{name}=[\"']?(?:\$\(|`)", re.MULTILINE
    )  # ours: a name of a variable, which has word characters only
    beside = [p for p in workspace.entries(posixpath.dirname(source)) if p.endswith((".sh", ".bash"))]
    for path in sorted(beside)[:_MOST_SCRIPTS]:
        try:
            if line.search(workspace.text(path).text):
                return posixpath.basename(path)
        except Unreadable:
            continue
    return ""


def written(key: str, raw: str, user: str = "") -> credentials.Found | None:
    """The credential in a variable's text as it is before its variables are replaced."""
    if "$" not in raw.replace("$$", ""):
        return credentials.found(key, interpolate(raw, {}), user=user)
    for default in _DEFAULT.finditer(raw):
        held = credentials.found(key, default["value"], user=user)
        if held is not None:
            return held
    kind = credentials.token(raw)
    if kind:
        return credentials.Found(kind)
    # What a URL holds where no variable sets another value: `postgresql://shop:${PASSWORD:-literal}@db`.
    used = interpolate(raw, {})
    return credentials.found(key, used) if credentials.url_password(used) else None


def command_facts(words: tuple[tuple[str, Location], ...]) -> Iterator[Feature]:
    """Options for developers in the command line."""
    for number, feature, what in switches.debug_words([word for word, _ in words]):
        at = words[number][1]
        yield Feature(at, feature, Setting(True, at), what)


def content_facts(project: Project, workspace: Workspace) -> Iterator[Secret]:
    """Credentials in the texts of `configs`, each at its own line."""
    for name, part in project.configs.items():
        content = part["content"]
        if content is None or not isinstance(content.value, str):
            continue
        text = workspace.text(content.source).text
        for key, held, span in assigned(content.raw, text, content.span):
            place = Location(content.source, f"configs[{name}]/content[{key}]", span)
            yield credentials.in_config(place, key, held)
