"""Options of the orchestrator's own parts, and the values that leave them open.

Sources: https://kubernetes.io/docs/reference/command-line-tools-reference/ (one page a program),
https://kubernetes.io/docs/reference/config-api/kubelet-config.v1beta1/, https://etcd.io/docs/latest/op-guide/security/
"""

from __future__ import annotations

import re
from collections.abc import Callable

from batten.model import ABSENT, Case, MinimumTls, Per, Remedy, RequireAuth, Severity, Switch, TurnOff, TurnOn
from batten.model.record import record


@record
class SetFlag(Remedy):
    """Give an option of a daemon this value; "": take the option out. `breaks` says who may notice."""

    name: str
    value: str
    breaks: str

    @property
    def decision(self) -> tuple[object, ...]:
        return (type(self).__name__, self.name)


@record
class AskFlag(Remedy):
    """Options that name files or keys which only the operator has, as a question."""

    title: str
    question: str


class OrchestratorLocked(Case):
    ANONYMOUS = "anonymous-requests", "Disable anonymous authentication.", Per.THING
    ALWAYS_ALLOW = (
        "always-allow",
        "Set an authorisation mode that checks requests (Webhook, or Node and RBAC).",
        Per.THING,
    )
    READ_ONLY_PORT = "read-only-port", "Close the kubelet's read-only port.", Per.THING
    INSECURE_PORT = "insecure-port", "Close the API server's insecure port.", Per.THING
    OLD_TLS = "old-tls", "Set the minimum TLS version to 1.2 or later."
    NO_AUDIT_LOG = "no-audit-log", "Configure an audit log and an audit policy."
    PROFILING = "profiling", "Turn the profiler off."
    CLIENTS = "no-client-certificate", "Require client certificates that a CA of the cluster has signed."
    PEERS = "no-peer-certificate", "Require peer certificates that a CA of the cluster has signed."
    SELF_SIGNED = "self-signed", "Use certificates of the cluster's CA instead of automatic ones."
    DOCKER = (
        "docker-over-tcp",
        "Listen on the Unix socket only, or require client certificates (--tlsverify).",
        Per.THING,
    )
    CONFINEMENT = (
        "default-confinement-off",
        "Remove the setting, so that the engine's defaults confine containers.",
    )
    DIRECT = "direct-routing", "Remove the setting, so that the engine's packet filter isolates networks."
    ENTITLED = (
        "builder-entitled",
        "Remove the entitlement, so that builds run without the machine's privileges.",
    )
    EXPERIMENTAL = "experimental", "Turn experimental features off in production."
    STATIC_TOKENS = (
        "static-credentials",
        "Use short-lived credentials instead of a file of tokens or passwords.",
    )
    NO_RBAC = "no-rbac", "Authorise requests by RBAC, and those of nodes by Node."
    ADMISSION = "admission-off", "Enable the admission plug-in that limits what callers may create."
    PLAIN = "plain-connection", "Use https with a certificate of the cluster's CA.", Per.THING
    UNVERIFIED = "unverified-kubelet", "Name the CA that signs the kubelets' certificates."
    NO_IDENTITY = "no-kubelet-credential", "Give the API server a client certificate for kubelets."
    SECRETS_PLAIN = (
        "secrets-unencrypted",
        "Encrypt Secrets in etcd with a provider of an EncryptionConfiguration.",
    )
    REVOKED = "revoked-tokens-accepted", "Look service accounts up, so that deleted tokens are refused."
    SHARED_CREDENTIAL = "shared-credential", "Give each controller a service account of its own."
    WIDE_ADDRESS = "every-interface", "Bind the component to loopback."
    WEAK_SUITES = "weak-suites", "Allow only ECDHE suites with AES-GCM or ChaCha20-Poly1305."
    NO_ROTATION = "no-rotation", "Let kubelet certificates be rotated."
    NO_TIMEOUT = "no-idle-timeout", "Bound how long idle streams stay open."
    SYSCTLS = "unsafe-sysctls", "Allow only the kernel settings that a workload needs."
    READABLE = "kubeconfig-readable", "Let only root read the administrator's kubeconfig (mode 0600)."
    SHORT_AUDIT = "audit-log-short", "Keep audit logs for at least 30 days."


@record
class DaemonOption:
    """An option of one daemon, and whether a value leaves it open. ABSENT stands for no value at all."""

    daemon: str
    option: str
    wrong: Callable[[object], bool]
    case: OrchestratorLocked
    message: str
    remedy: Remedy
    severity: Severity | None = None


def _is(*values: object) -> Callable[[object], bool]:
    return frozenset(values).__contains__


def _words(value: object) -> list[str]:
    return [word.strip() for word in value.split(",") if word.strip()] if isinstance(value, str) else []


def _named(value: object) -> bool:
    return isinstance(value, str) and value != ""


def _absent(value: object) -> bool:
    return value is ABSENT or value == ""


def _with(*unwanted: str) -> Callable[[object], bool]:
    """A list that has one of these."""
    return lambda value: not frozenset(unwanted).isdisjoint(_words(value))


def _without(wanted: str, *instead: str) -> Callable[[object], bool]:
    """A list that is written, or empty by default, and has neither this nor what does the same."""
    return lambda value: isinstance(value, str) and not {wanted, *instead}.intersection(_words(value))


_WEAK = re.compile(r"RC4|3DES|_CBC_|^TLS_RSA_WITH_|NULL")
_NO_TIME = re.compile(r"0(?:s|m|h|ms)?")
_LOOPBACK = re.compile(r"127\.|::1$|\[::1\]|localhost$")
_PLAIN_URL = re.compile(r"http://(?!localhost\b|127\.|\[::1\])")


def _weak(value: object) -> bool:
    return any(_WEAK.search(word) for word in _words(value))


def _plain(value: object) -> bool:
    return any(_PLAIN_URL.match(url) for url in _words(value))


def _wide(value: object) -> bool:
    return isinstance(value, str) and value != "" and _LOOPBACK.match(value) is None


def _few_days(value: object) -> bool:
    return isinstance(value, str) and value.isdigit() and 0 < int(value) < 30


def _readable(value: object) -> bool:
    """A file's mode that lets all others read it."""
    return isinstance(value, str) and value.isdigit() and int(value[-1]) & 4 != 0


def _no_time(value: object) -> bool:
    return isinstance(value, str) and _NO_TIME.fullmatch(value) is not None


_OLD_TLS = _is("VersionTLS10", "VersionTLS11")
_CONTROL_PLANE = ("kube-apiserver", "kube-controller-manager", "kube-scheduler")
_LOW, _MEDIUM, _HIGH = Severity.LOW, Severity.MEDIUM, Severity.HIGH
_STRONG = ",".join(
    f"TLS_ECDHE_{key}_WITH_{cipher}"
    for cipher in ("AES_128_GCM_SHA256", "AES_256_GCM_SHA384", "CHACHA20_POLY1305_SHA256")
    for key in ("ECDSA", "RSA")
)
# Of those that are on by default (kube-apiserver, --disable-admission-plugins), the ones that keep callers from something.
_PLUGINS = (
    "NamespaceLifecycle ServiceAccount PodSecurity LimitRanger ResourceQuota ValidatingAdmissionWebhook "
    "ValidatingAdmissionPolicy MutatingAdmissionWebhook CertificateApproval CertificateSigning "
    "CertificateSubjectRestriction"
)
ROWS = (
    DaemonOption("kubelet", "anonymous-auth", _is("true"), OrchestratorLocked.ANONYMOUS,
        "the kubelet accepts unauthenticated requests", TurnOff(Switch.ANONYMOUS_AUTH)),
    DaemonOption("kubelet", "authorization-mode", _is("AlwaysAllow"), OrchestratorLocked.ALWAYS_ALLOW,
        "the kubelet authorises every request (`AlwaysAllow`)", TurnOff(Switch.ALWAYS_ALLOW)),
    DaemonOption("kubelet", "read-only-port", _is("open"), OrchestratorLocked.READ_ONLY_PORT,
        "the kubelet's read-only port lists its pods without authentication", TurnOff(Switch.READ_ONLY_PORT),
        _HIGH),
    DaemonOption("kubelet", "tls-min-version", _OLD_TLS, OrchestratorLocked.OLD_TLS,
        "the kubelet accepts TLS 1.0 or 1.1", MinimumTls(), _MEDIUM),
    DaemonOption("kube-apiserver", "authorization-mode", _is("AlwaysAllow"), OrchestratorLocked.ALWAYS_ALLOW,
        "the API server authorises every request (`AlwaysAllow`)", TurnOff(Switch.ALWAYS_ALLOW)),
    DaemonOption("kube-apiserver", "insecure-port", _is("open"), OrchestratorLocked.INSECURE_PORT,
        "the API server has a port without TLS, authentication and authorisation", TurnOff(Switch.INSECURE_PORT), _HIGH),
    DaemonOption("kube-apiserver", "anonymous-auth", _is("true"), OrchestratorLocked.ANONYMOUS,
        "the API server accepts unauthenticated requests", TurnOff(Switch.ANONYMOUS_AUTH), _LOW),
    DaemonOption("kube-apiserver", "tls-min-version", _OLD_TLS, OrchestratorLocked.OLD_TLS,
        "the API server accepts TLS 1.0 or 1.1", MinimumTls(), _MEDIUM),
    DaemonOption("kube-apiserver", "audit-log-path", _is(ABSENT), OrchestratorLocked.NO_AUDIT_LOG,
        "the API server writes no audit log", TurnOn(Switch.AUDIT_LOG), _LOW),
    *(DaemonOption(daemon, "profiling", _is("true"), OrchestratorLocked.PROFILING,
          f"the profiler of `{daemon}` is on", TurnOff(Switch.PROFILING), _LOW)
      for daemon in _CONTROL_PLANE),
    DaemonOption("etcd", "client-cert-auth", _is("false", ABSENT), OrchestratorLocked.CLIENTS,
        "etcd requires no client certificate, so its clients can read all Secrets", TurnOn(Switch.CLIENT_CERT_AUTH)),
    DaemonOption("etcd", "peer-client-cert-auth", _is("false", ABSENT), OrchestratorLocked.PEERS,
        "etcd requires no certificate from its peers", TurnOn(Switch.PEER_CLIENT_CERT_AUTH), _HIGH),
    DaemonOption("etcd", "auto-tls", _is("true"), OrchestratorLocked.SELF_SIGNED,
        "etcd uses a self-signed certificate, which clients cannot verify", TurnOff(Switch.AUTO_TLS),
        _MEDIUM),
    DaemonOption("docker", "hosts", _is("plain"), OrchestratorLocked.DOCKER,
        "Docker's API listens on TCP without client certificates: its clients control the host", RequireAuth()),
    DaemonOption("docker", "hosts", _is("plain-local"), OrchestratorLocked.DOCKER,
        "Docker's API listens on loopback without client certificates: local programs control the host",
        RequireAuth(), _HIGH),
    *(
        DaemonOption("docker", option, _is(value), case, message, SetFlag(option, "", breaks), severity)
        for option, value, case, message, breaks, severity in (
            ("seccomp-profile", "unconfined", OrchestratorLocked.CONFINEMENT, "Docker starts containers without a seccomp profile",
             "programs that need more system calls", _HIGH),
            ("default-cgroupns-mode", "host", OrchestratorLocked.CONFINEMENT, "Docker starts containers in the host's cgroup namespace",
             "programs that manage the host's control groups", _LOW),
            ("iptables", "false", OrchestratorLocked.DIRECT, "Docker sets no packet filter, which leaves its networks unseparated",
             "hosts whose firewall is managed elsewhere", _MEDIUM),
            ("allow-direct-routing", "true", OrchestratorLocked.DIRECT, "containers are reachable from other hosts at unpublished ports",
             "clients that use containers' own addresses", _MEDIUM),
            ("builder.entitlements.security-insecure", "true", OrchestratorLocked.ENTITLED, "builds may run privileged on this machine",
             "builds that need the privileges", _MEDIUM),
            ("experimental", "true", OrchestratorLocked.EXPERIMENTAL, "Docker's experimental features are enabled",
             "users of experimental features", Severity.LOW),
        )
    ),
    DaemonOption("kube-apiserver", "token-auth-file", _named, OrchestratorLocked.STATIC_TOKENS,
        "the API server accepts static tokens of a file, which never expire", SetFlag("token-auth-file", "", "callers that use these tokens"), _MEDIUM),
    DaemonOption("kube-apiserver", "basic-auth-file", _named, OrchestratorLocked.STATIC_TOKENS,
        "the API server accepts static passwords of a file", SetFlag("basic-auth-file", "", "callers that use these passwords"), _HIGH),
    DaemonOption("kube-apiserver", "insecure-bind-address", _wide, OrchestratorLocked.INSECURE_PORT,
        "the API server's insecure port listens beyond loopback", SetFlag("insecure-bind-address", "", "clients of this port")),
    DaemonOption("kube-apiserver", "secure-port", _is("0"), OrchestratorLocked.PLAIN,
        "the API server has no port with TLS", SetFlag("secure-port", "6443", "clients of the insecure port"), _HIGH),
    DaemonOption("kube-apiserver", "kubelet-https", _is("false"), OrchestratorLocked.PLAIN,
        "the API server connects to kubelets over plain HTTP", SetFlag("kubelet-https", "true", "kubelets that serve plain HTTP"), _HIGH),
    DaemonOption("kube-apiserver", "etcd-servers", _plain, OrchestratorLocked.PLAIN,
        "the API server connects to etcd over plain HTTP", AskFlag("connect to etcd over TLS", "which CA, certificate and key (--etcd-cafile, --etcd-certfile, --etcd-keyfile)?"), _HIGH),
    DaemonOption("kube-apiserver", "authorization-mode", _without("RBAC", "AlwaysAllow", "Webhook"), OrchestratorLocked.NO_RBAC,
        "the API server does not authorise requests by RBAC", SetFlag("authorization-mode", "Node,RBAC", "callers without a role that allows them"), _MEDIUM),
    DaemonOption("kube-apiserver", "authorization-mode", _without("Node", "AlwaysAllow", "Webhook", "ABAC"), OrchestratorLocked.NO_RBAC,
        "the API server does not limit nodes to their own objects (`Node`)", SetFlag("authorization-mode", "Node,RBAC", "nodes whose credential is not named `system:node:…`"), _LOW),
    DaemonOption("kube-apiserver", "enable-admission-plugins", _with("AlwaysAdmit"), OrchestratorLocked.ADMISSION,
        "the API server admits every object (`AlwaysAdmit`)", SetFlag("enable-admission-plugins", "NodeRestriction", "callers whose objects a plug-in refuses"), _HIGH),
    DaemonOption("kube-apiserver", "enable-admission-plugins", _without("NodeRestriction", "AlwaysAdmit"), OrchestratorLocked.ADMISSION,
        "the API server lets a node change objects of other nodes (`NodeRestriction` is not enabled)", SetFlag("enable-admission-plugins", "+NodeRestriction", "nodes that label themselves"), _LOW),
    DaemonOption("kube-apiserver", "disable-admission-plugins", _with(*_PLUGINS.split()), OrchestratorLocked.ADMISSION,
        "the API server has an admission plug-in of its defaults turned off", SetFlag("disable-admission-plugins", "", "callers whose objects the plug-in refuses"), _MEDIUM),
    DaemonOption("kube-apiserver", "kubelet-certificate-authority", _absent, OrchestratorLocked.UNVERIFIED,
        "the API server does not verify the certificates of kubelets", AskFlag("verify kubelets", "which CA signs the kubelets' certificates (--kubelet-certificate-authority)?"), _LOW),
    DaemonOption("kube-apiserver", "kubelet-client-certificate", _absent, OrchestratorLocked.NO_IDENTITY,
        "the API server connects to kubelets without a credential", AskFlag("authenticate to kubelets", "which certificate and key (--kubelet-client-certificate, --kubelet-client-key)?"), _LOW),
    DaemonOption("kube-apiserver", "encryption-provider-config", _absent, OrchestratorLocked.SECRETS_PLAIN,
        "the API server stores Secrets unencrypted in etcd", AskFlag("encrypt Secrets in etcd", "which EncryptionConfiguration (--encryption-provider-config)?"), _LOW),
    DaemonOption("kube-apiserver", "secrets-provider", _is("identity"), OrchestratorLocked.SECRETS_PLAIN,
        "the provider `identity` comes first, so the API server stores Secrets unencrypted", AskFlag("encrypt Secrets in etcd", "which provider and key are to come first?"), _MEDIUM),
    DaemonOption("kube-apiserver", "service-account-lookup", _is("false"), OrchestratorLocked.REVOKED,
        "the API server accepts tokens of deleted service accounts", SetFlag("service-account-lookup", "true", "holders of deleted tokens"), _MEDIUM),
    DaemonOption("kube-apiserver", "audit-log-maxage", _few_days, OrchestratorLocked.SHORT_AUDIT,
        "the API server keeps its audit log for less than 30 days", SetFlag("audit-log-maxage", "30", "disks that the log fills"), _LOW),
    DaemonOption("kube-controller-manager", "use-service-account-credentials", _is("false"), OrchestratorLocked.SHARED_CREDENTIAL,
        "all controllers use the credential of `kube-controller-manager`", SetFlag("use-service-account-credentials", "true", "controllers whose roles were removed"), _LOW),
    *(DaemonOption(daemon, option, _wide, OrchestratorLocked.WIDE_ADDRESS,
          f"`{daemon}` listens beyond loopback", SetFlag(option, "127.0.0.1", "monitoring from other hosts"), _LOW)
      for daemon in _CONTROL_PLANE[1:] for option in ("bind-address", "address")),
    *(DaemonOption(daemon, "port", _is("open"), OrchestratorLocked.INSECURE_PORT,
          f"`{daemon}` has a port without TLS and authentication", SetFlag("port", "0", "monitoring that uses this port"), _MEDIUM)
      for daemon in _CONTROL_PLANE[1:]),
    *(DaemonOption(daemon, "tls-min-version", _OLD_TLS, OrchestratorLocked.OLD_TLS,
          f"`{daemon}` accepts TLS 1.0 or 1.1", MinimumTls(), _MEDIUM) for daemon in _CONTROL_PLANE[1:]),
    *(DaemonOption(daemon, option, _weak, OrchestratorLocked.WEAK_SUITES,
          f"`{daemon}` allows weak cipher suites", SetFlag(option, _STRONG, "clients that support only these suites"), _LOW)
      for daemon, option in ((*((d, "tls-cipher-suites") for d in (*_CONTROL_PLANE, "kubelet")), ("etcd", "cipher-suites")))),
    *(DaemonOption(daemon, "rotated", _is("false"), OrchestratorLocked.NO_ROTATION,
          f"`{daemon}` does not rotate the kubelets' serving certificates", SetFlag("feature-gates", "RotateKubeletServerCertificate=true", "kubelets whose requests are not approved"), _LOW)
      for daemon in ("kubelet", "kube-controller-manager")),
    DaemonOption("kubelet", "rotate-certificates", _is("false"), OrchestratorLocked.NO_ROTATION,
        "the kubelet does not rotate its client certificate", SetFlag("rotate-certificates", "true", "nodes whose requests are not approved"), _LOW),
    DaemonOption("kubelet", "streaming-connection-idle-timeout", _no_time, OrchestratorLocked.NO_TIMEOUT,
        "the kubelet keeps idle streams open without an end", SetFlag("streaming-connection-idle-timeout", "4h0m0s", "sessions that are idle for long"), _LOW),
    DaemonOption("kubelet", "manifest-url", _plain, OrchestratorLocked.PLAIN,
        "the kubelet fetches the pods that it runs over plain HTTP", AskFlag("fetch static pods over TLS", "which https address serves them?"), _HIGH),
    DaemonOption("kubelet", "allowed-unsafe-sysctls", _with("*", "kernel.*", "net.*"), OrchestratorLocked.SYSCTLS,
        "the kubelet lets pods change a whole group of kernel settings", AskFlag("allow single sysctls", "which kernel settings do workloads need?"), _MEDIUM),
    *(DaemonOption("etcd", option, _plain, OrchestratorLocked.PLAIN,
          "etcd serves its data over plain HTTP", AskFlag("serve TLS", "which certificate and key (--cert-file, --key-file; --peer-cert-file, --peer-key-file)?"), _HIGH)
      for option in ("listen-client-urls", "listen-peer-urls")),
    DaemonOption("etcd", "peer-auto-tls", _is("true"), OrchestratorLocked.SELF_SIGNED,
        "etcd uses self-signed certificates between members, which they cannot verify", SetFlag("peer-auto-tls", "false", "members, until peer-cert-file and peer-key-file are set"), _MEDIUM),
    DaemonOption("k3s", "write-kubeconfig-mode", _readable, OrchestratorLocked.READABLE,
        "every user of the node can read the administrator's kubeconfig", SetFlag("write-kubeconfig-mode", '"0600"', "users who run kubectl without sudo"), _MEDIUM),
    DaemonOption("k3s", "secrets-encryption", _is("false"), OrchestratorLocked.SECRETS_PLAIN,
        "k3s stores Secrets unencrypted", SetFlag("secrets-encryption", "true", "restarts, until Secrets are written again"), _LOW),
    DaemonOption("kube-proxy", "profiling", _is("true"), OrchestratorLocked.PROFILING,
        "the profiler of `kube-proxy` is on", TurnOff(Switch.PROFILING), _LOW),
)  # fmt: skip
