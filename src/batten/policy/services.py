"""The APIs that one guard serves: rows of `guard: services:`."""

from __future__ import annotations

from batten.model.record import record

KEYS = ("name", "contract", "upstream", "upstream-ca", "upstream-name", "upstream-cert", "upstream-key",
        "hosts", "prefix", "policy", "mode")  # fmt: skip


@record
class Service:
    """Paths of files are relative to batten.yaml's folder. `prefix` is a part of the contract's paths; nothing is removed."""

    name: str
    contract: str
    upstream: str
    ca: str = ""
    server_name: str = ""
    certificate: str = ""
    key: str = ""
    hosts: tuple[str, ...] = ()  # () is every host
    prefix: str = ""
    policy: str = ""  # another batten.yaml, in place of this one
    mode: str = ""
