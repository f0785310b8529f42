"""What files that were read take from other places when they are used: charts, bases, modules, pipelines.

batten fetches nothing, so what these declare was not read. Sources: https://helm.sh/docs/topics/charts/#chart-dependencies,
https://kubectl.docs.kubernetes.io/references/kustomize/kustomization/, https://developer.hashicorp.com/terraform/language/modules/sources,
https://docs.gitlab.com/ci/yaml/#include, https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-cloudformation-stack.html
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterator
from importlib import import_module

from batten.formats import Mapping, SyntaxProblem, Unreadable, Workspace, yaml
from batten.formats.tree import Node, Scalar, Sequence, key_path
from batten.technologies._wings import package_of
from batten.technologies.shared.rendering.kustomizations import remote

_MODULE = re.compile(r"^[ \t]*module[ \t]+\"[^\"\n]+\"[ \t]*\{[^{}]{0,2000}?^[ \t]*source[ \t]*=[ \t]*\"([^\"\n$]+)\"", re.MULTILINE)  # fmt: skip
_NESTED = re.compile(r"[\"']?\bTemplateURL[\"']?[ \t]*:[ \t]*[\"']?(https?://[^\s\"',}]+)")


def fetched(technology: str, path: str, workspace: Workspace) -> Iterator[tuple[str, str]]:
    """(what it is, how the file names it) of each part that is not in the tree."""
    find = _FINDERS.get(technology)
    try:
        yield from find(path, workspace) if find is not None else ()
    except (SyntaxProblem, Unreadable, RecursionError, MemoryError):
        return  # the reader said so


def _charts(path: str, workspace: Workspace) -> Iterator[tuple[str, str]]:
    if posixpath.basename(path) != "Chart.yaml":
        return
    folder = posixpath.dirname(path)
    below = [posixpath.basename(p) for p in workspace.entries(posixpath.join(folder, "charts"))]
    for dependency in _items(_tree(path, workspace), "dependencies"):
        name, version = _text(dependency, "name"), _text(dependency, "version")
        packaged = any(p.startswith(f"{name}-") for p in below)  # a .tgz, which is named for itself
        here = name in below or packaged or _text(dependency, "repository").startswith("file:")
        if name and not here:
            # Whether the chart's own values switch a dependency off.
            condition = _text(dependency, "condition")
            values = posixpath.join(folder, "values.yaml")
            if not condition or not workspace.exists(values):
                is_off = False
            else:
                found = key_path(_tree(values, workspace), *condition.split(",")[0].strip().split("."))
                is_off = isinstance(found, Scalar) and found.value is False
            if not is_off:
                yield "Helm dependency", f"{name} {version}".strip()


def _bases(path: str, workspace: Workspace) -> Iterator[tuple[str, str]]:
    root = _tree(path, workspace)
    for key in ("resources", "bases", "components"):
        for item in _items(root, key):
            if isinstance(item, Scalar) and remote(item.text):
                yield "Kustomize base", item.text
    for chart in _items(root, "helmCharts"):
        yield "Helm chart of a kustomization", _text(chart, "name")


def _modules(path: str, workspace: Workspace) -> Iterator[tuple[str, str]]:
    if path.endswith((".tf", ".tofu")):
        described = import_module(f"{package_of('terraform')}.registry").is_described
        for source in _MODULE.findall(workspace.text(path).text):
            if not source.startswith(("./", "../")) and not described(source):
                yield "Terraform module", source


def _stacks(path: str, workspace: Workspace) -> Iterator[tuple[str, str]]:
    for address in _NESTED.findall(workspace.text(path).text):
        yield "CloudFormation stack", address


def _pipelines(path: str, workspace: Workspace) -> Iterator[tuple[str, str]]:
    for item in _items(_tree(path, workspace), "include"):
        for key in ("project", "remote", "component"):
            if name := _text(item, key):
                yield "GitLab CI include", name


_FINDERS: dict[str, Callable[[str, Workspace], Iterator[tuple[str, str]]]] = {
    "helm": _charts,
    "kustomize": _bases,
    "terraform": _modules,
    "cloudformation": _stacks,
    "gitlab_ci": _pipelines,
}


def _tree(path: str, workspace: Workspace) -> Node:
    return workspace.document(path, yaml.parse).tree


def _items(root: Node | None, key: str) -> list[Node]:
    """The items of a list below a key; what is no list is one item."""
    found = root[key] if isinstance(root, Mapping) else None
    if found is None:
        return []
    return list(found) if isinstance(found, Sequence) else [found]


def _text(node: Node, key: str) -> str:
    found = node[key] if isinstance(node, Mapping) else None
    return found.text if isinstance(found, Scalar) else ""
