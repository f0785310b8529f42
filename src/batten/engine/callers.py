"""Who a fix would cut off: what the files show of the clients of what is fixed."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from ipaddress import ip_address

from batten.facts import INSIDE_CLUSTER
from batten.formats import Unreadable, Workspace
from batten.model import Edit, Finding, Fix, Switch
from batten.model import remedy as want
from batten.technologies.shared.containers.mounts import above_root, target_of

# These write what a runtime publishes on the host, not where a program listens.
OUTSIDE = frozenset(("compose", "quadlet", "shell", "systemd", "helm", "terraform", "docker", "devcontainer"))
_CONFIG_MAP = re.compile(r"^kind:[ \t]*ConfigMap\b", re.MULTILINE)
_LOOPBACK = re.compile(r"\b127\.\d+\.\d+\.\d+\b|\blocalhost\b|::1\b")
ADDRESS = re.compile(
    r"\b(?:https?|wss?|grpcs?|tcp|tls|ldaps?|rediss?|amqps?|postgres\w*|mysql|mongodb(?:\+srv)?|mqtts?|nats|smtps?)://(?P<host>\[[0-9a-f:]+\]|[\w.*${}-]+)(?::(?P<port>\d{1,5}))?"
)
_OPEN = re.compile(r"[{}$*]")  # a host that a template or a variable names
_NEAR = 400  # characters around a place in which the address that it is about is looked for
_AUTHORITY = re.compile(
    r"\b(?:cafile|ca_file|ca-file|ca_cert|cacert|trusted|rootcas|ca\.(?:pem|crt)|ca-bundle|ca_bundle)",
    re.IGNORECASE,
)
_SELF_SIGNED = re.compile(r"\bself[- ]?signed\b(?: \w{1,20})?", re.IGNORECASE)
_PRIVATE = (
    ".local",
    ".internal",
    ".lan",
    ".home",
    ".corp",
    ".svc",
    ".localhost",
    ".test",
    ".localdomain",
    ".intranet",
)
_LIMITED = re.compile(r"\bloadBalancerSourceRanges\b")
_BLOCKS = 1500  # characters beside a Service's type in which its other keys stand


def inside(fix: Fix, finding: Finding, workspace: Workspace) -> str:
    """In a container 127.0.0.1 is the container's own: nothing else reaches what listens there."""
    if finding.technology in OUTSIDE or not isinstance(
        finding.remedy, want.Bind | want.Unpublish | want.TurnOff
    ):
        return ""
    for edit in fix.edits:
        if _LOOPBACK.search(edit.text) and contained(edit.source, workspace):
            return (
                "which clients connect? the file is given to a container, where 127.0.0.1 is the container's own address: "
                "do not publish the port, and ask for a password"
            )
    return ""


def contained(path: str, workspace: Workspace) -> bool:
    """Whether a container is given the file: mounted, copied into its image, or held by a ConfigMap or a chart."""
    if _CONFIG_MAP.search(text_of(workspace, path)) is not None or target_of(path, workspace, ("/",)):
        return True
    folder = posixpath.dirname(path)
    beside = [posixpath.join(f, "Dockerfile") for f in {folder, posixpath.dirname(folder)} if f]
    above = above_root(path)
    beside += [posixpath.join(above, "Dockerfile")] if above is not None else []
    if any(map(workspace.exists, beside)):
        return True
    # Whether a folder is one of a chart, whose files pods get.
    while folder:
        if workspace.exists(posixpath.join(folder, "Chart.yaml")):
            return True
        folder = posixpath.dirname(folder)
    return workspace.exists("Chart.yaml")


def unverified(fix: Fix, finding: Finding, workspace: Workspace) -> str:
    """A certificate is verified against a CA: one that is named, or the public ones for a public host. A program may have the
    address from elsewhere; a file of settings says what it connects to, and a name within it alone is no public host."""
    if finding.control not in ("tls-verify", "upstream-encrypted") or finding.at.span is None:
        return ""
    if finding.control == "upstream-encrypted" and finding.remedy != want.TurnOn(Switch.VERIFY_TLS):
        return ""
    if any(_AUTHORITY.search(edit.text) for edit in fix.edits):
        return ""
    text = text_of(workspace, finding.at.source)
    span = finding.at.span
    near = text[max(span.start - _NEAR, 0) : span.end + _NEAR]
    if _AUTHORITY.search(near):
        return ""
    if (said := _SELF_SIGNED.search(near)) is not None:
        return f"which CA issued the certificates? the file says `{said[0]}`: name its file, and verify against it"
    hosts = [found["host"] for found in ADDRESS.finditer(near)]
    private = [host for host in hosts if not public(host)]
    if private:
        server = "the server" if _OPEN.search(private[0]) else f"`{private[0]}`"
        return f"which CA issued the certificate of {server}? name its file, and verify against it"
    named = [h for h in _BARE.findall(near) if public(h) and not h.endswith(("k8s.io", "kubernetes.io"))]
    unknown = finding.technology in _OF_SETTINGS and not hosts and not named
    if unknown and any(_SKIPS.search(_line(text, edit)) for edit in fix.edits):
        return "which CA issued the certificate of the peer? name its file where it is not a public one, and verify against it"
    return ""


_BARE = re.compile(r"(?<![\w./@-])(?:[a-z0-9-]{1,63}\.){1,8}[a-z]{2,24}(?![\w./-])")
_OF_SETTINGS = frozenset(("kubernetes", "helm", "kustomize", "prometheus", "traefik", "caddy"))
# Settings of programs that connect to machines of their own network, with certificates that these made.
_SKIPS = re.compile(r"insecure[-_]?skip[-_]?(?:tls[-_]?)?verify|skip[-_]?tls[-_]?verify", re.IGNORECASE)


def _line(text: str, edit: Edit) -> str:
    """The lines that an edit touches."""
    end = text.find("\n", edit.span.end)
    return text[text.rfind("\n", 0, edit.span.start) + 1 : end if end >= 0 else len(text)]


def public(host: str) -> bool:
    """Whether a host is one that a public CA gives certificates to, as far as its name shows."""
    name = host.strip("[]").lower().rstrip(".")
    try:
        return ip_address(name).is_global
    except ValueError:
        return "." in name and not name.endswith(_PRIVATE) and "$" not in name


def limited(fix: Fix, finding: Finding, workspace: Workspace) -> str:
    """A load balancer whose networks are listed is meant to be one."""
    if not isinstance(finding.remedy, want.Bind | want.Unpublish) or finding.technology not in (
        "kubernetes",
        "helm",
        "kustomize",
    ):
        return ""
    for edit in fix.edits:
        text = text_of(workspace, edit.source)
        near = text[max(edit.span.start - _BLOCKS, 0) : edit.span.end + _BLOCKS]
        start = near.rfind("\n---", 0, min(_BLOCKS, edit.span.start))
        end = near.find("\n---", min(_BLOCKS, edit.span.start))
        if _LIMITED.search(near[max(start, 0) : end if end > 0 else len(near)]):
            return "which clients outside connect? `loadBalancerSourceRanges` lists their networks: change it by hand if none does"
    return ""


def kubectl(fix: Fix, finding: Finding, workspace: Workspace) -> str:
    """A pod that asks the cluster's API needs its token."""
    if finding.remedy != want.TurnOff(Switch.SERVICE_ACCOUNT_TOKEN) or finding.at.span is None:
        return ""
    text = text_of(workspace, finding.at.source)
    start = max(text.rfind("\n---", 0, finding.at.span.start), 0)
    end = text.find("\n---", finding.at.span.start)
    said = text[start : end if end > 0 else len(text)]
    found = _CLUSTER.search(said)
    return (
        f"does it need the token? `{found[0]}` asks the cluster's API: give the pod an account of its own"
        if found
        else ""
    )


def relayed(fix: Fix, finding: Finding, workspace: Workspace) -> str:
    """Behind a proxy that is not named, all clients have one address, and so one rate."""
    remedy = finding.remedy
    counts = isinstance(remedy, want.Limit) and remedy.resource is want.Quantity.RATE
    if not counts or finding.technology not in _OF_EDGES:
        return ""
    text = text_of(workspace, finding.at.source)
    # Whether a proxy is named whose word for the client's address is taken: not by a placeholder, nor by 0.0.0.0/32,
    # which is none.
    if (
        any(not _NOBODY.fullmatch(found["proxy"]) for found in _REAL.finditer(text))
        or _SECURE.search(text)
        or not any(_BY_ADDRESS.search(e.text) for e in fix.edits)
    ):
        return ""
    listens = _LISTEN.findall(text)
    local = bool(listens) and all(at.startswith(("127.", "[::1]", "unix:", "localhost")) for at in listens)
    if local or contained(finding.at.source, workspace):
        return "which proxy is in front? its address would stand for all clients: name it with `set_real_ip_from` first"
    return ""


def silenced(fix: Fix, finding: Finding, workspace: Workspace) -> str:
    """A log that is turned off in so many words was not forgotten."""
    if finding.control != "access-logged" or finding.at.span is None:
        return ""
    for edit in fix.edits:
        text = text_of(workspace, edit.source)
        start = text.rfind("location", max(edit.span.start - _NEAR, 0), edit.span.start)
        if (
            start >= 0
            and "}" not in text[start : edit.span.start]
            and _DULL.search(text[start : edit.span.end])
        ):
            return "is it off for probes alone, which ask every few seconds? Take it out by hand if people ask there, too"
    return ""


_DULL = re.compile(r"stub_status|status|health|alive|ready|ping|metrics|favicon|robots", re.IGNORECASE)


def redirected(fix: Fix, finding: Finding, workspace: Workspace) -> str:
    """Who speaks plain HTTP to a port that outsiders do not reach is inside, and follows no redirect to names outside."""
    if not isinstance(finding.remedy, want.RedirectToTls):
        return ""
    if finding.public is False or finding.message.endswith(_NOT_OUTSIDE):
        return "which clients inside connect to this port? a redirect to HTTPS would end what they ask over plain HTTP"
    return ""


_NOT_OUTSIDE = (INSIDE_CLUSTER, "that nothing here publishes")


_OF_EDGES = frozenset(("nginx", "apache", "haproxy", "kubernetes", "kustomize", "helm"))
_REAL = re.compile(
    r"^[ \t]*(?:set_real_ip_from|RemoteIPInternalProxy(?:List)?|RemoteIPTrustedProxy(?:List)?|RemoteIPHeader)[ \t]+(?P<proxy>[^\s;]+)",
    re.MULTILINE,
)
_NOBODY = re.compile(r"0\.0\.0\.0(?:/32)?|.*[@${%<].*")
_SECURE = re.compile(
    r"^\s*(?:listen|bind)\s[^;#\n]*\b(?:ssl|quic)\b|\bSSLEngine\s+on\b|\bssl_certificate\b",
    re.MULTILINE | re.IGNORECASE,
)
_LISTEN = re.compile(r"^\s*listen\s+([^\s;]+)", re.MULTILINE)
_BY_ADDRESS = re.compile(r"binary_remote_addr|\bsrc\b")
_CLUSTER = re.compile(
    r"\bkubectl\b|\bin-?cluster\b|kubernetes\.io/serviceaccount|\bKUBERNETES_SERVICE_HOST\b|\bk8s-sidecar\b|\bhelm (?:install|upgrade)\b"
)


def text_of(workspace: Workspace, path: str) -> str:
    try:
        return workspace.text(path).text if workspace.exists(path) else ""
    except Unreadable:
        return ""


_ROUTE = re.compile(
    r"(?:@\w{1,40}|\b(?:app|router|r|api|server|routes?|Route))(?:\.|::|->)(?P<method>put|patch|delete)\s{0,4}\("
    r"|\bmethods\s{0,4}=\s{0,4}[\[(][^\])]{0,80}[\"'](?P<listed>PUT|PATCH|DELETE)[\"']|\[Http(?P<attribute>Put|Patch|Delete)\b",
    re.IGNORECASE,
)
_OWN_HEADER = re.compile(
    r"(?:APIKeyHeader|Header|headers?\.get|header|getHeader|get)\([^()\n]{0,60}[\"'](?P<name>X-[A-Za-z][\w-]{1,40})[\"']",
    re.IGNORECASE,
)
_CODE = (".py", ".js", ".ts", ".mjs", ".go", ".java", ".kt", ".rb", ".php", ".cs")
_MOST_CODE = 60  # files of the application's folder


def crossed(fix: Fix, finding: Finding, workspace: Workspace) -> str:
    """What pages of other origins may use is what the application has: a list that its own code goes beyond cuts them off."""
    remedy = finding.remedy
    if finding.control != "cors-methods-narrow" or not isinstance(
        remedy, want.AllowMethods | want.AllowHeaders
    ):
        return ""
    for path in _code_beside(finding.at.source, workspace):
        text = text_of(workspace, path)
        if isinstance(remedy, want.AllowMethods):
            for found in _ROUTE.finditer(text):
                method = (found["method"] or found["listed"] or found["attribute"]).upper()
                if method not in remedy.methods:
                    return f"which methods do pages of other origins use? `{posixpath.basename(path)}` has {method}, too"
        elif (own := _OWN_HEADER.search(text)) is not None and own["name"] not in remedy.headers:
            return f"which headers do pages of other origins send? `{posixpath.basename(path)}` reads `{own['name']}`"
    return ""


def _code_beside(source: str, workspace: Workspace) -> Iterator[str]:
    """The code in the folder of a file and in those within it."""
    waiting, seen = [posixpath.dirname(source)], 0
    if source.endswith(_CODE):
        yield source
    while waiting and source.endswith(_CODE):
        for entry in workspace.entries(waiting.pop()):
            if workspace.is_directory(entry):
                waiting.append(entry)
            elif entry.endswith(_CODE) and entry != source:
                seen += 1
                yield entry
            if seen >= _MOST_CODE:
                return


# Programs whose work is to ask the cluster's API, by the last part of their image's name; each one's documentation gives it a role.
_ASKS_CLUSTER = re.compile(
    r"^[ \t-]*image:[ \t]*[\"']?(?:[\w.:-]+/)*(?P<name>coredns|kube-state-metrics|metrics-server|external-dns|cluster-autoscaler|kured"
    r"|cert-manager-\w+|ingress-nginx|controller|traefik|argocd|argo-cd|kyverno|gatekeeper|prometheus-operator|prometheus|promtail|vector"
    r"|fluent-bit|fluentd|filebeat|velero|reloader|descheduler|external-secrets|sealed-secrets-controller|dashboard|kubectl|rancher"
    r"|node-problem-detector|k8s-sidecar|local-path-provisioner|csi-provisioner|csi-attacher|headlamp|keda|vault-k8s|spire-agent)"
    r"(?=[:@\"'\s]|$)",
    re.MULTILINE,
)


def tokenless(fix: Fix, finding: Finding, workspace: Workspace) -> str:
    """Without the token of its account a program that asks the cluster's API stops working."""
    if not any("automountServiceAccountToken: false" in edit.text for edit in fix.edits):
        return ""
    span, text = finding.at.span, text_of(workspace, finding.at.source)
    if span is None:
        return ""
    start, end = text.rfind("\n---", 0, span.start), text.find("\n---", span.end)
    found = _ASKS_CLUSTER.search(text[start + 1 : end if end >= 0 else len(text)])
    if found is None:
        return ""
    return f"which account should it have? `{found['name']}` asks the cluster's API, which it cannot without a token"


def profiled(fix: Fix, finding: Finding, workspace: Workspace) -> str:
    """Go's profiler answers for as long as it is asked to, and refuses to where the server's time for an answer is shorter
    (https://pkg.go.dev/net/http/pprof)."""
    if finding.technology != "go" or not any("WriteTimeout" in edit.text for edit in fix.edits):
        return ""
    if "pprof" not in text_of(workspace, finding.at.source):
        return ""
    return "how long do profiles take? `net/http/pprof` refuses one that is longer than the server's WriteTimeout"


_OUTWARD = re.compile(
    r"^[ \t]*[\"']?(?P<name>external-dns\.alpha\.kubernetes\.io/hostname|lbipam\.cilium\.io/ips|io\.cilium/lb-ipam-ips"
    r"|metallb\.(?:universe\.tf|io)/loadBalancerIPs|kube-vip\.io/loadbalancerIPs|service\.beta\.kubernetes\.io/[\w-]*eip[\w-]*)[\"']?:",
    re.MULTILINE,
)


def outward(fix: Fix, finding: Finding, workspace: Workspace) -> str:
    """A Service that has a name in DNS, or an address of its own, is there for clients outside of the cluster."""
    if not any("ClusterIP" in edit.text for edit in fix.edits) or finding.at.span is None:
        return ""
    text, span = text_of(workspace, finding.at.source), finding.at.span
    start, end = text.rfind("\n---", 0, span.start), text.find("\n---", span.end)
    found = _OUTWARD.search(text[start + 1 : end if end >= 0 else len(text)])
    if found is None:
        return ""
    return f"which networks do its clients come from? `{found['name']}` gives it out to them: list them under `loadBalancerSourceRanges`"
