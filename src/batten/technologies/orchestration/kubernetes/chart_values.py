"""Values for charts that are fetched from elsewhere: what is written beside their names. Credentials among them.

Sources: https://fluxcd.io/flux/components/helm/helmreleases/, https://argo-cd.readthedocs.io/en/stable/user-guide/helm/,
https://docs.k3s.io/helm, https://kubectl.docs.kubernetes.io/references/kustomize/kustomization/helmcharts/
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from batten.facts import Secret
from batten.formats import tree
from batten.technologies.orchestration.kubernetes.objects import Field, KubernetesObject
from batten.technologies.shared.secrets import credentials
from batten.technologies.shared.secrets.evidence import strong

_LINE = re.compile(
    r"^[ \t]*(?:-[ \t]+)?[\"']?(\w[\w.-]*)[\"']?:[ \t]+[\"']?([^\s\"'#&*!|>{\[][^\"'#\n]*)", re.MULTILINE
)
# As objects are called: words of letters with signs between them, and numbers of one or two digits.
_OBJECT_NAME = re.compile(r"[a-z]{2,}\d{0,2}(?:[-.][a-z]+\d{0,2}|[-.]\d{1,2}){1,8}")
_REFERENCE = re.compile(r"(?i)(?:secret(?:ref|name)?|existing_?secret)$")
_MOST = 20_000  # values of one chart


def chart_values(objects: Iterable[KubernetesObject]) -> Iterator[Secret]:
    for found in objects:
        match found.kind, found.group:
            case "HelmRelease", _:
                yield from values(found.spec["values"])
            case "Application", "argoproj.io":
                for source in (found.spec["source"], *found.spec["sources"].items()):
                    helm = source["helm"]
                    yield from values(helm["valuesObject"])
                    yield from _lines(helm["values"])
                    for parameter in helm["parameters"].items():
                        yield from _credential(parameter["name"].text.rpartition(".")[2], parameter["value"])
            case "HelmChart", "helm.cattle.io":
                yield from values(found.spec["set"])
                yield from _lines(found.spec["valuesContent"])
            case _:
                pass


def values(field: Field) -> Iterator[Secret]:
    """The credentials in a tree of values."""
    pending, seen = [field], 0
    while pending and seen < _MOST:
        held = pending.pop()
        pending += held.items()
        for key, _ in held.entries():
            value, seen = held[key], seen + 1
            if isinstance(value.node, tree.Scalar):
                # Whether the value is the name of a Secret, or of a key of the Secret that is named beside it:
                # `secret: runner-token`, `apiKeySecretKey: api-key` beside `apiKeySecretRef`.
                if _OBJECT_NAME.fullmatch(value.text) is None or strong(value.text):
                    names_one = False
                elif key == "secret":
                    names_one = True
                else:
                    names_one = key.lower().endswith("secretkey") and any(
                        _REFERENCE.search(beside) is not None for beside, _ in held.entries() if beside != key
                    )
                if not names_one:
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
