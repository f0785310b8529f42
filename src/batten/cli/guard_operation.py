"""Options of `batten guard run` for its place in production: sockets, the upstream's TLS, the end."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

import click

from batten.guard.options import GuardProblem
from batten.guard.proxy import settings as proxy
from batten.guard.proxy.settings import Deadlines, Listen, Settings, Upstream
from batten.policy.load import load_policy

F = TypeVar("F", bound=Callable[..., object])
_FILE = click.Path(path_type=Path, dir_okay=False)
_DEADLINES = Deadlines()


def upstream_options(command: F) -> F:
    return _with(
        command,
        click.option("--upstream", metavar="URL",
                     help="URL of the API: http://host:port, https://host:port or unix:/run/app.sock."),
        click.option("--upstream-ca", type=_FILE, help="PEM file of the CA that issued the API's certificate."),
        click.option("--upstream-name", metavar="NAME",
                     help="Name that the API's certificate must have [default: the host of --upstream]."),
        click.option("--upstream-cert", type=_FILE, help="PEM client certificate that is shown to the API."),
        click.option("--upstream-key", type=_FILE, help="Its private key [default: in --upstream-cert]."),
    )  # fmt: skip


def listen_options(command: F) -> F:
    return _with(
        command,
        click.option("--listen", default="127.0.0.1:8443", show_default=True, metavar="ADDRESS",
                     help="host:port, unix:/run/guard.sock, or systemd for sockets of a .socket unit (systemd:NAME)."),
        click.option("--socket-mode", default="660", show_default=True, metavar="OCTAL",
                     help="Permissions of a unix socket that is listened on."),
        click.option("--rate", "rates", multiple=True, metavar="ROW",
                     help="100/minute, or limit=5/minute,per=address,operation=POST /v1/login: more get 429. Repeatable."),
        click.option("--admin", metavar="HOST:PORT",
                     help="Address for /health, /ready and /metrics; every client that reaches it can read them."),
        click.option("--check", is_flag=True, help="Check contract, policy, certificates and upstream, and exit."),
    )  # fmt: skip


def end_options(command: F) -> F:
    return _with(
        command,
        click.option("--drain-seconds", type=click.FloatRange(0), default=_DEADLINES.drain, show_default=True,
                     help="Seconds for requests in progress at shutdown."),
        click.option("--drain-delay", type=click.FloatRange(0, 3_600), default=0.0, show_default=True,
                     help="Seconds at shutdown in which new connections are still accepted, while /ready is 503."),
        click.option("--stuck-seconds", type=click.FloatRange(0), default=_DEADLINES.stuck, show_default=True,
                     help="Seconds after which a worker that has stopped answering is replaced; 0 never replaces one."),
    )  # fmt: skip


def _with(command: F, *options: Callable[[F], F]) -> F:
    for option in reversed(options):
        command = option(command)
    return command


def upstream(given: dict[str, object]) -> Upstream:
    """Raises GuardProblem."""
    certificate, key = given["upstream_cert"], given["upstream_key"]
    made = replace(
        proxy.upstream(str(given["upstream"]), str(given["upstream_ca"] or "")),
        name=str(given["upstream_name"] or ""),
        certificate=certificate if isinstance(certificate, Path) else None,
        key=key if isinstance(key, Path) else None,
    )
    if made.key is not None and made.certificate is None:
        raise GuardProblem("--upstream-key requires --upstream-cert")
    if not made.tls and (made.files or made.name):
        raise GuardProblem("--upstream-ca, --upstream-name and --upstream-cert require an https:// upstream")
    return made


def with_services(settings: Settings, given: dict[str, object]) -> Settings:
    """With the rows `services` of a batten.yaml that is named by --policy; one that is only found names no upstreams. Raises
    GuardProblem and PolicyProblem."""
    policy = settings.policy
    rows = load_policy(policy).services if policy is not None else ()
    if rows and given["upstream"] is not None:
        raise GuardProblem(f"{policy} defines services; remove --upstream, or name another --policy")
    if not rows and given["upstream"] is None:
        raise GuardProblem(
            "no upstream is given; add --upstream http://127.0.0.1:8000, or --policy and a batten.yaml with services"
        )
    if policy is None or not rows:
        return settings
    from batten.guard.proxy.services import served  # it stands on the extra

    services = tuple(served(row, policy) for row in rows)
    return replace(settings, services=services, upstream=services[0].upstream)


def listener(given: dict[str, object]) -> Listen:
    """Raises GuardProblem."""
    text = str(given["socket_mode"])
    mode = int(text, 8) if text.isdigit() and set(text) <= set("01234567") else -1
    if not 0 <= mode <= 0o777:
        raise GuardProblem(f"--socket-mode {text}: write permissions in octal, as in 660")
    return proxy.listener(str(given["listen"]), mode)


def deadlines(given: dict[str, object], others: Deadlines) -> Deadlines:
    def seconds(name: str, other: float) -> float:
        value = given[name]
        return float(value) if isinstance(value, int | float) else other

    return replace(
        others,
        drain=seconds("drain_seconds", others.drain),
        drain_delay=seconds("drain_delay", others.drain_delay),
        stuck=seconds("stuck_seconds", others.stuck),
    )
