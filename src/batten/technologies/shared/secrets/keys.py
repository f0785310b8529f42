"""Private keys in the forms in which tools keep them, told from certificates, public keys and stand-ins by what they hold.

Sources: RFC 7468, RFC 1421 section 4.6.1.1 (`Proc-Type`), OpenSSH (`PROTOCOL.key`), PuTTY's user manual (appendix C), RFC 7292,
OpenJDK (`JavaKeyStore`), https://learn.microsoft.com/aspnet/core/security/data-protection/implementation/key-storage-format
"""

from __future__ import annotations

import base64
import binascii
import re

from batten.facts import Keeps
from batten.formats import magic
from batten.model import Span
from batten.model.record import record

_PEM = re.compile(r"-----BEGIN ((?:[A-Z0-9]{1,20} ){0,4})PRIVATE KEY( BLOCK)?-----")
_LONGEST = 40_000  # characters between the first and the last line of a key
_MOST = 100  # keys of a file that are looked at
_SEALED = "a private key under a passphrase"
_LEAST = 40  # bytes: the shortest key of a known kind has more
_OPENSSH = b"openssh-key-v1\0"
_HARDWARE = b"sk-"  # the key itself is in a device: what is in the file is of no use without it
_PUTTY = re.compile(r"\APuTTY-User-Key-File-[23]: [^\n]+\nEncryption: (\S+)")
_AGE = re.compile(r"^AGE-SECRET-KEY-(?:PQ-)?1[0-9A-Z]{50,}\s*$", re.MULTILINE)
_WIREGUARD = re.compile(r"^[ \t]*PrivateKey[ \t]*=[ \t]*[A-Za-z0-9+/]{43}=[ \t]*$", re.MULTILINE)
_RING = re.compile(
    r"<masterKey\b[^<>]{0,200}>\s{0,99}(?:<!--[^<>]{0,300}-->\s{0,99})?<value>([A-Za-z0-9+/=]{40,200})</value>"
)
_KEY_BAGS = (
    b"\x2a\x86\x48\x86\xf7\x0d\x01\x0c\x0a\x01\x01",
    b"\x2a\x86\x48\x86\xf7\x0d\x01\x0c\x0a\x01\x02",
)


@record
class Content:
    """What a file contains that it should not; `span` is where in its text, None in what is no text."""

    what: str
    keeps: Keeps
    span: Span | None = None


def key_store(head: bytes) -> Content | None:
    """A store with a private key in it; one of certificates alone is none."""
    if head.startswith((magic.JAVA_KEY_STORE, magic.JCE_KEY_STORE)) and _has_key(head):
        return Content("a Java key store with a key", Keeps.SEALED)
    if magic.is_pkcs12(head) and any(bag in head for bag in _KEY_BAGS):
        return Content("a PKCS #12 key store with a private key", Keeps.SEALED)
    return Content("a KeePass database", Keeps.SEALED) if head.startswith(magic.KEEPASS) else None


# What follows the version of PKCS #8 (RFC 5958), of PKCS #1 (RFC 8017, appendix A.1.2) and of SEC 1 (RFC 5915), and the algorithm of
# what a passphrase protects (RFC 8018, appendix A.4). Certificates and public keys have no version there.
_KINDS = re.compile(
    rb"(?:\x02\x01[\x00\x01]\x30.{1,2}\x06|\x02\x01\x00\x02[\x40-\x7f\x81\x82]|\x02\x01\x01\x04[\x10-\x50])"
    rb"|(?P<sealed>\x30.{1,2}\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x05\x0d)",
    re.DOTALL,
)


def der_key(head: bytes) -> Content | None:
    """A private key in DER, without a text around it."""
    if len(head) < _LEAST or not _is_der(head):
        return None
    start = 2 if head[1] < 0x80 else 2 + (head[1] & 0x7F)
    found = _KINDS.match(head, start)
    if found is None:
        return None
    sealed = found["sealed"] is not None
    return Content(_SEALED if sealed else "a private key", Keeps.SEALED if sealed else Keeps.KEY)


def _has_key(head: bytes) -> bool:
    """Whether one of the entries is no certificate: they follow each other, each with a tag, its alias and a date."""
    entries, at = int.from_bytes(head[8:12]), 12
    for _ in range(min(entries, _MOST)):
        tag = int.from_bytes(head[at : at + 4])
        if tag != 2 or at + 6 > len(head):
            return tag in (1, 3)
        at += 6 + int.from_bytes(head[at + 4 : at + 6]) + 8
        if int.from_bytes(head[4:8]) == 2:  # the certificate's type is written from version 2 on
            at += 2 + int.from_bytes(head[at : at + 2])
        at += 4 + int.from_bytes(head[at : at + 4])
    return False


def key(text: str) -> Content | None:
    """The first private key in a text that is one: a key that is used as it is before one that a passphrase protects."""
    putty_found = _PUTTY.match(text.replace("\r\n", "\n"))
    if putty_found is None:
        putty: Content | None = None
    else:
        sealed = putty_found[1] != "none"
        putty = _key(sealed, Span(0, text.index("\n") + 1))
    bare_found = _AGE.search(text)
    if bare_found is not None:
        bare: Content | None = Content("an age key", Keeps.KEY, Span(*bare_found.span()))
    else:
        bare_found = _WIREGUARD.search(text) if "[Interface]" in text else None
        if bare_found is not None:
            bare = Content("a WireGuard key", Keeps.KEY, Span(*bare_found.span()))
        else:
            bare_found = _RING.search(text) if "<masterKey" in text else None
            bare = (
                Content("a key of ASP.NET's Data Protection", Keeps.KEY, Span(*bare_found.span(1)))
                if bare_found is not None
                else None
            )
    found = [content for content in (_armoured(text), putty, bare) if content is not None]
    return next((content for content in found if content.keeps is Keeps.KEY), found[0] if found else None)


def _key(sealed: bool, span: Span) -> Content:
    if sealed:
        return Content(_SEALED, Keeps.SEALED, span)
    return Content("a private key", Keeps.KEY, span)


def _armoured(text: str) -> Content | None:
    """The key between two lines of dashes, where what stands there decodes to one."""
    protected: Content | None = None
    for number, begin in enumerate(_PEM.finditer(text)):
        if number == _MOST:
            break
        end = text.find("-----END", begin.end(), begin.end() + _LONGEST)
        if end >= 0:
            # Whether a passphrase protects the key; None for what is no key.
            label = begin[1]
            body = text[begin.end() : end]
            lines = body.replace("\\n", "\n").replace("\\r", "").split("\n")
            try:
                data = base64.b64decode(
                    "".join(line.strip() for line in lines if ":" not in line and not line.startswith("=")),
                    validate=True,
                )
            except (binascii.Error, ValueError):
                data = b""
            if len(data) < _LEAST:
                sealed = None
            elif label == "OPENSSH ":
                if not data.startswith(_OPENSSH) or _HARDWARE in data[:200]:
                    sealed = None
                else:
                    length = int.from_bytes(data[15:19])
                    sealed = data[19 : 19 + length] != b"none"
            elif "PGP" in label:
                sealed = True if data[0] & 0x80 else None
            elif "Proc-Type: 4,ENCRYPTED" in body:
                sealed = True
            else:
                sealed = label.startswith(("ENCRYPTED", "SSH2")) if _is_der(data) else None
        else:
            sealed = None
        if sealed is False:
            return _key(False, Span(*begin.span()))
        if sealed and protected is None:
            protected = _key(True, Span(*begin.span()))
    return protected


def _is_der(data: bytes) -> bool:
    """Whether the bytes are one sequence of just their length."""
    if data[0] != 0x30:
        return False
    if data[1] < 0x80:
        return len(data) == 2 + data[1]
    octets = data[1] & 0x7F
    return len(data) == 2 + octets + int.from_bytes(data[2 : 2 + octets])
