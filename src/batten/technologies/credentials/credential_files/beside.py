"""What a certificate says of the private key beside it. Importing this costs more than reading a file: it is imported when one is there."""

from __future__ import annotations

from collections.abc import Callable

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import NameOID

from batten.formats.certificates import names_of

_MKCERT = "mkcert development certificate"


def purpose(data: bytes, key: bytes | None, local: Callable[[str], bool], served: bool) -> str:
    """For which names of one machine the first certificate is, as the end of a sentence; "" where it is for others, signs
    others, or is of another key than `key`, which is None where a passphrase hides it. The common name counts where the key is
    known to be `served` by a server: clients do not ask for it, and a key that signs tokens has a certificate of any name."""
    try:
        read = x509.load_pem_x509_certificate if b"-----BEGIN" in data else x509.load_der_x509_certificate
        leaf = read(data)
        if key is not None and _public(leaf) not in key:
            return ""
        names = names_of(leaf) or (
            tuple(str(one.value) for one in leaf.subject.get_attributes_for_oid(NameOID.COMMON_NAME))
            if served
            else ()
        )
        made = [str(one.value) for one in leaf.subject.get_attributes_for_oid(NameOID.ORGANIZATION_NAME)]
    except (ValueError, UnsupportedAlgorithm, TypeError):
        return ""
    own = (
        leaf.issuer == leaf.subject
    )  # `openssl req -x509` makes an authority of each, unless it is told not to
    if not names or (_signs(leaf) and not own):
        return ""
    if all(local(name) for name in names):
        return f"for `{names[0]}`, as its certificate says"
    return (
        f"for `{names[0]}`, which mkcert made for a developer's machine"
        if _MKCERT in made and not own
        else ""
    )


def _public(leaf: x509.Certificate) -> bytes:
    """What a private key contains of the public one: the modulus, the point."""
    match leaf.public_key():
        case rsa.RSAPublicKey() as key:
            modulus = key.public_numbers().n
            return modulus.to_bytes((modulus.bit_length() + 7) // 8)
        case ec.EllipticCurvePublicKey() as curve:
            return curve.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        case _:
            raise ValueError("a key without its public one")


def _signs(leaf: x509.Certificate) -> bool:
    """Whether it is an authority's, whose key makes certificates of any name."""
    try:
        return bool(leaf.extensions.get_extension_for_class(x509.BasicConstraints).value.ca)
    except x509.ExtensionNotFound:
        return False
