"""What nginx does when nothing is written, by version; and where the version can be read."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from batten.formats import Unreadable, Workspace
from batten.model import UNKNOWN, Unknown

CIPHERS = "HIGH:!aNULL:!MD5"  # ngx_http_ssl_module, ssl_ciphers, since 1.0.5
BODY = 1024 * 1024  # ngx_http_core_module, client_max_body_size
HEADERS = 4 * 8 * 1024  # ngx_http_core_module, large_client_header_buffers
TIMEOUT = 60.0  # client_header_timeout, client_body_timeout, send_timeout

COMPANIONS = (
    "Dockerfile",
    "Containerfile",
    "compose.yaml",
    "compose.yml",
    "docker-compose.yaml",
    "docker-compose.yml",
)
_IMAGE = re.compile(
    r"^[ \t]*(?:FROM[ \t]+(?:--\S+[ \t]+)?|(?:- )?image:[ \t]*)[\"']?(?:[\w.-]+(?::\d+)?/)*"
    r"(?:nginx|nginx-unprivileged|openresty):v?(\d+\.\d+(?:\.\d+)?)[\w.-]*[\"']?[ \t]*(?:AS\b.*)?\r?$",
    re.MULTILINE | re.IGNORECASE,
)


def companions(main: str, workspace: Workspace) -> Iterator[str]:
    """Files beside the configuration, and above it, that may say how it is run."""
    folder = posixpath.dirname(main)
    for _ in range(6):
        for name in COMPANIONS:
            path = posixpath.join(folder, name)
            if workspace.exists(path):
                yield path
        if not folder:
            return
        folder = posixpath.dirname(folder)


def version_of(main: str, workspace: Workspace) -> str:
    """The version of the image that runs this configuration; "" when nothing, or too much, says it."""
    found: set[str] = set()
    for path in companions(main, workspace):
        try:
            found |= set(_IMAGE.findall(workspace.text(path).text))
        except Unreadable:
            continue
    return found.pop() if len(found) == 1 else ""


def at_least(version: str, wanted: tuple[int, ...]) -> bool | None:
    """Whether the version is this or newer; None when it is not known well enough."""
    numbers = tuple(int(n) for n in version.split(".") if n.isdigit())
    if not numbers:
        return None
    if len(numbers) < len(wanted) and numbers == wanted[: len(numbers)]:
        return None
    return numbers >= wanted


def protocols(version: str) -> tuple[str, ...] | Unknown:
    """The default of ssl_protocols: 1.27.3 took TLS 1.0 and 1.1 out (nginx's CHANGES); 1.23.4 put
    TLS 1.3 in."""
    recent = at_least(version, (1, 27, 3))
    if recent is None:
        return UNKNOWN
    if recent:
        return ("TLSv1.2", "TLSv1.3")
    old = ("TLSv1", "TLSv1.1", "TLSv1.2")
    return (*old, "TLSv1.3") if at_least(version, (1, 23, 4)) else old
