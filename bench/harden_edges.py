"""The proxies that `bench/harden.py` compares, each engine in four ways.

- bare: TLS, kept connections, everything forwarded as it comes, no log. The least that the engine can do; nobody serves with it.
- plain: what a careful person has before anything is hardened. nginx: its default log (https://nginx.org/en/docs/http/ngx_http_log_module.html)
  and the headers of Debian's `proxy_params`. Envoy: the log of its quick start, to a file, and the client's address
  (https://www.envoyproxy.io/docs/envoy/latest/start/quick-start/configuration-static).
- hardened: what `batten harden` renders, its log included.
- hardened, no log: the same without, to be held against the bare one.

All have as many processes, connections that are kept as long, and the same certificate.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import yaml

from batten.contract import load
from batten.engine.hardening.rendering import render
from batten.formats import Workspace
from batten.harden import Options
from batten.harden.intent import Intent
from batten.policy import Policy
from guard import CONTRACT, Way, envoy_conf, free_port, nginx_conf, started, workers

NAME = "localhost"
BARE, PLAIN, UNLOGGED, HARDENED = "bare", "plain", "hardened, no log", "hardened"
_TYPES = "type.googleapis.com/envoy.extensions"
Json = dict[str, Any]


def ways(stack: ExitStack, folder: Path, source: int) -> dict[str, list[Way]]:
    """By engine, in the order of the table; `source` is the upstream's port."""
    return {"nginx": [*_nginx(stack, folder, source)], "Envoy": [*_envoy(stack, folder, source)]}


def _intent(folder: Path, port: int, source: int, contract: str = CONTRACT) -> Intent:
    options = Options(
        upstream=f"http://127.0.0.1:{source}", listen=f"127.0.0.1:{port}", plain="", names=(NAME,), prefix=str(folder),
        certificate=str(folder / "edge.pem"), key=str(folder / "edge.key"), rate=10_000_000, connections=1_000,
        user="root root" if os.geteuid() == 0 else "",
    )  # fmt: skip
    read = load(Workspace(folder, {"openapi.yaml": contract}), "openapi.yaml")[0]
    return Intent(read, Policy(hosts=(NAME,)), options)


def _nginx(stack: ExitStack, folder: Path, source: int) -> Iterator[Way]:
    for name, port, command in nginx_commands(folder, source):
        yield Way(name, port, started(stack, command, folder, port))


def nginx_commands(folder: Path, source: int) -> Iterator[tuple[str, int, list[str]]]:
    """The name, the port and the command of each way."""
    log = f"access_log {folder}/plain.log combined;"
    told = (
        "proxy_set_header Host $host; proxy_set_header X-Real-IP $remote_addr; "
        "proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for; proxy_set_header X-Forwarded-Proto $scheme;"
    )
    for name, further in ((BARE, ""), (PLAIN, f"{log} {told}")):
        port = free_port()
        yield name, port, nginx_conf(folder, port, _proxying(folder, port, source, further), workers())
    for name in (UNLOGGED, HARDENED):
        yield name, *hardened_nginx(folder, source, CONTRACT, name == HARDENED)


def hardened_nginx(folder: Path, source: int, contract: str, logs: bool = True) -> tuple[int, list[str]]:
    port = free_port()
    conf = folder / f"hardened-{port}.conf"
    conf.write_text(_rendered_nginx(_intent(folder, port, source, contract), port, logs), encoding="utf-8")
    return port, ["nginx", "-p", f"{folder}/", "-c", str(conf), "-g", "daemon off;"]


def _proxying(folder: Path, port: int, source: int, further: str) -> str:
    tls = (
        f"ssl_certificate {folder}/edge.pem; ssl_certificate_key {folder}/edge.key; ssl_session_tickets off;"
    )
    return (
        f"upstream u {{ server 127.0.0.1:{source}; keepalive 64; }}\n"
        f"server {{ listen 127.0.0.1:{port} ssl reuseport; {tls} location / {{ proxy_pass http://u; proxy_http_version 1.1; "
        f'proxy_set_header Connection ""; {further} }} }}'
    )


def _rendered_nginx(intent: Intent, port: int, logs: bool) -> str:
    """With as many processes and kept connections each as the others."""
    text = render("nginx", intent).files["nginx.conf"]
    text = re.sub(r"keepalive_requests \d+;", "keepalive_requests 1000000;", text)
    text = re.sub(r"( +)keepalive \d+;", r"\1keepalive 64;", text)
    text = text.replace("worker_processes auto;", f"worker_processes {workers()};")
    text = text.replace(f"listen 127.0.0.1:{port} ssl;", f"listen 127.0.0.1:{port} ssl reuseport;")
    text = text.replace("/nginx.pid", f"/{port}.pid")
    return text if logs else re.sub(r"access_log [^;]+;", "access_log off;", text)


def _envoy(stack: ExitStack, folder: Path, source: int) -> Iterator[Way]:
    for name in (BARE, PLAIN):
        port = free_port()
        command = envoy_conf(folder, port, source)
        made = _proxy(json.loads((folder / "envoy.json").read_text(encoding="utf-8")), folder, name)
        yield _started_envoy(stack, folder, (name, port), command, made)
    for name in (UNLOGGED, HARDENED):
        port = free_port()
        whole = yaml.safe_load(render("envoy", _intent(folder, port, source)).files["envoy.yaml"])
        if name == UNLOGGED:
            for listener in whole["static_resources"]["listeners"]:
                for chain in listener["filter_chains"]:
                    del chain["filters"][0]["typed_config"]["access_log"]
        yield _started_envoy(stack, folder, (name, port), command, whole)


def _proxy(made: Json, folder: Path, name: str) -> Json:
    """Envoy as a proxy with TLS; where it is plain, with the client's address and a log."""
    chain = made["static_resources"]["listeners"][0]["filter_chains"][0]
    files = {
        "certificate_chain": {"filename": f"{folder}/edge.pem"},
        "private_key": {"filename": f"{folder}/edge.key"},
    }
    common = {"tls_certificates": [files]}
    kind = f"{_TYPES}.transport_sockets.tls.v3.DownstreamTlsContext"
    tls = {"@type": kind, "common_tls_context": common}
    chain["transport_socket"] = {"name": "envoy.transport_sockets.tls", "typed_config": tls}
    if name == PLAIN:
        log = {"@type": f"{_TYPES}.access_loggers.file.v3.FileAccessLog", "path": f"{folder}/plain-envoy.log"}
        logged = [{"name": "envoy.access_loggers.file", "typed_config": log}]
        chain["filters"][0]["typed_config"].update(use_remote_address=True, access_log=logged)
    return made


def _started_envoy(
    stack: ExitStack, folder: Path, way: tuple[str, int], command: list[str], made: Json
) -> Way:
    """`way` is a name and a port; of `command` all but the file."""
    name, port = way
    path = folder / f"envoy-{port}.json"
    path.write_text(json.dumps(made), encoding="utf-8")
    whole = [
        *command[:1],
        "-c",
        str(path),
        *command[3:],
        "--service-node",
        "bench",
        "--service-cluster",
        "bench",
    ]
    return Way(name, port, started(stack, whole, folder, port))
