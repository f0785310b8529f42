"""Certificates that configurations name: one read from its file, and one made for the moment, so that a
vendor's validator need not find those that a file names.

Importing this costs more than reading a file: readers import it when a certificate is there
(`import_module`), validators at once.
"""

from __future__ import annotations

import datetime

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from batten.facts import Certificate
from batten.formats.certificates import digest_of, key_of, matches, names_of
from batten.model import UNKNOWN, Location, Setting


def certificate_of(pem: str, names: tuple[str, ...], at: Location) -> Certificate | None:
    """The first certificate of a PEM file; None when it holds none that can be read. It should be for
    one of `names`, the exact host names that it is served for. Whether its issuer is trusted, and the
    chain complete, is for the wire to show."""
    try:
        leaf = x509.load_pem_x509_certificate(pem.encode())
    except ValueError:
        return None
    key, bits = key_of(leaf)
    found = names_of(leaf)
    fits = not names or any(matches(host, name) for host in names for name in found)
    return Certificate(
        at,
        host=names[0] if names else "",
        names=found,
        not_before=leaf.not_valid_before_utc,
        not_after=leaf.not_valid_after_utc,
        issuer=leaf.issuer.rfc4514_string(),
        self_signed=leaf.issuer == leaf.subject,
        key=key,
        key_bits=bits,
        signature=digest_of(leaf),
        chain_complete=Setting(UNKNOWN, at),
        trusted=Setting(UNKNOWN, at),
        name_matches=Setting(fits, at),
    )


def self_signed() -> tuple[bytes, bytes]:
    """A certificate for localhost that holds for a day, and its key, both as PEM."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now)
        .not_valid_after(now + datetime.timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return made.public_bytes(serialization.Encoding.PEM), secret
