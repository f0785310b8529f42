"""NuGet: packages.lock.json, PackageReference in projects, Directory.Packages.props, packages.config.

Sources: https://learn.microsoft.com/nuget/consume-packages/package-references-in-project-files,
.../central-package-management, https://learn.microsoft.com/nuget/reference/packages-config.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from batten.formats import Workspace, xml
from batten.formats.xml import Element
from batten.model import Problem, Span
from batten.technologies.dependencies._packages.found import Found
from batten.technologies.dependencies.packages.trees import (
    json,
    mappings,
    place,
    root,
    unknown_version,
    written,
)

# A version alone is the lowest that is accepted, and what is restored: https://learn.microsoft.com/nuget/concepts/package-versioning
_EXACT = re.compile(r"\[?(?P<version>[0-9]+(?:\.[0-9]+){0,3}(?:-[0-9A-Za-z.-]+)?)\]?")
_PROPERTY = re.compile(r"\$\((\w+)\)")
_REFERENCES = ("PackageReference", "PackageVersion", "GlobalPackageReference")
_NET = re.compile(r"net(?:coreapp)?(?P<version>\d+\.\d+)(?:-[\w.]+)?")


def locked(path: str, workspace: Workspace) -> Iterator[Found | Problem]:
    tree = root(path, workspace, json)
    if written(tree, "version") not in ("1", "2", "3"):
        yield unknown_version(path, written(tree, "version"), "versions 1 to 3 of packages.lock.json")
        return
    for _, framework, _ in mappings(tree["dependencies"]):
        for name, row, entry in mappings(framework):
            if written(row, "type") != "Project":
                yield Found(
                    name=name,
                    version=written(row, "resolved"),
                    span=place(row, "resolved", entry.key.span),
                    direct=written(row, "type") == "Direct",
                )


def referenced(path: str, workspace: Workspace) -> Iterator[Found]:
    """The packages that a project, or a list of versions for many, names with a version."""
    project = workspace.document(path, xml.parse).tree
    # Properties that are set once, without a condition.
    properties_found: dict[str, str] = {}
    for properties_group in project.all("PropertyGroup"):
        for one in properties_group.children:
            plain = not (properties_group.attributes.get("Condition") or one.attributes.get("Condition"))
            properties_found[one.name] = (
                one.text.strip() if plain and one.name not in properties_found else ""
            )
    values = {name: value for name, value in properties_found.items() if value}
    for group in project.all("ItemGroup"):
        for row in group.children:
            name = row.attributes.get("Include") or row.attributes.get("Update") or ""
            found = _version(row, workspace.text(path).text) if row.name in _REFERENCES and name else None
            if found is not None:
                exact = _EXACT.fullmatch(_PROPERTY.sub(lambda m: values.get(m[1], m[0]), found[0]).strip())
                # Whether a package is for the build alone:
                # https://learn.microsoft.com/nuget/consume-packages/package-references-in-project-files#controlling-dependency-assets.
                yield Found(
                    name=name,
                    version=exact["version"] if exact else "",
                    span=found[1],
                    direct=True,
                    development=(row.attributes.get("PrivateAssets") or row.value("PrivateAssets")).lower()
                    == "all",
                )


def _version(row: Element, text: str) -> tuple[str, Span] | None:
    """The version of a reference and its place; None where another file gives it."""
    for key in ("Version", "VersionOverride"):
        child = row.child(key)
        if child is not None:
            return child.text, child.inside
        if key in row.attributes:
            return row.attributes[key], attribute(row, key, text)
    return None


def attribute(row: Element, key: str, text: str) -> Span:
    """The place of an attribute's value; the element's own where it is written in another way."""
    written = re.compile(rf"\s{key}\s*=\s*[\"']([^\"']*)")  # ours: a name above
    found = written.search(text, row.span.start, row.inside.start)
    return Span(*found.span(1)) if found else row.span


def listed(path: str, workspace: Workspace) -> Iterator[Found]:
    """The packages of a packages.config."""
    text = workspace.text(path).text
    for row in workspace.document(path, xml.parse).tree.all("package"):
        version = row.attributes.get("version", "")
        yield Found(
            name=row.attributes.get("id", ""),
            version=version if _EXACT.fullmatch(version) else "",
            span=attribute(row, "version", text),
            direct=True,
            development=row.attributes.get("developmentDependency", "").lower() == "true",
        )


def frameworks(path: str, workspace: Workspace) -> Iterator[tuple[str, Span]]:
    """The versions of .NET that a project is built for; .NET Framework and .NET Standard are other products."""
    for group in workspace.document(path, xml.parse).tree.all("PropertyGroup"):
        for one in group.children:
            if one.name in ("TargetFramework", "TargetFrameworks"):
                yield from _targets(one, workspace.text(path).text)


def _targets(one: Element, text: str) -> Iterator[tuple[str, Span]]:
    for found in _NET.finditer(text, one.inside.start, one.inside.end):
        alone = text[found.start() - 1 : found.start()] in (">", ";", " ", "\n") and not found[
            "version"
        ].startswith("4")
        if alone:
            yield found["version"], Span(*found.span())
