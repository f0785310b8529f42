"""What the user asked for on the command line, as a lock file keeps it: the same words make the same files later."""

from __future__ import annotations

import re
from enum import Enum
from typing import TypeVar
from urllib.parse import urlsplit

import msgspec

from batten.contract import Contract
from batten.harden import HardenProblem, Options
from batten.harden.acme import CHAIN, ITSELF, KEY, LETS_ENCRYPT, Acme
from batten.harden.entry import Controller, Entry, Kind, Tls, gateway, pods
from batten.harden.intent import Intent
from batten.harden.program import Program
from batten.harden.stack import APPLICATION, BASE, BUILD, CLIENT, EDGE, Application, Stack, Store
from batten.harden.targets import EDGES, IMAGE, WITH_EDGE
from batten.policy import Policy
from batten.technologies.shared.secrets.names import CREDENTIALS, LEFT, PROVED, SURE

_DEFAULT = Options()
_RETIRED = ("ingress-nginx", "nginx")  # https://kubernetes.io/blog/2025/11/11/ingress-nginx-retirement/
E = TypeVar("E", bound=Enum)
_IMAGE = re.compile(r"[a-z0-9][\w.:/-]{0,255}@sha256:[0-9a-f]{64}", re.ASCII)
_PART = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?", re.ASCII)
_HEALTH = re.compile(r"/[\w.~/-]{0,200}", re.ASCII)
_VERSION = re.compile(r"\d{1,4}(?:\.\d{1,4}){1,2}", re.ASCII)


class Asked(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`listen` and `plain` are None where the policy decides; `contract` is a path below nothing in particular: the
    command line's, and in a lock file relative to its folder. `images` are by part, `stores` are KIND=NAME."""

    target: str
    contract: str = ""
    upstream: str = _DEFAULT.upstream
    upstream_ca: str = _DEFAULT.upstream_ca
    listen: str | None = None
    plain: str | None = None
    certificate: str = _DEFAULT.certificate
    key: str = _DEFAULT.key
    names: tuple[str, ...] = ()
    prefix: str = ""
    oldest: str = "1.18"
    head: bool = False
    body: str = _DEFAULT.body
    edge: str = "nginx"
    stores: tuple[str, ...] = ()
    images: dict[str, str] = {}
    project: str = "api"
    app_port: int = 8000
    health: str = ""
    local_ca: bool = False
    program: Program = Program()
    proxies: tuple[str, ...] = ()
    proxy_protocol: bool = False
    entry: str = "service"
    entry_class: str = ""
    entry_controller: str = ""
    entry_tls: str = "verified"
    entry_namespace: str = ""
    entry_pods: tuple[str, ...] = ()
    entry_secret: str = ""
    gateway: str = ""
    strict: bool = False
    emit_contract: bool = False
    acme: bool = False
    acme_directory: str = ""
    acme_email: str = ""


def intent_of(asked: Asked, contract: Contract, policy: Policy) -> Intent:
    """Raises HardenProblem for what cannot be rendered."""
    if asked.proxies and asked.target not in (*EDGES, *WITH_EDGE):
        raise HardenProblem(f"{asked.target} has no edge that uses --trusted-proxy; omit it")
    tls, redirect = _ports(policy)
    # Raises HardenProblem for options that say nothing without another, or contradict it.
    if not asked.acme:
        if asked.acme_directory or asked.acme_email:
            raise HardenProblem("--acme-directory and --acme-email are for --acme; pass it, too")
        acme: Acme | None = None
    else:
        if (asked.certificate, asked.key) != (_DEFAULT.certificate, _DEFAULT.key):
            raise HardenProblem("--acme decides where the certificate is; omit --certificate and --key")
        acme = Acme(directory=asked.acme_directory or LETS_ENCRYPT, email=asked.acme_email)
    text = asked.oldest
    if not _VERSION.fullmatch(text):
        raise HardenProblem(f"'{text}' is not a version; write one like 1.18 or 1.28.0")
    # A file that only an edge with a TLS upstream reads. It is named as a service finds it: from the root.
    path = asked.upstream_ca
    if path == _DEFAULT.upstream_ca:
        upstream_ca = path
    else:
        if not path.startswith("/"):
            raise HardenProblem(
                f"'{path}' is not an absolute path; write the one at which the edge finds the file"
            )
        if asked.target not in EDGES or not asked.upstream.startswith("https://"):
            raise HardenProblem(
                "--upstream-ca goes with an edge that has an https:// --upstream; omit it, or name such an upstream"
            )
        upstream_ca = path
    options = Options(
        upstream=asked.upstream,
        upstream_ca=upstream_ca,
        listen=asked.listen or tls,
        plain=redirect if asked.plain is None else asked.plain,
        names=asked.names,
        certificate=asked.certificate if acme is None else f"{acme.served}/{CHAIN}",
        key=asked.key if acme is None else f"{acme.served}/{KEY}",
        prefix=asked.prefix,
        version=tuple(map(int, text.split("."))),
        head=asked.head,
        body=asked.body,
        proxies=asked.proxies,
        proxy_protocol=asked.proxy_protocol,
        strict=asked.strict,
        emit_contract=asked.emit_contract,
    )
    return Intent(
        contract,
        policy,
        options,
        _stack(asked),
        asked.local_ca,
        acme,
        program=asked.program,
        images=asked.images,
        withheld=(*SURE, *CREDENTIALS, *PROVED, *LEFT),
    )


def _ports(policy: Policy) -> tuple[str, str]:
    """Ports for TLS and plain HTTP, as the first environment has them."""
    for environment in policy.environments:
        url, plain = urlsplit(environment.url), urlsplit(environment.plain)
        if url.scheme == "https":
            return str(url.port or 443), str(plain.port or 80)
    return "443", "80"


def _stack(asked: Asked) -> Stack:
    if asked.edge not in EDGES:
        raise HardenProblem(f"'{asked.edge}' is not an edge; choose from {', '.join(EDGES)}")
    if not _PART.fullmatch(asked.project):
        raise HardenProblem(f"'{asked.project}' is not a name; use small letters, digits and hyphens")
    if not 0 < asked.app_port < 65536:
        raise HardenProblem(f"{asked.app_port} is not a port; choose one from 1 to 65535")
    if asked.health and not _HEALTH.fullmatch(asked.health):
        raise HardenProblem(f"'{asked.health}' is not a path; write one like /health")
    named = [_store(text) for text in asked.stores]
    parts = {BASE, BUILD} if asked.target == IMAGE else {APPLICATION, EDGE, *(name for _, name in named)}
    if asked.target == "compose" and asked.acme and asked.edge not in ITSELF:
        parts.add(CLIENT)
    for part, image in asked.images.items():
        if part not in parts:
            raise HardenProblem(
                f"'{part}' is not a part of the stack; choose from {', '.join(sorted(parts))}"
            )
        if not _IMAGE.fullmatch(image):
            raise HardenProblem(f"'{image}' does not name a digest; write REPOSITORY[:TAG]@sha256:DIGEST")
    entry_kind = _one_of(Kind, asked.entry, "--entry")
    entry_text = asked.entry_controller
    if entry_text in _RETIRED:
        raise HardenProblem(
            f"{entry_text} was retired in March 2026 and gets no security fixes; choose another controller, or --entry gateway"
        )
    found = Entry(
        kind=entry_kind,
        tls=_one_of(Tls, asked.entry_tls, "--entry-tls"),
        named=asked.entry_class,
        controller=_one_of(Controller, entry_text, "--entry-controller") if entry_text else None,
        gateway=gateway(asked.gateway),
        namespace=asked.entry_namespace,
        pods=pods(asked.entry_pods),
        secret=asked.entry_secret,
    )
    if entry_kind is not Kind.SERVICE and asked.target != "kubernetes":
        raise HardenProblem(
            f"--entry {entry_kind.value} requires the target kubernetes, not {asked.target}; omit it"
        )
    return Stack(
        name=asked.project,
        edge=asked.edge,
        edge_image=asked.images.get(EDGE, ""),
        client_image=asked.images.get(CLIENT, "") if CLIENT in parts else "",
        application=Application(
            image=asked.images.get(APPLICATION, ""), port=asked.app_port, health=asked.health
        ),
        entry=found,
        stores=tuple(Store(kind=kind, name=name, image=asked.images.get(name, "")) for kind, name in named),
    )


def _one_of(kinds: type[E], text: str, option: str) -> E:
    try:
        return kinds(text)
    except ValueError:
        names = ", ".join(str(one.value) for one in kinds)
        raise HardenProblem(f"'{text}' is not a value of {option}; choose from {names}") from None


def _store(text: str) -> tuple[str, str]:
    kind, _, name = text.partition("=")
    if not _PART.fullmatch(name or kind):
        raise HardenProblem(f"'{name or kind}' is not a name; use small letters, digits and hyphens")
    return kind, name or kind
