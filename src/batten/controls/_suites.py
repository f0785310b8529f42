"""TLS 1.2 suites by OpenSSL name, and which of an OpenSSL cipher string are weak."""

from __future__ import annotations

import re
from functools import cache

# Mozilla's server side TLS guidelines, intermediate, in their order.
MOZILLA_INTERMEDIATE = (
    "ECDHE-ECDSA-AES128-GCM-SHA256",
    "ECDHE-RSA-AES128-GCM-SHA256",
    "ECDHE-ECDSA-AES256-GCM-SHA384",
    "ECDHE-RSA-AES256-GCM-SHA384",
    "ECDHE-ECDSA-CHACHA20-POLY1305",
    "ECDHE-RSA-CHACHA20-POLY1305",
)


_UNPROTECTED = re.compile(r"^(?:ADH|AECDH|EXP|NULL)|-NULL|^TLS_SHA\d+_SHA\d+")


@cache
def weak_suites(text: str) -> tuple[str, ...]:
    """The words and suites of a cipher string that let a weak suite in; empty for strong ones.

    A word that narrows by "+" (ECDHE+AESGCM) is strong when one of its parts is AESGCM, AESCCM or
    CHACHA20 and another is an ephemeral key exchange; every other group word of OpenSSL's ciphers(1),
    HIGH and DEFAULT included, brings CBC or static RSA suites along. Removed words (! and -) do not
    count.
    """
    weak = []
    words = [w for part in text.replace(",", ":").split(":") for w in part.split() if w]
    for word in words:
        if word[0] in "!-+@" or word.startswith("TLS_"):
            continue
        parts = set(word.split("+"))
        aead = bool(parts & {"AESGCM", "AESCCM", "AESCCM8", "CHACHA20"})
        ephemeral = bool(parts & {"ECDHE", "EECDH", "kECDHE", "kEECDH", "DHE", "EDH", "kDHE", "kEDH"})
        if aead and ephemeral:
            strong = True
        elif len(parts) > 1:
            strong = False
        else:
            strong = word.startswith(("ECDHE-", "DHE-")) and any(
                mode in word for mode in ("GCM", "CCM", "POLY1305")
            )
        if not strong:
            weak.append(word)
    return tuple(weak)


_BROKEN = re.compile(
    r"RC[24]|DES|EXP|NULL|MD5|IDEA|SEED|^(?:ALL|COMPLEMENTOFALL|LOW|MEDIUM|ADH|AECDH)$|^A(?:EC)?DH-"
)


def is_broken(word: str) -> bool:
    """Whether a word of a cipher string brings a cipher in that is broken, not only one without forward secrecy
    or with CBC. HIGH and DEFAULT bring none since OpenSSL 1.1.0."""
    return _BROKEN.search(word) is not None


def unprotected_suites(names: tuple[str, ...]) -> tuple[str, ...]:
    """Those without encryption, without a server that proves itself, or with keys short by law (export)."""
    return tuple(n for n in names if _UNPROTECTED.search(n))
