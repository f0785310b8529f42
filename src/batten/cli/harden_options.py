"""What people say on the command line of a deployment that is to be rendered."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

import click

from batten.cli.output import stop
from batten.cli.proxies import proxy_options
from batten.engine.hardening.asked import Asked
from batten.harden import Options, targets
from batten.harden.entry import Controller, Kind, Tls
from batten.harden.program import LOCK_FILES, Program

DEFAULT = Options()

# Of the target kubernetes.
_ENTRY = (
    click.option(
        "--entry",
        default=Kind.SERVICE.value,
        show_default=True,
        type=click.Choice([one.value for one in Kind]),
        help="How clients reach the edge in a cluster: by its own load balancer, an Ingress, or a Gateway.",
    ),
    click.option("--entry-class", default="", metavar="NAME", help="Class of the Ingress or the Gateway."),
    click.option(
        "--gateway",
        default="",
        metavar="NAMESPACE/NAME/LISTENER[/PLAIN]",
        help="The platform's Gateway, in place of one of its own.",
    ),
    click.option(
        "--entry-controller",
        default="",
        metavar="NAME",
        help=f"What serves the entry, where the standard does not suffice: {', '.join(one.value for one in Controller)}.",
    ),
    click.option(
        "--entry-tls",
        default=Tls.VERIFIED.value,
        show_default=True,
        type=click.Choice([one.value for one in Tls]),
        help="Whether the entry ends TLS and verifies the edge, or passes TLS on.",
    ),
    click.option(
        "--entry-namespace",
        default="",
        metavar="NAMESPACE",
        help="Namespace of the entry's pods: no others may connect to the edge.",
    ),
    click.option(
        "--entry-pods", multiple=True, metavar="KEY=VALUE", help="A label of the entry's pods. Repeatable."
    ),
    click.option(
        "--entry-secret",
        default="",
        metavar="NAME",
        help="Secret with the certificate of an entry that ends TLS [default: entry-tls; with --gateway the platform's].",
    ),
)

_OPTIONS = (
    click.option("--upstream", default=DEFAULT.upstream, show_default=True, help="URL of the API."),
    click.option(
        "--upstream-ca",
        metavar="FILE",
        default=DEFAULT.upstream_ca,
        show_default=True,
        help="PEM file of the authorities that may issue the certificate of an https:// upstream.",
    ),
    click.option(
        "--listen",
        metavar="[HOST:]PORT",
        help="TLS listener [default: the first environment's port, or 443].",
    ),
    click.option(
        "--plain",
        metavar="[HOST:]PORT",
        help="Plain HTTP listener that redirects to HTTPS [default: the environment's, or 80].",
    ),
    click.option(
        "--certificate",
        default=DEFAULT.certificate,
        show_default=True,
        help="PEM file with the certificate chain.",
    ),
    click.option("--key", default=DEFAULT.key, show_default=True, help="PEM file with the private key."),
    click.option(
        "--name",
        "names",
        multiple=True,
        help="A host name of the API [default: `hosts` of batten.yaml]. Repeatable.",
    ),
    click.option("--prefix", default="", help="Folder for logs and pid file of a server that runs without root."),
    click.option(
        "--oldest",
        default="1.18",
        show_default=True,
        help="Oldest nginx version that must accept the configuration.",
    ),
    click.option("--head", is_flag=True, help="Allow HEAD on every path with GET."),
    click.option("--body", default=DEFAULT.body, show_default=True, help="Largest request body."),
    click.option(
        "--edge",
        default="nginx",
        show_default=True,
        type=click.Choice([target for target in targets.offered() if target in targets.EDGES]),
        help="The edge of a deployment that has one, or that serves the contract.",
    ),
    click.option(
        "--store", "stores", multiple=True, metavar="KIND[=NAME]", help="A data store of the API. Repeatable."
    ),
    click.option(
        "--image",
        "images",
        multiple=True,
        metavar="PART=REF@sha256:DIGEST",
        help="The image of a part: api, edge, or a store's name; of an image, base and build. Repeatable.",
    ),
    click.option("--project", default="api", show_default=True, help="Name of a deployment: its namespace, its units."),
    click.option("--app-port", type=int, default=8000, show_default=True, help="Port of the API's container."),
    click.option("--health", default="", metavar="PATH", help="A path of the API that answers without credentials."),
    click.option("--acme", is_flag=True, help="Certificates by ACME, for production."),
    click.option(
        "--acme-directory", default="", metavar="URL", help="Directory of the ACME authority [default: Let's Encrypt's]."
    ),
    click.option("--acme-email", default="", metavar="ADDRESS", help="E-mail address to which the authority sends notices."),
    click.option(
        "--language",
        type=click.Choice(tuple(LOCK_FILES)),
        help="Of an image: the language of the application.",
    ),
    click.option("--lock-file", default="", metavar="NAME", help="Of an image: the file that dependencies are installed from."),
    click.option("--start", default="", metavar="COMMAND", help="Of an image: the command that it starts, without a shell."),
    click.option(
        "--include",
        multiple=True,
        metavar="PATH",
        help="Of an image: a file or folder of the build context [default: everything but secrets and what no build needs]. Repeatable.",
    ),
    click.option("--private", is_flag=True, help="Of an image: the package registry requires credentials."),
    proxy_options,
    *_ENTRY,
    click.option(
        "--emit-contract",
        is_flag=True,
        help="Also write the contract as the edge serves it, to contract/ in the folder.",
    ),
    click.option(
        "--strict",
        is_flag=True,
        help="Of the target contract: also reject undeclared properties, which callers may notice.",
    ),
    click.option(
        "--local-ca", is_flag=True, help="Generate certificates of a local authority, for development."
    ),
)  # fmt: skip


def asked_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options above, which the command gets as `words`, without target and contract."""

    @wraps(command)
    def made(**given: Any) -> Any:
        names = [name for name in Asked.__struct_fields__ if name in given]
        words = {name: given.pop(name) for name in names if name not in ("target", "contract")}
        words["images"] = dict(map(_image, words["images"]))
        of_program = {name: given.pop(name) for name in Program.__struct_fields__ if name in given}
        program = Program(**{**of_program, "language": of_program["language"] or ""})
        return command(words=Asked(target="", program=program, **words), **given)

    asking: Callable[..., Any] = made
    for option in reversed(_OPTIONS):
        asking = option(asking)
    return asking


def _image(text: str) -> tuple[str, str]:
    part, found, image = text.partition("=")
    if not found:
        stop(f"'{text}' names no part; write PART=REF@sha256:DIGEST")
    return part, image
