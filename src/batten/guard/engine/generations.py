"""Contract and policy as files for a server: written beside those that are in force, checked, and put in their place."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

from batten.contract import Contract
from batten.files import Refused
from batten.files.named import read_named, write_folder
from batten.guard.engine.programs import LISTENER, Engine, Program, check
from batten.guard.export import Export, ExportProblem, envoy, haproxy, nginx
from batten.guard.export.made import Supervised
from batten.guard.loading import read_policy
from batten.guard.options import GuardProblem
from batten.guard.proxy.reloading import Ready, compiled
from batten.guard.proxy.settings import Settings
from batten.guard.senders.hosts import server_names
from batten.harden.options import HardenProblem, Options
from batten.model.record import record
from batten.policy import Policy

LOG, CONTROL, PAIR = "access.log", "control", "tls.pem"
UNLIMITED = 1_000_000  # requests a second: limits of rates are not the contract's
CA = "/etc/ssl/certs/ca-certificates.crt"


@record
class Generation:
    """What the contract and the policy say, and the files that were made of them for the server."""

    ready: Ready
    made: Export
    folder: Path


def generation(settings: Settings, chosen: Program, work: Path, scratch: Path, slot: str) -> Generation:
    """Written into a folder of its own and accepted by the server. Raises GuardProblem and PolicyProblem."""
    ready = compiled(settings)
    ready.announce()
    ((contract, _),) = ready.parts
    policy = read_policy(settings.policy, settings.contract.resolve().parent)
    folder = work / slot
    try:
        made = _export(settings, chosen, contract, policy, folder, scratch)
        texts = {name: text.encode() for name, text in made.files.items()}
        write_folder(folder, {**texts, **_certificate(settings)}, force=True)
    except (ExportProblem, HardenProblem) as problem:
        raise GuardProblem(str(problem)) from problem
    except (OSError, Refused) as error:
        raise GuardProblem(f"{folder} cannot be written: {error}") from error
    check(chosen, folder, scratch)
    rates = (
        f"the rate limit of {row.operation or 'all operations'} per {row.per.value}" for row in policy.rates
    )
    return Generation(ready, replace(made, notes=(*made.notes, *rates)), folder)


def _export(
    settings: Settings, chosen: Program, contract: Contract, policy: Policy, folder: Path, scratch: Path
) -> Export:
    work, secure = folder.parent, settings.certificate is not None
    hosts = policy.hosts
    any_host = not hosts or "*" in hosts
    run = Supervised(settings.workers, str(work / LOG), str(work / CONTROL), any_host)
    options = Options(
        upstream=f"{'https' if settings.upstream.tls else 'http'}://{settings.upstream.address}",
        upstream_ca=settings.upstream.ca or CA, listen=str(settings.listen), plain="", names=("_",) if any_host else server_names(hosts),
        certificate=str(folder / PAIR), key=str(folder / PAIR), prefix=str(scratch), user=chosen.user,
        body=str(settings.options.limits.request_body), rate=UNLIMITED, connections=settings.connections, unjudged=settings.options.unjudged,
    )  # fmt: skip
    match chosen.engine:
        case Engine.NGINX:
            place = nginx.Place(str(folder), chosen.modules, secure, run)
            return nginx.export(contract, policy, options, place)
        case Engine.HAPROXY:
            return haproxy.export(contract, policy, options, str(folder), secure, run)
        case Engine.ENVOY:
            # Envoy takes a new listener from a file that is moved into place (xDS from files); the rest does not
            # change.
            made = envoy.export(contract, policy, options, str(folder), secure, run)
            whole = json.loads(made.files[envoy.CONFIGURATION])
            (listener,) = whole["static_resources"]["listeners"]
            kind = "type.googleapis.com/envoy.config.listener.v3.Listener"
            watched = {
                **whole,
                "static_resources": {"clusters": whole["static_resources"]["clusters"]},
                "node": {"id": "batten", "cluster": "batten"},
                "admin": {"address": {"pipe": {"path": run.control, "mode": 0o600}}},
                "dynamic_resources": {
                    "lds_config": {
                        "resource_api_version": "V3",
                        "path_config_source": {"path": str(work / LISTENER)},
                    }
                },
            }
            return Export(
                {
                    **made.files,
                    "running.json": json.dumps(watched),
                    LISTENER: json.dumps({"resources": [{"@type": kind, **listener}]}),
                },
                made.notes,
            )


def _certificate(settings: Settings) -> dict[str, bytes]:
    """The chain and its key in one file. Raises GuardProblem."""
    if settings.certificate is None:
        return {}
    texts = []
    for path in (settings.certificate, settings.key):
        try:
            texts.append(read_named(path).rstrip(b"\n") + b"\n" if path is not None else b"")
        except (OSError, Refused) as error:
            raise GuardProblem(f"{path}: the certificate cannot be read: {error}") from error
    return {PAIR: b"".join(texts)}


def put_in_force(current: Generation, engine: Engine, work: Path) -> None:
    """Where the server reads its configuration. Raises OSError."""
    files = current.made.files
    match engine:
        case Engine.NGINX:
            texts = {nginx.CONFIGURATION: files[nginx.CONFIGURATION]}
        case Engine.HAPROXY:
            texts = {haproxy.CONFIGURATION: files[haproxy.CONFIGURATION]}
        case Engine.ENVOY:
            texts = {LISTENER: files[LISTENER], envoy.CONFIGURATION: files["running.json"]}
    write_folder(work, {name: text.encode() for name, text in texts.items()}, force=True)
