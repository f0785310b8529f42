from __future__ import annotations

from pathlib import Path

import click

from batten.cli.output import say, stop, tell
from batten.files import Refused
from batten.files.named import read_named, write_folder
from batten.guard.export import ExportProblem, envoy_grpc, nginx_grpc
from batten.guard.grpc_methods import methods
from batten.guard.options import GuardProblem
from batten.harden.options import HardenProblem, Options

_DEFAULT = Options()


@click.command("grpc")
@click.argument("engine", type=click.Choice(["envoy", "nginx"]))
@click.option("--methods", "listed", type=click.Path(path_type=Path, dir_okay=False), required=True,
              help="Methods, one package.Service/Method a line; a .proto file; or a descriptor set (.pb, .binpb).")  # fmt: skip
@click.option("--output", type=click.Path(path_type=Path, file_okay=False), required=True,
              help="The folder to write into.")  # fmt: skip
@click.option("--force", is_flag=True, help="Write even if the folder is not empty.")
@click.option("--upstream", default=_DEFAULT.upstream, show_default=True,
              help="URL of the gRPC server: http(s)://HOST:PORT.")  # fmt: skip
@click.option("--upstream-ca", default=_DEFAULT.upstream_ca, show_default=True,
              help="PEM file of the CA that issued the server's certificate.")  # fmt: skip
@click.option("--listen", metavar="[HOST:]PORT",
              help="Address to listen on [default: 443, with --no-tls 127.0.0.1:8080].")  # fmt: skip
@click.option("--certificate", default=_DEFAULT.certificate, show_default=True, help="PEM certificate chain.")
@click.option("--key", default=_DEFAULT.key, show_default=True, help="PEM file with the private key.")
@click.option("--no-tls", is_flag=True, help="Listen on plain HTTP/2, behind a TLS terminator.")
def command(engine: str, listed: Path, output: Path, force: bool, upstream: str, upstream_ca: str, listen: str | None,
            certificate: str, key: str, no_tls: bool) -> None:  # fmt: skip
    """Export a configuration of Envoy or nginx that passes listed gRPC methods only.

    Messages are not validated.
    """
    try:
        found = methods(listed.name, read_named(listed))
        options = Options(
            upstream=upstream, upstream_ca=upstream_ca, certificate=certificate, key=key,
            listen=listen or ("127.0.0.1:8080" if no_tls else "443"), plain="" if no_tls else _DEFAULT.plain,
        )  # fmt: skip
        export = nginx_grpc.export if engine == "nginx" else envoy_grpc.export
        made = export(found, options, not no_tls)
        write_folder(output, {name: text.encode() for name, text in made.files.items()}, force)
    except (ExportProblem, HardenProblem, GuardProblem) as problem:
        stop(str(problem))
    except Refused as error:
        stop(f"{error}; {error.hint}")
    except OSError as error:
        stop(f"{error.filename or output}: {error.strerror}")
    for note in made.notes:
        tell(f"batten: not enforced: {note}")
    say(f"wrote {', '.join(str(output / name) for name in made.files)} with {len(found)} methods")
