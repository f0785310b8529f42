"""What templates find beside the values: the chart, the release, the cluster's versions, the chart's files.

Source: https://helm.sh/docs/chart_template_guide/builtin_objects/
"""

from __future__ import annotations

import base64
import posixpath
from collections.abc import Sequence

from batten.formats import Unreadable, Workspace
from batten.patterns import BadPattern, compiled
from batten.technologies.orchestration.helm.ignoring import expression, ignoring
from batten.technologies.orchestration.helm.tree import Chart, get
from batten.technologies.orchestration.helm.values import UNKNOWN_VALUE, Chunk, Method, Value, wrapped
from batten.technologies.orchestration.helm.yaml_text import yaml_chunks

# What `helm template` of 4.3 says where no cluster is asked.
_MAJOR, _MINOR = "1", "37"
_KUBERNETES = f"v{_MAJOR}.{_MINOR}.0"
_HELM = {"Version": "v4.3.1", "GitCommit": "", "GitTreeState": "clean", "GoVersion": "go1.27.2"}
_APIS = frozenset(
    [
        "v1",
        "admissionregistration.k8s.io/v1",
        "admissionregistration.k8s.io/v1alpha1",
        "admissionregistration.k8s.io/v1beta1",
        "internal.apiserver.k8s.io/v1alpha1",
        "apps/v1",
        "apps/v1beta1",
        "apps/v1beta2",
        "authentication.k8s.io/v1",
        "authentication.k8s.io/v1alpha1",
        "authentication.k8s.io/v1beta1",
        "authorization.k8s.io/v1",
        "authorization.k8s.io/v1beta1",
        "autoscaling/v1",
        "autoscaling/v2",
        "batch/v1",
        "batch/v1beta1",
        "certificates.k8s.io/v1",
        "certificates.k8s.io/v1beta1",
        "certificates.k8s.io/v1alpha1",
        "coordination.k8s.io/v1alpha2",
        "coordination.k8s.io/v1beta1",
        "coordination.k8s.io/v1",
        "discovery.k8s.io/v1",
        "discovery.k8s.io/v1beta1",
        "events.k8s.io/v1",
        "events.k8s.io/v1beta1",
        "extensions/v1beta1",
        "flowcontrol.apiserver.k8s.io/v1",
        "flowcontrol.apiserver.k8s.io/v1beta1",
        "flowcontrol.apiserver.k8s.io/v1beta2",
        "flowcontrol.apiserver.k8s.io/v1beta3",
        "lifecycle.k8s.io/v1alpha1",
        "networking.k8s.io/v1",
        "networking.k8s.io/v1beta1",
        "node.k8s.io/v1",
        "node.k8s.io/v1alpha1",
        "node.k8s.io/v1beta1",
        "policy/v1",
        "policy/v1beta1",
        "rbac.authorization.k8s.io/v1",
        "rbac.authorization.k8s.io/v1beta1",
        "rbac.authorization.k8s.io/v1alpha1",
        "resource.k8s.io/v1",
        "resource.k8s.io/v1beta2",
        "resource.k8s.io/v1beta1",
        "resource.k8s.io/v1alpha3",
        "scheduling.k8s.io/v1alpha3",
        "scheduling.k8s.io/v1beta1",
        "scheduling.k8s.io/v1",
        "storage.k8s.io/v1beta1",
        "storage.k8s.io/v1",
        "storage.k8s.io/v1alpha1",
        "storagemigration.k8s.io/v1",
        "storagemigration.k8s.io/v1beta1",
        "apiextensions.k8s.io/v1beta1",
        "apiextensions.k8s.io/v1",
    ]
)
_ABSENT = {
    "Name": "", "Version": "", "Home": "", "Sources": [], "Keywords": [], "Maintainers": [], "Icon": "", "APIVersion": "", "Condition": "",
    "Tags": "", "AppVersion": "", "Deprecated": False, "Annotations": {}, "KubeVersion": "", "Dependencies": [], "Type": "", "Description": "",
}  # fmt: skip
_OWN = (
    "Chart.yaml",
    "Chart.lock",
    "values.yaml",
    "values.schema.json",
    "requirements.yaml",
    "requirements.lock",
)
_MOST_FILES = 1000


def contexts(root: Chart, values: Value, release: str, workspace: Workspace) -> dict[str, Value]:
    """What the templates of each chart of a tree are given, by the chart's full name."""
    version = wrapped({"Version": _KUBERNETES, "GitVersion": _KUBERNETES, "Major": _MAJOR, "Minor": _MINOR})
    version.made = (Chunk(_KUBERNETES),)
    apis = wrapped(sorted(_APIS))
    apis.methods = (Method("Has", lambda a: Value(bool(a) and a[0].text in _APIS)),)
    shared = {
        "Release": wrapped(
            {"Name": release, "Namespace": "default", "Service": "Helm", "IsInstall": True, "IsUpgrade": False, "Revision": 1}
        ),
        "Capabilities": Value({"KubeVersion": version, "APIVersions": apis, "HelmVersion": wrapped(_HELM)}),
    }  # fmt: skip
    made: dict[str, Value] = {}
    _context(root, values, shared, workspace, made)
    return made


def _context(
    chart: Chart, values: Value, shared: dict[str, Value], workspace: Workspace, made: dict[str, Value]
) -> Value:
    below = {b.name: _context(b, get(values, b.name), shared, workspace, made) for b in chart.below}
    said = chart.meta.data if isinstance(chart.meta.data, dict) else {}
    words = {("API" + k[3:] if k.startswith("api") else k[:1].upper() + k[1:]): v for k, v in said.items()}
    absent = wrapped(_ABSENT).data
    assert isinstance(absent, dict)
    known = {
        k: Value(v.text, v.origin) if isinstance(absent.get(k, v).data, str) else v for k, v in words.items()
    }
    own = {
        "Values": values,
        "Chart": Value(
            {**absent, **known, "Name": Value(chart.name), "IsRoot": Value("/charts/" not in chart.full)}
        ),
        "Files": _files(chart, workspace),
        "Subcharts": Value(below),
    }
    made[chart.full] = Value({**shared, **own})
    return made[chart.full]


def _files(chart: Chart, workspace: Workspace) -> Value:
    """The chart's files that are neither templates nor values, read when they are asked for."""

    def got(arguments: Sequence[Value]) -> Value:
        return (
            _file(chart, arguments[0].text, workspace)
            if arguments and not arguments[0].vague
            else UNKNOWN_VALUE
        )

    def lines(arguments: Sequence[Value]) -> Value:
        found = got(arguments)
        return wrapped(found.text.removesuffix("\n").split("\n")) if not found.unknown else found

    def glob(arguments: Sequence[Value]) -> Value:
        return (
            _globbed(chart, arguments[0].text, workspace)
            if arguments and not arguments[0].vague
            else UNKNOWN_VALUE
        )

    methods = (Method("Get", got), Method("GetBytes", got), Method("Lines", lines), Method("Glob", glob))
    return Value({}, methods=methods)


def _file(chart: Chart, name: str, workspace: Workspace) -> Value:
    path = posixpath.normpath(name) if name else ""
    if path.startswith(("/", "..", "templates/", "charts/")) or path in _OWN:
        return Value("")
    if not workspace.exists(chart.path(path)) or ignoring(chart.folder, workspace)(path):
        return Value("")
    try:
        return Value(workspace.text(chart.path(path)).text)
    except Unreadable:
        return UNKNOWN_VALUE


def _globbed(chart: Chart, pattern: str, workspace: Workspace) -> Value:
    try:
        fits = compiled(expression(pattern)).fullmatch
    except BadPattern:
        return UNKNOWN_VALUE
    ignored = ignoring(chart.folder, workspace)
    named_so = [p for p in _walked(chart, workspace) if fits(p) and not ignored(p)]
    found = {p: _file(chart, p, workspace) for p in named_so}
    made = Value(found).weighed()
    named = {posixpath.basename(p): v for p, v in found.items()}
    encoded = {
        n: (v if v.vague else Value(base64.b64encode(v.text.encode()).decode())) for n, v in named.items()
    }

    def got(arguments: Sequence[Value]) -> Value:
        return found.get(arguments[0].text, Value("")) if arguments else Value("")

    made.methods = (
        Method("AsConfig", lambda _: _lines(named)),
        Method("AsSecrets", lambda _: _lines(encoded)),
        Method("Get", got),
        Method("GetBytes", got),
    )
    return made


def _lines(named: dict[str, Value]) -> Value:
    chunks = tuple(yaml_chunks(Value(named)))
    return Value("".join(c.text for c in chunks), None, chunks)


def _walked(chart: Chart, workspace: Workspace, below: str = "", depth: int = 0) -> list[str]:
    found: list[str] = []
    for path in workspace.entries(chart.path(below) if below else chart.folder):
        name = posixpath.join(below, posixpath.basename(path))
        if name in _OWN or name in ("templates", "charts") or len(found) >= _MOST_FILES:
            continue
        if workspace.exists(path):
            found.append(name)
        elif depth < 5 and not posixpath.basename(path).startswith("."):
            found += _walked(chart, workspace, name, depth + 1)
    return found[:_MOST_FILES]
