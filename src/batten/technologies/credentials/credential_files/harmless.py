"""Why a private key opens nothing that matters: its vendor publishes it, or it is for servers that only one machine has.

Sources: https://github.com/hashicorp/vagrant/tree/main/keys (both public keys of Vagrant's insecure pair), RFC 6761 and RFC 6762 (names
that no public server has), https://github.com/FiloSottile/mkcert (certificates for a developer's own machine say so in their subject).
"""

from __future__ import annotations

import base64
import binascii
import posixpath
import re
from importlib import import_module

from batten.facts import Keeps
from batten.formats import Unreadable, Workspace
from batten.technologies.shared.secrets.keys import Content

_HEAD = 64 * 1024  # bytes of a key, and of a certificate
_PEM = re.compile(r"-----BEGIN (?:[A-Z0-9]{1,20} ){0,4}PRIVATE KEY-----(?P<body>[^-]{40,40000})-----END")
# What a private key of the pair contains of its public one: the point of the newer, the first bytes of the modulus of the older.
_VAGRANT = (
    base64.b64decode("3Vh3EGk2XPEOp8nLD9AqjDUX7C8b2FcaiqLKx8k6flg="),
    base64.b64decode("6NF8iallvQVp22WDkTkyrtvp9eWW6A8YVr+kz4TjGYe7gHzIw+niNltGEFHzD8+v"),
)
_LOCAL = re.compile(
    r"localhost(?:\.localdomain)?|(?:[\w*-]+\.)+(?:localhost|test|example|invalid)|(?:[\w*-]+\.)*example\.(?:com|net|org)|[\w*-]+\.local"
    r"|127(?:\.\d{1,3}){3}|::1|0\.0\.0\.0",
    re.IGNORECASE,
)
_SERVED = re.compile(
    r"(?:server|tls|ssl|https?|nginx|apache2?|httpd|web|proxy|dev|local|selfsigned|self-signed|snakeoil)(?:[-_.]?(?:server|tls|ssl|cert))?",
    re.IGNORECASE,
)
_SIGNING = re.compile(
    r"sign|jwt|jwk|saml|token|oidc|oauth|idp|sso|(?:^|[-_.])(?:ca|root|enc|client)(?:[-_.]|$)", re.IGNORECASE
)
_ENDINGS = (".crt", ".pem", ".cer", ".cert", "-cert.pem", ".cert.pem")
_STEM = re.compile(r"(?:\.(?:pem|key|pfx|p12|pk8|der)|\+\d{1,2}|[-_.](?:key|priv|private))+$", re.IGNORECASE)


def harmless(path: str, found: Content, workspace: Workspace) -> str:
    """The end of a sentence about the key; "" where nothing shows it."""
    if found.keeps not in (Keeps.KEY, Keeps.SEALED) or not found.what.startswith(
        ("a private key", "a PKCS #12")
    ):
        return ""
    key = _key(workspace.head(path, _HEAD))
    if key is None:
        return ""
    if any(part in key for part in _VAGRANT):
        return "that Vagrant publishes"
    stem = _STEM.sub("", posixpath.basename(path))
    if _SIGNING.search(stem):
        return ""  # who checks what it signs looks at the key, and not at a name
    # The certificates of that name in the folder, and in the file itself.
    beside: list[bytes] = []
    folder = posixpath.dirname(path)
    names = dict.fromkeys((path, *(posixpath.join(folder, stem + ending) for ending in _ENDINGS)))
    for name in names:
        if not workspace.exists(name):
            continue
        try:
            beside_data = workspace.head(name, _HEAD)
        except Unreadable:
            continue
        if b"BEGIN CERTIFICATE" in beside_data or (name != path and beside_data.startswith(b"\x30")):
            beside.append(beside_data)
    if not beside:
        return f"for `{stem}`, as its name says" if _LOCAL.fullmatch(stem) else ""
    module = import_module("batten.technologies.credentials.credential_files.beside")  # seldom there is one
    sealed, served = found.keeps is Keeps.SEALED, _SERVED.fullmatch(stem) is not None or _is_local(stem)
    told = [module.purpose(data, None if sealed else key, _is_local, served) for data in beside]
    return next(iter(told), "") if all(told) else ""


def _is_local(name: str) -> bool:
    return _LOCAL.fullmatch(name) is not None


def _key(head: bytes) -> bytes | None:
    """The bytes of the one key of a file; None where there are several, or none is read."""
    if len(head) == _HEAD:
        return None
    text = head.decode("latin-1")
    if "-----BEGIN" not in text:
        return head
    bodies = [found["body"] for found in _PEM.finditer(text)]
    if len(bodies) != 1 or text.count("PRIVATE KEY-----") > 2:
        return None
    lines = (line.strip() for line in bodies[0].replace("\\n", "\n").splitlines() if ":" not in line)
    try:
        return base64.b64decode("".join(lines), validate=True)
    except (binascii.Error, ValueError):
        return None
