"""Deployments of many shapes, and what is asked of every one of them."""

from __future__ import annotations

import tempfile
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from batten.contract import Contract, load
from batten.engine.review import Review, review
from batten.formats import Workspace
from batten.harden import Options, targets
from batten.harden.intent import Intent
from batten.harden.made import Made
from batten.harden.stack import STORES, Application, Stack, Store
from batten.policy import Policy
from batten.policy.load import load_policy

ORDERS = Path(__file__).parents[2] / "examples/orders"
CONTRACTS = {  # folders with openapi.yaml and batten.yaml
    "orders": ORDERS,
    "travel": Path(__file__).parent / "contracts/travel",  # 3.0 in many files, cookies, 69 operations
    "clinic": Path(__file__).parent
    / "contracts/clinic",  # 3.1 in one file, headers and versions, 65 operations
}
DIGEST = "@sha256:" + "0123456789abcdef" * 4
POLICY = Policy(hosts=("shop.example.com",), origins=("https://shop.example.com",), today=date(2026, 12, 1))


@cache
def contract() -> Contract:
    return load(Workspace(ORDERS), "openapi.yaml")[0]


@cache
def named(name: str) -> tuple[Contract, Policy]:
    """One of CONTRACTS and its policy."""
    folder = CONTRACTS[name]
    return load(Workspace(folder), "openapi.yaml")[0], load_policy(folder / "batten.yaml")


VERSIONS = {
    "elasticsearch": "8.19.5", "etcd": "v3.6.6", "mariadb": "11.8.3", "mongodb": "8.0.15", "mosquitto": "2.0.22", "nats": "2.12.1",
    "nginx": "1.29.3", "postgresql": "18.1", "rabbitmq": "4.2.0", "redis": "8.2.3", "valkey": "9.0.0",
}  # fmt: skip


def image(name: str) -> str:
    return f"registry.example.com/{name}:{VERSIONS.get(name, '1.2.3')}{DIGEST}"


def stack(
    *kinds: str, edge: str = "nginx", name: str = "shop", port: int = 8000, health: str = "/v1/health"
) -> Stack:
    """With a store of each kind; names differ from kinds where there could be two."""
    stores = tuple(
        Store(kind=kind, name=f"{kind[:5]}-{number}", image=image(kind)) for number, kind in enumerate(kinds)
    )
    application = Application(image=image("shop/api"), port=port, health=health)
    return Stack(name=name, edge=edge, edge_image=image(edge), application=application, stores=stores)


STACKS = {
    "alone": stack(),
    "without health": stack(health="", port=9000),
    "postgresql": stack("postgresql"),
    "valkey": stack("valkey", name="cart"),
    "postgresql and valkey": stack("postgresql", "valkey"),
    "two of a kind": stack("redis", "redis"),
    "mariadb and rabbitmq": stack("mariadb", "rabbitmq"),
    "mosquitto": stack("mosquitto"),
    "nats and etcd": stack("nats", "etcd"),
    "mongodb and elasticsearch": stack("mongodb", "elasticsearch"),
    "all": stack(*sorted(STORES)),
}


def made(target: str, of: Stack, local_ca: bool = False) -> Made:
    return targets.render(target, Intent(contract(), POLICY, Options(), of, local_ca))


def judged(whole: Made) -> Review:
    with tempfile.TemporaryDirectory() as empty:
        return review(Workspace(Path(empty), dict(whole.files)), POLICY)


def told(found: Review) -> list[str]:
    """What is found."""
    return [f"{f.control} {f.at.source} {f.message}" for f in found.findings]


def objects(whole: Made) -> list[dict[str, Any]]:
    """Every object of Kubernetes that the files hold."""
    texts = [text for name, text in whole.files.items() if name.endswith(".yaml") and "/" not in name]
    return [document for text in texts for document in yaml.safe_load_all(text) if "kind" in document]


def generated(whole: Made) -> dict[str, bytes]:
    """The secrets by path, as a writer generates them."""
    earlier: dict[str, bytes] = {}
    for secret in whole.secrets:
        earlier[secret.path] = secret.make(earlier)
    return earlier
