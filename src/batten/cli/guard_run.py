from __future__ import annotations

import gc
import logging
import os
import sys
from importlib.util import find_spec
from pathlib import Path

import click

from batten.cli import guard_operation as operation
from batten.cli.output import stop
from batten.guard.extproc import configuration
from batten.guard.lenience.given import leniency, written
from batten.guard.options import GuardProblem, Limits, Mode, Options
from batten.guard.proxy import settings as proxy
from batten.guard.proxy.settings import Address, Deadlines, Listen, Settings
from batten.guard.requests.rates import rates
from batten.policy import PolicyProblem
from batten.policy.guarding import UndeclaredQuery
from batten.policy.leniency import Framework, UndeclaredErrors
from batten.policy.load_leniency import FORMATS

_FILE = click.Path(path_type=Path, dir_okay=False)
_EXAMPLE = "http://127.0.0.1:8000"  # for an Envoy's configuration that nobody has told of an upstream
_LIMITS = Limits()
_DEADLINES = Deadlines()


@click.command("run")
@click.option(
    "--contract", type=_FILE, default="openapi.yaml", show_default=True, help="The OpenAPI document."
)
@click.option(
    "--policy", type=_FILE, help="The batten.yaml to use [default: the nearest one at or above the contract]."
)
@operation.upstream_options
@operation.listen_options
@click.option("--cert", type=_FILE, help="PEM certificate chain; enables TLS 1.2 and newer.")
@click.option("--key", type=_FILE, help="Private key of the certificate [default: in --cert].")
@click.option("--workers", type=click.IntRange(1, 256), help="Worker processes [default: one per processor].")
@click.option(
    "--mode",
    type=click.Choice([mode.value for mode in Mode]),
    help="Enforce the contract, or only log violations [default: enforce; observe with --ext-proc].",
)
@click.option("--rule", "rules", multiple=True, metavar="NAME=MODE",
              help="Mode of one rule or operation: answer-body=observe, 'GET /v1/a=observe'. Repeatable.")  # fmt: skip
@click.option("--undeclared-query", type=click.Choice([choice.value for choice in UndeclaredQuery]),
              help="What becomes of undeclared query parameters [default: `guard` of batten.yaml, else observe].")  # fmt: skip
@click.option("--allow-unjudged", multiple=True, metavar="OPERATION",
              help="Serve 'GET /v1/a' without what of its contract cannot be judged. Repeatable.")  # fmt: skip
@click.option("--framework", type=click.Choice([framework.value for framework in Framework]),
              help="Habits of the API's framework that are accepted beside the contract.")  # fmt: skip
@click.option("--undeclared-errors", type=click.Choice([choice.value for choice in UndeclaredErrors]),
              help="What becomes of error statuses that the contract does not declare [default: keep-status].")  # fmt: skip
@click.option("--formats", type=click.Choice(FORMATS), default="judged", show_default=True,
              help="Whether `format` in schemas is validated.")  # fmt: skip
@click.option("--pass", "passes", multiple=True, metavar="OPERATION",
              help="An operation that is forwarded, and is not in the contract: 'GET /docs'. Repeatable.")  # fmt: skip
@click.option("--relax", multiple=True, metavar="ROW",
              help="rule=NAME,operation=NAME,status=4XX,format=NAME,why=REASON: only log it. Repeatable.")  # fmt: skip
@click.option("--log-bodies", is_flag=True, help="Log the beginning of replaced bodies, with secrets masked.")
@click.option(
    "--access-log", default="", metavar="FILE", help="Access log in JSON lines; - is the standard output."
)
@click.option(
    "--traffic",
    type=_FILE,
    help="Record traffic that the contract does not declare, for `batten guard report`.",
)
@click.option(
    "--learn",
    is_flag=True,
    help="Record shapes in it, too, for `batten guard learn`; best with --mode observe.",
)
@click.option(
    "--max-body",
    type=int,
    default=_LIMITS.request_body,
    show_default=True,
    help="Largest request body, in bytes.",
)
@click.option("--max-answer", type=int, default=_LIMITS.answer_body, show_default=True,
              help="Largest answer body that is validated, in bytes.")  # fmt: skip
@click.option("--answer-seconds", type=float, default=_DEADLINES.answer, show_default=True,
              help="Seconds until the API must have answered.")  # fmt: skip
@operation.end_options
@click.option("--upstream-connections", type=click.IntRange(1, 10_000), default=128, show_default=True,
              help="Open upstream connections of each worker.")  # fmt: skip
@click.option("--connections", type=click.IntRange(1, 1_000_000), default=10_000, show_default=True,
              help="Open client connections of each worker.")  # fmt: skip
@click.option("--http10", is_flag=True, help="Accept HTTP/1.0 requests, too.")
@click.option("--host", "hosts", multiple=True, metavar="NAME",
              help="Host that is served, beside `hosts` of batten.yaml; others get 421. `*` is every host. Repeatable.")  # fmt: skip
@click.option("--trust", "trusted", multiple=True, metavar="CIDR",
              help="Proxies whose X-Forwarded-* or Forwarded headers count; `unix` for a unix socket. Repeatable.")  # fmt: skip
@click.option(
    "--behind-proxy",
    is_flag=True,
    help="Trust every direct peer as a proxy; prefer --trust, which names them.",
)
@click.option(
    "--proxy-protocol",
    is_flag=True,
    help="Require the PROXY protocol (v1 or v2), of the peers in --trust only.",
)
@click.option("--engine", type=click.Choice(["nginx", "envoy", "haproxy"]),
              help="Run the exported guard in this server, which must be installed.")  # fmt: skip
@click.option("--engine-path", default="", metavar="PROGRAM", help="The server's program [default: on PATH].")
@click.option("--ext-proc", is_flag=True, help="Serve Envoy as an external processor over gRPC instead.")
@click.option("--print-envoy", is_flag=True, help="With --ext-proc: print Envoy's configuration, and exit.")
def command(**given: object) -> None:
    """Run a reverse proxy and TLS terminator that enforces an API's contract.

    SIGHUP, or a change of the files, reloads contract, policy and certificate; if one of them is invalid, the
    old ones stay in force. SIGTERM finishes the requests in progress, and exits.
    """
    # It serves, and does not end soon: what connections leave behind must be found.
    gc.set_threshold(5_000, 10, 10)
    if given["ext_proc"]:
        _external(given)
        return
    if given["print_envoy"]:
        stop("--print-envoy requires --ext-proc")
    if given["engine"] is not None:
        _engine(given)
        return
    if given["engine_path"]:
        stop("--engine-path requires --engine")
    for needed in ("uvloop", "httptools"):
        if find_spec(needed) is None:
            stop(f"{needed} is not installed; pip install 'batten[guard]'")
    _log()
    from batten.guard.proxy.reloading import compiled  # it stands on the extra
    from batten.guard.proxy.supervisor import Supervisor

    try:
        settings = operation.with_services(_settings(given), given)
        supervisor = Supervisor(settings, compiled(settings))
        if given["check"]:
            supervisor.check()
            click.echo("the configuration is valid")
            return
        supervisor.run()
    except (GuardProblem, PolicyProblem) as problem:
        stop(str(problem))


def _engine(given: dict[str, object]) -> None:
    _log()
    from batten.cli import guard_engine

    try:
        settings = operation.with_services(_settings(given), given)
        context = click.get_current_context()
        guard_engine.serve(settings, context, str(given["engine"]), str(given["engine_path"]))
    except (GuardProblem, PolicyProblem) as problem:
        stop(str(problem))


def _external(given: dict[str, object]) -> None:
    _log()
    try:
        settings = _settings({**given, "mode": given["mode"] or "observe"})
        _run(settings, prints=bool(given["print_envoy"]))
    except (GuardProblem, PolicyProblem) as problem:
        stop(str(problem))


def _log() -> None:
    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    logging.raiseExceptions = False  # a log that cannot be written stops no traffic


def _settings(given: dict[str, object]) -> Settings:
    limits = Limits(request_body=_int(given["max_body"]), answer_body=_int(given["max_answer"]))
    certificate, key = _path(given["cert"]), _path(given["key"])
    if key is not None and certificate is None:
        raise GuardProblem("--key requires --cert")
    if given["learn"] and given["traffic"] is None:
        raise GuardProblem("--learn requires a traffic file; add --traffic FILE")
    value = given["answer_seconds"]
    return Settings(
        contract=_path(given["contract"]) or Path("openapi.yaml"),
        upstream=operation.upstream({**given, "upstream": given["upstream"] or _EXAMPLE}),
        listen=operation.listener(given),
        policy=_path(given["policy"]),
        options=_options(given, limits, operation.listener(given)),
        certificate=certificate,
        key=key,
        workers=_int(given["workers"]) if given["workers"] else os.cpu_count() or 1,
        admin=proxy.address(str(given["admin"])) if given["admin"] else None,
        traffic=_path(given["traffic"]),
        learns=bool(given["learn"]),
        access_log=str(given["access_log"]),
        deadlines=operation.deadlines(given, Deadlines(answer=value if isinstance(value, float) else 0.0)),
        connections=_int(given["connections"]),
        upstream_connections=_int(given["upstream_connections"]),
        http10=bool(given["http10"]),
        proxy_protocol=bool(given["proxy_protocol"]),
    )


def _options(given: dict[str, object], limits: Limits, listen: Listen) -> Options:
    trusted = (*_texts(given["trusted"]), *(("peer",) if given["behind_proxy"] else ()))
    if given["proxy_protocol"] and not trusted:
        raise GuardProblem("--proxy-protocol requires the addresses of the proxies; add --trust CIDR")
    undeclared_given = given["undeclared_query"]
    chosen = given["framework"], given["undeclared_errors"]
    framework, errors = (str(each) if each else None for each in chosen)
    rows = [written(text) for text in _texts(given["relax"])]
    rules_given = given["rules"]
    made = {}
    for rules_text in rules_given if isinstance(rules_given, tuple) else ():
        name, _, mode = str(rules_text).rpartition("=")
        try:
            made[name] = Mode(mode)
        except ValueError:
            raise GuardProblem(f"--rule {rules_text}: write NAME=observe or NAME=enforce") from None
    return Options(
        mode=Mode(given["mode"] or "enforce"),
        rules=made,
        limits=limits,
        leniency=leniency(framework, errors, str(given["formats"]), _texts(given["passes"]), rows),
        log_bodies=bool(given["log_bodies"]),
        hosts=_texts(given["hosts"]),
        ports=(listen.port,) if isinstance(listen, Address) else (),
        trusted=trusted,
        undeclared=UndeclaredQuery(undeclared_given) if undeclared_given is not None else None,
        unjudged=_texts(given["allow_unjudged"]),
        rates=rates(_texts(given["rates"])),
    )


def _texts(given: object) -> tuple[str, ...]:
    return tuple(map(str, given)) if isinstance(given, tuple) else ()


def _path(value: object) -> Path | None:
    return value if isinstance(value, Path) else None


def _int(value: object) -> int:
    return value if isinstance(value, int) else 0


def _run(settings: Settings, prints: bool) -> None:
    """Serve, or print what Envoy must be told. Raises GuardProblem and PolicyProblem."""
    if prints:
        click.echo(configuration.bootstrap(settings))
        return
    for option, given in (("--admin", settings.admin), ("--access-log", settings.access_log)):
        if given:
            stop(f"{option} applies to the reverse proxy only; with --ext-proc configure it in Envoy")
    if find_spec("grpc") is None:
        stop("grpcio is not installed; pip install 'batten[extproc]'")
    from batten.guard.extproc import server  # it stands on the extra

    server.run(settings)
