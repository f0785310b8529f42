"""Certificates by ACME (RFC 8555): who is asked for them, and where the answers to its challenges come from."""

from __future__ import annotations

import re
from ipaddress import ip_address
from urllib.parse import unquote, urlsplit

from batten.harden.options import HardenProblem, Target
from batten.model.record import record

LETS_ENCRYPT = "https://acme-v02.api.letsencrypt.org/directory"
CHALLENGES = "/.well-known/acme-challenge"  # RFC 8555, 8.3
# 128 bits at least, in the alphabet of base64url (RFC 8555, 8).
CHAIN, KEY = "tls.crt", "tls.key"  # in the folder of what is served
TOKEN = "[A-Za-z0-9_-]{22,128}"
CHALLENGE = rf"/\.well-known/acme-challenge/{TOKEN}"  # an expression for the whole target of a request
FOLDER = "/var/lib/batten-acme"
ITSELF = ("caddy", "traefik")  # engines that are clients of ACME
# Below 1024: no user of the host but root, or a unit that may, can answer in the client's place.
RESPONDER = Target(False, "127.0.0.1", 980)
_EMAIL = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]{0,63}@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+")
_DIRECTORY = re.compile(r"https://[A-Za-z0-9._~:/\[\]-]+")


@record(kw_only=True)
class Acme:
    """`email` may be "". `folder` is where the client keeps its state, "" where distributions have it; answers to challenges
    are in `webroot` where engines read them `in_files`. `responder` is the client itself, for those that do not."""

    directory: str = LETS_ENCRYPT
    email: str = ""
    folder: str = ""
    responder: Target = RESPONDER
    in_files: bool = True

    def __post_init__(self) -> None:
        if not _DIRECTORY.fullmatch(self.directory) or not _host(self.directory):
            raise HardenProblem(
                f"'{self.directory}' is not the directory of a certificate authority; write https://HOST/PATH"
            )
        if self.email and not _EMAIL.fullmatch(self.email):
            raise HardenProblem(f"'{self.email}' is not an address for mail; write one like ops@example.com")

    @property
    def state(self) -> str:
        """The folder of a client beside the edge."""
        return self.folder or FOLDER

    @property
    def webroot(self) -> str:
        return f"{self.state}/webroot"

    @property
    def served(self) -> str:
        """Where the edge reads its certificate."""
        return f"{self.state}/served"


def _host(url: str) -> str:
    try:
        parts = urlsplit(url)
        return (parts.hostname or "") if parts.port != 0 else ""
    except ValueError:
        return ""


def terms(acme: Acme) -> str:
    """What people should know before they start the client."""
    return f"starting it accepts the terms of service of the authority {acme.directory}"


def refuse_names(names: tuple[str, ...]) -> None:
    """Raises HardenProblem for names that no challenge over HTTP or TLS shows to be one's own."""
    for name in names:
        if _is_address(name) or name.lower() == "localhost" or "_" in name:
            raise HardenProblem(
                f"no authority issues a certificate for '{name}' by ACME; pass --name with a name in DNS, or --local-ca instead of --acme"
            )


def _is_address(name: str) -> bool:
    try:
        ip_address(name.strip("[]"))
    except ValueError:
        return False
    return True


def refuse_path(template: str) -> None:
    """Raises HardenProblem for a path of the contract that is one of challenges."""
    path = unquote(template).lower()
    if path == CHALLENGES or path.startswith(f"{CHALLENGES}/"):
        raise HardenProblem(
            f"the contract declares {template}, where an authority asks for its challenges (RFC 8555, 8.3); "
            "remove it from the contract, or omit --acme"
        )
