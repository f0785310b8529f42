"""Options of Kubernetes' own parts set right, in a configuration file or on a command line."""

from __future__ import annotations

import json

from batten.formats import Scalar
from batten.model import Fix, Switch
from batten.technologies._text.field_edits import risky
from batten.technologies.kubernetes.places import Place, asked

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


def turned_on(here: Place, feature: Switch) -> Fix | None:
    if feature is Switch.AUDIT_LOG:
        return asked("write an audit log", "which policy and path (--audit-policy-file, --audit-log-path)?")
    return _set(here, feature) if feature in _FLAGS else None


def minimum_tls(here: Place) -> Fix | None:
    return _flag(here, "tls-min-version", "VersionTLS12", "clients that support only TLS 1.1 or older")


def _set(here: Place, feature: Switch) -> Fix | None:
    flag, value, breaks = _FLAGS[feature]
    if here.found.kind == "KubeletConfiguration" and feature is Switch.ALWAYS_ALLOW:
        value = "Webhook"
    return _flag(here, flag, value, breaks)


def _flag(here: Place, flag: str, value: str, breaks: str) -> Fix | None:
    title = f"set {flag} to {value}"
    if here.written:
        return risky(title, here.set(value=_value(here, flag, value)), breaks)
    if here.pod is None:
        return None
    key = "command" if here.field["command"].exists else "args"
    return risky(title, here.added(here.field[key], [f"--{flag}={value}"]), breaks)


def _value(here: Place, flag: str, value: str) -> str:
    """What replaces the scalar: a whole flag on a command line, else a value of the type it has."""
    node = here.field.node
    if here.pod is not None:
        return f"--{flag}={value}"
    words = isinstance(node, Scalar) and isinstance(node.value, str)
    return json.dumps(value) if words and value in ("true", "false", "0") else value
