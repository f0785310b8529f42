"""What httpd does when nothing is written, by version, and where it is installed.

Source: the manual's pages of each module (docs/manual/mod/*.xml of the source), "Default" and "Compatibility"; and the
server itself (tests/technologies/test_apache_behaviour.py).
"""

from __future__ import annotations

from batten.formats import Workspace
from batten.model import UNKNOWN, Unknown
from batten.technologies.shared.containers.versions import at_least, image_version

BODY = 1 << 30  # core, LimitRequestBody, since 2.4.54; up to and with 2.4.53 there was no bound
FIELDS = 100 * 8190  # core, LimitRequestFields and LimitRequestFieldSize
HEADER_TIME, BODY_TIME = 40.0, 20.0  # mod_reqtimeout, RequestReadTimeout
TIMEOUT = 60.0  # core, Timeout
PROTOCOLS = ("TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3")  # mod_ssl, SSLProtocol: all -SSLv3
CIPHERS = "DEFAULT"  # mod_ssl, SSLCipherSuite

HOMES = ("etc/apache2", "etc/httpd/conf", "etc/httpd", "usr/local/apache2/conf", "usr/local/apache2")
IMAGES = ("httpd", "apache")
# Compiled in by the source distribution, Debian or Fedora; never named by LoadModule there.
STATIC = frozenset(
    ("core", "so", "http", "unixd", "log_config", "logio", "version", "watchdog", "mpm_event", "event")
)


def version_of(main: str, workspace: Workspace) -> str:
    """The version of the image that runs this configuration; "" when it is not known."""
    return image_version(main, workspace, *IMAGES)


def body(version: str) -> int | Unknown:
    """Bytes that LimitRequestBody lets in by default; 0: no bound."""
    recent = at_least(version, (2, 4, 54))
    return UNKNOWN if recent is None else BODY if recent else 0
