"""What nginx does when nothing is written, by version; and where the version can be read.

Source: the reference of each module, "Default"; the merging of configurations in src/http/ngx_http_core_module.c and
modules/ngx_http_ssl_module.c; and CHANGES for what a release changed.
"""

from __future__ import annotations

from batten.formats import Workspace
from batten.model import UNKNOWN, Unknown
from batten.technologies.shared.containers.versions import at_least, image_version

CIPHERS = "HIGH:!aNULL:!MD5"  # ngx_http_ssl_module, ssl_ciphers, since 1.0.5
BODY = 1024 * 1024  # ngx_http_core_module, client_max_body_size
HEADERS = 4 * 8 * 1024  # ngx_http_core_module, large_client_header_buffers
TIMEOUT = 60.0  # client_header_timeout, client_body_timeout, send_timeout

HOME = "etc/nginx"  # where packages and images have the configuration
IMAGES = ("nginx", "nginx-unprivileged", "openresty")


def version_of(main: str, workspace: Workspace) -> str:
    """The version of the image that runs this configuration; "" when it is not known."""
    return image_version(main, workspace, *IMAGES)


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
