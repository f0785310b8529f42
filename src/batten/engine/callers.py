"""Who a fix would cut off: what the files show of the clients of what is fixed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from ipaddress import ip_address

from batten.formats import Mapping, SyntaxProblem, Unreadable, Workspace, key_path
from batten.formats.tree import Entry
from batten.model import Finding, Fix, Span, Switch
from batten.model import remedy as want
from batten.technologies._containers.mounts import target_of

# These write what a runtime publishes on the host, not where a program listens.
_OUTSIDE = frozenset(
    ("compose", "quadlet", "shell", "systemd", "helm", "terraform", "docker", "devcontainer")
)
_CONFIG_MAP = re.compile(r"^kind:[ \t]*ConfigMap\b", re.MULTILINE)
_LOOPBACK = re.compile(r"\b127\.\d+\.\d+\.\d+\b|\blocalhost\b|::1\b")
_VARIABLE = re.compile(r"\$\{?(\w+)")
_LOGINS = ("store-authenticated", "store-default-credentials", "store-encrypted")
_ASKED_OVER_HTTP = re.compile(r"\b(?:curl|wget)\b")
_ADDRESS = re.compile(
    r"\b(?:https?|wss?|grpcs?|tcp|tls|ldaps?|rediss?|amqps?|postgres\w*|mysql|mongodb(?:\+srv)?|mqtts?|nats|smtps?)://(?P<host>\[[0-9a-f:]+\]|[\w.*${}-]+)(?::(?P<port>\d{1,5}))?"
)
_PUBLISHED = re.compile(r"(?:^|[:\"'\s])(\d{2,5})(?::\d{2,5})?(?:/\w+)?[\"']?\s*$")
_HERE = frozenset(("localhost", "127.0.0.1", "0.0.0.0", "[::1]", "host.docker.internal"))
_OPEN = re.compile(r"[{}$*]")  # a host that a template or a variable names
_NEAR = 400  # characters around a place in which the address that it is about is looked for
_AUTHORITY = re.compile(
    r"\b(?:cafile|ca_file|ca-file|ca_cert|cacert|trusted|rootcas|ca\.(?:pem|crt)|ca-bundle|ca_bundle)",
    re.IGNORECASE,
)
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
    if finding.technology in _OUTSIDE or not isinstance(
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
    """Whether a container is given the file: mounted, copied into its image, or held by a ConfigMap."""
    text = _text(workspace, path)
    return _CONFIG_MAP.search(text) is not None or bool(target_of(path, workspace, ("/",)))


def unpaired(fix: Fix, finding: Finding, workspace: Workspace) -> str:
    """A password, or TLS, that a store asks for and its clients do not know of."""
    if finding.control not in _LOGINS or not _asks(finding):
        return ""
    services = list(_services(finding.at.source, workspace)) if finding.technology == "compose" else []
    if not services:
        own = finding.technology not in _OUTSIDE and finding.technology != "kubernetes"
        if own and any(contained(e.source, workspace) for e in fix.edits):
            return "which clients connect, and with which credentials? the file is given to a container: change both together"
        return ""
    return _left_out(fix, finding, workspace, services)


def _asks(finding: Finding) -> bool:
    match finding.remedy:
        case want.RequireAuth() | want.TurnOff(Switch.PLAIN):
            return True
        case _:
            return type(finding.remedy).__name__ in ("RuleMethod", "RuleOverTls")


def _left_out(fix: Fix, finding: Finding, workspace: Workspace, services: list[Entry]) -> str:
    """Services that connect to the one that is changed, and would go on without the credential."""
    text = _text(workspace, finding.at.source)
    own = next((s for s in services if finding.at.span is not None and _holds(s.span, finding.at.span)), None)
    if own is None:
        return ""
    named = {name for edit in fix.edits for name in _VARIABLE.findall(edit.text)}
    clients = []
    for other in services:
        said = text[other.span.start : other.span.end]
        if other is own or not _connects(other, own.key.text, said):
            continue
        changed = any(_holds(other.span, e.span) for e in fix.edits if e.source == finding.at.source)
        if not changed and not named & set(_VARIABLE.findall(said)):
            clients.append(other.key.text)
    if clients:
        some = ", ".join(clients[:3]) + (" …" if len(clients) > 3 else "")
        return f"how do its clients get the credential? {some} would connect without it: give both the same variable"
    asked = key_path(own.value, "healthcheck", "test")
    if asked is not None and _ASKED_OVER_HTTP.search(text[asked.span.start : asked.span.end]):
        return "how does the health check log in? it asks without a credential, and would fail: change both together"
    return ""


def _connects(entry: Entry, name: str, said: str) -> bool:
    """Whether a service names another as a host, or waits for it."""
    waits = key_path(entry.value, "depends_on")
    if isinstance(waits, Mapping):
        if name in waits.entries:
            return True
    elif waits is not None and name in [str(n) for n in _plain(waits.plain())]:
        return True
    host = rf"(?://|@|[=:,]\s*[\"']?){re.escape(name)}(?=[:/\"'\s?,]|$)"
    return re.search(host, _without_volumes(said)) is not None  # ours: a name in a frame of ours


def _plain(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def _without_volumes(said: str) -> str:
    return re.sub(r"^\s*-\s*[\"']?[\w.-]+:/.*$", "", said, flags=re.MULTILINE)


def _services(path: str, workspace: Workspace) -> Iterator[Entry]:
    from batten.formats import yaml  # most trees have no Compose file

    try:
        tree = workspace.document(path, yaml.parse).tree
    except (SyntaxProblem, Unreadable):
        return
    held = key_path(tree, "services")
    if isinstance(held, Mapping):
        yield from held


def _holds(outer: Span, inner: Span) -> bool:
    return outer.start <= inner.start and inner.end <= outer.end


def named_elsewhere(fix: Fix, finding: Finding, workspace: Workspace) -> str:
    """A published port that the file itself calls by another host's name."""
    taken = (
        isinstance(finding.remedy, want.Bind | want.Unpublish | want.TurnOff)
        and "ports" in finding.at.pointer
    )
    span = finding.at.span
    if finding.technology not in ("compose", "quadlet") or not taken or span is None:
        return ""
    text = _text(workspace, finding.at.source)
    found = _PUBLISHED.search(text[span.start : span.end])
    services = {entry.key.text for entry in _services(finding.at.source, workspace)}
    for address in _ADDRESS.finditer(text) if found is not None else ():
        host = address["host"]
        if found is not None and address["port"] == found[1] and host not in _HERE and host not in services:
            return f"does a client elsewhere use it? the file names `{host}:{found[1]}`: change it by hand if none does"
    return ""


def unverified(fix: Fix, finding: Finding, workspace: Workspace) -> str:
    """A certificate is verified against a CA: one that is named, or the public ones for a public host."""
    if finding.remedy != want.TurnOn(Switch.VERIFY_TLS) or finding.control not in (
        "tls-verify",
        "upstream-encrypted",
    ):
        return ""
    if any(_AUTHORITY.search(edit.text) for edit in fix.edits) or finding.at.span is None:
        return ""
    text = _text(workspace, finding.at.source)
    span = finding.at.span
    near = text[max(span.start - _NEAR, 0) : span.end + _NEAR]
    if _AUTHORITY.search(near):
        return ""
    hosts = [found["host"] for found in _ADDRESS.finditer(near)]
    private = [host for host in hosts if not public(host)]
    if private:
        server = "the server" if _OPEN.search(private[0]) else f"`{private[0]}`"
        return f"which CA issued the certificate of {server}? name its file, and verify against it"
    return ""


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
        text = _text(workspace, edit.source)
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
    text = _text(workspace, finding.at.source)
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
    if not counts or finding.technology not in ("nginx", "apache", "haproxy", "kubernetes"):
        return ""
    text = _text(workspace, finding.at.source)
    if _REAL.search(text) or _SECURE.search(text) or not any(_BY_ADDRESS.search(e.text) for e in fix.edits):
        return ""
    listens = _LISTEN.findall(text)
    local = bool(listens) and all(at.startswith(("127.", "[::1]", "unix:", "localhost")) for at in listens)
    if local or contained(finding.at.source, workspace):
        return "which proxy is in front? its address would stand for all clients: name it with `set_real_ip_from` first"
    return ""


_REAL = re.compile(r"\b(?:set_real_ip_from|real_ip_header|RemoteIPHeader)\b")
_SECURE = re.compile(
    r"^\s*listen\s[^;#]*\b(?:ssl|quic)\b|\bSSLEngine\s+on\b|\bssl_certificate\b", re.MULTILINE | re.IGNORECASE
)
_LISTEN = re.compile(r"^\s*listen\s+([^\s;]+)", re.MULTILINE)
_BY_ADDRESS = re.compile(r"binary_remote_addr|\bsrc\b")
_CLUSTER = re.compile(
    r"\bkubectl\b|\bin-?cluster\b|kubernetes\.io/serviceaccount|\bKUBERNETES_SERVICE_HOST\b|\bk8s-sidecar\b|\bhelm (?:install|upgrade)\b"
)


def _text(workspace: Workspace, path: str) -> str:
    try:
        return workspace.text(path).text if workspace.exists(path) else ""
    except Unreadable:
        return ""


RULES = (inside, unpaired, named_elsewhere, unverified, limited, kubectl, relayed)
