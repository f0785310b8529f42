from __future__ import annotations

from pathlib import Path

import click

from batten.cli.output import say, stop, tell
from batten.cli.proxies import proxy_options
from batten.contract import Contract
from batten.files import Refused
from batten.files.named import write_folder
from batten.guard.export import Export, ExportProblem, envoy, haproxy, kong, nginx
from batten.guard.lenience.relaxed import relaxed
from batten.guard.loading import read_contract, read_policy
from batten.guard.options import GuardProblem
from batten.harden.options import HardenProblem, Options
from batten.policy import Policy, PolicyProblem
from batten.policy.leniency import Leniency

_FILE = click.Path(path_type=Path, dir_okay=False)
_DEFAULT = Options()


@click.command("export")
@click.argument("engine", type=click.Choice(["nginx", "envoy", "haproxy", "kong"]))
@click.option(
    "--contract", type=_FILE, default="openapi.yaml", show_default=True, help="The OpenAPI document."
)
@click.option(
    "--policy", type=_FILE, help="The batten.yaml to use [default: the nearest one at or above the contract]."
)
@click.option(
    "--output",
    type=click.Path(path_type=Path, file_okay=False),
    required=True,
    help="The folder to write into.",
)
@click.option("--force", is_flag=True, help="Write even if the folder is not empty.")
@click.option(
    "--upstream", default=_DEFAULT.upstream, show_default=True, help="URL of the API: http(s)://HOST:PORT."
)
@click.option(
    "--upstream-ca",
    default=_DEFAULT.upstream_ca,
    show_default=True,
    help="PEM file of the CA that issued the API's certificate.",
)
@click.option(
    "--listen",
    metavar="[HOST:]PORT",
    help="Address to listen on [default: 443, with --no-tls 127.0.0.1:8080].",
)
@click.option(
    "--certificate",
    default=_DEFAULT.certificate,
    show_default=True,
    help="PEM file with the certificate chain.",
)
@click.option("--key", default=_DEFAULT.key, show_default=True, help="PEM file with the private key.")
@click.option("--allow-unjudged", multiple=True, metavar="OPERATION",
              help="Serve 'GET /v1/a' without what of its contract cannot be judged. Repeatable.")  # fmt: skip
@click.option("--no-tls", is_flag=True, help="Listen on plain HTTP, behind a TLS terminator.")
@click.option("--folder", help="Folder of the files on the proxy's host [default: --output].")
@click.option(
    "--name",
    "names",
    multiple=True,
    help="A host name of the API [default: `hosts` of batten.yaml]. Repeatable.",
)
@click.option(
    "--prefix", default="", help="nginx: folder for logs and pid file of a server that runs without root."
)
@click.option(
    "--modules",
    default="modules",
    show_default=True,
    help="nginx: folder of its modules; '' if Lua is built in.",
)
@click.option("--body", default=_DEFAULT.body, show_default=True, help="nginx: largest request body.")
@click.option(
    "--rate", default=_DEFAULT.rate, show_default=True, help="nginx: requests per second from one address."
)
@proxy_options
def command(engine: str, contract: Path, policy: Path | None, output: Path, force: bool, upstream: str, upstream_ca: str,
            listen: str | None, certificate: str, key: str, no_tls: bool, folder: str | None, names: tuple[str, ...], prefix: str,
            allow_unjudged: tuple[str, ...], modules: str, body: str, rate: int, proxies: tuple[str, ...], proxy_protocol: bool) -> None:  # fmt: skip
    """Export the guard as configuration for an existing proxy.

    Paths, verbs, CORS, headers and limits become the proxy's own directives; schemas are compiled to Lua that
    runs in the proxy. Checks that cannot be compiled are listed in the output and in the files.
    """
    chosen = listen or ("127.0.0.1:8080" if no_tls else "443")
    try:
        options = Options(
            upstream=upstream, upstream_ca=upstream_ca, listen=chosen, names=names, certificate=certificate, key=key,
            plain="" if no_tls else _DEFAULT.plain, prefix=prefix, body=body, rate=rate,
            unjudged=allow_unjudged, proxies=proxies, proxy_protocol=proxy_protocol,
        )  # fmt: skip
        read = read_contract(contract)
        held = read_policy(policy, contract.resolve().parent)
        made = _made(engine, read, held, options, folder or str(output.resolve()), modules, not no_tls)
    except (ExportProblem, HardenProblem, GuardProblem, PolicyProblem) as problem:
        stop(str(problem))
    _write(made, output, force)
    for line in relaxed(read, held.leniency, Leniency()).lines:
        tell(f"batten: not exported, the contract holds as it is written: {line}")
    for row in held.rates:
        tell(
            f"batten: not exported: the rate limit of {row.operation or 'all operations'} per {row.per.value}"
        )
    for note in made.notes:
        tell(f"batten: not enforced: {note}")
    say(f"wrote {', '.join(str(output / name) for name in made.files)}")


def _made(
    engine: str, contract: Contract, policy: Policy, options: Options, folder: str, modules: str, secure: bool
) -> Export:
    match engine:
        case "nginx":
            return nginx.export(contract, policy, options, nginx.Place(folder, modules, secure))
        case "envoy":
            return envoy.export(contract, policy, options, folder, secure)
        case "haproxy":
            return haproxy.export(contract, policy, options, folder, secure)
    return kong.export(contract, policy, options)


def _write(made: Export, folder: Path, force: bool) -> None:
    try:
        write_folder(folder, {name: text.encode() for name, text in made.files.items()}, force)
    except Refused as error:
        stop(f"{error}; {error.hint}")
    except OSError as error:
        stop(f"{folder} cannot be written: {error.strerror}; choose another folder")
