"""pom.xml: https://maven.apache.org/pom.html, https://maven.apache.org/guides/introduction/introduction-to-dependency-mechanism.html.

A parent is read where it is in the tree. What the effective model takes from elsewhere (a parent or a list of versions that
Maven fetches) is not known.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from batten.formats import SyntaxProblem, Unreadable, Workspace, xml
from batten.formats.xml import Element
from batten.model import Span
from batten.technologies.dependencies._packages.found import Found

_PROPERTY = re.compile(r"\$\{([^${}\s]+)\}")
_EXACT = re.compile(r"\[?(?P<version>[0-9A-Za-z][\w.+-]*)\]?")
_DEEPEST = 10  # parents above each other, and properties that name properties
_LONGEST = 500  # characters of a value with its properties filled in


@dataclass(slots=True)
class Model:
    """A project with those above it, the nearest first."""

    path: str
    projects: list[Element]
    properties: dict[str, str] = field(default_factory=dict)
    managed: dict[str, str] = field(default_factory=dict)

    def filled(self, text: str) -> str:
        """A value with its properties; "" where one of them is not known."""
        for _ in range(_DEEPEST):
            if "${" not in text or len(text) > _LONGEST:
                break
            text = _PROPERTY.sub(lambda m: self.properties.get(m[1], "\0"), text)
        return "" if "\0" in text or "${" in text or len(text) > _LONGEST else text.strip()


def tree(path: str, workspace: Workspace) -> Element:
    """The root element of a file. Raises SyntaxProblem and Unreadable."""
    return workspace.document(path, xml.parse).tree


def model(path: str, workspace: Workspace) -> Model:
    """The project and its parents on disk. Raises SyntaxProblem and Unreadable for the file itself."""
    made = Model(path, [tree(path, workspace)])
    here = path
    for _ in range(_DEEPEST):
        parent = made.projects[-1].child("parent")
        above = _parent(here, parent, workspace) if parent is not None else None
        if above is None:
            break
        here, project = above
        made.projects.append(project)
    for project in reversed(made.projects):
        # What a project adds to the properties and managed versions of those above it.
        add_parent = project.child("parent")
        for name in ("groupId", "artifactId", "version"):
            add_above = add_parent.value(name) if add_parent is not None else ""
            own = project.value(name) or (add_above if name != "artifactId" else "")
            made.properties |= {f"{prefix}{name}": own for prefix in ("project.", "pom.", "") if own}
            if add_above:
                made.properties[f"project.parent.{name}"] = add_above
        for holder in project.all("properties"):
            made.properties |= {one.name: one.text.strip() for one in holder.children}
        for row in project.all("dependencyManagement", "dependencies", "dependency"):
            if row.value("version") and row.value("scope") != "import":
                made.managed[f"{row.value('groupId')}:{row.value('artifactId')}"] = row.value("version")
    return made


def _parent(path: str, parent: Element, workspace: Workspace) -> tuple[str, Element] | None:
    """The parent's file and project, where it is in the tree and is the one that is named."""
    relative = parent.child("relativePath")
    written = relative.text.strip() if relative is not None else "../pom.xml"
    other = workspace.resolve(path, written) if written else None
    if other is not None and not other.endswith(".xml"):
        other = posixpath.join(other, "pom.xml")
    if other is None or other == path or not workspace.exists(other):
        return None
    try:
        found = tree(other, workspace)
    except (SyntaxProblem, Unreadable):
        return None  # its own unit says what is wrong with it
    return (other, found) if found.value("artifactId") == parent.value("artifactId") else None


def required(path: str, workspace: Workspace) -> Iterator[Found]:
    """The dependencies that a project declares, and its parent."""
    made = model(path, workspace)
    project = made.projects[0]
    parent = project.child("parent")
    if parent is not None and len(made.projects) == 1:
        yield _found(made, parent, parent.value("version"))
    for row in project.all("dependencies", "dependency"):
        key = f"{row.value('groupId')}:{row.value('artifactId')}"
        managed = made.managed.get(f"{made.filled(row.value('groupId'))}:{row.value('artifactId')}")
        yield _found(made, row, row.value("version") or made.managed.get(key) or managed or "")


def _found(made: Model, row: Element, version: str) -> Found:
    exact = _EXACT.fullmatch(made.filled(version))
    return Found(
        name=f"{made.filled(row.value('groupId'))}:{made.filled(row.value('artifactId'))}",
        version=exact["version"] if exact else "",
        span=_place(row),
        direct=True,
        development=row.value("scope") == "test",
    )


def _place(row: Element) -> Span:
    """The version's text, or else the artifact's."""
    for name in ("version", "artifactId"):
        found = row.child(name)
        if found is not None:
            return found.inside
    return row.span


def property_place(path: str, text: str, workspace: Workspace) -> Span | None:
    """The text of the property that a value consists of (`${cart.version}`), where this file sets it, and once."""
    named = _PROPERTY.fullmatch(text)
    holders = tree(path, workspace).all("properties") if named is not None else ()
    found = [
        one for holder in holders for one in holder.children if named is not None and one.name == named[1]
    ]
    return found[0].inside if len(found) == 1 else None


def java(made: Model) -> tuple[str, Span] | None:
    """The version of Java that a project is compiled for, and the place of it, where its own file says so."""
    for holder in made.projects[0].all("properties"):
        for name in ("java.version", "maven.compiler.release", "maven.compiler.target"):
            one = holder.child(name)
            if one is not None and (version := made.filled(one.text)):
                return version.removeprefix("1."), one.inside
    return None
