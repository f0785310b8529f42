"""A program: ports of tlslite-ng, which still speaks SSLv3, RC4, suites without encryption and ones without a certificate.

Started with a certificate, its key and rows of `lowest highest kind` (kind: certificate or anonymous; versions as 3.0
for SSLv3 to 3.4 for TLS 1.3), it prints a port for each row with the suites that it is set up with, by version, and
serves until it is ended.
"""

from __future__ import annotations

import json
import socket
import sys
import threading
from pathlib import Path

from tlslite import HandshakeSettings, TLSConnection, X509CertChain, parsePEMKey
from tlslite.constants import CipherSuite
from tlslite.mathtls import RFC2409_GROUP2

Version = tuple[int, int]


def settings(lowest: Version, highest: Version) -> HandshakeSettings:
    made = HandshakeSettings()
    made.minVersion, made.maxVersion = lowest, highest
    made.cipherNames = [
        "aes256gcm",
        "aes128gcm",
        "chacha20-poly1305",
        "aes256",
        "aes128",
        "3des",
        "rc4",
        "null",
    ]
    made.macNames = ["sha", "sha256", "sha384", "aead", "md5"]
    made.keyExchangeNames = ["rsa", "dhe_rsa", "ecdhe_rsa", "ecdh_anon", "dh_anon"]
    made.dhParams = RFC2409_GROUP2  # 1024 bits
    return made.validate()


def suites(using: HandshakeSettings, version: Version, chain: X509CertChain | None) -> list[int]:
    """What the library itself takes from these settings at a version."""
    if chain is None:
        kinds = (CipherSuite.getAnonSuites, CipherSuite.getEcdhAnonSuites)
    else:
        kinds = (
            CipherSuite.getTLS13Suites,
            CipherSuite.getEcdheCertSuites,
            CipherSuite.getDheCertSuites,
            CipherSuite.getCertSuites,
        )
    found = [suite for kind in kinds for suite in kind(using, version)]
    return sorted(set(CipherSuite.filterForVersion(found, version, version)))


def serve(using: HandshakeSettings, chain: X509CertChain | None, key: object) -> int:
    """The port at which it is served."""
    listening = socket.create_server(("127.0.0.1", 0))

    def connected(connection: socket.socket) -> None:
        try:
            TLSConnection(connection).handshakeServer(
                certChain=chain, privateKey=key if chain else None, anon=chain is None, settings=using
            )
        except Exception:  # whatever the other side does
            pass
        finally:
            connection.close()

    def accept() -> None:
        while True:
            threading.Thread(target=connected, args=(listening.accept()[0],), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    return int(listening.getsockname()[1])


def main(certificate: str, key_file: str, *rows: str) -> None:
    chain = X509CertChain()
    chain.parsePemList(Path(certificate).read_text())
    key = parsePEMKey(Path(key_file).read_text(), private=True)
    told: list[tuple[int, dict[str, list[int]]]] = []
    for row in rows:
        lowest, highest, kind = row.split()
        low, high = (tuple(int(n) for n in v.split(".")) for v in (lowest, highest))
        shown = chain if kind == "certificate" else None
        using = settings(low, high)
        versions = [(3, n) for n in range(low[1], high[1] + 1)]
        taken = {f"3.{v[1]}": suites(using, v, shown) for v in versions}
        told.append((serve(using, shown, key), taken))
    print(json.dumps(told), flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    main(*sys.argv[1:])
