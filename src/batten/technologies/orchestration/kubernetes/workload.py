"""Pods and their containers as the kubelet starts them.

Defaults: https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/ and
https://kubernetes.io/docs/concepts/security/pod-security-standards/
"""

from __future__ import annotations

from batten.facts import PublishedPort, Workload
from batten.model import ABSENT, UNKNOWN, Absent, Location, Setting, Switch, Unknown
from batten.technologies.orchestration.kubernetes import kernel
from batten.technologies.orchestration.kubernetes.cluster import (
    KNATIVE,
    Cluster,
    Container,
    Pod,
    is_workflow,
    names,
)
from batten.technologies.orchestration.kubernetes.environment import variables
from batten.technologies.orchestration.kubernetes.objects import Field
from batten.technologies.orchestration.kubernetes.volumes import (
    container_mounts,
    container_needs,
    devices,
    host_paths,
    pod_needs,
)
from batten.technologies.shared.containers import images, served
from batten.technologies.shared.containers.profiles import with_profile

_NAMESPACES = {
    "hostNetwork": Switch.HOST_NETWORK,
    "hostPID": Switch.HOST_PID,
    "hostIPC": Switch.HOST_IPC,
}


def pod_workload(
    pod: Pod, cluster: Cluster, ports: tuple[PublishedPort, ...], ways: tuple[str, ...]
) -> Workload:
    """What is said once for all containers of a pod. What a container decides is not known here."""
    at = pod.spec.block
    # The pod's profile, where some container has none of its own. Without one the kubelet runs it unconfined, unless
    # it was started with --seccomp-default.
    asked = [c for c in pod.containers if not c.body["securityContext"]["seccompProfile"].exists]
    named = any("seccomp.security.alpha.kubernetes.io" in k for k, _ in pod.annotations.entries())
    annotated = named and not pod.spec["securityContext"]["seccompProfile"].exists
    off = kernel.annotated_seccomp(pod)
    if off is not None and asked and not pod.windows:
        profile: Setting[str] | None = off
    elif pod.windows or not asked or annotated:
        profile = None
    else:
        pod_profile = pod.spec["securityContext"]["seccompProfile"]
        profile = _profile(pod_profile, "Unconfined") or Setting(ABSENT, pod.spec.block, "unconfined")
    host_namespaces: list[Setting[Switch]] = []
    for key, name in _NAMESPACES.items():
        field = pod.spec[key]
        if field.exists and field.flag(field.block).value is True:
            host_namespaces.append(Setting(name, field.here))
    # runAsNonRoot where one answer holds for all containers; None where they must be asked.
    written = pod.spec["securityContext"]["runAsNonRoot"]
    lasting = [c for c in pod.containers if c.kind != "ephemeralContainers"]
    if pod.windows or not lasting or not all(_may_be_root(pod, c) for c in lasting):
        pod_root: Setting[bool] | None = None
    elif any(c.body["securityContext"]["runAsNonRoot"].exists for c in lasting):
        pod_root = None
    else:
        pod_root = written.flag(pod.spec.block, False)
    return Workload(
        at,
        name=pod.name,
        image=Setting(UNKNOWN, at),
        user=Setting(UNKNOWN, at),
        privileged=Setting(UNKNOWN, at),
        added_capabilities=Setting(UNKNOWN, at),
        dropped_capabilities=Setting(UNKNOWN, at),
        host_namespaces=tuple(host_namespaces),
        devices=tuple(devices(pod)),
        mounts=tuple(host_paths(pod)),
        seccomp=profile,
        health=_health(pod),
        ports=ports,
        edge=any(images.is_edge(c.body["image"].text) for c in pod.containers),
        scope=cluster.scope,
        aliases=tuple(n for s in cluster.services(pod) for n in names(s)),
        entrances=ways,
        account=_account(pod),
        token=_token(pod, cluster),
        root_refused=pod_root,
        sysctls=tuple(kernel.sysctls(pod)),
        refusals=cluster.refusals(pod),
        needs=pod_needs(pod),
    )


def container_workload(pod: Pod, container: Container, cluster: Cluster, said: bool) -> Workload:
    """One container, with what it inherits from its pod. `said`: whether the pod refuses root, or not, for all of its
    containers."""
    body, at = container.body, container.body.block
    context = body["securityContext"]
    process = kernel.host_process(pod, container)
    privileged = context["privileged"].flag(at, False) if process is None else process.flag(at)
    free = pod.windows or privileged.known(True)
    added = _capabilities(context["capabilities"]["add"], at)
    # Ports of the node that a container opens; all of them are, where it is on the node's network.
    node_ports: list[Setting[int]] = []
    image = container.body["image"].text
    gateway = "ingress" in image or (images.is_edge(image) and pod.owner.kind == "DaemonSet")
    if pod.spec["hostNetwork"].text != "true" and not gateway:
        for node_item in container.body["ports"].items():
            field = node_item["hostPort"]
            if field.exists and field.text != "0":
                node_at = field.named(f"{pod.owner.pointer}/ports[{node_item['containerPort'].text}]").here
                node_ports.append(field.number(node_at))
    made = Workload(
        at,
        name=container.name,
        image=body["image"].word(at),
        user=Setting(UNKNOWN, at) if pod.windows else _user(pod, container),
        privileged=privileged,
        added_capabilities=added,
        dropped_capabilities=Setting(UNKNOWN, at)
        if free
        else _capabilities(context["capabilities"]["drop"], at),
        devices=(),
        mounts=tuple(container_mounts(pod, container)),
        no_new_privileges=None if free else _no_new_privileges(context, added, at),
        seccomp=None if free else _seccomp(pod, container),
        apparmor=None if free else _apparmor(pod, container),
        read_only_root=context["readOnlyRootFilesystem"].flag(at, False),
        memory=_limit(pod, container, cluster, "memory"),
        cpus=_limit(pod, container, cluster, "cpu"),
        environment=variables(pod, container, cluster),
        root_refused=None if pod.windows or said else _container_root(pod, container),
        unmasked=kernel.unmasked(container),
        refusals=cluster.refusals(pod),
        needs=container_needs(container, pod),
        node_ports=tuple(node_ports),
        theirs=served.of_others(body["image"].text if body["image"].known else ""),
    )
    if pod.windows:
        return made
    configured = any(mount.kind == "config" for mount in made.mounts)
    return with_profile(
        made,
        body["image"].text if body["image"].known else "",
        entrypoint=[item.text for item in body["command"].items()],
        command=[item.text for item in body["args"].items()],
        hints=None if configured else (),
    )


def _user(pod: Pod, container: Container) -> Setting[str]:
    """runAsUser; else the image decides, unless runAsNonRoot forbids that it be root."""
    user, at = pod.security(container, "runAsUser"), container.body.block
    if user.exists:
        return user.word(at)
    refused = pod.security(container, "runAsNonRoot")
    if refused.exists and refused.text != "false":
        return Setting(ABSENT, at, images.NON_ROOT)
    if pod.spec["hostUsers"].text == "false":
        return Setting(ABSENT, at, UNKNOWN)  # root of a namespace of its own
    image = container.body["image"]
    known = images.user(images.parse(image.text)) if image.known and image.text else None
    return Setting(ABSENT, at, known or UNKNOWN)


def _may_be_root(pod: Pod, container: Container) -> bool:
    """Whether nothing says who it runs as, and its image is not known to run as somebody or as root."""
    user = _user(pod, container)
    return not user.written and user.default is UNKNOWN and pod.spec["hostUsers"].text != "false"


def _container_root(pod: Pod, container: Container) -> Setting[bool] | None:
    if container.kind == "ephemeralContainers" or not _may_be_root(pod, container):
        return None
    return pod.security(container, "runAsNonRoot").flag(container.body.block, False)


def _no_new_privileges(context: Field, added: Setting[tuple[str, ...]], at: Location) -> Setting[bool] | None:
    """allowPrivilegeEscalation is true unless written; the API server takes no false beside CAP_SYS_ADMIN."""
    if "SYS_ADMIN" in added.known(()):
        return None
    allowed = context["allowPrivilegeEscalation"].flag(at, True)
    value = allowed.value
    return Setting(not value if isinstance(value, bool) else value, allowed.at, False)


def _profile(profile: Field, off: str) -> Setting[str] | None:
    """A profile by its type; None where none is written. Turned off is "unconfined"."""
    if not profile.exists:
        return None
    kind = profile["type"]
    if not kind.known or not kind.text:
        return Setting(UNKNOWN, profile.here)
    return Setting("unconfined" if kind.text == off else kind.text, kind.here)


def _seccomp(pod: Pod, container: Container) -> Setting[str] | None:
    own = _profile(container.body["securityContext"]["seccompProfile"], "Unconfined")
    return own or kernel.annotated_seccomp(pod, container)


def _apparmor(pod: Pod, container: Container) -> Setting[str] | None:
    """The profile of the container runtime confines it unless it is turned off."""
    written = _profile(pod.security(container, "appArmorProfile"), "Unconfined")
    written = written or kernel.selinux(pod, container)
    if written is not None:
        return written
    key = f"container.apparmor.security.beta.kubernetes.io/{container.own_name}"
    value = pod.annotations[key]
    return Setting(value.text, value.here) if value.exists and value.known else None


def _capabilities(field: Field, at: Location) -> Setting[tuple[str, ...]]:
    if not field.exists:
        return Setting(ABSENT, at, ())
    words = field.words()
    if "\0" in words or not field.known:
        return Setting(UNKNOWN, field.here)
    return Setting(tuple(w.upper().removeprefix("CAP_") for w in words), field.entry)


def _limit(pod: Pod, container: Container, cluster: Cluster, resource: str) -> Setting[str] | None:
    """The container's limit, the pod's, or a LimitRange's. A request of processor time is a bound too: it
    is the share that the container gets when others want theirs."""
    if container.kind == "ephemeralContainers":
        return None  # the API gives them no resources
    at = container.body.block
    default: str | Absent | Unknown = UNKNOWN if cluster.default_limit(pod, resource) else ABSENT
    for holder in (container.body["resources"], pod.spec["resources"]):
        for key in ("limits", *(("requests",) if resource == "cpu" else ())):
            if not holder.known or not holder[key].known:
                return Setting(UNKNOWN, at)
            if holder[key][resource].exists:
                return holder[key][resource].word(at)
    return Setting(ABSENT, at, default)


def _health(pod: Pod) -> Setting[bool] | None:
    """Whether any container of a pod that serves is asked how it is."""
    if not pod.lasting or pod.owner.group == KNATIVE:  # which probes by itself
        return None
    probes = ("readinessProbe", "livenessProbe", "startupProbe")
    found = next((c.body[p] for c in pod.containers for p in probes if c.body[p].exists), None)
    if found is not None:
        return Setting(True, found.here)
    return Setting(ABSENT, pod.spec.block, False)


def _account(pod: Pod) -> Setting[str]:
    older, field = pod.spec["serviceAccount"], pod.spec["serviceAccountName"]
    return (older if older.exists and not field.exists else field).word(pod.spec.block, "default")


def _token(pod: Pod, cluster: Cluster) -> Setting[bool] | None:
    """automountServiceAccountToken of the pod, else of its account; mounted when neither says. An account
    that is not here may say either, except the one that every namespace has. Argo's executor reports by the token of a
    workflow that gives it no account of its own: https://argo-workflows.readthedocs.io/en/latest/service-accounts/"""
    own = pod.spec["automountServiceAccountToken"]
    if is_workflow(pod.owner) and not pod.spec["executor"]["serviceAccountName"].exists:
        return None
    if own.exists:
        return own.flag(pod.spec.block)
    account = _account(pod).known("")
    found = cluster.named("ServiceAccount", account, pod.namespace) if account else None
    if found is not None and found.body["automountServiceAccountToken"].exists:
        flag = found.body["automountServiceAccountToken"].flag(found.at)
        return Setting(ABSENT, pod.spec.block, flag.value)
    known = found is not None or account == "default"
    return Setting(ABSENT, pod.spec.block, True if known else UNKNOWN)
