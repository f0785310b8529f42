"""What a child is asked to do (`work.py`). The parent knows no more of it: probes and readers stay out of its memory."""

from __future__ import annotations

import msgspec

LIVE = "live"  # what a target is called in its report: the name is part of its findings' identity
PROXIES = ("HTTPS_PROXY", "https_proxy", "NO_PROXY", "no_proxy")  # for git alone
FAILED = 2  # the exit code of a child that said why there is no report


class Network(msgspec.Struct, frozen=True):
    """What may be connected to (`live/addresses.py`)."""

    allowed: list[str] = []
    barred: list[str] = []


class Target(msgspec.Struct, frozen=True, tag="target"):
    """A running API; `contract` is a file of `root`, a path on the target, or ""."""

    network: Network
    root: str
    url: str
    plain: str
    contract: str
    origins: list[str]
    stores: list[str]
    tls: list[str]
    headers: dict[str, str]
    rate: float
    budget: int
    timeout: float
    active: bool


class Tree(msgspec.Struct, frozen=True, tag="tree"):
    """Files below `root`, those of `folder` alone; with an `environment` of their batten.yaml, probed where its places are in
    `allow`, and sent the `variables` alone; with a file that a guard recorded, held against their contract."""

    network: Network
    root: str
    folder: str = ""
    environment: str = ""
    allow: list[str] = []
    variables: list[str] = []
    held: str = ""  # a folder for state; then `root` is read as it was when the process began, whatever takes its place
    traffic: str = ""


class Clone(msgspec.Struct, frozen=True, tag="clone"):
    """A repository, fetched into a mirror below `mirrors` and laid out in `tree`, then checked. `token` names the variable that
    holds it, `key` and `hosts` are copies of the files for ssh. `whose` is told apart in mirrors: what one team may fetch, another
    one may not. At the commit `known` nothing is to be done."""

    url: str
    ref: str
    token: str
    key: str
    hosts: str
    mirrors: str
    whose: str
    strict: bool
    home: str
    known: str
    tree: Tree


def document_name(contract: str) -> str:
    """The file name that a contract is read by."""
    return "openapi.json" if contract.lstrip("\ufeff \t\r\n").startswith("{") else "openapi.yaml"
