"""Engines of workflows, by what their vendors ship."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from live_servers import running
from product_cases import Case, Start, double, found, installed

from servers import free_port
from waiting import until


@contextmanager
def _temporal(folder: Path, port: int) -> Iterator[None]:
    program = installed("temporal", "temporal")
    ports = [f"--{name}-port={free_port()}" for name in ("http", "metrics")]
    listens = ["--ip=127.0.0.1", f"--port={free_port()}", f"--ui-port={port}", *ports]
    with running([program, "server", "start-dev", *listens], port, folder):
        until(lambda: found(port, "/api/v1/namespaces"), "Temporal serves its namespaces")
        yield


_JSON = {"Content-Type": "application/json"}
_PAGE = {"Content-Type": "text/html; charset=utf-8"}
_NOMAD_PAGE = """<!DOCTYPE html><html><head><title>Nomad</title>
<meta name="nomad-ui/config/environment" content="%7B%22modulePrefix%22%3A%22nomad-ui%22%7D"></head><body></body></html>"""
_AGENT = """{"config": {"Datacenter": "dc1", "Region": "global", "Version": {"Version": "1.9.3", "Revision": "d92bf1"}},
"member": {"Name": "one.global", "Addr": "127.0.0.1", "Port": 4648, "Status": "alive"}, "stats": {"raft": {}}}"""
_VAULT_PAGE = """<!DOCTYPE html><html><head><title>Vault</title>
<meta name="vault/config/environment" content="%7B%22modulePrefix%22%3A%22vault%22%7D"></head><body></body></html>"""


def _nomad(status: int, body: str) -> Start:
    """Its agent's API; the root leads to the pages of its interface, which every visitor gets."""
    answers = {
        "GET /": (307, {"Location": "/ui/"}, ""),
        "GET /ui/": (200, _PAGE, _NOMAD_PAGE),
        "GET /v1/agent/self": (status, _JSON, body),
    }
    return lambda folder, port: double(port, answers)


def _vault(initialized: str) -> Start:
    """Its API for the state of the seal, which is answered without a token by its documentation."""
    seal = f'{{"type": "shamir", "initialized": {initialized}, "sealed": true, "t": 0, "n": 0, "version": "1.18.3"}}'
    answers = {
        "GET /": (307, {"Location": "/ui/"}, ""),
        "GET /ui/": (200, _PAGE, _VAULT_PAGE),
        "GET /v1/sys/seal-status": (200, _JSON, seal),
        "GET /v1/sys/init": (200, _JSON, f'{{"initialized": {initialized}}}'),
    }
    return lambda folder, port: double(port, answers)


CASES = (
    Case(product="Temporal", opened=_temporal),
    Case(
        product="Nomad",
        opened=_nomad(200, _AGENT),
        locked=_nomad(403, "Permission denied"),
        double=True,
        source="https://developer.hashicorp.com/nomad/api-docs/agent#query-self",
    ),
    Case(
        product="Vault",
        opened=_vault("false"),
        locked=_vault("true"),
        double=True,
        source="https://developer.hashicorp.com/vault/api-docs/system/seal-status",
    ),
)
