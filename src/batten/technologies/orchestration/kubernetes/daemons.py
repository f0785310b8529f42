"""Kubernetes' own parts: the kubelet's file, kubeadm's and kops', and pods of the control plane.

Defaults: https://kubernetes.io/docs/reference/config-api/kubelet-config.v1beta1/ and
https://kubernetes.io/docs/reference/command-line-tools-reference/kube-apiserver/ (and of the other programs)
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from batten.facts import Component, Daemon, Fact
from batten.model import ABSENT, UNKNOWN, Absent, Location, Setting, Unknown
from batten.technologies.orchestration.kubernetes.cluster import Cluster, Container, Pod
from batten.technologies.orchestration.kubernetes.objects import Field, KubernetesObject
from batten.technologies.shared.secrets import credentials

_STATIC = frozenset(("kube-apiserver", "kube-controller-manager", "kube-scheduler", "etcd"))
_PARTS = _STATIC | {"kubelet", "kube-proxy"}
_PORTS = frozenset(("insecure-port", "read-only-port", "port"))
_SHELLS = frozenset(("sh", "bash", "ash", "dash"))
_KUBEADM = {
    "apiServer": "kube-apiserver",
    "controllerManager": "kube-controller-manager",
    "scheduler": "kube-scheduler",
}
_KOPS = {
    "kubeAPIServer": "kube-apiserver",
    "kubeControllerManager": "kube-controller-manager",
    "kubeScheduler": "kube-scheduler",
    "kubelet": "kubelet",
    "masterKubelet": "kubelet",
    "controlPlaneKubelet": "kubelet",
    "kubeProxy": "kube-proxy",
}
# The options that say who is let in, and how: what else a configuration file has is left out.
_OPTIONS = frozenset(
    (
        "anonymous-auth", "authorization-mode", "insecure-port", "insecure-bind-address", "secure-port", "token-auth-file",
        "basic-auth-file", "kubelet-https", "kubelet-certificate-authority", "kubelet-client-certificate", "etcd-servers",
        "enable-admission-plugins", "disable-admission-plugins", "encryption-provider-config", "service-account-lookup",
        "audit-log-path", "audit-log-maxage", "profiling", "tls-min-version", "tls-cipher-suites", "bind-address", "address",
        "port", "use-service-account-credentials", "client-cert-auth", "peer-client-cert-auth", "auto-tls", "peer-auto-tls",
        "cipher-suites", "read-only-port", "streaming-connection-idle-timeout", "rotate-certificates", "manifest-url",
        "allowed-unsafe-sysctls", "feature-gates",
    )
)  # fmt: skip
# Fields of configuration files, as the command line calls them; others differ by their capitals only.
_FLAGS = {
    "staticPodURL": "manifest-url",
    "enableProfiling": "profiling",
    "rotateCertificates": "rotate-certificates",
    "streamingConnectionIdleTimeout": "streaming-connection-idle-timeout",
    "tlsCipherSuites": "tls-cipher-suites",
}
_UPPER = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z])")
_GATE = "RotateKubeletServerCertificate"
_SERVER_ONLY = (
    "kubelet-certificate-authority",
    "kubelet-client-certificate",
    "encryption-provider-config",
)
Flags = dict[str, Setting[str]]


def daemons(cluster: Cluster) -> Iterator[Fact]:
    for found in cluster.objects:
        yield from _configured(found)
    for pod in cluster.pods:
        for container in pod.containers:
            name = program(container)
            if name in _PARTS and _own(name, pod):
                flags = dict(_flags(container))
                at = container.body.block
                options = judged(flags)
                complete = all(text != "\0" for text, _ in _command(container))
                for option, default in (_defaults(name, flags) if complete else {}).items():
                    options.setdefault(option, Setting(ABSENT, at, default))
                yield Daemon(at, name, options)


def _own(name: str, pod: Pod) -> bool:
    """Whether it is the cluster's: etcd is a store of others too."""
    return name != "etcd" or (pod.owner.kind == "Pod" and pod.namespace in ("kube-system", ""))


def _configured(found: KubernetesObject) -> Iterator[Fact]:
    match found.kind, found.group:
        case "KubeletConfiguration", _:
            body, kubelet_at = found.body, found.at
            options = {
                **dict(_fields(body)),
                "anonymous-auth": body.of("authentication", "anonymous", "enabled").word(kubelet_at, "false"),
                "authorization-mode": body.of("authorization", "mode").word(kubelet_at, "Webhook"),
                "read-only-port": opened(body["readOnlyPort"].word(kubelet_at, "0")),
                "tls-min-version": body["tlsMinVersion"].word(kubelet_at),
            }
            # 0 in the file is its default of 4 hours, on the command line it is no end: SetDefaults_KubeletConfiguration,
            # https://kubernetes.io/docs/reference/config-api/kubelet-config.v1beta1/ (streamingConnectionIdleTimeout)
            options.pop("streaming-connection-idle-timeout", None)
            gate = body["featureGates"][_GATE]
            if gate.exists:
                options["rotated"] = gate.word(gate.here)
            yield Daemon(kubelet_at, "kubelet", options)
        case (("KubeProxyConfiguration" | "KubeSchedulerConfiguration"), _):
            name = "kube-proxy" if "Proxy" in found.kind else "kube-scheduler"
            yield Daemon(found.at, name, dict(_fields(found.body)))
        case (("EncryptionConfiguration" | "EncryptionConfig"), _):
            # What is written first encrypts; the keys are in the file itself.
            for rule in found.body["resources"].items():
                covered = {"secrets", "*.", "*.*"}.intersection(rule["resources"].words())
                providers = list(rule["providers"].items())
                if covered and providers and providers[0]["identity"].node is not None:
                    at = providers[0].block
                    yield Daemon(found.at, "kube-apiserver", {"secrets-provider": Setting("identity", at)})
                for provider in providers:
                    for _, cipher in provider.entries():
                        yield from _keys(cipher)
        case _, "kubeadm.k8s.io":
            yield from _kubeadm(found.body, found.at)
        case (("KubeadmControlPlane" | "KubeadmConfig"), _):
            spec = found.spec["kubeadmConfigSpec"]
            yield from _kubeadm_spec(spec if spec.exists else found.spec, found.at)
        case (("KubeadmControlPlaneTemplate" | "KubeadmConfigTemplate"), _):
            spec = found.spec.of("template", "spec")
            inner = spec["kubeadmConfigSpec"]
            yield from _kubeadm_spec(inner if inner.exists else spec, found.at)
        case (("Cluster" | "InstanceGroup"), ("kops.k8s.io" | "kops")):
            for key, name in _KOPS.items():
                if found.spec[key].exists:
                    yield Daemon(found.at, name, judged(dict(_fields(found.spec[key]))))
        case _:
            pass


def versions(cluster: Cluster) -> Iterator[Component]:
    """The version of Kubernetes that kubeadm or kops is told to run."""
    held = [o.body for o in cluster.of("ClusterConfiguration", "kubeadm.k8s.io")]
    held += [o.spec for o in cluster.of("Cluster", "kops.k8s.io")]
    for body in held:
        field = body["kubernetesVersion"]
        if field.exists:
            at = field.here
            version = field.text.removeprefix("v")
            yield Component(
                at, product="kubernetes", version=Setting(version if field.known else UNKNOWN, at)
            )


def _command(container: Container) -> list[tuple[str, Field]]:
    """The words that start a container; those of a script that a shell runs are taken apart."""
    words = [w for key in ("command", "args") for w in container.body[key].items()]
    shell = len(words) > 1 and words[0].text.rpartition("/")[2] in _SHELLS and words[1].text.startswith("-")
    if not shell:
        return [(w.text if w.known else "\0", w) for w in words]
    script = words[-1]
    kept = [part for part in script.text.split() if part not in ("exec", "\\")]
    return [(part, script) for part in kept]


def program(container: Container) -> str:
    """The name of the program that a container's command starts; of hyperkube, its part."""
    words = [text.rpartition("/")[2] for text, _ in _command(container)[:2]]
    if words[:1] == ["hyperkube"] and len(words) > 1:
        part = words[1]
        return part if part.startswith("kube") else f"kube-{part}"
    first = _command(container)[:1]
    return words[0] if words and not first[0][0].startswith("-") else ""


def _fields(body: Field) -> Iterator[tuple[str, Setting[str]]]:
    """Scalars and lists of a configuration file by the names of the command line."""
    for key, _ in body.entries():
        value = body[key]
        name = _FLAGS.get(key) or _UPPER.sub("-", key).lower()
        if name not in _OPTIONS:
            continue
        items = list(value.items())
        if items:
            known = all(i.known for i in items)
            yield name, Setting(",".join(i.text for i in items) if known else UNKNOWN, value.entry)
        elif value.text:
            yield name, value.word(value.here)


def _keys(cipher: Field) -> Iterator[Fact]:
    for key in cipher["keys"].items():
        value = key["secret"]
        if value.text and value.known and not credentials.placeholder(value.text):
            yield credentials.in_config(value.here, "secret", "encryption key")


def _kubeadm_spec(spec: Field, at: Location) -> Iterator[Daemon]:
    """The parts of Cluster API's objects that kubeadm gets."""
    for key in ("clusterConfiguration", "initConfiguration", "joinConfiguration"):
        yield from _kubeadm(spec[key], at)


def _kubeadm(body: Field, at: Location) -> Iterator[Daemon]:
    """Arguments that kubeadm adds to its own; it leaves no door open by itself."""
    held = [(name, body[key]["extraArgs"]) for key, name in _KUBEADM.items()]
    held.append(("etcd", body.of("etcd", "local", "extraArgs")))
    held.append(("kubelet", body.of("nodeRegistration", "kubeletExtraArgs")))
    for name, arguments in held:
        flags = dict(_arguments(arguments))
        if flags:
            yield Daemon(at, name, judged(flags))


def _arguments(field: Field) -> Iterator[tuple[str, Setting[str]]]:
    """A mapping up to v1beta3, a list of names and values from v1beta4."""
    for name, value in field.entries():
        yield name, value.word(value.here)
    for item in field.items():
        yield item["name"].text, item["value"].word(item.block)


def _flags(container: Container) -> Iterator[tuple[str, Setting[str]]]:
    words = _command(container)
    for number, (text, word) in enumerate(words):
        name, sign, value = text.partition("=")
        if not name.startswith("--"):
            continue
        following = words[number + 1][0] if number + 1 < len(words) else ""
        if not sign:
            value = "true" if following.startswith("-") or not following else following
        at = word.named(f"{container.body.pointer}/{name.lstrip('-')}").here
        yield name.lstrip("-"), Setting(value.strip("\"'") if word.known else UNKNOWN, at)


def _defaults(name: str, flags: Flags) -> dict[str, str | Absent | Unknown]:
    """What a flag that is not given amounts to; a file of options may say otherwise."""
    filed = "config" in flags
    match name:
        case "kube-apiserver":
            # The API server does not start without --etcd-servers: what lacks it is an excerpt, which leaves more
            # out.
            found: dict[str, str | Absent | Unknown] = {
                "authorization-mode": UNKNOWN if "authorization-config" in flags else "AlwaysAllow",
                "audit-log-path": UNKNOWN if "audit-webhook-config-file" in flags else ABSENT,
                "profiling": "true",
            }
            if "etcd-servers" in flags:
                found |= dict.fromkeys(_SERVER_ONLY, ABSENT)
                found["enable-admission-plugins"] = UNKNOWN if "admission-control" in flags else ""
            return found
        case "etcd":
            return {
                "client-cert-auth": ABSENT if _beyond_loopback(flags, "listen-client-urls") else UNKNOWN,
                "peer-client-cert-auth": ABSENT if _beyond_loopback(flags, "listen-peer-urls") else UNKNOWN,
            }
        case "kubelet" if not filed:
            return {"anonymous-auth": "true", "authorization-mode": "AlwaysAllow", "read-only-port": "open"}
        case "kube-controller-manager":
            whole = {"use-service-account-credentials": "false"} if "kubeconfig" in flags else {}
            return {"profiling": "true", **whole}
        case "kube-scheduler" if not filed:
            return {"profiling": "true"}
        case _:
            return {}


def _beyond_loopback(flags: Flags, option: str) -> bool:
    setting = flags.get(option)
    urls = setting.known("") if setting is not None else ""
    return any(u and not any(h in u for h in ("//127.", "//localhost", "//[::1]")) for u in urls.split(","))


def judged(flags: Flags) -> Flags:
    """The flags in the words that are judged: ports as open or closed, one mode among several."""
    found = dict(flags)
    for name in _PORTS & flags.keys():
        found[name] = opened(flags[name])
    mode = flags.get("authorization-mode")
    if mode is not None and "AlwaysAllow" in mode.known("").split(","):
        found["authorization-mode"] = Setting("AlwaysAllow", mode.at)
    gates = flags.get("feature-gates")
    if gates is not None and f"{_GATE}=false" in gates.known("").replace(" ", "").split(","):
        found["rotated"] = Setting("false", gates.at)
    return found


def opened(port: Setting[str]) -> Setting[str]:
    def word(value: str | Absent | Unknown) -> str | Absent | Unknown:
        return value if isinstance(value, (Absent, Unknown)) else "closed" if value == "0" else "open"

    return Setting(word(port.value), port.at, word(port.default))


def is_static(pod: Pod, container: Container) -> bool:
    """Whether it is a part of the control plane, which is judged as such."""
    return pod.owner.kind == "Pod" and pod.namespace == "kube-system" and program(container) in _STATIC
