"""A cluster: its permissions, pods that accept any client, and the options of its own components."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from enum import Enum

from batten.facts.fact import Fact
from batten.model import Location, Setting
from batten.model.record import record


@record(kw_only=True)
class RoleRule:
    """Verbs on resources; what a template fills in is left out."""

    at: Location
    groups: tuple[str, ...]  # "" is the core group, "*" all
    resources: tuple[str, ...]
    verbs: tuple[str, ...]
    names: tuple[str, ...] = ()  # these objects only
    urls: tuple[str, ...] = ()


@record(kw_only=True)
class Role(Fact):
    """Permissions under a name. `everywhere`: it is granted in every namespace."""

    name: str
    rules: tuple[RoleRule, ...]
    everywhere: bool
    generated: str = ""  # the program that writes the file, and writes it anew


@record(kw_only=True)
class RoleBinding(Fact):
    """A role given to users, groups and service accounts. `everywhere`: in every namespace."""

    role: Setting[str]
    everywhere: bool
    subjects: tuple[Setting[str], ...]  # users and groups by name; "namespace/name" of service accounts
    users: frozenset[str] = frozenset()  # those of them that are one user each
    generated: str = ""  # as of a role


@record
class PodNetwork(Fact):
    """A namespace's pods that listen; those that no network policy keeps callers away from are `open`, the others `covered`."""

    namespace: str
    open: tuple[str, ...]
    covered: tuple[str, ...] = ()


class Allowed(Enum):
    """What a policy lets pods of a cluster do."""

    PRIVILEGED = "privileged containers"
    HOST_NETWORK = "the node's network"
    HOST_PROCESSES = "the node's processes"
    HOST_IPC = "the node's IPC namespace"
    HOST_PATHS = "paths of the node"
    ESCALATION = "privilege escalation"
    CAPABILITIES = "every capability"
    ROOT = "root"
    SYSCTLS = "every kernel setting"
    EVERY_SOURCE = "every source"
    EVERY_TARGET = "deployments of every repository to every namespace"
    EVERY_USER = "every user to act as an administrator"


@record
class PodPolicy(Fact):
    """A policy of a cluster for pods, and what it allows that few need."""

    name: str
    allows: tuple[Setting[Allowed], ...]


@record
class Daemon(Fact):
    """A part of the orchestrator itself and its options: kubelet, kube-apiserver, etcd, docker …

    Options have the names of the command line's flags; the defaults are those of the form in which they
    are written (a flag's differ from a configuration file's).
    """

    name: str
    options: Mapping[str, Setting[str]] = field(default_factory=dict)
