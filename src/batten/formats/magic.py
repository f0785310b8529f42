"""What a file is by its first bytes, in whatever way it is named.

Sources: https://www.sqlite.org/fileformat.html, https://www.postgresql.org/docs/current/app-pgdump.html, redis (`rdb.c`),
https://github.com/mongodb/mongo-tools (archive format), OpenJDK (`JavaKeyStore`, `JceKeyStore`), RFC 7292 section 4,
https://keepass.info/help/kb/kdbx.html, Vim (`memline.c`)
"""

from __future__ import annotations

import zlib

JAVA_KEY_STORE = b"\xfe\xed\xfe\xed"
JCE_KEY_STORE = b"\xce\xce\xce\xce"
KEEPASS = b"\x03\xd9\xa2\x9a"
POSTGRESQL_DUMP = b"PGDMP"
REDIS_DUMPS = (b"REDIS0", b"VALKEY0")
MONGODB_ARCHIVE = b"\x6d\xe2\x99\x81"
SQLITE = b"SQLite format 3\0"
ACCESS = (b"\0\1\0\0Standard Jet DB", b"\0\1\0\0Standard ACE DB")
SWAP_FILE = b"b0VIM "
FOLDER_INDEX = b"\0\0\0\1Bud1"
GZIP = b"\x1f\x8b"

_DER = (b"\x30\x80", b"\x30\x82", b"\x30\x83", b"\x30\x84")
_PKCS12 = b"\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01"  # the content type `data` that the file begins with


def is_pkcs12(head: bytes) -> bool:
    """Whether a file is a PKCS #12 key store."""
    return head.startswith(_DER) and _PKCS12 in head[:64]


def inflated(head: bytes, most: int) -> bytes:
    """The first bytes of what a gzip file holds; nothing of one that is damaged."""
    try:
        return zlib.decompressobj(wbits=31).decompress(head, most)
    except zlib.error:
        return b""
