"""Whether an upstream can be reached at all, looked at when the guard starts."""

from __future__ import annotations

import socket
import ssl
from datetime import timedelta
from pathlib import Path

from cryptography import x509

from batten.files.folders import Refused
from batten.files.named import read_named
from batten.files.sockets import is_socket
from batten.guard.log import logger
from batten.guard.options import GuardProblem
from batten.guard.proxy.settings import Address, Local, Upstream
from batten.model import clock

_SECONDS = 2.0
_SOON = timedelta(days=14)


def tls_of(upstream: Upstream) -> ssl.SSLContext | None:
    """The upstream's certificate is always verified, name included. Raises GuardProblem."""
    if not upstream.tls:
        return None
    try:
        context = ssl.create_default_context(cafile=upstream.ca or None)
    except (OSError, ValueError) as error:
        raise GuardProblem(
            f"{upstream.ca}: no CA certificate can be read: {error}; name a PEM file"
        ) from error
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])
    if upstream.certificate is not None:
        try:
            context.load_cert_chain(upstream.certificate, upstream.key, password=_no_password)
        except (OSError, ValueError) as error:
            raise GuardProblem(
                f"{upstream.certificate}: the client certificate cannot be used: {error}; "
                "name a PEM chain with --upstream-cert and its key with --upstream-key"
            ) from error
    return context


def _no_password() -> str:
    raise ValueError("the key is encrypted; name a key without a passphrase")


def check(upstream: Upstream) -> bool:
    """Whether it takes connections now; that it does not is a warning, since it may start later.

    Raises GuardProblem for what no later start of it will change.
    """
    tls_of(upstream)
    for path in (Path(upstream.ca) if upstream.ca else None, upstream.certificate):
        if path is not None:
            _warn_of_end(path)
    try:
        # Raises OSError and GuardProblem.
        where = upstream.address
        match where:
            case Local():
                _see_socket(where)
                with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as link:
                    link.settimeout(_SECONDS)
                    link.connect(str(where.path))
            case Address():
                _resolve(where)
                socket.create_connection((where.host, where.port), _SECONDS).close()
    except OSError as error:
        logger.warning(
            "the upstream %s cannot be reached now: %s; requests get 502 until it can",
            upstream.address, error.strerror or error,
        )  # fmt: skip
        return False
    return True


def _see_socket(where: Local) -> None:
    try:
        found = is_socket(where.path)
    except OSError as error:
        raise GuardProblem(
            f"the upstream {where} cannot be used: {error.strerror}; name a socket that this user may reach"
        ) from error
    if found is False:
        raise GuardProblem(f"the upstream {where} is not a socket; name the application's unix socket")
    if found is None and not where.path.parent.is_dir():
        raise GuardProblem(
            f"the upstream {where} is in a folder that does not exist; create it, or fix the path"
        )


def _resolve(where: Address) -> None:
    """A name that does not exist is an error; a name server that does not answer may answer later."""
    try:
        socket.getaddrinfo(where.host, where.port, type=socket.SOCK_STREAM)
    except socket.gaierror as error:
        if error.errno == socket.EAI_AGAIN:
            raise
        raise GuardProblem(
            f"the upstream's name '{where.host}' does not resolve: {error.strerror}; fix --upstream or the name service"
        ) from error
    except UnicodeError as error:
        raise GuardProblem(f"'{where.host}' is not a host name; fix --upstream") from error


def _warn_of_end(path: Path) -> None:
    now = clock.now()
    try:
        chain = x509.load_pem_x509_certificates(read_named(path))
    except (OSError, ValueError, Refused):
        return  # it was loaded a moment ago: it holds more than certificates
    for certificate in chain:
        end = certificate.not_valid_after_utc
        if end < now + _SOON:
            verb = "expired" if end < now else "expires"
            logger.warning("%s: the certificate %s on %s; renew it", path, verb, f"{end:%Y-%m-%d}")
