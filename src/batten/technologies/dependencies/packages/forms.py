"""Which file is read how: the ecosystem as OSV names it, the reader, and the tool's command that updates one package."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import cache

from batten.formats import Workspace
from batten.model import Problem
from batten.model.record import record
from batten.technologies.dependencies._packages.found import Found

Reader = Callable[[str, Workspace], Iterator[Found | Problem]]


@record(kw_only=True)
class Form:
    """A kind of file. `reader` is `module.function` of this folder, "" where it names no packages; `command` updates one
    package of a file that a tool writes, "" for a file that people edit."""

    name: str  # an expression for the file's name
    ecosystem: str = ""
    reader: str = ""
    command: str = ""
    locked: bool = True

    def read(self, path: str, workspace: Workspace) -> Iterator[Found | Problem]:
        module, _, function = self.reader.partition(".")
        return _readers(module)[function](path, workspace) if module else iter(())


def _readers(module: str) -> dict[str, Reader]:
    """The readers of one module, which is loaded when one is needed: a tree has few of these files."""
    match module:
        case "python":
            from batten.technologies.dependencies.packages import python

            return {
                "uv": python.uv,
                "poetry": python.poetry,
                "pdm": python.pdm,
                "pylock": python.pylock,
                "pipfile": python.pipfile,
            }
        case "gradle":
            from batten.technologies.dependencies.packages import gradle

            return {"locked": gradle.locked, "catalog": gradle.catalog, "script": gradle.script}
        case "nuget":
            from batten.technologies.dependencies.packages import nuget

            return {"locked": nuget.locked, "referenced": nuget.referenced, "listed": nuget.listed}
        case "others":
            from batten.technologies.dependencies.packages import others

            return {"mix": others.mix, "pub": others.pub, "swift": others.swift}
        case "npm" | "pnpm" | "yarn" | "bun":
            match module:
                case "npm":
                    from batten.technologies.dependencies.packages import npm

                    return {"locked": npm.locked}
                case "pnpm":
                    from batten.technologies.dependencies.packages import pnpm

                    return {"locked": pnpm.locked}
                case "yarn":
                    from batten.technologies.dependencies.packages import yarn

                    return {"locked": yarn.locked}
                case _:
                    from batten.technologies.dependencies.packages import bun

                    return {"locked": bun.locked, "binary": bun.binary}
        case _:
            match module:
                case "go":
                    from batten.technologies.dependencies.packages import go

                    return {"required": go.required}
                case "cargo":
                    from batten.technologies.dependencies.packages import cargo

                    return {"locked": cargo.locked}
                case "maven":
                    from batten.technologies.dependencies.packages import maven

                    return {"required": maven.required}
                case "rubygems":
                    from batten.technologies.dependencies.packages import rubygems

                    return {"locked": rubygems.locked}
                case "composer":
                    from batten.technologies.dependencies.packages import composer

                    return {"locked": composer.locked}
                case _:
                    from batten.technologies.dependencies.packages import requirements

                    return {"found": requirements.found}


def _by_hand(name: str, ecosystem: str, reader: str) -> Form:
    return Form(name=name, ecosystem=ecosystem, reader=reader, locked=False)


def _by_tool(name: str, ecosystem: str, reader: str, command: str) -> Form:
    return Form(name=name, ecosystem=ecosystem, reader=reader, command=command)


# OSV's names: https://ossf.github.io/osv-schema/#defined-ecosystems. Commands: each tool's own documentation, named in
# the module of the reader.
FORMS = (
    _by_tool(r"uv\.lock", "PyPI", "python.uv", "uv lock --upgrade-package {name}"),
    _by_tool(r"poetry\.lock", "PyPI", "python.poetry", "poetry update {name}"),
    _by_tool(r"pdm\.lock", "PyPI", "python.pdm", "pdm update {name}"),
    _by_tool(r"pylock\.(?:[^/]+\.)?toml", "PyPI", "python.pylock", ""),
    _by_tool(r"Pipfile\.lock", "PyPI", "python.pipfile", "pipenv upgrade {name}"),
    _by_tool(r"(?:package-lock|npm-shrinkwrap)\.json", "npm", "npm.locked", "npm update {name}"),
    _by_tool(r"pnpm-lock\.yaml", "npm", "pnpm.locked", "pnpm update {name}"),
    _by_tool(r"yarn\.lock", "npm", "yarn.locked", "yarn upgrade {name}"),
    _by_tool(r"bun\.lock", "npm", "bun.locked", "bun update {name}"),
    _by_tool(r"bun\.lockb", "npm", "bun.binary", ""),
    _by_tool(r"go\.mod", "Go", "go.required", "go get {name}"),
    _by_tool(r"Cargo\.lock", "crates.io", "cargo.locked", "cargo update -p {name}"),
    _by_hand(r"pom\.xml", "Maven", "maven.required"),
    _by_tool(r"(?:buildscript-)?gradle\.lockfile", "Maven", "gradle.locked", "gradle dependencies --update-locks {name}"),
    _by_hand(r"[^/]*\.versions\.toml", "Maven", "gradle.catalog"),
    _by_hand(r"build\.gradle(?:\.kts)?", "Maven", "gradle.script"),
    _by_tool(r"Gemfile\.lock|gems\.locked", "RubyGems", "rubygems.locked", "bundle update --conservative {name}"),
    _by_tool(r"composer\.lock", "Packagist", "composer.locked", "composer update {name} --with-dependencies"),
    _by_tool(r"packages\.lock\.json", "NuGet", "nuget.locked", "dotnet restore --force-evaluate"),
    _by_hand(r"[^/]*\.(?:cs|fs|vb)proj|Directory\.Packages\.props", "NuGet", "nuget.referenced"),
    _by_hand(r"packages\.config", "NuGet", "nuget.listed"),
    _by_tool(r"mix\.lock", "Hex", "others.mix", "mix deps.update {name}"),
    _by_tool(r"pubspec\.lock", "Pub", "others.pub", "dart pub upgrade {name}"),
    _by_tool(r"Package\.resolved", "SwiftURL", "others.swift", "swift package update"),
    Form(name=r"package\.json|composer\.json|Pipfile|\.(?:python|node|ruby)-version|\.nvmrc|\.tool-versions|runtime\.txt", locked=False),
    _by_hand(r"[^/]*\.txt", "PyPI", "requirements.found"),
)  # fmt: skip


@cache
def _patterns() -> tuple[tuple[re.Pattern[str], Form], ...]:
    return tuple((re.compile(form.name), form) for form in FORMS)  # ours: the table above


def form_of(path: str) -> Form:
    """What a file of this technology is, by its name."""
    name = path.rpartition("/")[2]
    return next(form for pattern, form in _patterns() if pattern.fullmatch(name))
