"""A certificate shown in a handshake, each of its causes of trouble found for itself."""

from __future__ import annotations

import os
import ssl
from datetime import UTC, datetime

from cryptography import x509
from cryptography.x509.oid import AuthorityInformationAccessOID as Access

from batten.facts import Certificate
from batten.formats.certificates import key_of, matches, names_of
from batten.live.exchange import NotAnswered, TlsAnswer
from batten.live.tls import trusted
from batten.model import UNKNOWN, Location, Setting, Unknown


def certificate_fact(host: str, answer: TlsAnswer, at: Location, ca: str = "") -> Certificate:
    """The leaf of the chain. NotAnswered when it cannot be read."""
    try:
        chain = [x509.load_der_x509_certificate(der) for der in answer.chain]
        leaf = chain[0]
        names = names_of(leaf)
    except (IndexError, ValueError) as error:
        raise NotAnswered(f"the certificate cannot be read: {error}") from error
    key, bits = key_of(leaf)
    trust = trusted(answer.verify_code if answer.judged else -1, bool(ca) or _system_anchors())
    return Certificate(
        at,
        host,
        names,
        leaf.not_valid_before_utc,
        leaf.not_valid_after_utc,
        leaf.issuer.rfc4514_string(),
        leaf.issuer == leaf.subject,
        key,
        bits,
        leaf.signature_hash_algorithm.name if leaf.signature_hash_algorithm else "",
        Setting(_complete(chain, trust), at),
        Setting(UNKNOWN if trust is None else trust, at),
        Setting(any(matches(host, name) for name in names), at),
        datetime.now(UTC),
    )


def _system_anchors() -> bool:
    paths = ssl.get_default_verify_paths()
    return bool(paths.cafile) or bool(paths.capath and os.listdir(paths.capath))


def _complete(chain: list[x509.Certificate], trust: bool | None) -> bool | Unknown:
    """Whether the chain leads to an anchor as it was sent. A lone leaf that leads nowhere but says
    where its issuer is to be fetched lacks an intermediate; otherwise the issuer may be just unknown."""
    if trust is not False:
        return UNKNOWN if trust is None else True
    lone = len(chain) == 1 and chain[0].issuer != chain[0].subject
    return False if lone and _issuer_can_be_fetched(chain[0]) else UNKNOWN


def _issuer_can_be_fetched(leaf: x509.Certificate) -> bool:
    """It says where its issuer is to be had, as certificates under an intermediate do (RFC 5280, 4.2.2.1)."""
    try:
        access = leaf.extensions.get_extension_for_class(x509.AuthorityInformationAccess).value
    except x509.ExtensionNotFound:
        return False
    return any(a.access_method == Access.CA_ISSUERS for a in access)
