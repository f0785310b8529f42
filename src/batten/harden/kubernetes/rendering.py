"""The base: a folder of manifests that `kubectl apply -k` takes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from batten.harden import acme_container
from batten.harden.acme import CHAIN
from batten.harden.authority import CERTIFICATE
from batten.harden.edge_container import edge_of_container, issuing
from batten.harden.entry import Kind
from batten.harden.images import CERTIFICATES, EDGE_USER, PLAIN, SCRATCH, SETTINGS, STARTS, TLS, images
from batten.harden.intent import Intent
from batten.harden.kubernetes import certificates, entry, flows, own_certificates
from batten.harden.kubernetes.objects import VERSION, chosen, from_map, from_secret, labels, made, text
from batten.harden.kubernetes.pods import Pod, template
from batten.harden.made import Made
from batten.harden.options import HardenProblem
from batten.harden.stack import APPLICATION, EDGE, Stack, Store
from batten.harden.stores.part import Part, part

Json = Any
MOST_MAP = 1_048_576  # bytes
STORE_USER = 10_003  # images of the stores run as any user whose folder is writable


def render(intent: Intent) -> Made:
    """Raises HardenProblem."""
    stack = intent.stack
    entry.check(intent)
    named = images(stack)
    parts = {store.name: part(store, intent.local_ca) for store in stack.stores}
    # cert-manager changes a Secret, which the kubelet writes into the pod; Envoy sees that itself.
    reloading_edge = edge_of_container(intent)
    engine = intent.stack.edge
    if intent.acme is None or engine not in acme_container.RELOADS:
        edge = reloading_edge
    else:
        script = acme_container.starting(engine, f"{CERTIFICATES}/{CHAIN}")
        edge = replace(reloading_edge, files={**reloading_edge.files, acme_container.START: script})
    # https://kubernetes.io/docs/concepts/configuration/configmap/
    size = sum(len(text.encode()) for text in edge.files.values())
    if size > MOST_MAP:
        raise HardenProblem(
            f"the configuration of {stack.edge} for this contract has {size:,} bytes, and a ConfigMap holds {MOST_MAP:,}; "
            "pass another --edge"
        )
    files = {
        "namespace.yaml": text(_namespace(stack), "What the namespace admits, and how much of it."),
        "application.yaml": text(_application(stack, parts), "The API itself."),
        "edge.yaml": text(
            _edge(intent, acme_container.START in edge.files),
            f"The edge: {stack.edge}, configured from the contract.",
        ),
        "network-policies.yaml": text(_policies(intent), "What may connect to what. Nothing else passes."),
        **{f"edge/{name}": content for name, content in edge.files.items()},
    }
    if stack.entry.kind is not Kind.SERVICE:
        files[entry.FILE] = text(entry.objects(intent), "How clients reach the edge.")
    for store in stack.stores:
        found = parts[store.name]
        files[f"{store.name}.yaml"] = text(_store(stack, store, found), f"{store.kind}, for the API alone.")
        files.update({f"{store.name}/{name}": content for name, content in found.files.items()})
    managed = intent.acme if not own_certificates.is_asked(intent) else None
    if managed is not None:
        files[certificates.FILE] = text(certificates.objects(intent, managed), certificates.REMARK)
    files["kustomization.yaml"] = text([_kustomization(stack, parts, edge, managed is not None)], *_REMARKS)
    secrets = (
        *issuing(intent),
        *edge.secrets,
        *(secret for found in parts.values() for secret in found.secrets),
    )
    return Made(files, secrets, tuple(_notes(intent, parts, edge)), named)


def _policies(intent: Intent) -> Iterator[Json]:
    own = own_certificates.is_asked(intent)
    managed = certificates.flows() if intent.acme is not None and not own else ()
    yield from flows.policies(intent.stack, {(EDGE, 443): TLS, (EDGE, 80): PLAIN}, managed)
    if own:
        yield own_certificates.policy(intent.stack)


_REMARKS = (
    "Written by `batten harden kubernetes` from the contract and batten.yaml: change those, and generate it again.",
    "kubectl apply --server-side -k .",
)


def _namespace(stack: Stack) -> Iterator[Json]:
    enforced = {
        f"pod-security.kubernetes.io/{mode}{suffix}": value
        for mode in ("enforce", "audit", "warn")
        for suffix, value in (("", "restricted"), ("-version", VERSION))
    }
    yield {
        "apiVersion": "v1",
        "kind": "Namespace",
        "metadata": {"name": stack.name, "labels": {**labels(stack.name, stack.name), **enforced}},
    }
    pods = 4 + 2 * len(stack.stores)
    # Behind an entry no Service of this namespace opens another way in.
    if stack.entry.kind is Kind.SERVICE:
        doors: dict[str, str] = {"services.nodeports": "2"}
    else:
        doors = {"services.nodeports": "0", "services.loadbalancers": "0"}
    hard = {
        "pods": str(2 * pods),
        "requests.cpu": str(pods),
        "requests.memory": f"{pods}Gi",
        "limits.cpu": str(pods),
        "limits.memory": f"{pods}Gi",
        **doors,
    }
    yield made("ResourceQuota", "v1", "quota", stack.name, spec={"hard": hard})
    defaults = {"cpu": "250m", "memory": "128Mi"}
    limit = {"type": "Container", "default": defaults, "defaultRequest": dict(defaults)}
    yield made("LimitRange", "v1", "limits", stack.name, spec={"limits": [limit]})


def _account(name: str, stack: Stack) -> Json:
    return made("ServiceAccount", "v1", name, stack.name, automountServiceAccountToken=False)


def _service(name: str, stack: Stack, port: int) -> Json:
    spec: Json = {
        "type": "ClusterIP",
        "selector": chosen(name, stack.name),
        "ports": [{"name": "main", "port": port, "targetPort": "main", "protocol": "TCP"}],
    }
    return made("Service", "v1", name, stack.name, spec=spec)


def _budget(name: str, stack: Stack) -> Json:
    selector = {"matchLabels": chosen(name, stack.name)}
    return made(
        "PodDisruptionBudget", "policy/v1", name, stack.name, spec={"maxUnavailable": 1, "selector": selector}
    )


def _deployment(pod: Pod, stack: Stack) -> Json:
    spec = {
        "replicas": 2,
        "revisionHistoryLimit": 3,
        "selector": {"matchLabels": chosen(pod.name, stack.name)},
        "template": template(pod),
    }
    return made("Deployment", "apps/v1", pod.name, stack.name, spec=spec)


def _application(stack: Stack, parts: dict[str, Part]) -> Iterator[Json]:
    application = stack.application
    environment = {"PORT": str(application.port)}
    volumes: list[tuple[Json, str]] = []
    for store in stack.stores:
        key = store.name.upper().replace("-", "_")
        environment[f"{key}_HOST"], environment[f"{key}_PORT"] = store.name, str(store.port)
        environment[f"{key}_FOLDER"] = f"/run/secrets/{store.name}"
        volumes.append(
            (from_secret(f"{store.name}-secrets", f"{store.name}-client"), f"/run/secrets/{store.name}")
        )
    pod = Pod(
        name=APPLICATION,
        stack=stack.name,
        image=application.image,
        user=application.user,
        port=application.port,
        environment=environment,
        volumes=tuple(volumes),
        writable=application.writable,
        health=application.health,
    )
    yield _account(APPLICATION, stack)
    yield _deployment(pod, stack)
    yield _service(APPLICATION, stack, application.port)
    yield _budget(APPLICATION, stack)


def _edge(intent: Intent, reloads: bool) -> Iterator[Json]:
    stack, own = intent.stack, own_certificates.is_asked(intent)
    direct = stack.entry.kind is Kind.SERVICE
    pod = Pod(
        name=EDGE,
        stack=stack.name,
        image=stack.edge_image,
        user=EDGE_USER,
        port=TLS,
        plain=PLAIN if direct else 0,
        volumes=(
            (from_map("settings", "edge-settings"), SETTINGS),
            *(() if own else ((from_secret("certificate", "edge-tls"), CERTIFICATES),)),
        ),
        kept=own_certificates.KEPT if own else None,
        writable=(SCRATCH,),
    )
    made_of = own_certificates.workload(pod, stack) if own else _deployment(pod, stack)
    made_of["spec"]["template"]["spec"]["containers"][0]["command"] = list(
        ("/bin/sh", f"{SETTINGS}/{acme_container.START}") if reloads else STARTS[stack.edge]
    )
    yield _account(EDGE, stack)
    yield made_of
    yield _balancer(stack) if direct else entry.service(stack)
    yield _budget(EDGE, stack)


def _balancer(stack: Stack) -> Json:
    spec: Json = {
        "type": "LoadBalancer",
        "externalTrafficPolicy": "Local",  # keeps the addresses of clients, which limits are counted by
        "allocateLoadBalancerNodePorts": False,
        "selector": chosen(EDGE, stack.name),
        "ports": [
            {"name": name, "port": port, "targetPort": target, "protocol": "TCP"}
            for name, port, target in (("https", 443, "main"), ("http", 80, "plain"))
        ],
    }
    return made("Service", "v1", EDGE, stack.name, spec=spec)


def _store(stack: Stack, store: Store, found: Part) -> Iterator[Json]:
    settings = (
        ((from_map("settings", f"{store.name}-settings"), found.place.settings),) if found.files else ()
    )
    pod = Pod(
        name=store.name,
        stack=stack.name,
        image=store.image,
        user=STORE_USER,
        port=store.port,
        command=found.command,
        environment=found.environment,
        volumes=(
            *settings,
            (from_secret("secrets", f"{store.name}-server"), found.place.secrets),
        ),
        kept=("data", found.place.data),
        writable=found.writable,
        memory="512Mi",
    )
    claim = {
        "metadata": {"name": "data"},
        "spec": {"accessModes": ["ReadWriteOncePod"], "resources": {"requests": {"storage": "8Gi"}}},
    }
    spec = {
        "serviceName": store.name,
        "replicas": 1,
        "revisionHistoryLimit": 3,
        "selector": {"matchLabels": chosen(store.name, stack.name)},
        "template": template(pod),
        "volumeClaimTemplates": [claim],
    }
    yield _account(store.name, stack)
    yield made("StatefulSet", "apps/v1", store.name, stack.name, spec=spec)
    yield _service(store.name, stack, store.port)


def _kustomization(stack: Stack, parts: dict[str, Part], edge: Made, asks: bool) -> Json:
    generated = [_map("edge-settings", [f"edge/{name}" for name in sorted(edge.files)])]
    generated += [
        _map(f"{name}-settings", [f"{name}/{file}" for file in sorted(found.files)])
        for name, found in parts.items()
        if found.files
    ]
    resources = ["namespace.yaml", "network-policies.yaml", "application.yaml", "edge.yaml"]
    if stack.entry.kind is not Kind.SERVICE:
        resources.append(entry.FILE)
    resources += [certificates.FILE] if asks else []
    return {
        "apiVersion": "kustomize.config.k8s.io/v1beta1",
        "kind": "Kustomization",
        "namespace": stack.name,
        "resources": [*resources, *(f"{name}.yaml" for name in parts)],
        "configMapGenerator": generated,
    }


def _map(name: str, files: list[str]) -> Json:
    return {"name": name, "files": files}


def _notes(intent: Intent, parts: dict[str, Part], edge: Made) -> Iterator[str]:
    name = intent.stack.name
    if intent.acme is not None:
        asked = own_certificates if own_certificates.is_asked(intent) else certificates
        yield from asked.notes(intent, intent.acme)
    else:
        yield (
            f"the certificate of the edge is expected in the Secret edge-tls of the namespace {name}: cert-manager makes it, or "
            f"`kubectl -n {name} create secret tls edge-tls --cert FILE --key FILE`"
        )
    yield from entry.notes(intent, CERTIFICATE if intent.local_ca else "FILE")
    for store, found in parts.items():
        for kind, files in (("server", found.served), ("client", found.clients)):
            given = " ".join(f"--from-file={file}" for file in files)
            yield f"`kubectl -n {name} create secret generic {store}-{kind} {given}`"
        yield from found.notes
    yield from edge.notes
