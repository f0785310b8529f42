"""What people say on the command line of a deployment that is to be rendered."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

import click

from batten.cli.output import stop
from batten.engine.hardening.asked import Asked
from batten.harden import Options, targets

DEFAULT = Options()
F = TypeVar("F", bound=Callable[..., Any])

_OPTIONS = (
    click.option("--upstream", default=DEFAULT.upstream, show_default=True, help="URL of the API."),
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
        help="The edge of a deployment that has one.",
    ),
    click.option(
        "--store", "stores", multiple=True, metavar="KIND[=NAME]", help="A data store of the API. Repeatable."
    ),
    click.option(
        "--image",
        "images",
        multiple=True,
        metavar="PART=REF@sha256:DIGEST",
        help="The image of a part: api, edge, or a store's name. Repeatable.",
    ),
    click.option("--project", default="api", show_default=True, help="Name of a deployment: its namespace, its units."),
    click.option("--app-port", type=int, default=8000, show_default=True, help="Port of the API's container."),
    click.option("--health", default="", metavar="PATH", help="A path of the API that answers without credentials."),
    click.option("--acme", is_flag=True, help="Certificates by ACME, for production."),
    click.option(
        "--acme-directory", default="", metavar="URL", help="Directory of the ACME authority [default: Let's Encrypt's]."
    ),
    click.option("--acme-email", default="", metavar="ADDRESS", help="Where the authority writes to."),
    click.option(
        "--local-ca", is_flag=True, help="Generate certificates of a local authority, for development."
    ),
)  # fmt: skip


def asked_options(command: F) -> F:
    """The options above, which the command gets as `words`, without target and contract."""

    @wraps(command)
    def made(**given: Any) -> Any:
        names = [name for name in Asked.__struct_fields__ if name in given]
        words = {name: given.pop(name) for name in names if name not in ("target", "contract")}
        words["images"] = dict(map(_image, words["images"]))
        return command(words=Asked(target="", **words), **given)

    for option in reversed(_OPTIONS):
        made = option(made)
    return made  # type: ignore[return-value]


def _image(text: str) -> tuple[str, str]:
    part, found, image = text.partition("=")
    if not found:
        stop(f"'{text}' names no part; write PART=REF@sha256:DIGEST")
    return part, image
