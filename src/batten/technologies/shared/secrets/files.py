"""Which files and folders may be in no image and below no web root: their names tell, and where names do not, their content."""

from __future__ import annotations

import posixpath
import re

from batten.formats import Unreadable, Workspace, magic
from batten.technologies._registry import globbed
from batten.technologies.shared.secrets.clients import held_by_clients
from batten.technologies.shared.secrets.contents import content
from batten.technologies.shared.secrets.keys import key, key_store
from batten.technologies.shared.secrets.names import CREDENTIALS, PROVED, STAND_INS, SURE

# What may as well hold nothing that is secret: a certificate, the address of a registry.
_LIKELY = re.compile(
    r"id_(?:rsa|dsa|ecdsa|ed25519)|.*\.(?:pem|key|ppk|p12|pfx|jks|keystore|kdbx)|\.(?:netrc|npmrc|pypirc|pgpass)|_netrc"
)
_CERTIFICATE = re.compile(r"(?:ca|cert|chain|fullchain|.*\.crt|ca-.*|.*-ca|.*cert.*)\.pem")
_PUBLIC = re.compile(
    r"-----BEGIN (?:TRUSTED |X509 |NEW )?(?:CERTIFICATE(?: REQUEST)?|CRL|DH PARAMETERS|EC PARAMETERS|(?:RSA )?PUBLIC KEY)-----"
)
_HEAD = 65536  # bytes


def sensitive(path: str, workspace: Workspace) -> bool:
    """Whether a file or folder must be in no image: no client should be able to read it."""
    name = posixpath.basename(path)
    if globbed(SURE, name):
        return not globbed(STAND_INS, name)
    if _LIKELY.fullmatch(name):
        return _CERTIFICATE.fullmatch(name) is None and not harmless(path, workspace)
    try:
        if globbed(CREDENTIALS, path):
            return next(held_by_clients(path, workspace.text(path).text), None) is not None
        return globbed(PROVED, path) and content(path, path, workspace) is not None
    except Unreadable:
        return False


def harmless(path: str, workspace: Workspace) -> bool:
    """Whether the content shows that a file with the name of a key or of credentials holds none."""
    try:
        head = workspace.head(path, _HEAD)
    except Unreadable:
        return False
    text = head.decode("utf-8", "replace")
    if globbed(CREDENTIALS, path):
        return bool(text.strip()) and len(head) < _HEAD and next(held_by_clients(path, text), None) is None
    if head.startswith((magic.JAVA_KEY_STORE, magic.JCE_KEY_STORE)) or magic.is_pkcs12(head):
        return key_store(head) is None
    return _PUBLIC.search(text) is not None and key(text) is None and "PRIVATE KEY" not in text
