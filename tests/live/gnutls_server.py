"""A program: handshakes of GnuTLS on a loopback port, with a priority string, a certificate and its key."""

from __future__ import annotations

import socket
import sys
import threading
from ctypes import CDLL, byref, c_char_p, c_int, c_void_p

SERVER, PEM, CERTIFICATE = 1, 1, 1


def main(port: str, priority: str, certificate: str, key: str) -> None:
    gnutls = CDLL("libgnutls.so.30")
    gnutls.gnutls_priority_set_direct.argtypes = (c_void_p, c_char_p, c_void_p)
    gnutls.gnutls_credentials_set.argtypes = (c_void_p, c_int, c_void_p)
    gnutls.gnutls_transport_set_int2.argtypes = (c_void_p, c_int, c_int)
    gnutls.gnutls_certificate_set_x509_key_file.argtypes = (c_void_p, c_char_p, c_char_p, c_int)
    gnutls.gnutls_handshake.argtypes = gnutls.gnutls_deinit.argtypes = (c_void_p,)
    credentials = c_void_p()
    gnutls.gnutls_certificate_allocate_credentials(byref(credentials))
    files = certificate.encode(), key.encode()
    assert gnutls.gnutls_certificate_set_x509_key_file(credentials, *files, PEM) >= 0

    def connected(connection: socket.socket) -> None:
        session = c_void_p()
        gnutls.gnutls_init(byref(session), SERVER)
        assert gnutls.gnutls_priority_set_direct(session, priority.encode(), None) == 0
        gnutls.gnutls_credentials_set(session, CERTIFICATE, credentials)
        gnutls.gnutls_transport_set_int2(session, connection.fileno(), connection.fileno())
        gnutls.gnutls_handshake(session)
        gnutls.gnutls_deinit(session)
        connection.close()

    listening = socket.create_server(("127.0.0.1", int(port)))
    while True:
        threading.Thread(target=connected, args=(listening.accept()[0],), daemon=True).start()


if __name__ == "__main__":
    main(*sys.argv[1:])
