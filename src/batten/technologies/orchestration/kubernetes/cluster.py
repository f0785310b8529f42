"""The objects of a unit as a cluster would hold them together: pods, and what selects or serves them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from batten.model.record import record
from batten.technologies.orchestration.kubernetes.enforcement import Refused, refusals
from batten.technologies.orchestration.kubernetes.objects import Field, KubernetesObject

KNATIVE = "serving.knative.dev"
# Kinds that run pods, and where they hold the pod's template. The groups are Kubernetes' own, and those
# of Argo Rollouts and OpenShift, whose templates are the same.
_TEMPLATES: Mapping[str, tuple[str, ...]] = {
    "Pod": (),
    "PodTemplate": ("template",),
    **dict.fromkeys(("Service", "Configuration"), ("spec", "template")),  # Knative's
    "CronJob": ("spec", "jobTemplate", "spec", "template"),
    # https://keda.sh/docs/latest/reference/scaledjob-spec/
    "ScaledJob": ("spec", "jobTargetRef", "template"),
    **dict.fromkeys(
        (
            "Deployment",
            "StatefulSet",
            "DaemonSet",
            "ReplicaSet",
            "ReplicationController",
            "Job",
            "Rollout",
            "DeploymentConfig",
        ),
        ("spec", "template"),
    ),
}
_GROUPS = frozenset(
    ("", "apps", "batch", "extensions", "argoproj.io", "apps.openshift.io", "keda.sh", KNATIVE)
)
# Argo's workflows: their steps have the pod's fields of the workflow, and containers of their own.
_WORKFLOWS: Mapping[str, tuple[str, ...]] = {
    "CronWorkflow": ("spec", "workflowSpec"),
    **dict.fromkeys(("Workflow", "WorkflowTemplate", "ClusterWorkflowTemplate"), ("spec",)),
}
SHORT_LIVED = frozenset(("Job", "CronJob", "ScaledJob", *_WORKFLOWS))


@record
class Container:
    """A container of a pod. `kind`: "containers", "initContainers", "ephemeralContainers"."""

    body: Field
    kind: str
    name: str  # as messages have it: the pod's name where it is the only one

    @property
    def own_name(self) -> str:
        return self.body["name"].text

    @property
    def stays(self) -> bool:
        """It runs as long as its pod: a main container, or a sidecar that is started first."""
        return self.kind == "containers" or self.body["restartPolicy"].text == "Always"


@record
class Pod:
    """What an object runs: `spec` is the pod's, under the object's own pointer."""

    owner: KubernetesObject
    spec: Field
    labels: Mapping[str, str]
    containers: tuple[Container, ...]
    annotations: Field

    @property
    def name(self) -> str:
        return self.owner.name

    @property
    def namespace(self) -> str:
        return self.owner.namespace

    @property
    def lasting(self) -> bool:
        """It serves until it is stopped."""
        once = self.spec["restartPolicy"].text in ("Never", "OnFailure")
        return self.owner.kind not in SHORT_LIVED and not once

    @property
    def windows(self) -> bool:
        """Windows has neither capabilities nor seccomp nor users by number."""
        selector = self.spec["nodeSelector"].strings()
        return "windows" in (self.spec["os"]["name"].text, selector.get("kubernetes.io/os"))

    def security(self, container: Container, key: str) -> Field:
        """A key of the container's security context, or of the pod's where the container has none."""
        own = container.body["securityContext"][key]
        return own if own.exists else self.spec["securityContext"][key]


@record
class Cluster:
    """`serving` has the Services of each pod, and `behind` the pods of each Service; `placed` has the objects by file and
    pointer, and `running` the pod of each that runs one."""

    objects: tuple[KubernetesObject, ...]
    pods: tuple[Pod, ...]
    scope: str
    kinds: Mapping[str, tuple[KubernetesObject, ...]]
    serving: Mapping[int, tuple[KubernetesObject, ...]]  # by identity of the pod
    behind: Mapping[int, list[Pod]]  # by identity of the Service
    placed: Mapping[tuple[str, str], list[KubernetesObject]]
    running: Mapping[int, Pod]  # by identity of the object
    refused: Mapping[str, Refused]  # by namespace; under "" in every one

    def at(self, source: str, pointer: str) -> list[KubernetesObject]:
        """The objects of a file that have this pointer."""
        return self.placed.get((source, pointer), [])

    def of(self, kind: str, *groups: str) -> Iterator[KubernetesObject]:
        """The objects of one kind, of these API groups (the core group when none is given)."""
        return (o for o in self.kinds.get(kind, ()) if o.group in (groups or ("",)))

    def named(self, kind: str, name: str, namespace: str, *groups: str) -> KubernetesObject | None:
        found = (o for o in self.of(kind, *groups) if o.name == name)
        return next((o for o in found if same_namespace(o.namespace, namespace)), None)

    def services(self, pod: Pod) -> tuple[KubernetesObject, ...]:
        """The Services that lead to a pod."""
        return self.serving.get(id(pod), ())

    def refusals(self, pod: Pod) -> Refused:
        """What policies refuse of a pod."""
        return self.refused.get(pod.namespace, self.refused[""])

    def pods_of(self, service: KubernetesObject) -> list[Pod]:
        return self.behind.get(id(service), [])

    def default_limit(self, pod: Pod, resource: str) -> bool:
        """Whether a LimitRange of the namespace bounds containers that say nothing."""
        for limits in self.of("LimitRange"):
            if same_namespace(limits.namespace, pod.namespace):
                for item in limits.spec["limits"].items():
                    if item["type"].text == "Container" and item["default"][resource].exists:
                        return True
        return False


def cluster(objects: Iterable[KubernetesObject], scope: str = "") -> Cluster:
    kept = tuple(objects)
    pods = tuple(p for o in kept if (p := pod(o)) is not None)
    kinds: dict[str, list[KubernetesObject]] = {}
    for found in kept:
        kinds.setdefault(found.kind, []).append(found)
    by_kind = {kind: tuple(held) for kind, held in kinds.items()}
    behind = dict(_behind(by_kind.get("Service", ()), pods))
    serving: dict[int, list[KubernetesObject]] = {}
    for service in by_kind.get("Service", ()):
        for one in behind.get(id(service), ()):
            serving.setdefault(id(one), []).append(service)
    placed: dict[tuple[str, str], list[KubernetesObject]] = {}
    for found in kept:
        placed.setdefault((found.source, found.pointer), []).append(found)
    return Cluster(
        kept,
        pods,
        scope,
        by_kind,
        serving={key: tuple(services) for key, services in serving.items()},
        behind=behind,
        placed=placed,
        running={id(pod.owner): pod for pod in pods},
        refused=refusals(by_kind),
    )


def _behind(services: Iterable[KubernetesObject], pods: tuple[Pod, ...]) -> Iterator[tuple[int, list[Pod]]]:
    """The pods that each Service selects, looked for among those that share a label with it."""
    labelled: dict[tuple[str, str], list[Pod]] = {}
    for one in pods:
        for label in one.labels.items():
            labelled.setdefault(label, []).append(one)
    for service in services:
        selector = service.spec["selector"].strings() if service.group == "" else {}
        near = min((labelled.get(label, []) for label in selector.items()), key=len, default=[])
        yield (
            id(service),
            [p for p in near if same_namespace(service.namespace, p.namespace) and selects(selector, p)],
        )


def is_workflow(owner: KubernetesObject) -> bool:
    return owner.kind in _WORKFLOWS and owner.group == "argoproj.io"


def pod(owner: KubernetesObject) -> Pod | None:
    """The pod that an object runs; None when it runs none."""
    if is_workflow(owner):
        spec = owner.body.of(*_WORKFLOWS[owner.kind]).named(owner.pointer)
        notes = spec["podMetadata"]["annotations"]
        return Pod(owner, spec, {}, tuple(_steps(owner, spec)), notes) if spec.exists else None
    way = _TEMPLATES.get(owner.kind)
    if way is None or owner.group not in _GROUPS:
        return None
    template = owner.body.of(*way)
    spec = template["spec"].named(owner.pointer)
    if not spec.exists:
        return None
    metadata = template["metadata"]  # of a bare pod, the object's own
    labels = metadata["labels"].strings()
    return Pod(owner, spec, labels, tuple(_containers(owner, spec)), metadata["annotations"])


def is_patch(found: Pod) -> bool:
    """Whether the object is a part to be laid over another of its name: the API server refuses a workload without a selector,
    and containers without an image."""
    named = found.owner.kind in ("Deployment", "StatefulSet", "DaemonSet")
    return (
        named
        and not found.owner.spec["selector"].exists
        and not any(container.body["image"].exists for container in found.containers)
    )


def _steps(owner: KubernetesObject, spec: Field) -> Iterator[Container]:
    for template in spec["templates"].items():
        name = f"{owner.name}/{template['name'].text}"
        listed = [template["container"], template["script"], *template["containerSet"]["containers"].items()]
        for body in (*listed, *template["sidecars"].items(), *template["initContainers"].items()):
            if body.exists:
                yield Container(body, "containers", name)


def _containers(owner: KubernetesObject, spec: Field) -> Iterator[Container]:
    kinds = ("containers", "initContainers", "ephemeralContainers")
    found = [(kind, body) for kind in kinds for body in spec[kind].items()]
    for kind, body in found:
        alone = len(found) == 1
        yield Container(body, kind, owner.name if alone else f"{owner.name}/{body['name'].text}")


def same_namespace(one: str, two: str) -> bool:
    """A namespace that is not written may be any: kubectl and Kustomize fill it in for all objects alike."""
    return one == two or not one or not two


def selects(selector: Mapping[str, str], pod: Pod) -> bool:
    return all(pod.labels.get(key) == value for key, value in selector.items())


def names(service: KubernetesObject) -> tuple[str, ...]:
    """The host names by which pods call a Service."""
    short = [service.name]
    if service.namespace:
        within = f"{service.name}.{service.namespace}"
        short += [within, f"{within}.svc", f"{within}.svc.cluster.local"]
    return tuple(short)
