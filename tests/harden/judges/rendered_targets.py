"""Everything that batten writes for three contracts, in one folder: what judges are given."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from deployments import named, stack
from entries import ENTRIES, PROXIES, entered
from images import IMAGES

from batten.engine.hardening import rendering
from batten.guard.export import nginx as guard
from batten.harden import Options, targets
from batten.harden.acme import Acme
from batten.harden.intent import Intent
from batten.harden.stack import STORES
from batten.harden.trial_certificate import pair

# Contract, edge and stores: together every store, and each edge in deployments as well.
CASES = {
    "orders": ("nginx", tuple(sorted(STORES))),
    "travel": ("envoy", ("postgresql", "valkey")),
    "clinic": ("haproxy", ("mariadb", "rabbitmq")),
}
CLUSTERED = {"orders": "caddy", "travel": "envoy", "clinic": "traefik"}  # edges with certificates by ACME
ON_AWS = ("postgresql", "valkey")
OF_ENTRIES = ("entry.yaml", "edge.yaml", "network-policies.yaml", "namespace.yaml")  # what they change
SHAPES = {
    "newest": {"version": (1, 31)},
    "no redirect": {"plain": ""},
    "TLS to the API": {"upstream": "https://localhost:8443"},
    "behind proxies": {"proxies": PROXIES},
    "behind the PROXY protocol": {"proxies": PROXIES, "proxy_protocol": True},
}


def write(root: Path) -> None:
    """TARGET/CONTRACT/… below `root`, and the certificates that edges there name."""
    certificate, key = pair(("shop.example.com",))
    for name, content in {"edge.pem": certificate, "edge.key": key, "both.pem": certificate + key}.items():
        (root / name).write_bytes(content)
        (root / name).chmod(0o600)
    for contract in CASES:
        for target, files in _of(contract, root):
            _put(root / target / contract, files)
    for name, intent in IMAGES.items():
        _put(root / targets.IMAGE / name, targets.render(targets.IMAGE, intent).files)
    for name, entry in ENTRIES.items():
        changed = {path: text for path, text in entered(entry).files.items() if path in OF_ENTRIES}
        _put(root / "kubernetes" / f"behind {entry.kind.value}" / name, changed)


def _put(folder: Path, files: Mapping[str, str]) -> None:
    for path, text in files.items():
        place = folder / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text, encoding="utf-8")


def placed(root: Path, edge: str) -> Options:
    """Where a validator that is started here finds the certificate, and may write."""
    certificate = root / ("both.pem" if edge == "haproxy" else "edge.pem")
    return Options(
        certificate=str(certificate),
        key=str(root / "edge.key"),
        prefix=str(root),
        listen="8443",  # `nginx -t` binds, which only root may do below 1024
        plain="8080",
        public=443,
    )


def _of(name: str, root: Path) -> Iterator[tuple[str, Mapping[str, str]]]:
    contract, policy = named(name)
    edge, kinds = CASES[name]
    for target in targets.offered():
        if target == targets.IMAGE:
            continue  # no contract makes a difference to it
        own = ON_AWS if target == "terraform-aws" else kinds
        options = placed(root, target) if target in targets.EDGES else Options()
        intent = Intent(contract, policy, options, stack(*own, edge=edge, name=name))
        yield target, targets.render(target, intent).files
    served = Intent(contract, policy, Options(), stack(edge=edge, name=name))
    yield targets.CONTRACT, rendering.render(targets.CONTRACT, served).files
    yield from _by_acme(name, root)
    for shape, changed in SHAPES.items():
        options = replace(placed(root, "nginx"), **changed)
        yield f"nginx {shape}", targets.render("nginx", Intent(contract, policy, options)).files
    yield "guard", guard.export(contract, policy, Options(), guard.Place("/etc/nginx/guard")).files


def _by_acme(name: str, root: Path) -> Iterator[tuple[str, Mapping[str, str]]]:
    """The same with certificates by ACME; in a folder of its own name, since one target is rendered once for a contract."""
    contract, policy = named(name)
    edge, _ = CASES[name]
    policy = replace(policy, hosts=(f"{name}.example.com",))
    for target in (*targets.EDGES, "systemd"):
        options = placed(root, target) if target in targets.EDGES else Options()
        options = replace(options, settings=str(root / f"{target} acme" / name))
        intent = Intent(contract, policy, options, stack(edge=edge, name=name), acme=Acme())
        yield f"{target} acme", targets.render(target, intent).files
    for target, able in (("compose", "caddy"), ("kubernetes", CLUSTERED[name])):
        intent = Intent(contract, policy, Options(), stack(edge=able, name=name), acme=Acme())
        yield f"{target} acme", targets.render(target, intent).files
