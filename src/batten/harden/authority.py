"""A certificate authority for development: its key and all that it issues are secrets of the output folder."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from batten.harden.made import Earlier, Secret

KEY, CERTIFICATE = "secrets/ca/ca.key", "secrets/ca/ca.crt"
LIFE = timedelta(days=90)  # of what it issues; its own is four times that
_EARLIER = timedelta(minutes=5)  # clocks differ


def authority(names: Iterable[str]) -> tuple[Secret, ...]:
    """It can issue for these host names and addresses, and for no others (RFC 5280, 4.2.1.10)."""
    known = tuple(dict.fromkeys(names))
    return (
        Secret(KEY, _new_key, "key of the local certificate authority"),
        Secret(CERTIFICATE, partial(_root, known), "certificate of the local authority"),
    )


def pair(folder: str, names: Sequence[str], also_client: bool = False) -> tuple[Secret, ...]:
    """`<folder>/tls.key`, `tls.crt` with the chain, and `ca.crt`, after `authority`; for `names`, the first of which is
    the certificate's own."""
    key = f"{folder}/tls.key"
    return (
        Secret(key, _new_key, f"private key of {names[0]}"),
        Secret(
            f"{folder}/tls.crt", partial(_leaf, key, tuple(names), also_client), f"certificate of {names[0]}"
        ),
        Secret(
            f"{folder}/ca.crt", lambda earlier: earlier[CERTIFICATE], "certificate of the local authority"
        ),
    )


def placeholder(folder: str, names: Sequence[str], owner: int | None = None) -> tuple[Secret, ...]:
    """`<folder>/tls.key` and a certificate `tls.crt` that it signed itself: a server starts with them, and nobody trusts them."""
    key = f"{folder}/tls.key"
    what = f"until there is a certificate of {names[0]}"
    return (
        Secret(key, _new_key, f"private key {what}", owner),
        Secret(f"{folder}/tls.crt", partial(_own, key, tuple(names)), f"placeholder {what}", owner),
    )


def signing(stem: str, what: str) -> tuple[Secret, ...]:
    """`<stem>.key` and `<stem>.pub`, which sign tokens (ES256)."""
    key = f"{stem}.key"
    return (
        Secret(key, _new_key, f"key that signs {what}"),
        Secret(
            f"{stem}.pub", lambda earlier: _public(earlier[key]), f"public half of the key that signs {what}"
        ),
    )


def _public(key: bytes) -> bytes:
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    return _loaded(key).public_key().public_bytes(serialization.Encoding.PEM, form)


def _new_key(_: Earlier) -> bytes:
    key = ec.generate_private_key(ec.SECP256R1())
    form = serialization.PrivateFormat.PKCS8
    return key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption())


def _loaded(data: bytes) -> ec.EllipticCurvePrivateKey:
    key = serialization.load_pem_private_key(data, None)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise ValueError("not a key of the local authority")
    return key


def _named(text: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(text.strip("[]")))
    except ValueError:
        return x509.DNSName(text)


def _permitted(text: str) -> x509.GeneralName:
    name = _named(text)
    return x509.IPAddress(ipaddress.ip_network(name.value)) if isinstance(name, x509.IPAddress) else name


def _begun(subject: str, issuer: x509.Name | None, life: timedelta) -> x509.CertificateBuilder:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, subject[:64])])
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(issuer or name)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _EARLIER)
        .not_valid_after(now + life)
    )


def _root(names: tuple[str, ...], earlier: Earlier) -> bytes:
    key = _loaded(earlier[KEY])
    usage = x509.KeyUsage(False, False, False, False, False, True, True, False, False)
    made = (
        _begun("batten local authority", None, 4 * LIFE)
        .public_key(key.public_key())
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.NameConstraints([_permitted(name) for name in names], None), critical=True)
        .sign(key, hashes.SHA256())
    )
    return made.public_bytes(serialization.Encoding.PEM)


def _own(key_path: str, names: tuple[str, ...], earlier: Earlier) -> bytes:
    key = _loaded(earlier[key_path])
    made = (
        _begun("placeholder", None, LIFE)
        .public_key(key.public_key())
        .add_extension(x509.SubjectAlternativeName([_named(name) for name in names]), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .sign(key, hashes.SHA256())
    )
    return made.public_bytes(serialization.Encoding.PEM)


def _leaf(key_path: str, names: tuple[str, ...], also_client: bool, earlier: Earlier) -> bytes:
    issuer_key, key = _loaded(earlier[KEY]), _loaded(earlier[key_path])
    issuer = x509.load_pem_x509_certificate(earlier[CERTIFICATE])
    purposes = [ExtendedKeyUsageOID.SERVER_AUTH] + [ExtendedKeyUsageOID.CLIENT_AUTH] * also_client
    usage = x509.KeyUsage(True, False, False, False, False, False, False, False, False)
    made = (
        _begun(names[0], issuer.subject, LIFE)
        .public_key(key.public_key())
        .add_extension(x509.SubjectAlternativeName([_named(name) for name in names]), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.ExtendedKeyUsage(purposes), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), critical=False
        )
        .sign(issuer_key, hashes.SHA256())
    )
    return made.public_bytes(serialization.Encoding.PEM)


__all__ = ["CERTIFICATE", "KEY", "LIFE", "authority", "pair", "placeholder", "signing"]
