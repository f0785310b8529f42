"""Values for charts that are fetched from elsewhere: what is written beside their names. Credentials among them.

Sources: https://fluxcd.io/flux/components/helm/helmreleases/, https://argo-cd.readthedocs.io/en/stable/user-guide/helm/,
https://docs.k3s.io/helm, https://kubectl.docs.kubernetes.io/references/kustomize/kustomization/helmcharts/
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from batten.facts import Secret
from batten.formats import tree
from batten.technologies._secrets import credentials
from batten.technologies.kubernetes.objects import Field, KubernetesObject

_LINE = re.compile(
    r"^[ \t]*(?:-[ \t]+)?[\"']?(\w[\w.-]*)[\"']?:[ \t]+[\"']?([^\s\"'#&*!|>{\[][^\"'#\n]*)", re.MULTILINE
)
_MOST = 20_000  # values of one chart


def chart_values(objects: Iterable[KubernetesObject]) -> Iterator[Secret]:
    for found in objects:
        match found.kind, found.group:
            case "HelmRelease", _:
                yield from values(found.spec["values"])
            case "Application", "argoproj.io":
                for source in (found.spec["source"], *found.spec["sources"].items()):
                    yield from _argo(source["helm"])
            case "HelmChart", "helm.cattle.io":
                yield from values(found.spec["set"])
                yield from _lines(found.spec["valuesContent"])
            case _:
                pass


def _argo(helm: Field) -> Iterator[Secret]:
    yield from values(helm["valuesObject"])
    yield from _lines(helm["values"])
    for parameter in helm["parameters"].items():
        yield from _credential(parameter["name"].text.rpartition(".")[2], parameter["value"])


def values(field: Field) -> Iterator[Secret]:
    """The credentials in a tree of values."""
    pending, seen = [field], 0
    while pending and seen < _MOST:
        held = pending.pop()
        pending += held.items()
        for key, _ in held.entries():
            value, seen = held[key], seen + 1
            if isinstance(value.node, tree.Scalar):
                yield from _credential(key.rpartition(".")[2], value)
            else:
                pending.append(value)


def _credential(name: str, value: Field) -> Iterator[Secret]:
    held = credentials.found(name, value.text) if value.known and value.text else None
    if held is not None:
        yield credentials.in_config(value.here, name, held)


def _lines(text: Field) -> Iterator[Secret]:
    """Values as one string: its lines all have the string's place."""
    for name, value in _LINE.findall(text.text) if text.known else ():
        held = credentials.found(name, value.strip())
        if held is not None:
            yield credentials.in_config(text.here, name, held)
            return
