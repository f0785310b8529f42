"""Kubernetes manifests: facts out, remedies in."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator, Sequence

from batten.facts import Fact
from batten.formats import Workspace
from batten.model import Fix, Location, Problem, Remedy
from batten.technologies import Unit
from batten.technologies.orchestration.kubernetes import edge, writer
from batten.technologies.orchestration.kubernetes.chart_values import chart_values
from batten.technologies.orchestration.kubernetes.cluster import cluster, is_patch
from batten.technologies.orchestration.kubernetes.daemons import daemons, versions
from batten.technologies.orchestration.kubernetes.embedded import (
    EmbeddedFile,
    embedded,
    embedded_facts,
    embedded_fix,
    within,
)
from batten.technologies.orchestration.kubernetes.objects import KubernetesObject, objects
from batten.technologies.orchestration.kubernetes.operators import operated
from batten.technologies.orchestration.kubernetes.placing import placed
from batten.technologies.orchestration.kubernetes.pods import pod_facts
from batten.technologies.orchestration.kubernetes.policies import pod_policies
from batten.technologies.orchestration.kubernetes.provisioning import provisioned
from batten.technologies.orchestration.kubernetes.rbac import rbac_facts
from batten.technologies.orchestration.kubernetes.requested import requested
from batten.technologies.orchestration.kubernetes.resources import unverified
from batten.technologies.orchestration.kubernetes.secrets import (
    config_map_facts,
    kubeconfig_facts,
    machine_facts,
    secret_facts,
)
from batten.technologies.orchestration.kubernetes.services import doors, pod_networks
from batten.technologies.orchestration.kubernetes.settings import used
from batten.technologies.shared.rendering.kustomizations import claimed
from batten.technologies.shared.stores.command_line import fix_of_word

_ROOTS = ("kustomization.yaml", "kustomization.yml", "Kustomization", "Chart.yaml")


def units(files: Sequence[str], workspace: Workspace) -> Iterator[Unit]:
    """The manifests of a folder and of the folders below it, up to the next kustomization or chart. A
    chart's templates are read with their chart, and what a kustomization names with it."""
    groups: dict[str, list[str]] = {}
    elsewhere = claimed(files, workspace)
    own = [f for f in files if f not in elsewhere and not _of_chart(posixpath.dirname(f), workspace)]
    holders = frozenset(posixpath.dirname(f) for f in own)
    for file in own:
        groups.setdefault(_root(posixpath.dirname(file), holders, workspace), []).append(file)
    for found in groups.values():
        yield Unit("kubernetes", tuple(found))


def _root(folder: str, holders: frozenset[str], workspace: Workspace) -> str:
    """The nearest folder upwards that has a kustomization, else the highest below the root of the
    workspace that holds manifests itself."""
    place = found = folder
    while True:
        if any(workspace.exists(posixpath.join(place, name)) for name in _ROOTS):
            return place
        if not place:
            return found
        found = place if place in holders else found
        place = posixpath.dirname(place)


def _of_chart(folder: str, workspace: Workspace) -> bool:
    place = folder
    while place:
        above = posixpath.dirname(place)
        if posixpath.basename(place) in ("templates", "crds", "charts") and workspace.exists(
            posixpath.join(above, "Chart.yaml")
        ):
            return True
        place = above
    return False


def read(unit: Unit, workspace: Workspace) -> Iterator[Fact | Problem]:
    found: list[KubernetesObject] = []
    for outcome in objects(unit.files, workspace):
        if isinstance(outcome, Problem):
            yield outcome
        else:
            found.append(outcome)
    yield from facts(found, workspace, posixpath.dirname(unit.main) or ".")


def facts(
    found: Iterable[KubernetesObject], workspace: Workspace, scope: str = "."
) -> Iterator[Fact | Problem]:
    """The facts of objects that are applied together, wherever they come from. `scope`: what sets their
    names apart from those of others."""
    kept = cluster(found, f"kubernetes:{scope}")
    files, left = within([f for o in kept.objects for f in embedded(o, workspace)], workspace)
    yield from left
    lined = [file for file in files if not file.text]
    merged: set[EmbeddedFile] = set()
    open_to = doors(kept)
    for pod in kept.pods:
        if is_patch(pod):
            continue
        yield from pod_facts(pod, kept, open_to, lined, merged, workspace)
    for ports in open_to.ports.values():
        yield from ports
    for object_found in kept.of("VirtualMachine", "kubevirt.io"):
        yield from machine_facts(object_found, workspace)
    for object_found in kept.of("Secret"):
        yield from secret_facts(object_found)
    for object_found in kept.of("Config"):
        yield from kubeconfig_facts(object_found)
    for object_found in kept.of("ConfigMap"):
        yield from config_map_facts(object_found, workspace)
    yield from rbac_facts(kept)
    yield from daemons(kept)
    yield from versions(kept)
    yield from pod_networks(kept)
    yield from pod_policies(kept)
    yield from operated(kept)
    yield from requested(kept)
    yield from provisioned(kept)
    yield from unverified(kept.objects)
    yield from chart_values(kept.objects)
    yield from edge.facts(kept.objects, workspace)
    for file in files:
        if file not in merged:
            yield from placed(embedded_facts(file, workspace), file, kept, open_to)


def settings(unit: Unit, workspace: Workspace) -> Iterator[tuple[str, Location]]:
    """What the manifests of a unit set, by the names of the inventory."""
    return used(_objects(unit, workspace))


def write(unit: Unit, workspace: Workspace, remedy: Remedy, at: Location) -> Fix | None:
    if (word := fix_of_word(workspace, remedy, at)) is not None:
        return word
    whole = workspace.kept(("kubernetes", unit), lambda: cluster(_objects(unit, workspace)))
    found = whole.at(at.source, at.pointer.partition("/")[0])
    if not found:
        files = workspace.kept(
            ("embedded files", unit, at.source),
            lambda: within(
                [f for o in whole.objects if o.source == at.source for f in embedded(o, workspace)], workspace
            )[0],
        )
        return embedded_fix(files, workspace, remedy, at)
    made = edge.write(found, workspace, remedy, at)
    if made is not None:
        return made
    return writer.write(whole, workspace, remedy, at)


def _objects(unit: Unit, workspace: Workspace) -> list[KubernetesObject]:
    return [o for o in objects(unit.files, workspace) if isinstance(o, KubernetesObject)]
