"""What people say of proxies in front of what is rendered or exported."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

F = TypeVar("F", bound=Callable[..., Any])


def proxy_options(command: F) -> F:
    """--trusted-proxy and --proxy-protocol, as `proxies` and `proxy_protocol`."""
    networks = click.option(
        "--trusted-proxy",
        "proxies",
        multiple=True,
        metavar="NETWORK",
        help="A network of proxies in front of the edge; the client addresses that they send are trusted. Repeatable.",
    )
    protocol = click.option(
        "--proxy-protocol",
        is_flag=True,
        help="Those proxies use the PROXY protocol [default: they write X-Forwarded-For].",
    )
    return networks(protocol(command))
