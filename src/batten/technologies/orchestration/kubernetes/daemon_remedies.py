"""Options of Kubernetes' own parts set right, in a configuration file or on a command line."""

from __future__ import annotations

import json
from dataclasses import replace

from batten.controls._orchestrator import AskFlag, SetFlag
from batten.formats import Scalar, Sequence
from batten.model import Edit, Fix, Switch
from batten.technologies.orchestration.kubernetes.objects import Field
from batten.technologies.orchestration.kubernetes.places import Place, asked
from batten.technologies.shared.text.field_edits import risky

# feature -> flag, its right value, what may break
_FLAGS = {
    Switch.ANONYMOUS_AUTH: ("anonymous-auth", "false", "probes and tools without credentials"),
    Switch.ALWAYS_ALLOW: ("authorization-mode", "Node,RBAC", "callers without a role that allows them"),
    Switch.READ_ONLY_PORT: ("read-only-port", "0", "monitoring that reads this port"),
    Switch.INSECURE_PORT: ("insecure-port", "0", "programs on this host that use this port"),
    Switch.PROFILING: ("profiling", "false", "developers who profile this process"),
    Switch.AUTO_TLS: ("auto-tls", "false", "etcd, until cert-file and key-file are set"),
    Switch.CLIENT_CERT_AUTH: ("client-cert-auth", "true", "clients without a certificate"),
    Switch.PEER_CLIENT_CERT_AUTH: ("peer-client-cert-auth", "true", "members without a certificate"),
}


def turned_off(here: Place, feature: Switch) -> Fix | None:
    return _set(here, feature) if feature in _FLAGS else None


_WHO = "which networks may connect? List them in batten.yaml (answers: cloud-network-closed)"


def allow(here: Place, networks: tuple[str, ...]) -> Fix | None:
    """The networks that an endpoint of a cluster lets in."""
    title = "admit the listed networks only"
    if not networks:
        return asked(title, _WHO)
    listed = here.field
    if here.found.kind == "ClusterConfig":
        if "ssh" in here.field.path:
            return None
        listed = here.found.body["vpc"]["publicAccessCIDRs"]
    elif not isinstance(listed.node, Sequence):
        return None
    return risky(title, here.set(value=json.dumps(networks), field=listed), "clients in other networks")


# Of eksctl and kops: feature -> what a field's value becomes, the title, what may break
_NODES = {
    Switch.METADATA_TOKENS: (
        {"false": "true", "optional": "required"},
        "require a session token of the metadata service",
        "programs on these nodes that ask for metadata without one",
    ),
    Switch.ENCRYPTION_AT_REST: (
        {"false": "true"},
        "encrypt the volume",
        "nodes and members, which are replaced by new ones",
    ),
}


def turned_on(here: Place, feature: Switch) -> Fix | None:
    if feature in _NODES:
        values, title, breaks = _NODES[feature]
        value = values.get(here.field.text)
        return risky(title, here.set(value=value), breaks) if value is not None else None
    if feature is Switch.AUDIT_LOG and here.found.kind == "ClusterConfig":
        # The audit log among those that eksctl turns on.
        kinds = here.found.body["cloudWatch"]["clusterLogging"]["enableTypes"]
        words = [*kinds.words(), "audit"]
        if "\0" in words:
            return None
        edits = here.set(value=json.dumps(words), field=kinds)
        return risky("log requests to the API server", edits, "the account, which pays for the log")
    if feature is Switch.AUDIT_LOG:
        return asked("write an audit log", "which policy and path (--audit-policy-file, --audit-log-path)?")
    return _set(here, feature) if feature in _FLAGS else None


def minimum_tls(here: Place) -> Fix | None:
    return _flag(here, "tls-min-version", "VersionTLS12", "clients that support only TLS 1.1 or older")


def set_flag(here: Place, wanted: SetFlag) -> Fix | None:
    if not wanted.value:
        if here.pod is None and _argument(here):
            edits: list[Edit] = here.removed()
        elif here.pod is None:
            item = here.field.path[-1:] == ("value",)
            edits = here.removed(replace(here.field, path=here.field.path[:-1]) if item else None)
        elif not here.field.text.startswith("--"):
            edits = []
        else:
            following = _following(here)
            edits = here.removed() + (here.removed(following) if following is not None else [])
        return risky(f"remove {wanted.name}", edits, wanted.breaks) if edits else None
    return _flag(here, wanted.name, wanted.value, wanted.breaks)


def ask_flag(wanted: AskFlag) -> Fix:
    return asked(wanted.title, wanted.question)


def _set(here: Place, feature: Switch) -> Fix | None:
    flag, value, breaks = _FLAGS[feature]
    kubelet = here.found.kind == "KubeletConfiguration" or "kubelet" in "".join(map(str, here.field.path))
    if feature is Switch.ALWAYS_ALLOW and (kubelet or _starts(here, "kubelet")):
        value = "Webhook"
    return _flag(here, flag, value, breaks)


def _starts(here: Place, program: str) -> bool:
    held = here.container
    return held is not None and any(w.endswith(program) for w in held.body["command"].words()[:2])


def _flag(here: Place, flag: str, value: str, breaks: str) -> Fix | None:
    # A value that adds to a list, or changes one of its gates.
    old = here.field.text.rpartition("=")[2] if value.startswith("+") and here.written else ""
    if value.startswith("+"):
        here_value = f"{old},{value[1:]}" if old else value[1:]
    else:
        name, _, wanted = value.partition("=")
        if flag != "feature-gates":
            here_value = value
        elif f"{name}=" not in here.field.text:
            here_value = wanted
        else:
            here_value = (
                here.field.text.partition("feature-gates=")[2].replace(f"{name}=false", value) or value
            )
    title = f"set {flag} to {here_value if len(here_value) < 60 else 'a safe value'}"
    if here.written or isinstance(here.field.node, Sequence):
        node, text = here.field.node, here.field.text
        if isinstance(node, Sequence):
            edits: list[Edit] = here.set(value=json.dumps(here_value.split(",")))
        elif here.pod is None and _argument(here):
            edits = here.set(value=json.dumps(f"{flag}={here_value}"))
        elif here.pod is None:
            words = isinstance(node, Scalar) and isinstance(node.value, str)
            edits = here.set(
                value=json.dumps(here_value) if words and here_value in ("true", "false", "0") else here_value
            )
        elif not text.startswith("--"):
            edits = []
        else:
            following = _following(here)
            edits = here.set(value=f"--{flag}={here_value}") + (
                here.removed(following) if following is not None else []
            )
        return risky(title, edits, breaks) if edits else None
    if here.pod is None or here.container is None:
        return None
    key = "command" if here.field["command"].exists else "args"
    if any(not word.text.startswith("-") for word in list(here.field[key].items())[1:2]):
        return None  # a shell's script, or a program in front
    return risky(title, here.added(here.field[key], [f"--{flag}={here_value}"]), breaks)


def _argument(here: Place) -> bool:
    """Whether a flag and its value stand in one scalar, as `kubelet-arg` of k3s has them."""
    return any(str(key).endswith("-arg") for key in here.field.path)


def _following(here: Place) -> Field | None:
    """The value of a flag that is a word of its own."""
    (*_, key, number) = here.field.path
    if "=" in here.field.text or here.container is None or not isinstance(number, int):
        return None
    word = here.container.body[str(key)][number + 1]
    return word if word.exists and not word.text.startswith("-") else None
