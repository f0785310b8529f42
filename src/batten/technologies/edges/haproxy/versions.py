"""What HAProxy does when nothing is written, by version; and where the version can be read."""

from __future__ import annotations

from batten.formats import Workspace
from batten.model import UNKNOWN, Unknown
from batten.technologies.shared.containers.versions import at_least, image_version
from batten.technologies.shared.transport.tls import between

PROTOCOLS = between("SSLv3")
SAFE_MINIMUM = (
    2,
    2,
)  # ssl-min-ver became TLSv1.2 (configuration manual 2.2, 5.1; commit 2f44a59c7, 2.2-dev9)
AFTER_RESPONSE = (2, 2)  # http-after-response (commit 6d0c3dfac, 2.2-dev1)
HIDES_VERSION = (
    3,
    4,
)  # the statistics page needs `stats show-version` from here on (commit 397530b1e, 3.4-dev8)

HOME = "etc/haproxy"  # where packages have the configuration; images have it in usr/local/etc/haproxy
FOLDERS = ("/etc/haproxy/", "/usr/local/etc/haproxy/")
IMAGES = ("haproxy", "haproxy-alpine", "haproxy-debian", "haproxy-ubuntu")


def version_of(main: str, workspace: Workspace) -> str:
    """The version of the image that runs this configuration; "" when it is not known."""
    return image_version(main, workspace, *IMAGES)


def protocols(version: str) -> tuple[str, ...]:
    """What a TLS listener negotiates by itself. All releases that still get fixes agree; before 2.2 the
    floor was TLS 1.0."""
    return PROTOCOLS[1:] if at_least(version, SAFE_MINIMUM) is False else PROTOCOLS[3:]


def shows_version(version: str) -> bool | Unknown:
    """Whether the statistics page names the version where neither `stats hide-version` nor `stats show-version` is written:
    up to 3.3 it does."""
    hidden = at_least(version, HIDES_VERSION)
    return UNKNOWN if hidden is None else not hidden
