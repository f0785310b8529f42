"""What lighttpd does when nothing is written, by version; and where the version can be read.

Source: NEWS of 1.4.79 (1.4.56 and 1.4.77: MinProtocol; 1.4.75: CipherString), `config_init` in src/configfile.c, and the server itself (tests/technologies/test_lighttpd_behaviour.py).
"""

from __future__ import annotations

from batten.formats import Workspace
from batten.model import UNKNOWN, Unknown
from batten.technologies.shared.containers.versions import at_least, image_version
from batten.technologies.shared.transport.tls import between

BODY = 0  # server.max-request-size, in kilobytes: no bound
FIELDS = 8192  # server.max-request-field-size
READ_IDLE = 60.0  # server.max-read-idle
WRITE_IDLE = 360.0  # server.max-write-idle

HOME = "etc/lighttpd"  # where packages and images have the configuration
IMAGES = ("lighttpd", "docker-lighttpd", "alpine-lighttpd")


def version_of(main: str, workspace: Workspace) -> str:
    """The version of the image that runs this configuration; "" when it is not known."""
    return image_version(main, workspace, *IMAGES)


def protocols(version: str) -> tuple[str, ...] | Unknown:
    """The default MinProtocol: TLS 1.2 since 1.4.56, TLS 1.3 since 1.4.77."""
    if at_least(version, (1, 4, 56)) is not True:
        return UNKNOWN
    return between("TLSv1.3" if at_least(version, (1, 4, 77)) else "TLSv1.2")


def ciphers(version: str) -> str | Unknown:
    """The default CipherString: suites with forward secrecy and AEAD only since 1.4.75."""
    return "EECDH+AESGCM:CHACHA20:!PSK:!DHE" if at_least(version, (1, 4, 75)) else UNKNOWN
