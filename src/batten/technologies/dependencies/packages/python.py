"""Lock files of Python: uv.lock, poetry.lock, pdm.lock, pylock.toml, Pipfile.lock.

Sources: https://docs.astral.sh/uv/concepts/projects/layout/#the-lockfile, https://python-poetry.org/docs/basic-usage/,
https://pdm-project.org/en/latest/usage/lockfile/, https://packaging.python.org/en/latest/specifications/pylock-toml/,
https://pipenv.pypa.io/en/latest/pipfile.html.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from batten.formats import Mapping, Workspace
from batten.model import Problem, Span
from batten.technologies.dependencies._packages.found import Found, normalised
from batten.technologies.dependencies._packages.graph import reached
from batten.technologies.dependencies.packages.trees import (
    below,
    beside,
    json,
    mappings,
    place,
    root,
    rows,
    toml,
    unknown_version,
    words,
    written,
)

_NAME = re.compile(r"\s*([A-Za-z0-9](?:[\w.-]*[A-Za-z0-9])?)")
_OWN = (
    "virtual",
    "editable",
    "directory",
    "path",
)  # sources of the project itself and of what lies beside it


def uv(path: str, workspace: Workspace) -> Iterator[Found | Problem]:
    tree = root(path, workspace, toml)
    if written(tree, "version") != "1":
        yield unknown_version(path, written(tree, "version"), "version 1 of uv.lock")
        return
    packages = list(rows(tree["package"]))
    own = [p for p in packages if any(key in below(p["source"]) for key in _OWN)]
    deployed = set[str]()
    edges = {written(p, "name"): [*_required(p)] for p in packages if p not in own}
    for project in own:
        deployed.update(_required(project))
    direct = deployed | {name for project in own for name in _groups(project)}
    production = reached(deployed, edges)
    for package in packages:
        name = written(package, "name")
        if package not in own:
            yield _package(package, direct, name not in production)


def _required(package: Mapping) -> Iterator[str]:
    yield from (written(row, "name") for row in rows(package["dependencies"]))
    for entry in below(package["optional-dependencies"]):
        yield from (written(row, "name") for row in rows(entry.value))


def _groups(project: Mapping) -> Iterator[str]:
    for key in ("dev-dependencies", "dependency-groups"):
        for entry in below(project[key]):
            yield from (written(row, "name") for row in rows(entry.value))


def poetry(path: str, workspace: Workspace) -> Iterator[Found | Problem]:
    tree = root(path, workspace, toml)
    version = written(below(tree["metadata"]), "lock-version")
    if version.split(".")[0] not in ("1", "2"):
        yield unknown_version(path, version, "versions 1 and 2 of poetry.lock")
        return
    direct = declared(path, workspace)
    for package in rows(tree["package"]):
        groups = [*words(package["groups"])]
        development = written(package, "category") == "dev" or (groups != [] and "main" not in groups)
        yield _package(package, direct, development)


def pdm(path: str, workspace: Workspace) -> Iterator[Found | Problem]:
    tree = root(path, workspace, toml)
    version = written(below(tree["metadata"]), "lock_version")
    if version.split(".")[0] not in ("2", "3", "4"):
        yield unknown_version(path, version, "versions 2 to 4 of pdm.lock")
        return
    # The extras of a project: what they add may be deployed.
    optional_tree = beside(path, "pyproject.toml", workspace, toml)
    direct, extras = (
        declared(path, workspace),
        {str(entry.key.value) for entry in below(optional_tree["project"], "optional-dependencies")},
    )
    for package in rows(tree["package"]):
        groups = [*words(package["groups"])]
        development = groups != [] and "default" not in groups and not extras.intersection(groups)
        yield _package(package, direct, development)


def pylock(path: str, workspace: Workspace) -> Iterator[Found | Problem]:
    tree = root(path, workspace, toml)
    version = written(tree, "lock-version")
    if version.split(".")[0] != "1":
        yield unknown_version(path, version, "version 1 of pylock.toml")
        return
    direct = declared(path, workspace)
    for package in rows(tree["packages"]):
        if "directory" not in package:
            # Whether a package is installed for a group of dependencies only: `'dev' in dependency_groups`.
            marker = written(package, "marker")
            yield _package(
                package,
                direct,
                "in dependency_groups" in marker and " or " not in marker and "'default'" not in marker,
            )


def pipfile(path: str, workspace: Workspace) -> Iterator[Found | Problem]:
    tree = root(path, workspace, json)
    version = written(below(tree["_meta"]), "pipfile-spec")
    if version != "6":
        yield unknown_version(path, version, "specification 6 of Pipfile.lock")
        return
    wanted = beside(path, "Pipfile", workspace, toml)
    for section, of_people, development in (
        ("default", "packages", False),
        ("develop", "dev-packages", True),
    ):
        direct = {normalised(str(entry.key.value)) for entry in below(wanted[of_people])}
        for name, row, entry in mappings(tree[section]):
            version, span = written(row, "version"), place(row, "version", entry.key.span)
            yield Found(
                name=normalised(name),
                version=version.removeprefix("=="),
                span=Span(span.start + 2, span.end) if version.startswith("==") else span,
                direct=normalised(name) in direct,
                development=development,
            )


def _package(package: Mapping, direct: Iterable[str], development: bool) -> Found:
    name = normalised(written(package, "name"))
    return Found(
        name=name,
        version=written(package, "version"),
        span=place(package, "version", place(package, "name")),
        direct=name in direct,
        development=development,
    )


def declared(path: str, workspace: Workspace) -> set[str]:
    """The packages that the pyproject.toml beside a lock file names, in all of its tools' ways."""
    tree = beside(path, "pyproject.toml", workspace, toml)
    project, tables_of = below(tree["project"]), below(tree["tool"])
    lists = [project["dependencies"]]
    for groups in (
        project["optional-dependencies"],
        tree["dependency-groups"],
        below(tables_of["pdm"])["dev-dependencies"],
    ):
        lists += [entry.value for entry in below(groups)]
    names = {found[1] for one in lists for word in words(one) if (found := _NAME.match(word))}
    poetry_own = below(tables_of["poetry"])
    tables = [poetry_own["dependencies"], poetry_own["dev-dependencies"]]
    tables += [group["dependencies"] for _, group, _ in mappings(poetry_own["group"])]
    names |= {str(entry.key.value) for table in tables for entry in below(table)}
    return {normalised(name) for name in names} - {"python"}
