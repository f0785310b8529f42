"""Options of Kubernetes' own parts set right, in a configuration file or on a command line."""

from __future__ import annotations

import json

from batten.formats import Scalar
from batten.model import Fix
from batten.technologies.kubernetes.places import Place, asked, risky

# feature -> flag, its right value, what may break
_FLAGS = {
    "anonymous-auth": ("anonymous-auth", "false", "probes and tools without credentials"),
    "always-allow": ("authorization-mode", "Node,RBAC", "callers without a role that allows them"),
    "read-only-port": ("read-only-port", "0", "monitoring that reads this port"),
    "insecure-port": ("insecure-port", "0", "programs on this host that use this port"),
    "profiling": ("profiling", "false", "developers who profile this process"),
    "auto-tls": ("auto-tls", "false", "etcd, until cert-file and key-file are set"),
    "client-cert-auth": ("client-cert-auth", "true", "clients without a certificate"),
    "peer-client-cert-auth": ("peer-client-cert-auth", "true", "members without a certificate"),
    "tls-min-version": ("tls-min-version", "VersionTLS12", "clients that support only TLS 1.1 or older"),
}


def turned_off(here: Place, feature: str) -> Fix | None:
    return _set(here, feature) if feature in _FLAGS else None


def turned_on(here: Place, feature: str) -> Fix | None:
    if feature == "audit-log":
        return asked("write an audit log", "which policy and path (--audit-policy-file, --audit-log-path)?")
    return _set(here, feature) if feature in _FLAGS else None


def _set(here: Place, feature: str) -> Fix | None:
    flag, value, breaks = _FLAGS[feature]
    title = f"set {flag} to {value}"
    if here.found.kind == "KubeletConfiguration" and feature == "always-allow":
        value = "Webhook"
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
