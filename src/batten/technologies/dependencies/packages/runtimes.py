"""Versions of languages that files of an application name.

A version that other files may overrule, or that is the lowest of many, is told with that doubt. Sources:
https://devcenter.heroku.com/articles/python-runtimes, https://asdf-vm.com/manage/configuration.html#tool-versions,
https://github.com/nvm-sh/nvm#nvmrc, https://docs.npmjs.com/cli/v11/configuring-npm/package-json#engines,
https://getcomposer.org/doc/articles/versions.md, https://go.dev/ref/mod#go-mod-file-go.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from batten.facts import Component
from batten.formats import Workspace
from batten.formats.tree import Scalar
from batten.model import Location, Setting, Span
from batten.model.record import record
from batten.technologies.dependencies.packages.trees import below, inside, json, root, toml

_MANAGED = "the file is for version managers and buildpacks; an image may hold another version"
_ACCEPTED = "the file says which versions are accepted, not which one runs"
_LOWEST = "the directive is the lowest version that is accepted; a newer toolchain may build it"
_COMPILED = "the code is compiled for it; a newer runtime may run it"

_ALONE = re.compile(r"[ \t]*(?:(?P<name>[a-z]+)-)?v?(?P<version>\d+(?:\.\d+)*)[ \t]*\r?$", re.MULTILINE)
_TOOL = re.compile(r"^(?P<name>[a-z]+)[ \t]+(?:[a-z]+-)?(?P<version>\d+(?:\.\d+)*)", re.MULTILINE)
_LTS = re.compile(r"lts/(?P<name>[a-z]+)")
_GO = re.compile(r"^(?:go[ \t]+|toolchain[ \t]+go)(?P<version>\d+(?:\.\d+)*)", re.MULTILINE)
_MAJOR = re.compile(r"(?:=|\^|~)?[ \t]*v?(?P<major>[1-9]\d*)(?:\.(?:\d+|x|\*)){0,2}")
_EXACT = re.compile(r"v?\d+(?:\.\d+)+")
_NAMES = {
    "python": "python",
    "nodejs": "nodejs",
    "node": "nodejs",
    "ruby": "ruby",
    "golang": "go",
    "go": "go",
    "php": "php",
    "java": "java",
}
# https://github.com/nodejs/Release#release-schedule
_CODENAMES = {
    "boron": "6", "carbon": "8", "dubnium": "10", "erbium": "12", "fermium": "14", "gallium": "16", "hydrogen": "18", "iron": "20",
    "jod": "22", "krypton": "24",
}  # fmt: skip


@record
class Named:
    """A language's version, its place, and what makes it doubtful."""

    product: str
    version: str
    span: Span
    doubt: str = ""


Reader = Callable[[str, Workspace], Iterator[Named]]


def runtimes(path: str, workspace: Workspace) -> Iterator[Component]:
    """The languages whose version the file names. Raises SyntaxProblem and Unreadable."""
    name = path.rpartition("/")[2]
    reader = _READERS.get(name) or (_target if name.endswith("proj") else None)
    for one in reader(path, workspace) if reader is not None else ():
        at = Location(path, f"runtimes[{one.product}]", one.span)
        yield Component(
            at, product=one.product, version=Setting(one.version, at), evidence=one.version, doubt=one.doubt
        )


def _version_file(product: str) -> Reader:
    def read(path: str, workspace: Workspace) -> Iterator[Named]:
        text = workspace.text(path).text
        found = _ALONE.match(text)
        if found is not None and found["name"] in (None, product, "node"):
            yield Named(product, found["version"], Span(*found.span("version")), _MANAGED)
        lts = _LTS.match(text)
        if lts is not None and lts["name"] in _CODENAMES and product == "nodejs":
            yield Named(product, _CODENAMES[lts["name"]], Span(*lts.span()), _MANAGED)

    return read


def _tools(path: str, workspace: Workspace) -> Iterator[Named]:
    for found in _TOOL.finditer(workspace.text(path).text):
        if found["name"] in _NAMES:
            yield Named(_NAMES[found["name"]], found["version"], Span(*found.span("version")), _MANAGED)


def _runtime_file(path: str, workspace: Workspace) -> Iterator[Named]:
    """runtime.txt, by which a platform chooses the version that runs."""
    found = _ALONE.match(workspace.text(path).text)
    if found is not None and found["name"] in _NAMES:
        yield Named(_NAMES[found["name"]], found["version"], Span(*found.span("version")))


def _package(path: str, workspace: Workspace) -> Iterator[Named]:
    tree = root(path, workspace, json)
    engine = below(tree["engines"]).scalar("node")
    yield from _range("nodejs", engine, _ACCEPTED)
    yield from _range("nodejs", below(tree["volta"]).scalar("node"), _MANAGED)


def _composer(path: str, workspace: Workspace) -> Iterator[Named]:
    tree = root(path, workspace, json)
    for scalar in (below(tree["require"]).scalar("php"), below(tree["config"], "platform").scalar("php")):
        yield from _range("php", scalar, _ACCEPTED)


def _range(product: str, scalar: Scalar | None, doubt: str) -> Iterator[Named]:
    """The line of releases that a range stays in, where it stays in one."""
    version = line_of(scalar.text) if scalar is not None else ""
    if scalar is not None and version:
        yield Named(product, version, inside(scalar), doubt)


def line_of(text: str) -> str:
    """The release, or the line of releases, that a range admits nothing outside of; "" where there is more than one."""
    text = text.strip()
    if _EXACT.fullmatch(text):
        return text.removeprefix("v")
    found = _MAJOR.fullmatch(text)
    if found is None:
        return ""
    digits = text.lstrip("=^~ \tv").split(".")
    return ".".join(digits[:2]) if text.startswith("~") and len(digits) > 2 else found["major"]


def _pipfile(path: str, workspace: Workspace) -> Iterator[Named]:
    wanted = below(root(path, workspace, toml)["requires"])
    for key in ("python_version", "python_full_version"):
        scalar = wanted.scalar(key)
        if scalar is not None:
            yield Named("python", scalar.text, inside(scalar), _MANAGED)


def _bundle(path: str, workspace: Workspace) -> Iterator[Named]:
    from batten.technologies.dependencies.packages import rubygems

    found = rubygems.ruby(workspace.text(path).text)
    if found is not None:
        yield Named("ruby", *found)


def _module(path: str, workspace: Workspace) -> Iterator[Named]:
    """The newest of the directives `go` and `toolchain`: what builds the module is that or newer."""
    found = list(_GO.finditer(workspace.text(path).text))
    if found:
        newest = max(
            found, key=lambda one: [int(part) for part in one["version"].split(".") if len(part) < 10]
        )
        yield Named("go", newest["version"], Span(*newest.span("version")), _LOWEST)


def _pom(path: str, workspace: Workspace) -> Iterator[Named]:
    from batten.technologies.dependencies.packages import maven

    found = maven.java(maven.model(path, workspace))
    if found is not None:
        yield Named("java", *found, _COMPILED)


def _script(path: str, workspace: Workspace) -> Iterator[Named]:
    from batten.technologies.dependencies.packages import gradle

    code = gradle.uncommented(workspace.text(path).text)
    found = gradle.java(code)
    if found is not None:
        yield Named("java", *found, _COMPILED)
    for name, version, span in gradle.plugins(code, gradle.variables(path, code, workspace)):
        if name == "org.springframework.boot" and _EXACT.match(version):
            yield Named("spring-boot", version, span)


def _target(path: str, workspace: Workspace) -> Iterator[Named]:
    from batten.technologies.dependencies.packages import nuget

    for version, span in nuget.frameworks(path, workspace):
        major = version.partition(".")[0]
        yield Named("dotnet", version if major in ("1", "2", "3") else major, span)


_READERS: dict[str, Reader] = {
    ".python-version": _version_file("python"),
    ".nvmrc": _version_file("nodejs"),
    ".node-version": _version_file("nodejs"),
    ".ruby-version": _version_file("ruby"),
    ".tool-versions": _tools,
    "runtime.txt": _runtime_file,
    "package.json": _package,
    "composer.json": _composer,
    "Pipfile": _pipfile,
    "Gemfile.lock": _bundle,
    "gems.locked": _bundle,
    "go.mod": _module,
    "pom.xml": _pom,
    "build.gradle": _script,
    "build.gradle.kts": _script,
}
