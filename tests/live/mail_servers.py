"""Real servers of mail, directories and files, whose TLS begins in their own protocols, or is not offered at all."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Protocol

from live_servers import running
from store_servers import binary, poll, say

Pem = Sequence[str]


class Serve(Protocol):
    def __call__(self, folder: Path, port: int, pem: Pem) -> AbstractContextManager[None]: ...


@contextmanager
def smtp(folder: Path, port: int, pem: Pem) -> Iterator[None]:
    command = [sys.executable, "-m", "aiosmtpd", "-n", "-l", f"127.0.0.1:{port}"]
    command += ["--tlscert", pem[0], "--tlskey", pem[1]] if pem else []
    with running(command, port, folder):
        yield


@contextmanager
def imap(folder: Path, port: int, pem: Pem) -> Iterator[None]:
    with _dovecot(folder, "imap", port, pem):
        yield


@contextmanager
def pop3(folder: Path, port: int, pem: Pem) -> Iterator[None]:
    with _dovecot(folder, "pop3", port, pem):
        yield


@contextmanager
def _dovecot(folder: Path, protocol: str, port: int, pem: Pem) -> Iterator[None]:
    """Its processes give up their rights, so its folders are where everybody may look."""
    with tempfile.TemporaryDirectory(prefix="batten-dovecot-") as own:
        Path(own).chmod(0o755)
        tls = (
            f"ssl = yes\nssl_server_cert_file = {pem[0]}\nssl_server_key_file = {pem[1]}"
            if pem
            else "ssl = no"
        )
        config = folder / "dovecot.conf"
        config.write_text(f"""
dovecot_config_version = 2.4.0
dovecot_storage_version = 2.4.0
protocols = {protocol}
base_dir = {own}/run
state_dir = {own}/state
log_path = {own}/log
listen = 127.0.0.1
mail_driver = maildir
mail_path = {own}/mail
{tls}
passdb static {{
  password = long-Enough-7
}}
service {protocol}-login {{
  inet_listener {protocol} {{
    port = {port}
  }}
  inet_listener {protocol}s {{
    port = 0
  }}
}}
""")
        with running([binary("dovecot"), "-F", "-c", str(config)], port, folder):
            poll(lambda: say(port, b"").index(b"OK"))  # the port is open before a process for logins is there
            yield


@contextmanager
def ldap(folder: Path, port: int, pem: Pem) -> Iterator[None]:
    (folder / "data").mkdir()
    tls = f"TLSCertificateFile {pem[0]}\nTLSCertificateKeyFile {pem[1]}\n" if pem else ""
    config = folder / "slapd.conf"
    config.write_text(
        f"include /etc/ldap/schema/core.schema\npidfile {folder}/slapd.pid\n{tls}"
        f'database ldif\nsuffix "dc=example,dc=com"\ndirectory {folder}/data\n'
    )
    command = [binary("slapd"), "-f", str(config), "-h", f"ldap://127.0.0.1:{port}/", "-d", "0"]
    with running(command, port, folder):
        yield


@contextmanager
def ftp(folder: Path, port: int, pem: Pem, more: str = "") -> Iterator[None]:
    tls = f"ssl_enable=YES\nrsa_cert_file={pem[0]}\nrsa_private_key_file={pem[1]}\n" if pem else ""
    config = folder / "vsftpd.conf"
    config.write_text(
        f"listen=YES\nlisten_address=127.0.0.1\nlisten_port={port}\nbackground=NO\n{tls}"
        f"secure_chroot_dir={folder}\nseccomp_sandbox=NO\n{more}"
        + ("" if os.geteuid() == 0 else "run_as_launching_user=YES\n")
    )
    with running([binary("vsftpd"), str(config)], port, folder):
        poll(lambda: say(port, b"").index(b"220"))
        yield
