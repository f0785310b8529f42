"""Clusters as the files of eksctl, kops and k3s describe them.

Sources: https://eksctl.io/usage/schema/, https://kops.sigs.k8s.io/cluster_spec/, https://docs.k3s.io/cli/server
"""

from __future__ import annotations

from collections.abc import Iterator

from batten.facts import AuditLog, Daemon, DataService, Fact, FirewallRule, Machine
from batten.model import ABSENT, Location, Setting
from batten.technologies.orchestration.kubernetes.cluster import Cluster
from batten.technologies.orchestration.kubernetes.daemons import judged
from batten.technologies.orchestration.kubernetes.objects import K3S, Field, KubernetesObject
from batten.technologies.shared.secrets import credentials

_ANYWHERE = ("0.0.0.0/0",)
_K3S = {
    "kube-apiserver-arg": "kube-apiserver",
    "kube-controller-manager-arg": "kube-controller-manager",
    "kube-scheduler-arg": "kube-scheduler",
    "kubelet-arg": "kubelet",
    "etcd-arg": "etcd",
}


def provisioned(cluster: Cluster) -> Iterator[Fact]:
    for found in cluster.of("ClusterConfig", "eksctl.io"):
        yield from _eksctl(found)
    for found in cluster.of("Cluster", "kops.k8s.io"):
        for key, port in (("kubernetesApiAccess", 443), ("sshAccess", 22)):
            sources = found.spec[key]
            if sources.exists:
                what = f"{'the API server' if port == 443 else 'SSH'} of cluster `{found.name}`"
                yield _opened(found, what, Setting(sources.words(), sources.entry), port)
        anyone = found.spec["authorization"]["alwaysAllow"]
        if anyone.node is not None:
            yield Daemon(
                found.at, "kube-apiserver", {"authorization-mode": Setting("AlwaysAllow", anyone.entry)}
            )
        for group in found.spec["etcdClusters"].items():
            for member in group["etcdMembers"].items():
                encrypted = member["encryptedVolume"]
                if encrypted.text == "false":
                    state = Setting(False, encrypted.here)
                    yield DataService(
                        encrypted.here, service="etcd volume", name=member["name"].text, at_rest=state
                    )
    for found in cluster.of("InstanceGroup", "kops.k8s.io"):
        yield from _machine(found.spec["instanceMetadata"]["httpTokens"], "optional", found.name)
    for found in cluster.kinds.get(K3S, ()):
        yield from _k3s(found)


def _eksctl(found: KubernetesObject) -> Iterator[Fact]:
    """The endpoint is on the internet for every address, and nothing is logged, unless the file says otherwise."""
    name = found.body["metadata"]["name"].text
    network = found.body["vpc"]
    public = network["clusterEndpoints"]["publicAccess"]
    if public.text != "false":
        sources = network["publicAccessCIDRs"]
        at = sources.entry if sources.exists else public.here if public.exists else found.at
        known = sources.words() if sources.exists else _ANYWHERE
        written = Setting(known, at) if sources.exists else Setting(ABSENT, at, known)
        yield _opened(found, f"the API server of EKS cluster `{name}`", written, 443)
    kinds = found.body["cloudWatch"]["clusterLogging"]["enableTypes"]
    what = f"requests to the API server of EKS cluster '{name}'"
    on = not {"audit", "all", "*"}.isdisjoint(kinds.words())
    yield AuditLog(
        found.at,
        what=what,
        on=Setting(on, kinds.entry) if kinds.exists else Setting(ABSENT, found.at, False),
    )
    for key in ("nodeGroups", "managedNodeGroups"):
        for group in found.body[key].items():
            nodes_name, shell = group["name"].text, group["ssh"]
            # With privateNetworking eksctl opens the port to the VPC's own addresses only (pkg/cfn/builder, makeSSHIngress).
            narrow = shell["sourceSecurityGroupIds"].exists or group["privateNetworking"].text == "true"
            if shell["allow"].text == "true" and not narrow:
                nodes_at = shell["allow"].here
                yield _opened(found, f"node group `{nodes_name}`", Setting(_ANYWHERE, nodes_at), 22)
            yield from _machine(group["disableIMDSv1"], "false", nodes_name)
            encrypted = group["volumeEncrypted"]
            if encrypted.text == "false":
                yield DataService(
                    encrypted.here,
                    service="node group volume",
                    name=nodes_name,
                    at_rest=Setting(False, encrypted.here),
                )


def _machine(field: Field, wrong: str, name: str) -> Iterator[Machine]:
    if field.text == wrong:
        yield Machine(field.here, name, Setting(False, field.here))


def _opened(
    found: KubernetesObject, group: str, sources: Setting[tuple[str, ...]], port: int
) -> FirewallRule:
    number = Setting(port, sources.at)
    return FirewallRule(
        found.at,
        group=group,
        sources=sources,
        first=number,
        last=number,
        protocol=Setting("tcp", sources.at),
        authenticated=port == 443,
    )


def _k3s(found: KubernetesObject) -> Iterator[Fact]:
    for key, name in _K3S.items():
        arguments = found.body[key]
        items = list(arguments.items()) or ([arguments] if arguments.text else [])
        flags = dict(_flag(item) for item in items)
        if flags:
            yield Daemon(found.at, name, judged(flags))
    options = {
        key: found.body[key].word(found.at)
        for key in ("write-kubeconfig-mode", "secrets-encryption")
        if found.body[key].exists
    }
    if options:
        yield Daemon(found.at, "k3s", options)
    for key in ("token", "agent-token", "datastore-endpoint"):
        value = found.body[key]
        held = credentials.found(key, value.text) if value.known and value.text else None
        if held is not None:
            yield credentials.in_config(value.here, key, held)


def _flag(item: Field) -> tuple[str, Setting[str]]:
    name, _, value = item.text.partition("=")
    at = Location(item.source, item.pointer, item.span)
    return name.lstrip("-"), Setting(value, at)
