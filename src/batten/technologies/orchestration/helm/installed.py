"""With which values a chart is installed in production, as files named for it and what deploys the tree show.

Source: https://helm.sh/docs/chart_template_guide/values_files/
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from batten.formats import Mapping, Scalar, SyntaxProblem, Unreadable, Workspace, yaml
from batten.formats.tree import Node
from batten.model import Context, Location
from batten.technologies import Use
from batten.technologies.shared.deployment.commands import commands

_MOST = 10  # lists of values of one chart
_NAMED = re.compile(
    r"values[._-](?:prod|production|live)(?:[._-][\w-]+)?\.ya?ml|(?:prod|production|live)[._-]values\.ya?ml"
)
_OF_FOLDER = re.compile(r"(?:prod|production|live)\.ya?ml")
_FOLDERS = ("values", "environments", "env", "envs")
_INSTALLS = frozenset(("install", "upgrade", "template"))
_RELEASES = ("helmfile.yaml", "helmfile.yml")
_APPLICATIONS = ("argocd", "argo", "argo-cd", "gitops", "apps", "applications", "deploy", "clusters")

Values = tuple[tuple[str, ...], Location]  # files, later ones over earlier, and what shows them


def lists(folder: str, workspace: Workspace) -> tuple[Use, ...]:
    """Each way in which production installs a chart: its main file, and the files of values that are laid over its own; none
    where nothing shows any, and the chart's own values are what is known."""
    return workspace.kept(("helm values", folder), lambda: tuple(_lists(folder, workspace)))


def _lists(folder: str, workspace: Workspace) -> Iterator[Use]:
    told = [*_commanded(folder, workspace), *_released(folder, workspace), *_applied(folder, workspace)]
    # Whether no word of the file's own name says that it is for development or tests.
    found = {
        files: shown
        for files, shown in reversed(told)
        if all(
            all(Context.named(word) is None for word in re.split(r"[._-]", posixpath.basename(f))[:-1])
            for f in files
        )
    }
    used = {file for files in found for file in files}
    found |= {(f,): Location(f, "") for f in _named(folder, workspace) if f not in used}
    main = posixpath.join(folder, "Chart.yaml")
    for files in sorted(found)[:_MOST] if any(found) else ():
        yield Use(Context.PRODUCTION, (main, *files), found[files])


def _named(folder: str, workspace: Workspace) -> Iterator[str]:
    for path in workspace.entries(folder):
        name = posixpath.basename(path)
        if _NAMED.fullmatch(name) and workspace.exists(path):
            yield path
        elif name in _FOLDERS:
            below = workspace.entries(path)
            yield from (p for p in below if _of_production(posixpath.basename(p)) and workspace.exists(p))


def _of_production(name: str) -> bool:
    return (_NAMED.fullmatch(name) or _OF_FOLDER.fullmatch(name)) is not None


def _commanded(folder: str, workspace: Workspace) -> Iterator[Values]:
    above = posixpath.dirname(folder)
    for command in (*commands(folder, workspace), *commands(above, workspace)):
        if command.program == "helm" and (_INSTALLS & set(command.words)):
            # Whether one of its words is the chart's folder, as the command's own folder, the root or the folder
            # above sees it.
            homes = (posixpath.dirname(command.at.source), "", posixpath.dirname(folder))
            own = folder or "."
            of_chart = any(
                posixpath.normpath(posixpath.join(home, word)) == own
                for home in homes
                for word in command.words
                if not word.startswith("-")
            )
            if of_chart:
                given = command.values("-f", "--values")
                names = [name for value in given for name in value.split(",")]
                files = command.paths(names, above, workspace)
                if files is not None and (files or command.automatic):
                    yield files, command.at


def _released(folder: str, workspace: Workspace) -> Iterator[Values]:
    """Those of helmfile's releases, which names them beside itself.

    Source: https://helmfile.readthedocs.io/en/latest/#configuration
    """
    for home in dict.fromkeys(("", posixpath.dirname(folder))):
        for name in _RELEASES:
            path = posixpath.join(home, name)
            for root in _documents(path, workspace) if workspace.exists(path) else ():
                for release in _items(root, "releases"):
                    if workspace.resolve(path, release.text("chart") or "") == (folder or "."):
                        named = [(path, word) for word in _words(release, "values")]
                        yield from _there(named, path, workspace)


def _applied(folder: str, workspace: Workspace) -> Iterator[Values]:
    """Those of Argo CD's applications, which names them beside the chart.

    Source: https://argo-cd.readthedocs.io/en/stable/user-guide/helm/
    """
    for path in workspace.kept(("helm applications",), lambda: tuple(_applications(workspace))):
        for root in _documents(path, workspace):
            spec = root.mapping("spec")
            for source in (
                *_items(spec, "sources"),
                *filter(None, [spec.mapping("source") if spec else None]),
            ):
                if posixpath.normpath(source.text("path") or "") == (folder or "."):
                    beside = posixpath.join(folder, "Chart.yaml")
                    named = [(beside, word) for word in _words(source.mapping("helm"), "valueFiles")]
                    yield from _there(named, path, workspace)


def _applications(workspace: Workspace) -> Iterator[str]:
    """Files in the root and in folders for such things that name files of values."""
    homes = ("", *(f for f in workspace.entries("") if posixpath.basename(f) in _APPLICATIONS))
    for path in (p for home in homes for p in workspace.entries(home) if p.endswith((".yaml", ".yml"))):
        if workspace.exists(path):
            try:
                shows_values = "valueFiles:" in workspace.text(path).text
            except Unreadable:
                shows_values = False
            if shows_values:
                yield path


def _there(named: list[tuple[str, str]], path: str, workspace: Workspace) -> Iterator[Values]:
    """The files, where all are here; the chart's own come first in any case."""
    found = [workspace.resolve(beside, word) for beside, word in named]
    files = [path for path in found if path is not None and workspace.exists(path)]
    if files and len(files) == len(named):
        yield tuple(files), Location(path, "")


def _documents(path: str, workspace: Workspace) -> Iterator[Mapping]:
    """The mappings of a file; nothing of one that cannot be read, such as a template."""
    try:
        roots = yaml.parse_all(workspace.text(path).text)
    except (SyntaxProblem, Unreadable):
        return
    yield from (root for root in roots if isinstance(root, Mapping))


def _items(root: Mapping | None, key: str) -> Iterator[Mapping]:
    listed: Iterator[Node] = iter((root.sequence(key) if root is not None else None) or ())
    yield from (item for item in listed if isinstance(item, Mapping))


def _words(root: Mapping | None, key: str) -> Iterator[str]:
    listed: Iterator[Node] = iter((root.sequence(key) if root is not None else None) or ())
    yield from (item.text for item in listed if isinstance(item, Scalar) and isinstance(item.value, str))
