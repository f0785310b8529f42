"""Several APIs behind one listener, each with its own contract, policy, upstream and counts."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from batten.contract import load
from batten.formats import Workspace
from batten.guard.compiled import Compiled, Service, Services, compile_contract
from batten.guard.loading import read_policy
from batten.guard.options import GuardProblem, Mode
from batten.guard.proxy.settings import Served, Settings, upstream
from batten.guard.senders.hosts import hosts_of
from batten.policy import Policy
from batten.policy.leniency import Leniency
from batten.policy.services import Service as Row

_NOTHING = "openapi: 3.1.0\ninfo: {title: none, version: '1'}\npaths: {}\n"


def served(row: Row, policy: Path) -> Served:
    """Of a batten.yaml that the operator named. Raises GuardProblem."""
    folder = policy.resolve().parent
    made = upstream(row.upstream, str(folder / row.ca) if row.ca else "")
    made = replace(
        made,
        name=row.server_name,
        certificate=folder / row.certificate if row.certificate else None,
        key=folder / row.key if row.key else None,
    )
    if not made.tls and (made.files or made.name):
        raise GuardProblem(
            f"the service '{row.name}' has TLS settings, but its upstream is not an https:// URL"
        )
    return Served(
        row.name,
        contract=folder / row.contract,
        upstream=made,
        hosts=row.hosts,
        prefix=row.prefix,
        policy=folder / row.policy if row.policy else policy,
        mode=Mode(row.mode) if row.mode else None,
    )


def ready(one: Served, compiled: Compiled) -> Service:
    """Raises GuardProblem where a contract has nothing below its prefix: no request could be allowed."""
    prefix = one.prefix.encode()
    paths = [path for operation in compiled.operations for path in (operation.path, *operation.others)]
    if prefix and not any(path == one.prefix or path.startswith(f"{one.prefix}/") for path in paths):
        raise GuardProblem(
            f"{one.contract}: no operation is below the prefix {one.prefix} of the service '{one.name}'; "
            "write it in the URL of `servers`: no part of a path is removed"
        )
    ports = compiled.options.ports
    return Service(one.name, compiled, hosts_of(one.hosts, ports), prefix)


def common(settings: Settings, services: tuple[Service, ...]) -> Compiled:
    """What judges a request that is for no service: it has no operation, and so the answer is 404, or 421 for a host of none."""
    listed = [one.hosts for one in settings.services]
    hosts = tuple(host for names in listed for host in names) if all(listed) else ("*",)
    held = read_policy(settings.policy, Path.cwd())
    plain = Policy(origins=held.origins, hosts=held.hosts, hsts_seconds=held.hsts_seconds)
    contract, _ = load(Workspace(Path(), {"none.yaml": _NOTHING}), "none.yaml")
    options = replace(
        settings.options, hosts=(*settings.options.hosts, *hosts), leniency=Leniency(), rates=()
    )
    options = replace(options, mode=Mode.ENFORCE, rules={})  # there is no upstream to observe
    made = compile_contract(contract, plain, options)
    made.services = Services(services)
    made.declared = frozenset().union(*(service.compiled.declared for service in services))
    return made
