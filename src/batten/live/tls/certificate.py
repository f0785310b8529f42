"""A certificate shown in a handshake, each of its causes of trouble found for itself."""

from __future__ import annotations

import ssl
import warnings
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.utils import CryptographyDeprecationWarning
from cryptography.x509.oid import AuthorityInformationAccessOID as Access

from batten.facts import Certificate, Issuer
from batten.files import Refused
from batten.files.named import listed, read_named
from batten.formats.certificates import digest_of, key_of, matches, names_of, of_der
from batten.live.exchange import NotAnswered, Shown
from batten.live.tls.handshakes import trusted
from batten.model import UNKNOWN, Location, Setting, Unknown

LONGEST = 8  # certificates of a chain that are looked at
_STATUS_REQUEST = x509.TLSFeatureType.status_request


def certificate_fact(host: str, shown: Shown, at: Location, ca: str = "") -> Certificate:
    """The leaf of the chain. NotAnswered when it cannot be read."""
    try:
        chain = of_der(shown.chain[: LONGEST * 2])
        leaf = chain[0]
        names = names_of(leaf)
        key, bits = key_of(leaf)
        path = _path(chain)
    except (IndexError, ValueError, UnsupportedAlgorithm) as error:
        raise NotAnswered(f"the certificate cannot be read: {error}") from error
    known = anchors(ca)
    led = _leads(path, known)
    trust = trusted(shown.verify_code if shown.judged else -1, bool(known))
    if trust is None and known and not led:
        trust = False
    complete, missing = _complete(path, trust, led)
    return Certificate(
        at,
        host=host,
        names=names,
        not_before=leaf.not_valid_before_utc,
        not_after=leaf.not_valid_after_utc,
        issuer=leaf.issuer.rfc4514_string(),
        self_signed=_by_itself(leaf),
        key=key,
        key_bits=bits,
        signature=digest_of(leaf),
        chain_complete=Setting(complete, at),
        trusted=Setting(UNKNOWN if trust is None else trust, at),
        name_matches=Setting(any(matches(host, name) for name in names), at),
        ordered=path == chain[: len(path)],
        missing=missing,
        issuers=tuple(_issuer(c) for c in path[1:]),
        must_staple=_must_staple(leaf),
        stapled=shown.stapled,
    )


@cache
def anchors(ca: str = "") -> Mapping[bytes, tuple[x509.Certificate, ...]]:
    """The certificates that are trusted, by their subject: of a PEM file, or of the system."""
    found: dict[bytes, tuple[x509.Certificate, ...]] = {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", CryptographyDeprecationWarning)  # old roots have odd serial numbers
        read = _of_file(Path(ca)) if ca else list(_of_system())
    for certificate in read:
        subject = certificate.subject.public_bytes()
        found[subject] = (*found.get(subject, ()), certificate)
    return found


def _of_system() -> Iterator[x509.Certificate]:
    paths = ssl.get_default_verify_paths()
    for der in ssl.create_default_context().get_ca_certs(binary_form=True):
        yield x509.load_der_x509_certificate(der)
    folder = Path(paths.capath) if paths.capath else None
    # OpenSSL finds them by a name of eight hexadecimal digits and a number.
    for path in listed(folder, "*.[0-9]") if folder is not None else ():
        yield from _of_file(path)


def _of_file(path: Path) -> list[x509.Certificate]:
    try:
        return x509.load_pem_x509_certificates(read_named(path))
    except (OSError, ValueError, Refused):
        return []  # the verifier tells of a `ca:` that cannot be read


def _issued(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    if certificate.issuer != issuer.subject:
        return False
    try:
        certificate.verify_directly_issued_by(issuer)
    except (InvalidSignature, TypeError, ValueError, UnsupportedAlgorithm):
        return False
    return True


def _by_itself(certificate: x509.Certificate) -> bool:
    return _issued(certificate, certificate)


def _path(chain: list[x509.Certificate]) -> list[x509.Certificate]:
    """From the leaf upwards, as far as the certificates that were sent lead, in whatever order they came."""
    path, left = [chain[0]], chain[1:]
    while left and len(path) < LONGEST and not _by_itself(path[-1]):
        issuer = next((c for c in left if _issued(path[-1], c)), None)
        if issuer is None:
            break
        path.append(issuer)
        left = [c for c in left if c is not issuer]
    return path


def _leads(path: list[x509.Certificate], known: Mapping[bytes, tuple[x509.Certificate, ...]]) -> bool:
    """Whether one of the path is an anchor, or was issued by one."""
    return any(
        c == anchor or _issued(c, anchor)
        for c in path
        for subject in {c.subject.public_bytes(), c.issuer.public_bytes()}
        for anchor in known.get(subject, ())
    )


def _complete(path: list[x509.Certificate], trust: bool | None, led: bool) -> tuple[bool | Unknown, str]:
    """Whether the chain leads to an anchor as it was sent, and whose certificate is missing. A chain that ends
    with a certificate that says where its issuer is to be fetched lacks it (RFC 5280, 4.2.2.1); one that does
    not say so may have an issuer that is just unknown here."""
    last = path[-1]
    if trust or led:
        return True, ""
    if trust is None or _by_itself(last):
        return UNKNOWN, ""
    return (False, _common_name(last.issuer)) if _issuer_can_be_fetched(last) else (UNKNOWN, "")


def _issuer_can_be_fetched(certificate: x509.Certificate) -> bool:
    try:
        access = certificate.extensions.get_extension_for_class(x509.AuthorityInformationAccess).value
    except (x509.ExtensionNotFound, ValueError):
        return False
    return any(a.access_method == Access.CA_ISSUERS for a in access)


def _must_staple(leaf: x509.Certificate) -> bool:
    try:
        return _STATUS_REQUEST in leaf.extensions.get_extension_for_class(x509.TLSFeature).value
    except (x509.ExtensionNotFound, ValueError):
        return False


def _issuer(certificate: x509.Certificate) -> Issuer:
    return Issuer(
        _common_name(certificate.subject),
        certificate.not_valid_after_utc,
        *key_of(certificate),
        digest_of(certificate),
        _by_itself(certificate),
    )


def _common_name(name: x509.Name) -> str:
    for attribute in name.get_attributes_for_oid(x509.NameOID.COMMON_NAME):
        return str(attribute.value)
    return name.rfc4514_string()
