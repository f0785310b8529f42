"""What a rendered deployment needs to know that neither contract nor policy says."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from batten.model.record import record

_ADDRESS = re.compile(r"(?:(?:[\w.-]+|\*|\[[0-9A-Fa-f:.]+\]):)?\d{1,5}")
_NAME = re.compile(r"[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*|\[[0-9A-Fa-f:.]+\]")
_FILE = re.compile(r"[^\x00-\x1f\"$\\;{}]+")
_SIZE = re.compile(r"\d+[kmg]?", re.IGNORECASE)


class HardenProblem(Exception):
    """Nothing can be rendered from this: the sentence says why, and what to write instead."""


@record
class Options:
    """`listen` and `plain` are [HOST:]PORT; `plain` "" leaves the redirecting listener out.

    `prefix` is a folder for logs, temporary files and the process id, for a server that runs without
    root; "" is where distributions put them. `version` is the oldest nginx that must read the result.
    """

    upstream: str = "http://127.0.0.1:8000"
    upstream_ca: str = "/etc/ssl/certs/ca-certificates.crt"
    listen: str = "443"
    plain: str = "80"
    public: int = 0  # the port that clients know; 0 is the listener's own
    names: tuple[str, ...] = ()
    certificate: str = "/etc/nginx/certs/edge.pem"
    key: str = "/etc/nginx/certs/edge.key"
    prefix: str = ""
    address: str = "127.0.0.1"  # where a store listens
    port: int = 0  # of a store; 0 is its usual one
    data: str = ""  # the folder of a store's data; "" is where distributions have it
    streams: bool = False  # logs go to standard output and error, as containers have it
    journal: bool = False  # of systemd: standard output is a socket there, which cannot be opened by its name
    settings: str = ""  # the folder of its files, where one names another; "" is where distributions have it
    user: str = ""
    version: tuple[int, ...] = (1, 18)
    head: bool = False  # HEAD wherever the contract has GET
    body: str = "1m"  # the largest request body
    rate: int = 100  # requests a second from one address
    connections: int = 100  # from one address at a time
    proxies: tuple[str, ...] = ()  # networks in front, whose word about a client's address is believed
    proxy_protocol: bool = False  # they say it in the PROXY protocol; else in X-Forwarded-For
    strict: bool = False  # a contract is closed where that may refuse callers
    emit_contract: bool = False  # the contract as the edge serves it is written as well
    unjudged: tuple[
        str, ...
    ] = ()  # operations that a guard serves without what of their contract cannot be judged

    def __post_init__(self) -> None:
        for text in filter(None, (self.listen, self.plain)):
            if not _ADDRESS.fullmatch(text) or not 0 < int(text.rpartition(":")[2]) < 65536:
                raise HardenProblem(f"'{text}' is not a listen address; write HOST:PORT or PORT")
        for name in self.names:
            if not _NAME.fullmatch(name):
                raise HardenProblem(f"'{name}' is not a host name; write one like api.example.com")
        for path in filter(
            None, (self.certificate, self.key, self.upstream_ca, self.prefix, self.data, self.settings)
        ):
            if not _FILE.fullmatch(path):
                raise HardenProblem(
                    f"'{path}' is not usable as a path in nginx configuration; choose another"
                )
        if self.address != "*" and not re.fullmatch(r"[0-9A-Fa-f.:]+|localhost", self.address):
            raise HardenProblem(
                f"'{self.address}' is not an address to listen on; write one like 10.0.0.5, or *"
            )
        if not 0 <= self.port < 65536:
            raise HardenProblem(f"'{self.port}' is not a port; write one from 1 to 65535")
        if self.user and not re.fullmatch(r"[\w-]+(?: [\w-]+)?", self.user):
            raise HardenProblem(f"'{self.user}' is not a user; write USER or USER GROUP")
        if not _SIZE.fullmatch(self.body) or int(self.body.rstrip("kmgKMG")) == 0:
            raise HardenProblem(f"'{self.body}' is not a size; write one like 64k or 1m")
        if self.rate < 1 or self.connections < 1:
            raise HardenProblem("limits of rate and connections must be at least 1")
        if self.proxy_protocol and not self.proxies:
            raise HardenProblem(
                "--proxy-protocol needs the networks that may use it; pass --trusted-proxy NETWORK, such as 10.244.0.0/16"
            )
        _ = self.target

    @property
    def target(self) -> Target:
        """The upstream's parts. Raises HardenProblem."""
        try:
            parts = urlsplit(self.upstream)
            host, port = parts.hostname or "", parts.port
        except ValueError:
            host, port, parts = "", None, urlsplit("")
        bracketed = f"[{host}]" if ":" in host else host
        if (
            parts.scheme not in ("http", "https")
            or not _NAME.fullmatch(bracketed)
            or parts.path not in ("", "/")
            or "@" in parts.netloc
        ):
            raise HardenProblem(
                f"'{self.upstream}' is not an upstream; write http://HOST:PORT or https://HOST:PORT, without a path or credentials"
            )
        secure = parts.scheme == "https"
        return Target(secure, bracketed, port or (443 if secure else 80))

    @property
    def most_body(self) -> int:
        """The largest request body in bytes."""
        factors = {"k": 1_024, "m": 1_048_576, "g": 1_073_741_824}
        return int(self.body.rstrip("kmgKMG")) * factors.get(self.body[-1].lower(), 1)

    @property
    def tls_port(self) -> int:
        return int(self.listen.rpartition(":")[2])


@record
class Target:
    secure: bool
    host: str
    port: int

    @property
    def is_address(self) -> bool:
        return re.fullmatch(r"\[.*\]|\d+(?:\.\d+){3}", self.host) is not None
